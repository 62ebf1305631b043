"""What differs between two JSON values, path by path; what has a name is compared with what has the same name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stepsmith.sagemaker.step_types import port_name_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ChangeKind: TypeAlias = Literal["added", "removed", "changed", "reordered", "moved"]

# Members that name the entries of lists, besides those of the inputs and outputs of the step types.
_NAMES = ("PropertyFileName", "Key", "DefinitionName", "RuleConfigurationName", "VariantName", "ContainerHostname")
_PLAIN = re.compile(r"[\w:-]+")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs.

    `path` leads to it from the step or parameter that it is in, or from the top; its positions are those of the later
    definition, or of the earlier one where it was removed; `place` is the same with names in place of positions. Of a
    reordering `before` and `after` are the names, or the values, in their order; of a step that moved they are where it
    stands, and "" is the pipeline itself.
    """

    kind: ChangeKind
    path: str
    place: str
    before: Any = None
    after: Any = None


def changes_of(before: Any, after: Any) -> Iterator[Change]:
    """Each value that differs, by its path.

    >>> [change.place for change in changes_of([{"Name": "a", "X": 1}], [{"Name": "a", "X": 2}])]
    ["['a'].X"]
    """
    return _changes(before, after, _At())


def function_name(value: Any) -> str:
    """The function of the language that a value is, whose parts mean nothing without each other; or ""."""
    key = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else ""
    return key.removeprefix("Std:") if key == "Get" or key.startswith("Std:") else ""


@dataclass(frozen=True, slots=True)
class _At:
    path: str = ""
    place: str = ""
    member: str = ""

    def key(self, key: str) -> _At:
        part = key if _PLAIN.fullmatch(key) else f"[{key!r}]"
        dot = "." if self.path and part[0] != "[" else ""
        return _At(f"{self.path}{dot}{part}", f"{self.place}{dot}{part}", key)

    def item(self, index: int, name: str | None = None) -> _At:
        return _At(f"{self.path}[{index}]", f"{self.place}[{index if name is None else repr(name)}]")

    def change(self, kind: ChangeKind, before: Any = None, after: Any = None) -> Change:
        return Change(kind, self.path, self.place, before, after)


def _changes(before: Any, after: Any, at: _At) -> Iterator[Change]:
    if (
        isinstance(before, dict)
        and isinstance(after, dict)
        and function_name(before) == function_name(after) in ("", "Join")
    ):
        yield from _of_objects(before, after, at)
    elif isinstance(before, list) and isinstance(after, list):
        name = _naming((before, after), at.member)
        yield from _of_named(before, after, at, name) if name else _of_lists(before, after, at)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield at.change("changed", before, after)


def _of_objects(before: dict[str, Any], after: dict[str, Any], at: _At) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield at.key(key).change("removed", before=before[key])
        elif key not in before:
            yield at.key(key).change("added", after=after[key])
        else:
            yield from _changes(before[key], after[key], at.key(key))


def _naming(lists: tuple[list[Any], list[Any]], member: str) -> Callable[[Any], str] | None:
    """What gives the entries of both lists their names; None where they have none, or two have the same."""
    if member == "DependsOn":
        # A step's name, or an object of the name and the outcome of it that is asked for.
        candidates: list[Callable[[Any], Any]] = [lambda entry: entry.get("Step") if isinstance(entry, dict) else entry]
    elif all(isinstance(entry, dict) for entries in lists for entry in entries):
        # The first that each entry has, no two the same.
        members = ("Name", *port_name_members(), *_NAMES)
        candidates = [lambda entry, key=key: entry.get(key) for key in members]  # type: ignore[misc]
    else:
        return None
    for name in candidates:
        found = [[name(entry) for entry in entries] for entries in lists]
        if all(isinstance(one, str) for names in found for one in names) and all(
            len(set(names)) == len(names) for names in found
        ):
            return name
    return None


def _of_named(before: list[Any], after: list[Any], at: _At, name: Callable[[Any], str]) -> Iterator[Change]:
    old = {name(entry): index for index, entry in enumerate(before)}
    new = {name(entry): index for index, entry in enumerate(after)}
    for key, index in old.items():
        if key not in new:
            yield at.item(index, key).change("removed", before=before[index])
    for key, index in new.items():
        if key not in old:
            yield at.item(index, key).change("added", after=after[index])
        else:
            yield from _changes(before[old[key]], after[index], at.item(index, key))
    earlier, later = [key for key in old if key in new], [key for key in new if key in old]
    if earlier != later:
        yield at.change("reordered", earlier, later)


def _of_lists(before: list[Any], after: list[Any], at: _At) -> Iterator[Change]:
    """Lists whose entries have no names: what is between the same beginning and the same end is paired in order."""
    old, new = ([json.dumps(entry, sort_keys=True) for entry in entries] for entries in (before, after))
    if old != new and sorted(old) == sorted(new):
        yield at.change("reordered", before, after)
        return
    start = _same_beginning(old, new)
    end = _same_beginning(old[start:][::-1], new[start:][::-1])
    olds, news = range(start, len(old) - end), range(start, len(new) - end)
    for one, other in zip(olds, news, strict=False):
        yield from _changes(before[one], after[other], at.item(other, _option(after[other - 1]) if other else None))
    for index in olds[len(news) :]:
        yield at.item(index).change("removed", before=before[index])
    for index in news[len(olds) :]:
        yield at.item(index).change("added", after=after[index])


def _option(value: Any) -> str | None:
    """The option (`--seed`) that a value among arguments belongs to, when it stands before it."""
    return value if isinstance(value, str) and value.startswith("--") else None


def _same_beginning(old: Sequence[str], new: Sequence[str]) -> int:
    return next(
        (index for index, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )
