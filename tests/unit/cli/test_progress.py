from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import pytest

from stepsmith.cli.progress import Progress, size
from stepsmith.definition.assets import Compiled
from stepsmith.definition.parse import parse
from stepsmith.errors import StepsmithError
from stepsmith.local.engine import run
from stepsmith.local.history import EXECUTING, NOT_RUN, STOPPED, SUCCEEDED, RunHistory
from stepsmith.local.run import Run, StepRun
from stepsmith.local.store import Store

WAIT_SECONDS = 60
# What a step's script can use: its own output folder, a log, and a gate that the test opens.
PREAMBLE = """\
import os, sys, time
root = os.environ["STEPSMITH_ML_ROOT"]
def log(level, text):
    print("2024-01-02T03:04:05.678Z", level, text)
def wait(gate="gate"):
    while not os.path.exists(f"FOLDER/{gate}"):
        time.sleep(0.01)
"""
KEEP = """
with open(f"{root}/processing/output/out/kept", "wb") as file:
    file.write(b"x" * 1234)
"""
# A run that is shown, in a process of its own: a definition's path, a store, how many steps at a time, `-v` or nothing.
RUN = """\
import sys
from contextlib import suppress
from pathlib import Path
from stepsmith.cli.progress import Progress
from stepsmith.definition.assets import Compiled
from stepsmith.errors import StepsmithError
from stepsmith.local.engine import run
definition, store, jobs, verbose = sys.argv[1:]
with suppress(StepsmithError, KeyboardInterrupt), Progress(verbose=verbose == "-v", quiet=False) as progress:
    compiled = Compiled("by-hand", Path(definition).read_text())
    run(compiled, store=store, sandbox="process", jobs=int(jobs), observer=progress)
print("over")
"""
# Becomes a command that the terminal that is its input controls, as a shell's is, whatever the tests were started by.
CONTROLLED = """\
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
# A step that is shown as executing, and a run that is over before it is.
CUT_SHORT = """\
import sys, time
from pathlib import Path
from stepsmith.cli.progress import Progress
from stepsmith.definition.parse import parse
from stepsmith.local.history import EXECUTING
from stepsmith.local.run import Run, StepRun
from stepsmith.local.store import Store
folder = Path(sys.argv[1])
print("begun", flush=True)
with Progress(verbose=False, quiet=False) as progress:
    progress.begun(Run("abc", "by-hand", Store(folder)), parse((folder / "definition.json").read_text()))
    progress.step(StepRun("one", EXECUTING, folder / "one.log"))
    while not (folder / "gate").exists():
        time.sleep(0.01)
print("over")
"""
COLOUR = re.compile(r"\x1b\[[\d;]*m")
SIZES = r" +0 B in +1\.2 kB out"


class Screen:
    """What a terminal of so many columns and rows shows of a text, and what it has scrolled out at its top.

    `wrapped` counts the lines that were wider than it. What a text asks for that it does not know fails the test.
    """

    def __init__(self, text, columns, rows):
        self.lines, self.wrapped = [""], 0
        self._columns, self._rows = columns, rows
        self._line = self._column = 0
        for up, style, other in re.findall(r"\x1b\[(\d*)F|(\x1b\[[\d;]*m)|(\x1b\[J|.)", text, re.DOTALL):
            if other:
                self._obey(other)
            elif not style:
                self._line = max(self._line - int(up or 1), len(self.lines) - self._rows, 0)
                self._column = 0

    def _obey(self, text):
        if text == "\n":
            self._down()
        elif text == "\r":
            self._column = 0
        elif text == "\x1b[J":
            self.lines[self._line :] = [self.lines[self._line][: self._column]]
        else:
            assert text.isprintable(), self.lines
            self._put(text)

    def _put(self, character):
        if self._column == self._columns:
            self.wrapped += 1
            self._down()
            self._column = 0
        now = self.lines[self._line]
        self.lines[self._line] = now[: self._column].ljust(self._column) + character + now[self._column + 1 :]
        self._column += 1

    def _down(self):
        self._line += 1
        if self._line == len(self.lines):
            self.lines.append("")

    def shows(self, text):
        """Whether the text is there."""
        return text in "\n".join(self.lines)

    def steps(self):
        """The name and the state in each line of a step."""
        states = "Executing|Succeeded|Failed|Stopped|NotRun"
        return [match.groups() for line in self.lines if (match := re.match(rf"  (\S+) +({states})\b", line))]


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, command, folder, *, columns=80, rows=24, **environment):
        self._written, self._size = b"", (columns, rows)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        ours = ("COV", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, sys.executable, *map(str, command)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), slave),
            cwd=folder,
            env={**inherited, "TERM": "xterm", **environment},
            start_new_session=True,
        )
        os.close(slave)

    @property
    def written(self):
        """All that the command has written, in whole lines."""
        return self._written[: self._written.rfind(b"\n") + 1].decode()

    def screen(self):
        """The screen as it is now."""
        return Screen(self.written, *self._size)

    def until(self, is_there):
        """The screen, as soon as `is_there` says so."""
        until = time.monotonic() + WAIT_SECONDS
        while not is_there(screen := self.screen()):
            assert self._read(), screen.lines
            assert time.monotonic() < until, screen.lines
        return screen

    def type(self, keys):
        """Types keys."""
        os.write(self._master, keys)

    def end(self):
        """The exit status, and the screen at the end."""
        until = time.monotonic() + WAIT_SECONDS
        while self._read():
            assert time.monotonic() < until, self.screen().lines
        return self._process.wait(WAIT_SECONDS), self.screen()

    def close(self):
        """Ends what is left of it."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self):
        """Reads a piece of what the command writes; whether there was any."""
        assert select.select([self._master], [], [], WAIT_SECONDS)[0], "waited in vain"
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # how Linux tells that nobody writes any more
            return False
        self._written += piece
        return bool(piece)


