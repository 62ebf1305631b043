"""Calls the command line as a user does: in this process, which is quick, or in one of its own."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

# What a line of text says first of a finding.
_CODE = re.compile(r"^(?:warning: )?([A-Z]{3}\d{3})\b", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def codes(self):
        """The codes of the findings it printed as text, in their order: those on standard output, then the others."""
        return _CODE.findall(self.out) + _CODE.findall(self.err)


@contextmanager
def _as_a_process(cwd, env):
    """The working directory, environment, signal handlers and empty input of a process of its own, for this block."""
    folder, before, stdin = Path.cwd(), dict(os.environ), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    if env is not None:
        os.environ.clear()
        os.environ.update(env)
    try:
        os.chdir(cwd)
        yield
    finally:
        sys.stdin = stdin
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def call_main(arguments, cwd, env=None):
    """How `stepsmith` with these arguments ends; it runs in this process."""
    from stepsmith.cli.main import main  # noqa: PLC0415 - most tests call no command

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with _as_a_process(cwd, env), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return Ended(ended.value.code or 0, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


@pytest.fixture
def stepsmith(tmp_path):
    """Calls the command line in this process, in the folder `cwd`, with the environment `env` if one is given."""

    def call(*arguments, cwd=tmp_path, env=None):
        return call_main(arguments, cwd, env)

    return call


@pytest.fixture
def stepsmith_process(tmp_path):
    """Calls the command line in a process of its own, for what only a process shows: its imports, signals and pipes."""

    def call(*arguments, cwd=tmp_path, env=None):
        command = [sys.executable, "-m", "stepsmith", *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def nobody(tmp_path):
    """An environment without a region and without credentials, from which nothing is reached."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    none = str(tmp_path / "none")
    closed = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none}
    return {**kept, **closed}
