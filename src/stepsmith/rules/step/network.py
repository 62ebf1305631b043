"""STP120: a script reaches for the network, and its contract does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared

# Modules that speak to other machines, of the standard library and the best known others.
_MODULES = (
    "socket", "socketserver", "ssl", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "http", "urllib.request",
    "requests", "httpx", "aiohttp", "urllib3", "boto3", "botocore", "paramiko", "websocket", "websockets", "grpc",
)  # fmt: skip


def _check(declared: Declared) -> Iterator[Finding]:
    script, contract = declared.script, declared.contract
    if script is None or contract is None or "network" in contract.uses:
        return
    for name, node in script.imports.items():
        if any(f"{name}.".startswith(f"{module}.") for module in _MODULES):
            what = f"the script imports {name}, which speaks to other machines, and the contract does not say so"
            fix = 'take what it needs as an input; or say uses=("network",) in the contract'
            yield RULE.finding(what, fix=fix, at=at(script.path, node))


RULE = Rule(
    code="STP120",
    title="Use of the network that the contract does not declare",
    why="A job may run with no network (enable_network_isolation, a VPC with no way out), and a run on this machine in a "
    "sandbox has none. What a script fetches is besides in no digest: two executions of one definition may differ.",
    about=About.STEP,
    example=Example("src/example_step/script.py", "import json\n", "import json\nimport urllib.request\n"),
    check=_check,
)