@pytest.fixture
def terminal(tmp_path):
    """Runs a command in a terminal, in the folder `folder`."""
    opened = []

    def start(*command, folder=tmp_path, **settings):
        opened.append(Terminal(command, folder, **settings))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def step(tmp_path):
    """The JSON of a step that runs a script."""

    def make(name, script="", after=()):
        program = PREAMBLE.replace("FOLDER", str(tmp_path)) + script + KEEP
        uri = {"Std:Join": {"On": "/", "Values": ["s3://kept", {"Get": "Execution.PipelineExecutionId"}, name]}}
        output = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output/out"}
        entrypoint = ["python3", "-S", "-c", program]
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(after),
            "Arguments": {
                "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": entrypoint},
                "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
                "RoleArn": "arn:aws:iam::123456789012:role/a",
                "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
            },
        }

    return make


def definition(*steps):
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})


@pytest.fixture
def shown(tmp_path, capsys):
    """A run of some steps that is shown where there is no terminal; what it printed as output and as errors."""

    def show(*steps, verbose=False, quiet=False):
        with Progress(verbose=verbose, quiet=quiet) as progress:
            compiled = Compiled("by-hand", definition(*steps))
            settings = {"store": tmp_path / "store", "sandbox": "process", "jobs": 1}
            try:
                run(compiled, **settings, observer=progress)
            except StepsmithError as error:
                assert progress.run.status == "Failed", error  # noqa: PT017 - what a failed run shows is shown too
        return capsys.readouterr()

    return show


@pytest.fixture
def command(tmp_path):
    """The command of a process that runs some steps and shows them."""

    def make(*steps, jobs=2, verbose=""):
        path = tmp_path / "definition.json"
        path.write_text(definition(*steps))
        return ["-c", RUN, path, tmp_path / "store", jobs, verbose]

    return make


def test_each_step_is_a_line_with_its_state_its_seconds_and_its_bytes(shown, step):
    out, _ = shown(step("first"), step("second"))
    first, second = out.splitlines()
    assert re.fullmatch(rf"  first        Succeeded +\d+\.\d\d s{SIZES}", first)
    assert re.fullmatch(rf"  second       Succeeded +\d+\.\d\d s{SIZES}", second)


def test_a_step_that_fails_and_one_that_is_not_run_for_it_are_lines_too(shown, step):
    out, _ = shown(step("bad", "sys.exit(3)"), step("later", after=["bad"]), step("last", after=["later"]))
    bad, later, last = out.splitlines()
    assert re.fullmatch(r"  bad          Failed +\d+\.\d\d s", bad)
    assert later == "  later        NotRun    it depends on 'bad'"
    assert last == "  last         NotRun    it depends on 'later'"


def test_where_there_is_no_terminal_nothing_is_drawn_and_nothing_cut(shown, step):
    name = "a-step-of-a-long-name-" * 2 + "that-fits-nowhere"
    out, _ = shown(step(name, "log('WARNING', 'word ' * 40)\n"))
    line, warning = out.splitlines()
    assert line.startswith(f"  {name} Succeeded ")
    assert warning == "    warning: " + "word " * 40


