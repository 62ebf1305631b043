"""STP117: a script imports a module that is neither the standard library's, nor Stepsmith's container, nor required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.rules.import_names import STANDARD, is_known, modules_of
from stepsmith.rules.step_sources import position_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources


def _check(declared: StepSources) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return
    for name, node in unexplained(declared).items():
        if (script.path.parent / f"{name}.py").is_file():
            what = f"the script imports {name}, a file beside it, which does not travel with it"
            fix = "a script is one file: put it in there, or into a package that the contract requires"
        else:
            what = f"the script imports {name}, which the contract does not require"
            fix = f"name its package in the contract: framework_requirements={{{name!r}: '>=1.0'}}"
        yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


def unexplained(declared: StepSources) -> dict[str, ast.AST]:
    """The top modules that a script imports and no requirement is known to bring, each with the first place.

    None where a requirement is not installed and its modules are not known: it may be what brings them.
    """
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return {}
    required = {module for name in contract.framework_requirements for module in modules_of(name)}
    # Of Stepsmith and of the step's own package STP111 says more.
    elsewhere = {"", "stepsmith", declared.step.builder_class.__module__.partition(".")[0]}
    found: dict[str, ast.AST] = {}
    for name, node in script.imports.items():
        top = name.partition(".")[0]
        if top not in (*STANDARD, *required, *elsewhere) and name not in script.guarded:
            found.setdefault(top, node)
    imported = {name.partition(".")[0] for name in script.imports}
    unknown = [
        one for one in contract.framework_requirements if imported.isdisjoint(modules_of(one)) and not is_known(one)
    ]
    beside = {name: node for name, node in found.items() if (script.path.parent / f"{name}.py").is_file()}
    return beside if unknown else found


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
