"""STP118: a contract requires a package that the script does not import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.rules.import_names import STANDARD, is_known, modules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    imported = {name.partition(".")[0] for name in script.imports}
    for name in contract.framework_requirements:
        # A package that is not installed may bring any other module that the script imports.
        may_bring_others = not is_known(name) and any(top not in STANDARD and top != "stepsmith" for top in imported)
        if imported.isdisjoint(modules_of(name)) and not may_bring_others:
            message = f"the contract requires {name}, and the script imports nothing of it"
            fix = "remove it from framework_requirements"
            yield RULE.finding(message, fix=fix, position=step.locate(name, layer="contract"))


RULE = Rule(
    code="STP118",
    title="A requirement that the script does not use",
    why="Everyone who runs the step locally must install it, and every image must contain it. The rule does "
    "not see packages that another package needs, such as pyarrow for reading Parquet with pandas.",
    about=About.STEP,
    fix="Remove it from `framework_requirements`. If another package needs it, ignore the finding in a "
    "comment that says so.",
    example=Example(
        "src/example_step/step.py",
        '    description="Writes',
        '    framework_requirements={"PyYAML": ">=6.0"},\n    description="Writes',
    ),
    is_warning=True,
    check=_check,
)