def test_what_a_log_warns_of_is_told_under_the_step_the_last_of_it(shown, step):
    out, _ = shown(step("one", "for number in range(9): log('WARNING', number); log('INFO', 'so what')"))
    assert out.splitlines()[1:] == [f"    warning: {number}" for number in range(4, 9)]


def test_verbose_prints_each_line_of_a_log_after_the_name_of_its_step(shown, step):
    out, _ = shown(step("one", "log('WARNING', 'oh'); print(); print('no end', end='')"), verbose=True)
    *said, line = out.splitlines()
    assert said == ["one          | 2024-01-02T03:04:05.678Z WARNING oh", "one          | ", "one          | no end"]
    assert line.startswith("  one          Succeeded")


def test_verbose_prints_all_of_a_log_however_long(step, tmp_path, capsys):
    log = tmp_path / "one.log"
    log.write_text("".join(f"{number}\n" for number in range(500_000)))
    with Progress(verbose=True, quiet=False) as progress:
        progress.begun(Run("abc", "by-hand", Store(tmp_path)), parse(definition(step("one"))))
        for status in (EXECUTING, SUCCEEDED):
            progress.step(StepRun("one", status, log))
    said = [line.partition(" | ")[2] for line in capsys.readouterr().out.splitlines() if " | " in line]
    assert said == [str(number) for number in range(500_000)]


def test_verbose_prints_a_log_while_its_step_executes(step, command, tmp_path):
    arguments = command(step("one", "print('begun', flush=True); wait()"), verbose="-v")
    with subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert select.select([process.stdout], [], [], WAIT_SECONDS)[0], "waited in vain"
            assert process.stdout.readline() == "one          | begun\n"
            assert RunHistory(Store(tmp_path / "store").database).runs()[0].status == "Executing"
        finally:
            (tmp_path / "gate").touch()
        assert process.stdout.readline().startswith("  one          Succeeded")
        assert process.stdout.read() == "over\n"


