"""What holds in a sandbox of either kind."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stepsmith.local.sandbox.job import Outcome, Sandbox
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.supervisor import LOG_LIMIT_BYTES

# Starts a process that sleeps, which a test finds by the word in its command.
SLEEPER = """\
import subprocess, sys, time
subprocess.Popen(["sh", "-c", "sleep 60; :", {word!r}], start_new_session={own_session})
"""


def by_signal(number):
    """How the end by a signal is told: the supervisor's way, or that of a shell and of bwrap."""
    return {-number, 128 + number}


def test_a_path_of_the_container_has_its_place_below_the_root(box):
    assert box.sandbox.path("/opt/ml/processing/input") == box.root / "opt/ml/processing/input"


def test_arguments_and_environment_lead_to_the_containers_folders(box):
    saw = box.shown("--out", "/opt/ml/processing/output", environment={"DIR": "/opt/ml/model", "URI": "s3://b/opt/ml"})
    assert saw["arguments"] == ["--out", box.sandbox.rewrite_paths("/opt/ml/processing/output")]
    assert saw["environment"]["DIR"] == box.sandbox.rewrite_paths("/opt/ml/model")
    assert saw["environment"]["URI"] == "s3://b/opt/ml"


def test_what_is_written_where_the_container_has_a_folder_lies_in_the_sandbox(box):
    script = 'mkdir -p "$1/deep" && echo ml > "$1/deep/a" && echo tmp > "$TMPDIR/b"'
    assert box.run("sh", "-c", script, "sh", "/opt/ml/output")[0] == Outcome(0)
    assert (box.root / "opt/ml/output/deep/a").read_text() == "ml\n"
    assert (box.root / "tmp/b").read_text() == "tmp\n"


def test_what_lies_in_the_sandbox_is_read_where_the_container_has_it(box):
    place = box.sandbox.path("/opt/ml/processing/input/data")
    place.mkdir(parents=True)
    (place / "a.csv").write_text("as it was put")
    assert box.run("cat", "/opt/ml/processing/input/data/a.csv") == (Outcome(0), "as it was put")


def test_a_process_is_told_a_home_in_its_sandbox_and_nothing_of_this_machine_but_the_path(box, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = box.shown()["environment"]
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["HOME"] == environment["TMPDIR"] == environment["PWD"]
    assert (box.root / "tmp").is_dir()
    told = {"PATH", "LANG", "HOME", "TMPDIR", "PWD", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert environment.keys() - {"STEPSMITH_ML_ROOT"} == told


def test_an_environment_that_the_step_sets_wins(box):
    saw = box.shown(environment={"LANG": "de_DE.UTF-8", "HOME": "/opt/ml/home", "OWN": "1"})["environment"]
    assert (saw["LANG"], saw["HOME"], saw["OWN"]) == ("de_DE.UTF-8", box.sandbox.rewrite_paths("/opt/ml/home"), "1")


@pytest.mark.parametrize("name", ["python", "python3"])
def test_the_containers_python_is_the_python_that_runs_stepsmith(box, name):
    assert box.shown(command=name)["python"] == sys.executable


def test_the_packages_of_that_python_are_there(box):
    assert box.prints("import pydantic; print(pydantic.VERSION)")


def test_a_process_starts_in_its_temporary_folder_and_is_given_no_input(box):
    saw = box.shown()
    assert saw["folder"] == saw["environment"]["TMPDIR"]
    assert saw["input"] == ""


def test_devices_and_shared_memory_can_be_used(box):
    script = (
        "import multiprocessing.shared_memory as shared, os\n"
        "open('/dev/null', 'w').write('x')\n"
        "one = shared.SharedMemory(create=True, size=8); one.close(); one.unlink()\n"
        "print(len(os.urandom(3)), open('/dev/zero', 'rb').read(1))\n"
    )
    assert box.prints(script) == r"3 b'\x00'"


def test_out_and_err_of_a_process_are_added_to_its_log_in_the_order_in_which_they_are_written(box):
    box.log.write_text("before\n")
    box.run("sh", "-c", "for n in 1 2 3 4 5; do echo out$n; echo err$n >&2; done")
    assert box.log.read_text().split() == [
        "before",
        *(f"{which}{number}" for number in range(1, 6) for which in ("out", "err")),
    ]


def test_a_line_is_in_the_log_while_the_process_still_runs(box, wait_for):
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(box.run, "sh", "-c", 'echo begun; until [ -e "$TMPDIR/seen" ]; do sleep 0.01; done')
        wait_for(lambda: box.log.exists() and box.log.read_text() == "begun\n")
        (box.root / "tmp/seen").touch()
    assert running.result() == (Outcome(0), "begun\n")


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)])
def test_an_outcome_is_the_exit_status(box, script, status):
    assert box.run("sh", "-c", script)[0] == Outcome(status)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_an_outcome_is_the_signal_that_ended_the_process(box, number):
    outcome, _ = box.run("sh", "-c", f"kill -{number.value} $$")
    assert outcome.exit_status in by_signal(number)
    assert outcome == Outcome(outcome.exit_status)


