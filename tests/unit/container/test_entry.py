"""What every script shares: how it ends, what it logs, and the failure reason it leaves."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import time

import pytest

from stepsmith.container import entry

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ .*")
SCRIPT = """
import sys
from stepsmith.container import entry

def work(argv):
    parser = entry.ArgumentParser()
    parser.add_argument("--model", required=True)
    model = parser.parse_args(argv).model
    entry.log.info("reading %s", model)
    if model == "broken":
        raise KeyError("weights")

if __name__ == "__main__":
    sys.exit(entry.run(work))
"""


def untimed(line):
    """A line of the log without the time that it begins with."""
    return line.partition(" ")[2]


@pytest.fixture(autouse=True)
def _log_as_it_was():
    log = entry.log
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.propagate = before[0], before[2]
    log.setLevel(before[1])


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder that stands where SageMaker has /opt/ml."""
    monkeypatch.setenv("STEPSMITH_ML_ROOT", str(tmp_path / "ml"))
    return tmp_path / "ml"


@pytest.fixture
def ended(root, capsys):
    """Runs work that raises the given error: the status, the lines logged and the failure reason."""

    def run(error):
        def work(_):
            raise error

        status = entry.run(work)
        message = root / "output" / "message"
        return status, capsys.readouterr().out.splitlines(), message.read_bytes() if message.exists() else None

    return run


# --- how it ends ---


def test_work_that_is_done_gives_0_and_no_failure_reason(root, capsys, snapshot):
    assert entry.run(lambda _: None) == 0
    snapshot(untimed(capsys.readouterr().out.splitlines()[-1]))
    assert not (root / "output" / "message").exists()


@pytest.mark.parametrize("argv", [None, [], ["--model", "x"]])
@pytest.mark.usefixtures("root")
def test_work_is_given_the_arguments(argv):
    given = []
    entry.run(given.append, argv)
    assert given == [argv]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (entry.ScriptFailure("no model"), "no model"),
        (ValueError("ARC002 byte 7: truncated"), "ARC002 byte 7: truncated"),
        (FileNotFoundError(2, "No such file", "model"), "[Errno 2] No such file: 'model'"),
        (KeyError("weights"), "KeyError: 'weights'"),
        (RuntimeError("out of luck"), "RuntimeError: out of luck"),
        (ValueError("two\n  lines\tand  spaces"), "two lines and spaces"),
        (ValueError(), "ValueError"),
        (entry.ScriptFailure(), "ScriptFailure"),
        (MemoryError(), "MemoryError"),
        (AssertionError(), "AssertionError"),
    ],
    ids=[
        "script failure",
        "value error",
        "OS error",
        "key error",
        "runtime error",
        "white space",
        "value error that says nothing",
        "script failure that says nothing",
        "memory error",
        "assertion",
    ],
)
def test_a_failure_gives_1_and_its_reason(error, reason, ended, snapshot):
    status, lines, message = ended(error)
    assert (status, message) == (1, reason.encode())
    snapshot(untimed(lines[-1]))


def test_the_traceback_is_in_the_log_before_the_last_line(ended):
    _, lines, _ = ended(ValueError("the reason"))
    assert "Traceback (most recent call last):" in lines[:-1]
    assert any("in work" in line for line in lines[:-1])
    assert [line for line in lines if " ERROR " in line] == lines[-1:]
    assert lines[-1].endswith("the reason")


def test_a_line_begins_with_the_time_and_the_level(root, capsys, snapshot):
    entry.run(lambda _: entry.log.warning("watch out"))
    lines = capsys.readouterr().out.splitlines()
    snapshot("\n".join(map(untimed, lines)))
    assert all(LINE.fullmatch(line) for line in lines)
    assert not root.exists()


def test_the_time_of_a_line_is_in_utc_wherever_the_machine_is(root, monkeypatch):
    entry.run(lambda _: None)
    record = logging.makeLogRecord({"created": 0, "msecs": 7, "levelname": "INFO", "msg": "begins"})
    with monkeypatch.context() as there:
        there.setenv("TZ", "THERE-14")
        time.tzset()
        line = entry.log.handlers[0].format(record)
    time.tzset()
    assert line == "1970-01-01T00:00:00.007Z INFO begins"
    assert not root.exists()


def test_a_second_run_logs_each_line_once(root, capsys):
    entry.run(lambda _: None)
    entry.run(lambda _: None)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert not root.exists()


def test_nothing_is_logged_twice_by_the_loggers_above(ended, caplog):
    ended(ValueError("no"))
    assert caplog.records == []
    assert logging.getLogger("stepsmith").propagate is False


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
@pytest.mark.usefixtures("root")
def test_being_told_to_stop_is_no_failure_of_the_work(stop):
    def work(_):
        raise stop

    with pytest.raises(stop):
        entry.run(work)


