"""Findings as people and programs read them: text, JSON, and annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.diagnostics.finding import Finding


def render_text(findings: Iterable[Finding]) -> str:
    """The findings as text; a finding that several places share is shown once, with all of them.

    A finding's text cannot break its line, and it contains nothing that controls a terminal.
    """
    return "\n".join(map(printable, _lines(findings)))


def printable(text: str) -> str:
    r"""A text as one line, in which each character that controls a terminal, or is not visible, is escaped.

    >>> print(printable("a\x1b[31m\nb\u202e"))
    a\x1b[31m b\u202e
    """
    if text.isprintable():
        return text
    return "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.message, str(finding.suggestion)), []).append(finding)
    for (code, message, suggestion), alike in groups.items():
        locations = ", ".join(filter(None, (" ".join(filter(None, (finding.at, finding.where))) for finding in alike)))
        yield f"{code} {locations}: {message}" if locations else f"{code} {message}"
        if alike[0].position:
            yield from (f"  | {line}" for line in alike[0].position.excerpt.splitlines())
        if suggestion:
            yield f"  fix: {suggestion}"


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON object. Unknown values are null."""
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
    location = {"file": position.file, "line": position.line, "col": position.column} if position else {}
    parameters = {**{key: value for key, value in location.items() if value}, "title": finding.code}
    properties = ",".join(f"{key}={_escaped(printable(str(value)), ':,')}" for key, value in parameters.items())
    text = f"{finding.message}; fix: {finding.suggestion}" if finding.suggestion else finding.message
    return f"::{finding.severity.value} {properties}::{_escaped(printable(text))}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
