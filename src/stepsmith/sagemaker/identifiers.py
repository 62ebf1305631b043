"""Names of places that the service has: S3 URIs, and model package groups.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, and the shape EntityName in
botocore's sagemaker/2017-07-24 service model.
"""

from __future__ import annotations

import re

GROUP_NAME = re.compile(r"(?=.{1,63}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<key>.*))?", re.DOTALL)


def bucket_and_key(uri: str) -> tuple[str, str] | None:
    """The bucket and the key of an S3 URI, the key empty where it names the bucket alone; None when it is no S3 URI.

    >>> bucket_and_key("s3://my-bucket/models/model.tar.gz")
    ('my-bucket', 'models/model.tar.gz')
    """
    match = _S3_URI.fullmatch(uri)
    return (match["bucket"], match["key"] or "") if match else None
