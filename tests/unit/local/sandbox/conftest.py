"""A sandbox of either kind, to run commands in."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from stepsmith.local.sandbox.job import Job, Outcome, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

SHOW = """\
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(),
    "python": sys.executable, "input": sys.stdin.read()}))
"""


@dataclass(frozen=True)
class Box:
    """A sandbox with a log beside it."""

    sandbox: Sandbox
    log: Path

    @property
    def root(self):
        """The sandbox's folder."""
        return self.sandbox.root

    def job(self, *command, environment=None, seconds=60):
        """A job of this command."""
        return Job(command, environment or {}, seconds, self.log)

    def run(self, *command, environment=None, seconds=60):
        """Runs a command to its end: how it ended, and what it added to the log."""
        before = self.log.stat().st_size if self.log.exists() else 0
        outcome = self.sandbox.run(self.job(*command, environment=environment, seconds=seconds))
        return outcome, self.log.read_bytes()[before:].decode(errors="replace")

    def shown(self, *arguments, environment=None, command="python3"):
        """What a Python process is shown of its arguments and environment."""
        outcome, printed = self.run(command, "-c", SHOW, *arguments, environment=environment)
        assert outcome == Outcome(0)
        return json.loads(printed)

    def prints(self, script, *arguments):
        """What a Python script that ends well prints, without its last line break."""
        outcome, printed = self.run("python3", "-c", script, *arguments)
        assert outcome == Outcome(0), printed
        return printed.rstrip("\n")


@pytest.fixture
def box_of(tmp_path, launcher):
    """A sandbox of the given kind."""

    def make(kind, root=tmp_path / "sandbox", log=tmp_path / "log", launcher=launcher):
        root.mkdir(parents=True, exist_ok=True)
        return Box(Sandbox(root, kind, launcher), log)

    return make


@pytest.fixture
def box(box_of, kind):
    """A sandbox of each kind."""
    return box_of(kind)


@pytest.fixture
def impatient_box(box_of, kind, impatient_launcher):
    """A sandbox of each kind for what is to take longer than it may."""
    return box_of(kind, launcher=impatient_launcher)


@pytest.fixture
def server():
    """The port of a server on this machine, which nobody accepts from."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
