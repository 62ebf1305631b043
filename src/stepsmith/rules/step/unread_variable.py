"""STP116: a contract declares an environment variable that the script does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None or script.hands_on_the_environment:
        return
    for name in (*contract.required_env_vars, *contract.optional_env_vars):
        if name not in (*script.variables, *script.set_variables):
            message = f"the contract declares the environment variable {name}, which the script does not read"
            fix = "read it, or remove it from the contract"
            yield RULE.finding(message, fix=fix, position=step.locate(name, layer="contract"))


RULE = Rule(
    code="STP116",
    title="A declared environment variable that the script does not read",
    why="Users who set it expect an effect. The rule is skipped if the script passes its whole environment on.",
    about=About.STEP,
    fix="Read the variable in the script, or remove it from the contract.",
    example=Example(
        "src/example_step/step.py",
        '    description="Writes',
        '    optional_env_vars={"REPORT_TITLE": "what the report is called"},\n    description="Writes',
    ),
    check=_check,
)
