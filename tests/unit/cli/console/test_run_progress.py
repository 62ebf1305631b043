from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import time

import pytest

from stepsmith.cli.console.log_tail import _PIECE_BYTES
from stepsmith.cli.console.run_progress import RunProgress
from stepsmith.cli.console.screen import format_size
from stepsmith.definition.parse import parse
from stepsmith.local.history import EXECUTING, NOT_RUN, STOPPED, SUCCEEDED, RunHistory
from stepsmith.local.run import Run, StepRun
from stepsmith.local.store import Store

WAIT_SECONDS = 60
TIME = "2024-01-02T03:04:05.678Z"
# What a run says of a sandbox that is not like a container.
NOTE = "steps run as plain processes: they have this machine's network, and know /opt/ml by another path"
# What the step's script of a real run can use: a gate that the test opens.
PREAMBLE = """\
import os, sys, time
def wait():
    while not os.path.exists("FOLDER/gate"):
        time.sleep(0.01)
"""
# A real run that is shown: a definition's path, a store, how many steps at a time, `-v` or nothing.
RUN = """\
import sys
from contextlib import suppress
from pathlib import Path
from stepsmith.cli.console.run_progress import RunProgress
from stepsmith.definition.assets import Compiled
from stepsmith.diagnostics import StepsmithError
from stepsmith.local.engine import run
definition, store, jobs, verbose = sys.argv[1:]
with suppress(StepsmithError, KeyboardInterrupt), RunProgress(verbose=verbose == "-v", quiet=False) as progress:
    compiled = Compiled("by-hand", Path(definition).read_text())
    run(compiled, store=store, sandbox="process", jobs=int(jobs), observer=progress)
print("over")
"""
PLAY = """\
import json, sys, time
from pathlib import Path
from stepsmith.cli.console.run_progress import RunProgress
from stepsmith.definition.parse import parse
from stepsmith.local.history import EXECUTING
from stepsmith.local.run import Run, StepRun
from stepsmith.local.store import Store
"""
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def play(folder, events, verbose, quiet, warning):
    """Shows the events of a run as an engine would have them shown, without one: no step is executed."""
    names = dict.fromkeys(name for event, name, *_ in events if event != "print")
    steps = [{"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "m"}} for name in names]
    with RunProgress(verbose=verbose, quiet=quiet) as progress:
        run = Run("abc", "by-hand", Store(folder), warning=warning)
        progress.begun(run, parse(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})))
        for event, name, *facts in events:
            log = folder / f"{name}.log"
            if event == "print":
                print(name, flush=True)  # noqa: T201 - what a terminal shows besides
            elif event == "begin":
                log.touch()
                progress.step(StepRun(name, EXECUTING, log))
            elif event == "log":
                log.write_text(log.read_text() + facts[0])
            elif event == "wait":
                while not (folder / "gate").exists():
                    time.sleep(0.01)
            else:
                status, *rest = facts
                progress.step(StepRun(name, status, log, *rest))


def ran(name, log="", status=SUCCEEDED, waits=False):  # noqa: FBT002 - it reads better there
    """The events of a step that executed, wrote a log, and ended."""
    sizes = (0, 1234) if status == SUCCEEDED else ()
    written = [("log", name, log)] if log else []
    return [("begin", name), *([("wait", name)] if waits else []), *written, ("end", name, status, 0.08, "", *sizes)]


def not_run(name, before):
    return [("end", name, NOT_RUN, 0.0, f"it depends on {before!r}")]


def warned(text):
    return f"{TIME} WARNING {text}\n"


@pytest.fixture
def shown(tmp_path, capsys):
    """Plays a run where there is no terminal; what it printed as output and as errors."""

    def show(*steps, verbose=False, quiet=False, warning=""):
        play(tmp_path, [event for step in steps for event in step], verbose, quiet, warning)
        return capsys.readouterr()

    return show


@pytest.fixture
def played(terminal, tmp_path):
    """Plays a run in a terminal, and says when it is over."""

    def start(*events, verbose=False, warning="", **settings):
        given = f"Path({str(tmp_path)!r}), {events!r}, {verbose}, False, {warning!r}"
        return terminal("-c", f"{PLAY}\n{inspect.getsource(play)}\nplay({given})\nprint('over')\n", **settings)

    return start


