"""What the front end costs, compared with an older commit in the same run: CPU seconds, medians and ratios.

    python benchmarks/check.py [--base COMMIT] [--rounds 3] [--json]

`make bench-check BASE=<commit>`. The older commit is checked out into a temporary worktree. The same interpreter runs
both versions in turns. Measured are `check`, `compile`, `explain`, `graph` and `deploy --plan` as processes of their
own, for pipelines of several sizes; those of one step show what starting a process and importing cost. `deploy --plan`
asks a moto server on 127.0.0.1, and is left out without the environment that `tests/aws/install moto` makes. Its front
end is measured in a process that has imported everything: all that `deploy` does before its first request. Then the
growth of `check` and `explain` with large pipelines, and of `check` with unknown keys; and what the resolver costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import boto3
from apart import apart
from deploy import BUCKET, REGION, ROLE, environment_of, servers

from stepsmith import DependencySpec, NodeType, OutputSpec, StepSpecification, UnifiedDependencyResolver
from stepsmith.resolve.upstream import DeclaredStep, StepOutputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
# The last commit in which each command read, built and checked a pipeline several times.
BASE = "1716edf"
SIZES = (1, 5, 50, 200, 500)
LARGE = (200, 1000, 2000)
KEYS = (1000, 8000)
RESOLVED = (50, 1000)
HEAD = ("name: bench", f"region: {REGION}", f"role: {ROLE}", f"pipeline_s3_loc: s3://{BUCKET}/bench", "steps:")
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/serve:1"
REGISTRATION = f"group: bench, image_uri: '{IMAGE}', instance_types: [ml.m5.large]"
# The statuses with which each command ends: `check` finds something, and a plan has something to do.
COMMANDS = {"check": (0, 1), "compile": (0,), "explain": (0,), "graph": (0,), "deploy --plan": (0, 3)}
# What the issue asks for, in times of the base's CPU time, and of the CPU time a step of the smallest.
MOST_RATIO, MOST_FRONT_END, MOST_GROWTH = 1.0, 0.4, 1.5
# A difference of less than this between two processes is noise.
NOISE_SECONDS = 0.02
# What `deploy` does before its first request, in a process that has imported everything; it prints its CPU seconds.
FRONT_END = """
import sys, time
from pathlib import Path
from stepsmith.aws.client import Account
from stepsmith.definition.parse import parse
try:
    from stepsmith.aws.deployment.options import DeployOptions
    from stepsmith.aws.deployment.planner import _checked
    from stepsmith.cli.commands.deploy import _compiled
except ModuleNotFoundError:  # a commit from before the rooms of aws and cli were parted
    from stepsmith.aws.options import DeployOptions
    from stepsmith.aws.planner import _checked
    from stepsmith.cli.deploy import _compiled

def front_end(path):
    compiled = _compiled(path, None, None)
    _checked(Account(region=compiled.region), compiled, parse(compiled.definition), compiled.name, DeployOptions())

front_end(Path(sys.argv[1]))
begin = time.process_time()
front_end(Path(sys.argv[2]))
print(time.process_time() - begin)
"""


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default=BASE, help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    with ExitStack() as stack:
        versions = {"base": stack.enter_context(worktree(given.base)) / "src", "head": ROOT / "src"}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = Measurement(versions, folder, stack.enter_context(aws(folder))).all(given.rounds)
    found["resolving"] = {str(steps): {"head": resolved(steps)} for steps in RESOLVED}
    print(json.dumps(found, indent=2) if given.json else report(found))  # noqa: T201 - a benchmark prints


# --- what is measured ---


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """A temporary worktree of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(path), commit], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", str(path)], check=True)


@contextmanager
def aws(folder: Path) -> Iterator[dict[str, str] | None]:
    """The environment of a process that asks a server with an empty bucket; None if there is no such server."""
    if not servers.program("moto", "moto_server").exists():
        yield None
        return
    with servers.moto(folder) as moto:
        key, secret = servers.CREDENTIALS.values()
        client = boto3.client("s3", REGION, endpoint_url=moto.url, aws_access_key_id=key, aws_secret_access_key=secret)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield environment_of(moto.url, moto.url)


