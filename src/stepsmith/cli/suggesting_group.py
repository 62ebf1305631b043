"""Commands with subcommands."""

from __future__ import annotations

import shlex
from typing import Any

import click

from stepsmith.diagnostics import suggest_names


class SuggestingGroup(click.Group):
    """A command with subcommands, which tells what was meant by a word that is none.

    `meant` says what a name is there for (`list a group`), and the subcommand that takes it (`list`).
    """

    def __init__(self, *, meant: tuple[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self._meant = meant

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The subcommand of that name.

        Raises: UsageError when there is none.
        """
        known_command = super().get_command(ctx, cmd_name)
        if known_command is None:
            message, subcommand = self._meant
            meant = f"to {message}: {ctx.command_path} {subcommand} {shlex.quote(cmd_name)}"
            raise click.UsageError(
                f"{cmd_name!r} is no subcommand; {meant}; {suggest_names(cmd_name, self.commands)}", ctx
            )
        return known_command


class ListingGroup(SuggestingGroup):
    """A command that lists when it is called alone; its own options hold for its subcommands too."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(invoke_without_command=True, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Calls the command, and then its subcommand, in which the options that stand before it are the defaults."""
        ctx.default_map = dict.fromkeys(self.commands, ctx.params)
        return super().invoke(ctx)
