"""A plan applied: objects first, then groups, and the pipeline last, so that it never points to what is not there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from stepsmith.aws.deployment.plan import CopyObject, CreateGroup, TagPipeline, UploadObject, WritePipeline
from stepsmith.aws.deployment.planner import as_tags, tagging
from stepsmith.aws.deployment.progress import Silent
from stepsmith.aws.errors import translate_errors
from stepsmith.aws.model_groups import group_exists
from stepsmith.aws.pipelines import describe_pipeline, difference_of
from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.transfer import copy_object, fits_one_request, put_object, upload_file
from stepsmith.diagnostics import About, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepsmith.aws.client import Account
    from stepsmith.aws.deployment.plan import Plan
    from stepsmith.aws.deployment.progress import Progress
    from stepsmith.aws.pipelines import DeployedPipeline
    from stepsmith.definition.definition_diff import DefinitionChange

_AT_ONCE = 10
_MOST_PLACES = 3


def apply_plan(
    account: Account, plan: Plan, *, progress: Progress | None = None, say: Callable[[str], None] = lambda _: None
) -> None:
    """Does what a plan says, in its order. `say` is told what the implementation of S3 lacks.

    Raises: AwsError when AWS refuses, or somebody changed the pipeline since it was planned; ArchiveError when a file
    changed. What was done stays done, and the next deploy goes on from there.
    """
    watching = progress or Silent()
    objects = Objects(account, plan.options.s3, say)
    if plan.writing is None:
        _refuse_changed_since(account, plan)
    watching.begun(plan.moved_bytes)
    _bring(objects, plan, watching)
    if plan.writing is None:
        _confirm_present(objects, plan)
        _refuse_changed_since(account, plan)
    for action in plan.actions:
        if isinstance(action, CreateGroup):
            _create_group(account, action)
        elif isinstance(action, WritePipeline):
            _confirm_present(objects, plan)
            _write_pipeline(account, action)
        elif isinstance(action, TagPipeline):
            _tag(account, action)
        else:
            continue
        watching.done(action)


def _bring(objects: Objects, plan: Plan, progress: Progress) -> None:
    """Brings every object to S3: the small ones side by side, then the others one after the other."""
    uploads = [action for action in plan.actions if isinstance(action, UploadObject)]
    with _workers() as pool:

        def put(action: UploadObject) -> None:
            put_object(objects, action, progress)
            progress.done(action)

        for done in [pool.submit(put, action) for action in uploads if fits_one_request(action)]:
            done.result()
        for action in uploads:
            if not fits_one_request(action):
                upload_file(objects, action, pool, progress)
                progress.done(action)
        for copied in plan.actions:
            if isinstance(copied, CopyObject):
                copy_object(objects, copied, pool, progress)
                progress.done(copied)


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """A pool of threads; when the block fails, what has not begun never does."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _confirm_present(objects: Objects, plan: Plan) -> None:
    """Looks once more whether every object that the definition names is there, right before it is written.

    Raises: AwsError when one is not.
    """
    sizes: dict[str, int] = {}
    for folder in plan.folders:
        sizes.update(objects.sizes_below(folder))
    brought = [item for item in plan.actions if isinstance(item, UploadObject | CopyObject)]
    for item in (*plan.present, *brought):
        if sizes.get(item.uri) != item.size_bytes:
            message = f"{item.uri} is not there any more, and the pipeline is left as it was"
            raise AwsError("AWS035", message, fix="deploy again: what is missing is uploaded")


def _create_group(account: Account, action: CreateGroup) -> None:
    try:
        with translate_errors(f"the model package group {action.name!r} cannot be made"):
            account.client("sagemaker").create_model_package_group(
                ModelPackageGroupName=action.name, **tagging(action.tags)
            )
    except AwsError:
        # Another may have made it since; whatever its error is called, the list tells.
        if not group_exists(account, action.name):
            raise


