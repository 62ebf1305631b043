"""`stepsmith`: the commands in a lazy table, so that `--help` imports none of them, and errors as messages."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from stepsmith import __version__
from stepsmith.cli.console.screen import LOST, error_as_json, print_json, print_line
from stepsmith.diagnostics import RunError, StepsmithError, suggest_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# Each command, the module that holds it, and its line in the help.
COMMANDS = {
    "archive": ("stepsmith.cli.commands.archive", "Verify, list, package and unpack a model.tar.gz."),
    "check": ("stepsmith.cli.commands.check", "Check pipelines and steps without running anything."),
    "compile": ("stepsmith.cli.commands.compile", "Print the pipeline's definition; write and upload nothing."),
    "deploy": ("stepsmith.cli.commands.deploy", "Deploy a pipeline to SageMaker Pipelines, after a plan."),
    "diff": ("stepsmith.cli.commands.diff", "Show what changes between two definitions."),
    "executions": ("stepsmith.cli.commands.executions", "List the executions of a deployed pipeline."),
    "explain": ("stepsmith.cli.commands.explain", "Show what fills each input of a pipeline, and why."),
    "graph": ("stepsmith.cli.commands.graph", "Print a picture of a pipeline: Mermaid, DOT or SVG."),
    "models": ("stepsmith.cli.commands.models", "Show and decide on model versions, here or in an account."),
    "new": ("stepsmith.cli.commands.new", "Make a step or a pipeline to start from."),
    "policy": ("stepsmith.cli.commands.policy", "Print the least IAM policies that a pipeline needs."),
    "retry": ("stepsmith.cli.commands.retry", "Go on with an execution that failed or was stopped."),
    "runs": ("stepsmith.cli.commands.runs", "List and show what has run on this machine."),
    "run": ("stepsmith.cli.commands.run", "Run a pipeline on this machine."),
    "schema": ("stepsmith.cli.commands.schema", "Print the JSON schema of pipeline.yaml, for editors."),
    "start": ("stepsmith.cli.commands.start", "Start an execution of a deployed pipeline."),
    "steps": ("stepsmith.cli.commands.steps", "List the steps there are; show what one needs and offers."),
    "stop": ("stepsmith.cli.commands.stop", "Stop an execution of a deployed pipeline."),
    "validate": ("stepsmith.cli.commands.validate", "Check a pipeline definition, whoever wrote it."),
    "watch": ("stepsmith.cli.commands.watch", "Follow an execution of a deployed pipeline to its end."),
}
EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
# Python looks for cycles among its objects after so many new ones. A command ends soon, and most of what it makes stays
# to its end; looking after every 700, as Python does by itself, is a twentieth of its time.
_NEW_OBJECTS = 100_000


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name in COMMANDS:
            command: click.Command = import_module(COMMANDS[cmd_name][0]).command
            return command
        if cmd_name.endswith((".yaml", ".yml")):
            raise click.UsageError(f"{cmd_name!r} is no command; to run it: stepsmith run {cmd_name}", ctx)
        raise click.UsageError(f"{cmd_name!r} is no command; {suggest_names(cmd_name, COMMANDS)}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Writes the list of commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stepsmith")
def cli() -> None:
    """Bring a model that already exists into Amazon SageMaker.

    \b
    Example: stepsmith run pipeline.yaml
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and exits: 0 done, 1 bad input or a failed step, 2 wrong usage, 130 Ctrl-C."""
    gc.set_threshold(_NEW_OBJECTS)
    # Whoever ends us by one of these ends the running step too, as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup it is
            signal.signal(number, _interrupt)
    sys.exit(_status(sys.argv[1:] if arguments is None else list(arguments)))


def _status(arguments: list[str]) -> int:
    try:
        LOST.error = None
        ended = cli.main(args=arguments, prog_name="stepsmith", standalone_mode=False)
        LOST.raise_if_any()
    except StepsmithError as error:
        return _failed(error, arguments)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print_line("interrupted", err=True)
        return EXIT_INTERRUPTED
    except OSError as error:
        place = error.filename2 or error.filename
        message = f"this machine refuses{f' {place}' if place else ''}: {error.strerror or error}"
        fix = "see that it is there, can be read and written, and that there is room"
        return _failed(RunError("RUN009", message, fix=fix), arguments)
    except Exception as error:  # noqa: BLE001 - a failure of any kind becomes a message and an exit status
        print_line(f"stepsmith failed, and not by your fault: {type(error).__name__}: {error}", err=True)
        print_line("  fix: report it, with the command that you typed", err=True)
        return EXIT_FAILED
    # Outside of its standalone mode click returns the status of `Exit`, and else what the command returned.
    return ended if isinstance(ended, int) else 0


def _failed(error: StepsmithError, arguments: list[str]) -> int:
    """Says what is wrong, and the status to exit with."""
    if "--json" in arguments:
        print_json(error_as_json(error))
    print_line(str(error), err=True)
    return EXIT_FAILED


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    raise KeyboardInterrupt
