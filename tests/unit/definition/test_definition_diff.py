from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepsmith.definition.definition_diff import Change, difference
from stepsmith.definition.parse import parse

CACHED = {"Enabled": True, "ExpireAfter": "P30D"}


def processing(name="prepare", *, cache=CACHED, inputs=(), arguments=(), **members):
    specification = {"ImageUri": "image:1", "ContainerArguments": list(arguments)}
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}},
            "AppSpecification": specification,
            "ProcessingInputs": [{"InputName": name, "S3Input": {"S3Uri": uri}} for name, uri in dict(inputs).items()],
            **members,
        },
        **({"CacheConfig": cache} if cache else {}),
    }


def fail(name, **members):
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "no"}, **members}


def condition(name, yes=(), no=()):
    arguments = {"Conditions": [], "IfSteps": list(yes), "ElseSteps": list(no)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def definition(*steps, **members):
    return parse(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps, **members}))


def changes(before, after):
    """What differs between two steps: the kind, the path, the earlier and the later value of each change."""
    found = difference(definition(before), definition(after))
    return [
        (change.kind, change.path, change.before, change.after) for entry in found.steps for change in entry.changes
    ]


def losses(before, after, **members):
    found = difference(definition(*before, **members.get("old", {})), definition(*after, **members.get("new", {})))
    return [{loss.step: loss.because for loss in lost} for lost in (found.loses_cache, found.may_lose_cache)]


def get(path):
    return {"Get": path}


def test_a_definition_does_not_differ_from_itself():
    one = definition(processing(inputs={"data": "s3://b/k"}), condition("check", yes=[fail("stop")]))
    found = difference(one, one)
    assert found.is_none
    assert (found.loses_cache, found.may_lose_cache) == ((), ())


def test_steps_and_parameters_are_added_removed_and_changed():
    parameters = [{"Name": "A", "Type": "String"}, {"Name": "B", "Type": "Integer", "DefaultValue": 1}]
    changed = [{"Name": "B", "Type": "Integer", "DefaultValue": 2}, {"Name": "C", "Type": "Float"}]
    found = difference(
        definition(fail("a"), fail("b"), Parameters=parameters),
        definition(fail("b", DisplayName="B"), fail("c"), Parameters=changed),
    )
    for entries, names in ((found.steps, "abc"), (found.parameters, "ABC")):
        assert [(entry.kind, entry.name) for entry in entries] == [
            ("removed", names[0]), ("changed", names[1]), ("added", names[2])
        ]  # fmt: skip
    assert found.parameters[1].changes == (Change("changed", "DefaultValue", "DefaultValue", 1, 2),)
    assert found.steps[1].changes == (Change("added", "DisplayName", "DisplayName", None, "B"),)


def test_inputs_are_compared_by_their_name_and_told_by_path_and_by_name():
    before = processing(inputs={"data": "s3://b/1", "code": "s3://b/c"})
    after = processing(inputs={"extra": "s3://b/e", "code": "s3://b/c", "data": "s3://b/2"})
    found = difference(definition(before), definition(after)).steps[0].changes
    assert [(change.kind, change.path) for change in found] == [
        ("added", "Arguments.ProcessingInputs[0]"),
        ("changed", "Arguments.ProcessingInputs[2].S3Input.S3Uri"),
        ("reordered", "Arguments.ProcessingInputs"),
    ]
    assert found[1].place == "Arguments.ProcessingInputs['data'].S3Input.S3Uri"
    assert (found[2].before, found[2].after) == (["data", "code"], ["code", "data"])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"A": "1"}, {"A": "2"}, [("changed", "Arguments.Environment.A", "1", "2")]),
        ({"A": "1"}, {}, [("removed", "Arguments.Environment.A", "1", None)]),
        ({"a b": 1}, {"a b": 2}, [("changed", "Arguments.Environment['a b']", 1, 2)]),
        ({"A": None}, {}, [("removed", "Arguments.Environment.A", None, None)]),
        ({"A": 1}, {"A": True}, [("changed", "Arguments.Environment.A", 1, True)]),
        ({"A": 1}, {"A": 1.0}, []),
        ({"A": "1", "B": "2"}, {"B": "2", "A": "1"}, []),
        ({"A": {"B": 1}}, {"A": [1]}, [("changed", "Arguments.Environment.A", {"B": 1}, [1])]),
    ],
)
def test_values_are_compared_as_json_compares_them(before, after, expected):
    assert changes(processing(Environment=before), processing(Environment=after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abc", "abxc", [("added", 2, None, "x")]),
        ("abxc", "abc", [("removed", 2, "x", None)]),
        ("abc", "axc", [("changed", 1, "b", "x")]),
        ("", "a", [("added", 0, None, "a")]),
        ("aba", "aa", [("removed", 1, "b", None)]),
    ],
)
def test_of_a_list_without_names_what_is_between_the_same_ends_is_told(before, after, expected):
    place = "Arguments.AppSpecification.ContainerArguments"
    assert changes(processing(arguments=before), processing(arguments=after)) == [
        (kind, f"{place}[{index}]", old, new) for kind, index, old, new in expected
    ]


