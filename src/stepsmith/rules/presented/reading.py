"""Faults of how a pipeline.yaml is written, found while it is read."""

from __future__ import annotations

from stepsmith.rules.rule import About, Example, Rule

_HEAD = "region: eu-west-1\n"


def _rule(code: str, title: str, why: str, good: str, bad: str) -> Rule:
    return Rule(code, title, why, About.PIPELINE, Example("pipeline.yaml", good, bad))


RULES = (
    _rule(
        "YML001", "No YAML, or more than plain data",
        "The file is read as plain data: no tags that make objects, no aliases that multiply, at most 1 MB.",
        _HEAD, "region: [eu-west-1\n",
    ),
    _rule(
        "YML002", "A key that stands twice, or is no text",
        "Of two values for one key a reader would take one and drop the other.",
        _HEAD, "region: eu-west-1\nregion: eu-west-2\n",
    ),
    _rule("YML003", "A value that cannot be read", "It has a tag that its text does not fit.", _HEAD, "region: !!int x\n"),
    _rule(
        "YML005", "A value of another form",
        "Each key takes a value of one form: a mapping, a list, a text.",
        "    after: model\n", "    after: {model: 1}\n",
    ),
    _rule(
        "YML006", "A key that is not known",
        "A misspelt key would be a setting that is silently not made.",
        "    code: inference/\n", "    cod: inference/\n",
    ),
    _rule(
        "YML007", "A wire that is none",
        "An input is wired to an output of a step, as step.output.",
        "    code: inference/\n", "    code: inference/\n    inputs: {model_input: model}\n",
    ),
    _rule("YML008", "A key that is missing", "A pipeline has a name and steps, and a step has a type.", "    type: ModelPackaging\n", ""),
    _rule(
        "YML010", "A variable that is none",
        "Variables are ${env:NAME} and ${param:NAME}, each with a default where it has one.",
        "${param:Approval}", "${parameter:Approval}",
    ),
    _rule(
        "YML011", "An environment variable that is not set",
        "What is not set would become an empty text in the definition.",
        _HEAD, "region: ${env:NO_SUCH_REGION}\n",
    ),
    _rule(
        "YML012", "Two defaults for one parameter",
        "An execution that is given no value would take one of them.",
        "${param:Approval}", "${param:Approval:-Approved}",
    ),
    _rule(
        "YML013", "An include that is none",
        "An include names a file, which does not include itself.",
        _HEAD, "region: eu-west-1\ninclude: pipeline.yaml\n",
    ),
    _rule(
        "STP010", "A step type that is not known",
        "A type is a step that is installed, or comes from a folder in `packages`.",
        "    type: ModelPackaging\n", "    type: ModelPackging\n",
    ),
    _rule(
        "STP015", "A folder of no package",
        "`packages` names folders that hold an __init__.py with a TABLE of steps.",
        _HEAD, "region: eu-west-1\npackages: inference\n",
    ),
    _rule(
        "DAG002", "A step after one that is not there",
        "`after` names steps of the same file.",
        "    after: model\n", "    after: modle\n",
    ),
    _rule(
        "DAG003", "Steps that wait for each other",
        "The steps have to have an order.",
        "    pretrained_model_path: model/\n", "    pretrained_model_path: model/\n    after: package\n",
    ),
)  # fmt: skip
