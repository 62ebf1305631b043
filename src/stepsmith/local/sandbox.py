"""Where a step's process runs: a fresh folder that stands for the container's file system.

`PlainProcess` runs it as a process of this machine, with `/opt/ml` rewritten to the sandbox in arguments, environment
and configuration. It hides nothing of the machine from the step.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ML_ROOT = "/opt/ml"
# Not where it is a part of a longer path; after a scheme (`file:///opt/ml`) it is the whole one.
_ML_ROOT_IN_TEXT = re.compile(r"(?:(?<![\w.\-/])|(?<=:\/\/))/opt/ml(?![\w.\-])")
_PYTHON = {"python", "python3"}
_GRACE_SECONDS = 5
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Job:
    """A process to run in a sandbox: what the container's entrypoint, arguments and environment say."""

    command: Sequence[str]
    environment: Mapping[str, str]
    timeout_seconds: float
    log: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended: its exit status (negative: by that signal), or that its time was over."""

    exit_status: int
    timed_out: bool = False


class Sandbox(Protocol):
    """A fresh place for one step: `path` gives the place on this machine of a path in the container."""

    def path(self, container_path: str) -> Path:
        """The place on this machine of an absolute path in the container."""
        ...

    def seen(self, text: str) -> str:
        """`text` with the container's paths as the step's process is to see them."""
        ...

    def run(self, job: Job) -> Outcome:
        """Runs a process to its end, or to the end of its time; no process of it is left."""
        ...


class PlainProcess:
    """A sandbox that is a folder: the process sees this machine, and `/opt/ml` below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, container_path: str) -> Path:
        """The place below `root`."""
        return self._root / container_path.lstrip("/")

    def seen(self, text: str) -> str:
        """`text` with `/opt/ml` as it is on this machine."""
        return _ML_ROOT_IN_TEXT.sub(lambda _: str(self.path(ML_ROOT)), text)

    def run(self, job: Job) -> Outcome:
        """Runs the process in a group of its own, with nothing of this machine's environment but the PATH."""
        command = [self.seen(argument) for argument in job.command]
        if command[0] in _PYTHON:
            command[0] = sys.executable
        temporary = self._root / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "STEPSMITH_ML_ROOT": str(self.path(ML_ROOT)),
            **{name: self.seen(value) for name, value in job.environment.items()},
        }
        with ExitStack() as ending:
            with job.log.open("ab") as log, interrupts_held():
                process = subprocess.Popen(
                    command,
                    env=environment,
                    cwd=self._root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                ending.callback(_end, process)
            try:
                return Outcome(process.wait(job.timeout_seconds))
            except subprocess.TimeoutExpired:
                return Outcome(_terminated(process), timed_out=True)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """A block that no interruption tears apart: a signal that comes while it runs is handled right after it.

    Between the fork of a process and the return of its Popen, an interruption would leave a process that nobody knows.
    Signals are handled in the main thread alone, so in another there is nothing to hold; and those that Python does not
    handle are left as they are.
    """
    held: list[int] = []
    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTIONS if in_main}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _: held.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for came in held:
            signal.raise_signal(came)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends what is left of a process and of all that it started."""
    _kill_group(process, signal.SIGKILL)
    process.wait()


def _terminated(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process that was asked to end, and then made to."""
    _kill_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_GRACE_SECONDS)
    _kill_group(process, signal.SIGKILL)
    return process.wait()


def _kill_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
