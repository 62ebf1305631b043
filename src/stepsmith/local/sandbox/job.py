"""A job, how it ended, and the sandbox that it runs in, whatever its kind."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stepsmith.local.sandbox.launcher import Launcher

ML_ROOT = "/opt/ml"
TEMPORARY = "/tmp"  # noqa: S108 - the container's own, which each sandbox has for itself
_PYTHON = {"python", "python3"}


@dataclass(frozen=True, slots=True)
class Job:
    """A process to run in a sandbox: what the container's entrypoint, arguments and environment say."""

    command: Sequence[str]
    environment: Mapping[str, str]
    timeout_seconds: float
    log: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended: its exit status (negative: by that signal), and what else its supervisor saw.

    At most one of `timed_out`, `log_overflowed` and `stopped` says why it was ended from outside. `left_running` names
    the processes that it left behind, which were ended; `binary_at` is the place of the first NUL byte in its log;
    `log_fault` says why lines of its log are missing.
    """

    exit_status: int
    timed_out: bool = False
    log_overflowed: bool = False
    stopped: bool = False
    left_running: tuple[str, ...] = ()
    binary_at: int | None = None
    log_fault: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """A process as this machine starts it.

    Where the kernel can hold it to that, it writes below `writable` and nowhere else; None holds it to nothing.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    writable: Sequence[str] | None = None


class SandboxBackend(Protocol):
    """A kind of sandbox: how a process of this machine is made to see a folder as its container's file system."""

    @property
    def name(self) -> str:
        """The kind, as `--sandbox` names it."""
        ...

    @property
    def warning(self) -> str:
        """What of a container does not hold in it, as a sentence to tell once a run; empty where all does."""
        ...

    @property
    def has_network(self) -> bool:
        """Whether the process has this machine's network."""
        ...

    def rewrite_paths(self, root: Path, text: str) -> str:
        """`text` with the container's paths as the process is to see them."""
        ...

    def launch(self, root: Path, job: Job) -> Launch:
        """The process to start for a job in the sandbox at `root`."""
        ...


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A fresh folder for one step: in it the container's `/opt/ml` and `/tmp`, which alone the process can write to."""

    root: Path
    kind: SandboxBackend
    launcher: Launcher

    def path(self, container_path: str) -> Path:
        """The place on this machine of an absolute path in the container."""
        return self.root / container_path.lstrip("/")

    def rewrite_paths(self, text: str) -> str:
        """`text` with the container's paths as the step's process is to see them."""
        return self.kind.rewrite_paths(self.root, text)

    def run(self, job: Job) -> Outcome:
        """Runs a process to its end, or to the end of its time; no process of it is left.

        Raises: OSError when it cannot be started. RunError when its supervisor was ended from outside.
        """
        for folder in (ML_ROOT, TEMPORARY):
            self.path(folder).mkdir(parents=True, exist_ok=True)
        return self.launcher.run(self.kind.launch(self.root, job), job.timeout_seconds, job.log)


def command_of(job: Job) -> list[str]:
    """The job's command; the container's `python3` is the interpreter that Stepsmith runs on."""
    command = list(job.command)
    if command[0] in _PYTHON:
        command[0] = sys.executable
    return command


def environment_of(temporary: str) -> dict[str, str]:
    """What every process is told, of which nothing but the PATH is this machine's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": temporary,
        "TMPDIR": temporary,
        "PWD": temporary,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
