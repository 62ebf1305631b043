"""What differs between two definitions, as data: parameters, steps, each value by its path, and the step caches lost.

What has a name (a step, a parameter, an input) is compared with what has the same name, wherever it stands.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from stepsmith.definition.cache_impact import CacheLoss, caches_lost
from stepsmith.definition.emit import emit
from stepsmith.definition.json_diff import Change, ChangeKind, changes_of
from stepsmith.sagemaker.step_types import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.definition.model import PipelineDefinition


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A parameter or a step that differs. `within` is the branch of the condition that it stands in, or "".

    `before` and `after` are its JSON, without the steps of its branches, which are entries of their own.
    """

    kind: ChangeKind
    name: str
    type: str
    within: str
    changes: tuple[Change, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs. `pipeline` is what stands beside parameters and steps, and their order.

    `loses_cache` is certain; `may_lose_cache` hangs on values that only an execution knows.
    """

    pipeline: tuple[Change, ...]
    parameters: tuple[DefinitionChange, ...]
    steps: tuple[DefinitionChange, ...]
    loses_cache: tuple[CacheLoss, ...]
    may_lose_cache: tuple[CacheLoss, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        return not (self.pipeline or self.parameters or self.steps)


def difference(before: PipelineDefinition, after: PipelineDefinition) -> Difference:
    """What differs in `after` from what is in `before`.

    >>> from stepsmith.definition.model import PipelineDefinition, Step
    >>> one, other = (PipelineDefinition((Step("stop", "Fail", {"ErrorMessage": text}),)) for text in "ab")
    >>> difference(one, other).steps[0].changes
    (Change(kind='changed', path='Arguments.ErrorMessage', place='Arguments.ErrorMessage', before='a', after='b'),)
    """
    old, new = json.loads(emit(before)), json.loads(emit(after))
    old_steps, new_steps = _by_name(_flat(old["Steps"])), _by_name(_flat(new["Steps"]))
    old_parameters, new_parameters = (_by_name(("", one) for one in all_.get("Parameters", [])) for all_ in (old, new))
    parameters = tuple(_changes_of_each(old_parameters, new_parameters))
    steps = tuple(_changes_of_each(old_steps, new_steps))
    order = (*_order("Parameters", old_parameters, new_parameters), *_order("Steps", old_steps, new_steps))
    pipeline = (*changes_of(_beside(old), _beside(new)), *order)
    return Difference(
        pipeline, parameters, steps, *caches_lost(steps, parameters, [one.json for one in new_steps.values()])
    )


@dataclass(frozen=True, slots=True)
class _StepInPlace:
    within: str
    json: dict[str, Any]


# A name, and how many of that name stand before it: of a definition that is not valid there may be some.
_Key: TypeAlias = tuple[str, int]


def _beside(json: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in json.items() if key not in ("Parameters", "Steps")}


def _flat(steps: Iterable[dict[str, Any]], within: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step with the branch that it stands in, without the steps of its own branches, which follow it."""
    for step in steps:
        arguments = step.get("Arguments", {})
        branches = [name for name in branches_of(step["Type"]) if name in arguments]
        own = {key: value for key, value in arguments.items() if key not in branches}
        yield within, {**step, "Arguments": own} if branches else step
        for name in branches:
            yield from _flat(arguments[name], f"{step['Name']}.{name}")


def _by_name(items: Iterable[tuple[str, dict[str, Any]]]) -> dict[_Key, _StepInPlace]:
    name_counts: Counter[str] = Counter()
    by_name: dict[_Key, _StepInPlace] = {}
    for within, item in items:
        name = item["Name"]
        by_name[name, name_counts[name]] = _StepInPlace(within, item)
        name_counts[name] += 1
    return by_name


def _changes_of_each(old: Mapping[_Key, _StepInPlace], new: Mapping[_Key, _StepInPlace]) -> Iterator[DefinitionChange]:
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        if was and now:
            changes = tuple(changes_of(was.json, now.json))
            if was.within != now.within:
                changes = (Change("moved", "", "", was.within, now.within), *changes)
            if changes:
                yield DefinitionChange("changed", key[0], now.json["Type"], now.within, changes, was.json, now.json)
        elif now:
            yield DefinitionChange("added", key[0], now.json["Type"], now.within, (), None, now.json)
        elif was:
            yield DefinitionChange("removed", key[0], was.json["Type"], was.within, (), was.json, None)


def _order(path: str, old: Mapping[_Key, _StepInPlace], new: Mapping[_Key, _StepInPlace]) -> Iterator[Change]:
    """What stands in the same list in both, in another order: of the pipeline, or of each branch of a condition."""
    earlier, later = _stays(old, new), _stays(new, old)
    for within, names in later.items():
        if names != earlier[within]:
            condition, _, branch = within.rpartition(".")
            place = f"{path}[{condition!r}].Arguments.{branch}" if within else path
            yield Change("reordered", place, place, earlier[within], names)


def _stays(earlier_items: Mapping[_Key, _StepInPlace], others: Mapping[_Key, _StepInPlace]) -> dict[str, list[str]]:
    """The names of what stands in the same list in both, in the order of these, by the branch."""
    names: dict[str, list[str]] = {}
    for key, one in earlier_items.items():
        if key in others and others[key].within == one.within:
            names.setdefault(one.within, []).append(key[0])
    return names
