"""STP113: a script names a path below /opt/ml that its contract does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.build.processing_request import CODE_FOLDER
from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.rules.step_code import StepCode, position_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from stepsmith.describe.script_analysis import Script

# What the service itself puts there, for every job.
_OF_EVERY_JOB = (CODE_FOLDER, "/opt/ml/config", "/opt/ml/output/message")
_ML_ROOT = "/opt/ml/"
# What opens or names a file by its path.
_PATH_CALLS = ("open", "io.open", "pathlib.Path", "Path")
_IN_EVERY_CONTAINER = ("/tmp", "/dev", "/proc", "/etc", "/sys", "/usr")  # noqa: S108 - what any container has


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None:
        return
    folders = [*(contract.folder(port) for port in contract.ports), *_OF_EVERY_JOB]
    reported = set()
    for path, node in _paths(script):
        # A path in a port's folder, or the beginning of one that is put together further on.
        is_declared = any(f"{path}/".startswith(f"{it}/") or f"{it}/".startswith(f"{path}/") for it in folders)
        if path not in reported and not is_declared:
            reported.add(path)
            message = f"the script names {path}, which is in none of the contract's ports"
            fix = "declare a port for it, and take its path from an argument"
            yield RULE.finding(message, fix=fix, position=position_of(script.path, node))


def _paths(script: Script) -> Iterator[tuple[str, ast.AST]]:
    """The paths below /opt/ml that a script names, and those of files that it opens elsewhere."""
    for text, node in script.texts:
        if text.startswith(_ML_ROOT) and not any(character.isspace() for character in text):
            yield text.rstrip("/"), node
    for name, call in script.calls:
        path = script.text_of(call.args[0]) if name in _PATH_CALLS and call.args else None
        if path and path.startswith("/") and not path.startswith((_ML_ROOT, *_IN_EVERY_CONTAINER)):
            yield path.rstrip("/"), call


RULE = Rule(
    code="STP113",
    title="A path that the contract does not declare",
    why="Only the inputs in the contract are copied into the container, and only its outputs are kept. Any "
    "other path is empty at the start and lost at the end.",
    about=About.STEP,
    fix="Use the path of a port, or declare a port for it in the contract.",
    example=Example(
        "src/example_step/script.py",
        '    target = os.path.join(args.output_dir, "report.json")',
        '    target = os.path.join("/opt/ml/processing/output/reports", "report.json")',
    ),
    check=_check,
)
