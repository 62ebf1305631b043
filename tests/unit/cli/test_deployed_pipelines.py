from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click

from stepsmith.aws.executions import Execution
from stepsmith.cli.deployed_pipelines import execution_document, iso_time, named_pipeline
from stepsmith.diagnostics import MissingFileError

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one/execution/abcdefghijkl"


def test_a_pipeline_is_named_itself_or_by_the_file_that_it_is_made_of(example):
    name, account = named_pipeline("credit-risk", None, "us-east-1")
    assert (name, account.region) == ("credit-risk", "us-east-1")
    name, account = named_pipeline(str(example / "pipeline.yaml"), None, None)
    assert (name, account.region) == ("penguins", "eu-west-1")


def test_a_file_that_is_not_there_is_told(expect_error):
    with expect_error("YML004", kind=MissingFileError):
        named_pipeline("nothing.yaml", None, None)


def test_a_time_is_in_utc_and_to_the_second():
    there = datetime(2026, 1, 1, 12, 30, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    assert iso_time(there) == "2026-01-01T10:30:05Z"
    assert iso_time(None) is None


def test_an_execution_is_told_as_json():
    document = execution_document(Execution(ARN, "Failed", "why"), "One")
    assert (document["id"], document["pipeline"], document["reason"]) == ("abcdefghijkl", "One", "why")


def test_an_arn_of_a_pipeline_names_it_and_its_region(snapshot):
    name, account = named_pipeline("arn:aws:sagemaker:us-east-1:123456789012:pipeline/one", None, None)
    assert (name, account.region) == ("one", "us-east-1")
    with snapshot.error(click.UsageError):
        named_pipeline(ARN, None, None)
    with snapshot.error(click.UsageError):
        named_pipeline(" ", None, None)