def pipeline(folder: Path, steps: int, unknown_keys: int = 0) -> Path:
    """Writes a pipeline of models, each a small folder, their packages in a chain, and a registration of each."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "inference.py").write_text("def model_fn(model_dir):\n    return None\n")
    lines = []
    for number in range(steps // 3 + 1):
        model, package = f"model-{number}", f"package-{number}"
        (folder / model).mkdir()
        (folder / model / "model.json").write_text(json.dumps({"weights": [number]}))
        after = [model, f"package-{number - 1}"] if number else [model]
        lines += [
            f"  {model}: {{type: DummyTraining, pretrained_model_path: {model}/}}",
            f"  {package}: {{type: ModelPackaging, code: code/, after: [{', '.join(after)}]}}",
            f"  register-{number}: {{type: ModelRegistration, {REGISTRATION}, after: {package}}}",
        ]
    lines = [*HEAD, *lines[:steps]]
    if unknown_keys:
        lines += ["  unknown:", "    type: DummyTraining", "    pretrained_model_path: model-0/"]
        lines += [f"    unknown_{number}: 1" for number in range(unknown_keys)]
    path = folder / "pipeline.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Measurement:
    """Measures two versions in turns: the CPU seconds of each, by what is measured and the size."""

    def __init__(self, versions: Mapping[str, Path], folder: Path, aws_environment: dict[str, str] | None) -> None:
        self._versions, self._folder, self._aws = versions, folder, aws_environment

    def all(self, rounds: int) -> dict[str, Any]:
        """The medians: `{"check": {"50": {"base": 0.5, "head": 0.4}}}`."""
        commands = [name for name in COMMANDS if self._aws or name != "deploy --plan"]
        pipelines = {steps: pipeline(self._folder / f"steps-{steps}", steps) for steps in {*SIZES, *LARGE}}
        with_keys = {keys: pipeline(self._folder / f"keys-{keys}", 1, keys) for keys in KEYS}
        # Each has imported all types of steps before it is measured.
        fronts = {steps: (pipelines[SIZES[1]], pipelines[steps]) for steps in SIZES[1:]}
        # After this no module is compiled and no digest of a model is computed, which would count for one version only.
        for paths in fronts.values():
            self._compared(1, "front end", *paths)
        return {
            **{
                name: {str(steps): self._compared(rounds, name, pipelines[steps]) for steps in SIZES}
                for name in commands
            },
            "front end of deploy": {
                str(steps): self._compared(rounds, "front end", *paths) for steps, paths in fronts.items()
            },
            # These take long on the base, and tell enough in one round.
            "check, large": {str(steps): self._compared(1, "check", pipelines[steps]) for steps in LARGE},
            "explain, large": {str(steps): self._compared(1, "explain", pipelines[steps]) for steps in LARGE},
            "check, unknown keys": {str(keys): self._compared(1, "check", path) for keys, path in with_keys.items()},
        }

    def _compared(self, rounds: int, name: str, *paths: Path) -> dict[str, float]:
        seconds: dict[str, list[float]] = {version: [] for version in self._versions}
        for _ in range(rounds):
            for version, source in self._versions.items():
                seconds[version].append(self._measured(name, source, paths))
        return {version: median(some) for version, some in seconds.items()}

    def _measured(self, name: str, source: Path, paths: tuple[Path, ...]) -> float:
        environment = {**(self._aws or os.environ), "PYTHONPATH": str(source)}
        # An installed version is compiled. Without this, how long its source is would count, too.
        environment["PYTHONPYCACHEPREFIX"] = str(self._folder / "compiled")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if name == "front end":
            command = [sys.executable, "-c", FRONT_END, *map(str, paths)]
            return float(apart(command, environment, subprocess.DEVNULL)[0])
        command = [sys.executable, "-m", "stepsmith", *name.split(), *map(str, paths)]
        _, usage = apart(command, environment, subprocess.DEVNULL, COMMANDS[name])
        return usage.ru_utime + usage.ru_stime


def resolved(steps: int) -> float:
    """CPU seconds a step to resolve a chain in which all offer an output of the same name, and the nearest fills."""
    specification = StepSpecification(
        step_type="Link",
        node_type=NodeType.INTERNAL,
        dependencies=(DependencySpec(logical_name="data", semantic_keywords=("data",)),),
        outputs=(OutputSpec(logical_name="data"), OutputSpec(logical_name="report", aliases=("summary",))),
    )
    resolver = UnifiedDependencyResolver()

    def once() -> float:
        begin = process_time()
        offers = StepOutputs()
        offers.add(DeclaredStep("0", specification))
        for number in range(1, steps):
            before = str(number - 1)
            (source,) = resolver.resolve(specification, offers.upstream([before])).values()
            if str(source) != f"{before}.data":
                raise SystemExit(f"{source} fills the input of step {number}")
            offers.add(DeclaredStep(str(number), specification), [before])
        return (process_time() - begin) / steps

    rounds = max(1, 2000 // steps)
    return median(sum(once() for _ in range(rounds)) / rounds for _ in range(5))


# --- the report ---


def report(found: dict[str, Any]) -> str:
    """What was found, as a table, and what it says of the targets."""
    lines = [f"{'CPU seconds':24}{'size':>6}{'base':>10}{'head':>10}{'ratio':>8}{'without start':>15}"]
    for name, sizes in ((name, sizes) for name, sizes in found.items() if name != "resolving"):
        start = found.get(name.partition(",")[0], {}).get("1")
        for size, one in sizes.items():
            line = f"{name:24}{size:>6}{one['base']:10.3f}{one['head']:10.3f}{one['head'] / one['base']:8.2f}"
            is_above_start = start and one["base"] - start["base"] > NOISE_SECONDS
            rest = f"{(one['head'] - start['head']) / (one['base'] - start['base']):15.2f}" if is_above_start else ""
            lines.append(line + rest)
    lines += _targets(found)
    few, many = (one["head"] for one in found["resolving"].values())
    lines.append(f"resolving, CPU a step: {few * 1e6:.1f} us, {many * 1e6:.1f} us: {many / few:.2f} times")
    return "\n".join(lines)


def _targets(found: dict[str, Any]) -> Iterator[str]:
    """Each target beside what was found."""
    ratios = {
        f"{name} {size}": one["head"] / one["base"] for name in COMMANDS for size, one in found.get(name, {}).items()
    }
    worst = max(ratios, key=lambda name: ratios[name])
    yield f"slowest command beside the base: {worst}, {ratios[worst]:.2f} times; wanted at most {MOST_RATIO}"
    fronts = [one["head"] / one["base"] for one in found["front end of deploy"].values()]
    yield f"front end of deploy beside the base: at most {max(fronts):.2f} times; wanted at most {MOST_FRONT_END}"
    for name in ("check, large", "explain, large", "check, unknown keys"):
        start = found[name.partition(",")[0]][str(SIZES[0])]
        sizes = list(found[name])
        for version in ("base", "head"):
            few, many = ((found[name][size][version] - start[version]) / int(size) for size in (sizes[0], sizes[-1]))
            wanted = f"; wanted at most {MOST_GROWTH}" if version == "head" else ""
            yield f"{name}, {version}: one of {sizes[-1]} takes {many / few:.2f} times one of {sizes[0]}{wanted}"


if __name__ == "__main__":
    main()
