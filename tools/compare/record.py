"""Runs every command of a corpus with the version of Stepsmith that is installed here, and records what it did.

`python record.py CORPUS.json WORK RECORDS.json`, by the Python of that version's environment. Standard library only.
Each case runs in a forked process, so that none sees what another imported; the commands of a case share its folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import io
import json
import os
import pkgutil
import re
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# What differs from run to run, and what is written in its place.
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"), "TIME"),
    (re.compile(r"(?<![\w.])\d+\.\d+ s\b"), "SECONDS"),
    # The key of a step's code, as in the golden files: it changes with every change of our own part of the code.
    (re.compile(r"(?<=/code/)[0-9a-f]{64}"), "CODE"),
    (re.compile(r"(?<=\"seconds\": )[\d.e-]+|(?<=\"pid\": )\d+"), "0"),
)
# How `run` and `runs` show a duration in a table, with the spaces before it.
_HUNDREDTHS = re.compile(r" +\d+\.\d\d\b")
# A command that takes this long never ends: none of the corpus takes more than a few.
_COMMAND_SECONDS = 20
# The store's own files. Whether a plan makes one depends on how old the files are whose digests it could remember. What
# a store holds is recorded by the commands that read it.
_SKIPPED = ("stepsmith.db", "stepsmith.db-wal", "stepsmith.db-shm", ".gitignore")


def main(corpus: str, work: str, records: str) -> None:
    """Records the cases of the corpus, each in a copy of its files below `work`."""
    command_line = _command_line()
    given = json.loads(Path(corpus).read_text())
    cases = given["cases"]
    _warm_up(command_line, given["warm_up"], Path(work))
    recorded = {case["name"]: _in_a_fork(lambda case=case: record(command_line, case, Path(work))) for case in cases}
    Path(records).write_text(json.dumps(recorded, indent=1, sort_keys=True))


def record(command_line: Callable[[list[str]], Any], case: dict[str, Any], work: Path) -> dict[str, Any]:
    """What each command of a case printed and how it ended, and the digest of every file that is there at the end."""
    folder = work / case["name"]
    shutil.copytree(case["files"], folder, symlinks=True)
    sys.path[:0] = case.get("path", [])
    os.environ.update(case.get("environment", {}))
    os.chdir(folder)
    commands = [_call(command_line, command) for command in case["commands"]]
    mask = _mask(folder, work)
    for command in commands:
        command.update({stream: mask(command[stream]) for stream in ("out", "err")})
        if command["command"][0] in ("run", "runs") and "--json" not in command["command"]:
            command["out"] = _HUNDREDTHS.sub(" SECONDS", command["out"])
    return {"commands": commands, "files": dict(_files(folder, Path(case["files"]), mask))}


def _command_line() -> Callable[[list[str]], Any]:
    """What the console script `stepsmith` calls."""
    scripts = importlib.metadata.distribution("stepsmith").entry_points
    return next(script for script in scripts if script.name == "stepsmith" and script.group == "console_scripts").load()


def _warm_up(command_line: Callable[[list[str]], Any], example: dict[str, Any], work: Path) -> None:
    """Imports and reads once, before the forks, what every case needs: modules, and SageMaker's own model."""
    package = importlib.import_module("stepsmith")
    for module in pkgutil.walk_packages(package.__path__, "stepsmith."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    folder = work / "warm-up"
    shutil.copytree(example["files"], folder)
    before = Path.cwd()
    os.chdir(folder)
    for command in example["commands"]:
        _call(command_line, command)
    os.chdir(before)


def _in_a_fork(call: Callable[[], Any]) -> Any:
    """What a call gives, made in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            try:
                json.dump(call(), pipe)
            except BaseException:  # noqa: BLE001 - a child must end here, whatever happened
                traceback.print_exc()
                pipe.flush()
                os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    if os.waitpid(pid, 0)[1]:
        raise SystemExit("the recorder failed in a case; see above")
    return json.loads(text)


def _call(command_line: Callable[[list[str]], Any], command: list[str]) -> dict[str, Any]:
    """How a command ended, and what it printed."""
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(_COMMAND_SECONDS)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status: Any = command_line(list(command))
        except SystemExit as ended:
            status = ended.code
        except BaseException as error:  # noqa: BLE001 - whatever escapes is what this version does
            status = f"raised {type(error).__name__}: {error}"
    signal.alarm(0)
    printed = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err))
    return {"command": command, "status": status or 0, **dict(zip(("out", "err"), printed, strict=True))}


class _NeverEnds(BaseException):
    """Not an Exception, so that no command takes it for a failure of its own."""


def _stop(*_: object) -> None:
    raise _NeverEnds(f"stopped after {_COMMAND_SECONDS} s")


def _mask(folder: Path, work: Path) -> Callable[[str], str]:
    """Writes what differs from run to run by a name: folders, times, durations, and the ids of runs."""
    runs = sorted(folder.rglob(".stepsmith/runs/*"), key=lambda run: run.stat().st_mtime_ns)

    def mask(text: str) -> str:
        for number, run in enumerate(runs):
            text = text.replace(run.name, f"RUN{number}")
        text = text.replace(str(folder), "CASE").replace(str(work), "WORK")
        for pattern, name in _VARYING:
            text = pattern.sub(name, text)
        return text

    return mask


def _files(folder: Path, given: Path, mask: Callable[[str], str]) -> Any:
    """The SHA-256 of each file that the commands made or changed, by its masked path; a log's by its masked text.

    `given` is the folder with the files that they were given.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        is_the_stores = path.parent.name == ".stepsmith" and path.name in _SKIPPED
        if not path.is_file() or is_the_stores or "__pycache__" in path.parts:
            continue
        if "/stepsmith/container/" in mask(str(name)):  # our part of a step's code, which each version has of its own
            continue
        content = path.read_bytes()
        if (given / name).is_file() and (given / name).read_bytes() == content:
            continue
        if path.suffix == ".log" or path.name == "definition.json":
            content = mask(content.decode("utf-8", "replace")).encode()
        yield mask(f"{folder}/{name}").removeprefix("CASE/"), hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
