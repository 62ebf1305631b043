"""Starts the processes of steps through `supervisor.py`, and waits for how they ended."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.sandbox import supervisor
from stepsmith.local.sandbox.job import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stepsmith.local.sandbox.job import Launch


class Launcher:
    """A process of this machine that starts others, those of one run; whatever ends this one, they end too.

    Its methods may be called from several threads. It is a context: at its end all that still runs is ended. Processes
    that a job leaves behind may run on for `linger_seconds`; a job whose time is over has `grace_seconds` to tidy up.
    """

    def __init__(
        self, *, linger_seconds: float = supervisor.LINGER_SECONDS, grace_seconds: float = supervisor.GRACE_SECONDS
    ) -> None:
        self._patience = {"linger_seconds": linger_seconds, "grace_seconds": grace_seconds}
        self._lock = threading.Lock()
        self._jobs: set[socket.socket] = set()
        self._stopped = False
        self._control, theirs = socket.socketpair()
        with theirs:
            # Where this is interrupted between fork and return, the other end is closed all the same, and it ends.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def __enter__(self) -> Launcher:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # Not the closing alone: where this process has forked, another holds it open.
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        self._process.wait()

    def run(self, launch: Launch, timeout_seconds: float, log: Path) -> Outcome:
        """Runs a process to its end, or to the end of its time, and adds what it prints to `log`.

        Raises: OSError when it cannot be started. RunError when its supervisor was ended from outside.
        """
        job = {
            "command": launch.command,
            "environment": launch.environment,
            "folder": str(launch.folder),
            "writable": launch.writable,
            "timeout_seconds": timeout_seconds,
            "log": str(log),
            **self._patience,
        }
        with self._connection() as connection:
            answer = {} if self.is_stopped() else _ask_supervisor(connection, job)
        if self.is_stopped() and not answer:
            return Outcome(-signal.SIGKILL, stopped=True)
        if not answer or (answer.get("stopped") and not self.is_stopped()):
            message = "the process that keeps it was ended from outside"
            raise RunError("RUN065", message, fix="run the pipeline again")
        if "error" in answer:
            raise OSError(*answer["error"])
        return Outcome(**{**answer, "left_running": tuple(answer["left_running"])})

    def stop(self) -> None:
        """Ends all that runs, and what is asked for from now on as soon as it has begun."""
        with self._lock:
            self._stopped = True
            for connection in self._jobs:
                _close_writing(connection)

    @contextmanager
    def _connection(self) -> Iterator[socket.socket]:
        """A connection to a new supervisor."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock, suppress(OSError):  # where nobody listens, nobody answers either
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            with self._lock:
                self._jobs.add(ours)
            try:
                yield ours
            finally:
                with self._lock:
                    self._jobs.discard(ours)

    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        with self._lock:
            return self._stopped


def _ask_supervisor(connection: socket.socket, job: dict[str, Any]) -> dict[str, Any]:
    """What a supervisor answers; nothing when it is gone."""
    pieces: list[bytes] = []
    with suppress(ConnectionError):
        connection.sendall(json.dumps(job).encode() + b"\n")
        # A supervisor that has answered still has to end; that is not waited for.
        while not (pieces and pieces[-1].endswith(b"\n")) and (piece := connection.recv(65536)):
            pieces.append(piece)
    answer: dict[str, Any] = json.loads(b"".join(pieces) or b"{}")
    return answer


def _close_writing(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


RULES = (
    Rule(
        "RUN065",
        "A sandbox that was killed",
        "Another process killed the process that supervises the step, so the result of the step is unknown.",
        About.RUN,
        "Run the pipeline again. If it happens again, check whether the machine runs out of memory.",
    ),
)
