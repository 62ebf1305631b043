"""Supervises the processes of steps, in a process of its own: `python -I -S supervisor.py FD`. Standard library only.

The engine hands it a socket for each job, on the socket FD. For each, a supervisor is forked, which starts the process,
writes its log, ends it when its time is over, and answers how it ended. Of all that the process started, none is left:
a supervisor adopts what loses its parent (PR_SET_CHILD_SUBREAPER), so that all descendants end up as its own children.

Nothing depends on the engine being alive: when it ends, however it does, its end of a job's socket closes, and the
supervisor ends the job. That a parent-death signal follows the *thread* that forked does not matter here: this process
has one thread. If a supervisor itself is ended from outside, the process that forked it adopts and ends what it kept.

Sources: prctl(2), landlock(7), https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

LOG_LIMIT_BYTES = 100 * 1024 * 1024
# A step that has ended may have helpers that are just ending too; one whose time is over may tidy up.
LINGER_SECONDS = 2
GRACE_SECONDS = 5
_PIECE_BYTES = 65536
_STUCK_SECONDS = 10
_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH, _RULESET_VERSION = 1, 1
# WRITE_FILE, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR to MAKE_SYM, REFER (version 2), TRUNCATE (version 3).
_CHANGES_OF_A_FILE = 1 << 1 | 1 << 14
_CHANGES = _CHANGES_OF_A_FILE | sum(1 << bit for bit in range(4, 14))
# ABSTRACT_UNIX_SOCKET and SIGNAL.
_SCOPES = 1 << 0 | 1 << 1
_LEAST_VERSION, _SCOPES_VERSION = 3, 6


def can_confine() -> bool:
    """Whether this kernel can hold a process to the places that it may write to."""
    return _landlock_version() >= _LEAST_VERSION


def serve(control: socket.socket) -> None:
    """Forks a supervisor for each socket that comes in, until the engine is gone and all supervisors have ended."""
    supervisors: set[int] = set()
    owner = _opened(os.getppid())
    owners = [one for one in (owner, _opened(os.getpid())) if one is not None]
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    woken = _woken_by_children()
    while True:
        ready = select.select([control, woken, *([owner] if owner else ())], [], [])[0]
        if woken in ready:
            os.read(woken, _PIECE_BYTES)
            _reap(supervisors)
        if control in ready:
            said, files, _, _ = socket.recv_fds(control, 1, 1)
            if said:
                supervisors.add(_forked(control, files[0], owners))
                continue
        if control in ready or owner in ready:
            break
    while supervisors or _children():
        select.select([woken], [], [])
        os.read(woken, _PIECE_BYTES)
        _reap(supervisors)


def _woken_by_children() -> int:
    """What can be read from whenever a child has ended; who waits for that overlooks no end, whenever it comes."""
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    return woken


def _forked(control: socket.socket, file: int, owners: list[int]) -> int:
    """A new supervisor, a process of its own, which is told its job on the socket `file`."""
    forked = os.fork()
    if forked == 0:
        control.close()
        _keep(socket.socket(fileno=file), owners)
    os.close(file)
    return forked


def _keep(connection: socket.socket, owners: list[int]) -> NoReturn:
    status = 1
    try:
        _Supervisor(connection, owners).keep()
        status = 0
    finally:
        os._exit(status)


def _reap(supervisors: set[int]) -> None:
    """Takes note of the supervisors that have ended, and ends the children that are none.

    One that was itself ended from outside left those, and as they end, they leave theirs, generation after generation.
    """
    with suppress(ChildProcessError):
        while True:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended == 0:
                break
            supervisors.discard(ended)
    for orphan in set(_children() or ()) - supervisors:
        _kill(orphan)


class _Supervisor:
    """Keeps one job from its start to its end."""

    def __init__(self, connection: socket.socket, owners: list[int]) -> None:
        # Readable when who asked for the job is gone, or who would look after what this process left.
        self._connection, self._owners = connection, owners
        self._statuses: dict[int, int] = {}
        self._process = 0
        self._answer: dict[str, Any] = {"left_running": [], "binary_at": None, "log_fault": ""}
        self._log_bytes = 0
        self._log: Any = None
        self._output: int | None = None
        self._woken = 0
        self._poll = select.poll()

    def keep(self) -> None:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        with self._connection.makefile("rb") as said:
            job = json.loads(said.readline() or b"null")
        if job is None:
            return
        try:
            self._start(job)
        except OSError as error:
            self._answer["error"] = [error.errno, error.strerror, error.filename]
        except subprocess.SubprocessError as error:
            self._answer["error"] = [errno.EPERM, str(error), job["command"][0]]
        else:
            self._wait(job["timeout_seconds"], job["linger_seconds"], job["grace_seconds"])
            status = self._statuses.get(self._process, signal.SIGKILL)
            self._answer["exit_status"] = os.waitstatus_to_exitcode(status)
        with suppress(OSError):
            self._connection.sendall(json.dumps(self._answer).encode() + b"\n")

    def _start(self, job: dict[str, Any]) -> None:
        self._log = open(job["log"], "ab", buffering=0)  # noqa: SIM115 - it is open as long as this process lives
        self._woken = _woken_by_children()
        self._output, writer = os.pipe()
        confined = _confinement(job["writable"]) if job["writable"] is not None and can_confine() else None
        supervisor = os.getpid()
        started = subprocess.Popen(
            job["command"],
            env=job["environment"],
            cwd=job["folder"],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            start_new_session=True,
            preexec_fn=lambda: _bind(supervisor, confined),  # noqa: PLW1509 - this process has one thread
        )
        os.close(writer)
        self._process = started.pid
        started.returncode = 0  # it is waited for here and not there
        for source in (self._connection.fileno(), self._output, self._woken, *self._owners):
            self._poll.register(source, select.POLLIN)

    def _wait(self, timeout_seconds: float, linger_seconds: float, grace_seconds: float) -> None:
        """Waits until nothing of the job is left, and sees to it where that takes too long."""
        how = self._watch(time.monotonic() + timeout_seconds, lambda: self._process in self._statuses)
        if how == "":
            how = self._watch(time.monotonic() + linger_seconds, self._is_over)
            if how == "timed_out":
                how = ""
                self._answer["left_running"] = sorted(_names(_children() or ()))
        elif how == "timed_out":
            self._signal(signal.SIGTERM)
            self._watch(time.monotonic() + grace_seconds, self._is_over)
        if how:
            self._answer[how] = True
        self._end()

    def _watch(self, deadline: float, is_done: Callable[[], bool]) -> str:
        """Why the wait is over: nothing when it is done, else `timed_out`, `log_overflowed` or `stopped`."""
        while True:
            self._reap()
            if is_done():
                return ""
            remaining_seconds = deadline - time.monotonic()
            if remaining_seconds <= 0:
                return "timed_out"
            # Where there is no sign of a process that another adopted, one has to look.
            ready = dict(self._poll.poll(min(remaining_seconds, 3600) * 1000 if _LINUX else 50))
            if self._woken in ready:
                os.read(self._woken, _PIECE_BYTES)
            if self._connection.fileno() in ready or ready.keys() & set(self._owners):
                return "stopped"
            if self._output in ready and not self._copy():
                return "log_overflowed"

    def _copy(self) -> bool:
        """Copies a piece of the output to the log; whether the log still has room."""
        piece = os.read(self._output, _PIECE_BYTES) if self._output is not None else b""
        if not piece:
            if self._output is not None:
                self._poll.unregister(self._output)
                self._output = None
            return True
        piece = piece[: LOG_LIMIT_BYTES - self._log_bytes]
        if self._answer["binary_at"] is None and b"\0" in piece:
            self._answer["binary_at"] = self._log_bytes + piece.index(b"\0")
        self._log_bytes += len(piece)
        try:
            while piece:
                piece = piece[self._log.write(piece) :]
        except OSError as error:  # a full disk costs lines of the log, and what it costs the step, the step may not say
            self._answer["log_fault"] = error.strerror
        return self._log_bytes < LOG_LIMIT_BYTES

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(-1, os.WNOHANG)
                if ended == 0:
                    return
                self._statuses[ended] = status

    def _is_over(self) -> bool:
        """Whether no process of the job is left."""
        children = _children()
        if children is not None:
            return not children
        try:
            os.killpg(self._process, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return False

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process, number)

    def _end(self) -> None:
        """Ends what is left, generation after generation, and writes the rest of the output to the log."""
        deadline = time.monotonic() + _STUCK_SECONDS
        while time.monotonic() < deadline:
            self._signal(signal.SIGKILL)
            for child in _children() or ():
                _kill(child)
            self._reap()
            if self._is_over():
                break
            time.sleep(0.001)
        while self._output is not None and select.select([self._output], [], [], 0)[0] and self._copy():
            pass


def _bind(supervisor: int, confined: int | None) -> None:
    """Runs in the process before its command does: it ends with its supervisor, and writes where it may."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
    if confined is not None:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _syscall(_RESTRICT_SELF, confined, 0)


