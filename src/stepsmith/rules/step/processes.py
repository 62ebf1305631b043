"""STP121: a script starts other programs, and its contract does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.rules.step_sources import position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources

_MODULES = ("subprocess", "pty", "pexpect", "sh")
_CALLS = ("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile", "asyncio.create_subprocess")


def _check(declared: StepSources) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None or "subprocess" in contract.uses:
        return
    found = {name: node for name, node in script.imports.items() if name.partition(".")[0] in _MODULES}
    found |= {name: node for name, node in script.calls if name.startswith(_CALLS)}
    for name, node in found.items():
        what = f"the script uses {name}, which starts other programs, and the contract does not say so"
        fix = 'do it in Python; or say uses=("subprocess",) in the contract'
        yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


RULE = Rule(
    code="STP121",
    title="An undeclared use of other programs",
    why="The image decides which programs exist, so a program that the script starts may be missing.",
    about=About.STEP,
    fix='Use a Python library instead, or declare `uses=("subprocess",)` in the contract, so that whoever '
    "builds the image knows.",
    example=Example("src/example_step/script.py", "import json\n", "import json\nimport subprocess\n"),
    check=_check,
)
