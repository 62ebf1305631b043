"""Our definitions are those of SageMaker's Python SDK, v2 and v3, but for the differences that docs/sdk.md lists."""

from __future__ import annotations

import copy
import doctest
import functools
import hashlib
import importlib.util
import json
import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stepsmith import load_pipeline
from stepsmith.definition.emit import emit
from stepsmith.definition.parse import parse

pytestmark = pytest.mark.sdk
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests" / "golden" / "penguins" / "pipeline.yaml"
PAGE = ROOT / "docs" / "sdk.md"
SDKS = ("v2", "v3")
DEFINITIONS = ("golden", "golden-script", "options", "scored", "elsewhere")
# The steps that run a script of ours, and the folders that they are uploaded to.
KINDS = {
    "prepare": "tabular_preprocessing",
    "model": "dummy_training",
    "package": "model_packaging",
    "payload": "payload",
}
BUCKET = "s3://my-bucket/golden"


def imported(name):
    spec = importlib.util.spec_from_file_location(f"sdk_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


known = imported("known")
ours = imported("ours")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The golden pipeline and that of the options as our builders make them, in a copy of the example."""
    folder = tmp_path_factory.mktemp("sdk") / "pretrained-model"
    shutil.copytree(ROOT / "examples" / "pretrained-model", folder, ignore=shutil.ignore_patterns(".stepsmith"))
    sources = {"golden": GOLDEN, "options": GOLDEN.parents[1] / "options" / "pipeline.yaml"}
    places = {name: Path(shutil.copy(source, folder / f"{name}.yaml")) for name, source in sources.items()}
    return {name: load_pipeline(place).compile() for name, place in places.items()}


@pytest.fixture(scope="module")
def facts(compiled):
    """What a person who writes the same with an SDK has to know: where the files were uploaded, the model's digest."""
    model = ROOT / "examples" / "pretrained-model" / "models" / "penguins.tar.gz"
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()

    def uploaded(pipeline, kind, what):
        assets = compiled[pipeline].assets
        (uri,) = {asset.uri for asset in assets if asset.uri.startswith(f"{BUCKET}/{kind}/{what}/")}
        return uri

    golden = {step: {"code": uploaded("golden", kind, "code")} for step, kind in KINDS.items()}
    golden["prepare"]["data"] = uploaded("golden", "tabular_preprocessing", "input")
    golden["model"]["pretrained_model_path"] = f"{BUCKET}/dummy_training/input/{sha256}/"
    golden["package"]["inference_code"] = uploaded("golden", "model_packaging", "input")
    options = {step: {"code": uploaded("options", KINDS[step], "code")} for step in ("model", "package")}
    options["model"]["pretrained_model_path"] = "s3://models/best/model.tar.gz"
    options["package"]["inference_code"] = uploaded("options", "model_packaging", "input")
    return {"sha256": sha256, "golden": golden, "options": options}


@pytest.fixture(scope="module")
def our_definitions(compiled):
    """Our definitions, by the names that the programs give theirs."""
    written = {name: made.definition for name, made in compiled.items()}
    written |= {"golden-script": written["golden"], "scored": emit(ours.scored()), "elsewhere": emit(ours.elsewhere())}
    return {name: json.loads(text) for name, text in written.items()}


@pytest.fixture(scope="module")
def answers(asked_of_both, facts):
    """What the program of each SDK printed."""
    return asked_of_both("build_{}".format, lambda _: facts)


@pytest.mark.parametrize("name", ["golden", "options", "scored"])
@pytest.mark.parametrize("sdk", SDKS)
def test_what_the_sdk_writes_is_its_golden_definition(sdk, name, answers, request):
    definition = json.loads(answers[sdk]["definitions"][name])
    text = re.sub(r"/code/[0-9a-f]{64}/", "/code/DIGEST/", json.dumps(definition, indent=2, ensure_ascii=False)) + "\n"
    golden = GOLDEN.parents[1] / f"sdk-{sdk}-{name}" / "definition.json"
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.fixture(scope="module")
def found(answers, our_definitions):
    """The differences, by SDK and definition."""
    return {
        (sdk, name): list(known.differences(our_definitions[name], json.loads(answers[sdk]["definitions"][name])))
        for sdk in SDKS
        for name in DEFINITIONS
    }


def unknown(sdk, differences):
    return [str(one) for one in differences if not any(entry.covers(sdk, one) for entry in known.KNOWN)]


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("sdk", SDKS)
def test_a_definition_is_the_sdks_but_for_the_known_differences(sdk, name, found):
    assert unknown(sdk, found[sdk, name]) == []


@pytest.mark.parametrize(
    ("sdk", "entry"),
    [(sdk, entry) for entry in known.KNOWN for sdk in entry.sdks],
    ids=lambda value: getattr(value, "where", value),
)
def test_a_known_difference_is_met(sdk, entry, found):
    assert any(entry.covers(sdk, one) for name in DEFINITIONS for one in found[sdk, name])


@pytest.mark.parametrize("sdk", SDKS)
def test_no_difference_is_known_twice(sdk, found):
    covering = [
        [entry.where for entry in known.KNOWN if entry.covers(sdk, one)]
        for name in DEFINITIONS
        for one in found[sdk, name]
    ]
    assert [wheres for wheres in covering if len(wheres) > 1] == []


def anew(definition):
    """The definition without the JSON that it was read from, so that it is written from what was understood of it."""
    steps = tuple(replace(step) for step in definition.steps)
    return replace(definition, steps=steps)


@pytest.mark.parametrize("sdk", SDKS)
def test_what_the_sdk_writes_is_read_and_written_again_with_nothing_lost(sdk, answers):
    for text in answers[sdk]["definitions"].values():
        assert json.loads(emit(parse(text))) == json.loads(text)
        assert [str(one) for one in known.differences(json.loads(emit(anew(parse(text)))), json.loads(text))] == []


@pytest.mark.parametrize("sdk", SDKS)
def test_the_sdk_asked_no_other_machine(sdk, answers):
    assert answers[sdk]["asked"] == []


def test_the_golden_definition_holds_every_step_that_our_builders_make(our_definitions):
    from_builders = {folder.parent.name for folder in (ROOT / "src" / "stepsmith" / "steps").glob("*/step.py")}
    kinds = {re.search(r"/golden/(\w+)/output", json.dumps(step)) for step in our_definitions["golden"]["Steps"]}
    made = {match.group(1) for match in kinds if match}
    registers = any(step["Type"] == "RegisterModel" for step in our_definitions["golden"]["Steps"])
    assert made | ({"model_registration"} if registers else set()) >= from_builders


def leaves(value, path=()):
    """The path to every value in a JSON document that holds no others, and to every empty object and list."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [leaf for key, item in items for leaf in leaves(item, (*path, key))]
    return inner or [path]


def holder(document, path):
    """The object or list that holds the last key of the path."""
    return functools.reduce(lambda place, key: place[key], path[:-1], document)


@contextmanager
def changed_at(place, key):
    """The object or list with another value at the key, for this block."""
    kept, place[key] = place[key], "something else"
    yield
    place[key] = kept


@contextmanager
def missing_at(place, key):
    """The object or list without the key, for this block."""
    kept = place.pop(key)
    yield
    if isinstance(place, list):
        place.insert(key, kept)
    else:
        place[key] = kept


@pytest.mark.parametrize("name", DEFINITIONS)
def test_whatever_changes_in_our_definition_is_seen(name, answers, found, our_definitions):
    theirs = {sdk: json.loads(answers[sdk]["definitions"][name]) for sdk in SDKS}

    def seen(sdk, definition):
        """Whether a difference comes that is not known, or a known one goes, which another test then misses."""
        left = list(known.differences(definition, theirs[sdk]))
        return unknown(sdk, left) or len(left) < len(found[sdk, name])

    ours_broken = copy.deepcopy(our_definitions[name])
    unseen = []
    for path in leaves(our_definitions[name]):
        for broken_at in (changed_at, missing_at):
            with broken_at(holder(ours_broken, path), path[-1]):
                unseen += [(sdk, path) for sdk in SDKS if not seen(sdk, ours_broken)]
    assert unseen == []
    assert ours_broken == our_definitions[name]


def test_the_examples_in_the_comparison_are_so():
    tried = doctest.testmod(known)
    assert (tried.failed, tried.attempted) == (0, 2)


def test_the_page_lists_the_known_differences_and_no_others():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == [known.page_row(entry) for entry in known.KNOWN]


@pytest.mark.parametrize("sdk", SDKS)
def test_the_page_names_the_versions_that_were_compared(sdk, answers):
    page = PAGE.read_text("utf-8")
    assert [name for name, version in answers[sdk]["versions"].items() if f"`{name}` {version}" not in page] == []


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"a": 1}, {"a": 1.0}, ["a: ours 1, theirs 1.0"]),
        ({"a": 0}, {"a": False}, ["a: ours 0, theirs False"]),
        ({"a": None, "b": 1}, {"b": 1}, ["a: ours None, theirs nothing"]),
        ({"a": {"Get": "x"}}, {"a": {"Std:Join": {}}}, ["a: ours {'Get': 'x'}, theirs {'Std:Join': {}}"]),
        ({"a": []}, {"a": [{"Name": "x"}]}, ["a.x: ours nothing, theirs {'Name': 'x'}"]),
        ({"a": [{"Name": "x", "b": 1}]}, {"a": [{"Name": "y", "b": 1}]}, ["a.x.Name: ours 'x', theirs 'y'"]),
        ([1, 2], [2, 1], ["0: ours 1, theirs 2", "1: ours 2, theirs 1"]),
        ({"a": {"b": 1}}, {"a": [1]}, ["a: ours {'b': 1}, theirs [1]"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ],
)
def test_differences_are_told_where_they_are(one, other, told):
    assert [str(found) for found in known.differences(one, other)] == told
