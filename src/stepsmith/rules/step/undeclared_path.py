"""STP113: a script names a path below /opt/ml that its contract does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.layers.job import CODE_FOLDER
from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared

# What the service itself puts there, for every job.
_GIVEN = (CODE_FOLDER, "/opt/ml/config", "/opt/ml/output/message")


def _check(declared: Declared) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None:
        return
    known = (*(contract.folder(port) for port in contract.ports), *_GIVEN)
    for path, node in script.paths.items():
        if not any(f"{path}/".startswith(f"{folder}/") for folder in known):
            what = f"the script names {path}, which is in none of the contract's ports"
            fix = "declare a port for it, and take its path from an argument"
            yield RULE.finding(what, fix=fix, at=at(script.path, node))


RULE = Rule(
    code="STP113",
    title="A path that the contract does not declare",
    why="Only what the contract declares is brought into the container, and only its outputs are kept. A path beside "
    "them is empty when the job begins, and gone when it ends.",
    about=About.STEP,
    example=Example(
        "src/example_step/script.py",
        '    target = os.path.join(args.output_dir, "report.json")',
        '    target = os.path.join("/opt/ml/processing/output/reports", "report.json")',
    ),
    check=_check,
)
