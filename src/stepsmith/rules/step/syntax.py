"""STP119: a script uses what the oldest Python that its contract names does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vermin

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared


def _check(declared: Declared) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return
    oldest = tuple(int(part) for part in contract.python.split("."))
    config = vermin.Config()
    config.set_eval_annotations(False)
    config.set_quiet(quiet=True)
    visitor = vermin.visit(script.text, config)
    needed = visitor.minimum_versions()[1]
    if needed and tuple(needed) > oldest:
        newest = ".".join(str(part) for part in needed)
        what = f"the script needs Python {newest}, and the contract says that it runs on {contract.python}"
        fix = f"write it as {contract.python} has it, or say python={newest!r} in the contract"
        yield RULE.finding(what, fix=fix, at=at(script.path))


RULE = Rule(
    code="STP119",
    title="A script for a newer Python than the contract names",
    why="The image decides which Python runs the script, and many of SageMaker's have an older one. What it cannot read "
    "or import fails the job in its first second.",
    about=About.STEP,
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        "    args = parse_args(argv)\n    match args.title:\n        case _:\n            pass\n",
    ),
    check=_check,
)
