"""STP119: a script uses what the oldest Python that its contract names does not have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import vermin

from stepsmith.diagnostics import About, Example, Finding, Position, Rule, relative_to_cwd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode

# The level at which vermin prints the line of each construct.
_VERBOSITY = 3
_CONSTRUCT = re.compile(r"L(?P<line>\d+)(?: C\d+)?: (?P<what>.+?) requires? ")


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    oldest = tuple(int(part) for part in contract.python.split("."))
    config = vermin.Config()
    config.set_eval_annotations(False)
    config.set_quiet(quiet=False)
    config.set_verbose(_VERBOSITY)
    for module in script.guarded:
        config.add_exclusion(module)
    visitor = vermin.visit(script.text, config)
    needed = visitor.minimum_versions()[1]
    if needed and tuple(needed) > oldest:
        newest = ".".join(str(part) for part in needed)
        line, construct = _first_construct(visitor.output_text(), newest)
        message = (
            f"the script needs Python {newest}{construct}, and the contract says that it runs on {contract.python}"
        )
        fix = f"write it as {contract.python} has it, or say python={newest!r} in the contract"
        yield RULE.finding(message, fix=fix, position=Position(relative_to_cwd(script.path), line, 1))


def _first_construct(text: str, version: str) -> tuple[int, str]:
    """The line of the first construct in vermin's output that needs a version, and vermin's name for it."""
    for line in text.splitlines():
        match = _CONSTRUCT.match(line)
        if match and f" {version}" in line.rpartition("require")[2]:
            return int(match["line"]), f" for {match['what'].strip()}"
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
