"""STP128: a name in the contract that nothing can have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.sagemaker.identifiers import VARIABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode

# Source: PEP 508 for names, PEP 440 for versions, of which this is the outer form.
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._, -]*\])?")
_VERSIONS = re.compile(r"\s*((~=|==|!=|<=|>=|<|>|===)\s*[A-Za-z0-9.*+!_-]+\s*(,\s*|$))*")


def _check(step: StepCode) -> Iterator[Finding]:
    contract = step.contract
    if contract is None:
        return
    requirements = contract.framework_requirements
    variable_fix = "write letters, digits and underscores"
    package_fix = "write a name as pip has it, and versions like >=1.2"
    for names, pattern, kind, fix in (
        (
            (*contract.required_env_vars, *contract.optional_env_vars),
            VARIABLE_NAME,
            "environment variable",
            variable_fix,
        ),
        (requirements, _PACKAGE, "package", package_fix),
        (requirements.values(), _VERSIONS, "versions of a package", package_fix),
    ):
        for name in names:
            if not pattern.fullmatch(name):
                yield RULE.finding(f"{name!r} is no {kind}", fix=fix, position=step.locate(name, layer="contract"))


RULE = Rule(
    code="STP128",
    title="An invalid name of a variable or package",
    why="A variable with this name cannot be set, or a package with this name or version cannot be installed.",
    about=About.STEP,
    fix="Use letters, digits and underscores for a variable, a name from PyPI for a package, and a specifier "
    "such as `>=1.2` for its version.",
    example=Example(
        "src/example_step/step.py",
        '    description="Writes',
        '    framework_requirements={"json": "newest"},\n    description="Writes',
    ),
    check=_check,
)
