"""The step types of a definition (version 2020-12-01): one record each, which every consumer reads.

To support a new type, add one record. A type without a record is not an error: `step_type` returns None, and a step of
that type is kept as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Refusal:
    """A member of a step's arguments that Pipelines refuses, although the request has it.

    `path` is its path in the arguments; `[]` is each entry of a list. With `beside`, it is refused only if that other
    argument is present too.
    """

    path: str
    fix: str
    source: str
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class NamedList:
    """A list in a step's arguments whose entries have names, and show again in the response that describes the step.

    `path` leads to the list in both, and `name` is the member that names an entry.
    """

    path: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What a step becomes in the account: `kind` is the service's word for it (`ProcessingJob`), "" if nothing.

    `actions` are the IAM actions on it, and `arn_type` is the part of its ARN before its name. `log_group` is the group
    in CloudWatch that it writes to, in streams that begin with its name; a job without one logs too.
    Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html,
    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """

    kind: str = ""
    actions: tuple[str, ...] = ()
    arn_type: str = ""
    log_group: str | None = None

    @property
    def is_job(self) -> bool:
        """Whether it is a job, which runs, writes a log and can be stopped."""
        return self.kind.endswith("Job")


def _job(kind: str, arn_type: str, log_group: str | None = None) -> Resource:
    return Resource(kind, (f"Create{kind}", f"Describe{kind}", f"Stop{kind}"), arn_type, log_group)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepType:
    """The facts of one step type.

    - `source`: the documentation or code that the facts come from.
    - `request`: the SageMaker operation whose request the step's Arguments become; None if they are Pipelines' own.
    - `describe`: the operation whose response has the step's properties (`Steps.<name>.<property path>`); None if there
      is none. `service` has that operation, and `response_member` is the member of the response that holds them.
    - `listing`: another operation whose response has properties too.
    - `properties`: the properties that Pipelines adds; None if no source lists them.
    - `members`: the members that a step may have besides Name, Type and Arguments.
    - `supplied`: required members of the request that Pipelines supplies. It supplies a RoleArn for every type: a step
      without one runs with the pipeline's own role.
    - `refusals`: members of the request that Pipelines refuses.
    - `inputs`, `outputs`: the lists of the step's named inputs and outputs. `shares_port_names` says that an input and
      an output of one step may not have the same name.
    - `branches`: the arguments that hold steps. `is_loop` says that these run once per item; `conditions` is the
      argument that decides between the branches.
    - `cache_key`: the paths in the step whose values make its cache key; empty if the type has no cache.
    - `written_members`: the members of the arguments below which the step writes to S3.
    - `resource`: what the step becomes in the account; None if no source lists the permissions that it needs.
    - `registers_model`: whether the step creates a model package.
    """

    source: str
    members: frozenset[str]
    request: str | None = None
    describe: str | None = None
    service: str = "sagemaker"
    response_member: str | None = None
    listing: str | None = None
    properties: frozenset[str] | None = frozenset()
    supplied: frozenset[str] = frozenset()
    refusals: tuple[Refusal, ...] = ()
    inputs: NamedList | None = None
    outputs: NamedList | None = None
    shares_port_names: bool = False
    branches: tuple[str, ...] = ()
    is_loop: bool = False
    conditions: str | None = None
    cache_key: tuple[str, ...] = ()
    written_members: tuple[str, ...] = ()
    resource: Resource | None = None
    registers_model: bool = False

    @property
    def ports(self) -> tuple[NamedList, ...]:
        """The lists of named inputs and outputs."""
        return tuple(ports for ports in (self.inputs, self.outputs) if ports)


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html ("By default, each step takes on
# the pipeline execution role").
ROLE = "RoleArn"

_STEPS = "https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-"
_SDK = "SageMaker Python SDK v2.257, sagemaker.workflow."
_SDK_3 = "SageMaker Python SDK v3, sagemaker.mlops.workflow."
_SCHEMA = "https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/"
_ISSUES = "https://github.com/aws/sagemaker-python-sdk/issues/"

_ANY = frozenset({"DependsOn", "DisplayName", "Description"})
_CACHED = _ANY | {"CacheConfig"}
_RETRIED = _ANY | {"RetryPolicies"}
_JOB = _CACHED | _RETRIED
_CHECK = _JOB | {
    "CheckType", "ModelPackageGroupName", "SkipCheck", "FailOnViolation", "RegisterNewBaseline",
    "SuppliedBaselineConstraints",
}  # fmt: skip
_CHECKED = frozenset({"CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints"})
_OUTPUT_PARAMETERS = frozenset({"OutputParameters"})

_NOTHING = Resource()
_PROCESSING_JOB = _job("ProcessingJob", "processing-job", "/aws/sagemaker/ProcessingJobs")
_TRAINING_JOB = _job("TrainingJob", "training-job", "/aws/sagemaker/TrainingJobs")
_CHANNELS = NamedList(("InputDataConfig",), "ChannelName")
_PROCESSING_OUTPUT = ("S3Output",)
_TRAINING_OUTPUT = ("OutputDataConfig", "CheckpointConfig", "S3OutputPath")


def _arguments(*attributes: str) -> tuple[str, ...]:
    return tuple(f"Arguments.{attribute}" for attribute in attributes)


# Source of the cache keys: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html. Of the checks,
# ClarifyCheckConfig or QualityCheckConfig and CheckJobConfig are what the SDK makes the Arguments from.
_CHECK_KEY = ("Arguments", "SkipCheck", "RegisterNewBaseline", "ModelPackageGroupName", "SuppliedBaselineConstraints")

_POPPED = f"{_SDK}_utils._RegisterModelStep.arguments: 'not available in the workflow service and will cause rejection'"
_SOURCES = "AdditionalModelDataSources"
_SOURCES_FIX = "put all that the model needs into its archive, or read it from ModelDataSource"
_SOURCES_SOURCE = f"{_ISSUES}4994: 'Unknown Argument member AdditionalModelDataSources'"
_AUTOML = f"{_SDK}automl_step.AutoMLStep.arguments, which takes it out; {_SCHEMA} has no such member"
_CLUSTER = f"{_SDK}emr_step.EMRStep, cluster_config: 'not recognized as part of the cluster configuration'"
_CLUSTER_FIX = "leave it out: Pipelines names the cluster, gives it its step and ends it"
_TRIAL = f"{_SDK}steps.Step._trim_experiment_config, which keeps only TrialComponentDisplayName"
_TRIALS = tuple(
    Refusal(f"ExperimentConfig.{name}", "name the experiment in the definition's PipelineExperimentConfig", _TRIAL)
    for name in ("ExperimentName", "TrialName", "RunName")
)

STEP_TYPES: dict[str, StepType] = {
    "Processing": StepType(
        source=f"{_STEPS}processing; {_SDK}steps.ProcessingStep",
        members=_JOB | {"PropertyFiles"},
        request="CreateProcessingJob",
        describe="DescribeProcessingJob",
        supplied=frozenset({"ProcessingJobName"}),
        refusals=_TRIALS,
        inputs=NamedList(("ProcessingInputs",), "InputName"),
        outputs=NamedList(("ProcessingOutputConfig", "Outputs"), "OutputName"),
        shares_port_names=True,
        cache_key=_arguments("AppSpecification", "Environment", "ProcessingInputs"),
        written_members=_PROCESSING_OUTPUT,
        resource=_PROCESSING_JOB,
    ),
    "Training": StepType(
        source=f"{_STEPS}training; {_SDK}steps.TrainingStep",
        members=_JOB,
        request="CreateTrainingJob",
        describe="DescribeTrainingJob",
        supplied=frozenset({"TrainingJobName"}),
        refusals=_TRIALS,
        inputs=_CHANNELS,
        cache_key=_arguments(
            "AlgorithmSpecification",
            "CheckpointConfig",
            "DebugHookConfig",
            "DebugRuleConfigurations",
            "Environment",
            "HyperParameters",
            "InputDataConfig",
        ),
        written_members=_TRAINING_OUTPUT,
        resource=_TRAINING_JOB,
    ),
    "Tuning": StepType(
        source=f"{_STEPS}tuning; {_SDK}steps.TuningStep",
        members=_JOB,
        request="CreateHyperParameterTuningJob",
        describe="DescribeHyperParameterTuningJob",
        listing="ListTrainingJobsForHyperParameterTuningJob",
        supplied=frozenset({"HyperParameterTuningJobName"}),
        cache_key=_arguments(
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition.AlgorithmSpecification",
            "TrainingJobDefinition.HyperParameterRanges",
            "TrainingJobDefinition.InputDataConfig",
            "TrainingJobDefinition.StaticHyperParameters",
            "TrainingJobDefinition.TuningObjective",
            "TrainingJobDefinitions",
        ),
        written_members=_TRAINING_OUTPUT,
        resource=_job("HyperParameterTuningJob", "hyper-parameter-tuning-job"),
    ),
    "Transform": StepType(
        source=f"{_STEPS}transform; {_SDK}steps.TransformStep",
        members=_JOB,
        request="CreateTransformJob",
        describe="DescribeTransformJob",
        supplied=frozenset({"TransformJobName"}),
        refusals=_TRIALS,
        cache_key=_arguments("DataProcessing", "Environment", "ModelName", "TransformInput"),
        written_members=("S3OutputPath", "DataCaptureConfig"),
        resource=_job("TransformJob", "transform-job", "/aws/sagemaker/TransformJobs"),
    ),
    "Model": StepType(
        source=f"{_STEPS}create-model; {_SDK}steps.CreateModelStep",
        members=_RETRIED,
        request="CreateModel",
        describe="DescribeModel",
        supplied=frozenset({"ModelName"}),
        refusals=(
            Refusal(f"PrimaryContainer.{_SOURCES}", _SOURCES_FIX, _SOURCES_SOURCE),
            Refusal(f"Containers[].{_SOURCES}", _SOURCES_FIX, _SOURCES_SOURCE),
        ),
        resource=Resource("Model", ("CreateModel", "DescribeModel"), "model"),
    ),
    "RegisterModel": StepType(
        source=f"{_STEPS}register-model; {_SDK}_utils._RegisterModelStep",
        members=_RETRIED,
        request="CreateModelPackage",
        describe="DescribeModelPackage",
        refusals=(
            Refusal("CertifyForMarketplace", "leave it out", _POPPED),
            Refusal("Description", "write ModelPackageDescription", _POPPED),
            Refusal(
                "ModelPackageName",
                "name a ModelPackageGroupName: what a pipeline registers is a version",
                "https://github.com/aws/sagemaker-python-sdk/pull/3472: 'Unknown Argument member ModelPackageName'",
            ),
            Refusal(
                "Tags",
                "put the tags on the group, or write CustomerMetadataProperties",
                "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html: 'If you supply "
                "ModelPackageGroupName ... you cannot supply a tag argument'",
                beside="ModelPackageGroupName",
            ),
            Refusal(f"InferenceSpecification.Containers[].{_SOURCES}", _SOURCES_FIX, _SOURCES_SOURCE),
        ),
        resource=_NOTHING,
        registers_model=True,
    ),
    "Condition": StepType(
        source=f"{_STEPS}condition; {_SDK}condition_step.ConditionStep",
        members=_ANY,
        properties=frozenset({"Outcome"}),
        branches=("IfSteps", "ElseSteps"),
        conditions="Conditions",
        resource=_NOTHING,
    ),
    "ForEach": StepType(
        source=f"{_SDK_3}for_each_step.ForEachStep",
        members=_ANY,
        properties=None,
        branches=("ForEachBody",),
        is_loop=True,
        resource=_NOTHING,
    ),
    "Fail": StepType(source=f"{_STEPS}fail; {_SDK}fail_step.FailStep", members=_ANY, resource=_NOTHING),
    "Lambda": StepType(
        source=f"{_STEPS}lambda; {_SDK}lambda_step.LambdaStep",
        members=_CACHED | {"FunctionArn", "OutputParameters"},
        properties=_OUTPUT_PARAMETERS,
    ),
    "Callback": StepType(
        source=f"{_STEPS}callback; {_SDK}callback_step.CallbackStep",
        members=_CACHED | {"SqsQueueUrl", "OutputParameters"},
        properties=_OUTPUT_PARAMETERS,
    ),
    "QualityCheck": StepType(
        source=f"{_STEPS}quality-check; {_SDK}quality_check_step.QualityCheckStep; {_SCHEMA}",
        members=_CHECK | {"SuppliedBaselineStatistics"},
        request="CreateProcessingJob",
        supplied=frozenset({"ProcessingJobName"}),
        properties=_CHECKED | {"CalculatedBaselineStatistics", "BaselineUsedForDriftCheckStatistics"},
        cache_key=(*_CHECK_KEY, "SuppliedBaselineStatistics"),
        written_members=_PROCESSING_OUTPUT,
        resource=_PROCESSING_JOB,
    ),
    "ClarifyCheck": StepType(
        source=f"{_STEPS}clarify-check; {_SDK}clarify_check_step.ClarifyCheckStep; {_SCHEMA}",
        members=_CHECK | {"ModelName"},
        request="CreateProcessingJob",
        supplied=frozenset({"ProcessingJobName"}),
        properties=_CHECKED,
        cache_key=_CHECK_KEY,
        written_members=_PROCESSING_OUTPUT,
        resource=_PROCESSING_JOB,
    ),
    "EMR": StepType(
        source=f"{_STEPS}emr; {_SDK}emr_step.EMRStep",
        members=_JOB,
        describe="DescribeStep",
        service="emr",
        response_member="Step",
        properties=frozenset({"ClusterId", "ClusterConfig"}),
        refusals=tuple(
            Refusal(f"ClusterConfig.{name}", _CLUSTER_FIX, _CLUSTER)
            for name in (
                "Name",
                "Steps",
                "AutoTerminationPolicy",
                "Instances.KeepJobFlowAliveWhenNoSteps",
                "Instances.TerminationProtected",
            )
        ),
        cache_key=_arguments("ClusterId", "StepConfig"),
    ),
    "EMRServerless": StepType(
        source=f"{_SDK_3}emr_serverless_step.EMRServerlessStep, whose properties have a shape that no service has",
        members=_JOB,
        properties=None,
    ),
    "NotebookJob": StepType(
        source=f"{_STEPS}notebook-job; {_SDK}notebook_job_step.NotebookJobStep, which writes the type Training",
        members=_JOB,
        request="CreateTrainingJob",
        describe="DescribeTrainingJob",
        supplied=frozenset({"TrainingJobName"}),
        inputs=_CHANNELS,
        written_members=_TRAINING_OUTPUT,
    ),
    "AutoML": StepType(
        source=f"{_STEPS}automl; {_SDK}automl_step.AutoMLStep",
        members=_JOB,
        request="CreateAutoMLJob",
        describe="DescribeAutoMLJob",
        properties=frozenset({"BestCandidateProperties"}),
        supplied=frozenset({"AutoMLJobName"}),
        refusals=(
            Refusal("ModelDeployConfig", "deploy the model in an Endpoint step", _AUTOML),
            Refusal("GenerateCandidateDefinitionsOnly", "leave it out", _AUTOML),
        ),
        inputs=_CHANNELS,
        cache_key=_arguments(
            "AutoMLJobConfig.CompletionCriteria",
            "AutoMLJobConfig.CandidateGenerationConfig",
            "AutoMLJobConfig.DataSplitConfig",
            "AutoMLJobConfig.Mode",
            "AutoMLJobObjective",
            "InputDataConfig",
            "ProblemType",
        ),
        written_members=("OutputDataConfig",),
        resource=_job("AutoMLJob", "automl-job"),
    ),
    "EndpointConfig": StepType(
        source=f"{_SDK}endpoint_step.EndpointConfigStep; {_SCHEMA}",
        members=_JOB,
        request="CreateEndpointConfig",
        describe="DescribeEndpointConfig",
        supplied=frozenset({"EndpointConfigName"}),
        written_members=("DataCaptureConfig", "OutputConfig"),
    ),
    "Endpoint": StepType(
        source=f"{_SDK}endpoint_step.EndpointStep; {_SCHEMA}",
        members=_CACHED,
        request="CreateEndpoint",
        describe="DescribeEndpoint",
        supplied=frozenset({"EndpointName"}),
    ),
    "InferenceComponent": StepType(
        source=f"{_SDK}inference_component_step.InferenceComponentStep",
        members=_ANY,
        request="CreateInferenceComponent",
        describe="DescribeInferenceComponent",
        supplied=frozenset({"InferenceComponentName"}),
    ),
    "Lineage": StepType(
        source=f"{_SDK}lineage_step.LineageStep",
        members=_ANY,
        properties=frozenset({"ActionArns", "ArtifactArns", "ContextArns", "Associations"}),
    ),
}


def step_type(name: str) -> StepType | None:
    """The record of a step type, or None if there is none.

    >>> step_type("Processing").request
    'CreateProcessingJob'
    >>> step_type("Bedrock") is None
    True
    """
    return STEP_TYPES.get(name)


def branches_of(name: str) -> tuple[str, ...]:
    """The arguments of a step type that hold steps; none for a type without a record."""
    known = STEP_TYPES.get(name)
    return known.branches if known else ()


def port_name_members() -> Iterator[str]:
    """The members that name the inputs and outputs of a step, of all types, each once."""
    return iter(dict.fromkeys(ports.name for known in STEP_TYPES.values() for ports in known.ports))


def written_members() -> frozenset[str]:
    """The members of arguments below which steps write to S3, of all types."""
    members = (member for known in STEP_TYPES.values() for member in known.written_members)
    return frozenset(members) | {"S3OutputLocation"}  # of compilation and labeling jobs, which no type with a record is


def log_group_of(resource_kind: str) -> str | None:
    """The CloudWatch log group of a kind of job (`ProcessingJob`), or None if it is not known."""
    resources = (known.resource for known in STEP_TYPES.values() if known.resource)
    return next((resource.log_group for resource in resources if resource.kind == resource_kind), None)
