"""STP120: a script reaches for the network, and its contract does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.rules.step_code import StepCode, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator


# Modules that speak to other machines, of the standard library and the best known others.
_MODULES = (
    "socket", "socketserver", "ssl", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "http.client", "http.server",
    "urllib.request", "requests", "httpx", "aiohttp", "urllib3", "boto3", "botocore", "paramiko", "websocket", "websockets", "grpc",
    "asyncio.open_connection", "asyncio.start_server",
)  # fmt: skip


def _check(step: StepCode) -> Iterator[Finding]:
    script, contract = step.script, step.contract
    if script is None or contract is None or "network" in contract.uses:
        return
    used_names = {**script.parts, **dict(script.calls)}
    reported: set[str] = set()
    for name, node in used_names.items():
        module = next((module for module in _MODULES if f"{name}.".startswith(f"{module}.")), None)
        if module is not None and module not in reported:
            reported.add(module)
            message = f"the script uses {module}, which speaks to other machines, and the contract does not say so"
            fix = 'take what it needs as an input; or say uses=("network",) in the contract'
            yield RULE.finding(message, fix=fix, position=position_of(script.path, node))


RULE = Rule(
    code="STP120",
    title="An undeclared use of the network",
    why="A job may have no network (network isolation, or a VPC without internet access), and neither has a "
    "sandboxed local run. What a script downloads is also not covered by any digest, so two executions "
    "of one definition can differ.",
    about=About.STEP,
    fix='Pass the data to the step as an input, or declare `uses=("network",)` in the contract.',
    example=Example("src/example_step/script.py", "import json\n", "import json\nimport urllib.request\n"),
    check=_check,
)