def test_a_run_goes_on_where_there_is_no_output_at_all(step, command, tmp_path):
    arguments = [sys.executable, *map(str, command(step("one"), verbose="-v"))]
    closed = ["bash", "-c", 'exec "$@" >&-', "bash", *arguments]
    done = subprocess.run(closed, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert RunHistory(Store(tmp_path / "store").database).runs()[0].status == "Succeeded"


def test_what_does_not_hold_in_plain_processes_is_told_once_and_as_an_error(shown, step):
    out, err = shown(step("one"), step("two"))
    assert err.startswith("note: steps run as plain processes")
    assert err.count("\n") == 1
    assert "plain" not in out


def test_quiet_prints_nothing_at_all(shown, step):
    assert shown(step("one", "log('WARNING', 'oh')"), quiet=True) == ("", "")


def test_quiet_and_verbose_print_the_logs_alone_and_as_errors(shown, step):
    assert shown(step("one", "print('oh')"), quiet=True, verbose=True) == ("", "one          | oh\n")


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


def test_a_terminal_shows_states_in_colours(step, command, terminal):
    one = terminal(*command(step("good"), step("bad", "sys.exit(1)")))
    one.end()
    assert "\x1b[32mSucceeded\x1b[0m" in one.written
    assert "\x1b[31mFailed\x1b[0m" in one.written


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_where_colours_are_not_wanted_there_are_none(step, command, terminal, environment):
    one = terminal(*command(step("good"), step("bad", "sys.exit(1)")), **environment)
    _, screen = one.end()
    assert not COLOUR.search(one.written)
    assert sorted(screen.steps()) == [("bad", "Failed"), ("good", "Succeeded")]


def test_a_terminal_that_cannot_be_drawn_in_is_not(step, command, terminal):
    one = terminal(*command(step("one", "time.sleep(0.3)")), TERM="dumb")
    one.end()
    assert "\x1b" not in one.written
    assert "Executing" not in one.written


LONG = "a-step-of-a-name-that-does-not-fit-into-a-column"


@pytest.mark.parametrize("columns", [80, 40])
def test_whatever_a_step_is_called_and_says_no_line_is_wider_than_the_terminal(step, command, terminal, columns):
    steps = [
        step(f"{LONG}-1", "log('WARNING', 'word ' * 40 + '/a/path' * 20); time.sleep(0.3); sys.exit(1)"),
        step(f"{LONG}-2", after=[f"{LONG}-1"]),
    ]
    _, screen = terminal(*command(*steps), columns=columns).end()
    assert screen.wrapped == 0
    name = LONG[: max(12, columns - 50) - 1] + "…"
    assert screen.steps() == [(name, "Failed"), (name, "NotRun")]
    words = " ".join(" ".join(screen.lines).split())
    assert "word " * 40 in words
    assert f"it depends on '{LONG}-1'" in words or columns < len(LONG)


def test_a_name_that_fits_into_a_wider_terminal_is_not_cut(step, command, terminal):
    _, screen = terminal(*command(step(LONG)), columns=120).end()
    assert screen.steps() == [(LONG, "Succeeded")]


def test_of_more_steps_than_rows_as_many_are_drawn_as_fit(step, command, terminal, tmp_path):
    names = [f"step-{number}" for number in range(12)]
    one = terminal(*command(*(step(name, "wait()") for name in names), jobs=12), rows=8)
    drawn = one.until(lambda screen: screen.shows("and 7 more"))
    assert drawn.steps() == [(name, "Executing") for name in names[:5]]
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert sorted(screen.steps()) == sorted((name, "Succeeded") for name in names)


@pytest.mark.parametrize("columns", [80, 30])
def test_of_a_run_that_is_cut_short_nothing_is_left_of_what_was_drawn(step, terminal, tmp_path, columns):
    (tmp_path / "definition.json").write_text(definition(step("one")))
    one = terminal("-c", CUT_SHORT, tmp_path, columns=columns)
    assert one.until(lambda screen: screen.steps() == [("one", "Executing")]).wrapped == 0
    (tmp_path / "gate").touch()
    _, screen = one.end()
    assert screen.lines == ["begun", "over", ""]


def test_verbose_prints_logs_above_what_is_drawn(step, command, terminal, tmp_path):
    one = terminal(*command(step("one", "print('begun', flush=True); wait(); print('done')"), verbose="-v"))
    drawn = one.until(lambda screen: screen.shows("| begun") and screen.steps())
    assert drawn.lines.index("one          | begun") == len(drawn.lines) - 3
    (tmp_path / "gate").touch()
    _, screen = one.end()
    said = [line for line in screen.lines if " | " in line]
    assert said == ["one          | begun", "one          | done"]
    assert screen.steps() == [("one", "Succeeded")]


def test_a_terminal_that_is_no_unicode_one_is_written_to_all_the_same(step, command, terminal):
    status, screen = terminal(*command(step(LONG, "time.sleep(0.3)")), PYTHONIOENCODING="ascii").end()
    assert status == 0
    assert "over" in screen.lines


def test_after_ctrl_c_nothing_is_left_of_what_was_drawn(step, command, terminal):
    one = terminal(*command(step("quick"), step("slow", "wait()", ["quick"]), step("never", after=["slow"])))
    one.until(lambda screen: ("slow", "Executing") in screen.steps())
    one.type(b"\x03")
    _, screen = one.end()
    assert screen.steps() == [("quick", "Succeeded"), ("slow", "Stopped")]


@pytest.mark.parametrize("colour", [{}, {"NO_COLOR": "1"}])
def test_the_example_fits_a_terminal_of_80_columns(example, terminal, colour):
    one = terminal("-m", "stepsmith", "run", "pipeline.yaml", folder=example, **colour)
    status, screen = one.end()
    assert status == 0
    names = ("prepare", "model", "package", "payload", "register")
    assert screen.steps() == [(name, "Succeeded") for name in names]
    # What is said when the run is over holds digests and paths, which are not folded.
    assert Screen(one.written.partition("\nrun ")[0], 80, 24).wrapped == 0
    assert bool(COLOUR.search(one.written)) is not bool(colour)


def test_steps_that_did_not_end_were_stopped_and_those_that_did_not_begin_not_run(step, tmp_path):
    progress, log = Progress(verbose=False, quiet=True), tmp_path / "step.log"
    assert progress.steps() == []
    shown_run = Run("abc", "by-hand", Store(tmp_path), steps=[StepRun("one", SUCCEEDED, log, 1.5)])
    progress.begun(shown_run, parse(definition(step("one"), step("two"), step("three"))))
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
    assert size(bytes_) == shown
