"""`stepsmith diff`: what changes from one definition to another, and which steps lose their cache by it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.console.screen import error_as_json, is_terminal, print_json, print_line, print_wrapped
from stepsmith.cli.definition_files import definition_argument, read_definition
from stepsmith.cli.options import json_option
from stepsmith.definition.definition_diff import Difference, difference
from stepsmith.diagnostics import DefinitionError, RunError, StepsmithError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stepsmith.definition.cache_impact import CacheLoss
    from stepsmith.definition.definition_diff import DefinitionChange
    from stepsmith.definition.json_diff import Change

# As diff(1) exits.
SAME, DIFFERENT, TROUBLE = 0, 1, 2
_MARKS = {"added": "+", "removed": "-", "changed": "~"}
_UNFOLDED_COLUMNS = 1_000_000
# So much of two long values is shown before they begin to differ; and never less than this of any.
_BEFORE_CHARACTERS, _LEAST_CHARACTERS = 24, 30


@click.command("diff")
@definition_argument("a")
@definition_argument("b")
@json_option
def command(a: Path, b: Path, as_json: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Show what changes from A to B, step by step and value by value, and which steps lose their cache by it.

    Each is a definition as JSON, the answer of DescribePipeline, what `stepsmith compile` prints, or a pipeline.yaml;
    one may be -, standard input. Exits with 0 when they are the same, 1 when they differ, 2 when one cannot be read.

    \b
    Example: stepsmith diff deployed.json pipeline.yaml
    """
    if str(a) == str(b) == "-":
        raise click.UsageError("standard input can be one of the two only")
    try:
        found = _difference(a, b)
    except StepsmithError as error:
        # Everywhere else that is 1, which says here that they differ.
        if as_json:
            print_json(error_as_json(error))
        print_line(str(error), err=True)
        return TROUBLE
    if as_json:
        print_json({"status": "Same" if found.is_none else "Different", **asdict(found)})
    else:
        print_difference(found)
    return SAME if found.is_none else DIFFERENT


def _difference(a: Path, b: Path) -> Difference:
    try:
        return difference(read_definition(a).definition, read_definition(b).definition)
    except RecursionError:
        raise DefinitionError("DEF020", "one of them is nested too deep to be compared") from None
    except StepsmithError:
        raise
    except OSError as error:
        what = f"this machine refuses{f' {error.filename}' if error.filename else ''}: {error.strerror or error}"
        raise RunError("RUN009", what, fix="see that it is there and can be read") from error


def print_difference(found: Difference) -> None:
    """Prints what differs: the pipeline, its parameters, its steps value by value, and the caches that are lost."""
    if found.is_none:
        print_line("no difference")
    if found.pipeline:
        print_line("~ pipeline")
        _say_changes(found.pipeline)
    for what, entries in (("parameter", found.parameters), ("step", found.steps)):
        for entry in entries:
            _say_entry(what, entry)
    _say_losses("loses its cache", found.loses_cache)
    _say_losses("may lose its cache, by what it reads", found.may_lose_cache)


def _say_entry(what: str, entry: DefinitionChange) -> None:
    facts = entry.type + (f", in {entry.within}" if entry.within else "")
    whole = entry.after if entry.before is None else entry.before if entry.after is None else {}
    if what == "parameter" and whole and "DefaultValue" in whole:
        facts += f" = {_json(whole['DefaultValue'])}"
    print_wrapped(f"{_MARKS[entry.kind]} {what} {entry.name} ({facts})", indent=4)
    _say_changes(entry.changes)


def _say_changes(changes: Iterable[Change]) -> None:
    for change in changes:
        if change.kind == "moved":
            print_wrapped(f"    moved: {_place(change.before)} -> {_place(change.after)}", indent=6)
        elif change.kind == "reordered":
            _say_pair(f"{change.place}, reordered", _list(change.before), _list(change.after))
        elif change.kind == "changed":
            _say_pair(change.place, _json(change.before), _json(change.after))
        else:
            _say_one(change)


def _place(within: str) -> str:
    return within or "the pipeline itself"


def _say_pair(head: str, before: str, after: str) -> None:
    """Prints `head: before -> after`, on one line where it fits, and else each of the two on its own."""
    line = printable(f"    {head}: {before} -> {after}")
    if len(line) <= _columns():
        print_line(line)
        return
    _say_head(f"    {head}:")
    room = max(_columns() - len("      - "), _LEAST_CHARACTERS)
    # Where both are cut, both are cut at the same place, so that what differs is seen.
    same = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    start = max(0, same - _BEFORE_CHARACTERS)
    for mark, text in (("-", before), ("+", after)):
        print_line(printable(f"      {mark} {_cut(text, room, start)}"))


def _say_one(change: Change) -> None:
    value = _json(change.after if change.kind == "added" else change.before)
    head = f"    {_MARKS[change.kind]} {change.place}:"
    if len(head) + 1 + len(value) <= _columns():
        print_line(printable(f"{head} {value}"))
        return
    _say_head(head)
    print_line(printable(f"        {_cut(value, max(_columns() - 8, _LEAST_CHARACTERS), 0)}"))


def _say_head(text: str) -> None:
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
    shown = f"...{text[start + 3 :]}" if start else text
    return shown if len(shown) <= room else f"{shown[: room - 3]}..."


def _say_losses(what: str, losses: Iterable[CacheLoss]) -> None:
    told = ", ".join(f"{loss.step} ({', '.join(loss.because)})" for loss in losses)
    if told:
        print_wrapped(f"{what}: {told}", indent=2)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Iterable[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else _json(value) for value in values)


def _columns() -> int:
    return shutil.get_terminal_size().columns if is_terminal() else _UNFOLDED_COLUMNS
