"""STP117: a script imports a module that is neither the standard library's, nor Stepsmith's container, nor required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.rules.import_names import STANDARD, is_known, modules_of
from stepsmith.rules.step_code import StepCode, position_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    required = {module for name in contract.framework_requirements for module in modules_of(name)}
    # STP111 is about imports of Stepsmith and of the step's own package.
    elsewhere = {"", "stepsmith", step.declaration.builder_class.__module__.partition(".")[0]}
    tops = {name: name.partition(".")[0] for name in script.imports}
    undeclared: dict[str, ast.AST] = {}
    for name, node in script.imports.items():
        if tops[name] not in (*STANDARD, *required, *elsewhere) and name not in script.guarded:
            undeclared.setdefault(tops[name], node)
    # A requirement that is not installed and whose modules are not known may bring any module.
    may_bring_any = any(
        not is_known(name) and modules_of(name).isdisjoint(tops.values()) for name in contract.framework_requirements
    )
    for top, node in undeclared.items():
        if (script.path.parent / f"{top}.py").is_file():
            message = f"the script imports {top}, a file beside it, which does not travel with it"
            fix = "a script is one file: put it in there, or into a package that the contract requires"
        elif may_bring_any:
            continue
        else:
            message = f"the script imports {top}, which the contract does not require"
            fix = f"name its package in the contract: framework_requirements={{{top!r}: '>=1.0'}}"
        yield RULE.finding(message, fix=fix, position=position_of(script.path, node))


RULE = Rule(
    code="STP117",
    title="An import that the contract does not require",
    why="Stepsmith checks the requirements before the first step runs. A missing package that is not listed "
    "fails the job after it has started.",
    about=About.STEP,
    fix="Add the package to `framework_requirements`.",
    example=Example("src/example_step/script.py", "import json\n", "import json\n\nimport pandas\n"),
    check=_check,
)
