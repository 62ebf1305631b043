"""A step loses its cache by what its key is made of, and may by what that reads; `test_difference` has the keys."""

from __future__ import annotations

from stepsmith.definition.cache_impact import CacheLoss, caches_lost
from stepsmith.definition.definition_diff import difference
from stepsmith.definition.model import CacheConfig, PipelineDefinition, Step
from stepsmith.definition.references import Get

ON = CacheConfig(enabled=True)


def steps(image, uri="s3://b/k"):
    return PipelineDefinition(
        (
            Step("first", "Processing", {"AppSpecification": {"ImageUri": image}}, cache=ON),
            Step("next", "Processing", {"ProcessingInputs": [{"InputName": "a", "S3Input": {"S3Uri": uri}}]}, cache=ON),
        )
    )


def lost(before, after):
    found = difference(before, after)
    return found.loses_cache, found.may_lose_cache


def test_nothing_that_differs_loses_nothing():
    assert lost(steps("a"), steps("a")) == ((), ())
    assert caches_lost((), (), []) == ((), ())


def test_a_change_of_the_key_loses_the_cache_and_who_reads_that_step_may():
    uri = Get("Steps.first.ProcessingJobArn")
    assert lost(steps("a", uri), steps("b", uri)) == (
        (CacheLoss("first", ("AppSpecification",)),),
        (CacheLoss("next", ("Steps.first",)),),
    )


def test_another_literal_loses_and_another_reference_may():
    assert lost(steps("a"), steps("a", "s3://b/other")) == ((CacheLoss("next", ("ProcessingInputs",)),), ())
    assert lost(steps("a"), steps("a", Get("Parameters.P")))[0] == ()
