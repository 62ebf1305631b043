"""Who runs a run: a process, told apart from any later one that is given its number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START_TIME = 0, 19


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its number, when it started, and the boot and the namespace in which those two mean something."""

    pid: int
    started: str
    boot: str
    namespace: str

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        return cls(os.getpid(), _started(os.getpid()), _boot(), _namespace())

    @classmethod
    def read(cls, text: str | None) -> Owner | None:
        """The owner that `text` tells; None where none was noted."""
        return cls(**json.loads(text)) if text else None

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def is_alive(self) -> bool:
        """Whether the process still is; of one in another container, which cannot be seen, it is taken for granted."""
        if self.boot != _boot():
            return False
        return self.namespace != _namespace() or (self.started != "" and self.started == _started(self.pid))


def _started(pid: int) -> str:
    """When a process started; empty where there is none, or nothing of it is left but its exit status.

    Source: proc_pid_stat(5), fields 3 and 22, counted from behind the name, which may hold anything.
    """
    if sys.platform != "linux":
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607 - where ps is, the system says
        return done.stdout.strip()
    try:
        fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[_STATE] in ("Z", "X") else fields[_START_TIME]


def _boot() -> str:
    """What tells one boot of this machine from the next, where the system says it."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    """What tells this process's numbers from those of other containers, where the system says it."""
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""
