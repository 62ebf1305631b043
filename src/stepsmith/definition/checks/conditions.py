"""DEF118: conditions that the service does not know, or that lack a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import all_steps
from stepsmith.diagnostics import About, Example, Finding, Rule, Suggestion, suggest_names
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition

_COMPARED = ("LeftValue", "RightValue")
# Each operator, and what has to stand beside it.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (step condition), and the
# SDK's sagemaker.workflow.conditions.
OPERATORS = {
    "Equals": _COMPARED,
    "GreaterThan": _COMPARED,
    "GreaterThanOrEqualTo": _COMPARED,
    "LessThan": _COMPARED,
    "LessThanOrEqualTo": _COMPARED,
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}


def check_conditions(definition: PipelineDefinition) -> list[Finding]:
    """Findings about the conditions by which steps choose a branch."""
    return [
        Finding("DEF118", message, ("steps", step.name), fix)
        for step in all_steps(definition.steps)
        if (known := step_type(step.type)) and known.conditions
        for message, fix in _check_all(step.arguments.get(known.conditions), known.conditions)
    ]


def _check_all(conditions: Any, path: str) -> Iterator[tuple[str, str | Suggestion]]:
    if not isinstance(conditions, list) or not conditions:
        yield f"{path} is to be a list of conditions, and has none", "write at least one"
        return
    for index, condition in enumerate(conditions):
        yield from _check_condition(condition, f"{path}[{index}]")


def _check_condition(condition: Any, path: str) -> Iterator[tuple[str, str | Suggestion]]:
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if not isinstance(kind, str) or kind not in OPERATORS:
        yield f"{path} is of no type that a condition has: {kind!r}", suggest_names(str(kind), OPERATORS)
        return
    expected = ("Type", *OPERATORS[kind])
    for name in expected:
        if name not in condition:
            yield f"{path}, which is {kind}, lacks {name}", f"write {name}"
    for name in condition:
        if name not in expected:
            yield f"{path}, which is {kind}, has no {name}", suggest_names(name, expected)
    if kind == "Not" and "Expression" in condition:
        yield from _check_condition(condition["Expression"], f"{path}.Expression")
    if kind == "Or" and "Conditions" in condition:
        yield from _check_all(condition["Conditions"], f"{path}.Conditions")


RULES = (
    Rule(
        "DEF118",
        "An unknown condition",
        "SageMaker knows Equals, GreaterThan, GreaterThanOrEqualTo, LessThan, LessThanOrEqualTo, In, Not and "
        "Or, each with its own members.",
        About.DEFINITION,
        "Use one of these operators with its members.",
        Example("definition.json", '"Type": "GreaterThan"', '"Type": "Greater"'),
    ),
)
