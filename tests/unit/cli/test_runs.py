from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from stepsmith.cli.main import main
from stepsmith.local.history import FAILED, SUCCEEDED, RunHistory
from stepsmith.local.store import Store

LONG = "a-step-of-a-name-that-is-as-long-as-the-service-lets-it-be-64-of"
REASON = "the archive is not whole: " + "and that is told at length " * 8
# A step that says that it has begun and then stays; and what runs a definition, in a store.
STAYS = "import time; print('begun', flush=True); time.sleep(600)"
ENGINE = """\
import sys
from pathlib import Path
from stepsmith.definition.assets import Compiled
from stepsmith.local.engine import run
run(Compiled("killed", Path(sys.argv[1]).read_text()), store=sys.argv[2], sandbox="process", jobs=1)
"""


def definition(*names):
    return json.dumps({"Version": "2020-12-01", "Steps": [{"Name": name} for name in names]})


@pytest.fixture
def store(tmp_path):
    """A store of three runs: one that succeeded, one that failed, and one that is executing in this process."""
    place = Store(tmp_path / ".stepsmith")
    history = RunHistory(place.database)
    history.begin("aaaaaaaaaaaa", "penguins", definition("one", "two"), {"Approval": "Approved", "rows": 3})
    for name in ("one", "two"):
        history.begin_step("aaaaaaaaaaaa", name)
        history.end_step("aaaaaaaaaaaa", name, SUCCEEDED, None, 12_345, 999)
    history.end("aaaaaaaaaaaa", SUCCEEDED)
    history.begin("abbbbbbbbbbb", "penguins", definition("one", LONG, "two"), {})
    history.begin_step("abbbbbbbbbbb", LONG)
    history.end_step("abbbbbbbbbbb", LONG, FAILED, REASON)
    history.end("abbbbbbbbbbb", FAILED)
    history.begin("cccccccccccc", "a-pipeline-of-a-rather-long-name", definition("one", "two"), {})
    history.begin_step("cccccccccccc", "one")
    return place


