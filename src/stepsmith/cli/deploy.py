"""`stepsmith deploy`: a pipeline to SageMaker Pipelines, after a plan of what that changes."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from stepsmith.aws.apply import apply_plan
from stepsmith.aws.plan import CopyObject, CreateGroup, DeployOptions, Present, TagPipeline, UploadObject, WritePipeline
from stepsmith.aws.planner import plan_deploy
from stepsmith.aws.transfer import is_sent_whole
from stepsmith.cli.accounts import account_options, opened_account
from stepsmith.cli.diff import say_difference
from stepsmith.cli.meter import Meter
from stepsmith.cli.options import json_option, pipeline_argument, store_option
from stepsmith.cli.screen import counted, say, say_folded, say_json, size
from stepsmith.definition.parse import parse
from stepsmith.errors import error_of, together
from stepsmith.local.digests import kept_digests
from stepsmith.local.store import STORE_NAME, Store
from stepsmith.pipeline.document import load_pipeline
from stepsmith.rules.checking import check_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stepsmith.aws.plan import Action, Plan
    from stepsmith.definition.assets import Compiled

NOTHING, NOT_DONE, SOMETHING = 0, 1, 3
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
@click.option("--pipeline-name", metavar="NAME", help="Deploy it under this name instead of its own.")
@click.option("--role", metavar="ARN", help="The role that SageMaker executes it as, instead of its own.")
@click.option("--tag", "tags", multiple=True, callback=_tags, metavar="KEY=VALUE", help="Tag what is made; repeatable.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many steps may run at once.")
@click.option("--no-create-group", is_flag=True, help="Refuse where a model package group is not there.")
@click.option("--kms-key", metavar="KEY", help="Encrypt uploads by this KMS key: its id, ARN or alias.")
@click.option("--bucket-owner", metavar="ACCOUNT", help="Refuse a bucket that is not this account's.")
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
    compiled = _compiled(pipeline, given["store"])
    account = opened_account(given["profile"], given["region"] or compiled.region or None)
    plan = plan_deploy(account, compiled, _options(given))
    if not as_json:
        _say_plan(plan)
    if plan.is_nothing or only_plans:
        status = "Nothing" if plan.is_nothing else "Planned"
        if as_json:
            say_json(_document(plan, status))
        return NOTHING if plan.is_nothing else SOMETHING
    if not is_sure and not _agrees():
        say("nothing was done", err=True)
        return NOT_DONE
    with Meter(_done_lines, quiet=as_json) as meter:
        apply_plan(account, plan, progress=meter, say=lambda what: say(f"warning: {what}", err=True))
    if as_json:
        say_json(_document(plan, "Deployed"))
    else:
        say(f"deployed {plan.name}; start it: stepsmith start {plan.name}{_again(given, compiled)}")
    return 0


def _compiled(pipeline: Path, store: Path | None) -> Compiled:
    """The pipeline, checked and compiled; warnings are told.

    Raises: every fault that `stepsmith check` finds.
    """
    place = Store((store or pipeline.parent / STORE_NAME).resolve())
    with kept_digests(place) as digests:
        findings = check_pipeline(pipeline, digests=digests).findings
        faults = [finding for finding in findings if not finding.is_warning]
        if faults:
            raise together([error_of(finding) for finding in faults])
        for finding in findings:
            say(f"warning: {finding}", err=True)
        return load_pipeline(pipeline).compile(digests)


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
        say("", err=True)
        say("nobody answers here; --yes asks nothing", err=True)
        return False


def _say_plan(plan: Plan) -> None:
    say_folded(str(plan.identity), indent=2)
    say_folded(f"role {plan.role}", indent=2)
    for folder, objects in groupby(sorted(plan.present, key=_uri), key=_folder):
        say(f"  = {_objects(folder, list(objects))}, already there")
    brought = [one for one in plan.actions if isinstance(one, UploadObject)]
    for folder, uploads in groupby(sorted(brought, key=_uri), key=_folder):
        say(f"  + upload {_objects(folder, list(uploads))}")
    for action in plan.actions:
        if not isinstance(action, UploadObject):
            for line in _lines(action):
                say(line)
        if isinstance(action, WritePipeline) and action.difference and not action.difference.is_none:
            say_difference(action.difference)
    if plan.is_nothing:
        say(f"nothing to do: the pipeline {plan.name} is there as it is here, and all that it refers to")


def _uri(one: Present | UploadObject) -> str:
    return one.uri


def _folder(one: Present | UploadObject) -> str:
    """The folder of an asset's object: what stands before and with a digest in its key."""
    parts = one.uri.split("/")
    digest = next((index for index, part in enumerate(parts) if _DIGEST.fullmatch(part)), len(parts) - 2)
    return "/".join(parts[: digest + 1]) + "/"


def _objects(folder: str, objects: Sequence[Present | UploadObject]) -> str:
    """Objects in one line: alone with its name and digest, several by their folder, which has their digest."""
    whole = size(sum(one.size_bytes for one in objects))
    if len(objects) == 1:
        return f"{objects[0].uri}, {whole}, sha256 {objects[0].digest}"
    return f"{folder}, {counted(len(objects), 'object')}, {whole}"


def _lines(action: Action) -> Iterator[str]:
    """What an action does, in lines."""
    if isinstance(action, UploadObject):
        yield f"  + upload {_objects('', [action])}"
    elif isinstance(action, CopyObject):
        yield f"  + copy {action.source.uri}, {size(action.size_bytes)}, sha256 {action.digest}, verified as it is read"
        yield f"    to {action.uri}, inside S3"
    elif isinstance(action, CreateGroup):
        yield f"  + create model package group {action.name}{_tagged(action.tags)}"
    elif isinstance(action, TagPipeline):
        yield f"  ~ tag pipeline {action.name}{_tagged(action.tags)}"
    elif action.kind == "create":
        steps = counted(len(parse(action.text).steps), "step")
        yield f"  + create pipeline {action.name}, {steps}"
    else:
        yield f"  ~ update pipeline {action.name}"
        for change in action.settings:
            yield f"    {change.place}: {change.before} -> {change.after}"
        if action.difference is None and not action.settings:
            yield "    the definition that is there cannot be read, and is replaced"


def _tagged(tags: Sequence[tuple[str, str]]) -> str:
    return f", {', '.join(f'{key}={value}' for key, value in tags)}" if tags else ""


def _done_lines(action: Action) -> list[str]:
    """What is said of an action that is done: of what is large, and of what is no object."""
    if isinstance(action, UploadObject) and is_sent_whole(action):
        return []
    return [line.replace("  + ", "  done: ", 1).replace("  ~ ", "  done: ", 1) for line in list(_lines(action))[:1]]


def _again(given: dict[str, Any], compiled: Compiled) -> str:
    """The options with which another command asks the same account."""
    region = given["region"] or compiled.region
    profile = f" --profile {given['profile']}" if given["profile"] else ""
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
    return {"action": f"{action.kind} pipeline", "pipeline": action.name, "settings": settings}
