"""Findings that are chosen by their codes, and those that a comment in the file says to ignore, with its reason."""

from __future__ import annotations

import io
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Position, Rule, relative_to_cwd
from stepsmith.diagnostics.catalogue import RETIRED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


_COMMENT = re.compile(r"(?:^|\s)#\s*stepsmith:\s*ignore\b(?P<body>.*)")
_CODES = re.compile(r"\s+(?P<codes>[A-Z]{3}\d{3}(?:\s*,\s*[A-Z]{3}\d{3})*)(?P<reason>.*)")
_MODEL = "    pretrained_model_path: model/\n"
NO_REASON, NOTHING, NO_CODE = RULES = (
    Rule(
        "CHK001",
        "An ignore comment without a reason",
        "Whoever reads the comment later must know why the finding does not matter here.",
        About.COMMENT,
        "Write the reason after the code: `# stepsmith: ignore RES010 because ...`",
        Example("pipeline.yaml", _MODEL, "    pretrained_model_path: model/ # stepsmith: ignore DEF170\n"),
    ),
    Rule(
        "CHK002",
        "An ignore comment that matches no finding",
        "The problem was fixed, or is on another line. The comment could hide a new problem.",
        About.COMMENT,
        "Remove the comment, or move it to the line of the finding.",
        Example("pipeline.yaml", _MODEL, "    pretrained_model_path: model/ # stepsmith: ignore DEF170 it is public\n"),
        is_warning=True,
    ),
    Rule(
        "CHK003",
        "An ignore comment without a code",
        "It ignores nothing. A code consists of three capital letters and three digits.",
        About.COMMENT,
        "Write a code and a reason: `# stepsmith: ignore RES010 because ...`",
        Example("pipeline.yaml", _MODEL, "    pretrained_model_path: model/ # stepsmith: ignore DEF it is public\n"),
    ),
)


def filter_by_code(findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]) -> list[Finding]:
    """The findings whose codes begin with one of `select`, where it has any, and with none of `ignore`."""
    return [
        finding
        for finding in findings
        if (not select or finding.code.startswith(tuple(select))) and not finding.code.startswith(tuple(ignore))
    ]


@dataclass(frozen=True, slots=True)
class _IgnoreComment:
    """A comment: its position, the line that it is about, its codes and its reason."""

    position: Position
    line: int
    codes: tuple[str, ...]
    reason: str


def drop_ignored(
    findings: Iterable[Finding], texts: Mapping[Path, str], own: Collection[Path] = (), *, is_complete: bool = True
) -> list[Finding]:
    """The findings that no comment on their line, or by itself on the line above, ignores; and findings about comments.

    `texts` are the files to search for comments. A comment that ignores nothing is reported only in a file of `own`,
    because something else may read it in the others; and only if the check is complete, because otherwise it may ignore
    something later.
    """
    comments = [comment for path, text in texts.items() for comment in _ignore_comments(path, text)]
    own_files = {relative_to_cwd(path) for path in own} if is_complete else set()
    by_line: dict[tuple[str, int], list[_IgnoreComment]] = {}
    for comment in comments:
        by_line.setdefault((comment.position.file, comment.line), []).append(comment)
    used: set[tuple[Position, str]] = set()
    kept = []
    for finding in findings:
        position = finding.position
        on_line = by_line.get((position.file, position.line), ()) if position else ()
        ignoring = [comment for comment in on_line if finding.code in comment.codes and comment.reason]
        used.update((comment.position, finding.code) for comment in ignoring)
        if not ignoring:
            kept.append(finding)
    for comment in comments:
        if not comment.codes:
            fix = "write a code, and the reason: # stepsmith: ignore RES010 because …"
            kept.append(NO_CODE.finding("the comment names no code to ignore", position=comment.position, fix=fix))
        elif not comment.reason:
            message = f"nothing says why {', '.join(comment.codes)} is ignored here"
            kept.append(NO_REASON.finding(message, position=comment.position, fix="write the reason after the code"))
        elif comment.position.file in own_files:
            kept += [
                NOTHING.finding(f"{code} is not found here", position=comment.position, fix="remove the comment")
                for code in comment.codes
                if (comment.position, code) not in used and code not in RETIRED
            ]
    return kept


def _ignore_comments(path: Path, text: str) -> Iterator[_IgnoreComment]:
    file = relative_to_cwd(path)
    for line, column, comment, is_alone in _comments(text, is_python=path.suffix == ".py"):
        match = _COMMENT.search(comment)
        if match:
            parts = _CODES.fullmatch(match["body"])
            codes = tuple(code.strip() for code in parts["codes"].split(",")) if parts else ()
            reason = parts["reason"].strip(" :-") if parts else ""
            position = Position(file, line, column + match.start() + (match[0][0] != "#") + 1)
            yield _IgnoreComment(position, line + is_alone, codes, reason)


def _comments(text: str, *, is_python: bool) -> Iterator[tuple[int, int, str, bool]]:
    """Each comment: its line, the column before it, its text, and whether nothing else is on its line."""
    if is_python:
        with suppress(tokenize.TokenError, SyntaxError):  # reported elsewhere
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    yield *token.start, token.string, not token.line[: token.start[1]].strip()
        return
    for number, line in enumerate(text.splitlines(), 1):
        before = line.partition("# stepsmith:")[0]
        if "#" in line and before.count('"') % 2 == 0 and before.count("'") % 2 == 0:  # else it is in a quoted text
            yield number, 0, line, line.lstrip().startswith("#")


def relative_positions(findings: Iterable[Finding], folder: Path) -> list[Finding]:
    """Findings whose positions are relative to `folder`, with positions relative to the working directory."""
    return [
        replace(finding, position=replace(position, file=relative_to_cwd(folder / position.file)))
        if (position := finding.position)
        else finding
        for finding in findings
    ]
