from __future__ import annotations

import pytest

from stepsmith import Get, Join, Parameter
from stepsmith.definition.model import Step
from stepsmith.errors import DefinitionError
from stepsmith.pipeline.fitting import fitted, refuse_misfits

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


@pytest.mark.parametrize(
    ("member", "value", "wanted"),
    [
        ("InstanceCount", TEXT, "Integer"),
        ("MaxRuntimeInSeconds", SWITCH, "Integer"),
        ("EnableNetworkIsolation", TEXT, "Boolean"),
    ],
)
def test_a_parameter_of_a_type_that_does_not_fit_is_refused(member, value, wanted):
    with pytest.raises(DefinitionError, match=f"{member} takes {wanted}") as caught:
        refuse_misfits(Step("a", "Processing", {"Outer": [{member: value}]}), PARAMETERS)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("DEF120", "steps.a")
    assert f"type: {wanted}" in finding.fix


def test_parameters_and_values_that_fit_are_admitted():
    arguments = {"InstanceCount": WHOLE, "VolumeSizeInGB": 5, "EnableNetworkIsolation": SWITCH, "Name": WHOLE}
    refuse_misfits(Step("a", "Processing", arguments), PARAMETERS)
    assert fitted(arguments, PARAMETERS) == {**arguments, "Name": Join("", [WHOLE])}
