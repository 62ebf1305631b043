"""A command in a process of its own, with what it used; the benchmarks share it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from resource import struct_rusage


def apart(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    stderr: int | None = None,
    statuses: Collection[int] = (0,),
) -> tuple[str, struct_rusage]:
    """The standard output of a command, and what it used. If its status is another than `statuses`, all ends."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in statuses:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return said, usage
