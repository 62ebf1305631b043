"""From what was compiled, and what an account has, to a plan. Nothing is written: only questions are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.aws.deployment.options import DeployOptions, check_account, check_options, check_role
from stepsmith.aws.deployment.plan import (
    CopyObject,
    CreateGroup,
    Plan,
    Present,
    TagPipeline,
    UploadObject,
    WritePipeline,
)
from stepsmith.aws.errors import translate_errors
from stepsmith.aws.iam.resource_access import external_inputs, resource_access_of
from stepsmith.aws.model_groups import group_exists, open_groups, registered_groups
from stepsmith.aws.pipelines import describe_pipeline, difference_of
from stepsmith.aws.s3.integrity import digest_mismatch, object_conflict
from stepsmith.aws.s3.objects import Objects, bucket_and_key_of
from stepsmith.aws.s3.remote_archive import find_model, missing_object, verify_model
from stepsmith.container.archive.read import ARCHIVE_SUFFIXES
from stepsmith.definition.assets import Asset, RemoteSource, object_of_bytes
from stepsmith.definition.checks import errors_in
from stepsmith.definition.checks.names import check_pipeline_name
from stepsmith.definition.json_diff import Change
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import About, AwsError, Faults, Rule, error_of
from stepsmith.sagemaker.limits import INLINE_DEFINITION_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.aws.client import Account
    from stepsmith.aws.deployment.options import Tags
    from stepsmith.aws.deployment.plan import Action
    from stepsmith.aws.pipelines import DeployedPipeline
    from stepsmith.aws.s3.splice_parts import S3Model
    from stepsmith.definition.assets import AssetObject, Compiled
    from stepsmith.definition.model import PipelineDefinition

DEFINITION_NAME = "definition.json"


def plan_deploy(account: Account, compiled: Compiled, options: DeployOptions | None = None) -> Plan:
    """What deploying a pipeline to an account would do.

    The definition is checked first, without a network. Raises: every fault that was found, together.
    """
    chosen_options = options or DeployOptions()
    name = chosen_options.name or compiled.name
    definition = parse(compiled.definition)
    role = _checked(account, compiled, definition, name, chosen_options)
    identity = account.identity
    check_account(role, identity)
    faults = Faults()
    before = None
    items: list[Present | Action] = []
    with faults.collect():
        before = describe_pipeline(account, name)
    objects = Objects(account, chosen_options.s3)
    assets = list(_assets(compiled))
    with faults.collect():
        for asset in assets:
            # What is wrong with a bucket, or with the way there, is so for all that is in it.
            items += _asset_items(objects, asset)
    notes = _notes(items, definition, chosen_options)
    with faults.collect():
        notes += _input_notes(objects, definition, compiled)
    for group in registered_groups(definition):
        with faults.collect():
            if not group_exists(account, group):
                items.append(_group(group, chosen_options))
    faults.raise_if_any()
    items += _pipeline_items(account, compiled, name, role, before, chosen_options)
    present = tuple(item for item in items if isinstance(item, Present))
    actions = tuple(item for item in items if not isinstance(item, Present))
    folders = tuple(asset.uri for asset in assets)
    text = compiled.definition
    return Plan(identity, name, role, text, folders, present, actions, chosen_options, before, tuple(notes))


def _notes(items: Sequence[Present | Action], definition: PipelineDefinition, options: DeployOptions) -> list[str]:
    """What a plan does not change, and what it cannot know."""
    notes = []
    if options.s3.is_special and any(isinstance(item, Present) for item in items):
        notes.append("objects that are there already keep the key and the tags that they have")
    note = "the model package group is the parameter {}: whether it is there is seen when it is started"
    return [*notes, *(note.format(name) for name in open_groups(definition))]


def _input_notes(objects: Objects, definition: PipelineDefinition, compiled: Compiled) -> list[str]:
    """What is to be said of objects that the definition reads and that are no assets of the pipeline.

    Raises: AwsError when an archive that it names is not there; anything else may be filled before it is read.
    """
    notes = []
    reaches = resource_access_of(definition)
    for uri in sorted(external_inputs(reaches, compiled)):
        is_literal = reaches.objects[uri]
        try:
            first = objects.first_from(uri)
        except AwsError as error:
            if error.code != "AWS014":
                raise
            notes.append(f"whether {uri} is there cannot be seen: {error.findings[0].message}")
            continue
        if is_literal and uri.lower().endswith(ARCHIVE_SUFFIXES) and first != uri:
            raise AwsError("AWS023", f"the definition names {uri}, and there is no such object", fix="put it there")
        if first is None:
            notes.append(f"the definition names {uri}, and nothing is there yet")
    return notes


def _checked(
    account: Account, compiled: Compiled, definition: PipelineDefinition, name: str, options: DeployOptions
) -> str:
    """The role that the pipeline is to have.

    Raises: every fault that can be found without a network, together.
    """
    faults = Faults()
    size = len(compiled.definition.encode())
    errors = [] if compiled.is_checked else errors_in(definition, size_bytes=size)
    for finding in (*errors, *check_pipeline_name(name)):
        faults.add(error_of(finding))
    with faults.collect():
        if compiled.region and account.region != compiled.region:
            message = f"the pipeline is of region {compiled.region}, and is to be deployed to {account.region}"
            raise AwsError("AWS031", message, fix="deploy it to its own, or change `region` in it")
    role = options.role or compiled.role
    with faults.collect():
        check_role(account, role)
    with faults.collect():
        check_options(options)
    faults.raise_if_any()
    return role


def _assets(compiled: Compiled) -> Iterator[Asset]:
    """The assets, with the definition itself where it is too large to go with the request.

    Raises: AwsError when the pipeline has no place on S3 for that.
    """
    yield from compiled.assets
    if len(compiled.definition.encode()) > INLINE_DEFINITION_BYTES:
        yield _definition_asset(compiled)


def _definition_asset(compiled: Compiled) -> Asset:
    if not compiled.location:
        limit = f"{INLINE_DEFINITION_BYTES >> 10} KiB"
        message = f"the definition is larger than {limit}, and goes by S3; the pipeline has no place there"
        raise AwsError("AWS033", message, fix="set pipeline_s3_loc")
    item = object_of_bytes(DEFINITION_NAME, compiled.definition.encode())
    return Asset(f"{compiled.location}/pipeline/{item.digest}/", item.digest, (item,))


def _asset_items(objects: Objects, asset: Asset) -> Iterator[Present | UploadObject | CopyObject]:
    """Of each object of an asset that it is there, or what brings it there; one request tells it of all."""
    there = objects.sizes_below(asset.uri)
    for item in asset.objects:
        uri = asset.object_uri(item)
        size = there.get(uri)
        if size is None:
            yield _bringing(objects, uri, item)
        elif isinstance(item.source, RemoteSource):
            yield _present_copy(objects, uri, item)
        elif item.size_bytes not in (None, size):
            raise object_conflict(uri, size, item.size_bytes or 0)
        else:
            yield Present(uri, item.digest, size)


def _bringing(objects: Objects, uri: str, item: AssetObject) -> UploadObject | CopyObject:
    if isinstance(item.source, RemoteSource):
        return CopyObject(uri, item.digest, _source(objects, item.source.uri))
    return UploadObject(uri, item, item.size_bytes or 0)


def _source(objects: Objects, uri: str) -> S3Model:
    """A model that is on S3, pinned.

    Raises: AwsError when it is not there, or not to be seen.
    """
    try:
        is_there_now = objects.object_exists(uri)
    except AwsError as error:
        if error.code != "AWS014":
            raise
        is_there_now = True  # who may not list may read
    if not is_there_now:
        raise missing_object(uri)
    return find_model(objects, uri)


def _present_copy(objects: Objects, uri: str, item: AssetObject) -> Present:
    """The copy of a model that was on S3 already; one that nobody marked with its digest is read to see that it is it.

    Raises: AwsError or ArchiveError when it is another.
    """
    model, digest = objects.describe_object(uri)
    if model is None:
        raise AwsError("AWS035", f"{uri} is not there any more", fix="deploy again")
    if digest is None:
        verify_model(objects, model, expected_digest=item.digest)
    elif digest != item.digest:
        raise digest_mismatch(uri, digest, item.digest)
    return Present(uri, item.digest, model.size_bytes)


def _group(name: str, options: DeployOptions) -> CreateGroup:
    if not options.creates_groups:
        message = f"there is no model package group {name!r}"
        raise AwsError("AWS034", message, fix="make it, or leave out --no-create-group")
    return CreateGroup(name, options.tags)


def _pipeline_items(
    account: Account, compiled: Compiled, name: str, role: str, before: DeployedPipeline | None, options: DeployOptions
) -> Iterator[Action]:
    text = compiled.definition
    request: dict[str, Any] = {"PipelineName": name, **_pipeline_members(compiled), "RoleArn": role}
    if options.parallelism is not None:
        request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": options.parallelism}
    if before is None:
        yield WritePipeline("create", name, text, {**request, **tagging(options.tags)})
        return
    settings = tuple(_settings(before, role, options))
    if settings or not before.has(text):
        yield WritePipeline("update", name, text, request, before, difference_of(before.text, text), settings)
    missing = _missing_tags(account, before.arn, options.tags)
    if missing:
        yield TagPipeline(name, before.arn, missing)


def _pipeline_members(compiled: Compiled) -> dict[str, Any]:
    """The definition as a request has it: in itself, or by its place on S3."""
    if len(compiled.definition.encode()) <= INLINE_DEFINITION_BYTES:
        return {"PipelineDefinition": compiled.definition}
    asset = _definition_asset(compiled)
    bucket, key = bucket_and_key_of(asset.object_uri(asset.objects[0]))
    return {"PipelineDefinitionS3Location": {"Bucket": bucket, "ObjectKey": key}}


def _settings(before: DeployedPipeline, role: str, options: DeployOptions) -> Iterator[Change]:
    if before.role != role:
        yield Change("changed", "RoleArn", "RoleArn", before.role, role)
    if options.parallelism not in (None, before.parallelism):
        path = "ParallelismConfiguration.MaxParallelExecutionSteps"
        yield Change("changed", path, path, before.parallelism, options.parallelism)


def tagging(tags: Tags) -> dict[str, Any]:
    """Tags as what makes something takes them; nothing where there are none."""
    return {"Tags": as_tags(tags)} if tags else {}


def as_tags(tags: Tags) -> list[dict[str, str]]:
    """Tags as SageMaker takes them."""
    return [{"Key": key, "Value": value} for key, value in tags]


def _missing_tags(account: Account, arn: str, tags: Tags) -> Tags:
    """Those of the tags that a pipeline does not have, or has with another value."""
    if not tags:
        return ()
    with translate_errors("the pipeline's tags cannot be listed"):
        pages = account.client("sagemaker").get_paginator("list_tags").paginate(ResourceArn=arn)
        has = {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", ())}
    return tuple((key, value) for key, value in tags if has.get(key) != value)


RULES = (
    Rule(
        "AWS031",
        "A region that is not the pipeline's",
        "Images and buckets of the pipeline belong to its region, so it cannot be deployed to another.",
        About.AWS,
        "Omit `--region`, or change `region` in pipeline.yaml.",
    ),
    Rule(
        "AWS033",
        "A large definition without an S3 location",
        "A definition of more than 100 KiB is passed through S3, and the pipeline does not say where.",
        About.AWS,
        "Set `pipeline_s3_loc`.",
    ),
    Rule(
        "AWS034",
        "A model package group that does not exist",
        "The pipeline registers a model in the group, and `--no-create-group` forbids creating it.",
        About.AWS,
        "Create the group, or omit `--no-create-group`.",
    ),
)
