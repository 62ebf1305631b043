from __future__ import annotations

import pytest

from stepsmith.definition.assets import Asset, object_of_bytes
from stepsmith.definition.model import Step
from stepsmith.definition.references import Get
from stepsmith.local.installed_packages import check_packages, check_packages_for_inputs
from stepsmith.local.object_store import ObjectStore
from stepsmith.local.reference_values import ReferenceValues

CODE = "s3://bucket/code/digest/"


def step_of(*uris):
    inputs = [{"InputName": str(number), "S3Input": {"S3Uri": uri}} for number, uri in enumerate([*uris, CODE])]
    return Step("prepare", "Processing", {"ProcessingInputs": inputs})


@pytest.fixture
def look(tmp_path):
    """Looks at the inputs of a step whose script needs a package to read `.table` files."""
    objects = ObjectStore(tmp_path / "objects")
    objects.put("s3://bucket/data/a.TABLE", [b""])
    objects.put("s3://bucket/text/a.csv", [b""])

    def at(*uris, package="no-such-package", parameters=None):
        asset = Asset(CODE, "digest", (object_of_bytes("a.py", b""),), requirements_by_suffix=((".table", package),))
        check_packages_for_inputs([step_of(*uris)], [asset], ReferenceValues(parameters or {}, {}), objects)

    return at


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.part", "json.decoder"])
def test_a_package_that_is_not_there_is_refused_with_the_command_that_brings_it(expect_error, name):
    with expect_error("RUN002"):
        check_packages([Asset(CODE, "digest", (), requirements=(name, "pytest"))])


def test_packages_that_are_there_are_admitted_whatever_their_modules_are_called():
    check_packages([Asset(CODE, "digest", (), requirements=("PyYAML", "pytest"))])


@pytest.mark.parametrize("uri", ["s3://bucket/data/", "s3://bucket/data/a.TABLE", "s3://bucket/dat"])
def test_objects_that_need_a_package_are_found_before_the_first_step(look, expect_error, uri):
    with expect_error("RUN002"):
        look(uri)
    look(uri, package="pytest")


def test_the_place_may_be_a_parameters(look, expect_error):
    with expect_error("RUN002"):
        look(Get("Parameters.Data"), parameters={"Data": "s3://bucket/data/"})


@pytest.mark.parametrize(
    "uri", ["s3://bucket/text/", "s3://bucket/none/", Get("Steps.a.ProcessingJobArn"), 5, None, "no uri"]
)
def test_other_inputs_need_nothing_here(look, uri):
    look(uri)
