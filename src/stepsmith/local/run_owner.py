"""Who runs a run: a process, told apart from any later one that is given its number."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")
_STATE, _START_TIME = 0, 19


@dataclass(frozen=True, slots=True)
class RunOwner:
    """A process: its number, when it started, and the boot and the namespace in which those two mean something."""

    pid: int
    started: str
    boot: str
    namespace: str

    @classmethod
    def current(cls) -> RunOwner:
        """This process."""
        return cls(os.getpid(), _started(os.getpid()), _boot(), _namespace())

    @classmethod
    def read(cls, text: str | None) -> RunOwner | None:
        """The owner that `text` tells; None where none was noted."""
        return cls(**json.loads(text)) if text else None

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def is_alive(self, lock: Path) -> bool:
        """Whether the process still is.

        One of another container, or of another machine, cannot be seen from here; it has `lock` as long as it is.
        """
        if (self.boot, self.namespace) == (_boot(), _namespace()):
            return self.started != "" and self.started == _started(self.pid)
        return _is_locked(lock)


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """A block in which this process has a lock, which nothing but its own end, or that of the block, takes from it.

    A process that it forks does not have it (fcntl(2), traditional record locks), and one that it opens a second time
    and closes is lost: who asks within this process looks at the process and not at the lock.
    """
    with lock.open("w") as file:
        with suppress(OSError):  # a file system of another machine may have no locks
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _started(pid: int) -> str:
    """When a process started; empty where there is none, or nothing of it is left but its exit status.

    Source: proc_pid_stat(5), fields 3 and 22, counted from behind the name, which may hold anything.
    """
    if sys.platform != "linux":
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
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
