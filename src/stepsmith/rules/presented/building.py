"""Faults of what a pipeline.yaml says, found while its steps are resolved and built."""

from __future__ import annotations

from stepsmith.rules.rule import About, Example, Rule

_MODEL = "    pretrained_model_path: model/\n"
_CODE = "    code: inference/\n"


def _rule(code: str, title: str, why: str, good: str, bad: str) -> Rule:
    return Rule(code, title, why, About.PIPELINE, Example("pipeline.yaml", good, bad))


RULES = (
    _rule(
        "RES001", "An input that nothing fills",
        "A required input has no source upstream, and no value in the config. `stepsmith explain` shows what was offered.",
        f"{_CODE}    after: model\n", _CODE,
    ),
    _rule(
        "RES002", "An input that two could fill",
        "Two outputs are equally near by the same rule, and which is meant only a person can say.",
        f"{_CODE}    after: model\n",
        f"{_CODE}    after: [model, other]\n  other:\n    type: DummyTraining\n    pretrained_model_path: model/\n",
    ),
    _rule(
        "RES003", "A wire that leads nowhere",
        "`inputs` wires to an output of a step upstream by its own name.",
        _CODE, f"{_CODE}    inputs: {{model_input: model.model}}\n",
    ),
    _rule(
        "RES004", "A wire into no input",
        "The step has no input of that name.",
        _CODE, f"{_CODE}    inputs: {{model_inputs: model.model_output}}\n",
    ),
    _rule(
        "STP201", "A value that the field does not take",
        "A field takes values of its type, within its bounds.",
        _CODE, f"{_CODE}    max_runtime_seconds: soon\n",
    ),
    _rule(
        "STP202", "A model that is not named",
        "DummyTraining takes a model from its config, or from a step upstream.",
        _MODEL, "    pretrained_model_path: ''\n",
    ),
    _rule(
        "STP204", "No place on S3",
        "Every step keeps its objects below pipeline_s3_loc.",
        "pipeline_s3_loc: s3://my-bucket/example\n", "",
    ),
    _rule(
        "STP206", "Several instances that would write one key",
        "Every instance of the job writes the same object, and the last one wins.",
        _CODE, f"{_CODE}    instance_count: 2\n",
    ),
    _rule(
        "STP208", "An environment value that is too long",
        "The service takes at most 256 characters.",
        _CODE, f"{_CODE}    env: {{NOTE: {'x' * 257}}}\n",
    ),
    _rule(
        "STP210", "No image",
        "A Processing step runs in image_uri, or in its region's scikit-learn image.",
        "region: eu-west-1\n", "",
    ),
    _rule(
        "STP211", "A region without an image",
        "The table of SageMaker's images does not know the region.",
        "region: eu-west-1\n", "region: eu-west-9\n",
    ),
    _rule(
        "STP212", "Half a VPC",
        "A job in a VPC has both subnets and security groups.",
        _CODE, f"{_CODE}    subnets: [subnet-1]\n",
    ),
    _rule(
        "STP213", "A name that is no environment variable's",
        "The service takes letters, digits and underscores, and no digit first.",
        _CODE, f"{_CODE}    env: {{MY-NOTE: x}}\n",
    ),
    _rule(
        "STP220", "No S3 URI",
        "It begins as one, and has no bucket that could be.",
        _MODEL, "    pretrained_model_path: s3://My_Bucket/model.tar.gz\n",
    ),
    _rule(
        "STP221", "A folder where one object is wanted",
        "A model on S3 is one object: by the beginning of its key others would be brought with it.",
        _MODEL, "    pretrained_model_path: s3://my-bucket/models/\n",
    ),
    _rule(
        "STP230", "A file that is not there",
        "Paths are relative to the file that they stand in.",
        _MODEL, "    pretrained_model_path: modle/\n",
    ),
    _rule(
        "STP231", "A pattern that no file matches",
        "Nothing would be uploaded for it.",
        "  package:\n", "  extra:\n    type: Payload\n    samples: data/*.csv\n  package:\n",
    ),
    _rule(
        "STP240", "A model that has another digest",
        "`sha256` says which model it is to be, and this is another.",
        _MODEL, f"{_MODEL}    sha256: '{'0' * 64}'\n",
    ),
    _rule(
        "STP250", "Code without its entry point",
        "The serving container begins with it.",
        _CODE, f"{_CODE}    entry_point: serve.py\n",
    ),
)  # fmt: skip
