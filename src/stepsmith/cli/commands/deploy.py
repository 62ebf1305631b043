"""`stepsmith deploy`: a pipeline to SageMaker Pipelines, after a plan of what that changes."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from stepsmith.aws.deployment.apply import apply_plan
from stepsmith.aws.deployment.options import DeployOptions
from stepsmith.aws.deployment.plan import CopyObject, CreateGroup, Present, TagPipeline, UploadObject
from stepsmith.aws.deployment.planner import plan_deploy
from stepsmith.aws.s3.transfer import fits_one_request
from stepsmith.cli.accounts import account_id, account_options, open_account
from stepsmith.cli.commands.diff import print_difference
from stepsmith.cli.console.screen import format_size, plural, print_json, print_line, print_wrapped
from stepsmith.cli.console.upload_progress import UploadProgress
from stepsmith.cli.options import json_option, not_empty, pipeline_argument, store_option
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import errors_of
from stepsmith.local.digest_cache import open_digest_cache
from stepsmith.local.store import STORE_NAME, Store
from stepsmith.pipeline.load import compilation_of
from stepsmith.rules.checking import check_compilation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from stepsmith.aws.deployment.plan import Action, Plan
    from stepsmith.definition.assets import Compiled

NOTHING, NOT_DONE, SOMETHING = 0, 1, 3
_DIGEST_CHARACTERS = 12
_DIGEST = re.compile("[0-9a-f]{64}")


def _tags(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each tag that was typed, as its key and its value.

    Raises: BadParameter when one has no key, or two have the same.
    """
    pairs = [value.partition("=") for value in values]
    for key, equals, value in pairs:
        if not key or not equals:
            raise click.BadParameter(f"{key + equals + value!r} is no tag; write KEY=VALUE", context, parameter)
    tags = {key: value for key, _, value in pairs}
    if len(tags) != len(pairs):
        raise click.BadParameter("two tags have the same key", context, parameter)
    return tuple(tags.items())


@click.command("deploy")
@pipeline_argument
@click.option("--plan", "only_plans", is_flag=True, help="Show what would be done, and end: 0 nothing, 3 something.")
@click.option("--yes", "-y", "is_sure", is_flag=True, help="Ask nothing.")
@click.option(
    "--pipeline-name", callback=not_empty, metavar="NAME", help="Deploy it under this name instead of its own."
)
@click.option(
    "--role", callback=not_empty, metavar="ARN", help="The role of the pipeline and its steps, instead of its own."
)
@click.option("--tag", "tags", multiple=True, callback=_tags, metavar="KEY=VALUE", help="Tag what is made; repeatable.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many steps may run at once.")
@click.option("--no-create-group", is_flag=True, help="Refuse where a model package group is not there.")
@click.option(
    "--kms-key", callback=not_empty, metavar="KEY", help="Encrypt uploads by this KMS key: its id, ARN or alias."
)
@click.option(
    "--bucket-owner", callback=account_id, metavar="ACCOUNT", help="Refuse a bucket that is not this account's."
)
@click.option("--requester-pays", is_flag=True, help="Pay for requests to others' buckets.")
@account_options
@store_option
@json_option
def command(pipeline: Path, *, only_plans: bool, is_sure: bool, as_json: bool, **given: Any) -> int:
    """Deploy a pipeline to SageMaker Pipelines: shows a plan, asks, and does it.

    The pipeline is checked before anything is sent. Files are uploaded under keys with their digests, and those that
    are there are not sent again; a deploy that was broken off is gone on with by the next.

    \b
    Example: stepsmith deploy pipeline.yaml --plan
    """
    if as_json and not (only_plans or is_sure):
        raise click.UsageError("--json asks nothing; say --plan or --yes beside it")
    compiled = _compiled(pipeline, given["store"], given["role"])
    account = open_account(given["profile"], given["region"] or compiled.region or None)
    plan = plan_deploy(account, compiled, _options(given))
    if not as_json:
        _say_plan(plan)
    if plan.is_nothing or only_plans:
        status = "Nothing" if plan.is_nothing else "Planned"
        if as_json:
            print_json(_document(plan, status))
        return NOTHING if plan.is_nothing else SOMETHING
    if not is_sure and not _agrees():
        print_line("nothing was done", err=True)
        return NOT_DONE
    with UploadProgress(_done_lines, quiet=as_json) as meter:
        apply_plan(account, plan, progress=meter, say=lambda what: print_line(f"warning: {what}", err=True))
    if as_json:
        print_json(_document(plan, "Deployed"))
    else:
        _say_uploaded(plan)
        print_line(f"deployed {plan.name}; start it: stepsmith start {plan.name}{_again(given, compiled)}")
    return 0


