"""How AWS writes names: S3 URIs, image URIs, and the names of steps, pipelines, parameters and groups."""

from __future__ import annotations

import re

# Source: the shapes StepName, PipelineName, ProcessingEnvironmentKey, PipelineParameterName and EntityName in
# botocore's sagemaker/2017-07-24 service model.
STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
PIPELINE_NAME = re.compile(r"(?=.{1,256}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
VARIABLE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
GROUP_NAME = re.compile(r"(?=.{1,63}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
# An image of Amazon ECR. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z.-]+/(?P<name>[^:@]+)([:@].*)?"
)
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<key>.*))?", re.DOTALL)


def bucket_and_key(uri: str) -> tuple[str, str] | None:
    """The bucket and the key of an S3 URI, the key empty where it names the bucket alone; None when it is no S3 URI.

    >>> bucket_and_key("s3://my-bucket/models/model.tar.gz")
    ('my-bucket', 'models/model.tar.gz')
    """
    match = _S3_URI.fullmatch(uri)
    return (match["bucket"], match["key"] or "") if match else None
