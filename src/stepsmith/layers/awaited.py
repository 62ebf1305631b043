"""What callers give a builder as dependencies: steps that were built, and what SageMaker's SDK has for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stepsmith.definition.model import COMPLETED
from stepsmith.errors import ConfigError
from stepsmith.layers.built import BuiltStep

_MOST_CHARACTERS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Awaited:
    """A step that another waits for, the step that was built where it is one of ours, and the outcome asked for."""

    name: str
    built: BuiltStep | None = None
    trigger: str | None = None


def awaited_steps(dependencies: Iterable[Any]) -> list[Awaited]:
    """What callers give as dependencies: built steps, and what SageMaker's SDK has for one, by its shape.

    Raises: ConfigError where one is none.
    """
    if isinstance(dependencies, str) or not isinstance(dependencies, Iterable):
        fix = "write a list: create_step([step])"
        raise ConfigError("STP214", f"dependencies are a list of steps, and not {_shown(dependencies)}", fix=fix)
    return [_awaited(step) for step in dependencies]


def _awaited(step: Any) -> Awaited:
    if isinstance(step, BuiltStep):
        return Awaited(step.name, step)
    # The SDK's StepDependency, of which "Completed" is what a step alone means.
    trigger = getattr(getattr(step, "trigger", None), "value", None)
    asked = trigger if isinstance(trigger, str) and trigger != COMPLETED else None
    inner = step if trigger is None else getattr(step, "step", None)
    name = inner if trigger is not None and isinstance(inner, str) else getattr(inner, "name", None)
    if not isinstance(name, str):
        fix = "give its step: get_step(…), of the SDK's workflow.step_outputs" if hasattr(step, "expr") else ""
        raise ConfigError("STP214", f"a dependency is a step, with a name, and not {_shown(step)}", fix=fix)
    built = getattr(inner, "built_step", None)
    return Awaited(name, built if asked is None and isinstance(built, BuiltStep) else None, asked)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS_SHOWN else f"{text[:_MOST_CHARACTERS_SHOWN]}…"
