"""A mistake in any field of any step is reported at the line and column of that value, and nowhere else.

The cases are made from the configs, so new fields, steps and bounds are tested without a change here. A field whose
type admits more than is valid needs an entry in `VALUES`.
"""

from __future__ import annotations

import json
import re
import sys
import types
import typing
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from stepsmith.diagnostics import path_text
from stepsmith.pipeline.load import compilation_of
from stepsmith.pipeline.passes import build
from stepsmith.registry import RegistryManager, table_at
from stepsmith.rules.checking import check_pipeline
from stepsmith.step.config import ProcessingStepConfigBase

MODEL_CARD = Path(__file__).parent.parent / "third_party" / "model-card" / "src" / "stepsmith_model_card"
# Valid values, as YAML has them. All models and data are on S3, so that no file is read.
VALUES = {
    "region": "eu-west-1",
    "role": "arn:aws:iam::123456789012:role/SageMakerPipelines",
    "pipeline_s3_loc": "s3://my-bucket/fields",
    "image_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1",
    "subnets": ["subnet-11111111", "subnet-22222222"],
    "security_group_ids": ["sg-11111111", "sg-22222222"],
    "instance_type": "ml.m5.large",
    "instance_types": ["ml.m5.large", "ml.m5.xlarge"],
    "retry": [
        {"exception_types": ["Step.THROTTLING"], "backoff_rate": 2.0, "interval_seconds": 1, "max_attempts": 3},
        {"exception_types": ["Step.SERVICE_FAULT"], "expire_after_min": 60},
    ],
    "expire_after": "P30D",
    "pretrained_model_path": "s3://my-bucket/model.tar.gz",
    "sha256": "0" * 64,
    "code": "s3://my-bucket/code/",
    "samples": "s3://my-bucket/samples/",
    "data": "s3://my-bucket/data/",
    "train_ratio": 0.7,
    "validation_ratio": 0.15,
    "test_ratio": 0.15,
    "response_types": ["text/csv", "application/json"],
    "domain": "MACHINE_LEARNING",
    "task": "CLASSIFICATION",
    "framework": "XGBOOST",
    "model_metrics": "s3://my-bucket/quality.json",
}
# The steps upstream of the one that is tested, and the output that fills an input which is not a field.
UPSTREAM = {
    "model": {"type": "DummyTraining", "pretrained_model_path": "s3://my-bucket/model.tar.gz", "sha256": "0" * 64},
    "package": {"type": "ModelPackaging", "code": "s3://my-bucket/code/", "after": ["model"]},
    "payload": {"type": "Payload", "samples": "s3://my-bucket/samples/"},
}
OUTPUTS = {
    "model_input": "model.model_output",
    "packaged_model": "package.packaged_model",
    "PackagedModel": "package.packaged_model",
    "GeneratedPayloadSamples": "payload.payload_samples",
}
TESTED = ("steps", "tested")
# Takes the place of a mistake while a document is written, so that the mistake stands on one line.
MARK = "THE-MISTAKE"
HEAD = {"name": "fields", **{name: VALUES[name] for name in ("region", "role", "pipeline_s3_loc")}}
LONG = "x" * 5000
# Values that are not mistakes, by the kind of mistake and the field (of one step type, or of all), and why.
_NO_LIMIT = "it has the shape String in botocore's sagemaker/2017-07-24 service model, which has no limit"
EXEMPT = {
    **{("too_long", field): _NO_LIMIT for field in ("domain", "task", "framework", "nearest_model_name")},
    ("too_long", "metadata"): "the builder leaves out the middle of a value that is too long",
    **{(kind, "role", "ModelRegistration"): "registering runs no job" for kind in ("unknown_parameters", "too_long")},
}
# The codes of findings at other places that are meant, by the kind of mistake and the field, and why.
CONSEQUENCES: dict[tuple[str, str], tuple[set[str], str]] = {}


def findings_of(path):
    """What the front end finds in a pipeline.yaml."""
    return check_pipeline(path, {}, registry()).findings


@cache
def registry():
    """The built-in steps and the third-party example."""
    return RegistryManager().with_tables([table_at(MODEL_CARD)])


# --- the types of fields ---


@dataclass(frozen=True)
class Member:
    """One of the types that a value may have. `list` and `dict` have the type of an item; bounds are by their name."""

    kind: Any
    item: Any = None
    choices: tuple = ()
    bounds: tuple = ()


