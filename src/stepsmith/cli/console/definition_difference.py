"""Prints the difference of two definitions: what is added, removed and changed, and which steps lose their cache."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from stepsmith.cli.console.screen import is_terminal, print_line, print_wrapped
from stepsmith.diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepsmith.definition.cache_impact import CacheLoss
    from stepsmith.definition.definition_diff import DefinitionChange, Difference
    from stepsmith.definition.json_diff import Change

_MARKS = {"added": "+", "removed": "-", "changed": "~"}
_UNFOLDED_COLUMNS = 1_000_000
# How many characters two long values show before they begin to differ, and the fewest that any value shows.
_BEFORE_CHARACTERS, _LEAST_CHARACTERS = 24, 30


def print_difference(difference: Difference) -> None:
    """Prints what differs: the pipeline, its parameters, its steps value by value, and the caches that are lost."""
    if difference.is_none:
        print_line("no difference")
    if difference.pipeline:
        print_line("~ pipeline")
        _print_changes(difference.pipeline)
    for what, entries in (("parameter", difference.parameters), ("step", difference.steps)):
        for entry in entries:
            _print_entry(what, entry)
    _print_losses("loses its cache", difference.loses_cache)
    _print_losses("may lose its cache, by what it reads", difference.may_lose_cache)


def _print_entry(what: str, entry: DefinitionChange) -> None:
    facts = entry.type + (f", in {entry.within}" if entry.within else "")
    definition = entry.after if entry.before is None else entry.before if entry.after is None else {}
    if what == "parameter" and definition and "DefaultValue" in definition:
        facts += f" = {_json(definition['DefaultValue'])}"
    print_wrapped(f"{_MARKS[entry.kind]} {what} {entry.name} ({facts})", indent=4)
    _print_changes(entry.changes)


def _print_changes(changes: Iterable[Change]) -> None:
    for change in changes:
        if change.kind == "moved":
            print_wrapped(
                f"    moved: {_step_or_pipeline(change.before)} -> {_step_or_pipeline(change.after)}", indent=6
            )
        elif change.kind == "reordered":
            _print_pair(f"{change.place}, reordered", _list(change.before), _list(change.after))
        elif change.kind == "changed":
            _print_pair(change.place, _json(change.before), _json(change.after))
        else:
            _print_change(change)


def _step_or_pipeline(within: str) -> str:
    return within or "the pipeline itself"


def _print_pair(head: str, before: str, after: str) -> None:
    """Prints `head: before -> after`, on one line where it fits, and else each of the two on its own."""
    line = printable(f"    {head}: {before} -> {after}")
    if len(line) <= _columns():
        print_line(line)
        return
    _print_path(f"    {head}:")
    room = max(_columns() - len("      - "), _LEAST_CHARACTERS)
    # Where both are cut, both are cut at the same place, so that what differs is visible.
    first_difference = next((i for i, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), 0)
    start = max(0, first_difference - _BEFORE_CHARACTERS)
    for mark, text in (("-", before), ("+", after)):
        print_line(printable(f"      {mark} {_cut(text, room, start)}"))


def _print_change(change: Change) -> None:
    value = _json(change.after if change.kind == "added" else change.before)
    head = f"    {_MARKS[change.kind]} {change.place}:"
    if len(head) + 1 + len(value) <= _columns():
        print_line(printable(f"{head} {value}"))
        return
    _print_path(head)
    print_line(printable(f"        {_cut(value, max(_columns() - 8, _LEAST_CHARACTERS), 0)}"))


def _print_path(text: str) -> None:
    """Prints a path, in a terminal folded before a dot."""
    text = printable(text)
    while len(text) > _columns() and (dot := text.rfind(".", 7, _columns())) > 0:
        print_line(text[:dot])
        text = f"      {text[dot:]}"
    print_line(text)


def _cut(text: str, room: int, start: int) -> str:
    """At most `room` characters of a text, with what is at `start` among them."""
    if len(text) <= room:
        return text
    start = min(start, len(text) - room)
    excerpt = f"...{text[start + 3 :]}" if start else text
    return excerpt if len(excerpt) <= room else f"{excerpt[: room - 3]}..."


def _print_losses(what: str, losses: Iterable[CacheLoss]) -> None:
    steps = ", ".join(f"{loss.step} ({', '.join(loss.because)})" for loss in losses)
    if steps:
        print_wrapped(f"{what}: {steps}", indent=2)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Iterable[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else _json(value) for value in values)


def _columns() -> int:
    return shutil.get_terminal_size().columns if is_terminal() else _UNFOLDED_COLUMNS