def _write_pipeline(account: Account, action: WritePipeline) -> None:
    """Creates or updates the pipeline, if it still is what it was when that was planned, and reads it back.

    UpdatePipeline takes no precondition, so that what another writes between the two requests is seen only by reading
    back. Raises: AwsError when somebody changed it.
    """
    client = account.client("sagemaker")
    _refuse_changed(account, action)
    call = client.create_pipeline if action.kind == "create" else client.update_pipeline
    try:
        with translate_errors(f"the pipeline {action.name!r} cannot be written"):
            call(**action.request)
    except AwsError as error:
        if not isinstance(error.__cause__, ClientError) or action.kind != "create":
            raise
        # Of a request that was sent twice because its answer was lost, the second finds what the first made.
        current = describe_pipeline(account, action.name)
        if current is None or not _is_as_planned(current, action):
            raise
    after_write = describe_pipeline(account, action.name)
    if after_write is None or not _is_as_planned(after_write, action):
        message = f"the pipeline {action.name!r} is not what was written: somebody wrote it at the same time"
        raise AwsError(
            "AWS037", f"{message}{_what_changed(after_write, action)}", fix="see who else deploys it, and deploy again"
        )


def _refuse_changed(account: Account, action: WritePipeline) -> None:
    now = describe_pipeline(account, action.name)
    if now != action.before and (now is None or not _is_as_planned(now, action)):
        raise _changed(action.name, action.before, now)


def _refuse_changed_since(account: Account, plan: Plan) -> None:
    """Raises: AwsError when the pipeline, which is not to be written, is not what it was when that was planned."""
    now = describe_pipeline(account, plan.name)
    if now != plan.before:
        raise _changed(plan.name, plan.before, now)


def _changed(name: str, before: DeployedPipeline | None, now: DeployedPipeline | None) -> AwsError:
    message = f"the pipeline {name!r} was changed by somebody since this was planned"
    if now is None:
        message = f"the pipeline {name!r} was deleted by somebody since this was planned"
    elif before is None:
        message = f"a pipeline {name!r} was created by somebody since this was planned"
    else:
        message += _changes(now, before.text)
    return AwsError("AWS036", message, fix="plan again, and see what that would change now")


def _is_as_planned(current: DeployedPipeline, action: WritePipeline) -> bool:
    """Whether a pipeline is as an action writes it."""
    parallelism = action.request.get("ParallelismConfiguration", {}).get(
        "MaxParallelExecutionSteps", current.parallelism
    )
    return current.role == action.request["RoleArn"] and current.parallelism == parallelism and current.has(action.text)


def _what_changed(current: DeployedPipeline | None, action: WritePipeline) -> str:
    return ": it was deleted" if current is None else _changes(current, action.text)


def _changes(now: DeployedPipeline, text: str) -> str:
    """What was changed, from a definition to what is there now, by the names of steps and parameters."""
    if now.text == text:
        return ", its role or its parallelism"
    difference = difference_of(text, now.text)
    if difference is None:
        return "; what is there now cannot be read"
    changed = [("step", item) for item in difference.steps] + [("parameter", item) for item in difference.parameters]
    changes = [f"{message} {item.name} {item.kind}{_paths_text(item)}" for message, item in changed]
    return f": {'; '.join(changes)}" if changes else ": what stands beside its steps"


def _paths_text(entry: DefinitionChange) -> str:
    paths = [change.place for change in entry.changes if change.place]
    return f" ({', '.join(paths[:_MOST_PLACES])}{', …' if len(paths) > _MOST_PLACES else ''})" if paths else ""


def _tag(account: Account, action: TagPipeline) -> None:
    with translate_errors(f"the pipeline {action.name!r} cannot be tagged"):
        account.client("sagemaker").add_tags(ResourceArn=action.arn, Tags=as_tags(action.tags))


RULES = (
    Rule(
        "AWS035",
        "An object that disappeared during the deployment",
        "Before the pipeline is written, Stepsmith checks every object that it uses. One was deleted or "
        "replaced, so the pipeline was not changed.",
        About.AWS,
        "Deploy again. Missing objects are uploaded. If it happens again, check the bucket's lifecycle rules.",
    ),
    Rule(
        "AWS036",
        "A pipeline that changed after it was planned",
        "Someone created, changed or deleted the pipeline since the plan was made. Applying the plan would "
        "overwrite a change that nobody reviewed.",
        About.AWS,
        "Plan again, review the new plan, and apply it.",
    ),
    Rule(
        "AWS037",
        "A pipeline that another deployment changed",
        "After writing the pipeline, Stepsmith reads it again. It is not what was written, so someone else "
        "deployed it at the same time.",
        About.AWS,
        "Find out who else deploys this pipeline, and deploy again.",
    ),
)
