from dataclasses import FrozenInstanceError

import pytest

from stepsmith.definition.model import CacheConfig, PipelineDefinition, PropertyFile, RetryPolicy, Step
from stepsmith.definition.parameters import Parameter

STEP = Step("model", "Processing", {"RoleArn": "arn"})
RECORDS = [
    (PropertyFile("report", "out", "report.json"), "path"),
    (CacheConfig(enabled=True), "enabled"),
    (RetryPolicy(("Step.THROTTLING",)), "max_attempts"),
    (STEP, "name"),
    (PipelineDefinition((STEP,)), "steps"),
    (Parameter("P"), "default"),
]


@pytest.mark.parametrize(("record", "member"), RECORDS, ids=[type(record).__name__ for record, _ in RECORDS])
def test_a_record_is_never_changed_once_it_is_made(record, member):
    with pytest.raises(FrozenInstanceError):
        setattr(record, member, None)


def test_definitions_that_say_the_same_are_equal():
    parts = [Step("a", "Processing", {"x": [1]}, ("b",), (PropertyFile("f", "o", "p"),), CacheConfig(enabled=False))]
    again = [Step("a", "Processing", {"x": [1]}, ("b",), (PropertyFile("f", "o", "p"),), CacheConfig(enabled=False))]
    assert PipelineDefinition(tuple(parts)) == PipelineDefinition(tuple(again))


def test_a_retry_policy_has_the_defaults_of_the_sdk():
    policy = RetryPolicy(("Step.SERVICE_FAULT",))
    assert (policy.backoff_rate, policy.interval_seconds) == (2.0, 1)
    assert (policy.max_attempts, policy.expire_after_min) == (None, None)


def test_two_definitions_do_not_share_their_metadata():
    assert PipelineDefinition(()).metadata is not PipelineDefinition(()).metadata


def test_outcomes_beyond_the_steps_are_nobodys():
    assert Step("c", "Fail", {}, depends_on=("a",), triggers=(None, "Failed")).dependencies == (("a", None),)
    assert Step("c", "Fail", {}, depends_on=("a", "b"), triggers=("Any",)).dependencies == (("a", "Any"), ("b", None))