def _confinement(writable: list[str]) -> int:
    """A Landlock ruleset that forbids every change to files other than those of `writable`, as far as they are there.

    Where the kernel can, it forbids signals to other processes and their abstract sockets too.
    """
    handled = [_CHANGES, 0, _SCOPES] if _landlock_version() >= _SCOPES_VERSION else [_CHANGES]
    attributes = b"".join(value.to_bytes(8, sys.byteorder) for value in handled)
    ruleset = _syscall(_CREATE_RULESET, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)
    for path in filter(os.path.exists, writable):
        handle = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        changes = _CHANGES if os.path.isdir(path) else _CHANGES_OF_A_FILE
        rule = changes.to_bytes(8, sys.byteorder) + handle.to_bytes(4, sys.byteorder)
        _syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.create_string_buffer(rule, 12), 0)
        os.close(handle)
    return ruleset


def _landlock_version() -> int:
    """The version of Landlock that this kernel has; 0 where it has none."""
    if not _LINUX:
        return 0
    try:
        return _syscall(_CREATE_RULESET, None, 0, _RULESET_VERSION)
    except OSError:
        return 0


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        _libc().prctl(option, value, 0, 0, 0)


def _syscall(*arguments: Any) -> int:
    result: int = _libc().syscall(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _opened(process: int) -> int | None:
    """A handle that is readable when a process has ended, where the system has such."""
    with suppress(OSError, AttributeError):
        return os.pidfd_open(process)
    return None


def _children(process: int | str = "self") -> list[int] | None:
    """The children of a process, without those that have ended; None where this system does not tell."""
    child_pids: list[int] = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as file:
                child_pids += map(int, file.read().split())
    except OSError:
        return None
    return child_pids


def _names(processes: Any) -> set[str]:
    """What the processes are called; of one that only holds others, what those are called."""
    names: set[str] = set()
    for process in processes:
        below = _names(_children(process) or ())
        with suppress(OSError), open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
            names |= below or {file.read().strip()}
    return names


def _kill(process: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
