"""Whether the entry points of a project's pyproject.toml lead to its tables of steps."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from stepsmith.diagnostics import Finding, Position, Suggestion, relative_to_cwd, suggest_names
from stepsmith.registry import BROKEN, GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# The section of the group, and a line in it. The standard library reads TOML from Python 3.11 on; this is enough of it.
_SECTION = re.compile(r"\s*\[(?P<name>.+)\]\s*(#.*)?")
_LINE = re.compile(r"\s*[\w.\"'-]+\s*=\s*[\"'](?P<reference>[^\"']+)[\"']")
_GROUPS = tuple(f"project.entry-points.{quote}{GROUP}{quote}" for quote in ('"', "'"))


def check_entry_points(project: Path) -> list[Finding]:
    """The entry points of the group that lead nowhere. The project's packages must be importable."""
    path = project / "pyproject.toml"
    if not path.is_file():
        return []
    return [
        Finding("STP012", message, "", fix, Position(relative_to_cwd(path), line, 1))
        for line, reference in _references(path.read_text(encoding="utf-8", errors="replace"))
        for message, fix in _problem(reference)
    ]


def _references(text: str) -> Iterator[tuple[int, str]]:
    """The line of each entry point of the group, and its object reference: `module:attribute`."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading, entry = _SECTION.fullmatch(line), _LINE.match(line)
        if heading:
            section = heading["name"].strip()
        elif entry and section in _GROUPS:
            yield number, entry["reference"]


def _problem(reference: str) -> Iterator[tuple[str, str | Suggestion]]:
    name, _, attribute = reference.partition(":")
    try:
        module = import_module(name)
    except BROKEN as error:
        fix = "name the package and its table, package:TABLE"
        yield f"the entry point {reference!r} cannot be loaded: {error}", fix
        return
    if not hasattr(module, attribute):
        message = f"the entry point {reference!r} leads nowhere: {name} has no {attribute!r}"
        yield message, suggest_names(attribute, vars(module))
