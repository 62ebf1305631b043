"""A pipeline of the SDK's steps and ours, as a user of the SDK writes it; `offline.py` runs it, with either version."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from description import BUCKET, ROLE, SERVING, SKLEARN
from moto import mock_aws

from stepsmith import (
    DummyTrainingConfig,
    DummyTrainingStepBuilder,
    ModelPackagingConfig,
    ModelPackagingStepBuilder,
    ModelRegistrationConfig,
    ModelRegistrationStepBuilder,
)
from stepsmith.definition.emit import step_as_json
from stepsmith.definition.model import Step
from stepsmith.diagnostics import StepsmithError
from stepsmith.sdk import as_sdk_step, upload_assets

if TYPE_CHECKING:
    from stepsmith import BuiltStep

PACKAGES = ()
SHARED = {"pipeline_s3_loc": BUCKET, "region": "eu-west-1", "role": ROLE, "image_uri": SKLEARN}


def build(facts: dict[str, Any]) -> dict[str, Any]:
    """The pipeline's definition, twice, our steps as they were built, and what came of the uploads."""
    sdk = importlib.import_module(f"build_{facts['sdk']}")
    return {
        "definitions": [mixed(sdk, facts)[0] for _ in range(2)],
        "ours": mixed(sdk, facts)[1],
        "alone": alone(sdk),
        "unknown": unknown(sdk),
        "unknown type": unknown_type(),
        "failed": failed(sdk, facts["sdk"]),
        "looped": looped(facts["sdk"]),
        "uploads": uploads(sdk, facts),
    }


