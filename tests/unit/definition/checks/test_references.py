from graphlib import CycleError

import pytest

from stepsmith.definition.checks.references import check_references, dependencies, order
from stepsmith.definition.model import PipelineDefinition, PropertyFile, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet


def step(name, *reads, after=(), files=()):
    return Step(name, "Processing", {"reads": list(reads)}, tuple(after), tuple(files))


def reading(name):
    return Get(f"Steps.{name}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")


def pipeline(*steps, parameters=()):
    return PipelineDefinition(steps, tuple(Parameter(name) for name in parameters))


def found(definition):
    return [(finding.code, finding.where) for finding in check_references(definition)]


def names(steps):
    return [one.name for one in steps]


@pytest.fixture
def expect_finding(snapshot):
    """Expects one finding of a definition: its code and its place."""

    def call(definition, code, where, *, is_warning=False):
        (finding,) = check_references(definition)
        assert (finding.code, finding.where, finding.is_warning) == (code, where, is_warning)
        snapshot(finding)

    return call


REPORT = PropertyFile("report", "out", "report.json")


def test_references_that_all_lead_somewhere_are_no_finding():
    definition = pipeline(
        step("a", Get("Parameters.P"), files=[REPORT]),
        step("b", Join("/", [reading("a"), Get("Execution.PipelineExecutionId")]), JsonGet("a", "report", "x")),
        step("c", after=["a", "b"]),
        parameters=["P"],
    )
    assert check_references(definition) == []


def test_an_unknown_parameter_is_a_finding_with_the_nearest_name(expect_finding):
    definition = pipeline(step("a", Get("Parameters.Aproval")), parameters=["Approval"])
    expect_finding(definition, "DEF110", "steps.a.Arguments.reads[0]")


def test_an_unknown_parameter_where_there_is_none_is_told_how_to_be_declared(expect_finding):
    expect_finding(pipeline(step("a", Get("Parameters.Approval"))), "DEF110", "steps.a.Arguments.reads[0]")


@pytest.mark.parametrize(
    "value",
    [reading("modle"), Join("/", ["a", reading("modle")]), JsonGet("modle", "f", "x")],
    ids=["Get", "Join", "JsonGet"],
)
def test_an_unknown_step_is_a_finding_with_the_nearest_name(expect_finding, value):
    expect_finding(pipeline(step("model"), step("a", value)), "DEF111", "steps.a.Arguments.reads[0]")


def test_an_unknown_step_in_depends_on_is_a_finding(expect_finding):
    expect_finding(pipeline(step("a", after=["b"])), "DEF111", "steps.a")


def test_an_unknown_property_file_is_a_finding_with_the_nearest_name(expect_finding):
    definition = pipeline(step("a", files=[REPORT]), step("b", JsonGet("a", "reprot", "x")))
    expect_finding(definition, "DEF112", "steps.b.Arguments.reads[0]")


def test_a_property_file_in_an_output_that_its_step_does_not_have_is_a_finding(expect_finding):
    outputs = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}}
    wrong = Step("a", "Processing", outputs, property_files=(PropertyFile("report", "uot", "report.json"),))
    expect_finding(pipeline(wrong), "DEF115", "steps.a")


@pytest.mark.parametrize("path", ["/etc/report.json", "../report.json", "deep/../../report.json", ".."])
def test_a_property_file_outside_its_output_is_a_finding(expect_finding, path):
    expect_finding(pipeline(step("a", files=[PropertyFile("report", "out", path)])), "DEF116", "steps.a")


@pytest.mark.parametrize("path", ["report.json", "deep/report.json", "a..b/..report.json"])
def test_a_property_file_in_its_output_is_no_finding(path):
    outputs = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}}
    definition = pipeline(Step("a", "Processing", outputs, property_files=(PropertyFile("report", "out", path),)))
    assert check_references(definition) == []


def test_a_property_file_of_a_step_with_no_output_at_all_is_a_finding(expect_finding):
    outputs = {"ProcessingOutputConfig": {"Outputs": []}}
    expect_finding(pipeline(Step("a", "Processing", outputs, property_files=(REPORT,))), "DEF115", "steps.a")