def test_a_reordering_of_such_a_list_is_told_as_one():
    ((kind, path, before, after),) = changes(processing(arguments="abc"), processing(arguments="cab"))
    assert (kind, path) == ("reordered", "Arguments.AppSpecification.ContainerArguments")
    assert (before, after) == (list("abc"), list("cab"))


def test_the_value_of_an_option_is_told_by_the_option():
    before, after = processing(arguments=["--seed", "0"]), processing(arguments=["--seed", "1"])
    (change,) = difference(definition(before), definition(after)).steps[0].changes
    assert change.place == "Arguments.AppSpecification.ContainerArguments['--seed']"


def test_entries_of_which_two_have_the_same_name_are_compared_by_position():
    doubled = {"Outputs": [{"OutputName": "a", "K": 1}, {"OutputName": "a", "K": 2}]}
    changed = {"Outputs": [{"OutputName": "a", "K": 1}, {"OutputName": "a", "K": 3}]}
    assert changes(processing(ProcessingOutputConfig=doubled), processing(ProcessingOutputConfig=changed)) == [
        ("changed", "Arguments.ProcessingOutputConfig.Outputs[1].K", 2, 3)
    ]


def test_a_reference_is_one_value_and_a_join_is_told_part_by_part():
    def reading(value):
        return processing(inputs={"data": value})

    path = "Arguments.ProcessingInputs[0].S3Input.S3Uri"
    one, other = get("Parameters.A"), get("Parameters.B")
    assert changes(reading(one), reading(other)) == [("changed", path, one, other)]
    assert changes(reading("s3://b"), reading(one)) == [("changed", path, "s3://b", one)]
    old, new = ({"Std:Join": {"On": "/", "Values": [bucket, one]}} for bucket in ("s3://a", "s3://b"))
    assert changes(reading(old), reading(new)) == [("changed", f"{path}.Std:Join.Values[0]", "s3://a", "s3://b")]
    assert changes(reading(old), reading(one)) == [("changed", path, old, one)]


def test_depends_on_is_compared_by_name():
    assert changes(fail("x", DependsOn=["a", "b"]), fail("x", DependsOn=["b", "c"])) == [
        ("removed", "DependsOn[0]", "a", None),
        ("added", "DependsOn[1]", None, "c"),
    ]


def test_a_dependency_on_an_outcome_is_compared_by_its_steps_name():
    failed = {"Step": "b", "Trigger": "Failed"}
    assert changes(fail("x", DependsOn=["a", "b"]), fail("x", DependsOn=[failed])) == [
        ("removed", "DependsOn[0]", "a", None),
        ("changed", "DependsOn[0]", "b", failed),
    ]


def test_another_order_of_steps_and_parameters_is_told_as_such():
    parameters = [{"Name": "A", "Type": "String"}, {"Name": "B", "Type": "String"}]
    found = difference(
        definition(fail("a"), fail("b"), Parameters=parameters),
        definition(fail("b"), fail("a"), Parameters=parameters[::-1]),
    )
    assert (found.steps, found.parameters) == ((), ())
    assert [(change.kind, change.path, change.after) for change in found.pipeline] == [
        ("reordered", "Parameters", ["B", "A"]),
        ("reordered", "Steps", ["b", "a"]),
    ]


def test_steps_of_branches_are_steps():
    before = definition(condition("check", yes=[fail("a"), fail("b")], no=[condition("inner", yes=[fail("deep")])]))
    after = definition(
        condition("check", yes=[fail("b"), fail("a"), fail("new")], no=[condition("inner", yes=[fail("deep", X=1)])])
    )
    found = difference(before, after)
    assert [(entry.kind, entry.name, entry.within) for entry in found.steps] == [
        ("changed", "deep", "inner.IfSteps"),
        ("added", "new", "check.IfSteps"),
    ]
    assert [change.path for change in found.pipeline] == ["Steps['check'].Arguments.IfSteps"]


def test_a_step_that_goes_into_a_branch_has_moved():
    found = difference(definition(fail("a"), condition("check")), definition(condition("check", no=[fail("a")])))
    assert [entry.name for entry in found.steps] == ["a"]
    assert found.steps[0].changes == (Change("moved", "", "", "", "check.ElseSteps"),)


def test_what_stands_beside_the_steps_is_told_of_the_pipeline():
    found = difference(definition(Metadata={"a": 1}), definition(Metadata={"a": 2}, Other=[1]))
    assert [(change.kind, change.path) for change in found.pipeline] == [("changed", "Metadata.a"), ("added", "Other")]


