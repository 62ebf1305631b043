"""Options of the commands that ask an AWS account, and the account that they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepsmith.aws.client import Account
from stepsmith.aws.deployment.options import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable


def account_id(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The account that was typed.

    Raises: BadParameter when it is none.
    """
    if value is not None and not ACCOUNT.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no account; an account has 12 digits", context, parameter)
    return value


def account_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--profile` and `--region` to a command."""
    for option in (
        click.option("--region", metavar="NAME", help="The region; else the pipeline's, or boto3's own."),
        click.option("--profile", metavar="NAME", help="A profile of ~/.aws/config, as for the AWS CLI."),
    ):
        command = option(command)
    return command


def open_account(profile: str | None, region: str | None) -> Account:
    """The account that one's credentials are of.

    Raises: AwsError when there is no such profile.
    """
    return Account(profile=profile, region=region)
