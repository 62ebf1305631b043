"""STP122: a script installs packages."""

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

_INSTALLERS = ("pip", "pip3", "ensurepip", "conda", "mamba", "uv", "easy_install")
# What starts another program, by the beginnings of the names.
_STARTERS = (
    "subprocess.",
    "os.system",
    "os.popen",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "asyncio.create_subprocess",
)


def _check(declared: StepSources) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None or "pip" in contract.uses:
        return
    found = [node for name, node in script.imports.items() if name.partition(".")[0] in _INSTALLERS]
    for name, call in script.calls:
        if name.startswith(_STARTERS):
            words = {word for text in _texts(script, call) for word in text.split()}
            if "install" in words and not words.isdisjoint(_INSTALLERS):
                found.append(call)
    for node in found[:1]:
        what = "the script installs packages while it runs"
        fix = 'put them into the image and into framework_requirements; or say uses=("pip",) in the contract'
        yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


def _texts(script: Script, call: ast.Call) -> Iterator[str]:
    """The texts that a call is given, in lists, in what they are put together of, and by names."""
    for argument in call.args:
        for node in ast.walk(argument):
            text = script.text_of(node)
            if text is not None:
                yield text


RULE = Rule(
    code="STP122",
    title="A script that installs packages",
    why="Packages that are installed while a job runs can differ each time, need a network, and cost minutes "
    "in every execution.",
    about=About.STEP,
    fix="Put the packages into the image and list them in `framework_requirements`, or declare "
    '`uses=("pip",)` in the contract.',
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        '    args = parse_args(argv)\n    os.system("pip install pandas")\n',
    ),
    check=_check,
)