def mixed(sdk: Any, facts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Theirs, ours, theirs: a step that finds a model, DummyTraining, packaging, registration, and what reads those."""
    session = sdk.session()
    approval = sdk.ParameterString("Approval", "PendingManualApproval")
    instance = sdk.ParameterString("Instance", "ml.m5.large")
    seconds = sdk.ParameterInteger("Seconds", 900)
    share = sdk.ParameterFloat("Share", 0.5)
    find, _ = sdk.evaluated("s3://models/best/", session)
    found = find.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
    config = DummyTrainingConfig(
        instance_type=instance,
        max_runtime_seconds=seconds,
        env={"STAGE": sdk.Join(on="-", values=["of", sdk.ExecutionVariables.PIPELINE_NAME]), "SHARE": share},
        tags={"approval": approval},
        cache=True,
        **SHARED,
    )
    model = DummyTrainingStepBuilder(config).create_step([find], "model", inputs={"pretrained_model_path": found})
    code = ModelPackagingConfig(code=facts["code"], **SHARED)
    package = ModelPackagingStepBuilder(code).create_step([as_sdk_step(model)], "package")
    registration = ModelRegistrationConfig(
        image_uri=SERVING, approval_status=approval, group="mixed", instance_types=["ml.m5.large"], region="eu-west-1"
    )
    register = ModelRegistrationStepBuilder(registration).create_step([package], "register")
    ours = {step.name: as_sdk_step(step) for step in (model, package, register)}
    outputs = ours["model"].properties.ProcessingOutputConfig.Outputs
    told = sdk.Join(on=" ", values=["nothing is in", outputs["model_output"].S3Output.S3Uri])
    bytes_ = sdk.JsonGet(step_name="package", property_file="Package", json_path="bytes")
    empty = sdk.ConditionStep(
        "empty",
        conditions=[sdk.ConditionLessThan(bytes_, 1)],
        if_steps=[sdk.FailStep("stop", told)],
        else_steps=[],
        depends_on=[ours["register"]],
    )
    pipeline = sdk.Pipeline(
        "mixed",
        parameters=[approval, instance, seconds, share],
        steps=[find, *ours.values(), empty],
        sagemaker_session=session,
    )
    return pipeline.definition(), {step.name: step_as_json(step.definition_step) for step in (model, package, register)}


def after(*dependencies: Any, model: str = "s3://models/best/model.tar.gz") -> BuiltStep:
    """DummyTraining of a model after the given steps."""
    config = DummyTrainingConfig(pretrained_model_path=model, **SHARED)
    return DummyTrainingStepBuilder(config).create_step(dependencies, "model")


def alone(sdk: Any) -> Any:
    """What our step waits for, where it reads nothing of the SDK's step that it comes after."""
    find, _ = sdk.evaluated("s3://models/best/", sdk.session())
    steps = [find, as_sdk_step(after(find))]
    return json.loads(sdk.Pipeline("alone", steps=steps, sagemaker_session=sdk.session()).definition())["Steps"][1]


def unknown(sdk: Any) -> str:
    """What is said of a step that reads one that is not in the pipeline."""
    find, _ = sdk.evaluated("s3://models/best/", sdk.session())
    steps = [as_sdk_step(after(find))]
    try:
        return str(sdk.Pipeline("unknown", steps=steps, sagemaker_session=sdk.session()).definition())
    except ValueError as error:
        return str(error)


def failed(sdk: Any, version: str) -> Any:
    """What our step waits for, where it is to run when theirs has failed; of v2, what is said of such a step."""
    find, _ = sdk.evaluated("s3://models/best/", sdk.session())
    if version == "v2":
        dependency = SimpleNamespace(step=find, trigger=SimpleNamespace(value="Failed"))
    else:
        outcomes = importlib.import_module("sagemaker.mlops.workflow.step_dependency")
        dependency = outcomes.StepDependency(find, outcomes.TriggerCondition.FAILED)
    built = after(dependency)
    try:
        steps = [find, as_sdk_step(built)]
    except StepsmithError as error:
        return [str(error)]
    definition = sdk.Pipeline("failed", steps=steps, sagemaker_session=sdk.session()).definition()
    return [json.loads(definition)["Steps"][1]["DependsOn"], step_as_json(built.definition_step)["DependsOn"]]


def looped(version: str) -> Any:
    """Where our step in a loop reads the loop's item, which only v3 has."""
    if version == "v2":
        return None
    item = importlib.import_module("sagemaker.mlops.workflow.for_each_step").CurrentItem()
    config = DummyTrainingConfig(pretrained_model_path=item.uri, instance_type=item["kind"], **SHARED)
    arguments = step_as_json(DummyTrainingStepBuilder(config).create_step([], "model").definition_step)["Arguments"]
    cluster = arguments["ProcessingResources"]["ClusterConfig"]
    return [arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"], cluster["InstanceType"]]


def unknown_type() -> str:
    """What is said of a step of a type that the SDK has no word for."""
    try:
        return str(as_sdk_step(SimpleNamespace(definition_step=Step("one", "OfTomorrow", {}), assets=())))
    except StepsmithError as error:
        return str(error)


@mock_aws
def uploads(sdk: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """What is on S3 after a step with a model of this machine was handed over, twice, and where no bucket is."""
    session = sdk.session()
    session.s3_client = boto3.client("s3", region_name="eu-west-1")
    built = after(model=facts["model"])
    try:
        as_sdk_step(built, session)
    except StepsmithError as error:
        refused = str(error)
    bucket = BUCKET.split("/")[2]
    session.s3_client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    as_sdk_step(built, session)
    listed = session.s3_client.list_objects_v2(Bucket=bucket)["Contents"]
    model = next(item["Key"] for item in listed if item["Key"].endswith("model.tar.gz"))
    session.s3_client.put_object(Bucket=bucket, Key=model, Body=b"cut")
    return {
        "refused": refused,
        "sizes": {f"s3://{bucket}/{item['Key']}": item["Size"] for item in listed},
        "wanted": {asset.object_uri(item): item.size_bytes for asset in built.assets for item in asset.objects},
        "again": upload_assets(built.assets, session),
        "and again": upload_assets(built.assets, session),
        "model": f"s3://{bucket}/{model}",
    }
