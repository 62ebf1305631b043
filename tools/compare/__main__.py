"""Compares two versions of Stepsmith: runs every command of one corpus with both, and prints what differs.

`make compare BASE=<commit>` compares the working tree with a commit; HEAD=<commit> takes another commit instead of the
working tree, TEXTS=ignore leaves out what only people read. Exits with 1 if there is a difference that
`tools/compare/approved.yaml` does not list. The environments are kept in .compare/.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import differences
from environments import ROOT, environment, export, install, resolve_commit, run

HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT / "tests" / "aws"))
import servers  # noqa: E402 - the tests' servers, which stand beside them

_SHOWN_GROUPS, _SHOWN_CASES = 60, 3
# What would change what a command prints, or whom it asks.
_LEFT_OUT = ("COLUMNS", "FORCE_COLOR", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION")


def main() -> int:
    """The exit status: 0 if nothing differs but what was approved."""
    options = _options()
    # So that the server is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    base, head = resolve_commit(options.base), options.head and resolve_commit(options.head)
    started, home = time.monotonic(), ROOT / ".compare"
    trees = [export(base, home / "base" / "tree"), export(head, home / "head" / "tree")]
    with ThreadPoolExecutor(2) as pool:
        pythons = [*pool.map(lambda tree: environment(tree, tree.parent / "environment"), trees)]
        print(f"comparing {head or 'the working tree'} with {base}")
        with ExitStack() as stack:
            corpus = _corpus(stack, pythons[1], trees[1], home, options.only)
            before, after = pool.map(lambda python: _record(python, corpus), pythons)
    found = [*differences.compare(before, after)]
    status = _report(found, options, home, commands=sum(len(case["commands"]) for case in before.values()))
    print(f"{time.monotonic() - started:.0f} s")
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/compare", description=__doc__)
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--head", help="the commit to compare; else the working tree")
    parser.add_argument("--texts", choices=("fail", "ignore"), default="fail", help="whether texts count")
    parser.add_argument(
        "--only", action="append", metavar="PATTERN", help="run the cases of this shell pattern; repeatable"
    )
    parser.add_argument("--approved", type=Path, default=HERE / "approved.yaml", help="the approved differences")
    return parser.parse_args()


def _corpus(stack: ExitStack, python: Path, tree: Path, home: Path, only: list[str] | None) -> Path:
    """Writes the corpus by the newer version, starts the server that plans ask, and gives the list of cases."""
    folder = home / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    for package in sorted((tree / "tests" / "third_party").glob("*/pyproject.toml")):
        install(python, package.parent, "--target", folder / "packages" / package.parent.name)
    (home / "moto").mkdir(exist_ok=True)
    server = stack.enter_context(servers.moto(home / "moto"))
    _run(python, HERE / "corpus.py", tree, folder, server.url)
    corpus = json.loads((folder / "corpus.json").read_text())
    cases = corpus["cases"]
    chosen = [case for case in cases if not only or any(fnmatchcase(case["name"], pattern) for pattern in only)]
    if not chosen:
        names = sorted({case["name"].partition("/")[0] for case in cases})
        raise SystemExit(f"error: no case matches {only}\n  fix: name some of these, or NAME/*: {', '.join(names)}")
    (folder / "corpus.json").write_text(json.dumps({**corpus, "cases": chosen}))
    return folder / "corpus.json"


def _record(python: Path, corpus: Path) -> Any:
    """What one version does with the corpus, in a folder of its own."""
    side = python.parents[2]
    shutil.rmtree(side / "work", ignore_errors=True)
    (side / "work").mkdir()
    _run(python, HERE / "record.py", corpus, side / "work", side / "records.json")
    return json.loads((side / "records.json").read_text())


def _run(*command: str | Path) -> None:
    run(*command, without=_LEFT_OUT, HOME=os.devnull, PYTHONHASHSEED="0")


def _report(found: list[differences.Difference], options: argparse.Namespace, home: Path, *, commands: int) -> int:
    """Prints what differs, alike things once; the exit status."""
    approvals = differences.read_approvals(options.approved)
    used = {approval for approval in approvals if any(approval.covers(one) for one in found)}
    left = [one for one in found if not any(approval.covers(one) for approval in approvals)]
    counted = [one for one in left if not (one.is_text and options.texts == "ignore")]
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in counted:
        groups[one.kind, one.what].append(one.case)
    lines = [_printable(f"{kind}: {what}  [{_cases(cases)}]") for (kind, what), cases in groups.items()]
    (home / "differences.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    (home / "differences.json").write_text(json.dumps([asdict(one) for one in left], indent=1), "utf-8")
    print("\n".join(lines[:_SHOWN_GROUPS]), end="\n" if lines else "")
    if len(lines) > _SHOWN_GROUPS:
        print(f"and {len(lines) - _SHOWN_GROUPS:,} more: see .compare/differences.txt")
    for approval in approvals:
        if approval not in used:
            print(f"note: an approval covers nothing now: {approval.kind}: {approval.what}")
    texts = sum(one.is_text for one in left)
    counts = f"{len(left) - texts:,} differences in behaviour, {texts:,} in texts, {len(found) - len(left):,} approved"
    print(f"{commands:,} commands: {counts}")
    return 1 if counted else 0


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def _cases(cases: list[str]) -> str:
    names = [*dict.fromkeys(cases)]
    more = f", and {len(names) - _SHOWN_CASES} more" if len(names) > _SHOWN_CASES else ""
    return ", ".join(names[:_SHOWN_CASES]) + more


if __name__ == "__main__":
    sys.exit(main())