def test_a_process_that_takes_too_long_is_asked_to_end_and_can_tidy_up(box_of, kind, launcher, quick_timeout):
    script = "trap 'echo tidied; exit 5' TERM; echo begun; while :; do sleep 0.02; done"
    outcome, printed = box_of(kind, launcher=quick_timeout(launcher)).run("sh", "-c", script, seconds=1)
    assert outcome == Outcome(outcome.exit_status, timed_out=True)
    assert printed.splitlines()[0] == "begun"
    assert printed.splitlines()[-1] == "tidied"


@pytest.fixture
def quick_timeout_box(box_of, kind, impatient_launcher, quick_timeout):
    """A sandbox of each kind for what takes longer than it may, even when it is asked to end."""
    return box_of(kind, launcher=quick_timeout(impatient_launcher))


def test_a_process_that_does_not_end_when_it_is_asked_is_made_to(quick_timeout_box, trace):
    script = "trap 'echo asked' TERM; echo begun; while :; do sleep 0.02; done"
    outcome, printed = quick_timeout_box.run("sh", "-c", script, trace.word, seconds=1)
    assert outcome == Outcome(outcome.exit_status, timed_out=True)
    assert outcome.exit_status != 0
    assert printed.splitlines()[0] == "begun"
    assert "asked" in printed
    assert trace.is_gone()


@pytest.mark.parametrize("end", ["", "sys.exit(1)"], ids=["well", "badly"])
@pytest.mark.parametrize("own_session", [False, True], ids=["in its session", "in a session of its own"])
def test_what_a_process_leaves_running_is_named_and_ended(impatient_box, trace, end, own_session):
    outcome, _ = impatient_box.run("python3", "-c", SLEEPER.format(word=trace.word, own_session=own_session) + end)
    assert outcome == Outcome(1 if end else 0, left_running=("sleep",))
    assert trace.is_gone()


def test_all_that_a_process_leaves_running_is_named_in_order(impatient_box):
    outcome, _ = impatient_box.run("sh", "-c", "tail -f /dev/null & sleep 60 & tail -f /dev/null & true")
    assert outcome == Outcome(0, left_running=("sleep", "tail"))


def test_what_a_process_started_ends_with_it_when_its_time_is_over(quick_timeout_box, trace):
    script = SLEEPER.format(word=trace.word, own_session=True) + "print('begun'); time.sleep(60)"
    outcome, printed = quick_timeout_box.run("python3", "-c", script, trace.word, seconds=1)
    assert outcome == Outcome(outcome.exit_status, timed_out=True)
    assert printed == "begun\n"
    assert trace.is_gone()


def test_a_daemon_that_has_left_its_parents_behind_is_found(impatient_box, trace):
    script = (
        "import os, sys\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        f"os.execvp('sh', ['sh', '-c', 'sleep 60; :', {trace.word!r}])\n"
    )
    outcome, _ = impatient_box.run("python3", "-c", script)
    assert outcome == Outcome(0, left_running=("sleep",))
    assert trace.is_gone()


def test_a_helper_that_ends_by_itself_a_moment_later_is_no_fault(box):
    assert box.run("sh", "-c", "(sleep 0.1; echo helped) & echo ended") == (Outcome(0), "ended\nhelped\n")


def test_output_without_end_is_cut_and_its_process_ended(box, trace):
    outcome = box.sandbox.run(box.job("sh", "-c", "yes all work and no play; :", trace.word))
    assert outcome == Outcome(outcome.exit_status, log_overflowed=True)
    assert box.log.stat().st_size == LOG_LIMIT_BYTES
    assert trace.is_gone()
    os.truncate(box.log, 0)  # pytest keeps the folders of the last runs


