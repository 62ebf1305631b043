"""Which field of a config an argument of a definition is made of, so that what is found in one is told at the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepsmith.diagnostics.finding import Path

# The arguments of the requests that our builders make, and the fields that they are made of; a name in brackets is an
# entry of the field. Source: layers/job.py, and steps/model_registration/builder.py.
_FIELDS = {
    "RoleArn": "role",
    "AppSpecification.ImageUri": "image_uri",
    "ProcessingResources.ClusterConfig.InstanceType": "instance_type",
    "ProcessingResources.ClusterConfig.InstanceCount": "instance_count",
    "ProcessingResources.ClusterConfig.VolumeSizeInGB": "volume_size_gb",
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": "volume_kms_key",
    "ProcessingOutputConfig.KmsKeyId": "output_kms_key",
    "StoppingCondition.MaxRuntimeInSeconds": "max_runtime_seconds",
    "Environment": "env",
    "Tags": "tags",
    "NetworkConfig.EnableNetworkIsolation": "enable_network_isolation",
    "NetworkConfig.EnableInterContainerTrafficEncryption": "encrypt_inter_container_traffic",
    "NetworkConfig.VpcConfig.Subnets": "subnets",
    "NetworkConfig.VpcConfig.SecurityGroupIds": "security_group_ids",
    "ModelPackageGroupName": "group",
    "ModelApprovalStatus": "approval_status",
    "Domain": "domain",
    "Task": "task",
    "CustomerMetadataProperties": "metadata",
    "InferenceSpecification.SupportedContentTypes": "content_types",
    "InferenceSpecification.SupportedResponseMIMETypes": "response_types",
    "InferenceSpecification.SupportedRealtimeInferenceInstanceTypes": "instance_types",
    "InferenceSpecification.Containers[0].Image": "image_uri",
    "InferenceSpecification.Containers[0].Environment": "env",
    "InferenceSpecification.Containers[0].Framework": "framework",
    "InferenceSpecification.Containers[0].NearestModelName": "nearest_model_name",
}
_ARGUMENT = re.compile(r"steps\.(?P<step>[^.]+)\.Arguments\.(?P<path>.+)")
_ENTRY = re.compile(r"\['?(?P<name>[^'\]]+)'?\]|\.(?P<member>.+)")


def written_at(where: str) -> list[Path]:
    """The places in a pipeline.yaml that an argument may be written at, the likeliest first.

    >>> written_at("steps.model.Arguments.Environment['STAGE']")
    [('steps', 'model', 'env', 'STAGE'), ('defaults', 'env', 'STAGE'), ('env', 'STAGE')]
    """
    argument = _ARGUMENT.fullmatch(where)
    if argument is None:
        return []
    path = argument["path"]
    for member, field in _FIELDS.items():
        rest = path[len(member) :]
        if path.startswith(member) and (not rest or rest[0] in ".["):
            entry = _ENTRY.match(rest)
            name = (entry["name"] or entry["member"]) if entry else ""
            inner: Path = (field, int(name) if name.isdigit() else name) if name else (field,)
            return [("steps", argument["step"], *inner), ("defaults", *inner), inner]
    return []
