"""Commands of this machine: whether they are there, and what they write; how each ended is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 180
# Names in UTF-8 are names of files in no other locale, for bsdtar.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def absent(tools: Iterable[str]) -> list[str]:
    """Those of `tools` that this machine has not; of `javac|ecj` one will do."""
    return [tool for tool in tools if not any(map(shutil.which, tool.split("|")))]


def run(command: Sequence[str | Path], data: bytes = b"", cwd: Path | None = None) -> bytes:
    """What a command that is given `data` writes. Raises: AssertionError when it fails."""
    done = subprocess.run(
        command, input=data, cwd=cwd, env=ENVIRONMENT, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
    )
    _succeeded(command, done.returncode, done.stderr)
    return done.stdout


def written_by(command: Sequence[str | Path]) -> Iterator[bytes]:
    """What a command writes, in chunks, however much it is. Raises: AssertionError at the end when it fails."""
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=ENVIRONMENT) as process,
    ):
        timer = threading.Timer(TIMEOUT_SECONDS, process.kill)
        timer.start()
        try:
            yield from iter(lambda: process.stdout.read(CHUNK_BYTES), b"")
            process.wait()
        finally:
            timer.cancel()
        complaints.seek(0)
        _succeeded(command, process.returncode, complaints.read())


def write_through(command: Sequence[str | Path], chunks: Iterable[bytes], target: Path) -> None:
    """Writes what a command makes of `chunks` to `target`. Raises: AssertionError when it fails."""
    with target.open("wb") as file, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file) as process:
        for chunk in chunks:
            process.stdin.write(chunk)
    _succeeded(command, process.returncode, b"")


def _succeeded(command: Sequence[str | Path], status: int, complaints: bytes) -> None:
    assert status == 0, f"{' '.join(map(str, command))}: status {status}, {complaints.decode(errors='replace')}"
