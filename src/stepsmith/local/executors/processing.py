"""Runs a Processing step by SageMaker's container contract: inputs, configuration, arguments, outputs, failure.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import shutil
import signal
from typing import TYPE_CHECKING, Any

from stepsmith.container.entry import FAILURE_REASON_BYTES
from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.executors.executor import StepStoppedError
from stepsmith.local.filesystem import entries_below, open_folders, remove_tree
from stepsmith.local.model_registry import ARN_PREFIX
from stepsmith.local.reference_values import StepResult
from stepsmith.local.request_reader import processing_request
from stepsmith.local.sandbox.job import ML_ROOT, Job, Sandbox
from stepsmith.local.sandbox.supervisor import LOG_LIMIT_BYTES
from stepsmith.local.step_outputs import StepOutputs
from stepsmith.sagemaker.limits import JOB_NAME_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stepsmith.definition.model import PropertyFile
    from stepsmith.local.executors.executor import StepTask
    from stepsmith.local.object_store import ObjectStore
    from stepsmith.local.request_reader import Port
    from stepsmith.local.sandbox.job import Outcome

FAILURE_REASON = f"{ML_ROOT}/output/message"
# How the two kinds of sandbox refuse a file of this machine, and how a network is told that is not there.
_NOT_WRITABLE = ("Permission denied", "Read-only file system")
_NO_NETWORK = ("name resolution", "Name or service not known", "Network is unreachable")
_WHERE_TO_WRITE = (
    f"a step can write below {ML_ROOT} and in $TMPDIR, and nowhere else; /tmp is its own in the sandbox bwrap alone"
)
_WHERE_A_NETWORK_IS = "the sandbox bwrap has no network; --sandbox process has this machine's"
_LOG_END_BYTES = 4096
_LAST_LINE_CHARACTERS = 300


def execute_processing(task: StepTask) -> StepResult:
    """Runs a Processing step in a sandbox of its own, and leaves nothing of that."""
    sandbox = Sandbox(task.store.sandbox_folder(task.run_id, task.step.name), task.backend, task.launcher)
    outputs = StepOutputs(task.objects, task.store.working_folder(task.run_id), task.step.name)
    # The number keeps two steps apart whose long names are cut at the same character.
    name = f"pipelines-{task.run_id}-{task.number}-{task.step.name.replace('_', '-')}"
    job_name = name[:JOB_NAME_CHARACTERS].rstrip("-")
    try:
        return run_processing(
            task.arguments, task.step.property_files, task.objects, outputs, sandbox, job_name, task.log
        )
    finally:
        outputs.discard()
        remove_tree(sandbox.root)


def run_processing(
    arguments: Mapping[str, Any],
    property_files: Sequence[PropertyFile],
    objects: ObjectStore,
    outputs: StepOutputs,
    sandbox: Sandbox,
    job_name: str,
    log: Path,
) -> StepResult:
    """Runs a job whose `arguments` have CreateProcessingJob's shape; what later steps can read of it.

    Raises: RunError when an input is not there, the process fails or takes too long, or an output is not left.
    DefinitionError when the arguments are not of that shape.
    """
    request = processing_request(arguments)
    sizes = {job_input.name: _copy_input(job_input, objects, sandbox) for job_input in request.inputs}
    bytes_in = sum(sizes[name] for name in sizes.keys() - request.code_inputs)
    for output in request.outputs:
        sandbox.path(output.folder).mkdir(parents=True, exist_ok=True)
    described = {
        "ProcessingJobArn": f"{ARN_PREFIX}:processing-job/{job_name}",
        "ProcessingJobName": job_name,
        **arguments,
    }
    _write_configuration(described, sandbox)
    outcome = sandbox.run(Job(request.command, request.environment, request.max_runtime_seconds, log))
    _refuse_failure(request.max_runtime_seconds, outcome, sandbox, log)
    bytes_out = _publish(request.outputs, outputs, sandbox)
    output_paths = {output.name: objects.path(output.s3_uri) for output in request.outputs}
    return StepResult(
        {**described, "ProcessingJobStatus": "Completed"},
        {file.name: output_paths[file.output_name] / file.path for file in property_files},
        bytes_in,
        bytes_out,
        output_paths,
    )


def _copy_input(job_input: Port, objects: ObjectStore, sandbox: Sandbox) -> int:
    """Copies the objects of an input to where the container reads them; their bytes."""
    folder = sandbox.path(job_input.folder)
    folder.mkdir(parents=True, exist_ok=True)
    objects_found = objects.matching(job_input.s3_uri)
    if not objects_found:
        raise RunError(
            "RUN042",
            f"the input {job_input.name!r} is not there: {job_input.s3_uri}",
            fix=f"in a run on this machine its place is {objects.path(job_input.s3_uri)}; put it there",
        )
    for below, path in objects_found:
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return sum(path.stat().st_size for _, path in objects_found)


def _write_configuration(described: Mapping[str, Any], sandbox: Sandbox) -> None:
    folder = sandbox.path(f"{ML_ROOT}/config")
    folder.mkdir(parents=True, exist_ok=True)
    sandbox.path(FAILURE_REASON).parent.mkdir(parents=True, exist_ok=True)
    host = "algo-1"
    for name, content in (
        ("processingjobconfig.json", _with_sandbox_paths(described, sandbox)),
        ("resourceconfig.json", {"current_host": host, "hosts": [host]}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _with_sandbox_paths(value: Any, sandbox: Sandbox) -> Any:
    """A JSON value with each text in it as the step is to see it."""
    if isinstance(value, str):
        return sandbox.rewrite_paths(value)
    if isinstance(value, dict):
        return {key: _with_sandbox_paths(item, sandbox) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_sandbox_paths(item, sandbox) for item in value]
    return value


def _refuse_failure(max_runtime_seconds: int, outcome: Outcome, sandbox: Sandbox, log: Path) -> None:
    if outcome.stopped:
        raise StepStoppedError("RUN060", "it was stopped before its end")
    if outcome.timed_out:
        message = f"it ran longer than its MaxRuntimeInSeconds, {max_runtime_seconds}, and was stopped"
        raise RunError("RUN043", message)
    if outcome.log_overflowed:
        message = f"it printed more than {LOG_LIMIT_BYTES >> 20} MiB, and was stopped"
        raise RunError("RUN061", message, fix="print less, or write it to an output")
    if outcome.exit_status != 0:
        message = _failure_reason(sandbox) or f"it ended with {_exit_text(outcome.exit_status)}{_last_line(log)}"
        fix = _hint(message, sandbox)
        if outcome.log_fault:
            message = f"{message}; lines of its log could not be written: {outcome.log_fault}"
            fix = "make room there, or use another --store"
        raise RunError("RUN044", message, fix=fix)
    if outcome.left_running:
        message = f"it ended and left running what it had started, which was ended: {', '.join(outcome.left_running)}"
        raise RunError("RUN062", message, fix="wait in the script for all that it starts")
    if outcome.binary_at is not None:
        message = f"it printed what is no text: its output has a NUL at byte {outcome.binary_at}"
        raise RunError("RUN063", message, fix="print text, and write the rest to an output")


def _hint(reason: str, sandbox: Sandbox) -> str:
    """What to do where it is the sandbox that a script did not expect."""
    if any(words in reason for words in _NOT_WRITABLE):
        return _WHERE_TO_WRITE
    if not sandbox.kind.has_network and any(words in reason for words in _NO_NETWORK):
        return _WHERE_A_NETWORK_IS
    return ""


def _failure_reason(sandbox: Sandbox) -> str:
    """What the script left as the reason of its failure, in a file of its sandbox and none that a link leads to."""
    message, root = sandbox.path(FAILURE_REASON), sandbox.path(ML_ROOT)
    if not message.is_file() or not _is_inside(message, root):
        return ""
    with message.open("rb") as file:
        reason = file.read(FAILURE_REASON_BYTES).decode("utf-8", "ignore")
    # The sandbox is gone when somebody reads this; what the paths were in the container still means something.
    return " ".join(reason.replace(str(root), ML_ROOT).split())


def _is_inside(path: Path, root: Path) -> bool:
    """Whether no link leads to a path below `root`."""
    return path.resolve() == root.resolve() / path.relative_to(root)


def _exit_text(exit_status: int) -> str:
    """An exit status as one reads it; what a shell or a sandbox adds to a signal's number is taken off again."""
    number = -exit_status if exit_status < 0 else exit_status - 128
    if number not in set(signal.Signals):
        return f"exit status {exit_status}"
    return f"signal {number} ({signal.Signals(number).name})"


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _LOG_END_BYTES))
        lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    last = "".join(c if c.isprintable() else "?" for c in lines[-1].strip()) if lines else ""
    return f"; its log ends: {last[-_LAST_LINE_CHARACTERS:]}" if last else " and left no reason"


