"""What the local engine costs: a chain of no-op steps beside ninja and beside a bare loop, in each sandbox.

    python benchmarks/local.py [--steps 50] [--rounds 7] [--json]

Every step is `python -S -c ''`: the loop and ninja start it as it is, and for `bwrap` with the very options that the
engine gives. All are measured in turn, round after round, so that what else the machine does falls on all of them;
told are medians, the milliseconds a step above the bare loop under the same sandbox, and ratios to that loop. An engine
runs in a process of its own, whose peak memory is the second figure; what its interpreter takes to start is told apart.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apart import apart

from stepsmith.definition.assets import Compiled
from stepsmith.local import run
from stepsmith.local.sandbox.job import Job
from stepsmith.local.sandbox.selection import BWRAP, PROCESS, select_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

NO_OP = ["-S", "-c", ""]
ROLE = "arn:aws:iam::123456789012:role/a"
# What the issue asks for.
MOST_MS_A_STEP, MOST_MEMORY_MB = 15, 80


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--engine", nargs=2, metavar=("SANDBOX", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        _engine(asked.steps, *asked.engine)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.steps, asked.rounds, Path(folder))
    print(json.dumps(found, indent=2) if asked.json else told(found))  # noqa: T201 - a benchmark prints


def measure(steps: int, rounds: int, folder: Path) -> dict[str, Any]:
    """The seconds of each competitor in each round, and the engine's peak memory."""
    seconds: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    for number in range(rounds):
        for sandbox in (PROCESS, BWRAP):
            place = folder / f"{number}-{sandbox}"
            place.mkdir()
            command = _command(sandbox, place)
            seconds.setdefault(f"loop/{sandbox}", []).append(_timed(lambda c=command: _loop(c, steps)))
            if shutil.which("ninja"):
                seconds.setdefault(f"ninja/{sandbox}", []).append(_ninja(command, steps, place))
            taken, peak = _engine_apart(steps, sandbox, place)
            seconds.setdefault(f"engine/{sandbox}", []).append(taken)
            memory.setdefault(f"engine/{sandbox}", []).append(peak)
    return {"steps": steps, "rounds": rounds, "seconds": seconds, "memory_mb": memory}


def told(found: dict[str, Any]) -> str:
    """What was found, as a table and what it says of the targets."""
    lines = [f"a chain of {found['steps']} no-op steps, {found['rounds']} rounds, medians"]
    lines.append(f"{'':18} {'seconds':>8} {'ms a step':>10} {'above loop':>11} {'ratio':>6}")
    medians = {name: statistics.median(values) for name, values in found["seconds"].items()}
    for name, median in medians.items():
        loop = medians[f"loop/{name.partition('/')[2]}"]
        above = (median - loop) / found["steps"] * 1000
        each = median / found["steps"] * 1000
        lines.append(f"{name:18} {median:8.3f} {each:7.2f} ms {above:8.2f} ms {median / loop:6.2f}")
    for name, values in found["memory_mb"].items():
        lines.append(f"{name:18} {statistics.median(values):6.1f} MB at its peak")
    lines.append(f"wanted: at most {MOST_MS_A_STEP} ms a step above the loop, under {MOST_MEMORY_MB} MB")
    return "\n".join(lines)


def _command(sandbox: str, place: Path) -> list[str]:
    """The no-op as the engine starts it in a sandbox of that kind."""
    root = place / "sandbox"
    for folder in ("opt/ml", "tmp"):
        (root / folder).mkdir(parents=True)
    job = Job(["python3", *NO_OP], {}, 60, place / "log")
    return list(select_sandbox(sandbox).launch(root, job).command)


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _loop(command: list[str], steps: int) -> None:
    for _ in range(steps):
        subprocess.run(command, check=True)


def _ninja(command: list[str], steps: int, place: Path) -> float:
    """Ninja's seconds for the same chain; it needs files between the steps, which a shell makes."""
    text = " ".join("''" if part == "" else part for part in command)
    lines = [f"rule no-op\n  command = {text} && : > $out"]
    lines += [f"build out-{n}: no-op {f'out-{n - 1}' if n else ''}" for n in range(steps)]
    (place / "build.ninja").write_text("\n".join(lines) + "\n")
    ninja = ["ninja", "-C", str(place), "--quiet"]
    return _timed(lambda: subprocess.run(ninja, check=True, stdout=subprocess.DEVNULL))  # type: ignore[arg-type, return-value]


def _engine_apart(steps: int, sandbox: str, place: Path) -> tuple[float, float]:
    """The engine's seconds, without the start of its interpreter, and its peak memory in MB."""
    command = [sys.executable, __file__, "--steps", str(steps), "--engine", sandbox, str(place)]
    said, usage = apart(command)
    return float(said), usage.ru_maxrss / 1024


def _engine(steps: int, sandbox: str, place: str) -> None:
    """Runs the chain, and prints the seconds that it took."""
    compiled = Compiled("benchmark", definition(steps))
    print(_timed(lambda: run(compiled, store=Path(place) / "store", sandbox=sandbox)))  # type: ignore[arg-type, return-value]  # noqa: T201 - a benchmark prints


def definition(steps: int) -> str:
    """A chain of Processing steps that do nothing."""
    job = {
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", *NO_OP]},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
        "RoleArn": ROLE,
    }
    chain = [
        {"Name": f"step-{n}", "Type": "Processing", "DependsOn": [f"step-{n - 1}"] if n else [], "Arguments": job}
        for n in range(steps)
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": chain})


if __name__ == "__main__":
    main()
