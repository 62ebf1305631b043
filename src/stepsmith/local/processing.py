"""Runs a Processing step by SageMaker's container contract: inputs, configuration, arguments, outputs, failure.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from stepsmith.container.entry import FAILURE_REASON_BYTES
from stepsmith.errors import RunError
from stepsmith.local.models import ARN_PREFIX
from stepsmith.local.request import processing_request
from stepsmith.local.sandbox import ML_ROOT, Job
from stepsmith.local.values import Finished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stepsmith.definition.model import PropertyFile
    from stepsmith.local.objects import ObjectStore
    from stepsmith.local.request import Port
    from stepsmith.local.sandbox import Outcome, Sandbox

FAILURE_REASON = f"{ML_ROOT}/output/message"


def run_processing(
    arguments: Mapping[str, Any],
    property_files: Sequence[PropertyFile],
    objects: ObjectStore,
    sandbox: Sandbox,
    job_name: str,
    log: Path,
) -> Finished:
    """Runs a job whose `arguments` have CreateProcessingJob's shape; what later steps can read of it.

    Raises: RunError when an input is not there, the process fails or takes too long, or an output is not left.
    DefinitionError when the arguments are not of that shape.
    """
    request = processing_request(arguments)
    for job_input in request.inputs:
        _bring(job_input, objects, sandbox)
    for output in request.outputs:
        sandbox.path(output.folder).mkdir(parents=True, exist_ok=True)
    described = {
        "ProcessingJobArn": f"{ARN_PREFIX}:processing-job/{job_name}",
        "ProcessingJobName": job_name,
        **arguments,
    }
    _write_configuration(described, sandbox)
    outcome = sandbox.run(Job(request.command, request.environment, request.max_runtime_seconds, log))
    _refuse_failure(request.max_runtime_seconds, outcome, sandbox)
    published = _publish(request.outputs, objects, sandbox)
    return Finished(
        {**described, "ProcessingJobStatus": "Completed"},
        {file.name: objects.path(published[file.output_name]) / file.path for file in property_files},
    )


def _bring(job_input: Port, objects: ObjectStore, sandbox: Sandbox) -> None:
    """Copies the objects of an input to where the container reads them."""
    folder = sandbox.path(job_input.folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = objects.matching(job_input.s3_uri)
    if not found:
        raise RunError(
            "RUN042",
            f"the input {job_input.name!r} is not there: {job_input.s3_uri}",
            fix=f"in a run on this machine its place is {objects.path(job_input.s3_uri)}; put it there",
        )
    for below, path in found:
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _write_configuration(described: Mapping[str, Any], sandbox: Sandbox) -> None:
    folder = sandbox.path(f"{ML_ROOT}/config")
    folder.mkdir(parents=True, exist_ok=True)
    sandbox.path(FAILURE_REASON).parent.mkdir(parents=True, exist_ok=True)
    host = "algo-1"
    for name, content in (
        ("processingjobconfig.json", _seen(described, sandbox)),
        ("resourceconfig.json", {"current_host": host, "hosts": [host]}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _seen(value: Any, sandbox: Sandbox) -> Any:
    """A JSON value with each text in it as the step is to see it."""
    if isinstance(value, str):
        return sandbox.seen(value)
    if isinstance(value, dict):
        return {key: _seen(item, sandbox) for key, item in value.items()}
    if isinstance(value, list):
        return [_seen(item, sandbox) for item in value]
    return value


def _refuse_failure(max_runtime_seconds: int, outcome: Outcome, sandbox: Sandbox) -> None:
    if outcome.timed_out:
        what = f"it ran longer than its MaxRuntimeInSeconds, {max_runtime_seconds}, and was stopped"
        raise RunError("RUN043", what)
    if outcome.exit_status == 0:
        return
    message = sandbox.path(FAILURE_REASON)
    reason = message.read_bytes()[:FAILURE_REASON_BYTES].decode("utf-8", "ignore") if message.is_file() else ""
    # The sandbox is gone when somebody reads this; what the paths were in the container still means something.
    reason = " ".join(reason.replace(str(sandbox.path(ML_ROOT)), ML_ROOT).split())
    how = f"signal {-outcome.exit_status}" if outcome.exit_status < 0 else f"exit status {outcome.exit_status}"
    raise RunError("RUN044", reason or f"it ended with {how} and left no reason")


def _publish(outputs: Sequence[Port], objects: ObjectStore, sandbox: Sandbox) -> dict[str, str]:
    """Moves each output to its S3 folder, all of them or none; the S3 folders by the outputs' names."""
    root = sandbox.path(ML_ROOT)
    for output in outputs:
        _refuse_unusable(output.name, sandbox.path(output.folder), root)
        objects.check_folder(output.s3_uri)
    with ExitStack() as taking_back:
        for output in outputs:
            if objects.publish(sandbox.path(output.folder), output.s3_uri):
                taking_back.callback(objects.take_back, output.s3_uri)
        taking_back.pop_all()
    return {output.name: output.s3_uri for output in outputs}


def _refuse_unusable(name: str, folder: Path, root: Path) -> None:
    if folder.resolve() != root.resolve() / folder.relative_to(root) or folder.is_file():
        raise RunError(
            "RUN045", f"the output {name!r} is no folder any more", fix="write into the folder that is there"
        )
    entries = list(folder.rglob("*"))
    odd = [entry for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    if odd:
        what = f"the output {name!r} holds what is no file: {odd[0].relative_to(folder)}"
        raise RunError("RUN045", what, fix="write regular files")
    if not any(entry.is_file() for entry in entries):
        raise RunError("RUN046", f"it ended well and left nothing in its output {name!r}")
