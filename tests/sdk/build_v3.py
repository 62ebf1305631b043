"""The compared pipelines as a user of the SageMaker Python SDK v3 writes them; `offline.py` runs it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import boto3
import description
from description import BUCKET, ROLE, SERVING, SKLEARN, TRAINING, Processing
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor, ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import (
    ConditionEquals,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionLessThan,
    ConditionNot,
    ConditionOr,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import StepExceptionTypeEnum, StepRetryPolicy
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.model_trainer import ModelTrainer

if TYPE_CHECKING:
    from sagemaker.core.helper.pipeline_variable import PipelineVariable

# Those of which the page names the version.
PACKAGES = ("sagemaker-core", "sagemaker-mlops", "sagemaker-serve", "sagemaker-train")
ID = ExecutionVariables.PIPELINE_EXECUTION_ID


@functools.cache
def session(region: str = "eu-west-1") -> PipelineSession:
    """A session that describes and starts nothing."""
    made = PipelineSession(boto_session=boto3.Session(region_name=region), default_bucket="my-bucket")
    # As where it was asked before: to register a model makes the bucket, though nothing goes into it.
    made._default_bucket = "my-bucket"
    return made


def retry() -> list[StepRetryPolicy]:
    """Three tries where the service was too busy."""
    return [StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3)]


def golden(facts: dict[str, Any], *, script_processor: bool = False) -> Pipeline:
    """The main job: preprocessing, DummyTraining, packaging, payload, registration."""
    made = session()
    approval = ParameterString("Approval", "PendingManualApproval")
    steps: dict[str, ProcessingStep] = {}
    for told in description.processing_steps(facts["sha256"]):
        job = {
            "image_uri": SKLEARN,
            "role": ROLE,
            "instance_count": 1,
            "instance_type": "ml.m5.large",
            "volume_size_in_gb": 30,
            "volume_kms_key": "alias/key",
            "max_runtime_in_seconds": told.seconds,
            "env": told.environment,
            "tags": [{"Key": "team", "Value": "risk"}],
            "network_config": NetworkConfig(security_group_ids=["sg-1"], subnets=["subnet-1"]),
            "sagemaker_session": made,
        }
        beside = {
            "cache_config": CacheConfig(enable_caching=True, expire_after="P30D"),
            "retry_policies": retry(),
        }
        steps[told.name] = processing(
            told, facts["golden"][told.name], steps, job, beside, script_processor=script_processor
        )
    model = ModelBuilder(
        image_uri=SERVING,
        s3_model_data_url=Join(on="/", values=[location(steps, "package", "packaged_model"), "model.tar.gz"]),
        role_arn=ROLE,
        sagemaker_session=made,
    )
    digest = JsonGet(step_name="package", property_file="Package", json_path="package_sha256")
    registered = model.register(
        model_package_group_name="golden",
        content_types=["text/csv"],
        response_types=["application/json"],
        inference_instances=["ml.m5.large"],
        approval_status=approval,
        sample_payload_url=Join(on="/", values=[location(steps, "payload", "payload_samples"), "payload.tar.gz"]),
        customer_metadata_properties={
            "source_sha256": facts["sha256"],
            "package_sha256": digest,
            "source": "models/penguins.tar.gz",
        },
    )
    register = ModelStep("register", step_args=registered, retry_policies=retry())
    return Pipeline("golden", parameters=[approval], steps=[*steps.values(), register], sagemaker_session=made)


def with_options(facts: dict[str, Any]) -> Pipeline:
    """What the main job leaves out: parameters wherever they may stand, and every field that changes a request."""
    made = session()
    role = ParameterString("ExecutionRole")
    group = ParameterString("Group", "penguins")
    instance = ParameterString("Instance", "ml.m5.large")
    isolated = ParameterBoolean("Isolated", default_value=True)
    seconds = ParameterInteger("Seconds", 900)
    volume = ParameterInteger("Volume", 30)
    job = {
        "image_uri": SKLEARN,
        "role": role,
        "instance_count": 1,
        "instance_type": instance,
        "volume_size_in_gb": volume,
        "output_kms_key": "alias/out",
        "max_runtime_in_seconds": seconds,
        "env": {"STAGE": group},
        "network_config": NetworkConfig(enable_network_isolation=isolated, encrypt_inter_container_traffic=True),
        "sagemaker_session": made,
    }
    policy = StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        backoff_rate=1.5,
        interval_seconds=7,
        expire_after_mins=60,
    )
    beside = {"cache_config": CacheConfig(enable_caching=True), "retry_policies": [policy]}
    steps: dict[str, ProcessingStep] = {}
    for told in description.processing_steps(facts["sha256"])[1:3]:
        alone = told._replace(depends_on=())
        steps[told.name] = processing(alone, facts["options"][told.name], steps, job, beside)
    model = ModelBuilder(
        image_uri=SERVING,
        s3_model_data_url=Join(on="/", values=[location(steps, "package", "packaged_model"), "model.tar.gz"]),
        env_vars={"MODEL_WORKERS": "2"},
        role_arn=ROLE,
        sagemaker_session=made,
    )
    metrics = ModelMetrics(model_statistics=MetricsSource("application/json", f"{BUCKET}/quality.json"))
    registered = model.register(
        model_package_group_name=group,
        content_types=["text/csv", "application/jsonlines"],
        response_types=["application/json", "text/csv"],
        inference_instances=["ml.m5.large", instance],
        approval_status="Approved",
        domain="MACHINE_LEARNING",
        task="CLASSIFICATION",
        nearest_model_name="xgboost",
        model_metrics=metrics,
        customer_metadata_properties={"source": "s3://models/best/model.tar.gz", "owner": "risk"},
    )
    register = ModelStep("register", step_args=registered, retry_policies=[policy])
    parameters = [role, group, instance, isolated, seconds, volume]
    return Pipeline("options", parameters=parameters, steps=[*steps.values(), register], sagemaker_session=made)


def processing(
    told: Processing,
    uris: dict[str, str],
    steps: dict[str, ProcessingStep],
    job: dict[str, Any],
    beside: dict[str, Any],
    *,
    script_processor: bool = False,
) -> ProcessingStep:
    """A Processing step: `job` is what its processor is made with, `beside` what stands beside its arguments."""
    script = f"{told.kind}.py"
    inputs = [
        taken(name, location(steps, *source) if source else uris[name], path)
        for name, (path, source) in told.inputs.items()
    ]
    outputs = [
        left(
            name,
            path,
            Join(on="/", values=[f"{BUCKET}/{told.kind}/output", ID, told.name, name]),
        )
        for name, path in told.outputs.items()
    ]
    if script_processor:
        processor = ScriptProcessor(command=["python3"], **job)
        run = {"code": uris["code"] + script}
    else:
        folder = "/opt/ml/processing/input/code"
        processor = Processor(entrypoint=["python3", f"{folder}/{script}"], **job)
        inputs.append(taken("code", uris["code"], folder))
        run = {}
    return ProcessingStep(
        told.name,
        step_args=processor.run(inputs=inputs, outputs=outputs, arguments=told.arguments, **run),
        depends_on=list(told.depends_on) or None,
        property_files=[PropertyFile(*told.property_file)] if told.property_file else None,
        **beside,
    )


def taken(name: str, uri: str | PipelineVariable, path: str) -> ProcessingInput:
    """An input of a Processing step: what lies at the URI, at a path in the container."""
    place = ProcessingS3Input(s3_uri=uri, local_path=path, s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=place)


def left(name: str, path: str, uri: str | PipelineVariable) -> ProcessingOutput:
    """An output of a Processing step: what lies at the path, to that URI when the job ends."""
    place = ProcessingS3Output(s3_uri=uri, local_path=path, s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=place)


def location(steps: dict[str, ProcessingStep], step: str, output: str) -> Any:
    """Where a step left an output."""
    return steps[step].properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def scored() -> Pipeline:
    """Training, an evaluation, and a condition with a transform on one side and failures on the other."""
    made = session()
    instance = ParameterString("InstanceType", "ml.m5.large", ["ml.m5.large", "ml.m5.xlarge"])
    rounds = ParameterInteger("Rounds", 100)
    least = ParameterFloat("MinAccuracy", 0.9)
    model_name = ParameterString("ModelName")
    trainer = ModelTrainer(
        training_image=TRAINING,
        role=ROLE,
        compute=Compute(instance_type=instance, instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
        output_data_config=OutputDataConfig(s3_output_path=Join(on="/", values=[f"{BUCKET}/training", ID])),
        hyperparameters={"rounds": rounds, "objective": "binary:logistic"},
        environment={"STAGE": "test"},
        sagemaker_session=made,
    )
    channel = InputData(channel_name="train", data_source=f"{BUCKET}/train/", content_type="text/csv")
    train = TrainingStep("train", step_args=trainer.train([channel]))
    evaluate, evaluation = evaluated(train.properties.ModelArtifacts.S3ModelArtifacts, made)
    accuracy = JsonGet(step_name="evaluate", property_file=evaluation, json_path="metrics.accuracy.value")
    transformer = Transformer(
        model_name=model_name,
        instance_count=1,
        instance_type=instance,
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=Join(on="/", values=[f"{BUCKET}/scores", ExecutionVariables.PIPELINE_NAME, ID]),
        sagemaker_session=made,
    )
    asked = transformer.transform(
        f"{BUCKET}/score/", content_type="text/csv", split_type="Line", input_filter="$[1:]", join_source="Input"
    )
    hopeless = ConditionStep(
        "hopeless",
        conditions=[ConditionLessThan(accuracy, 0.5)],
        if_steps=[FailStep("stop", Join(on=" ", values=["worse than a coin at", ExecutionVariables.START_DATETIME]))],
        else_steps=[FailStep("too-weak", "not accurate enough")],
    )
    good_enough = ConditionStep(
        "good-enough",
        conditions=[
            ConditionGreaterThanOrEqualTo(accuracy, least),
            ConditionOr(
                [
                    ConditionNot(ConditionEquals(model_name, "none")),
                    ConditionIn(instance, ["ml.m5.large", "ml.m5.xlarge"]),
                ]
            ),
        ],
        if_steps=[TransformStep("score", step_args=asked)],
        else_steps=[hopeless],
    )
    return Pipeline(
        "scored",
        parameters=[instance, rounds, least, model_name],
        steps=[train, evaluate, good_enough],
        sagemaker_session=made,
    )


def evaluated(model: Any, made: PipelineSession) -> tuple[ProcessingStep, PropertyFile]:
    """The step that judges the trained model, and the file that it leaves."""
    evaluation = PropertyFile("Evaluation", "evaluation", "evaluation.json")
    processor = ScriptProcessor(
        image_uri=SKLEARN,
        command=["python3"],
        role=ROLE,
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=made,
    )
    run = processor.run(
        code=f"{BUCKET}/code/evaluate.py",
        inputs=[taken("model", model, "/opt/ml/processing/input/model")],
        outputs=[
            left(
                "evaluation",
                "/opt/ml/processing/output/evaluation",
                Join(on="/", values=[f"{BUCKET}/evaluation", ID]),
            )
        ],
    )
    return ProcessingStep("evaluate", step_args=run, property_files=[evaluation]), evaluation


def elsewhere() -> Pipeline:
    """One step that fails, in a region that v3's table of regions with Experiments lacks."""
    return Pipeline("elsewhere", steps=[FailStep("stop", "not here")], sagemaker_session=session("eu-central-2"))


def build(facts: dict[str, Any]) -> dict[str, str]:
    """Every compared definition, by name."""
    return {
        "golden": golden(facts).definition(),
        "golden-script": golden(facts, script_processor=True).definition(),
        "options": with_options(facts).definition(),
        "scored": scored().definition(),
        "elsewhere": elsewhere().definition(),
    }
