"""The step types of a definition (version 2020-12-01) as one table, and what Pipelines refuses of their requests.

A type that is not in the table is no error: `step_type` knows nothing of it, and a step of it is kept as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class StepType:
    """A step type.

    - `request`: the SageMaker operation whose request the step's Arguments become; None where they are Pipelines' own.
    - `describe`: the operation whose answer the step's properties are (`Steps.<name>.<property path>`); None where
      there is none. `service` has that operation; `within` is the member of the answer that holds the properties.
    - `listing`: an operation whose answer's members are properties as well.
    - `properties`: what Pipelines itself gives as properties beside those; None where nobody says what there is.
    - `beside`: the members that may stand beside Name, Type and Arguments.
    - `filled`: members that the request must have and Pipelines gives it. A RoleArn it gives everywhere: a step without
      one runs with the pipeline's own role.
    - `source`: where this is said.
    """

    request: str | None
    describe: str | None
    beside: frozenset[str]
    source: str
    filled: frozenset[str] = frozenset()
    properties: frozenset[str] | None = frozenset()
    listing: str | None = None
    service: str = "sagemaker"
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A member of a step's arguments that Pipelines refuses, though the request that they become has it.

    `path` is its place in the arguments, `[]` each entry of a list. With `beside`, it is refused only where that other
    argument stands too.
    """

    path: str
    fix: str
    source: str
    beside: str | None = None


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html ("By default, each step takes on
# the pipeline execution role").
ROLE = "RoleArn"

_STEPS = "https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-"
_SDK = "SageMaker Python SDK v2.257, sagemaker.workflow."
_SCHEMA = "https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/"
_ISSUES = "https://github.com/aws/sagemaker-python-sdk/issues/"

_EVERY = frozenset({"DependsOn", "DisplayName", "Description"})
_CACHED = _EVERY | {"CacheConfig"}
_RETRIED = _EVERY | {"RetryPolicies"}
_JOB = _CACHED | _RETRIED
_CHECK = _JOB | {
    "CheckType", "ModelPackageGroupName", "SkipCheck", "FailOnViolation", "RegisterNewBaseline",
    "SuppliedBaselineConstraints",
}  # fmt: skip
_CHECKED = frozenset({"CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints"})
_OUTPUTS = frozenset({"OutputParameters"})

STEP_TYPES: Mapping[str, StepType] = MappingProxyType(
    {
        "Processing": StepType(
            "CreateProcessingJob",
            "DescribeProcessingJob",
            _JOB | {"PropertyFiles"},
            f"{_STEPS}processing; {_SDK}steps.ProcessingStep",
            filled=frozenset({"ProcessingJobName"}),
        ),
        "Training": StepType(
            "CreateTrainingJob",
            "DescribeTrainingJob",
            _JOB,
            f"{_STEPS}training; {_SDK}steps.TrainingStep",
            filled=frozenset({"TrainingJobName"}),
        ),
        "Tuning": StepType(
            "CreateHyperParameterTuningJob",
            "DescribeHyperParameterTuningJob",
            _JOB,
            f"{_STEPS}tuning; {_SDK}steps.TuningStep",
            filled=frozenset({"HyperParameterTuningJobName"}),
            listing="ListTrainingJobsForHyperParameterTuningJob",
        ),
        "Transform": StepType(
            "CreateTransformJob",
            "DescribeTransformJob",
            _JOB,
            f"{_STEPS}transform; {_SDK}steps.TransformStep",
            filled=frozenset({"TransformJobName"}),
        ),
        "Model": StepType(
            "CreateModel",
            "DescribeModel",
            _RETRIED,
            f"{_STEPS}create-model; {_SDK}steps.CreateModelStep",
            filled=frozenset({"ModelName"}),
        ),
        "RegisterModel": StepType(
            "CreateModelPackage",
            "DescribeModelPackage",
            _RETRIED,
            f"{_STEPS}register-model; {_SDK}_utils._RegisterModelStep",
        ),
        "Condition": StepType(
            None,
            None,
            _EVERY,
            f"{_STEPS}condition; {_SDK}condition_step.ConditionStep",
            properties=frozenset({"Outcome"}),
        ),
        "ForEach": StepType(
            None,
            None,
            _EVERY,
            "SageMaker Python SDK v3, sagemaker.mlops.workflow.for_each_step.ForEachStep",
            properties=None,
        ),
        "Fail": StepType(None, None, _EVERY, f"{_STEPS}fail; {_SDK}fail_step.FailStep"),
        "Lambda": StepType(
            None,
            None,
            _CACHED | {"FunctionArn", "OutputParameters"},
            f"{_STEPS}lambda; {_SDK}lambda_step.LambdaStep",
            properties=_OUTPUTS,
        ),
        "Callback": StepType(
            None,
            None,
            _CACHED | {"SqsQueueUrl", "OutputParameters"},
            f"{_STEPS}callback; {_SDK}callback_step.CallbackStep",
            properties=_OUTPUTS,
        ),
        "QualityCheck": StepType(
            "CreateProcessingJob",
            None,
            _CHECK | {"SuppliedBaselineStatistics"},
            f"{_STEPS}quality-check; {_SDK}quality_check_step.QualityCheckStep; {_SCHEMA}",
            filled=frozenset({"ProcessingJobName"}),
            properties=_CHECKED | {"CalculatedBaselineStatistics", "BaselineUsedForDriftCheckStatistics"},
        ),
        "ClarifyCheck": StepType(
            "CreateProcessingJob",
            None,
            _CHECK | {"ModelName"},
            f"{_STEPS}clarify-check; {_SDK}clarify_check_step.ClarifyCheckStep; {_SCHEMA}",
            filled=frozenset({"ProcessingJobName"}),
            properties=_CHECKED,
        ),
        "EMR": StepType(
            None,
            "DescribeStep",
            _JOB,
            f"{_STEPS}emr; {_SDK}emr_step.EMRStep",
            properties=frozenset({"ClusterId", "ClusterConfig"}),
            service="emr",
            within="Step",
        ),
        "EMRServerless": StepType(
            None,
            None,
            _JOB,
            "SageMaker Python SDK v3, sagemaker.mlops.workflow.emr_serverless_step.EMRServerlessStep, whose properties "
            "have a shape that no service has",
            properties=None,
        ),
        "NotebookJob": StepType(
            "CreateTrainingJob",
            "DescribeTrainingJob",
            _JOB,
            f"{_STEPS}notebook-job; {_SDK}notebook_job_step.NotebookJobStep, which writes the type Training",
            filled=frozenset({"TrainingJobName"}),
        ),
        "AutoML": StepType(
            "CreateAutoMLJob",
            "DescribeAutoMLJob",
            _JOB,
            f"{_STEPS}automl; {_SDK}automl_step.AutoMLStep",
            filled=frozenset({"AutoMLJobName"}),
            properties=frozenset({"BestCandidateProperties"}),
        ),
        "EndpointConfig": StepType(
            "CreateEndpointConfig",
            "DescribeEndpointConfig",
            _JOB,
            f"{_SDK}endpoint_step.EndpointConfigStep; {_SCHEMA}",
            filled=frozenset({"EndpointConfigName"}),
        ),
        "Endpoint": StepType(
            "CreateEndpoint",
            "DescribeEndpoint",
            _CACHED,
            f"{_SDK}endpoint_step.EndpointStep; {_SCHEMA}",
            filled=frozenset({"EndpointName"}),
        ),
        "InferenceComponent": StepType(
            "CreateInferenceComponent",
            "DescribeInferenceComponent",
            _EVERY,
            f"{_SDK}inference_component_step.InferenceComponentStep",
            filled=frozenset({"InferenceComponentName"}),
        ),
        "Lineage": StepType(
            None,
            None,
            _EVERY,
            f"{_SDK}lineage_step.LineageStep",
            properties=frozenset({"ActionArns", "ArtifactArns", "ContextArns", "Associations"}),
        ),
    }
)

_POPPED = f"{_SDK}_utils._RegisterModelStep.arguments: 'not available in the workflow service and will cause rejection'"
_SOURCES = "AdditionalModelDataSources"
_SOURCES_FIX = "put all that the model needs into its archive, or read it from ModelDataSource"
_SOURCES_SOURCE = f"{_ISSUES}4994: 'Unknown Argument member AdditionalModelDataSources'"
_AUTOML = f"{_SDK}automl_step.AutoMLStep.arguments, which takes it out; {_SCHEMA} has no such member"
_CLUSTER = f"{_SDK}emr_step.EMRStep, cluster_config: 'not recognized as part of the cluster configuration'"
_CLUSTER_FIX = "leave it out: Pipelines names the cluster, gives it its step and ends it"
_TRIAL = f"{_SDK}steps.Step._trim_experiment_config, which keeps TrialComponentDisplayName alone"
_TRIALS = tuple(
    Refusal(f"ExperimentConfig.{name}", "name the experiment in the definition's PipelineExperimentConfig", _TRIAL)
    for name in ("ExperimentName", "TrialName", "RunName")
)

REFUSALS: Mapping[str, tuple[Refusal, ...]] = MappingProxyType(
    {
        "RegisterModel": (
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
        "Model": (
            Refusal(f"PrimaryContainer.{_SOURCES}", _SOURCES_FIX, _SOURCES_SOURCE),
            Refusal(f"Containers[].{_SOURCES}", _SOURCES_FIX, _SOURCES_SOURCE),
        ),
        "Processing": _TRIALS,
        "Training": _TRIALS,
        "Transform": _TRIALS,
        "AutoML": (
            Refusal("ModelDeployConfig", "deploy the model in an Endpoint step", _AUTOML),
            Refusal("GenerateCandidateDefinitionsOnly", "leave it out", _AUTOML),
        ),
        "EMR": tuple(
            Refusal(f"ClusterConfig.{name}", _CLUSTER_FIX, _CLUSTER)
            for name in (
                "Name",
                "Steps",
                "AutoTerminationPolicy",
                "Instances.KeepJobFlowAliveWhenNoSteps",
                "Instances.TerminationProtected",
            )
        ),
    }
)


def step_type(name: str) -> StepType | None:
    """What the table says of a step type, or None where it does not know the type.

    >>> step_type("Processing").request
    'CreateProcessingJob'
    >>> step_type("Bedrock") is None
    True
    """
    return STEP_TYPES.get(name)
