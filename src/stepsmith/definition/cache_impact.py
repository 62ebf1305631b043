"""Which step caches are lost by what differs between two definitions, or may be, by what the steps read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.json_diff import function_name
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stepsmith.definition.definition_diff import DefinitionChange
    from stepsmith.definition.json_diff import Change

# Lists whose order is what they say; the order of named inputs may mean nothing.
_ORDERED = ("ContainerArguments", "ContainerEntrypoint")


@dataclass(frozen=True, slots=True)
class CacheLoss:
    """A step whose earlier results are not used again, and why: the attributes of its key, or what these read."""

    step: str
    because: tuple[str, ...]


def caches_lost(
    steps: Sequence[DefinitionChange], parameters: Sequence[DefinitionChange], now: Sequence[dict[str, Any]]
) -> tuple[tuple[CacheLoss, ...], tuple[CacheLoss, ...]]:
    """The steps that lose their cache, and those that may: what a reference reads, an execution alone knows."""
    differs = {entry.name: entry for entry in steps if entry.after is not None}
    cached = [step for step in now if _is_cached(step) and _had_cache(differs.get(step["Name"]))]
    lost: dict[str, tuple[str, ...]] = {}
    uncertain: dict[str, tuple[str, ...]] = {}
    for entry in differs.values():
        if _is_cached(entry.before):
            certain, possible = _key_changes(entry)
            if certain or possible:
                (lost if certain else uncertain)[entry.name] = certain or possible
    # What is read, and is not what it was: the defaults of parameters, and the steps that are executed anew.
    changed_sources = [
        f"Parameters.{one.name}" for one in parameters if not all(_is_of_choices(change) for change in one.changes)
    ]
    changed_sources += [f"Steps.{name}" for name, entry in differs.items() if not _is_cached(entry.after)]
    changed_sources += [f"Steps.{name}" for name in (*lost, *uncertain)]
    _spread(dict.fromkeys(changed_sources), _readers(cached), lost, uncertain)
    ordered = [step["Name"] for step in now]
    return _losses(lost, ordered), _losses(uncertain, ordered)


def _spread(
    changed_sources: Iterable[str],
    readers: Mapping[str, Sequence[str]],
    lost: Mapping[str, tuple[str, ...]],
    uncertain: dict[str, tuple[str, ...]],
) -> None:
    """Adds to `uncertain` each step that reads what is new, and each that reads such a step."""
    pending = list(changed_sources)
    for read in pending:
        for name in readers.get(read, ()):
            if name in lost:
                continue
            if name not in uncertain:
                pending.append(f"Steps.{name}")
            uncertain[name] = (*uncertain.get(name, ()), read)


def _losses(lost_steps: Mapping[str, tuple[str, ...]], ordered: Iterable[str]) -> tuple[CacheLoss, ...]:
    return tuple(CacheLoss(name, lost_steps[name]) for name in dict.fromkeys(ordered) if name in lost_steps)


def _cache_key(type_name: str) -> tuple[str, ...]:
    known = step_type(type_name)
    return known.cache_key if known else ()


def _is_cached(step: Mapping[str, Any] | None) -> bool:
    if step is None or not _cache_key(step["Type"]):
        return False
    return (step.get("CacheConfig") or {}).get("Enabled") is True


def _had_cache(entry: DefinitionChange | None) -> bool:
    return entry is None or _is_cached(entry.before)


def _key_changes(entry: DefinitionChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts of a step's cache key that have certainly changed, and those that may have, with what they read."""
    if not _is_cached(entry.after):
        return ("Type" if any(change.path == "Type" for change in entry.changes) else "CacheConfig",), ()
    certain: list[str] = []
    possible: list[str] = []
    for change in entry.changes:
        attributes = possible if _is_open(change) else certain
        attributes += ["Type"] if change.path == "Type" else _attributes(entry.type, change.path)
    return tuple(dict.fromkeys(certain)), tuple(dict.fromkeys(possible))


def _is_open(change: Change) -> bool:
    """Whether what stands there may be the same for an execution: another reference, another order of named inputs."""
    if change.kind == "reordered":
        return change.path.rpartition(".")[2] not in _ORDERED
    return change.kind == "changed" and bool(function_name(change.before) or function_name(change.after))


def _attributes(type_name: str, path: str) -> list[str]:
    """The attributes of the step's key that a path leads into, or through."""
    parts = [re.sub(r"\[\d+\]", "", part) for part in path.split(".")]
    return [
        key.removeprefix("Arguments.")
        for key in _cache_key(type_name)
        if all(one == other for one, other in zip(key.split("."), parts, strict=False))
    ]


def _is_of_choices(change: Change) -> bool:
    return change.path.startswith("EnumValues")


def _readers(steps: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names of the steps that read a step or a parameter in their key, by what is read (`Steps.prepare`)."""
    readers: dict[str, list[str]] = {}
    for step in steps:
        for read in dict.fromkeys(read for key in _cache_key(step["Type"]) for read in _reads(_at_path(step, key))):
            readers.setdefault(read, []).append(step["Name"])
    return readers


def _at_path(step: Mapping[str, Any], path: str) -> Any:
    value: Any = step
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _reads(value: Any) -> Iterator[str]:
    """What the references in a value read: `Parameters.<name>`, `Steps.<name>`."""
    if isinstance(value, list):
        for entry in value:
            yield from _reads(entry)
    elif isinstance(value, dict):
        if isinstance(value.get("Get"), str):
            yield ".".join(value["Get"].split(".")[:2])
        for entry in value.values():
            yield from _reads(entry)
