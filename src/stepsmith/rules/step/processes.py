"""STP121: a script starts other programs, and its contract does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.declared import Declared

_MODULES = ("subprocess", "pty", "pexpect", "sh")
_CALLS = ("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile", "asyncio.create_subprocess")


def _check(declared: Declared) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None or "subprocess" in contract.uses:
        return
    found = {name: node for name, node in script.imports.items() if name.partition(".")[0] in _MODULES}
    found |= {name: node for name, node in script.calls if name.startswith(_CALLS)}
    for name, node in found.items():
        what = f"the script uses {name}, which starts other programs, and the contract does not say so"
        fix = 'do it in Python; or say uses=("subprocess",) in the contract'
        yield RULE.finding(what, fix=fix, at=at(script.path, node))


RULE = Rule(
    code="STP121",
    title="Other programs that the contract does not declare",
    why="Which programs an image has is not Python's to say: what a script starts may not be there. Where it is meant, the "
    "contract says so, and whoever builds the image knows.",
    about=About.STEP,
    example=Example("src/example_step/script.py", "import json\n", "import json\nimport subprocess\n"),
    check=_check,
)