@pytest.mark.parametrize("path", ["Execution.PipelineExecutionID", "Execution.", "Paramters.P", "model.Arn", ""])
def test_a_reference_that_the_service_has_no_word_for_is_a_finding(expect_finding, path):
    expect_finding(pipeline(step("a", Get(path)), parameters=["P"]), "DEF114", "steps.a.Arguments.reads[0]")


CYCLES = {
    "one step": [step("a", reading("a"))],
    "two steps": [step("a", after=["b"]), step("b", after=["a"])],
    "three of four": [
        step("a", reading("c")),
        step("b", after=["a"], files=[REPORT]),
        step("c", JsonGet("b", "report", "x")),
        step("d"),
    ],
}


@pytest.mark.parametrize("steps", CYCLES.values(), ids=CYCLES)
def test_steps_that_wait_for_each_other_are_a_finding_that_shows_who_waits_for_whom(expect_finding, steps):
    expect_finding(pipeline(*steps), "DEF113", "")


def test_all_missing_names_are_found_at_once():
    definition = pipeline(
        step("a", Get("Parameters.P"), reading("x"), after=["y"]), step("b", JsonGet("a", "report", "x"))
    )
    assert found(definition) == [
        ("DEF110", "steps.a.Arguments.reads[0]"),
        ("DEF111", "steps.a.Arguments.reads[1]"),
        ("DEF111", "steps.a"),
        ("DEF112", "steps.b.Arguments.reads[0]"),
    ]


def test_a_step_waits_for_each_step_that_it_names_or_reads_once():
    one = step(
        "c", reading("a"), Join("", [reading("b")]), JsonGet("a", "report", "x"), Get("Parameters.P"), after=["z"]
    )
    assert dependencies(one) == ["z", "a", "b"]


def test_a_step_comes_after_all_that_it_names_or_reads():
    definition = pipeline(
        step("d", after=["c"]), step("c", reading("b")), step("b", JsonGet("a", "report", "x")), step("a")
    )
    assert names(order(definition)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "steps",
    [
        [step("z"), step("a"), step("m")],
        [step("a"), step("b", after=["a"]), step("c"), step("d", after=["c"])],
        [step("a"), step("b", after=["a"]), step("c", after=["b"]), step("d")],
    ],
    ids=["no edges", "two chains", "a chain and one beside it"],
)
def test_steps_that_are_written_in_an_order_that_can_run_keep_it(steps):
    assert names(order(pipeline(*steps))) == names(steps)


def test_two_steps_of_one_name_are_left_to_the_check_of_names():
    assert check_references(pipeline(step("a"), step("a"), step("b", after=["a"]))) == []


def test_steps_that_wait_for_each_other_have_no_order():
    with pytest.raises(CycleError):
        order(pipeline(step("a", after=["b"]), step("b", after=["a"])))


# --- branches of conditions ---

CONDITIONS = [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}]


def condition(name, *inner, **members):
    return Step(name, "Condition", {"Conditions": CONDITIONS, "IfSteps": list(inner)}, **members)


def reads(name, of, **members):
    return Step(name, "Processing", {"A": Get(f"Steps.{of}.ProcessingJobArn")}, **members)


def codes(*steps):
    return [(finding.code, finding.where) for finding in check_references(PipelineDefinition(steps))]


def test_a_step_in_a_branch_may_read_what_is_outside_and_what_is_beside_it():
    assert codes(Step("a", "Processing", {}), condition("c", reads("b", "a"), reads("d", "b"))) == []


def test_what_a_branch_reads_is_looked_up_too():
    assert codes(condition("c", reads("b", "nowhere"))) == [("DEF111", "steps.b.Arguments.A")]


@pytest.mark.parametrize("members", [{}, {"depends_on": ("b",)}])
def test_what_reads_a_branch_from_outside_waits_for_the_condition(members):
    inner = Step("b", "Processing", {})
    outside = reads("d", "b", **members)
    assert codes(condition("c", inner), outside) == [("DEF117", "steps.d")]
    assert codes(condition("c", inner), reads("d", "b", depends_on=("c",))) == []