def _say_uploaded(plan: Plan) -> None:
    uploads = [one for one in plan.actions if isinstance(one, UploadObject)]
    if uploads:
        print_line(f"  done: {_objects(uploads) if len(uploads) > 1 else '1 object'} uploaded")


def _compiled(pipeline: Path, store: Path | None, role: str | None) -> Compiled:
    """The pipeline, checked and compiled; warnings are told.

    Raises: every fault that `stepsmith check` finds.
    """
    place = Store((store or pipeline.parent / STORE_NAME).resolve())
    with open_digest_cache(place) as digests:
        compilation = compilation_of(pipeline, digests=digests, role=role)
        findings = check_compilation(compilation).findings
        faults = [finding for finding in findings if not finding.is_warning]
        if faults:
            raise errors_of(faults)
        for finding in findings:
            print_line(f"warning: {finding}", err=True)
        return compilation.result()


def _options(given: dict[str, Any]) -> DeployOptions:
    return DeployOptions(
        name=given["pipeline_name"],
        role=given["role"],
        tags=given["tags"],
        parallelism=given["parallelism"],
        creates_groups=not given["no_create_group"],
        kms_key=given["kms_key"],
        bucket_owner=given["bucket_owner"],
        requester_pays=given["requester_pays"],
    )


def _agrees() -> bool:
    """Whether the person who was asked says yes; nobody who could answer is no."""
    try:
        return click.confirm("Deploy this?", err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        print_line("", err=True)
        print_line("nobody answers here; --yes asks nothing", err=True)
        return False


def _say_plan(plan: Plan) -> None:
    print_wrapped(str(plan.identity), indent=2)
    print_wrapped(f"role {plan.role}", indent=2)
    for folder, objects in groupby(sorted(plan.present, key=_uri), key=_folder):
        _say_lines([f"  = there  {_objects(list(objects))}", f"      {_place(folder, plan.present)}"])
    brought = [one for one in plan.actions if isinstance(one, UploadObject)]
    for folder, uploads in groupby(sorted(brought, key=_uri), key=_folder):
        _say_lines([f"  + upload {_objects(list(uploads))}", f"      {_place(folder, brought)}"])
    for action in plan.actions:
        if not isinstance(action, UploadObject):
            _say_lines(_lines(action))
    for note in plan.notes:
        print_wrapped(f"note: {note}", indent=2)
    writing = plan.writing
    if writing and writing.difference and not writing.difference.is_none:
        print_line("what changes in the definition:")
        print_difference(writing.difference)
    if plan.is_nothing:
        print_line(f"nothing to do: the pipeline {plan.name} is there as it is here, and all that it refers to")


def _say_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_line(line)


def _uri(one: Present | UploadObject) -> str:
    return one.uri


def _folder(one: Present | UploadObject) -> str:
    """The folder of an asset's object: what stands before and with a digest in its key."""
    parts = one.uri.split("/")
    digest = next((index for index, part in enumerate(parts) if _DIGEST.fullmatch(part)), len(parts) - 2)
    return "/".join(parts[: digest + 1]) + "/"


def _place(folder: str, objects: Sequence[Present | UploadObject]) -> str:
    """The folder of several objects, or the whole of the only one in it."""
    inside = [one.uri for one in objects if _folder(one) == folder]
    return inside[0] if len(inside) == 1 else folder


def _objects(objects: Sequence[Present | UploadObject]) -> str:
    """How many objects, how large, and the digest of one alone; that of several is in their folder's name."""
    told = f"{plural(len(objects), 'object')}, {format_size(sum(one.size_bytes for one in objects))}"
    return f"{told}, sha256 {objects[0].digest[:_DIGEST_CHARACTERS]}…" if len(objects) == 1 else told


def _lines(action: Action) -> Iterator[str]:
    """What an action does, in lines."""
    if isinstance(action, UploadObject):
        yield f"  + upload {_objects([action])}"
        yield f"      {action.uri}"
    elif isinstance(action, CopyObject):
        digest = f"sha256 {action.digest[:_DIGEST_CHARACTERS]}…"
        yield f"  + copy   {format_size(action.size_bytes)}, verified as it is read, {digest}"
        yield f"      {action.source.uri}"
        yield f"      to {action.uri}, inside S3"
    elif isinstance(action, CreateGroup):
        yield f"  + create model package group {action.name}{_tagged(action.tags)}"
    elif isinstance(action, TagPipeline):
        yield f"  ~ tag pipeline {action.name}{_tagged(action.tags)}"
    elif action.kind == "create":
        tags = [(tag["Key"], tag["Value"]) for tag in action.request.get("Tags", ())]
        yield f"  + create pipeline {action.name}, {plural(len(parse(action.text).steps), 'step')}{_tagged(tags)}"
        limits = action.request.get("ParallelismConfiguration", {})
        if limits:
            yield f"      at most {plural(limits['MaxParallelExecutionSteps'], 'step')} at once"
    else:
        yield f"  ~ update pipeline {action.name}"
        for change in action.settings:
            before = "not set" if change.before is None else change.before
            yield f"      {change.place}: {before} -> {change.after}"
        if action.difference is None:
            yield "      the definition that is there cannot be read, and is replaced"


def _tagged(tags: Sequence[tuple[str, str]]) -> str:
    return f", {', '.join(f'{key}={value}' for key, value in tags)}" if tags else ""


def _done_lines(action: Action) -> list[str]:
    """What is said of an action that is done: of what is large, and of what is no object."""
    if isinstance(action, UploadObject) and fits_one_request(action):
        return []
    return [line.replace("  + ", "  done: ", 1).replace("  ~ ", "  done: ", 1) for line in list(_lines(action))[:1]]


def _again(given: dict[str, Any], compiled: Compiled) -> str:
    """The options with which another command asks the same account."""
    region = given["region"] or compiled.region
    profile = f" --profile {shlex.quote(given['profile'])}" if given["profile"] else ""
    return f"{profile} --region {region}" if region else profile


def _document(plan: Plan, status: str) -> dict[str, Any]:
    writing = plan.writing
    found = writing.difference if writing else None
    return {
        "status": status,
        "identity": asdict(plan.identity),
        "pipeline": plan.name,
        "role": plan.role,
        "present": [asdict(one) for one in plan.present],
        "actions": [_action_document(action) for action in plan.actions],
        "difference": asdict(found) if found else None,
        "tags": dict(plan.options.tags),
        "parallelism": plan.options.parallelism,
        "kms_key": plan.options.kms_key,
        "notes": list(plan.notes),
        "loses_cache": [asdict(loss) for loss in plan.loses_cache],
        "may_lose_cache": [asdict(loss) for loss in plan.may_lose_cache],
    }


def _action_document(action: Action) -> dict[str, Any]:
    if isinstance(action, UploadObject):
        return {"action": "upload", "uri": action.uri, "sha256": action.digest, "size_bytes": action.size_bytes}
    if isinstance(action, CopyObject):
        source = {"source": action.source.uri, "version_id": action.source.version_id, "etag": action.source.etag}
        return {
            "action": "copy", "uri": action.uri, "sha256": action.digest, "size_bytes": action.size_bytes, **source
        }  # fmt: skip
    if isinstance(action, CreateGroup):
        return {"action": "create group", "group": action.name, "tags": dict(action.tags)}
    if isinstance(action, TagPipeline):
        return {"action": "tag pipeline", "pipeline": action.name, "tags": dict(action.tags)}
    settings = [asdict(change) for change in action.settings]
    is_readable = action.kind == "create" or action.difference is not None
    told = {"action": f"{action.kind} pipeline", "pipeline": action.name, "settings": settings}
    return {**told, "before_is_readable": is_readable}