def members(annotation, metadata=()):
    """The types that a value may have, one after the other.

    >>> [member.kind.__name__ for member in members(int | list | None)]
    ['int', 'list', 'NoneType']
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        inner = [one for extra in arguments[1:] for one in (extra, *getattr(extra, "metadata", ()))]
        return members(arguments[0], (*metadata, *inner))
    if origin in (typing.Union, types.UnionType):
        return [member for one in arguments for member in members(one, metadata)]
    names = ("ge", "gt", "le", "lt", "min_length")
    bounds = tuple((name, getattr(one, name)) for one in metadata for name in names if hasattr(one, name))
    if origin is typing.Literal:
        return [Member(typing.Literal, choices=arguments)]
    if origin is Sequence:
        return [Member(list, arguments[0], bounds=bounds)]
    if origin is dict:
        return [Member(dict, arguments[1], bounds=bounds)]
    return [Member(annotation, bounds=bounds)]


def _is_model(kind):
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def valid(name, annotation, metadata=()):
    """A valid value of a field: that in `VALUES`, or else one of the first of its types that has one."""
    if name in VALUES:
        return VALUES[name]
    found = [value for member in members(annotation, metadata) for value in examples(member)]
    assert found, f"no valid value of {name!r} follows from its type, {annotation}: add one to VALUES"
    return found[0]


def examples(member):
    """A value of a type, in a tuple; none if the type is not known here."""
    kind = member.kind
    simple = {bool: True, str: "text", **dict.fromkeys((int, float), dict(member.bounds).get("ge", 1))}
    if kind in simple:
        return (simple[kind],)
    if kind is list:
        return ([valid("", member.item)],)
    if kind is dict:
        return ({"FIRST": valid("", member.item), "SECOND": valid("", member.item)},)
    return (valid_fields(kind),) if _is_model(kind) else member.choices[:1]


def fields(config):
    """The fields of a config that a user can set."""
    refused = getattr(config, "fields_refused", ())
    return {name: field for name, field in config.model_fields.items() if name not in refused}


def valid_fields(config):
    """A valid value of each field."""
    return {name: valid(name, field.annotation, field.metadata) for name, field in fields(config).items()}


# --- the values of a pipeline ---


@dataclass(frozen=True)
class Value:
    """A value in a pipeline.yaml, by its path, and the types that it may have; `field` is the field that it is (in)."""

    path: tuple
    field: str
    members: tuple

    @property
    def kinds(self):
        return {member.kind for member in self.members}


def values_in(value, path, field, annotation, metadata=()):
    """A value, and the values in it."""
    found = members(annotation, metadata)
    yield Value(path, field, tuple(found))
    for member in found:
        if member.kind is list:
            for index, item in enumerate(value):
                yield from values_in(item, (*path, index), field, member.item)
        elif member.kind is dict:
            for key, item in value.items():
                yield from values_in(item, (*path, key), field, member.item)
        elif isinstance(value, dict) and _is_model(member.kind):
            yield from values_of(member.kind, value, path)


def values_of(config, given, path):
    """The values of all fields that are given, and the values in them."""
    for name, field in fields(config).items():
        if name in given:
            yield from values_in(given[name], (*path, name), name, field.annotation, field.metadata)


# --- mistakes, by the types of a value ---


def unknown_parameters(value):
    yield "${param:Nope}"
    if value.kinds & {str, Path}:
        yield "x${param:Nope}y"


def wrong_types(value):
    if type(None) not in value.kinds:
        yield None
    if dict not in value.kinds and not any(map(_is_model, value.kinds)):
        yield {"key": "value"}
    if list not in value.kinds:
        yield ["x"]
    if not value.kinds & {str, Path}:
        yield "many"
    if not value.kinds & {int, float}:
        yield 7


def out_of_range(value):
    for member in value.members:
        for name, bound in member.bounds:
            if name == "min_length":
                yield [] if member.kind is list else "x" * (bound - 1)
            else:
                yield bound - 1 if name in ("ge", "gt") else bound + 1


def too_long(value):
    if value.kinds & {str, typing.Literal}:
        yield LONG


def missing_files(value):
    if Path in value.kinds:
        yield "no/such/file.csv"


MISTAKES = (unknown_parameters, wrong_types, out_of_range, too_long, missing_files)


# --- pipelines ---


def pipeline_of(step_type):
    """A valid pipeline in which the last step has each field of its type, and what comes before it."""
    step = registry().get(step_type)
    own = valid_fields(step.config_class)
    dependencies = [one.logical_name for one in step.specification.dependencies if one.logical_name not in own]
    wires = {name: OUTPUTS[name] for name in dependencies}
    upstream = sorted({wire.partition(".")[0] for wire in wires.values()})
    before = UPSTREAM if upstream else {}
    beside = {"after": upstream, "inputs": wires} if wires else {}
    return {**HEAD, "steps": {**before, "tested": {"type": step_type, **own, **beside}}}


def with_defaults():
    """A valid pipeline with each field that `defaults` can have, and several steps that take them."""
    shared = {**valid_fields(ProcessingStepConfigBase), "instance_count": 1}
    own = {name: shared.pop(name) for name in ("region", "role", "pipeline_s3_loc")}
    card = {"type": "ModelCard", "title": "t", "owner": "o", "after": ["package"]}
    return {"name": "fields", **own, "defaults": shared, "steps": {**UPSTREAM, "card": card}}


def marked(document, path):
    """A document as YAML, each value on a line of its own, with `MARK` at a path."""
    copy = json.loads(json.dumps(document))
    inside = copy
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = MARK
    return yaml.dump(copy, Dumper=yaml.CSafeDumper, sort_keys=False, width=1 << 20)


def place_of_mark(text):
    """The position of `MARK`."""
    before = text[: text.index(MARK)].splitlines()
    return f"pipeline.yaml:{len(before)}:{len(before[-1]) + 1}"


def place_of_key(text):
    """The position of the key whose value is `MARK`."""
    before = text[: text.index(MARK)].splitlines()
    return f"pipeline.yaml:{len(before)}:{len(before[-1]) - len(before[-1].lstrip()) + 1}"


@pytest.fixture
def found_in(tmp_path, monkeypatch):
    """Gives what is found in the text of a pipeline.yaml."""
    monkeypatch.chdir(tmp_path)

    def find(text):
        Path("pipeline.yaml").write_text(text)
        return findings_of(Path("pipeline.yaml"))

    return find


class Judge:
    """Says what is wrong with the findings of a mistake, beside the findings of the valid document."""

    def __init__(self, found_in, document):
        self._found_in, self._document = found_in, document
        before = found_in(json.dumps(document))
        errors = [str(finding) for finding in before if not finding.is_warning]
        assert not errors, "the pipeline is not valid: correct VALUES\n" + "\n".join(errors)
        self._usual = {(finding.code, finding.path) for finding in before}

    def complaint(self, path, mistake, consequences=(), *, is_key_wrong=False):
        """What is wrong with the findings if `mistake` is at `path`; empty if nothing is.

        If the key itself is wrong, whatever its value is, its position is right too.
        """
        text = marked(self._document, path)
        findings = self._found_in(text.replace(MARK, json.dumps(mistake)))
        new = [finding for finding in findings if (finding.code, finding.path) not in self._usual]
        expected = [place_of_mark(text), *([place_of_key(text)] if is_key_wrong else [])]
        here = [one for one in new if one.at in expected and not one.is_warning]
        elsewhere = [one for one in new if one.at not in expected and one.code not in consequences]
        twice = [at for at, count in Counter((one.code, one.at) for one in findings).items() if count > 1]
        odd = [one.code for one in here if not re.fullmatch("(DEF|STP|YML|DAG|RES)[0-9]{3}", one.code)]
        complaints = [
            *([] if here else [f"nothing at {expected[-1]}"]),
            *(f"{one.code} at {one.at} ({one.where})" for one in elsewhere),
            *(f"twice: {code} at {at}" for code, at in twice),
            *(f"an odd code: {code}" for code in odd),
        ]
        return "; ".join(complaints)

    def complaints(self, kind, values, step_type=""):
        """What is wrong, by the path and the mistake."""
        found = {}
        for value in values:
            key = (kind.__name__, value.field)
            for mistake in () if {key, (*key, step_type)} & EXEMPT.keys() else kind(value):
                if complaint := self.complaint(value.path, mistake, CONSEQUENCES.get(key, [()])[0]):
                    found[shown(value.path, mistake)] = complaint
        return found


def shown(path, mistake):
    return f"{path_text(path)}: {json.dumps(mistake)[:30]}"


def listed(complaints):
    return "\n" + "\n".join(f"{what} -> {complaint}" for what, complaint in complaints.items())


# --- the tests ---

STEP_TYPES = (*RegistryManager().names(), "ModelCard")


@pytest.fixture(autouse=True, scope="module")
def _third_party():
    """Loads the third-party example for these tests only: others install it, and load it themselves."""
    path = [*sys.path]
    yield
    registry.cache_clear()
    sys.path[:] = path
    for name in [name for name in sys.modules if name.partition(".")[0] == MODEL_CARD.name]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_a_mistake_in_a_field_is_reported_there(found_in, step_type, kind):
    document = pipeline_of(step_type)
    step, config = document["steps"]["tested"], registry().get(step_type).config_class
    found = Judge(found_in, document).complaints(kind, values_of(config, step, TESTED), step_type)
    assert not found, listed(found)


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.__name__)
def test_a_mistake_in_a_shared_value_is_reported_once_where_it_is_written(found_in, kind):
    document = with_defaults()
    shared = values_of(ProcessingStepConfigBase, document["defaults"], ("defaults",))
    top = values_of(ProcessingStepConfigBase, document, ())
    found = Judge(found_in, document).complaints(kind, [*top, *shared])
    assert not found, listed(found)


@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_a_mistake_beside_the_fields_is_reported_there(found_in, step_type):
    document = pipeline_of(step_type)
    step = document["steps"]["tested"]
    mistakes = [(("type",), mistake) for mistake in ("Nope", "${param:Nope}", 7, {}, [], LONG)]
    for index in range(len(step.get("after", ()))):
        mistakes += [(("after", index), mistake) for mistake in ("nowhere", "${param:Nope}", 7, {}, [], LONG)]
    for name, wire in step.get("inputs", {}).items():
        wires = ("nowhere.output", f"{wire.partition('.')[0]}.nope", "nowhere", "${param:Nope}", 7, {}, [], LONG)
        mistakes += [(("inputs", name), mistake) for mistake in wires]
    judge = Judge(found_in, document)
    found = {}
    for path, mistake in mistakes:
        if complaint := judge.complaint((*TESTED, *path), mistake):
            found[shown(path, mistake)] = complaint
    assert not found, listed(found)


@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_a_field_that_a_step_refuses_is_reported_there(found_in, step_type):
    document, config = pipeline_of(step_type), registry().get(step_type).config_class
    judge, found = Judge(found_in, document), {}
    for name in sorted(config.fields_refused):
        field = config.model_fields[name]
        if complaint := judge.complaint((*TESTED, name), valid(name, field.annotation), is_key_wrong=True):
            found[name] = complaint
    assert not found, listed(found)


@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_every_field_has_a_case(step_type):
    config = registry().get(step_type).config_class
    values = list(values_of(config, pipeline_of(step_type)["steps"]["tested"], TESTED))
    models = {kind for value in values for kind in value.kinds if _is_model(kind)}
    for model in (config, *models):
        assert set(fields(model)) <= {value.field for value in values}, f"complete the values of {model.__name__}"
    for value in values:
        assert any(list(kind(value)) for kind in MISTAKES), value


# Fields that no argument of the request is made of, and why.
WITHOUT_ARGUMENT = {
    "region": "it decides the image and where the pipeline is deployed",
    "compress": "it decides how the archive of a folder is written",
    "digests": "it decides which properties the version has",
    "sha256": "it is compared with the model, and its own errors name it",
}


@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_every_field_is_the_origin_of_an_argument(found_in, step_type):
    found_in(json.dumps(pipeline_of(step_type)))
    built = compilation_of("pipeline.yaml", build, registry=registry()).built["tested"]
    config = registry().get(step_type).config_class
    origins = {origin[0] for origin in built.origins.values()}
    of_jobs = ["role", "pipeline_s3_loc"] if step_type == "ModelRegistration" else []
    exempt = {*WITHOUT_ARGUMENT, *config.fields_refused, *of_jobs}
    assert set(config.model_fields) - origins - exempt == set()


def test_the_exemptions_are_of_fields():
    names = {name for step_type in STEP_TYPES for name in registry().get(step_type).config_class.model_fields}
    assert {*(key[1] for key in (*EXEMPT, *CONSEQUENCES)), *WITHOUT_ARGUMENT} <= names