def test_another_branch_of_the_same_condition_may_read_it():
    both = Step(
        "c",
        "Condition",
        {"Conditions": CONDITIONS, "IfSteps": [Step("b", "Processing", {})], "ElseSteps": [reads("d", "b")]},
    )
    assert codes(both) == []


def test_a_condition_waits_for_what_its_branches_wait_for():
    first, last = condition("c", reads("b", "a")), Step("a", "Processing", {})
    assert [step.name for step in order(PipelineDefinition((first, last)))] == ["a", "c"]
    assert dependencies(first) == ["a"]


def test_a_cycle_through_a_branch_is_found():
    assert codes(condition("c", reads("b", "a")), Step("a", "Processing", {}, ("c",))) == [("DEF113", "")]


def lambda_step(name, *reads, **more):
    return Step(name, "Lambda", {"reads": list(reads)}, **more)


def loop(*body, field="IterationOutput.body.OutputParameters['X']"):
    selector = {"Pick": "MaxBy", "Field": Get(field)}
    return Step("loop", "ForEach", {"IterableItems": ["a"], "Selector": selector, "ForEachBody": list(body)})


def test_a_loops_body_reads_its_item_and_its_selector_an_iterations_output():
    reader = lambda_step("reader", Get("Steps.loop.Selected.OutputParameters['X']"))
    body = lambda_step("body", Get("ForEach.CurrentItem.name"), Get("Steps.first.OutputParameters['X']"))
    assert found(pipeline(loop(lambda_step("first"), body), reader)) == []


def test_outside_of_a_loop_there_is_no_item_and_no_iteration():
    reads = [Get("ForEach.CurrentItem"), Get("IterationOutput.body.X")]
    definition = pipeline(loop(lambda_step("body")), lambda_step("outside", *reads))
    assert found(definition) == [("DEF114", f"steps.outside.Arguments.reads[{index}]") for index in (0, 1)]


def test_what_runs_once_an_item_is_read_by_its_iteration(expect_finding):
    definition = pipeline(loop(lambda_step("body")), lambda_step("reader", Get("Steps.body.OutputParameters['X']")))
    expect_finding(definition, "DEF117", "steps.reader")


@pytest.mark.parametrize("read", ["Steps.body.OutputParameters['X']", "Steps.loop.Status"])
def test_who_waits_for_a_loop_still_reads_no_step_of_its_body(read):
    reader = lambda_step("reader", Get(read), depends_on=("loop",))
    wanted = [("DEF117", "steps.reader")] if "body" in read else []
    assert found(pipeline(loop(lambda_step("body")), reader)) == wanted


def test_of_what_an_iteration_left_a_member_is_read(expect_finding):
    definition = pipeline(loop(lambda_step("body"), field="IterationOutput.body"))
    expect_finding(definition, "DEF114", "steps.loop.Arguments.Selector.Field")


@pytest.mark.parametrize(
    ("field", "item"),
    [
        ("IterationOutput.nope.X", "ForEach.CurrentItem"),
        ("IterationOutput.body", "ForEach.CurrentItem"),
        ("IterationOutput.body.X", "ForEach.Bogus"),
        ("IterationOutput.body.X", "ForEach.CurrentItems"),
    ],
)
def test_a_loop_has_no_other_words(field, item):
    definition = pipeline(loop(lambda_step("body", Get(item)), field=field))
    assert [code for code, _ in found(definition)] == ["DEF114"]


def test_a_step_may_wait_for_another_to_fail_and_for_no_other_outcome(expect_finding):
    good = lambda_step("tell", depends_on=("a",), triggers=("Failed",))
    bad = lambda_step("other", depends_on=("a",), triggers=("Fails",))
    expect_finding(pipeline(step("a"), good, bad), "DEF119", "steps.other")


def test_to_wait_for_two_outcomes_of_one_step_is_a_warning(expect_finding):
    twice = lambda_step("tell", depends_on=("a", "a"), triggers=(None, "Failed"))
    expect_finding(pipeline(step("a"), twice), "DEF119", "steps.tell", is_warning=True)
