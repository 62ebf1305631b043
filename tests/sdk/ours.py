"""The pipelines for which there is no builder, written as records of `stepsmith.definition`."""

from __future__ import annotations

from stepsmith.definition.model import PipelineDefinition, PropertyFile, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet

ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
BUCKET = "s3://my-bucket/golden"
INSTANCES = ("ml.m5.large", "ml.m5.xlarge")
INSTANCE = Parameter("InstanceType", "String", "ml.m5.large", INSTANCES)
ROUNDS = Parameter("Rounds", "Integer", 100)
LEAST = Parameter("MinAccuracy", "Float", 0.9)
MODEL_NAME = Parameter("ModelName")
ID = Get("Execution.PipelineExecutionId")
ACCURACY = JsonGet("evaluate", "Evaluation", "metrics.accuracy.value")
PLAIN_INPUT = {
    "S3DataType": "S3Prefix",
    "S3InputMode": "File",
    "S3DataDistributionType": "FullyReplicated",
    "S3CompressionType": "None",
}


def scored() -> PipelineDefinition:
    """Training, an evaluation, and a condition with a transform on one side and failures on the other."""
    return PipelineDefinition((train(), evaluate(), good_enough()), (INSTANCE, ROUNDS, LEAST, MODEL_NAME))


def elsewhere() -> PipelineDefinition:
    """One step that fails, for a region of which nothing is asked but that it is another."""
    return PipelineDefinition((Step("stop", "Fail", {"ErrorMessage": "not here"}),))


def train() -> Step:
    """The Training step."""
    channel = {
        "ChannelName": "train",
        "ContentType": "text/csv",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"{BUCKET}/train/",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
    request = {
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1",
            "TrainingInputMode": "File",
        },
        # The service takes text here, and a number is joined to be text.
        "HyperParameters": {"rounds": Join("", [ROUNDS.reference]), "objective": "binary:logistic"},
        "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": Join("/", [f"{BUCKET}/training", ID])},
        "ResourceConfig": {"InstanceType": INSTANCE.reference, "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "RoleArn": ROLE,
        "Environment": {"STAGE": "test"},
    }
    return Step("train", "Training", request)


def evaluate() -> Step:
    """The Processing step that judges the trained model."""
    folder = "/opt/ml/processing"
    sources = {"model": Get("Steps.train.ModelArtifacts.S3ModelArtifacts"), "code": f"{BUCKET}/code/evaluate.py"}
    output = {
        "S3Uri": Join("/", [f"{BUCKET}/evaluation", ID]),
        "LocalPath": f"{folder}/output/evaluation",
        "S3UploadMode": "EndOfJob",
    }
    request = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {
            "ImageUri": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["python3", f"{folder}/input/code/evaluate.py"],
        },
        "RoleArn": ROLE,
        "ProcessingInputs": [
            {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": f"{folder}/input/{name}", **PLAIN_INPUT}}
            for name, uri in sources.items()
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "evaluation", "S3Output": output}]},
    }
    file = PropertyFile("Evaluation", "evaluation", "evaluation.json")
    return Step("evaluate", "Processing", request, property_files=(file,))


def good_enough() -> Step:
    """The Condition step, with another in its branch for the worse."""
    known_model = {"Type": "Equals", "LeftValue": MODEL_NAME.reference, "RightValue": "none"}
    conditions = [
        {"Type": "GreaterThanOrEqualTo", "LeftValue": ACCURACY, "RightValue": LEAST.reference},
        {
            "Type": "Or",
            "Conditions": [
                {"Type": "Not", "Condition": known_model},
                {"Type": "In", "QueryValue": INSTANCE.reference, "Values": INSTANCES},
            ],
        },
    ]
    return Step(
        "good-enough", "Condition", {"Conditions": conditions, "IfSteps": (score(),), "ElseSteps": (hopeless(),)}
    )


def score() -> Step:
    """The Transform step."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/score/"}}
    request = {
        "ModelName": MODEL_NAME.reference,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {
            "S3OutputPath": Join("/", [f"{BUCKET}/scores", Get("Execution.PipelineName"), ID]),
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": INSTANCE.reference, "InstanceCount": 1},
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input"},
    }
    return Step("score", "Transform", request)


def hopeless() -> Step:
    """The Condition step within the other: two ways to fail."""
    message = Join(" ", ["worse than a coin at", Get("Execution.StartDateTime")])
    conditions = [{"Type": "LessThan", "LeftValue": ACCURACY, "RightValue": 0.5}]
    branches = {
        "IfSteps": (Step("stop", "Fail", {"ErrorMessage": message}),),
        "ElseSteps": (Step("too-weak", "Fail", {"ErrorMessage": "not accurate enough"}),),
    }
    return Step("hopeless", "Condition", {"Conditions": conditions, **branches})
