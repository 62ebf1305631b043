from __future__ import annotations

import pytest

from stepsmith import DependencySpec, DependencyType, OutputSpec
from stepsmith.resolve.compatibility import TAKES, kind_of, mismatch

PLACES = {
    "properties.ModelArtifacts.S3ModelArtifacts": "TrainingStep",
    "properties.TransformOutput.S3OutputPath": "TransformStep",
    "properties.ProcessingJobArn": "",
}


def test_every_type_of_input_has_its_row():
    assert set(TAKES) == set(DependencyType)


@pytest.mark.parametrize("kind", DependencyType)
def test_an_input_takes_what_its_row_says_and_nothing_else(kind):
    dependency = DependencySpec(logical_name="a", dependency_type=kind)
    taken = {
        other
        for other in DependencyType
        if not mismatch(dependency, OutputSpec(logical_name="b", output_type=other, property_path="properties.X"))
    }
    assert taken == TAKES[kind]


def test_data_of_another_type_do_not_do(snapshot):
    uri, text = (OutputSpec(logical_name="b", data_type=kind) for kind in ("S3Uri", "String"))
    dependency = DependencySpec(logical_name="a")
    assert mismatch(dependency, uri) == ""
    assert mismatch(dependency, text)
    snapshot(mismatch(dependency, text))


@pytest.mark.parametrize("path", PLACES)
def test_the_kind_of_a_step_is_known_by_the_property(path):
    output = OutputSpec(logical_name="a", output_type=DependencyType.CUSTOM_PROPERTY, property_path=path)
    assert kind_of(output) == PLACES[path]