# --- the failure reason ---


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("r" * 1024, b"r" * 1024),
        ("r" * 1025, b"r" * 1024),
        ("é" * 600, "é".encode() * 512),
        ("r" + "é" * 600, b"r" + "é".encode() * 511),
        ("rr" + "重" * 600, b"rr" + "重".encode() * 340),
        ("🙂" * 300, "🙂".encode() * 256),
        ("rrr" + "🙂" * 300, b"rrr" + "🙂".encode() * 255),
    ],
    ids=["as long", "a byte over", "2 bytes", "1 and 2 bytes", "1 and 3 bytes", "4 bytes", "1 and 4 bytes"],
)
def test_a_failure_reason_is_cut_at_a_character_to_1024_bytes(reason, written, ended):
    assert ended(ValueError(reason))[2] == written


def test_a_failure_reason_replaces_an_earlier_one(ended):
    ended(ValueError("a long reason of an earlier run"))
    assert ended(ValueError("no"))[2] == b"no"


def test_a_failure_reason_that_cannot_be_written_is_a_warning(root, ended, snapshot):
    root.write_bytes(b"a file where the folder should be")
    status, lines, message = ended(ValueError("the reason"))
    assert (status, message) == (1, None)
    (warning,) = (line for line in lines if " WARNING " in line)
    assert str(root / "output" / "message") in warning
    snapshot(untimed(warning))


def test_the_last_line_is_the_reason_even_where_it_cannot_be_written(root, ended, snapshot):
    root.write_bytes(b"a file where the folder should be")
    _, lines, _ = ended(ValueError("the reason"))
    snapshot(untimed(lines[-1]))


def test_a_reason_that_no_encoding_holds_is_logged_and_written_all_the_same(ended, capsys, snapshot):
    status, lines, message = ended(ValueError("cannot read model\udcff.bin"))
    assert (status, message) == (1, b"cannot read model\\udcff.bin")
    snapshot(untimed(lines[-1]))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [("aé", 3, "aé"), ("aé", 2, "a"), ("aé", 1, "a"), ("aé", 0, ""), ("", 9, ""), ("重", 2, ""), ("a\udcff", 9, "a?")],
)
def test_text_is_cut_at_a_character(text, limit, cut):
    assert entry.cut(text, limit) == cut.encode()


def test_the_paths_are_sagemaker_s_unless_the_sandbox_says_otherwise(monkeypatch):
    monkeypatch.setenv("STEPSMITH_ML_ROOT", "/sandbox/ml")
    assert entry.ml_root() == "/sandbox/ml"
    monkeypatch.delenv("STEPSMITH_ML_ROOT")
    assert entry.ml_root() == "/opt/ml"


def test_a_failure_reason_is_written_where_sagemaker_looks(root):
    entry.write_failure_reason("the reason")
    assert (root / "output" / "message").read_bytes() == b"the reason"


# --- arguments ---


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--model"],
        ["--model", "x", "--other", "y"],
        ["--model", "x", "--count", "many"],
        ["--model", "x", "--half", "3"],
    ],
    ids=["none", "without a value", "another", "no number", "no choice"],
)
def test_wrong_arguments_are_the_failure_reason(argv, root, capsys, snapshot):
    parser = entry.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--count", type=int)
    parser.add_argument("--half", type=int, choices=[1, 2])
    with snapshot.error(entry.ScriptFailure) as raised:
        parser.parse_args(argv)
    assert entry.run(parser.parse_args, argv) == 1
    assert capsys.readouterr().err == ""
    assert (root / "output" / "message").read_text() == str(raised.value)


def test_help_is_no_failure(capsys):
    with pytest.raises(SystemExit) as stop:
        entry.ArgumentParser(description="adds code").parse_args(["--help"])
    assert stop.value.code == 0
    assert "adds code" in capsys.readouterr().out


# --- as a container runs it ---


@pytest.mark.parametrize("minor", ["3.8", "3.13"])
@pytest.mark.parametrize(
    ("argv", "status"),
    [(["--model", "sound"], 0), (["--model", "broken"], 1), ([], 1)],
    ids=["sound", "broken", "no arguments"],
)
def test_a_script_ends_as_it_should_under_each_python(minor, argv, status, python_of, shipped, tmp_path, snapshot):
    (shipped / "script.py").write_text(SCRIPT)
    command = [python_of(minor), "-B", "-W", "error", shipped / "script.py", *argv]
    env = {"STEPSMITH_ML_ROOT": str(tmp_path / "ml")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    snapshot(untimed(done.stdout.splitlines()[-1]))
    message = tmp_path / "ml" / "output" / "message"
    assert message.exists() == bool(status)
    if status:
        snapshot(message.read_text())


def test_a_script_that_is_asked_to_end_fails_with_that_reason_and_leaves_no_half_file(
    root, shipped, tmp_path, snapshot
):
    program = """
import signal, sys
from stepsmith.container import entry
from stepsmith.container.archive.atomic import atomic_file

def work(argv):
    with atomic_file(argv[0]) as file:
        file.write(b"half")
        print("writing", flush=True)
        signal.pause()

sys.exit(entry.run(work, sys.argv[1:]))
"""
    target = tmp_path / "out" / "model.tar.gz"
    command = [sys.executable, "-S", "-c", program, str(target)]
    with subprocess.Popen(command, cwd=shipped, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGTERM)
        said = process.stdout.read()
        assert process.wait(timeout=60) == 1
    snapshot(untimed(said.splitlines()[-1]))
    snapshot((root / "output" / "message").read_text())
    assert not target.parent.exists()
