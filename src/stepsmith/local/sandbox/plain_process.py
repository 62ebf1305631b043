"""The sandbox that every machine has: a plain process, with `/opt/ml` rewritten to a folder.

The process sees this machine and its network. Where the kernel has Landlock it can write to its sandbox alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.local.sandbox.job import ML_ROOT, TEMPORARY, Job, Launch, command_of, environment_of
from stepsmith.local.sandbox.supervisor import can_confine

if TYPE_CHECKING:
    from pathlib import Path

# Not where it is a part of a longer path; after a scheme (`file:///opt/ml`) it is the whole one.
_ML_ROOT_IN_TEXT = re.compile(r"(?:(?<![\w.\-/])|(?<=:\/\/))/opt/ml(?![\w.\-])")
# Devices that a program writes to as a matter of course; locks between processes are files in shared memory.
_DEVICES = tuple(f"/dev/{name}" for name in ("full", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"))


@dataclass(frozen=True, slots=True)
class PlainProcess:
    """A process of this machine that is told where its sandbox is; `why` no better kind is used."""

    why: str = ""
    name: str = "process"
    has_network: bool = True

    @property
    def warning(self) -> str:
        """What does not hold: the network, exact paths and, on an older kernel, that it writes to its sandbox alone."""
        because = f", because {self.why}" if self.why else ""
        writes = "read this machine's files" if can_confine() else "read and write this machine's files"
        return (
            f"steps run as plain processes{because}: they have this machine's network, can {writes}, "
            f"and know {ML_ROOT} by another path"
        )

    def rewrite_paths(self, root: Path, text: str) -> str:
        """`text` with `/opt/ml` as it is on this machine."""
        return _ML_ROOT_IN_TEXT.sub(lambda _: f"{root}{ML_ROOT}", text)

    def launch(self, root: Path, job: Job) -> Launch:
        """The command and environment with `/opt/ml` rewritten."""
        temporary = f"{root}{TEMPORARY}"
        environment = {
            **environment_of(temporary),
            "STEPSMITH_ML_ROOT": f"{root}{ML_ROOT}",
            **{name: self.rewrite_paths(root, value) for name, value in job.environment.items()},
        }
        command = [self.rewrite_paths(root, argument) for argument in command_of(job)]
        return Launch(command, environment, root / TEMPORARY.lstrip("/"), (str(root), *_DEVICES))
