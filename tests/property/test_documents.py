"""Whatever a pipeline.yaml says, and whatever a config is given: a finding or a pipeline, and never a traceback.

`make fuzz` gives each of these ten thousand texts, or configs; `make test` fewer.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepsmith import Pipeline, RegistryManager, load_pipeline
from stepsmith.errors import Faults
from stepsmith.rules.checking import check_pipeline

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
EXAMPLE = Path(__file__).parents[2] / "examples" / "pretrained-model"
DOCUMENT = yaml.safe_load((EXAMPLE / "pipeline.yaml").read_text())
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
    text = (EXAMPLE / "pipeline.yaml").read_text()
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, len(text)))
        last = min(len(text), first + draw(st.integers(0, 12)))
        inserted = draw(
            st.text(alphabet=st.sampled_from("{}[]:,-&*!#|>'\"%@` \n\t\\abc019"), max_size=4) | st.text(max_size=3)
        )
        text = text[:first] + inserted + text[last:]
    return text


def as_text(document):
    return yaml.dump(document, allow_unicode=True, sort_keys=False)


@pytest.fixture(scope="module")
def ends_well(tmp_path_factory):
    """That a text is a pipeline or a fault, with its place; it stands where the example's files are."""
    folder = tmp_path_factory.mktemp("documents")
    for name in ("data", "models", "inference"):
        (folder / name).symlink_to(EXAMPLE / name)
    path = folder / "pipeline.yaml"

    def call(text):
        path.write_bytes(text.encode(errors="surrogatepass"))
        faults = Faults()
        with faults.caught():
            assert isinstance(load_pipeline(path, environment={}), Pipeline)
        with faults.caught():
            found = check_pipeline(path, {}).findings
            assert all(finding.code and finding.what for finding in found)
        told = [finding for error in faults.errors for finding in error.findings]
        assert all(finding.what and len(finding.excerpt) < 300 for finding in told)

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
    config = CONFIGS[data.draw(st.sampled_from(sorted(CONFIGS)))]
    fields = st.dictionaries(st.sampled_from(list(config.model_fields)) | st.text(max_size=8), VALUES, max_size=6)
    values = data.draw(fields)
    faults = Faults()
    with faults.caught():
        assert set(config(**values).model_fields_set) <= set(values)
    assert all(finding.what for error in faults.errors for finding in error.findings)


@MANY
@given(order=st.permutations(list(DOCUMENT["steps"])))
def test_the_order_of_the_steps_means_nothing(order):
    shuffled = {**DOCUMENT, "steps": {name: DOCUMENT["steps"][name] for name in order}}
    compiled = _compiled(as_text(shuffled))
    assert compiled == _compiled(as_text(DOCUMENT))


def _compiled(text):
    path = EXAMPLE / ".shuffled.pipeline.yaml"
    try:
        path.write_text(text)
        return load_pipeline(path, environment={}).compile().definition
    finally:
        path.unlink()
