from __future__ import annotations

import pytest

from stepsmith import Get, Join, Parameter
from stepsmith.layers.fitting import fitted

PARAMETERS = {name: Parameter(name, kind) for name, kind in (("S", "String"), ("I", "Integer"), ("B", "Boolean"))}
TEXT, WHOLE, SWITCH = (Get(f"Parameters.{name}") for name in "SIB")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Environment": {"A": TEXT, "N": WHOLE}}, {"Environment": {"A": TEXT, "N": Join("", [WHOLE])}}),
        ({"ContainerArguments": ["--n", WHOLE]}, {"ContainerArguments": ["--n", Join("", [WHOLE])]}),
        ({"CustomerMetadataProperties": {"a": SWITCH}}, {"CustomerMetadataProperties": {"a": Join("", [SWITCH])}}),
        ({"ClusterConfig": {"InstanceCount": WHOLE}}, {"ClusterConfig": {"InstanceCount": WHOLE}}),
        ({"EnableNetworkIsolation": SWITCH}, {"EnableNetworkIsolation": SWITCH}),
        ({"A": Join("/", ["a", WHOLE])}, {"A": Join("/", ["a", WHOLE])}),
        ({"A": Get("Parameters.Unknown")}, {"A": Get("Parameters.Unknown")}),
        ({"A": Get("Execution.PipelineName"), "B": 5}, {"A": Get("Execution.PipelineName"), "B": 5}),
    ],
)
def test_a_parameter_that_is_no_text_becomes_text_where_the_service_wants_it(value, expected):
    assert fitted(value, PARAMETERS) == expected


@pytest.mark.parametrize(("kind", "is_joined"), [("Integer", True), ("String", False), ("", False)])
def test_a_reference_that_knows_its_type_needs_no_parameter(kind, is_joined):
    reference = Get("Parameters.Unknown", kind)
    assert fitted({"A": reference}, {}) == {"A": Join("", [reference]) if is_joined else reference}
