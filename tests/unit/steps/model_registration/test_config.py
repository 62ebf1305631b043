from __future__ import annotations

import pytest

from stepsmith import Get, ModelRegistrationConfig
from stepsmith.errors import ConfigError

NEEDED = {"group": "g", "image_uri": "serve:1", "instance_types": ["ml.m5.large"]}


def test_the_declared_defaults_hold():
    config = ModelRegistrationConfig(**NEEDED)
    assert (config.approval_status, config.digests) == ("PendingManualApproval", "all")
    assert config.get_script_contract() is None


@pytest.mark.parametrize("missing", ["group", "image_uri", "instance_types"])
def test_what_a_version_cannot_be_without_is_required(missing):
    with pytest.raises(ConfigError, match=f"set {missing}"):
        ModelRegistrationConfig(**{name: value for name, value in NEEDED.items() if name != missing})


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"approval_status": "approved"}, "approval_status"),
        ({"metadata": {"source_sha256": "x"}}, "written by Stepsmith"),
        ({"metadata": {"a(b": "x"}}, "cannot be the name of a metadata property"),
        ({"metadata": {f"k{n}": "x" for n in range(48)}}, "at most 47 entries"),
        ({"model_metrics": "metrics.json"}, "no S3 URI"),
        ({"group": "my_group"}, "cannot be the name of a group"),
        ({"group": "a" * 64}, "at most 63"),
        ({"image_uri": "an image"}, "no spaces"),
        ({"instance_types": ["m5.large"]}, "written like ml.m5.large"),
        ({"cache": True}, "registering runs no job"),
        ({"subnets": ["s"], "security_group_ids": ["g"]}, "subnets means nothing here"),
        ({"content_types": []}, "content_types"),
        ({"digests": "none"}, "digests"),
    ],
)
def test_what_the_service_would_refuse_is_refused(wrong, complaint):
    with pytest.raises(ConfigError, match=complaint):
        ModelRegistrationConfig(**{**NEEDED, **wrong})


def test_references_are_admitted_where_a_value_may_come_late():
    config = ModelRegistrationConfig(
        **{**NEEDED, "group": Get("Parameters.G")},
        approval_status=Get("Parameters.A"),
        model_metrics=Get("Parameters.M"),
        metadata={"job": Get("Parameters.J")},
    )
    assert config.group == Get("Parameters.G")


def test_what_jobs_share_is_not_passed_on_to_it():
    shared = {
        "cache": {"enabled": True},
        "tags": {"a": "b"},
        "subnets": ("s",),
        "security_group_ids": ("g",),
        "env": {"A": "1"},
    }
    assert ModelRegistrationConfig(**NEEDED).with_shared({**shared, "region": "eu-west-1"}).region == "eu-west-1"
    assert ModelRegistrationConfig(**NEEDED).with_shared(shared) == ModelRegistrationConfig(**NEEDED)
