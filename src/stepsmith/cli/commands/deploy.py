"""`stepsmith deploy`: a pipeline to SageMaker Pipelines, after a plan of what that changes."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from stepsmith.aws.deployment.apply import apply_plan
from stepsmith.aws.deployment.options import DeployOptions
from stepsmith.aws.deployment.planner import plan_deploy
from stepsmith.cli.accounts import account_id, account_options, open_account
from stepsmith.cli.console.deploy_plan import done_lines, plan_document, print_plan, print_uploads
from stepsmith.cli.console.screen import print_json, print_line
from stepsmith.cli.console.upload_progress import UploadProgress
from stepsmith.cli.options import json_option, not_empty, pipeline_argument, store_option
from stepsmith.diagnostics import errors_of
from stepsmith.local.digest_cache import open_digest_cache
from stepsmith.local.store import STORE_NAME, Store
from stepsmith.pipeline.load import compilation_of
from stepsmith.rules.checking import check_compilation, check_installed_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stepsmith.definition.assets import Compiled

NOTHING, NOT_DONE, SOMETHING = 0, 1, 3


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
@click.option("--yes", "-y", "skips_confirmation", is_flag=True, help="Ask nothing.")
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
def command(pipeline: Path, *, only_plans: bool, skips_confirmation: bool, as_json: bool, **options: Any) -> int:
    """Deploy a pipeline to SageMaker Pipelines: shows a plan, asks, and does it.

    The pipeline is checked before anything is sent. Files are uploaded under keys with their digests, and those that
    are there are not sent again; a deploy that was broken off is gone on with by the next.

    \b
    Example: stepsmith deploy pipeline.yaml --plan
    """
    if as_json and not (only_plans or skips_confirmation):
        raise click.UsageError("--json asks nothing; say --plan or --yes beside it")
    compiled = _compiled(pipeline, options["store"], options["role"])
    account = open_account(options["profile"], options["region"] or compiled.region or None)
    plan = plan_deploy(account, compiled, _options(options))
    if not as_json:
        print_plan(plan)
    if plan.is_nothing or only_plans:
        status = "Nothing" if plan.is_nothing else "Planned"
        if as_json:
            print_json(plan_document(plan, status))
        return NOTHING if plan.is_nothing else SOMETHING
    if not skips_confirmation and not _confirms_deploy():
        print_line("nothing was done", err=True)
        return NOT_DONE
    with UploadProgress(done_lines, quiet=as_json) as meter:
        apply_plan(account, plan, progress=meter, say=lambda what: print_line(f"warning: {what}", err=True))
    if as_json:
        print_json(plan_document(plan, "Deployed"))
    else:
        print_uploads(plan)
        print_line(
            f"deployed {plan.name}; start it: stepsmith start {plan.name}{_account_options_text(options, compiled)}"
        )
    return 0


def _compiled(pipeline: Path, store: Path | None, role: str | None) -> Compiled:
    """The pipeline, checked and compiled; warnings are told.

    Raises: every fault that `stepsmith check` finds.
    """
    digest_store = Store((store or pipeline.parent / STORE_NAME).resolve())
    with open_digest_cache(digest_store) as digests:
        compilation = compilation_of(pipeline, digests=digests, role=role)
        findings = [*check_installed_rules().findings, *check_compilation(compilation).findings]
        faults = [finding for finding in findings if not finding.is_warning]
        if faults:
            raise errors_of(faults)
        for finding in findings:
            print_line(f"warning: {finding}", err=True)
        return compilation.result()


def _options(options: dict[str, Any]) -> DeployOptions:
    return DeployOptions(
        name=options["pipeline_name"],
        role=options["role"],
        tags=options["tags"],
        parallelism=options["parallelism"],
        creates_groups=not options["no_create_group"],
        kms_key=options["kms_key"],
        bucket_owner=options["bucket_owner"],
        requester_pays=options["requester_pays"],
    )


def _confirms_deploy() -> bool:
    """Whether the person who was asked says yes; nobody who could answer is no."""
    try:
        return click.confirm("Deploy this?", err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        print_line("", err=True)
        print_line("nobody answers here; --yes asks nothing", err=True)
        return False


def _account_options_text(options: dict[str, Any], compiled: Compiled) -> str:
    """The options with which another command asks the same account."""
    region = options["region"] or compiled.region
    profile = f" --profile {shlex.quote(options['profile'])}" if options["profile"] else ""
    return f"{profile} --region {region}" if region else profile
