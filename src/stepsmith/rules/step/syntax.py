"""STP119: a script uses what the oldest Python that its contract names does not have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import vermin

from stepsmith.diagnostics import About, Example, Position, Rule, relative_to_cwd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources

# As much as vermin says with the places of what it finds.
_WITH_PLACES = 3
_PLACE = re.compile(r"L(?P<line>\d+)(?: C\d+)?: (?P<what>.+?) requires? ")


def _check(declared: StepSources) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return
    oldest = tuple(int(part) for part in contract.python.split("."))
    config = vermin.Config()
    config.set_eval_annotations(False)
    config.set_quiet(quiet=False)
    config.set_verbose(_WITH_PLACES)
    for module in script.guarded:
        config.add_exclusion(module)
    visitor = vermin.visit(script.text, config)
    needed = visitor.minimum_versions()[1]
    if needed and tuple(needed) > oldest:
        newest = ".".join(str(part) for part in needed)
        line, construct = _first(visitor.output_text(), newest)
        what = f"the script needs Python {newest}{construct}, and the contract says that it runs on {contract.python}"
        fix = f"write it as {contract.python} has it, or say python={newest!r} in the contract"
        yield RULE.finding(what, fix=fix, at=Position(relative_to_cwd(script.path), line, 1))


def _first(text: str, version: str) -> tuple[int, str]:
    """The line of the first construct that needs a version, and what it is, as vermin tells it."""
    for told in text.splitlines():
        place = _PLACE.match(told)
        if place and f" {version}" in told.rpartition("require")[2]:
            return int(place["line"]), f" for {place['what'].strip()}"
    return 1, ""


RULE = Rule(
    code="STP119",
    title="A script that needs a newer Python than the contract declares",
    why="The image decides which Python runs the script, and many SageMaker images have an older one. The "
    "job would fail as soon as it starts.",
    about=About.STEP,
    fix="Use only features of the declared version, or raise `python` in the contract.",
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        "    args = parse_args(argv)\n    match args.title:\n        case _:\n            pass\n",
    ),
    check=_check,
)
