"""STP115: a script reads an environment variable that its contract does not declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule, suggest_names
from stepsmith.rules.step_code import StepCode, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator


# What a container, or the service, sets itself.
_NAMES_SET = (
    "HOME",
    "PATH",
    "TMPDIR",
    "TEMP",
    "TMP",
    "USER",
    "LANG",
    "TZ",
    "HOSTNAME",
    "PYTHONPATH",
    "STEPSMITH_ML_ROOT",
)
_PREFIXES_SET = ("AWS_", "SM_", "SAGEMAKER_")


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    declared = (*contract.required_env_vars, *contract.optional_env_vars)
    for name, node in script.variables.items():
        if name not in declared and name not in _NAMES_SET and not name.startswith(_PREFIXES_SET):
            message = f"the script reads the environment variable {name}, which the contract does not declare"
            similar = suggest_names(name, declared)
            fix = similar if similar.values else f"declare it: optional_env_vars={{{name!r}: 'what it is for'}}"
            yield RULE.finding(message, fix=fix, position=position_of(script.path, node))


RULE = Rule(
    code="STP115",
    title="An environment variable that the contract does not declare",
    why="Users learn about variables from the contract, and a required one is checked before anything runs. "
    "A variable that only the script knows is noticed when the job fails, or never.",
    about=About.STEP,
    fix="Add it to `required_env_vars` or `optional_env_vars`.",
    example=Example(
        "src/example_step/script.py",
        '    report = {"title": args.title,',
        '    report = {"title": os.environ.get("REPORT_TITLE", args.title),',
    ),
    check=_check,
)
