"""What it costs to write and check a definition, beside the SageMaker Python SDK v2.

    python benchmarks/definition.py [--rounds 5] [--sdk .venv-sdk-v2/bin/python] [--json]

A chain of N Processing steps, each of which reads what the one before wrote, beside the SDK's step objects and
`Pipeline.definition()`: as step objects to JSON (`emit`, beside a `Processor` each with the same members), and as
configs to JSON (`build`: resolve, build, emit, of DummyTraining, beside a `ScriptProcessor` each with the same
members); `compile` is `build` and all checks. Imports are not in these, and each has built a chain of one before;
imports are in the last lines, from a cold process to the text of 50 steps, ours validated and theirs not. Every
measurement is in a process of its own that measures its own CPU; told are medians, and ratios. `make test-sdk` makes
the SDK's environment; without it only ours is measured.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apart import apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent
SIZES = (5, 50, 200, 1000)
COLD = 50
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
ROLE = "arn:aws:iam::123456789012:role/a"
# What the issue asks for.
LEAST = {"emit": 10, "build": 5}
MOST_GROWTH, LEAST_COLD, MOST_CHECK_MS, MOST_IMPORT_MS = 1.5, 8, 100, 50
# What each work of ours is compared with.
BESIDE = {"emit": "sdk", "build": "sdk-script"}
SHOWN = ("emit", "sdk", "build", "sdk-script", "compile")


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sdk", type=Path, default=ROOT / ".venv-sdk-v2" / "bin" / "python")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--apart", nargs=2, metavar=("WORK", "STEPS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.apart:
        print(json.dumps(_WORKS[asked.apart[0]](int(asked.apart[1]))))  # noqa: T201 - the answer
        return
    found = measure(asked.rounds, asked.sdk if asked.sdk.exists() else None)
    print(json.dumps(found, indent=2) if asked.json else told(found))  # noqa: T201 - a benchmark prints


def measure(rounds: int, sdk: Path | None) -> dict[str, float]:
    """The median CPU seconds of each work, by `work/steps`; of cold processes all that the process took."""
    works = [(work, size) for size in SIZES for work in SHOWN]
    works += [("check", COLD), ("cold", COLD), ("cold-sdk", COLD), ("import", 0)]
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for work, size in works:
            python = str(sdk) if "sdk" in work else sys.executable
            if sdk is not None or python == sys.executable:
                found.setdefault(f"{work}/{size}", []).append(_apart(python, work, size))
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def _apart(python: str, work: str, size: int) -> float:
    command = [python, __file__, "--apart", work, str(size)]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
    said, usage = apart(command, environment, subprocess.DEVNULL)
    return usage.ru_utime + usage.ru_stime if work.startswith("cold") else float(said.splitlines()[-1])


def _timed(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


# --- ours ---


def _records(size: int) -> Any:
    from stepsmith.definition.model import PipelineDefinition, Step  # noqa: PLC0415 - no import may be in a figure
    from stepsmith.definition.references import Get, Join  # noqa: PLC0415

    def step(number: int) -> Step:
        before = f"Steps.step-{number - 1}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"
        uri = Get(before) if number else "s3://bucket/in"
        out = Join("/", ["s3://bucket/out", Get("Execution.PipelineExecutionId"), f"step-{number}"])
        s3_input = {
            "S3Uri": uri,
            "LocalPath": "/opt/ml/processing/input/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        s3_output = {"S3Uri": out, "LocalPath": "/opt/ml/processing/output/out", "S3UploadMode": "EndOfJob"}
        arguments = {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
            },
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/run.py"]},
            "RoleArn": ROLE,
            "ProcessingInputs": [{"InputName": "in", "S3Input": s3_input}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": s3_output}]},
        }
        return Step(f"step-{number}", "Processing", arguments)

    return PipelineDefinition(tuple(step(number) for number in range(size)))


def _emit(size: int) -> float:
    from stepsmith.definition.emit import emit  # noqa: PLC0415

    emit(_records(1))
    return _timed(lambda: emit(_records(size)))


def _pipeline(size: int) -> Any:
    from stepsmith import DummyTrainingConfig, Pipeline  # noqa: PLC0415

    place = "s3://bucket/chain"
    pipeline = Pipeline("chain", region="eu-west-1", role=ROLE, pipeline_s3_loc=place)
    before = pipeline.add("step-0", DummyTrainingConfig(pretrained_model_path="s3://bucket/in/model.tar.gz"))
    for number in range(1, size):
        wires = {"pretrained_model_path": f"step-{number - 1}.model_output"}
        before = pipeline.add(f"step-{number}", DummyTrainingConfig(), after=[before], inputs=wires)
    return pipeline


def _build(size: int) -> float:
    from stepsmith.pipeline.compilation import Compilation  # noqa: PLC0415
    from stepsmith.pipeline.passes import emit, run  # noqa: PLC0415

    def work(size: int) -> None:
        run(Compilation(pipeline=_pipeline(size)), emit).result()

    work(1)  # what is imported when a step is first met
    return _timed(lambda: work(size))


def _compile(size: int) -> float:
    from stepsmith.diagnostics import DefinitionError  # noqa: PLC0415

    def work() -> None:
        # A thousand such steps are more than the service takes, which is the last thing to be found.
        with suppress(DefinitionError):
            _pipeline(size).compile()

    _pipeline(1).compile()
    return _timed(work)


def _check(size: int) -> float:
    from stepsmith.definition.checks import check  # noqa: PLC0415
    from stepsmith.sagemaker.service_model import service  # noqa: PLC0415

    definition = _records(size)
    service()
    return _timed(lambda: check(definition))


def _cold(size: int) -> float:
    _pipeline(size).compile()  # which checks it
    return 0


def _import(_: int) -> float:
    seconds = _timed(lambda: __import__("stepsmith.definition.emit"))
    if "boto3" in sys.modules or "botocore" in sys.modules:
        raise SystemExit("importing the definition brought boto3")
    return seconds


# --- theirs ---


def _sdk(size: int, *, script: bool = False, cold: bool = False) -> float:
    from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor, ScriptProcessor  # noqa: PLC0415
    from sagemaker.workflow.execution_variables import ExecutionVariables  # noqa: PLC0415
    from sagemaker.workflow.functions import Join  # noqa: PLC0415
    from sagemaker.workflow.pipeline import Pipeline  # noqa: PLC0415
    from sagemaker.workflow.pipeline_context import PipelineSession  # noqa: PLC0415
    from sagemaker.workflow.steps import ProcessingStep  # noqa: PLC0415

    session = PipelineSession(default_bucket="bucket")

    def build(size: int) -> str:
        steps: list[Any] = []
        for number in range(size):
            job = {
                "role": ROLE,
                "image_uri": IMAGE,
                "instance_count": 1,
                "instance_type": "ml.m5.large",
                "sagemaker_session": session,
            }
            run: dict[str, Any] = {}
            if script:
                processor = ScriptProcessor(command=["python3"], max_runtime_in_seconds=1200, **job)
                arguments = ["--pretrained-model-path", "/opt/ml/in", "--output-dir", "/opt/ml/out"]
                run = {"code": "s3://bucket/code/dummy_training.py", "arguments": arguments}
            else:
                processor = Processor(entrypoint=["python3", "/opt/ml/run.py"], **job)
            outputs = steps[-1].properties.ProcessingOutputConfig.Outputs if steps else None
            source = outputs["out"].S3Output.S3Uri if outputs is not None else "s3://bucket/in"
            place = Join("/", ["s3://bucket/out", ExecutionVariables.PIPELINE_EXECUTION_ID, f"step-{number}"])
            step_args = processor.run(
                inputs=[ProcessingInput(source=source, destination="/opt/ml/processing/input/in", input_name="in")],
                outputs=[
                    ProcessingOutput(source="/opt/ml/processing/output/out", destination=place, output_name="out")
                ],
                **run,
            )
            steps.append(ProcessingStep(f"step-{number}", step_args=step_args))
        return Pipeline("chain", steps=steps, sagemaker_session=session).definition()

    if not cold:
        build(1)
    return _timed(lambda: build(size))


_WORKS: Mapping[str, Callable[[int], float]] = {
    "emit": _emit,
    "build": _build,
    "compile": _compile,
    "check": _check,
    "cold": _cold,
    "import": _import,
    "sdk": _sdk,
    "sdk-script": functools.partial(_sdk, script=True),
    "cold-sdk": functools.partial(_sdk, cold=True),
}


# --- what is told ---


def told(found: Mapping[str, float]) -> str:
    """What was found, as a table, and what it says of the targets."""
    lines = [
        f"{'CPU ms':24}" + "".join(f"{size:>10}" for size in SIZES),
        *(
            f"{work:24}" + "".join(f"{found[f'{work}/{size}'] * 1000:10.1f}" for size in SIZES)
            for work in SHOWN
            if f"{work}/{COLD}" in found
        ),
    ]
    for work in ("emit", "build", "compile"):
        growth = found[f"{work}/1000"] / 1000 / (found[f"{work}/50"] / 50)
        lines.append(f"{work}, a step of 1000 beside one of 50: {growth:.2f} times; wanted at most {MOST_GROWTH}")
    lines.append(f"checking 50 steps: {found['check/50'] * 1000:.1f} ms; wanted at most {MOST_CHECK_MS}")
    lines.append(f"importing the definition: {found['import/0'] * 1000:.1f} ms; wanted at most {MOST_IMPORT_MS}")
    if "sdk/50" in found:
        lines.extend(
            f"the SDK takes {found[f'{beside}/50'] / found[f'{work}/50']:.1f} times the CPU of {work} at 50 steps; "
            f"wanted at least {LEAST[work]}"
            for work, beside in BESIDE.items()
        )
        times = found["cold-sdk/50"] / found["cold/50"]
        lines.append(f"the SDK takes {times:.1f} times the CPU from a cold process; wanted at least {LEAST_COLD}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
