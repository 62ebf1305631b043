"""STP128: a name in the contract that nothing can have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepsmith.definition.checks.names import VARIABLE_NAME
from stepsmith.diagnostics import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources

# Source: PEP 508 for names, PEP 440 for versions, of which this is the outer form.
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._, -]*\])?")
_VERSIONS = re.compile(r"\s*((~=|==|!=|<=|>=|<|>|===)\s*[A-Za-z0-9.*+!_-]+\s*(,\s*|$))*")


def _check(declared: StepSources) -> Iterator[Finding]:
    contract = declared.contract
    if contract is None:
        return
    faults = [
        *(
            (one, "no environment variable")
            for one in (*contract.required_env_vars, *contract.optional_env_vars)
            if not VARIABLE_NAME.fullmatch(one)
        ),
        *((one, "no package") for one in contract.framework_requirements if not _PACKAGE.fullmatch(one)),
        *(
            (one, "no versions of a package")
            for one in contract.framework_requirements.values()
            if not _VERSIONS.fullmatch(one)
        ),
    ]
    for name, what in faults:
        fix = (
            "write letters, digits and underscores"
            if "variable" in what
            else "write a name as pip has it, and versions like >=1.2"
        )
        yield RULE.finding(f"{name!r} is {what}", fix=fix, at=declared.place_of(name, first="contract"))


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
