"""Which kind of sandbox a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Rule, RunError, suggest_names
from stepsmith.local.sandbox.bubblewrap import probe
from stepsmith.local.sandbox.plain_process import PlainProcess

if TYPE_CHECKING:
    from stepsmith.local.sandbox.job import SandboxBackend

AUTO, PROCESS, BWRAP = "auto", "process", "bwrap"
SANDBOXES = (AUTO, BWRAP, PROCESS)


def select_sandbox(name: str = AUTO) -> SandboxBackend:
    """The kind of that name; `auto` is `bwrap` where this machine lets it work, and else `process`.

    Raises: RunError when there is no such kind, or this machine does not let it work.
    """
    if name not in SANDBOXES:
        raise RunError("RUN064", f"no sandbox is named {name!r}", fix=suggest_names(name, SANDBOXES))
    if name == PROCESS:
        return PlainProcess()
    kind = probe()
    if not isinstance(kind, str):
        return kind
    if name == BWRAP:
        fix = "install bubblewrap and admit user namespaces, or leave --sandbox out"
        raise RunError("RUN064", f"the sandbox {name!r} does not work on this machine: {kind}", fix=fix)
    return PlainProcess(kind)


RULES = (
    Rule(
        "RUN064",
        "A sandbox that is not available",
        "The sandbox `bwrap` needs bubblewrap and user namespaces, which this machine does not provide.",
        About.RUN,
        "Install bubblewrap and allow user namespaces, or omit `--sandbox`.",
    ),
)