@pytest.fixture
def step(tmp_path):
    """The JSON of a step that runs a script."""

    def make(name, script="", after=()):
        entrypoint = ["python3", "-S", "-c", PREAMBLE.replace("FOLDER", str(tmp_path)) + script]
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(after),
            "Arguments": {
                "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": entrypoint},
                "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
                "RoleArn": "arn:aws:iam::123456789012:role/a",
            },
        }

    return make


@pytest.fixture
def command(tmp_path):
    """The command of a process that runs some steps and shows them."""

    def make(*steps, jobs=2, verbose=""):
        path = tmp_path / "definition.json"
        path.write_text(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}))
        return ["-c", RUN, path, tmp_path / "store", jobs, verbose]

    return make


def states(out):
    """The name and the state in each line of a step."""
    return [line.split()[:2] for line in out.splitlines()]


def test_each_step_is_a_line_with_its_state_its_seconds_and_its_bytes(shown, snapshot):
    out, _ = shown(ran("first"), ran("second"))
    assert states(out) == [["first", "Succeeded"], ["second", "Succeeded"]]
    snapshot(out)


def test_a_step_that_fails_and_one_that_is_not_run_for_it_are_lines_too(shown, snapshot):
    out, _ = shown(ran("bad", status="Failed"), not_run("later", "bad"), not_run("last", "later"))
    assert states(out) == [["bad", "Failed"], ["later", "NotRun"], ["last", "NotRun"]]
    snapshot(out)


def test_where_there_is_no_terminal_nothing_is_drawn_and_nothing_cut(shown, snapshot):
    name = "a-step-of-a-long-name-" * 2 + "that-fits-nowhere"
    out, _ = shown(ran(name, warned("word " * 40)))
    line, warning = out.splitlines()
    assert line.split()[:2] == [name, "Succeeded"]
    assert warning.count("word ") == 40
    snapshot(out)


def test_what_a_log_warns_of_is_told_under_the_step_the_last_of_it(shown, snapshot):
    out, _ = shown(ran("one", "".join(f"{warned(number)}{TIME} INFO so what\n" for number in range(9))))
    assert [line.split()[-1] for line in out.splitlines()[1:]] == ["4", "5", "6", "7", "8"]
    snapshot(out)


def test_verbose_prints_each_line_of_a_log_after_the_name_of_its_step(shown):
    out, _ = shown(ran("one", f"{warned('oh')}\nno end"), verbose=True)
    *said, line = out.splitlines()
    assert said == [f"one          | {TIME} WARNING oh", "one          | ", "one          | no end"]
    assert line.split()[:2] == ["one", "Succeeded"]


