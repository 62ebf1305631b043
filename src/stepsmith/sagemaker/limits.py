"""Limits of SageMaker that botocore's model of its requests does not enforce by itself, one row each with its source.

What a request may hold besides (numbers, lengths, patterns of each member) is in that model: see `service_model`. The
limits of S3 are in `aws/s3/splice_parts.py`, beside the sizes of our own that depend on them.
"""

# Shapes of botocore's sagemaker/2017-07-24 service model: ProcessingJobName, EntityName, ContainerArgument,
# ProcessingEnvironmentValue, ApprovalDescription, CustomerMetadataMap and CustomerMetadataValue.
JOB_NAME_CHARACTERS = 63
GROUP_NAME_CHARACTERS = 63
CONTAINER_ARGUMENT_CHARACTERS = 256
ENVIRONMENT_VALUE_CHARACTERS = 256
APPROVAL_DESCRIPTION_CHARACTERS = 1024
METADATA_ENTRIES = 50
METADATA_VALUE_CHARACTERS = 256
# A request holds at most 1 MiB in all. A longer definition is passed through S3.
# Source: SageMaker Python SDK, sagemaker.workflow.pipeline, `_create_args`.
INLINE_DEFINITION_BYTES = 100 << 10
# The quota that every account starts with. It can be raised.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/regions-quotas.html
DEFAULT_STEP_QUOTA = 50
