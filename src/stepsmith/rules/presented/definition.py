"""Faults of a definition, which `definition/checks` finds, and those for which it cannot be read."""

from __future__ import annotations

from stepsmith.rules.rule import About, Example, Rule

_FILE = "definition.json"
_PARAMETERS = [f'{{"Name": "P{number}", "Type": "String"}}' for number in range(200)]
_STEPS = [
    f'{{"Name": "stop-{number}", "Type": "Fail", "Arguments": {{"ErrorMessage": "it is over"}}}}'
    for number in range(50)
]


def _rule(code: str, title: str, why: str, good: str, bad: str, *, is_warning: bool = False) -> Rule:
    return Rule(code, title, why, About.DEFINITION, Example(_FILE, good, bad), is_warning)


RULES = (
    _rule(
        "DEF010", "A parameter of no type",
        "The service knows String, Integer, Float and Boolean, and refuses the definition for any other.",
        '"Name": "Seconds", "Type": "Integer"', '"Name": "Seconds", "Type": "Int"',
    ),
    _rule(
        "DEF011", "A default that is not of the parameter's type",
        "CreatePipeline refuses the definition.",
        '"DefaultValue": 900', '"DefaultValue": "900"',
    ),
    _rule(
        "DEF012", "A default that is not among the allowed values",
        "No execution could begin without a parameter being given.",
        '"DefaultValue": "PendingManualApproval"', '"DefaultValue": "Pending"',
    ),
    _rule(
        "DEF020", "No JSON",
        "A definition is one JSON document. A name that stands twice is refused too: which of the two counts, readers "
        "differ about.",
        '"Metadata": {},', '"Metadata": {,',
    ),
    _rule(
        "DEF021", "Another version of the language",
        "There is one version of the language of definitions, 2020-12-01.",
        '"Version": "2020-12-01"', '"Version": "2021-01-01"',
    ),
    _rule(
        "DEF022", "A member of another form",
        "The service reads each member in one form only, and refuses the definition otherwise.",
        '"ElseSteps": [{"Name": "stop",', '"ElseSteps": [{"Name": 1,',
    ),
    _rule(
        "DEF023", "A function that the language does not have",
        "There are Get, Std:Join and Std:JsonGet, each with its own members.",
        '"report": {"Get": "Steps.evaluate.ProcessingJobArn"}', '"report": {"Std:Concat": ["a", "b"]}',
    ),
    _rule(
        "DEF101", "A name that the service refuses",
        "Names of steps have at most 64 letters, digits, hyphens and underscores, and those of pipelines and parameters "
        "have rules of their own.",
        '"Name": "tell"', '"Name": "tell them"',
    ),
    _rule(
        "DEF102", "Two of one name",
        "A reference names a step, or a parameter, and two of the name leave open which is meant.",
        '"Name": "tell"', '"Name": "stop"',
    ),
    _rule(
        "DEF110", "A parameter that is not there",
        "The service refuses a reference to a parameter that the definition does not declare.",
        '{"Get": "Parameters.Seconds"}', '{"Get": "Parameters.Second"}',
    ),
    _rule(
        "DEF111", "A step that is not there",
        "A reference, or DependsOn, names a step that the definition does not have.",
        '"Get": "Steps.ask.OutputParameters[\'Answer\']"', '"Get": "Steps.asks.OutputParameters[\'Answer\']"',
    ),
    _rule(
        "DEF112", "A property file that is not declared",
        "JsonGet reads a property file that its step declares beside its arguments.",
        '"Steps.evaluate.PropertyFiles.Report"', '"Steps.evaluate.PropertyFiles.Metrics"',
    ),
    _rule(
        "DEF113", "Steps that wait for each other",
        "By references and DependsOn together the steps have to have an order.",
        '"Environment": {"STAGE": "test"}',
        '"Environment": {"STAGE": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
    ),
    _rule(
        "DEF114", "A reference that leads nowhere",
        "A Get reads Parameters, Steps or one of a few words of Execution; inside a loop, its item too.",
        '"Environment": {"STAGE": "test"}', '"Environment": {"STAGE": {"Get": "Execution.Name"}}',
    ),
    _rule(
        "DEF115", "A property file in an output that is not there",
        "The file is looked for in an output of its own step.",
        '"OutputName": "report", "FilePath"', '"OutputName": "reports", "FilePath"',
    ),
    _rule(
        "DEF116", "A property file outside of its output",
        "The path is inside the output, and leads nowhere above it.",
        '"FilePath": "report.json"', '"FilePath": "../report.json"',
    ),
    _rule(
        "DEF117", "A step in a branch that is read from outside",
        "A step in a branch of a Condition runs or does not. Who reads it, and does not wait for the condition, fails "
        "where it does not. What runs once an item of a loop is read by its iteration.",
        '"Arguments": {"answer": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
        '"Arguments": {"answer": {"Get": "Steps.register.ModelPackageArn"}}',
    ),
    _rule(
        "DEF118", "A condition that the service does not know",
        "Each operator has its name and its members: Equals, GreaterThan, GreaterThanOrEqualTo, LessThan, "
        "LessThanOrEqualTo, In, Not, Or.",
        '"Type": "GreaterThan"', '"Type": "Greater"',
    ),
    _rule(
        "DEF119", "An outcome that no step has",
        "A step may wait for another to be Completed, Failed, Stopped, or Any of these.",
        '"Trigger": "Any"', '"Trigger": "Failure"',
    ),
    _rule(
        "DEF120", "A parameter of a type that the request does not take",
        "The service does not convert: an Integer is no text, and the execution fails when it comes to the step.",
        '"Environment": {"STAGE": "test"}', '"Environment": {"STAGE": {"Get": "Parameters.Seconds"}}',
    ),
    _rule(
        "DEF130", "A member that the request does not have",
        "The arguments of a step are a request of SageMaker's API, and an unknown member is refused.",
        '"VolumeSizeInGB": 30', '"VolumeSizeInGB": 30, "Volume": 30',
    ),
    _rule(
        "DEF131", "A member that is missing",
        "The request cannot be made without it.",
        '"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/evaluate:1", ', "",
    ),
    _rule(
        "DEF132", "A value of another type",
        "The request has a number there, and the text of a number is none.",
        '"InstanceCount": 1', '"InstanceCount": "1"',
    ),
    _rule(
        "DEF133", "A word that is not among those allowed",
        "The request takes one of a list of words, as botocore's model of the service has it.",
        '"S3UploadMode": "EndOfJob"', '"S3UploadMode": "AtTheEnd"',
    ),
    _rule(
        "DEF134", "A text that does not match its pattern",
        "The service holds most texts against a pattern. botocore's own validator does not.",
        '"RoleArn": "arn:aws:iam::123456789012:role/SageMakerPipelines"', '"RoleArn": "the role of SageMaker"',
    ),
    _rule(
        "DEF135", "A text that is too short or too long",
        "An argument of a container has at most 256 characters, and other texts have their own bounds.",
        '["--metric", "auc"]', f'["--metric", "{"a" * 257}"]',
    ),
    _rule(
        "DEF136", "Too few or too many entries",
        "Lists have bounds of their own: a job has at least one container argument where it has any.",
        '["--metric", "auc"]', "[]",
    ),
    _rule(
        "DEF137", "A number out of its range",
        "The request takes a number between two bounds.",
        '"InstanceCount": 1', '"InstanceCount": 1000',
    ),
    _rule(
        "DEF138", "A member that Pipelines refuses",
        "Some members of a request are Pipelines' own to set, or not taken in a step at all.",
        '"ModelPackageGroupName": "credit-risk",', '"ModelPackageGroupName": "credit-risk", "CertifyForMarketplace": false,',
    ),
    _rule(
        "DEF139", "A member that the step type does not have",
        "Beside its arguments a step has members by its type: only a Processing step has property files, say.",
        '"Name": "tell",', '"Name": "tell", "PropertyFiles": [{"PropertyFileName": "a", "OutputName": "b", "FilePath": "c"}],',
    ),
    _rule(
        "DEF150", "A property path that cannot be read",
        "A path has members by points, and entries in brackets, a name in quotes.",
        "Outputs['report'].S3Output", "Outputs['report.S3Output",
    ),
    _rule(
        "DEF151", "A property that the step does not have",
        "The properties of a step are those of the answer which describes its job.",
        "Steps.evaluate.ProcessingJobArn", "Steps.evaluate.ProcessingJobARN",
    ),
    _rule(
        "DEF152", "A path into a value that has no parts",
        "A text has no members, and what has names is not counted.",
        "Steps.evaluate.ProcessingJobArn", "Steps.evaluate.ProcessingJobArn.Name",
    ),
    _rule(
        "DEF153", "An output that the step itself does not declare",
        "The SDK takes any name, and the execution fails when it comes to it.",
        "Outputs['report']", "Outputs['reports']",
    ),
    _rule(
        "DEF154", "An output parameter that the step does not declare",
        "What a Lambda, or a Callback, gives back is declared beside its arguments.",
        "OutputParameters['Answer']", "OutputParameters['Reply']",
    ),
    _rule(
        "DEF155", "A step that has no properties",
        "A Fail step ends the execution, and leaves nothing to read.",
        '"Arguments": {"answer": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
        '"Arguments": {"answer": {"Get": "Steps.stop.ErrorMessage"}}, "DependsOn": ["good-enough"]',
    ),
    _rule(
        "DEF170", "What looks like a credential",
        "Environment, arguments and defaults can be read by all who may describe the pipeline or its jobs.",
        '"Environment": {"STAGE": "test"}', '"Environment": {"API_TOKEN": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}',
        is_warning=True,
    ),
    _rule(
        "DEF171", "Too many parameters",
        "A pipeline has at most 200.",
        '"Parameters": [', f'"Parameters": [{", ".join(_PARAMETERS)},',
    ),
    _rule(
        "DEF172", "More steps than an account may have in a pipeline",
        "The quota is 50 unless it was raised for the account, which cannot be seen from here.",
        '"ElseSteps": [', f'"ElseSteps": [{", ".join(_STEPS)},',
        is_warning=True,
    ),
    _rule(
        "DEF173", "A definition that is too large",
        "CreatePipeline takes 1 MiB; past 100 KiB, of which this is a warning, it has to be handed over by S3.",
        '"Metadata": {}', f'"Metadata": {{"note": "{"x" * 110_000}"}}',
        is_warning=True,
    ),
    _rule(
        "DEF174", "An input and an output of one name",
        "The inputs and outputs of a job share their names, though each list alone is well.",
        '"InputName": "model"', '"InputName": "report"',
    ),
)  # fmt: skip