def test_verbose_prints_all_of_a_log_however_long(shown):
    lines = [f"{number:070}" for number in range(2 * _PIECE_BYTES // 70)]  # more than is read at once
    out, _ = shown(ran("one", "\n".join(lines)), verbose=True)
    assert [line.partition(" | ")[2] for line in out.splitlines() if " | " in line] == lines


def test_verbose_prints_a_log_while_its_step_executes(step, command, in_background, tmp_path):
    run = in_background(*command(step("one", "print('begun', flush=True); wait()"), verbose="-v"))
    until = time.monotonic() + WAIT_SECONDS
    while not run.out.endswith("\n"):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
    assert run.out == "one          | begun\n"
    assert RunHistory(Store(tmp_path / "store").database).runs()[0].status == "Executing"
    (tmp_path / "gate").touch()
    assert run.end() == 0
    _, line, over = run.out.splitlines()
    assert (line.split()[:2], over) == (["one", "Succeeded"], "over")


def test_a_run_goes_on_where_there_is_no_output_at_all(step, command, tmp_path):
    arguments = [sys.executable, *map(str, command(step("one"), verbose="-v"))]
    closed = ["bash", "-c", 'exec "$@" >&-', "bash", *arguments]
    done = subprocess.run(closed, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert RunHistory(Store(tmp_path / "store").database).runs()[0].status == "Succeeded"


def test_what_does_not_hold_in_plain_processes_is_told_once_and_as_an_error(shown):
    out, err = shown(ran("one"), ran("two"), warning=NOTE)
    assert states(out) == [["one", "Succeeded"], ["two", "Succeeded"]]
    assert err == f"note: {NOTE}\n"


def test_quiet_prints_nothing_at_all(shown):
    assert shown(ran("one", warned("oh")), quiet=True, warning=NOTE) == ("", "")


def test_quiet_and_verbose_print_the_logs_alone_and_as_errors(shown):
    assert shown(ran("one", "oh\n"), quiet=True, verbose=True) == ("", "one          | oh\n")


def test_in_a_terminal_what_executes_is_drawn_and_nothing_of_it_is_left(step, command, terminal, tmp_path):
    steps = [
        step("quick"),
        step("slow", "wait()", ["quick"]),
        step("slower", "wait(); time.sleep(0.2)", ["quick"]),
        step("bad", "sys.exit(1)", ["slow"]),
        step("never", after=["bad"]),
    ]
    one = terminal(*command(*steps))
    drawn = one.until(lambda screen: screen.steps()[1:] == [("slow", "Executing"), ("slower", "Executing")])
    assert drawn.steps()[0] == ("quick", "Succeeded")
    (tmp_path / "gate").touch()
    status, screen = one.end()
    assert status == 0
    assert sorted(screen.steps()) == [
        ("bad", "Failed"),
        ("never", "NotRun"),
        ("quick", "Succeeded"),
        ("slow", "Succeeded"),
        ("slower", "Succeeded"),
    ]
    # After the note, a line a step, and what is printed when the run is over, there is nothing.
    note = [line for line in screen.lines if line.startswith(("note: ", "        "))]
    assert [line for line in screen.lines if line not in note][5:] == ["over", ""]
    assert screen.wrapped == 0


def test_a_terminal_shows_states_in_colours(played):
    one = played(*ran("good"), *ran("bad", status="Failed"))
    one.end()
    assert "\x1b[32mSucceeded\x1b[0m" in one.written
    assert "\x1b[31mFailed\x1b[0m" in one.written


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_where_colours_are_not_wanted_there_are_none(played, environment):
    one = played(*ran("good"), *ran("bad", status="Failed"), **environment)
    _, screen = one.end()
    assert not COLOUR.search(one.written)
    assert screen.steps() == [("good", "Succeeded"), ("bad", "Failed")]


def test_a_terminal_that_cannot_be_drawn_in_is_not(played, tmp_path):
    one = played(("print", "begun"), *ran("one", waits=True), TERM="dumb")
    one.until(lambda screen: screen.shows("begun"))
    time.sleep(0.3)  # longer than what is drawn stands
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert "\x1b" not in one.written
    assert screen.steps() == [("one", "Succeeded")]


LONG = "a-step-of-a-name-that-does-not-fit-into-a-column"


@pytest.mark.parametrize("columns", [80, 40])
def test_whatever_a_step_is_called_and_says_no_line_is_wider_than_the_terminal(played, columns, tmp_path, snapshot):
    log = warned("word " * 40 + "/a/path" * 20)
    one = played(
        *ran(f"{LONG}-1", log, "Failed", waits=True),
        *not_run(f"{LONG}-2", f"{LONG}-1"),
        warning=NOTE,
        columns=columns,
    )
    one.until(lambda screen: screen.steps())
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert screen.wrapped == 0
    name = LONG[: max(12, columns - 50) - 1] + "…"
    assert screen.steps() == [(name, "Failed"), (name, "NotRun")]
    words = " ".join(" ".join(screen.lines).split())
    assert "word " * 40 in words
    assert f"{LONG}-1" in words or columns < len(LONG)
    snapshot(screen.text)


def test_a_name_that_fits_into_a_wider_terminal_is_not_cut(played):
    _, screen = played(*ran(LONG), columns=120).end()
    assert screen.steps() == [(LONG, "Succeeded")]


def test_of_more_steps_than_rows_as_many_are_drawn_as_fit(played, tmp_path, snapshot):
    names = [f"step-{number}" for number in range(12)]
    begun = [("begin", name) for name in names]
    ended = [("end", name, "Succeeded", 0.08, "", 0, 0) for name in names]
    one = played(*begun, ("wait", names[0]), *ended, rows=8)
    drawn = one.until(lambda screen: len(screen.steps()) == 5 and re.search(r"\b7\b", screen.lines[-2]))
    assert drawn.steps() == [(name, "Executing") for name in names[:5]]
    snapshot(drawn.lines[-2])
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert screen.steps() == [(name, "Succeeded") for name in names]


@pytest.mark.parametrize("columns", [80, 30])
def test_of_a_run_that_is_cut_short_nothing_is_left_of_what_was_drawn(played, tmp_path, columns):
    one = played(("print", "begun"), ("begin", "one"), ("wait", "one"), columns=columns)
    assert one.until(lambda screen: screen.steps() == [("one", "Executing")]).wrapped == 0
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert screen.lines == ["begun", "over", ""]


def test_verbose_prints_logs_above_what_is_drawn(played, tmp_path):
    begun = [("begin", "one"), ("log", "one", "begun\n"), ("wait", "one"), ("log", "one", "done\n")]
    one = played(*begun, ("end", "one", "Succeeded", 0.08, "", 0, 0), verbose=True)
    drawn = one.until(lambda screen: screen.shows("| begun") and screen.steps())
    assert drawn.lines.index("one          | begun") == len(drawn.lines) - 3
    (tmp_path / "gate").touch()
    _, screen = one.end()
    said = [line for line in screen.lines if " | " in line]
    assert said == ["one          | begun", "one          | done"]
    assert screen.steps() == [("one", "Succeeded")]


def test_a_terminal_that_is_no_unicode_one_is_written_to_all_the_same(played, tmp_path):
    one = played(*ran(LONG, waits=True), PYTHONIOENCODING="ascii")
    one.until(lambda screen: screen.steps())
    (tmp_path / "gate").touch()
    status, screen = one.end()
    assert status == 0
    assert "over" in screen.lines


def test_after_ctrl_c_nothing_is_left_of_what_was_drawn(step, command, terminal):
    one = terminal(*command(step("quick"), step("slow", "wait()", ["quick"]), step("never", after=["slow"])))
    one.until(lambda screen: ("slow", "Executing") in screen.steps())
    one.type(b"\x03")
    _, screen = one.end()
    assert screen.steps() == [("quick", "Succeeded"), ("slow", "Stopped")]


def test_the_example_fits_a_terminal_of_80_columns(example, terminal):
    one = terminal("-m", "stepsmith", "run", "pipeline.yaml", folder=example)
    status, screen = one.end()
    assert status == 0
    names = ("prepare", "model", "package", "payload", "register")
    assert screen.steps() == [(name, "Succeeded") for name in names]
    # What is said when the run is over holds digests and paths, which are not folded.
    assert one.screen(one.written.partition("\nrun ")[0]).wrapped == 0
    assert COLOUR.search(one.written)


def test_the_whole_command_has_no_colours_where_they_are_not_wanted(small, terminal):
    one = terminal("-m", "stepsmith", "run", small.name, NO_COLOR="1")
    status, screen = one.end()
    assert (status, screen.steps()) == (0, [("model", "Succeeded"), ("register", "Succeeded")])
    assert not COLOUR.search(one.written)


def test_steps_that_did_not_end_were_stopped_and_those_that_did_not_begin_not_run(step, tmp_path):
    progress, log = RunProgress(verbose=False, quiet=True), tmp_path / "step.log"
    assert progress.steps() == []
    steps = [step("one"), step("two"), step("three")]
    shown_run = Run("abc", "by-hand", Store(tmp_path), steps=[StepRun("one", SUCCEEDED, log, 1.5)])
    progress.begun(shown_run, parse(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})))
    for name, status in (("one", EXECUTING), ("one", SUCCEEDED), ("two", EXECUTING)):
        progress.step(StepRun(name, status, log))
    assert progress.steps() == [
        StepRun("one", SUCCEEDED, log, 1.5),
        StepRun("two", STOPPED, tmp_path / "runs" / "abc" / "two.log"),
        StepRun("three", NOT_RUN, tmp_path / "runs" / "abc" / "three.log"),
    ]


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5_000_000_000, "5.0 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_a_size_is_told_in_the_unit_that_one_reads(bytes_, shown):
    assert format_size(bytes_) == shown
