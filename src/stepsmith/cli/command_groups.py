"""Commands with subcommands."""

from __future__ import annotations

import shlex
from typing import Any

import click

from stepsmith.diagnostics import suggest_names


class SuggestingGroup(click.Group):
    """A command with subcommands, which suggests the right name for an unknown subcommand.

    `meant` says what a name is there for (`list a group`), and the subcommand that takes it (`list`).
    """

    def __init__(self, *, meant: tuple[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self._meant = meant

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The subcommand of that name.

        Raises: UsageError if there is none with this name.
        """
        subcommand = super().get_command(ctx, cmd_name)
        if subcommand is None:
            purpose, subcommand_name = self._meant
            hint = f"to {purpose}: {ctx.command_path} {subcommand_name} {shlex.quote(cmd_name)}"
            raise click.UsageError(
                f"{cmd_name!r} is no subcommand; {hint}; {suggest_names(cmd_name, self.commands)}", ctx
            )
        return subcommand


class ListingGroup(SuggestingGroup):
    """A command that lists when it is called without a subcommand; its own options hold for its subcommands too."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(invoke_without_command=True, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Calls the command, and then its subcommand, in which the options that stand before it are the defaults."""
        ctx.default_map = dict.fromkeys(self.commands, ctx.params)
        return super().invoke(ctx)
