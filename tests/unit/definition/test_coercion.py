from __future__ import annotations

import pytest

from stepsmith import Get, Join, Parameter
from stepsmith.definition.coercion import coerce_parameters

PARAMETERS = {name: Parameter(name, kind) for name, kind in (("S", "String"), ("I", "Integer"), ("B", "Boolean"))}
TEXT, WHOLE, SWITCH = (Get(f"Parameters.{name}") for name in "SIB")
NUMBER = Join("", [WHOLE])


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Processing", {"Environment": {"A": TEXT, "N": WHOLE}}, {"Environment": {"A": TEXT, "N": NUMBER}}),
        ("Processing", {"Environment": {"InstanceCount": WHOLE}}, {"Environment": {"InstanceCount": NUMBER}}),
        (
            "Processing",
            {"AppSpecification": {"ContainerArguments": ["--n", WHOLE]}},
            {"AppSpecification": {"ContainerArguments": ["--n", NUMBER]}},
        ),
        (
            "Processing",
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": WHOLE, "InstanceType": TEXT}}},
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": WHOLE, "InstanceType": TEXT}}},
        ),
        (
            "RegisterModel",
            {"CustomerMetadataProperties": {"a": SWITCH}},
            {"CustomerMetadataProperties": {"a": Join("", [SWITCH])}},
        ),
        (
            "Processing",
            {"NetworkConfig": {"EnableNetworkIsolation": SWITCH}},
            {"NetworkConfig": {"EnableNetworkIsolation": SWITCH}},
        ),
        ("Transform", {"MaxConcurrentTransforms": WHOLE}, {"MaxConcurrentTransforms": WHOLE}),
        ("Processing", {"RoleArn": Join("/", ["a", WHOLE])}, {"RoleArn": Join("/", ["a", WHOLE])}),
        ("Processing", {"RoleArn": Get("Parameters.Unknown")}, {"RoleArn": Get("Parameters.Unknown")}),
        ("Processing", {"RoleArn": Get("Execution.PipelineName")}, {"RoleArn": Get("Execution.PipelineName")}),
        ("Processing", {"NoSuchMember": {"A": WHOLE}, "Environment": [WHOLE]}, None),
        ("Fail", {"ErrorMessage": WHOLE}, None),
        ("OfTomorrow", {"A": WHOLE}, None),
    ],
)
def test_a_parameter_that_is_no_text_becomes_text_where_the_service_wants_it(kind, value, expected):
    assert coerce_parameters(kind, value, PARAMETERS) == (value if expected is None else expected)


@pytest.mark.parametrize(("kind", "is_joined"), [("Integer", True), ("String", False), ("", False)])
def test_a_reference_that_knows_its_type_needs_no_parameter(kind, is_joined):
    reference = Get("Parameters.Unknown", kind)
    expected = Join("", [reference]) if is_joined else reference
    assert coerce_parameters("Processing", {"RoleArn": reference}, {}) == {"RoleArn": expected}
