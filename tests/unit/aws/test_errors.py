from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
)

from stepsmith.aws.errors import translate_errors


def refused(code, message="because", status=400):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutObject")


def name_of(value):
    """The id of a parameter: the code that a service answers, or else the kind of the error."""
    if isinstance(value, ClientError):
        return value.response["Error"]["Code"]
    return value if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("ExpiredToken"), "AWS013"),
        (refused("InvalidClientTokenId"), "AWS010"),
        (refused("AccessDeniedException"), "AWS014"),
        (refused("403", status=403), "AWS014"),
        (refused("NoSuchBucket"), "AWS015"),
        (refused("PermanentRedirect"), "AWS016"),
        (refused("SlowDown", status=503), "AWS017"),
        (refused("Whatever", status=502), "AWS017"),
        (refused("ValidationException"), "AWS019"),
        (refused("BadDigest"), "AWS027"),
        (refused("NoSuchKey"), "AWS023"),
        (refused("ResourceLimitExceeded"), "AWS028"),
        (refused("400"), "AWS013"),
        (NoCredentialsError(), "AWS010"),
        (NoRegionError(), "AWS011"),
        (ProfileNotFound(profile="x"), "AWS012"),
        (EndpointConnectionError(endpoint_url="https://s3"), "AWS018"),
        (ReadTimeoutError(endpoint_url="https://s3"), "AWS018"),
        (BotoCoreError(), "AWS019"),
    ],
    ids=name_of,
)
def test_what_is_refused_is_told_with_what_is_not_done_by_it(expect_error, error, code):
    with expect_error(code, "here") as raised, translate_errors("it cannot be uploaded", where="here"):
        raise error
    assert raised.value.findings[0].suggestion


def test_what_the_service_says_is_on_one_line_and_not_too_long(expect_error):
    with expect_error("AWS019") as raised, translate_errors("no"):
        raise refused("ValidationException", "first\nsecond " + "x" * 500)
    what = raised.value.findings[0].message
    assert "first second xxx" in what
    assert len(what) < 400


def test_what_is_no_refusal_is_left_alone():
    with pytest.raises(KeyError), translate_errors("no"):
        raise KeyError
