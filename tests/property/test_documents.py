"""Whatever a pipeline.yaml says, and whatever a config is given: a finding or a pipeline, and never a traceback.

`make fuzz` gives each of these ten thousand texts, or configs; `make test` fewer.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from textwrap import indent

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepsmith import RegistryManager, load_pipeline
from stepsmith.diagnostics import Faults
from stepsmith.rules.checking import check_pipeline

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
EXAMPLE = Path(__file__).parents[2] / "examples" / "pretrained-model"
TEXT = (EXAMPLE / "pipeline.yaml").read_text()
DOCUMENT = yaml.safe_load(TEXT)
REGISTRY = RegistryManager()
CONFIGS = {name: REGISTRY.get(name).config_class for name in REGISTRY.names()}
FIELDS = sorted({field for config in CONFIGS.values() for field in config.model_fields})

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(
        [
            *CONFIGS, *FIELDS, "${param:P}", "${param:P:-d}", "${env:NOPE}", "${env:E:-x}", "${", "s3://b/k", "s3://",
            "",
            "models/penguins.tar.gz", "data/*.csv", "..", "/", "20m", "30 GB", "1e99 TB", "prepare.train", "model",
            "a.b",
            "eu-west-1", "ml.m5.large", ".nan", "0x1F", "1_000", "2020-01-01", "9" * 400, "\ud800", "\x00", "P30D",
        ]
    ),
)  # fmt: skip
KEYS = st.one_of(
    st.sampled_from(
        ["name", "steps", "type", "after", "inputs", "parameters", "defaults", "include", "packages", *FIELDS]
    ),
    st.text(max_size=10),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
# Strategies are made once, and not for each example: to make one takes longer than to draw from it.
INSERTED = st.text(st.sampled_from("{}[]:,-&*!#|>'\"%@` \n\t\\abc019"), max_size=4) | st.text(max_size=3)
FIELD_NAMES = st.text(max_size=8)
CONFIG_VALUES = {
    name: st.dictionaries(st.sampled_from(list(config.model_fields)) | FIELD_NAMES, VALUES, max_size=6)
    for name, config in CONFIGS.items()
}


@st.composite
def changed_documents(draw):
    """The example with some of its values, at any depth, put in another's stead, added or left out."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 4))):
        place = document
        while True:
            inner = [key for key, value in place.items() if isinstance(value, dict)]
            if not inner or draw(st.booleans()):
                break
            place = place[draw(st.sampled_from(inner))]
        key = draw(st.sampled_from(list(place)) | KEYS) if place else draw(KEYS)
        if draw(st.booleans()):
            place[key] = draw(VALUES)
        else:
            place.pop(key, None)
    return document


@st.composite
def changed_texts(draw):
    """The example's text with some of its characters put in another's stead, added or left out."""
    text = TEXT
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, len(text)))
        last = min(len(text), first + draw(st.integers(0, 12)))
        text = text[:first] + draw(INSERTED) + text[last:]
    return text


def as_text(document):
    return yaml.dump(document, allow_unicode=True, sort_keys=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Where a pipeline.yaml stands beside the example's files."""
    folder = tmp_path_factory.mktemp("documents")
    for name in ("data", "models", "inference"):
        (folder / name).symlink_to(EXAMPLE / name)
    return folder / "pipeline.yaml"


@pytest.fixture(scope="module")
def ends_well(path):
    """That a text is a pipeline or has findings; `check_pipeline` loads it, and gives what that raises as findings."""

    def call(text):
        path.write_bytes(text.encode(errors="surrogatepass"))
        faults, found = Faults(), ()
        with faults.collect():
            found = check_pipeline(path, {}).findings
        told = [*found, *(finding for error in faults.errors for finding in error.findings)]
        assert all(
            finding.code and finding.message and len(finding.position.excerpt if finding.position else "") < 300
            for finding in told
        )

    return call


@MANY
@given(text=st.text(max_size=300) | changed_texts())
def test_any_text_is_a_pipeline_or_a_finding(ends_well, text):
    ends_well(text)


@MANY
@given(document=changed_documents() | VALUES)
def test_any_document_is_a_pipeline_or_a_finding(ends_well, document):
    ends_well(as_text(document))


@MANY
@given(data=st.data())
def test_any_values_are_a_config_or_faults(data):
    name = data.draw(st.sampled_from(sorted(CONFIGS)))
    values = data.draw(CONFIG_VALUES[name])
    faults = Faults()
    with faults.collect():
        assert set(CONFIGS[name](**values).model_fields_set) <= set(values)
    assert all(finding.code and finding.message for error in faults.errors for finding in error.findings)


@pytest.fixture(scope="module")
def compiled(path):
    """The definition of the example with its steps in an order, written as one block of text for each."""
    beside = as_text({key: value for key, value in DOCUMENT.items() if key != "steps"})
    blocks = {name: indent(as_text({name: step}), "  ") for name, step in DOCUMENT["steps"].items()}

    def call(order):
        path.write_text(f"{beside}steps:\n" + "".join(blocks[name] for name in order))
        return load_pipeline(path, environment={}).compile().definition

    return call


@pytest.fixture(scope="module")
def expected(compiled):
    """The definition of the example with its steps as they are written."""
    return compiled(DOCUMENT["steps"])


@MANY
@given(order=st.permutations(list(DOCUMENT["steps"])))
def test_the_order_of_the_steps_means_nothing(compiled, expected, order):
    assert compiled(order) == expected
