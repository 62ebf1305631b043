"""Prints the plan of a deploy, and each action when it is done; the same plan as JSON."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from stepsmith.aws.deployment.plan import CopyObject, CreateGroup, Present, TagPipeline, UploadObject
from stepsmith.aws.s3.transfer import fits_one_request
from stepsmith.cli.console.definition_difference import print_difference
from stepsmith.cli.console.screen import format_size, plural, print_line, print_wrapped
from stepsmith.definition.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stepsmith.aws.deployment.plan import Action, Plan

_DIGEST_CHARACTERS = 12
_DIGEST = re.compile("[0-9a-f]{64}")


def print_plan(plan: Plan) -> None:
    """Prints the account, the role, each object and action, and the difference of the definition."""
    print_wrapped(str(plan.identity), indent=2)
    print_wrapped(f"role {plan.role}", indent=2)
    for folder, objects in groupby(sorted(plan.present, key=_uri), key=_folder):
        _print_lines([f"  = there  {_objects(list(objects))}", f"      {_common_uri(folder, plan.present)}"])
    uploads = [action for action in plan.actions if isinstance(action, UploadObject)]
    for folder, group in groupby(sorted(uploads, key=_uri), key=_folder):
        _print_lines([f"  + upload {_objects(list(group))}", f"      {_common_uri(folder, uploads)}"])
    for action in plan.actions:
        if not isinstance(action, UploadObject):
            _print_lines(_lines(action))
    for note in plan.notes:
        print_wrapped(f"note: {note}", indent=2)
    writing = plan.writing
    if writing and writing.difference and not writing.difference.is_none:
        print_line("what changes in the definition:")
        print_difference(writing.difference)
    if plan.is_nothing:
        print_line(f"nothing to do: the pipeline {plan.name} is there as it is here, and all that it refers to")


def print_uploads(plan: Plan) -> None:
    """Prints how many objects a deploy uploaded, if any."""
    uploads = [action for action in plan.actions if isinstance(action, UploadObject)]
    if uploads:
        print_line(f"  done: {_objects(uploads) if len(uploads) > 1 else '1 object'} uploaded")


def done_lines(action: Action) -> list[str]:
    """What is said of an action that is done: of what is large, and of what is no object."""
    if isinstance(action, UploadObject) and fits_one_request(action):
        return []
    return [line.replace("  + ", "  done: ", 1).replace("  ~ ", "  done: ", 1) for line in list(_lines(action))[:1]]


def plan_document(plan: Plan, status: str) -> dict[str, Any]:
    """The JSON of a plan, and what became of it."""
    writing = plan.writing
    difference = writing.difference if writing else None
    return {
        "status": status,
        "identity": asdict(plan.identity),
        "pipeline": plan.name,
        "role": plan.role,
        "present": [asdict(item) for item in plan.present],
        "actions": [_action_document(action) for action in plan.actions],
        "difference": asdict(difference) if difference else None,
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
    document = {"action": f"{action.kind} pipeline", "pipeline": action.name, "settings": settings}
    return {**document, "before_is_readable": is_readable}


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_line(line)


def _uri(item: Present | UploadObject) -> str:
    return item.uri


def _folder(item: Present | UploadObject) -> str:
    """The folder of an asset's object: what stands before and with a digest in its key."""
    parts = item.uri.split("/")
    digest = next((index for index, part in enumerate(parts) if _DIGEST.fullmatch(part)), len(parts) - 2)
    return "/".join(parts[: digest + 1]) + "/"


def _common_uri(folder: str, objects: Sequence[Present | UploadObject]) -> str:
    """The folder of several objects, or the whole of the only one in it."""
    inside = [item.uri for item in objects if _folder(item) == folder]
    return inside[0] if len(inside) == 1 else folder


def _objects(objects: Sequence[Present | UploadObject]) -> str:
    """How many objects, how large, and the digest of one alone; that of several is in their folder's name."""
    summary = f"{plural(len(objects), 'object')}, {format_size(sum(item.size_bytes for item in objects))}"
    return f"{summary}, sha256 {objects[0].digest[:_DIGEST_CHARACTERS]}…" if len(objects) == 1 else summary


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
