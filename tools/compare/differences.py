"""Compares what two versions did: by facts first (statuses, findings, definitions, files), and by texts apart."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = "text"
# What a person reads in a JSON document; everything else in it is a fact.
PROSE = {
    "what", "fix", "excerpt", "message", "reason", "why", "description", "help", "note", "warning", "title", "notes",
    "suggestion", "hint", "markdownDescription",
}  # fmt: skip
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_ANNOTATION = re.compile(r"^::(error|warning) (.*?)::(.*)$")
_SHOWN_CHARACTERS = 160


@dataclass(frozen=True)
class Difference:
    """One difference: its kind, the case and command that show it, and what it is in a line."""

    kind: str
    case: str
    what: str

    @property
    def is_text(self) -> bool:
        """Whether it is only in what a person reads."""
        return self.kind == TEXT


@dataclass(frozen=True)
class Approval:
    """A difference that somebody reviewed: shell patterns of its kind, case and text, and the reason."""

    kind: str
    case: str
    what: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this is the difference that was approved."""
        pairs = ((difference.kind, self.kind), (difference.case, self.case), (difference.what, self.what))
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


def read_approvals(path: Path) -> list[Approval]:
    """The approvals in a file, a YAML list of mappings with exactly these keys: kind, case, what, reason.

    Raises: SystemExit if an entry is not one.
    """
    approvals = []
    for entry in yaml.safe_load(path.read_text("utf-8")) or ():
        if not isinstance(entry, dict) or set(entry) != {"kind", "case", "what", "reason"} or not entry["reason"]:
            raise SystemExit(f"error: {path}: not an approval: {entry}\n  fix: give kind, case, what and reason")
        approvals.append(Approval(**{key: str(value) for key, value in entry.items()}))
    return approvals


def compare(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Every difference between two records of one corpus."""
    for name, old in before.items():
        new = after[name]
        for was, now in zip(old["commands"], new["commands"], strict=True):
            command = " ".join(was["command"])
            for kind, what in _command(was, now):
                yield Difference(kind, name, f"{command}: {what}")
        for kind, what in _files(old["files"], new["files"]):
            yield Difference(kind, name, what)


def _command(was: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if was["status"] != now["status"]:
        yield "status", f"exit status {was['status']} -> {now['status']}"
    old, new = _json(was["out"]), _json(now["out"])
    if old is None or new is None:
        yield from _changed("finding", annotations(was["out"]), annotations(now["out"]))
        yield from _text(was["out"], now["out"])
    else:
        yield from _changed("finding", findings(old), findings(new))
        yield from _documents(old, new)
    yield from _text(was["err"], now["err"])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def findings(document: Any) -> list[str]:
    """The findings of a JSON document, each as its record: code, severity, step, field, position."""
    told = document.get("findings", ()) if isinstance(document, dict) else ()
    return [finding_record(finding) for finding in told]


def finding_record(finding: dict[str, Any]) -> str:
    """A finding without its texts. Before issue 18, a finding had its position and severity in other members.

    >>> finding_record({"code": "STP230", "where": "steps.model.code", "at": "p.yaml:1:2", "is_warning": False})
    'STP230 error step=model field=code position=p.yaml:1:2'
    >>> position = {"file": "p.yaml", "line": 1, "column": 2}
    >>> finding_record({"code": "STP230", "path": "steps.model.code", "position": position, "severity": "error"})
    'STP230 error step=model field=code position=p.yaml:1:2'
    """
    if "severity" in finding:
        place = finding.get("position") or {}
        at = ":".join(str(place[name]) for name in ("file", "line", "column") if place.get(name))
        finding = {**finding, "where": finding.get("path") or "", "at": at}
    severity = finding.get("severity") or ("warning" if finding.get("is_warning") else "error")
    step, field = "", finding.get("where", "")
    if field.startswith("steps."):
        _, step, *rest = field.split(".", 2)
        field = rest[0] if rest else ""
    return f"{finding['code']} {severity} step={step} field={field} position={finding.get('at', '')}"


def annotations(text: str) -> list[str]:
    """The findings that a text tells GitHub of: severity, code and position."""
    return [f"{match[1]} {match[2]}" for match in map(_ANNOTATION.match, text.splitlines()) if match]


def _changed(kind: str, old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for record in old:
        if old.count(record) > new.count(record):
            yield kind, f"gone: {record}"
    for record in new:
        if new.count(record) > old.count(record):
            yield kind, f"new: {record}"
    if old != new and sorted(old) == sorted(new):
        yield kind, "the same findings in another order"


def _documents(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    for path, was, now in _values(_with_texts_of_findings(old), _with_texts_of_findings(new), ()):
        top = path[0] if path else ""
        kind = {"definition": "definition", "assets": "asset"}.get(str(top), "json")
        if any(str(key) in PROSE for key in path):
            kind = TEXT
        yield kind, f"{'.'.join(map(str, path))}: {_pair(was, now)}"


def _with_texts_of_findings(document: Any) -> Any:
    """A document whose findings have only their texts; `findings` compares the rest."""
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        return document
    return {**document, "findings": [_texts_of_finding(finding) for finding in document["findings"]]}


def _texts_of_finding(finding: dict[str, Any]) -> dict[str, Any]:
    suggestion = finding.get("suggestion") or {"text": finding.get("fix", "")}
    return {"message": finding.get("message", finding.get("what")), "suggestion": suggestion["text"]}


def _values(old: Any, new: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Each place at which two JSON values differ, with both values there."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _values(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, key))
        if old.keys() == new.keys() and [*old] != [*new]:
            yield path, f"keys in the order {[*old]}", f"{[*new]}"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from _values(was, now, (*path, index))
    elif isinstance(old, str) and isinstance(new, str) and path[-1:] == ("definition",):
        yield from _values(_json(old), _json(new), path)
    elif old != new or type(old) is not type(new):
        yield path, old, new


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


def _pair(was: Any, now: Any) -> str:
    """Two values in a line; of values that differ only in digests, only the digests."""
    old, new = (value if isinstance(value, str) else repr(value) for value in (was, now))
    if old != new and _DIGEST.sub("", old) == _DIGEST.sub("", new):
        changed = dict.fromkeys(zip(_DIGEST.findall(old), _DIGEST.findall(new), strict=True))
        return ", ".join(f"digest {was[:12]} -> {now[:12]}" for was, now in changed if was != now)
    return f"{_short(old)} -> {_short(new)}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _text(old: str, new: str) -> Iterator[tuple[str, str]]:
    if old == new:
        return
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    for line in lines:
        if not line.startswith(("---", "+++", "@@")):
            yield TEXT, _short(line)
    if old.splitlines() == new.splitlines():
        yield TEXT, "the end of the last line"


def _files(old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        kind = "archive" if name.endswith(".tar.gz") else "file"
        if was is None or now is None:
            yield kind, f"{'new' if was is None else 'gone'}: {name}"
        elif was != now:
            yield kind, f"{name}: digest {was[:12]} -> {now[:12]}"
