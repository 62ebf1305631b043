"""STP122: a script installs packages."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared

_INSTALLERS = ("pip", "pip3", "ensurepip", "conda", "uv", "easy_install")


def _check(declared: Declared) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None or "pip" in contract.uses:
        return
    found = [node for name, node in script.imports.items() if name.partition(".")[0] in _INSTALLERS]
    found += [
        node
        for node in ast.walk(script.tree)
        if isinstance(node, ast.List | ast.Tuple | ast.Call)
        for words in [[word for text in _texts(node) for word in text.split()]]
        if "install" in words and not set(_INSTALLERS).isdisjoint(words)
    ]
    for node in found[:1]:
        what = "the script installs packages while it runs"
        fix = 'put them into the image and into framework_requirements; or say uses=("pip",) in the contract'
        yield RULE.finding(what, fix=fix, at=at(script.path, node))


def _texts(node: ast.List | ast.Tuple | ast.Call) -> Iterator[str]:
    """The texts that a list, or a call, is given."""
    for item in node.args if isinstance(node, ast.Call) else node.elts:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


RULE = Rule(
    code="STP122",
    title="A script that installs packages",
    why="What is installed while a job runs is another each time, needs a network, and costs minutes of an instance in each "
    "execution. What the script needs belongs into its image, and into framework_requirements.",
    about=About.STEP,
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        '    args = parse_args(argv)\n    os.system("pip install pandas")\n',
    ),
    check=_check,
)