def _publish(ports: Sequence[Port], outputs: StepOutputs, sandbox: Sandbox) -> int:
    """Makes objects of what is in the outputs' folders, of all or of none; their bytes."""
    root = sandbox.path(ML_ROOT)
    open_folders(root)
    sizes = [_checked_size(port.name, sandbox.path(port.folder), root) for port in ports]
    for port in ports:
        outputs.gather(sandbox.path(port.folder), port.s3_uri)
    outputs.publish()
    return sum(sizes)


def _checked_size(name: str, folder: Path, root: Path) -> int:
    """The bytes of an output that is a folder of files.

    Raises: RunError when it is none.
    """
    if not _is_inside(folder, root) or folder.is_file():
        raise RunError(
            "RUN045", f"the output {name!r} is no folder any more", fix="write into the folder that is there"
        )
    entries = list(entries_below(folder)) if folder.is_dir() else []
    odd = [entry for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    if odd:
        message = f"the output {name!r} holds what is no file: {odd[0].relative_to(folder)}"
        raise RunError("RUN045", message, fix="write regular files")
    if not any(entry.is_file() for entry in entries):
        raise RunError("RUN046", f"it ended well and left nothing in its output {name!r}", fix=_stray_files_hint(root))
    return sum(entry.stat().st_size for entry in entries if entry.is_file())


def _stray_files_hint(root: Path) -> str:
    """What a script left elsewhere, as a hint where it should have been."""
    known = [root / part for part in ("processing/input", "config", "output")]
    files = (path for path in entries_below(root) if path.is_file() and not path.is_symlink())
    stray_files = [path for path in files if not any(path.is_relative_to(folder) for folder in known)]
    return (
        f"there is {ML_ROOT}/{stray_files[0].relative_to(root).as_posix()}; write into the output's folder"
        if stray_files
        else ""
    )


RULES = (
    Rule(
        "RUN043",
        "A step that ran too long",
        "The step reached its `MaxRuntimeInSeconds` and was stopped, as SageMaker would do.",
        About.RUN,
        "Make the script faster, or raise `max_runtime_seconds`.",
    ),
    Rule(
        "RUN044",
        "A script that failed",
        "The script ended with a nonzero exit status, so its outputs are not used and the steps after it do not run.",
        About.RUN,
        "Read the step's log at the path that the message gives, and fix the script or its inputs.",
    ),
    Rule(
        "RUN045",
        "An output that is not a folder of regular files",
        "Only regular files can be uploaded to S3. Links, sockets and other special files are lost there.",
        About.RUN,
        "Write regular files into the output folder, and do not replace the folder itself.",
    ),
    Rule(
        "RUN046",
        "An empty output",
        "The script succeeded but wrote nothing to this output, so the steps that read it would fail.",
        About.RUN,
        "Write at least one file to the output folder, and check that the script uses the path that it is given.",
    ),
    Rule(
        "RUN060",
        "A step that was stopped",
        "The run was interrupted before the step ended.",
        About.RUN,
        "Run the pipeline again.",
    ),
    Rule(
        "RUN061",
        "A log that is too large",
        "The script printed more than the limit, and was stopped before it could fill the disk.",
        About.RUN,
        "Print less, or write the data to an output.",
    ),
    Rule(
        "RUN062",
        "A script that leaves processes running",
        "The script ended before the processes that it started. They were stopped, and their results may be "
        "incomplete.",
        About.RUN,
        "Wait for all processes before the script ends.",
    ),
    Rule(
        "RUN063",
        "Binary data in the log",
        "The script printed a NUL byte, so its log is not text.",
        About.RUN,
        "Print only text, and write binary data to an output.",
    ),
)
