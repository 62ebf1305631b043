"""STP115: a script reads an environment variable that its contract does not declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule, suggest_names
from stepsmith.rules.step_sources import position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources

# What a container, or the service, sets itself.
_GIVEN = ("HOME", "PATH", "TMPDIR", "TEMP", "TMP", "USER", "LANG", "TZ", "HOSTNAME", "PYTHONPATH", "STEPSMITH_ML_ROOT")
_GIVEN_BEGINNINGS = ("AWS_", "SM_", "SAGEMAKER_")


def _check(declared: StepSources) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return
    known = (*contract.required_env_vars, *contract.optional_env_vars)
    for name, node in script.variables.items():
        if name not in known and name not in _GIVEN and not name.startswith(_GIVEN_BEGINNINGS):
            what = f"the script reads the environment variable {name}, which the contract does not declare"
            near = suggest_names(name, known)
            fix = near if near.values else f"declare it: optional_env_vars={{{name!r}: 'what it is for'}}"
            yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


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
