import fcntl
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.local.sandbox import Job, Outcome, PlainProcess, interrupts_held

SHOW = """\
import json, os, sys
from pathlib import Path
print(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(),
    "python": sys.executable, "input": sys.stdin.read()}))
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "sandbox"
    folder.mkdir()
    return folder


@pytest.fixture
def process(root, tmp_path):
    """Runs a command in a sandbox to its end: how it ended, and what it printed."""

    def run(*command, environment=None, seconds=20):
        log = tmp_path / "log"
        outcome = PlainProcess(root).run(Job(command, environment or {}, seconds, log))
        return outcome, log.read_text()

    return run


@pytest.fixture
def shown(process):
    """What a Python process is shown of its arguments and environment."""

    def run(*arguments, environment=None, command="python3"):
        outcome, printed = process(command, "-c", SHOW, *arguments, environment=environment)
        assert outcome == Outcome(0)
        return json.loads(printed)

    return run


def test_a_path_of_the_container_has_its_place_below_the_root(root):
    assert PlainProcess(root).path("/opt/ml/processing/input") == root / "opt/ml/processing/input"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/opt/ml", "{ml}"),
        ("/opt/ml/processing/input", "{ml}/processing/input"),
        ("--dir=/opt/ml/processing", "--dir={ml}/processing"),
        ("/opt/ml/a:/opt/ml/b", "{ml}/a:{ml}/b"),
        ("a,/opt/ml/b;/opt/ml", "a,{ml}/b;{ml}"),
        ('{"dir": "/opt/ml/a"}', '{"dir": "{ml}/a"}'),
        ("in /opt/ml, or (/opt/ml/a)", "in {ml}, or ({ml}/a)"),
        ("file:///opt/ml/model", "file://{ml}/model"),
        ("two lines:\n/opt/ml/a", "two lines:\n{ml}/a"),
    ],
)
def test_the_containers_root_is_rewritten_wherever_it_is_a_path(root, text, seen):
    assert PlainProcess(root).seen(text) == seen.replace("{ml}", str(root / "opt/ml"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/opt/mlflow",
        "/opt/ml-models/a",
        "/opt/ml.old",
        "/usr/opt/ml/a",
        "s3://bucket/opt/ml/a",
        "https://host/opt/ml/a",
        "opt/ml/a",
        "../opt/ml",
    ],
)
def test_what_only_looks_like_the_containers_root_is_left_as_it_is(root, text):
    assert PlainProcess(root).seen(text) == text


def test_arguments_and_environment_are_seen_with_the_root_of_this_machine(root, shown):
    saw = shown("--out", "/opt/ml/processing/output", environment={"DIR": "/opt/ml/model", "URI": "s3://b/opt/ml"})
    assert saw["arguments"] == ["--out", str(root / "opt/ml/processing/output")]
    assert saw["environment"]["DIR"] == str(root / "opt/ml/model")
    assert saw["environment"]["URI"] == "s3://b/opt/ml"


def test_a_process_is_told_the_root_and_a_home_in_its_sandbox_and_nothing_of_this_machine_but_the_path(
    root, shown, monkeypatch
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = shown()["environment"]
    assert environment["STEPSMITH_ML_ROOT"] == str(root / "opt/ml")
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["HOME"] == environment["TMPDIR"] == str(root / "tmp")
    assert (root / "tmp").is_dir()
    assert not {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"} & environment.keys()


def test_an_environment_that_the_step_sets_wins(shown):
    assert shown(environment={"LANG": "de_DE.UTF-8", "OWN": "1"})["environment"]["LANG"] == "de_DE.UTF-8"


@pytest.mark.parametrize("name", ["python", "python3"])
def test_the_containers_python_is_the_python_that_runs_stepsmith(shown, name):
    assert shown(command=name)["python"] == sys.executable


def test_a_process_starts_in_its_sandbox_and_is_given_no_input(root, shown):
    saw = shown()
    assert saw["folder"] == str(root)
    assert saw["input"] == ""


def test_out_and_err_of_a_process_are_added_to_its_log_in_the_order_in_which_they_are_written(process, tmp_path):
    (tmp_path / "log").write_text("before\n")
    _, printed = process("sh", "-c", "echo one; echo two >&2; echo three")
    assert printed == "before\none\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("exit 0", Outcome(0)),
        ("exit 7", Outcome(7)),
        ("kill -KILL $$", Outcome(-signal.SIGKILL)),
        ("kill -SEGV $$", Outcome(-signal.SIGSEGV)),
    ],
)
def test_an_outcome_is_the_exit_status_or_the_signal(process, script, outcome):
    assert process("sh", "-c", script)[0] == outcome


def test_a_process_that_takes_too_long_is_asked_to_end_and_can_tidy_up(process):
    script = "trap 'echo tidied; exit 5' TERM; echo begun; while :; do sleep 0.02; done"
    outcome, printed = process("sh", "-c", script, seconds=0.3)
    assert outcome == Outcome(5, timed_out=True)
    assert printed.splitlines()[0] == "begun"
    assert printed.splitlines()[-1] == "tidied"


def test_a_process_that_does_not_end_when_it_is_asked_is_made_to(process):
    outcome, printed = process("sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.02; done", seconds=0.3)
    assert outcome == Outcome(-signal.SIGKILL, timed_out=True)
    assert printed == "begun\n"


@pytest.mark.parametrize("end", ["exit 0", "exit 1", "sleep 60"], ids=["well", "badly", "too late"])
def test_nothing_that_a_process_started_outlives_it(process, tmp_path, end):
    lock, survived = tmp_path / "lock", tmp_path / "survived"
    lock.touch()
    child = (
        f"import fcntl, time; f = open({str(lock)!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); "
    )
    child += f"time.sleep(20); open({str(survived)!r}, 'w').close()"
    script = f'{sys.executable} -c "$CHILD" & while ! grep -q held {tmp_path}/log; do sleep 0.02; done; {end}'
    outcome, _ = process("sh", "-c", script, environment={"CHILD": child}, seconds=1 if "sleep" in end else 20)
    assert outcome.timed_out == ("sleep" in end)
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the child holds it until it ends
    assert not survived.exists()


@pytest.mark.parametrize("name", ["with space", "größe", 'with "quotes"', "back\\slash", "opt/ml/in it", r"\1 \g<0>"])
def test_a_sandbox_may_have_any_path(tmp_path, name):
    root = tmp_path / name
    root.mkdir(parents=True)
    log = tmp_path / "log"
    job = Job(["sh", "-c", 'mkdir -p "$1"; printf "%s\\n" "$1"', "sh", "/opt/ml/output"], {}, 20, log)
    assert PlainProcess(root).run(job) == Outcome(0)
    assert log.read_text() == f"{root}/opt/ml/output\n"
    assert (root / "opt/ml/output").is_dir()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_waits_for_the_end_of_a_block_that_it_would_tear_apart(number):
    came = []
    before = signal.signal(number, lambda *_: came.append("handled"))
    try:
        with interrupts_held():
            signal.raise_signal(number)
            came.append("end of the block")
        assert came == ["end of the block", "handled"]
        signal.raise_signal(number)
        assert came[2:] == ["handled"]
    finally:
        signal.signal(number, before)


def test_in_another_thread_there_is_nothing_to_hold():
    def block():
        with interrupts_held():
            return signal.getsignal(signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(block).result() is signal.getsignal(signal.SIGINT)
