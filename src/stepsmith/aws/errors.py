"""What AWS refuses, as errors that say what to do about it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from stepsmith.diagnostics import About, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# Answers of services by their codes, of HEAD by the status alone.
# Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# and https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_UNKNOWN = ("InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch",
            "InvalidToken", "InvalidSecurity", "AuthFailure")  # fmt: skip
_DENIED = ("AccessDenied", "AccessDeniedException", "403", "AllAccessDisabled", "UnauthorizedOperation")
_NO_BUCKET = ("NoSuchBucket",)
_ELSEWHERE = ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
_DAMAGED = ("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")
_GONE = ("NoSuchKey", "NoSuchVersion")
_LIMITED = ("ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceededException")
# What HEAD answers to credentials that have expired, as it has no body to say so in.
_UNSAID = ("400",)
_BUSY = ("SlowDown", "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
         "ServiceUnavailable", "InternalError", "InternalServerError", "InternalFailure", "500", "502", "503",
         "504", "RequestTimeout")  # fmt: skip
ABSENT = ("404", "NoSuchKey", "NotFound", "ResourceNotFound", "ResourceNotFoundException")
# What an operation answers of a name that is not there where its documentation has no other code for it.
NOT_VALID = "ValidationException"
PRECONDITION = ("PreconditionFailed", "412")
CONFLICT = ("ConditionalRequestConflict", "409", "OperationAborted")

_BY_CODE: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (_EXPIRED, "AWS013", "the credentials have expired", "log in again, and repeat the command; what was done stays"),
    (_UNKNOWN, "AWS010", "the credentials are not accepted", "see that they are of this account and partition"),
    (_DENIED, "AWS014", "it is not allowed", "have it allowed; `stepsmith policy` prints what deploying takes"),
    (_NO_BUCKET, "AWS015", "there is no such bucket", "make it, or correct its name"),
    (_ELSEWHERE, "AWS016", "the bucket is in another region", "use a bucket of the pipeline's region"),
    (_DAMAGED, "AWS027", "it was damaged on its way", "repeat the command, and look at what is on the way"),
    (_GONE, "AWS023", "the object is not there", "correct the URI, or put it there"),
    (_LIMITED, "AWS028", "a limit of the account is reached", "wait until something ends, or have it raised"),
    (_UNSAID, "AWS013", "no reason is given; the credentials may have expired", "log in again, and repeat it"),
    (_BUSY, "AWS017", "the service did not get to it", "repeat the command a little later: what was done stays done"),
)  # fmt: skip
_MOST_CHARACTERS = 300
_LOG_IN = "configure them as for the AWS CLI: aws configure, aws sso login, AWS_PROFILE, or --profile"
_CONNECT = "see that this machine reaches it; AWS_ENDPOINT_URL* change where it is looked for"


@contextmanager
def translate_errors(what: str, *, where: str = "") -> Iterator[None]:
    """A block in which what AWS or the way there refuses is raised as AwsError; `what` is what is not done by that."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise aws_error(error, what, where=where) from error


def aws_error(error: ClientError | BotoCoreError, what: str, *, where: str = "") -> AwsError:
    """The error that tells a refusal."""
    if isinstance(error, ClientError):
        return _refused(error, what, where)
    code, fix = _connection_error(error)
    return AwsError(code, f"{what}: {_one_line(error)}", where=where, fix=fix)


def service_error_code(error: AwsError) -> str:
    """The code of the service's answer that an error tells; "" where no service answered."""
    return code_of(error.__cause__) if isinstance(error.__cause__, ClientError) else ""


def code_of(error: ClientError) -> str:
    """The code of a service's answer."""
    code: str = error.response.get("Error", {}).get("Code", "")
    return code


def _refused(error: ClientError, what: str, where: str) -> AwsError:
    service_error_code = code_of(error)
    service_message = _service_message(error.response)
    for codes, code, why, fix in _BY_CODE:
        if service_error_code in codes or (code == "AWS017" and _status(error.response) >= 500):  # noqa: PLR2004 - a server's fault
            return AwsError(code, f"{what}: {why} ({service_message})", where=where, fix=fix)
    fix = "correct what it names; what was done stays done"
    return AwsError("AWS019", f"{what}: {error.operation_name} is refused ({service_message})", where=where, fix=fix)


