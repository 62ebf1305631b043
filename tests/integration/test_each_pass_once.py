"""Each command reads each file, builds each step, resolves each input, checks and emits once, and no more."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from stepsmith import (
    PayloadConfig,
    PayloadStepBuilder,
    Pipeline,
    RegistryManager,
    StepDeclaration,
    TabularPreprocessingConfig,
)
from stepsmith.build.builder import StepBuilderBase
from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.definition import emit
from stepsmith.definition.checks import arguments, conditions, limits, names, properties, references, secrets
from stepsmith.pipeline import include
from stepsmith.resolve import explanation
from stepsmith.steps.payload.step import STEP as PAYLOAD

STEPS, INPUTS = 5, 5
READ, BUILDER, VALIDATED, RESOLVED, EMITTED = (
    include._text,
    StepBuilderBase.__init__,
    ProcessingStepBuilder.validate_configuration,
    explanation.explain,
    emit.emit,
)
CHECKS = [
    arguments.check_arguments, conditions.check_conditions, limits.check_limits, names.check_names,
    properties.check_properties, references.check_references, secrets.check_secrets,
]  # fmt: skip
RESOLVE = {READ: 1, BUILDER: STEPS, RESOLVED: STEPS}
ALL = {**RESOLVE, VALIDATED: STEPS - 1, EMITTED: 1, **dict.fromkeys(CHECKS, 1)}


@pytest.fixture
def calls():
    """Counts how often each of the functions is called while another runs."""

    def count(function):
        counted = {one.__code__: one for one in ALL}
        found = Counter()

        def note(frame, event, _):
            if event == "call" and frame.f_code in counted:
                found[counted[frame.f_code]] += 1

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            function()
        finally:
            sys.setprofile(before)
        return found

    return count


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["check"], ALL),
        (["compile"], ALL),
        (["validate"], ALL),
        (["policy"], ALL),
        (["run", "--jobs", "1"], ALL),
        (["deploy", "--plan"], ALL),
        (["explain"], RESOLVE),
        (["graph"], RESOLVE),
        (["schema"], {READ: 1}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_does_nothing_twice(stepsmith, example, calls, nobody, command, expected):
    name, *options = command
    assert calls(lambda: stepsmith(name, "pipeline.yaml", *options, cwd=example, env=nobody)) == expected


def test_an_included_file_is_read_once(stepsmith, example, calls):
    path = example / "pipeline.yaml"
    (example / "shared.yaml").write_text("defaults: {instance_type: ml.t3.medium}\n")
    (example / "other.yaml").write_text("include: shared.yaml\n")
    path.write_text("include: [shared.yaml, other.yaml]\n" + path.read_text())
    assert calls(lambda: stepsmith("check", "pipeline.yaml", cwd=example))[READ] == 3


class CountingBuilder(PayloadStepBuilder):
    """A builder of another package, which overrides what a builder can."""

    specification = PAYLOAD.specification.model_copy(update={"step_type": "Counting"})
    called = Counter()

    def create_step(self, *given, **more):
        self.called["create_step"] += 1
        return super().create_step(*given, **more)

    def validate_configuration(self, provided=()):
        self.called["validate_configuration"] += 1
        super().validate_configuration(provided)

    def parts(self, inputs):
        self.called["parts"] += 1
        return super().parts(inputs)

    def stage(self, port, written):
        self.called["stage"] += 1
        return super().stage(port, written)


ONCE = {"create_step": 1, "validate_configuration": 1, "parts": 1, "stage": 1}


@pytest.fixture
def counted():
    CountingBuilder.called.clear()
    registry = RegistryManager(tables=[])
    registry.register(StepDeclaration(CountingBuilder.specification, PayloadConfig, CountingBuilder, "Counts."))
    pipeline = Pipeline("p", region="eu-west-1", pipeline_s3_loc="s3://bucket/p", registry=registry)
    pipeline.add("counting", PayloadConfig(samples="s3://bucket/samples/"))
    return pipeline


@pytest.mark.parametrize("method", ["compile", "check"])
def test_what_a_builder_overrides_is_called_once(counted, method):
    getattr(counted, method)()
    assert CountingBuilder.called == ONCE


def test_it_is_called_once_where_the_step_has_errors(counted):
    counted.steps.clear()
    counted.add("counting", PayloadConfig(samples="no-such-file", instance_count=2))
    assert [finding.code for finding in counted.check()][:2] == ["STP206", "STP230"]
    assert CountingBuilder.called == ONCE


def test_a_step_that_is_built_by_hand_goes_the_same_way(counted):
    entry = counted.steps["counting"]
    CountingBuilder(entry.config.with_shared(counted.shared)).create_step()
    assert CountingBuilder.called == ONCE


def test_a_wrong_step_upstream_does_not_have_the_next_one_built_twice(counted, tmp_path):
    counted.registry.register(StepDeclaration(*_preprocessing()))
    counted.base_dir = tmp_path
    counted.add("prepare", TabularPreprocessingConfig(data="nowhere.csv", label="x"))
    counted.steps.pop("counting")
    counted.add("counting", PayloadConfig(samples="s3://bucket/samples/"), after="prepare")
    assert "STP230" in [finding.code for finding in counted.check()]
    assert CountingBuilder.called == ONCE


def _preprocessing():
    from stepsmith.steps.tabular_preprocessing.step import STEP  # noqa: PLC0415

    return STEP.specification, STEP.config_class, STEP.builder_class, STEP.description
