"""Runs a Processing step by SageMaker's container contract: inputs, configuration, arguments, outputs, failure.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from stepsmith.errors import RunError
from stepsmith.local.sandbox import ML_ROOT, Job
from stepsmith.local.values import Finished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stepsmith.definition.model import PropertyFile
    from stepsmith.local.objects import ObjectStore
    from stepsmith.local.sandbox import Outcome, Sandbox

FAILURE_REASON = f"{ML_ROOT}/output/message"
FAILURE_REASON_BYTES = 1024
# Source: the shape ProcessingMaxRuntimeInSeconds, and StoppingCondition's text, in botocore's sagemaker service model.
DEFAULT_RUNTIME_SECONDS = 86400
_PROCESSING = f"{ML_ROOT}/processing/"


def run_processing(
    request: Mapping[str, Any],
    property_files: Sequence[PropertyFile],
    objects: ObjectStore,
    sandbox: Sandbox,
    job_name: str,
    log: Path,
) -> Finished:
    """Runs a job whose `request` has CreateProcessingJob's shape; what later steps can read of it.

    Raises: RunError when an input is not there, the process fails or takes too long, or an output is not left.
    """
    for job_input in request.get("ProcessingInputs", ()):
        _bring(job_input, objects, sandbox)
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    for output in outputs:
        _place(output["S3Output"]["LocalPath"], sandbox).mkdir(parents=True, exist_ok=True)
    _write_configuration(request, job_name, sandbox)
    outcome = sandbox.run(_job(request, log))
    _refuse_failure(request, outcome, sandbox)
    published = _publish(outputs, objects, sandbox)
    return Finished(
        {**request, "ProcessingJobName": job_name, "ProcessingJobStatus": "Completed"},
        {file.name: objects.path(published[file.output_name]) / file.path for file in property_files},
    )


def _job(request: Mapping[str, Any], log: Path) -> Job:
    application = request["AppSpecification"]
    command = [*application.get("ContainerEntrypoint", ()), *application.get("ContainerArguments", ())]
    if not command:
        what = "the step has no ContainerEntrypoint; its image is not run on this machine"
        raise RunError("RUN040", what, fix="name the command in ContainerEntrypoint")
    seconds = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS)
    environment = {name: str(value) for name, value in request.get("Environment", {}).items()}
    return Job([str(part) for part in command], environment, seconds, log)


def _bring(job_input: Mapping[str, Any], objects: ObjectStore, sandbox: Sandbox) -> None:
    """Copies the objects of an input to where the container reads them."""
    source = job_input.get("S3Input")
    name = job_input["InputName"]
    if source is None or source.get("S3DataType", "S3Prefix") != "S3Prefix" or source.get("S3InputMode") == "Pipe":
        what = f"the input {name!r} is no S3Prefix in File mode, which alone is brought on this machine"
        raise RunError("RUN041", what)
    folder = _place(source["LocalPath"], sandbox)
    folder.mkdir(parents=True, exist_ok=True)
    found = objects.matching(source["S3Uri"])
    if not found:
        raise RunError(
            "RUN042",
            f"the input {name!r} is not there: {source['S3Uri']}",
            fix=f"in a run on this machine its place is {objects.path(source['S3Uri'])}; put it there",
        )
    for below, path in found:
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _write_configuration(request: Mapping[str, Any], job_name: str, sandbox: Sandbox) -> None:
    folder = sandbox.path(f"{ML_ROOT}/config")
    folder.mkdir(parents=True, exist_ok=True)
    sandbox.path(FAILURE_REASON).parent.mkdir(parents=True, exist_ok=True)
    job = {"ProcessingJobArn": "", "ProcessingJobName": job_name, **request}
    host = "algo-1"
    for name, content in (
        ("processingjobconfig.json", job),
        ("resourceconfig.json", {"current_host": host, "hosts": [host]}),
    ):
        (folder / name).write_text(sandbox.seen(json.dumps(content)), encoding="utf-8")


def _refuse_failure(request: Mapping[str, Any], outcome: Outcome, sandbox: Sandbox) -> None:
    if outcome.timed_out:
        seconds = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        raise RunError("RUN043", f"it ran longer than its MaxRuntimeInSeconds, {seconds}, and was stopped")
    if outcome.exit_status == 0:
        return
    message = sandbox.path(FAILURE_REASON)
    reason = message.read_bytes()[:FAILURE_REASON_BYTES].decode("utf-8", "ignore") if message.is_file() else ""
    how = f"signal {-outcome.exit_status}" if outcome.exit_status < 0 else f"exit status {outcome.exit_status}"
    raise RunError("RUN044", reason.strip() or f"it ended with {how} and left no reason")


def _publish(outputs: Sequence[Mapping[str, Any]], objects: ObjectStore, sandbox: Sandbox) -> dict[str, str]:
    """Moves each output to its S3 folder, all of them or none; the S3 folders by the outputs' names."""
    folders = [_place(output["S3Output"]["LocalPath"], sandbox) for output in outputs]
    for output, folder in zip(outputs, folders, strict=True):
        _refuse_unusable(output["OutputName"], folder)
    new: list[str] = []
    try:
        for output, folder in zip(outputs, folders, strict=True):
            uri = output["S3Output"]["S3Uri"]
            if objects.publish(folder, uri):
                new.append(uri)
    except BaseException:
        for uri in new:
            objects.take_back(uri)
        raise
    return {output["OutputName"]: output["S3Output"]["S3Uri"] for output in outputs}


def _refuse_unusable(name: str, folder: Path) -> None:
    entries = list(folder.rglob("*")) if folder.is_dir() and not folder.is_symlink() else []
    odd = [entry for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    if odd:
        what = f"the output {name!r} holds what is no file: {odd[0].relative_to(folder)}"
        raise RunError("RUN045", what, fix="write regular files")
    if not any(entry.is_file() for entry in entries):
        raise RunError("RUN046", f"it ended well and left nothing in its output {name!r}")


def _place(container_path: str, sandbox: Sandbox) -> Path:
    if not container_path.startswith(_PROCESSING) or ".." in container_path.split("/"):
        what = f"the path {container_path!r} is not below {_PROCESSING}, which alone a sandbox has"
        raise RunError("RUN047", what)
    return sandbox.path(container_path)
