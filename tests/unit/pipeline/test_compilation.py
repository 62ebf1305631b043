from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, Pipeline
from stepsmith.build.step_request import BuiltStep
from stepsmith.diagnostics import ABOUT_KEY, ConfigError, Finding, MissingFileError, Severity, Suggestion
from stepsmith.pipeline.compilation import Compilation

FIELD = ("steps", "model", "env")


@pytest.fixture
def compilation():
    pipeline = Pipeline("p")
    pipeline.add("model", DummyTrainingConfig())
    return Compilation(pipeline=pipeline)


def paths(compilation):
    return [finding.path for finding in compilation.findings]


def test_what_is_reported_twice_is_kept_once(compilation):
    for _ in range(2):
        compilation.report([Finding("STP201", "wrong", severity=Severity.WARNING)])
    assert len(compilation.findings) == 1
    assert not compilation.has_errors


@pytest.mark.parametrize(
    ("failed", "path"),
    [
        (FIELD, FIELD),
        (FIELD, (*FIELD, "STAGE")),
        ((*FIELD, "STAGE"), FIELD),
        (("steps", "model"), FIELD),
        (("defaults", "env"), FIELD),
        (("steps", "model", "inputs", "data"), ("steps", "model", "data")),
        (("region",), ("steps", "model", "region")),
    ],
    ids=["itself", "inside", "around", "its step", "the defaults", "a wire", "what steps share"],
)
def test_a_finding_about_what_has_failed_is_left_out(compilation, failed, path):
    compilation.report([Finding("STP201", "wrong", failed)])
    compilation.report([Finding("RES001", "follows", path)])
    assert paths(compilation) == [failed]


@pytest.mark.parametrize(
    ("failed", "path"),
    [
        (FIELD, ("steps", "model", "role")),
        (FIELD, ("steps", "model")),
        (FIELD, ("steps", "other", "env")),
        ((*FIELD, "A"), (*FIELD, "B")),
    ],
    ids=["another field", "its step", "another step", "another entry"],
)
def test_an_independent_finding_is_kept(compilation, failed, path):
    compilation.report([Finding("STP201", "wrong", failed)])
    compilation.report([Finding("STP202", "wrong too", path)])
    assert paths(compilation) == [failed, path]


def test_findings_that_are_reported_together_do_not_hide_each_other(compilation):
    compilation.report([Finding("STP201", "one", FIELD), Finding("STP202", "two", FIELD)])
    assert len(compilation.findings) == 2


def test_a_warning_hides_nothing(compilation):
    compilation.report([Finding("DEF170", "careful", FIELD, severity=Severity.WARNING)])
    compilation.report([Finding("STP201", "wrong", FIELD)])
    assert [finding.code for finding in compilation.findings] == ["DEF170", "STP201"]


def test_a_finding_is_left_out_where_what_it_requires_has_failed(compilation):
    compilation.report([Finding("STP201", "wrong", ("parameters", "P", "type"))])
    compilation.report([Finding("DEF110", "follows", FIELD, requires=[("parameters", "P")])])
    assert paths(compilation) == [("parameters", "P", "type")]


def test_a_misspelled_key_stands_for_those_that_it_resembles(compilation):
    compilation.report([Finding("YML006", "wrong", ("regin",), Suggestion("?", ("region",)), data=ABOUT_KEY)])
    compilation.report([Finding("STP210", "follows", ("steps", "model", "region"))])
    compilation.report([Finding("STP204", "missing", ("steps", "model", "pipeline_s3_loc"), requires=[("*",)])])
    assert paths(compilation) == [("regin",), ("steps", "model", "pipeline_s3_loc")]


def test_a_key_that_resembles_none_may_be_any_that_is_missing(compilation):
    compilation.report([Finding("YML006", "wrong", ("steps", "model", "x"), data=ABOUT_KEY)])
    compilation.report([Finding("RES001", "follows", ("data",), requires=[("*",)]).inside("steps", "model")])
    assert paths(compilation) == [("steps", "model", "x")]


def test_a_finding_about_an_argument_is_told_at_its_field(compilation):
    built = BuiltStep.unfinished("model", None)
    origins = {("Arguments", "Environment"): ("env",)}
    compilation.built["model"] = BuiltStep(built.definition_step, None, origins=origins)
    compilation.report([Finding("DEF134", "wrong", ("steps", "model", "Arguments", "Environment", "A"))])
    (finding,) = compilation.findings
    assert (finding.path, finding.data) == (FIELD, {"argument": "Arguments.Environment.A"})


def test_an_error_is_raised_as_what_it_was(expect_error, compilation):
    compilation.report_errors([MissingFileError("STP230", "gone")], "steps", "model")
    with expect_error("STP230", "steps.model", kind=FileNotFoundError, text=False):
        compilation.raise_if_errors()


def test_an_error_in_a_block_is_reported_and_not_raised(compilation):
    with compilation.reporting("steps", "model"):
        raise ConfigError("STP201", "wrong", where="env")
    assert paths(compilation) == [FIELD]
