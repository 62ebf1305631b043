"""Findings as people and programs read them: text, JSON, and annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.diagnostics.finding import Finding


def render_text(findings: Iterable[Finding]) -> str:
    """The findings as text; a finding that several places share is shown once, with all of them.

    A line is never broken by what a finding tells, and a terminal has nothing to obey in it.
    """
    return "\n".join(map(printable, _lines(findings)))


def printable(text: str) -> str:
    r"""A text as one line, in which each character that a terminal would obey, or not show, is escaped.

    >>> print(printable("a\x1b[31m\nb\u202e"))
    a\x1b[31m b\u202e
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else " " if one.isspace() else _escape(one) for one in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.code, finding.message, str(finding.suggestion)), []).append(finding)
    for (code, message, suggestion), found in alike.items():
        places = ", ".join(place for place in map(_place, found) if place)
        yield f"{code} {places}: {message}" if places else f"{code} {message}"
        if found[0].position:
            yield from (f"  | {line}" for line in found[0].position.excerpt.splitlines())
        if suggestion:
            yield f"  fix: {suggestion}"


def _place(finding: Finding) -> str:
    return " ".join(part for part in (finding.at, finding.where) if part)


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON object; what is not known is null."""
    position = finding.position
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "step": finding.step,
        "field": finding.field,
        "path": finding.where or None,
        "suggestion": {"text": str(finding.suggestion), "values": list(finding.suggestion.values)}
        if finding.suggestion
        else None,
        "position": {
            "file": position.file,
            "line": position.line or None,
            "column": position.column or None,
            "excerpt": position.excerpt or None,
        }
        if position
        else None,
        "data": dict(finding.data),
    }


def github_annotation(finding: Finding) -> str:
    """A finding as a GitHub annotation.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands.
    """
    position = finding.position
    place = {"file": position.file, "line": position.line, "col": position.column} if position else {}
    given = {**{key: value for key, value in place.items() if value}, "title": finding.code}
    properties = ",".join(f"{key}={_escaped(printable(str(value)), ':,')}" for key, value in given.items())
    told = printable(f"{finding.message}; fix: {finding.suggestion}" if finding.suggestion else finding.message)
    return f"::{finding.severity.value} {properties}::{_escaped(told)}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
