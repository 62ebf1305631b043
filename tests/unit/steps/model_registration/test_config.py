from __future__ import annotations

import pytest

from stepsmith import Get, ModelRegistrationConfig
from stepsmith.diagnostics import ConfigError

NEEDED = {"group": "g", "image_uri": "serve:1", "instance_types": ["ml.m5.large"]}


def test_the_declared_defaults_hold():
    config = ModelRegistrationConfig(**NEEDED)
    assert (config.approval_status, config.digests) == ("PendingManualApproval", "all")
    assert config.get_script_contract() is None


@pytest.mark.parametrize("missing", ["group", "image_uri", "instance_types"])
def test_what_a_version_cannot_be_without_is_required(missing, expect_error):
    with expect_error("STP201", missing, kind=ConfigError):
        ModelRegistrationConfig(**{name: value for name, value in NEEDED.items() if name != missing})


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"approval_status": "approved"}, "approval_status", id="approval_status"),
        pytest.param({"metadata": {"source_sha256": "x"}}, "metadata", id="metadata: reserved"),
        pytest.param({"metadata": {"a(b": "x"}}, "metadata", id="metadata: name"),
        pytest.param({"metadata": {f"k{n}": "x" for n in range(48)}}, "metadata", id="metadata: count"),
        pytest.param({"model_metrics": "metrics.json"}, "model_metrics", id="model_metrics"),
        pytest.param({"group": "my_group"}, "group", id="group: characters"),
        pytest.param({"group": "a" * 64}, "group", id="group: length"),
        pytest.param({"image_uri": "an image"}, "image_uri", id="image_uri"),
        pytest.param({"instance_types": ["m5.large"]}, "instance_types[0]", id="instance_types"),
        pytest.param({"cache": True}, "cache", id="cache"),
        pytest.param({"subnets": ["s"], "security_group_ids": ["g"]}, "subnets", id="subnets"),
        pytest.param({"content_types": []}, "content_types", id="content_types"),
        pytest.param({"digests": "none"}, "digests", id="digests"),
    ],
)
def test_what_the_service_would_refuse_is_refused(wrong, where, expect_error):
    with expect_error("STP201", where, kind=ConfigError):
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