def _connection_error(error: BotoCoreError) -> tuple[str, str]:
    """The code, and what to do, of what kept a request from being answered."""
    if isinstance(error, ProfileNotFound):
        return "AWS012", "name a profile of ~/.aws/config: --profile, AWS_PROFILE"
    if isinstance(error, NoRegionError):
        return "AWS011", "name one: --region, `region` in pipeline.yaml, or AWS_REGION"
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError | SSOError):
        return "AWS010", _LOG_IN
    if isinstance(error, NoConnectionError | HTTPClientError):
        return "AWS018", _CONNECT
    return "AWS019", "correct what it names"


def _service_message(response: Any) -> str:
    """The answer's code and message, on one line."""
    error = response.get("Error", {})
    message = " ".join(str(error.get("Message", "")).split())
    excerpt = message if len(message) <= _MOST_CHARACTERS else f"{message[:_MOST_CHARACTERS]}…"
    return f"{error.get('Code', 'no code')}: {excerpt}" if excerpt else str(error.get("Code", "no code"))


def _status(response: Any) -> int:
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


RULES = (
    Rule(
        "AWS010",
        "No valid credentials",
        "AWS did not accept the credentials, or none were found.",
        About.AWS,
        "Configure them as for the AWS CLI: `aws configure`, `aws sso login`, `AWS_PROFILE` or `--profile`. "
        "Check that they belong to this account and partition.",
    ),
    Rule(
        "AWS011",
        "No region",
        "Pipelines, buckets and images belong to a region, and none is set.",
        About.AWS,
        "Set it with `--region`, `region` in pipeline.yaml, or `AWS_REGION`.",
    ),
    Rule(
        "AWS012",
        "An unknown profile",
        "The AWS configuration has no profile with this name.",
        About.AWS,
        "Use a profile of `~/.aws/config`, with `--profile` or `AWS_PROFILE`.",
    ),
    Rule(
        "AWS013",
        "Expired credentials",
        "Temporary credentials are valid for a limited time. For some requests, S3 gives no reason when "
        "they have expired.",
        About.AWS,
        "Log in again and repeat the command. It resumes where it stopped.",
    ),
    Rule(
        "AWS014",
        "A missing permission",
        "A policy does not allow the call.",
        About.AWS,
        "Ask an administrator for the permission. `stepsmith policy PIPELINE` prints the policy that the "
        "deployment needs.",
    ),
    Rule(
        "AWS015",
        "A bucket that does not exist",
        "Objects cannot be read or uploaded without the bucket.",
        About.AWS,
        "Create the bucket, or correct its name.",
    ),
    Rule(
        "AWS016",
        "A bucket in another region",
        "SageMaker jobs read only buckets of their own region.",
        About.AWS,
        "Use a bucket in the pipeline's region, or deploy the pipeline in the bucket's region.",
    ),
    Rule(
        "AWS017",
        "A busy service or a conflicting request",
        "AWS throttled the request or had an internal error, or someone else is creating the same object.",
        About.AWS,
        "Repeat the command a little later. It resumes where it stopped.",
    ),
    Rule(
        "AWS018",
        "A connection that failed",
        "AWS could not be reached, or the connection broke and the retries did not help.",
        About.AWS,
        "Check the network, the proxy and the `AWS_ENDPOINT_URL` variables, and repeat the command.",
    ),
    Rule(
        "AWS019",
        "A request that AWS refused",
        "AWS or boto3 refused the request for the reason in the message. Values in the AWS configuration can "
        "cause this too.",
        About.AWS,
        "Correct what the message names, and repeat the command. It resumes where it stopped.",
    ),
    Rule(
        "AWS023",
        "An S3 object that does not exist",
        "The pipeline or the command names an object that is not in the bucket.",
        About.AWS,
        "Correct the URI, or upload the object.",
    ),
    Rule(
        "AWS027",
        "Data that was damaged in transit",
        "S3 received bytes with a different checksum, and did not store them.",
        About.AWS,
        "Repeat the command. If it happens again, check proxies and the network.",
    ),
    Rule(
        "AWS028",
        "An account limit",
        "The account has reached a service quota.",
        About.AWS,
        "Wait until other jobs end, or have the quota raised.",
    ),
)
