"""What it costs to check a pipeline of 50 steps from a cold process, and to resolve one of 50 and of 1000.

`make bench-check`. CPU seconds, medians of 5.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

from apart import apart

from stepsmith import DependencySpec, NodeType, OutputSpec, StepSpecification, UnifiedDependencyResolver
from stepsmith.layers.offers import Declared, Offers

TIMES = 5
HEAD = "name: fifty\nregion: eu-west-1\npipeline_s3_loc: s3://my-bucket/fifty\nsteps:\n"


def cold(folder: Path) -> float:
    """CPU seconds of `stepsmith check` of 25 models and their packages, and of importing all that it needs."""
    lines = []
    for number in range(25):
        after = f", after: package-{number - 1}" if number else ""
        model = f"s3://my-bucket/{number}/model.tar.gz"
        lines.append(f"  model-{number}: {{type: DummyTraining, pretrained_model_path: {model}{after}}}")
        lines.append(f"  package-{number}: {{type: ModelPackaging, code: s3://my-bucket/code/, after: model-{number}}}")
    path = folder / "pipeline.yaml"
    path.write_text(HEAD + "\n".join(lines) + "\n")
    command = [sys.executable, "-m", "stepsmith", "check", str(path), "--ignore", "RES,STP272"]
    used = [apart(command)[1] for _ in range(TIMES)]
    return median(one.ru_utime + one.ru_stime for one in used)


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
        offers = Offers()
        offers.add(Declared("0", specification))
        for number in range(1, steps):
            before = str(number - 1)
            (source,) = resolver.resolve(specification, offers.upstream([before])).values()
            if str(source) != f"{before}.data":
                raise SystemExit(f"{source} fills the input of step {number}")
            offers.add(Declared(str(number), specification), [before])
        return (process_time() - begin) / steps

    rounds = max(1, 2000 // steps)
    return median(sum(once() for _ in range(rounds)) / rounds for _ in range(TIMES))


def main() -> None:
    """Prints the figures beside what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = cold(Path(folder))
    print(f"check of 50 steps, cold process: {seconds:.2f} s of CPU; wanted at most 1")  # noqa: T201 - that is its result
    few, many = resolved(50), resolved(1000)
    told = f"resolving, CPU a step: {few * 1e6:.1f} us at 50, {many * 1e6:.1f} us at 1000: {many / few:.2f} times"
    print(f"{told}; wanted at most 1.5")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
