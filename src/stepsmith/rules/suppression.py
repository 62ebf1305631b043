"""Findings that are chosen by their codes, and those that a comment in the file says to ignore, with its reason."""

from __future__ import annotations

import io
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Position, Rule, relative_to_cwd
from stepsmith.diagnostics.catalogue import RETIRED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from stepsmith.diagnostics import Finding

_COMMENT = re.compile(r"(?:^|\s)#\s*stepsmith:\s*ignore\b(?P<said>.*)")
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
class _Ignore:
    """A comment: its position, the line that it is about, its codes and its reason."""

    at: Position
    line: int
    codes: tuple[str, ...]
    reason: str


def drop_ignored(
    findings: Iterable[Finding], texts: Mapping[Path, str], own: Collection[Path] = (), *, is_whole: bool = True
) -> list[Finding]:
    """The findings that no comment ignores, on their line or alone on the one above, and what is wrong with comments.

    `texts` are those of the files in which comments are looked for. Of comments that ignore nothing it is told in `own`
    alone, as in the others they may be for something else that reads them; and nothing where the check did not come to
    its end (`is_whole`), as they may ignore something once it does.
    """
    ignores = [ignore for path, text in texts.items() for ignore in _ignores(path, text)]
    told = {relative_to_cwd(path) for path in own}
    by_line: dict[tuple[str, int], list[_Ignore]] = {}
    for ignore in ignores:
        by_line.setdefault((ignore.at.file, ignore.line), []).append(ignore)
    used: set[tuple[Position, str]] = set()
    kept = []
    for finding in findings:
        place = finding.position
        there = by_line.get((place.file, place.line), ()) if place else ()
        found = [ignore for ignore in there if finding.code in ignore.codes and ignore.reason]
        used.update((ignore.at, finding.code) for ignore in found)
        if not found:
            kept.append(finding)
    for ignore in ignores:
        if not ignore.codes:
            fix = "write a code, and the reason: # stepsmith: ignore RES010 because …"
            kept.append(NO_CODE.finding("the comment names no code to ignore", at=ignore.at, fix=fix))
        elif not ignore.reason:
            what = f"nothing says why {', '.join(ignore.codes)} is ignored here"
            kept.append(NO_REASON.finding(what, at=ignore.at, fix="write the reason after the code"))
        elif is_whole and ignore.at.file in told:
            kept += [
                NOTHING.finding(f"{code} is not found here", at=ignore.at, fix="remove the comment")
                for code in ignore.codes
                if (ignore.at, code) not in used and code not in RETIRED
            ]
    return kept


def _ignores(path: Path, text: str) -> Iterator[_Ignore]:
    file = relative_to_cwd(path)
    for line, column, comment, is_alone in _comments(text, is_python=path.suffix == ".py"):
        found = _COMMENT.search(comment)
        if found:
            said = _CODES.fullmatch(found["said"])
            codes = tuple(code.strip() for code in said["codes"].split(",")) if said else ()
            reason = said["reason"].strip(" :-") if said else ""
            place = Position(file, line, column + found.start() + (found[0][0] != "#") + 1)
            yield _Ignore(place, line + is_alone, codes, reason)


def _comments(text: str, *, is_python: bool) -> Iterator[tuple[int, int, str, bool]]:
    """Each comment: its line, the column before it, its text, and whether nothing else stands on its line."""
    if is_python:
        with suppress(tokenize.TokenError, SyntaxError):  # what cannot be read is told elsewhere
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    yield token.start[0], token.start[1], token.string, not token.line[: token.start[1]].strip()
        return
    for number, line in enumerate(text.splitlines(), 1):
        before = line.partition("# stepsmith:")[0]
        if "#" in line and before.count('"') % 2 == 0 and before.count("'") % 2 == 0:  # else it stands in a text
            yield number, 0, line, line.lstrip().startswith("#")


def relative_positions(findings: Iterable[Finding], folder: Path) -> list[Finding]:
    """Findings of a pipeline's files, told as from its folder, with their paths as a person sees them from here."""
    return [
        replace(finding, position=replace(place, file=relative_to_cwd(folder / place.file)))
        if (place := finding.position)
        else finding
        for finding in findings
    ]
