from __future__ import annotations

import json
from datetime import datetime, timezone

from stepsmith.aws.pipelines import DeployedPipeline, describe_pipeline, difference_of, require_pipeline

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one"
ROLE = "arn:aws:iam::123456789012:role/R"
TEXT = json.dumps(
    {"Version": "2020-12-01", "Steps": [{"Name": "s", "Type": "Fail", "Arguments": {"ErrorMessage": "m"}}]}
)
ANSWER = {"PipelineName": "one", "PipelineArn": ARN, "PipelineDefinition": TEXT, "RoleArn": ROLE}
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def listed(*names):
    return {"PipelineSummaries": [{"PipelineName": name, "PipelineArn": ARN, "CreationTime": NOW} for name in names]}


def test_a_pipeline_is_described(stubbed):
    answer = {**ANSWER, "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3}}
    stubbed.answers("sagemaker", "describe_pipeline", answer, {"PipelineName": "one"})
    assert describe_pipeline(stubbed.account, "one") == DeployedPipeline("one", ARN, TEXT, ROLE, 3)


def test_one_that_is_not_there_is_none_by_the_service_s_own_code(stubbed):
    stubbed.refuses("sagemaker", "describe_pipeline", "ResourceNotFound", 404)
    assert describe_pipeline(stubbed.account, "one") is None


def test_of_an_answer_that_says_less_the_list_tells(stubbed):
    stubbed.refuses("sagemaker", "describe_pipeline", "ValidationException")
    stubbed.answers("sagemaker", "list_pipelines", {**listed("one-more"), "NextToken": "t"})
    stubbed.answers("sagemaker", "list_pipelines", listed(), {"PipelineNamePrefix": "one", "NextToken": "t"})
    assert describe_pipeline(stubbed.account, "one") is None


def test_one_that_was_made_between_the_two_requests_is_described_again(stubbed):
    stubbed.refuses("sagemaker", "describe_pipeline", "ValidationException")
    stubbed.answers("sagemaker", "list_pipelines", listed("one"))
    stubbed.answers("sagemaker", "describe_pipeline", ANSWER)
    assert describe_pipeline(stubbed.account, "one").arn == ARN


def test_one_that_may_not_be_seen_is_told(stubbed, expect_error):
    stubbed.refuses("sagemaker", "describe_pipeline", "AccessDeniedException")
    with expect_error("AWS014"):
        describe_pipeline(stubbed.account, "one")


def test_where_one_has_to_be_the_nearest_name_is_told(stubbed, expect_error):
    stubbed.refuses("sagemaker", "describe_pipeline", "ResourceNotFound", 404)
    stubbed.answers("sagemaker", "list_pipelines", listed("credit-risk", "other"))
    stubbed.answers("sts", "get_caller_identity", {"Account": "123456789012", "Arn": ROLE, "UserId": "x"})
    with expect_error("AWS030"):
        require_pipeline(stubbed.account, "credit-rsk")


def test_a_definition_is_the_same_however_it_is_written():
    here = DeployedPipeline("one", ARN, TEXT, ROLE, None)
    assert here.has(TEXT)
    assert here.has(json.dumps(json.loads(TEXT), indent=2))
    assert not here.has(TEXT.replace('"m"', '"n"'))
    assert not here.has("no definition")


def test_what_cannot_be_read_has_no_difference():
    assert difference_of("no definition", TEXT) is None
    assert difference_of(TEXT, TEXT).is_none
