"""What callers give a builder as dependencies: steps that were built, and what SageMaker's SDK has for one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from stepsmith.build.step_request import BuiltStep
from stepsmith.definition.model import COMPLETED, OUTCOMES
from stepsmith.definition.parameters import Parameter
from stepsmith.diagnostics import About, ConfigError, DefinitionError, Rule, short_repr, suggest_names

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class StepDependency:
    """A step that another waits for, the step that was built where it is one of ours, and the outcome asked for."""

    name: str
    built: BuiltStep | None = None
    trigger: str | None = None


def step_dependencies(dependencies: Iterable[Any]) -> list[StepDependency]:
    """What callers give as dependencies: built steps, and what SageMaker's SDK has for one, by its shape.

    Raises: ConfigError where one is none.
    """
    steps = None if isinstance(dependencies, str) else _listed(dependencies)
    if steps is None:
        message = f"dependencies are a list of steps, and not {short_repr(dependencies)}"
        raise ConfigError("STP214", message, fix="write a list: create_step([step])")
    return [_step_dependency(step) for step in steps]


def _listed(dependencies: Iterable[Any]) -> list[Any] | None:
    with suppress(TypeError, NotImplementedError, DefinitionError):  # values, the SDK's and ours, raise them for this
        return list(dependencies)
    return None


def _step_dependency(step: Any) -> StepDependency:
    if isinstance(step, BuiltStep):
        return StepDependency(step.name, step)
    trigger = _trigger_of(step)
    inner = step if trigger is None else getattr(step, "step", None)
    name = inner if trigger is not None and isinstance(inner, str) else getattr(inner, "name", None)
    if not isinstance(name, str) or isinstance(inner, Parameter | Enum) or hasattr(inner, "expr"):
        fix = "give the step itself; of a value that a function returns it is get_step(…), of workflow.step_outputs"
        message = f"a dependency is a step, with a name, and not {short_repr(step)}"
        raise ConfigError("STP214", message, fix=fix if hasattr(inner, "expr") else "")
    # That it is completed is what a step alone means.
    requested_trigger = None if trigger == COMPLETED else trigger
    built = inner if isinstance(inner, BuiltStep) else getattr(inner, "built_step", None)
    return StepDependency(
        name, built if requested_trigger is None and isinstance(built, BuiltStep) else None, requested_trigger
    )


def _trigger_of(step: Any) -> str | None:
    """The outcome that the SDK's StepDependency asks for, None where it is none."""
    trigger = getattr(getattr(step, "trigger", None), "value", None)
    if not isinstance(trigger, str):
        return None
    if trigger not in OUTCOMES:
        raise ConfigError("STP214", f"no step ends as {trigger!r}", fix=suggest_names(trigger, OUTCOMES))
    return trigger


RULES = (
    Rule(
        "STP214",
        "A dependency that is not a step",
        "`create_step` takes the steps to wait for: built steps, or steps of the SageMaker Python SDK. "
        "Without a name and a valid outcome, nothing can be waited for.",
        About.STEP,
        "Pass a list of steps: `create_step([step])`. For the return value of a function step, pass the step "
        "itself: `get_step(...)`.",
    ),
)
