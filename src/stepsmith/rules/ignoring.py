"""Findings that are chosen by their codes, and those that a comment in the file says to ignore, with its reason."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stepsmith.errors import Finding

_IGNORE = re.compile(r"#\s*stepsmith:\s*ignore\s+(?P<codes>[A-Z]{3}\d{3}(?:\s*,\s*[A-Z]{3}\d{3})*)(?P<reason>.*)")
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::\d+)?")
_MODEL = "    pretrained_model_path: model/\n"
NO_REASON, NOTHING = RULES = (
    Rule(
        "CHK001",
        "An ignore without a reason",
        "Who reads it later has to know why the finding does not matter here.",
        About.PIPELINE,
        Example("pipeline.yaml", _MODEL, "    pretrained_model_path: model/ # stepsmith: ignore DEF170\n"),
    ),
    Rule(
        "CHK002",
        "An ignore of what is not found",
        "It was mended, or stands on another line, and would hide the next one.",
        About.PIPELINE,
        Example("pipeline.yaml", _MODEL, "    pretrained_model_path: model/ # stepsmith: ignore DEF170 it is public\n"),
        is_warning=True,
    ),
)


def chosen(findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]) -> list[Finding]:
    """The findings whose codes begin with one of `select`, where it has any, and with none of `ignore`."""
    return [
        finding
        for finding in findings
        if (not select or finding.code.startswith(tuple(select))) and not finding.code.startswith(tuple(ignore))
    ]


def without_ignored(findings: Iterable[Finding], files: Iterable[Path]) -> list[Finding]:
    """The findings that no comment ignores, on their line or alone on the one above, and what is wrong with comments.

    `files` are those in which comments are looked for; a finding names its own by the path that it is told with.
    """
    ignores = {(seen, line): (codes, reason) for seen, line, codes, reason in _ignores(files)}
    used: set[tuple[str, int, str]] = set()
    kept = []
    for finding in findings:
        places = _places(finding, ignores)
        if places:
            used.update((*place, finding.code) for place in places)
        else:
            kept.append(finding)
    for (file, line), (codes, reason) in ignores.items():
        at = f"{file}:{line}:1"
        if not reason:
            what = f"nothing says why {', '.join(codes)} is ignored here"
            kept.append(NO_REASON.finding(what, at=at, fix="write the reason after the code"))
        kept += [
            NOTHING.finding(f"{code} is not found here", at=at, fix="remove the comment")
            for code in codes
            if reason and (file, line, code) not in used
        ]
    return kept


def _ignores(files: Iterable[Path]) -> Iterator[tuple[str, int, tuple[str, ...], str]]:
    """Each comment: its file, the line that it is about, its codes and its reason."""
    for path in dict.fromkeys(files):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, 1):
            comment = _IGNORE.search(line)
            if comment:
                alone = line.lstrip().startswith("#")
                codes = tuple(code.strip() for code in comment["codes"].split(","))
                yield str(path), number + alone, codes, comment["reason"].strip(" :-")


def _places(finding: Finding, ignores: dict[tuple[str, int], tuple[tuple[str, ...], str]]) -> list[tuple[str, int]]:
    place = _PLACE.fullmatch(finding.at)
    if place is None:
        return []
    found = [
        (file, int(place["line"]))
        for file, line in ignores
        if line == int(place["line"]) and _is_of(place["file"], file)
    ]
    return [key for key in found if finding.code in ignores[key][0] and ignores[key][1]]


def _is_of(told: str, file: str) -> bool:
    """Whether a finding's file, as it is told, is a file."""
    return Path(file) == Path(told) or Path(file).name == told


def relocated(findings: Iterable[Finding], file: Path, seen: str) -> list[Finding]:
    """Findings of a pipeline's file, which name it alone, with its path as a person here sees it."""
    return [
        replace(finding, at=f"{seen}{finding.at[len(file.name) :]}")
        if finding.at == file.name or finding.at.startswith(f"{file.name}:")
        else finding
        for finding in findings
    ]