def test_two_steps_of_one_name_are_compared_in_their_order():
    before = [fail("a"), fail("a", X=1)]
    after = [fail("a"), fail("a", X=2), fail("a")]
    found = difference(definition(*before), definition(*after))
    assert [(entry.kind, entry.name) for entry in found.steps] == [("changed", "a"), ("added", "a")]


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"Environment": {"A": "1"}}, ("Environment",)),
        ({"AppSpecification": {"ImageUri": "image:2"}}, ("AppSpecification",)),
        ({"arguments": ["--a"]}, ("AppSpecification",)),
        ({"inputs": {"data": "s3://b/k"}}, ("ProcessingInputs",)),
        ({"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge"}}}, None),
        ({"ProcessingOutputConfig": {"Outputs": []}}, None),
        ({"cache": {"Enabled": True, "ExpireAfter": "P1D"}}, None),
        ({"cache": None}, ("CacheConfig",)),
        ({"cache": {"Enabled": False}}, ("CacheConfig",)),
    ],
)
def test_a_processing_step_loses_its_cache_by_what_its_key_is_made_of(changed, because):
    assert losses([processing()], [processing(**changed)]) == [{"prepare": because} if because else {}, {}]


@pytest.mark.parametrize("cache", [None, {"Enabled": False}])
def test_a_step_without_a_cache_loses_none(cache):
    assert losses([processing(cache=cache)], [processing(Environment={"A": "1"})]) == [{}, {}]


@pytest.mark.parametrize(
    ("step_type", "attribute", "is_in_the_key"),
    [
        ("Training", "Arguments.HyperParameters", True),
        ("Training", "Arguments.ResourceConfig", False),
        ("Tuning", "Arguments.TrainingJobDefinition.TuningObjective", True),
        ("Tuning", "Arguments.TrainingJobDefinition.ResourceConfig", False),
        ("AutoML", "Arguments.AutoMLJobConfig.Mode", True),
        ("AutoML", "Arguments.AutoMLJobConfig.SecurityConfig", False),
        ("Transform", "Arguments.ModelName", True),
        ("Transform", "Arguments.TransformOutput", False),
        ("ClarifyCheck", "SkipCheck", True),
        ("ClarifyCheck", "FailOnViolation", False),
        ("QualityCheck", "SuppliedBaselineStatistics", True),
        ("EMR", "Arguments.StepConfig", True),
        ("EMR", "Arguments.ExecutionRoleArn", False),
        ("Lambda", "Arguments.event", False),
    ],
)
def test_the_key_of_each_type_of_step(step_type, attribute, is_in_the_key):
    def step(value):
        made = {"Name": "x", "Type": step_type, "Arguments": {}, "CacheConfig": CACHED}
        place = made
        *way, last = attribute.split(".")
        for key in way:
            place = place.setdefault(key, {})
        place[last] = value
        return made

    lost, unsure = losses([step("a")], [step("b")])
    assert (list(lost), unsure) == (["x"] if is_in_the_key else [], {})


def test_another_type_is_another_key():
    training = {**processing(), "Type": "Training"}
    assert losses([processing()], [training])[0] == {"prepare": ("Type",)}


def test_a_step_that_reads_one_that_is_executed_anew_may_lose_its_cache_and_so_on():
    def chain(environment):
        return [
            processing(Environment=environment),
            processing("model", inputs={"data": get("Steps.prepare.ProcessingOutputConfig.X")}),
            processing("package", inputs={"data": {"Std:Join": {"On": "/", "Values": [get("Steps.model.X"), "a"]}}}),
            processing("other", inputs={"data": "s3://b/k"}),
        ]

    assert losses(chain({"A": "1"}), chain({"A": "2"})) == [
        {"prepare": ("Environment",)},
        {"model": ("Steps.prepare",), "package": ("Steps.model",)},
    ]


def test_a_step_does_not_lose_by_the_text_of_a_reference_alone():
    before, after = (processing(inputs={"data": get(f"Steps.{name}.X")}) for name in ("a", "b"))
    uncached = [processing(name, cache=None) for name in ("a", "b")]
    assert losses([*uncached, before], [*uncached, after]) == [{}, {"prepare": ("ProcessingInputs",)}]


def test_a_step_may_lose_by_the_default_of_a_parameter_but_not_by_its_choices():
    step = processing(inputs={"data": get("Parameters.P")})

    def parameters(default, *choices):
        return {"Parameters": [{"Name": "P", "Type": "String", "DefaultValue": default, "EnumValues": list(choices)}]}

    assert losses([step], [step], old=parameters("a"), new=parameters("b")) == [{}, {"prepare": ("Parameters.P",)}]
    assert losses([step], [step], old=parameters("a"), new=parameters("a", "a", "b")) == [{}, {}]


def test_named_inputs_in_another_order_may_cost_the_cache_and_arguments_do():
    one, other = (
        processing(inputs={"a": "s3://b/a", "b": "s3://b/b"}),
        processing(inputs={"b": "s3://b/b", "a": "s3://b/a"}),
    )
    assert losses([one], [other]) == [{}, {"prepare": ("ProcessingInputs",)}]
    assert losses([processing(arguments="ab")], [processing(arguments="ba")])[0] == {"prepare": ("AppSpecification",)}


KEYS = st.sampled_from(["Name", "a", "b c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES)
def test_there_is_a_difference_exactly_where_the_json_differs(one, other):
    before, after = definition(fail("x", Extra=one)), definition(fail("x", Extra=other))
    assert difference(before, before).is_none
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert difference(before, after).is_none == is_same
