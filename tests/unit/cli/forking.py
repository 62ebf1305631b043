"""A process that has imported the command line, and forks for each command that it is told to start.

That takes milliseconds, where a new interpreter takes a third of a second. Each line of its input is JSON: a command,
which it answers with the number of the process that runs it, or the number of such a process, which it answers with
its exit status as soon as it has ended.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import runpy
import signal
import sys
import termios

import rich.console
import rich.table
import rich.text  # noqa: F401 - so that no command has to import it

import stepsmith.cli.commands.archive
import stepsmith.cli.commands.diff
import stepsmith.cli.commands.models
import stepsmith.cli.commands.run
import stepsmith.cli.commands.runs
import stepsmith.cli.main
import stepsmith.pipeline.load  # noqa: F401 - the same


def serve():
    """Answers each line; returns the command in a process that is to run it."""
    gc.freeze()  # what is imported is not looked at when a command's interpreter ends
    while line := sys.stdin.readline():
        asked = json.loads(line)
        if isinstance(asked, int):
            answer(os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1]))
            continue
        modes = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
        streams = [os.open(path, mode | os.O_NOCTTY) for path, mode in zip(asked["streams"], modes, strict=True)]
        child = os.fork()
        if not child:
            return asked, streams
        for stream in streams:
            os.close(stream)
        answer(child)
    sys.exit()


def answer(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def become(asked, streams):
    """Takes over the streams, the terminal, the folder and the environment of a command."""
    os.setsid()
    if os.isatty(streams[0]):
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)  # the terminal controls the command, as a shell's does
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    encoding = asked["environment"].get("PYTHONIOENCODING", "utf-8")
    sys.stdin = sys.__stdin__ = os.fdopen(0)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding=encoding)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    if any(name.startswith("COV") for name in os.environ):
        import coverage  # noqa: PLC0415 - most runs measure nothing

        coverage.process_startup()


def run(option, what, *arguments):
    """Runs `-m module` or `-c program`, as the interpreter does."""
    sys.argv, sys.path[0] = [option, *arguments], ""
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is what -c does


if __name__ == "__main__":
    command, its_streams = serve()
    become(command, its_streams)
    run(*command["command"])
