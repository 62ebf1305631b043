from __future__ import annotations

from stepsmith import ModelRegistrationConfig
from stepsmith.build.request_table import Argument, Traced, origin_of, request_of

CONFIG = ModelRegistrationConfig(
    group="g", image_uri="serve:1", instance_types=["ml.m5.large", "ml.m5.xlarge"], env={"STAGE": "test"}
)


def request(*rows, **computed):
    return request_of([Argument(tuple(path), value) for *path, value in rows], CONFIG, computed)


def test_an_argument_is_made_of_the_field_that_its_row_names():
    made = request(("Group", "group"), ("Containers", 0, "Image", "image_uri"))
    assert made.arguments == {"Group": "g", "Containers": [{"Image": "serve:1"}]}
    assert origin_of(("Containers", 0, "Image"), made.origins) == ("image_uri",)


def test_an_argument_stands_where_its_row_does():
    made = request(("A", "X", "group"), ("B", "image_uri"), ("A", "Y", "image_uri"))
    assert list(made.arguments) == ["A", "B"]
    assert list(made.arguments["A"]) == ["X", "Y"]


def test_an_argument_without_a_value_is_left_out_and_its_field_is_known_all_the_same():
    made = request(("Domain", "domain"), ("Isolated", "enable_network_isolation"), ("Tags", "tags"))
    assert made.arguments == {}
    assert origin_of(("Domain",), made.origins) == ("domain",)


def test_each_entry_of_a_field_is_known():
    made = request(("Environment", "env"), ("Types", "instance_types"))
    assert made.arguments == {"Environment": {"STAGE": "test"}, "Types": ["ml.m5.large", "ml.m5.xlarge"]}
    assert origin_of(("Environment", "STAGE"), made.origins) == ("env", "STAGE")
    assert origin_of(("Types", 1), made.origins) == ("instance_types", 1)


def test_what_is_inside_an_argument_is_made_of_the_same_field():
    made = request(("Model", "S3Uri", "group"))
    assert origin_of(("Model", "S3Uri", "Std:Join", 0), made.origins) == ("group",)
    assert origin_of(("Model",), made.origins) is None


def test_a_computed_value_takes_the_place_of_a_field_and_says_what_its_parts_are_made_of():
    made = request(("Inputs", "inputs"), ("Group", "group"), inputs=Traced(["a", "b"], {(1,): ("env",)}), group="other")
    assert made.arguments == {"Inputs": ["a", "b"], "Group": "other"}
    assert origin_of(("Inputs", 0), made.origins) is None
    assert origin_of(("Inputs", 1), made.origins) == ("env",)
    assert origin_of(("Group",), made.origins) == ("group",)