@pytest.fixture
def runs(tmp_path, monkeypatch, capsys):
    """Calls `stepsmith runs` in the folder of the store; its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["runs", *arguments])
        return ended.value.code, *capsys.readouterr()

    return call


def facts(shown):
    """The facts of a run that are shown, by name."""
    return dict(line.split(maxsplit=1) for line in shown.partition("\n\n")[0].splitlines())


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_runs_are_listed_the_latest_first(runs, arguments):
    status, out, _ = runs(*arguments)
    head, *rows = (line.split() for line in out.splitlines())
    assert (status, head) == (0, ["run", "pipeline", "status", "started", "seconds"])
    assert [row[:3] for row in rows] == [
        ["cccccccccccc", "a-pipeline-of-a-rather-long-name", "Executing"],
        ["abbbbbbbbbbb", "penguins", "Failed"],
        ["aaaaaaaaaaaa", "penguins", "Succeeded"],
    ]
    assert [len(row) for row in rows] == [4, 5, 5]  # a run that has not ended has no seconds yet


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("arguments", [["--json"], ["list", "--json"], ["--json", "list"]])
def test_runs_are_listed_as_json(runs, arguments):
    _, out, _ = runs(*arguments)
    told = json.loads(out)
    assert [run["status"] for run in told] == ["Executing", "Failed", "Succeeded"]
    assert told[2]["parameters"] == {"Approval": "Approved", "rows": 3}
    assert told[2]["started"] <= told[2]["ended"]
    assert told[0]["ended"] is None
    assert told[0]["owner"] == {"pid": os.getpid()}


@pytest.mark.usefixtures("store")
def test_a_run_is_shown_by_its_id_or_the_beginning_of_it(runs):
    whole = runs("show", "aaaaaaaaaaaa")
    assert whole == runs("show", "aa")
    shown = facts(whole[1])
    assert shown["run"] == "aaaaaaaaaaaa"
    assert shown["status"] == "Succeeded"
    assert shown["parameters"] == "Approval=Approved, rows=3"
    assert shown["logs"] == ".stepsmith/runs/aaaaaaaaaaaa"
    head, *steps = whole[1].partition("\n\n")[2].splitlines()
    assert head.split() == ["step", "status", "seconds", "in", "out"]
    assert [step.split()[:2] + step.split()[3:] for step in steps] == [
        [name, "Succeeded", "12.3", "kB", "999", "B"] for name in ("one", "two")
    ]


@pytest.mark.usefixtures("store")
def test_a_run_that_failed_is_shown_with_the_reasons_and_with_what_was_not_run(runs):
    _, out, _ = runs("show", "ab")
    assert facts(out)["status"] == "Failed"
    assert [line.split()[:2] for line in out.splitlines() if line.startswith(("one", "two", f"{LONG} "))] == [
        [LONG, "Failed"],
        ["one", "NotRun"],
        ["two", "NotRun"],
    ]
    assert out.endswith(f"\n\n{LONG}: {REASON}\n")


@pytest.mark.usefixtures("store")
def test_without_an_id_the_latest_is_shown(runs):
    _, out, _ = runs("show")
    shown = facts(out)
    assert (shown["run"], shown["status"]) == ("cccccccccccc", "Executing")
    assert not {"ended", "seconds", "reason", "parameters"} & set(shown)


def test_a_run_is_shown_as_json(runs, store):
    store.run_folder("abbbbbbbbbbb").mkdir(parents=True)
    log = store.run_folder("abbbbbbbbbbb") / f"{LONG}.log"
    log.touch()
    told = json.loads(runs("show", "ab", "--json")[1])
    assert (told["id"], told["status"], told["store"]) == ("abbbbbbbbbbb", "Failed", str(store.root))
    failed, *others = told["steps"]
    assert (failed["name"], failed["reason"], failed["log"]) == (LONG, REASON, str(log))
    assert [(step["name"], step["status"], step["log"]) for step in others] == [
        ("one", "NotRun", None),
        ("two", "NotRun", None),
    ]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("given", "told"),
    [("zz", "no run is 'zz'"), ("", "no run is ''"), ("a", "2 runs have an id that begins with 'a'")],
)
def test_an_id_that_is_none_or_that_of_several_is_refused(runs, given, told):
    status, out, err = runs("show", given)
    assert (status, out) == (1, "")
    assert err.startswith(f"RUN070 {told}\n  fix: ")


@pytest.mark.usefixtures("store")
def test_a_run_that_is_no_subcommand_is_told_with_what_was_meant(runs):
    status, _, err = runs("aaaa")
    assert status == 2
    assert "stepsmith runs show aaaa" in err


@pytest.mark.parametrize("arguments", [[], ["list"], ["show"]])
def test_where_nothing_has_run_it_is_said_so(runs, tmp_path, arguments):
    (tmp_path / ".stepsmith").mkdir()
    assert runs(*arguments)[:2] == (0, f"no runs in {tmp_path}/.stepsmith\n")


def test_where_nothing_has_run_json_says_so_too(runs, tmp_path):
    (tmp_path / ".stepsmith").mkdir()
    assert json.loads(runs("--json")[1]) == []
    assert json.loads(runs("show", "--json")[1]) is None


def test_a_store_can_be_named(runs, store, tmp_path):
    store.root.rename(tmp_path / "mine")
    assert runs("--store", "mine")[1].count("\n") == 4
    assert facts(runs("show", "aa", "--store", "mine")[1])["logs"] == "mine/runs/aaaaaaaaaaaa"
    assert runs("--store", "yours")[0] == 1


@pytest.mark.usefixtures("store")
def test_in_a_terminal_of_80_columns_runs_are_folded_in_the_pipeline_alone(tmp_path):
    head, *rows = in_a_terminal(tmp_path).splitlines()
    assert max(map(len, [head, *rows])) <= 80
    assert head.split() == ["run", "pipeline", "status", "started", "seconds"]
    assert rows[0].split()[::2] == ["cccccccccccc", "Executing"]
    assert rows[0].split()[1] + rows[1].strip() == "a-pipeline-of-a-rather-long-name"
    assert [row.split()[0] for row in rows[2:]] == ["abbbbbbbbbbb", "aaaaaaaaaaaa"]


@pytest.mark.usefixtures("store")
def test_in_a_terminal_of_80_columns_a_run_is_folded_in_names_and_reasons(tmp_path):
    shown, table, reason = in_a_terminal(tmp_path, "show", "ab").split("\n\n")
    assert max(map(len, f"{shown}\n{table}\n{reason}".splitlines())) <= 80
    head, first, second, *_ = table.splitlines()
    assert head.split() == ["step", "status", "seconds", "in", "out"]
    assert first.split()[0] + second.strip() == LONG
    assert first.split()[1] == "Failed"
    assert f"{LONG}: {REASON}".split() == reason.split()


def in_a_terminal(folder, *arguments):
    """What `stepsmith runs` shows in a terminal of 80 columns that knows no colours."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb"}
    command = [sys.executable, "-m", "stepsmith", "runs", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how Linux tells that nobody writes any more
            while piece := os.read(ours, 65536):
                shown += piece
    os.close(ours)
    assert process.returncode == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def killed(tmp_path):
    """A store whose one run was at its first step when its process was killed, and that process's number."""
    place = Store(tmp_path / ".stepsmith")
    path = tmp_path / "definition.json"
    steps = [processing("stays", []), processing("later", ["stays"])]
    path.write_text(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    with subprocess.Popen([sys.executable, "-c", ENGINE, path, place.root], env=environment) as engine:
        until = time.monotonic() + 60
        while not any(log.read_text() for log in place.root.glob("runs/*/stays.log")):
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.01)
        engine.kill()
    return place, engine.pid


def processing(name, after):
    return {
        "Name": name,
        "Type": "Processing",
        "DependsOn": after,
        "Arguments": {
            "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "-S", "-c", STAYS]},
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            "RoleArn": "arn:aws:iam::123456789012:role/a",
        },
    }


def test_a_run_whose_process_was_killed_is_stopped_and_the_reason_is_told(runs, killed):
    place, pid = killed
    history = RunHistory(place.database)
    reason = history.run(history.runs()[0].id).reason
    assert str(pid) in reason
    assert runs()[1].splitlines()[1].split()[1:3] == ["killed", "Stopped"]
    _, out, _ = runs("show")
    assert (facts(out)["status"], facts(out)["reason"]) == ("Stopped", reason)
    assert [line.split()[:2] for line in out.splitlines() if line.startswith(("stays ", "later "))] == [
        ["stays", "Stopped"],
        ["later", "NotRun"],
    ]
    assert out.endswith(f"\nstays: {reason}\n")
    told = json.loads(runs("show", "--json")[1])
    assert [(told["status"], told["reason"])] + [(step["status"], step["reason"]) for step in told["steps"]] == [
        ("Stopped", reason),
        ("Stopped", reason),
        ("NotRun", None),
    ]


@pytest.fixture(params=["modes", "mount"])
def unwritable(request, killed):
    """Makes the store of a killed run one that cannot be written: what stands before a command that is to see it so."""
    place, _ = killed
    if request.param == "mount":
        bwrap = [shutil.which("bwrap") or "none", "--dev-bind", "/", "/", "--ro-bind", place.root, place.root, "--"]
        if bwrap[0] == "none" or subprocess.run([*bwrap, "true"], capture_output=True, check=False).returncode:
            pytest.skip("bwrap does not work here")
        yield bwrap
        return
    if os.geteuid() == 0:
        pytest.skip("modes do not hold root back")
    paths = [place.root, *place.root.rglob("*")]
    before = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield []
    for path, mode in zip(paths, before, strict=True):
        path.chmod(mode)


def test_it_is_told_so_where_nothing_can_be_written(killed, unwritable, tmp_path):
    place, pid = killed
    command = [*unwritable, sys.executable, "-m", "stepsmith", "runs", "show", "--store", place.root]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert facts(done.stdout)["status"] == "Stopped"
    assert str(pid) in facts(done.stdout)["reason"]
    steps = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("stays ", "later "))]
    assert steps == [["stays", "Stopped"], ["later", "NotRun"]]