@pytest.mark.parametrize("before", [0, 3, 200_000])
def test_the_first_byte_that_is_no_text_is_found_wherever_it_is(box, before):
    outcome, printed = box.run("sh", "-c", f"head -c {before} /dev/zero | tr '\\0' x; printf 'a\\0b\\0'")
    assert outcome == Outcome(0, binary_at=before + 1)
    assert len(printed) == before + 4


def test_what_is_no_utf8_is_no_fault_and_is_kept_as_it_is(box):
    assert box.run("printf", r"\377\376 latin \344")[0] == Outcome(0)
    assert box.log.read_bytes() == b"\xff\xfe latin \xe4"


def test_the_last_words_of_a_process_are_in_its_log_however_many(box):
    outcome, printed = box.run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo last")
    assert (outcome, len(printed), printed[-5:]) == (Outcome(0), 1_000_005, "last\n")


def test_a_process_that_has_closed_its_output_runs_on(box):
    script = 'echo begun; exec >&- 2>&-; until [ -e "$TMPDIR/end" ]; do sleep 0.01; touch "$TMPDIR/end"; done; exit 3'
    assert box.run("sh", "-c", script) == (Outcome(3), "begun\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is full")  # noqa: PTH110
def test_a_log_that_cannot_be_written_costs_its_lines_and_it_is_said_why(box_of, kind):
    box = box_of(kind, log=Path("/dev/full"))
    outcome = box.sandbox.run(box.job("sh", "-c", "echo one; echo two; exit 3"))
    assert outcome == Outcome(3, log_fault="No space left on device")


def test_a_command_that_is_not_there_is_named(box):
    try:
        outcome, printed = box.run("no-such-command")
    except FileNotFoundError as error:
        outcome, printed = Outcome(1), f"{error.strerror}: {error.filename}"
    assert outcome == Outcome(1)
    assert "no-such-command" in printed
    assert "No such file or directory" in printed


@pytest.mark.parametrize("name", ["with space", "größe", 'with "quotes"', "back\\slash", "opt/ml/in it", r"\1 \g<0>"])
def test_a_sandbox_may_have_any_path(box_of, kind, tmp_path, name):
    box = box_of(kind, tmp_path / name)
    script = 'mkdir -p "$1"; printf "%s\\n" "$1"'
    outcome, printed = box.run("sh", "-c", script, "sh", "/opt/ml/output")
    assert (outcome, printed) == (Outcome(0), f"{box.sandbox.rewrite_paths('/opt/ml/output')}\n")
    assert (box.root / "opt/ml/output").is_dir()


def test_sandboxes_side_by_side_have_their_own_folders_logs_and_ends(box_of, kind, tmp_path):
    boxes = [box_of(kind, tmp_path / f"box{number}", tmp_path / f"log{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        script = 'echo "$1" > "$TMPDIR/own"; sleep 0.1; cat "$TMPDIR/own"; exit "$1"'
        ends = [pool.submit(box.run, "sh", "-c", script, "sh", str(number)) for number, box in enumerate(boxes)]
    assert [end.result() for end in ends] == [(Outcome(number), f"{number}\n") for number in range(6)]


def test_a_process_runs_on_when_the_thread_that_made_its_launcher_has_ended(kind, box_of):
    with ThreadPoolExecutor(1) as pool:
        launcher = pool.submit(Launcher).result()
    box = box_of(kind)
    with launcher:
        outcome = Sandbox(box.root, kind, launcher).run(box.job("sh", "-c", "sleep 0.1; exit 3"))
    assert outcome == Outcome(3)


def test_all_that_runs_is_ended_when_the_launcher_is_stopped(box_of, kind, own_launcher, tmp_path, trace, wait_for):
    script = SLEEPER.format(word=trace.word, own_session=True) + "print('begun'); time.sleep(60)"
    boxes = [box_of(kind, tmp_path / f"box{n}", tmp_path / f"log{n}", own_launcher) for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(box.run, "python3", "-c", script, trace.word) for box in boxes]
        wait_for(lambda: all(box.log.exists() and box.log.read_text() for box in boxes))
        own_launcher.stop()
    assert [end.result()[0] for end in ends] == [Outcome(-signal.SIGKILL, stopped=True)] * 2
    assert trace.is_gone()


def test_nothing_begins_once_the_launcher_is_stopped(box_of, kind, own_launcher):
    box = box_of(kind, launcher=own_launcher)
    own_launcher.stop()
    assert box.sandbox.run(box.job("touch", "/opt/ml/begun")).stopped
    assert not (box.root / "opt/ml/begun").exists()
