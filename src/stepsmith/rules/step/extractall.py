"""STP123: a script unpacks an archive with no filter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.rules.step_sources import position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.describe.script_analysis import Script
    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources


_SAFE = ("data", "tar")


def _check(declared: StepSources) -> Iterator[Finding]:
    script = declared.script
    for name, node in script.calls if script else ():
        if script and (_is_of_tar(script, name, node) or name == "shutil.unpack_archive") and not _is_filtered(node):
            what = f"the script unpacks an archive by {name.rpartition('.')[2]} with no filter"
            fix = "unpack by stepsmith.container.archive; or give tarfile filter='data'"
            yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


def _is_of_tar(script: Script, name: str, node: ast.Call) -> bool:
    """Whether a call unpacks what may be a tar: of what is seen to be something else it does not."""
    if not name.endswith((".extractall", ".extract")) or name.endswith((".str.extractall", ".str.extract")):
        return False
    made = script.made_by(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if name.endswith(".extract"):
        return made.startswith("tarfile.")
    return not made.startswith("zipfile.") and not made.endswith(".str")


def _is_filtered(node: ast.Call) -> bool:
    if any(keyword.arg is None or (keyword.arg == "format" and _is(keyword.value, "zip")) for keyword in node.keywords):
        return True  # what is given by ** is not seen
    given = [keyword.value for keyword in node.keywords if keyword.arg == "filter"]
    return any(not isinstance(value, ast.Constant) or value.value in _SAFE for value in given)


def _is(node: ast.AST, value: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


RULE = Rule(
    code="STP123",
    title="An archive that is extracted without a filter",
    why="A name in an archive can lead outside the target folder and overwrite files. Before Python 3.14, "
    "tarfile extracts such names unless it is given a filter (PEP 706).",
    about=About.STEP,
    fix='Pass `filter="data"`, or use `stepsmith.container.archive`.',
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        "    args = parse_args(argv)\n    tarfile.open(args.source_dir).extractall(args.output_dir)\n",
    ),
    check=_check,
)
