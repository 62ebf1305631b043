"""What the tests of the command line share: the findings that a command printed, and commands in a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.texts import record_of_json

WAIT_SECONDS = 60
SMALL = """\
name: small
region: eu-west-1
pipeline_s3_loc: s3://bucket/small
parameters: {Approval: {type: String, default: PendingManualApproval}}
steps:
  model: {type: DummyTraining, pretrained_model_path: model.tar.gz}
  register:
    type: ModelRegistration
    group: penguins
    image_uri: serve:1
    instance_types: [ml.m5.large]
    approval_status: ${param:Approval}
    inputs: {PackagedModel: model.model_output}
"""
# The variables that would change what a command shows.
OURS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_")
FORKING = Path(__file__).parent / "forking.py"


@pytest.fixture(autouse=True)
def _80_columns(monkeypatch):
    """Folds what commands say where most terminals would, whatever the tests run in."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def findings():
    """(code, where, at) of each finding in the JSON document that a command printed."""
    return lambda done: list(map(record_of_json, json.loads(done.out)["findings"]))


@pytest.fixture
def small(model_archive, tmp_path):
    """The shortest pipeline that registers a model, which takes a fifth of the time of the example."""
    model_archive()
    (tmp_path / "pipeline.yaml").write_text(SMALL)
    return tmp_path / "pipeline.yaml"


class Screen:
    """What a terminal of so many columns and rows shows of a text, and what it has scrolled out at its top.

    `wrapped` counts the lines that were wider than it. What a text asks for that it does not know fails the test.
    """

    def __init__(self, text, columns, rows):
        self.lines, self.wrapped = [""], 0
        self._columns, self._rows = columns, rows
        self._line = self._column = 0
        for up, style, other in re.findall(r"\x1b\[(\d*)F|(\x1b\[[\d;]*m)|(\x1b\[J|.)", text, re.DOTALL):
            if other:
                self._obey(other)
            elif not style:
                self._line = max(self._line - int(up or 1), len(self.lines) - self._rows, 0)
                self._column = 0

    @property
    def text(self):
        """All of it, as one text."""
        return "\n".join(self.lines)

    def _obey(self, text):
        if text == "\n":
            self._down()
        elif text == "\r":
            self._column = 0
        elif text == "\x1b[J":
            self.lines[self._line :] = [self.lines[self._line][: self._column]]
        else:
            assert text.isprintable(), self.lines
            self._put(text)

    def _put(self, character):
        if self._column == self._columns:
            self.wrapped += 1
            self._down()
            self._column = 0
        now = self.lines[self._line]
        self.lines[self._line] = now[: self._column].ljust(self._column) + character + now[self._column + 1 :]
        self._column += 1

    def _down(self):
        self._line += 1
        if self._line == len(self.lines):
            self.lines.append("")

    def shows(self, text):
        """Whether the text is there."""
        return text in self.text

    def steps(self):
        """The name and the state in each line of a step."""
        states = "Executing|Succeeded|Failed|Stopped|NotRun"
        return [match.groups() for line in self.lines if (match := re.match(rf"  (\S+) +({states})\b", line))]


class ForkingProcess:
    """A process that forks to start a command, and says how it ended."""

    def __init__(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([sys.executable, FORKING], env=environment, **pipes)

    def start(self, command, streams, folder, environment):
        """The number of the process that runs `-m module` or `-c program` with its three standard streams."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        asked = {"command": [*map(str, command)], "streams": [*map(str, streams)], "folder": str(folder)}
        return self._answer({**asked, "environment": {**inherited, **environment}})

    def wait(self, process):
        """The exit status of a process that it started."""
        return self._answer(process)

    def close(self):
        """Ends it."""
        self._process.communicate()

    def _answer(self, asked):
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        assert select.select([self._process.stdout], [], [], WAIT_SECONDS)[0], "waited in vain"
        return int(self._process.stdout.readline())


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, forking, command, folder, *, columns=80, rows=24, **environment):
        self._forking, self._status = forking, None
        self._written, self._size = b"", (columns, rows)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        streams = [os.ttyname(slave)] * 3
        self._process = forking.start(command, streams, folder, {"TERM": "xterm", **environment})
        os.close(slave)

    @property
    def written(self):
        """All that the command has written, in whole lines."""
        return self._written[: self._written.rfind(b"\n") + 1].decode()

    def screen(self, written=None):
        """The screen as it is now, or as it is after a part of what was written."""
        return Screen(self.written if written is None else written, *self._size)

    def until(self, is_there):
        """The screen, as soon as `is_there` says so."""
        until = time.monotonic() + WAIT_SECONDS
        while not is_there(screen := self.screen()):
            assert self._read(), screen.lines
            assert time.monotonic() < until, screen.lines
        return screen

    def type(self, keys):
        """Types keys."""
        os.write(self._master, keys)

    def end(self):
        """The exit status, and the screen at the end."""
        until = time.monotonic() + WAIT_SECONDS
        while self._read():
            assert time.monotonic() < until, self.screen().lines
        return self._wait(), self.screen()

    def kill(self):
        """Kills the command, if it has not ended; the number of its process."""
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self._wait()
        return self._process

    def close(self):
        """Ends what is left of it."""
        self.kill()
        os.close(self._master)

    def _wait(self):
        if self._status is None:
            self._status = self._forking.wait(self._process)
        return self._status

    def _read(self):
        """Reads a piece of what the command writes; whether there was any."""
        assert select.select([self._master], [], [], WAIT_SECONDS)[0], "waited in vain"
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # how Linux tells that nobody writes any more
            return False
        self._written += piece
        return bool(piece)


class Background:
    """A command without a terminal. What it prints goes to files, or its output elsewhere."""

    def __init__(self, forking, command, folder, files, output=None):
        self._forking, self._files, self._status = forking, files, None
        for name in ("out", "err"):
            (files / name).touch()
        self._process = forking.start(command, [os.devnull, output or files / "out", files / "err"], folder, {})

    @property
    def out(self):
        """What it has written so far as output."""
        return (self._files / "out").read_text()

    @property
    def err(self):
        """What it has written so far as errors."""
        return (self._files / "err").read_text()

    def send(self, number):
        """Sends a signal, which what has ended does not notice."""
        os.kill(self._process, number)

    def end(self):
        """The exit status."""
        if self._status is None:
            self._status = self._forking.wait(self._process)
        return self._status

    def kill(self):
        """Kills the command, if it has not ended."""
        if self._status is None:
            self.send(signal.SIGKILL)
            self.end()


@pytest.fixture(scope="session")
def forking():
    """A process that starts commands, each in a process of its own."""
    process = ForkingProcess()
    yield process
    process.close()


@pytest.fixture
def terminal(forking, tmp_path):
    """Runs `-m module` or `-c program` of Python in a terminal, in the folder `folder`."""
    opened = []

    def start(*command, folder=tmp_path, **settings):
        opened.append(Terminal(forking, command, folder, **settings))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def in_terminal(terminal):
    """The exit status of a `stepsmith` command in a terminal, and the screen at its end."""
    return lambda *arguments, **settings: terminal("-m", "stepsmith", *arguments, **settings).end()


@pytest.fixture
def in_background(forking, tmp_path, tmp_path_factory):
    """Runs `-m module` or `-c program` of Python, and does not wait for its end."""
    started = []

    def start(*command, **output):
        started.append(Background(forking, command, tmp_path, tmp_path_factory.mktemp("printed"), **output))
        return started[-1]

    yield start
    for one in started:
        one.kill()
