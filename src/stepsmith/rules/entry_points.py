"""Whether the entry points of a project's pyproject.toml lead to its tables of steps."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from stepsmith.diagnostics import Finding, Position, relative_to_cwd, suggest_names
from stepsmith.registry import BROKEN, GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stepsmith.diagnostics import Suggestion

# The section of the group, and a line in it. The standard library reads TOML from Python 3.11 on; this is enough of it.
_SECTION = re.compile(r"\s*\[(?P<name>.+)\]\s*(#.*)?")
_LINE = re.compile(r"\s*[\w.\"'-]+\s*=\s*[\"'](?P<place>[^\"']+)[\"']")
_GROUPS = tuple(f"project.entry-points.{quote}{GROUP}{quote}" for quote in ('"', "'"))


def check_entry_points(project: Path) -> list[Finding]:
    """The entry points of the group that lead nowhere; the project's packages can be imported by now."""
    path = project / "pyproject.toml"
    if not path.is_file():
        return []
    return [
        Finding("STP012", what, "", fix, Position(relative_to_cwd(path), line, 1))
        for line, place in _places(path.read_text(encoding="utf-8", errors="replace"))
        for what, fix in _fault(place)
    ]


def _places(text: str) -> Iterator[tuple[int, str]]:
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading, entry = _SECTION.fullmatch(line), _LINE.match(line)
        if heading:
            section = heading["name"].strip()
        elif entry and section in _GROUPS:
            yield number, entry["place"]


def _fault(place: str) -> Iterator[tuple[str, str | Suggestion]]:
    module, _, attribute = place.partition(":")
    try:
        found = import_module(module)
    except BROKEN as error:
        yield f"the entry point {place!r} cannot be loaded: {error}", "name the package and its table, package:TABLE"
        return
    if not hasattr(found, attribute):
        yield (
            f"the entry point {place!r} leads nowhere: {module} has no {attribute!r}",
            suggest_names(attribute, vars(found)),
        )
