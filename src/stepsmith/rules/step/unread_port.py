"""STP114: a port whose path no argument gives to the script, and which the script does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    passed = set(contract.expected_arguments.values())
    for port in contract.ports:
        folder = contract.folder(port)
        if port not in passed and not any(f"{path}/".startswith(f"{folder}/") for path, _ in script.texts):
            message = (
                f"nothing tells the script where {port!r} is: no argument stands for it, and it names no path in it"
            )
            fix = f"give it an argument: expected_arguments={{'{port}': {port!r}}}, or remove the port"
            yield RULE.finding(message, fix=fix, position=step.locate(port, layer="contract"))


RULE = Rule(
    code="STP114",
    title="A port that the script does not use",
    why="An input that the script never reads is copied for nothing. An output that it never writes is "
    "empty, and the steps that read it fail.",
    about=About.STEP,
    fix="Use the port in the script, or remove it from the contract.",
    example=Example(
        "src/example_step/step.py",
        'expected_output_paths={REPORT: "/opt/ml/processing/output/report"}',
        'expected_output_paths={\n        REPORT: "/opt/ml/processing/output/report",\n'
        '        "charts": "/opt/ml/processing/output/charts",\n    }',
        also=(
            (
                "src/example_step/step.py",
                'outputs=(OutputSpec(logical_name=REPORT, description="The folder that holds report.json."),)',
                'outputs=(OutputSpec(logical_name=REPORT), OutputSpec(logical_name="charts"))',
            ),
        ),
    ),
    check=_check,
)
