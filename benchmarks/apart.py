"""A command in a process of its own, with what it used; the benchmarks share it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from resource import struct_rusage


def apart(
    command: Sequence[str], environment: Mapping[str, str] | None = None, stderr: int | None = None
) -> tuple[str, struct_rusage]:
    """What a command said on standard output, and what it used; it is an end when it fails."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return said, usage
