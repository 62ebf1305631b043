from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

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
def runs(stepsmith):
    """Calls `stepsmith runs` in the folder of the store."""
    return functools.partial(stepsmith, "runs")


def masked(text):
    """A text with times and seconds that do not differ from run to run."""
    return re.sub(r"\b\d\.\d\d\b", "0.00", re.sub(r"\b20\S+Z\b", "TIME", text))


def facts(shown):
    """The facts of a run that are shown, by name."""
    return dict(line.split(maxsplit=1) for line in shown.partition("\n\n")[0].splitlines())


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("arguments", [[], ["list"]], ids=["alone", "list"])
def test_runs_are_listed_the_latest_first(runs, arguments):
    done = runs(*arguments)
    head, *rows = (line.split() for line in done.out.splitlines())
    assert (done.status, head) == (0, ["run", "pipeline", "status", "started", "seconds"])
    assert [row[:3] for row in rows] == [
        ["cccccccccccc", "a-pipeline-of-a-rather-long-name", "Executing"],
        ["abbbbbbbbbbb", "penguins", "Failed"],
        ["aaaaaaaaaaaa", "penguins", "Succeeded"],
    ]
    assert [len(row) for row in rows] == [4, 5, 5]  # a run that has not ended has no seconds yet


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("arguments", [["--json"], ["list", "--json"], ["--json", "list"]], ids=" ".join)
def test_runs_are_listed_as_json(runs, arguments):
    told = json.loads(runs(*arguments).out)
    assert [run["status"] for run in told] == ["Executing", "Failed", "Succeeded"]
    assert told[2]["parameters"] == {"Approval": "Approved", "rows": 3}
    assert told[2]["started"] <= told[2]["ended"]
    assert told[0]["ended"] is None
    assert told[0]["owner"] == {"pid": os.getpid()}


@pytest.mark.usefixtures("store")
def test_a_run_is_shown_by_its_id_or_the_beginning_of_it(runs, snapshot):
    whole = runs("show", "aaaaaaaaaaaa")
    assert whole == runs("show", "aa")
    shown = facts(whole.out)
    assert (shown["run"], shown["status"]) == ("aaaaaaaaaaaa", "Succeeded")
    head, *steps = whole.out.partition("\n\n")[2].splitlines()
    assert head.split() == ["step", "status", "seconds", "in", "out"]
    assert [step.split()[:2] for step in steps] == [["one", "Succeeded"], ["two", "Succeeded"]]
    snapshot(masked(whole.out))


@pytest.mark.usefixtures("store")
def test_a_run_that_failed_is_shown_with_the_reasons_and_with_what_was_not_run(runs, snapshot):
    done = runs("show", "ab")
    assert facts(done.out)["status"] == "Failed"
    assert [line.split()[:2] for line in done.out.splitlines() if line.startswith(("one", "two", f"{LONG} "))] == [
        [LONG, "Failed"],
        ["one", "NotRun"],
        ["two", "NotRun"],
    ]
    assert REASON in done.out
    snapshot(masked(done.out))


@pytest.mark.usefixtures("store")
def test_without_an_id_the_latest_is_shown(runs):
    shown = facts(runs("show").out)
    assert (shown["run"], shown["status"]) == ("cccccccccccc", "Executing")
    assert not {"ended", "seconds", "reason", "parameters"} & set(shown)


def test_a_run_is_shown_as_json(runs, store):
    store.run_folder("abbbbbbbbbbb").mkdir(parents=True)
    log = store.run_folder("abbbbbbbbbbb") / f"{LONG}.log"
    log.touch()
    told = json.loads(runs("show", "ab", "--json").out)
    assert (told["id"], told["status"], told["store"]) == ("abbbbbbbbbbb", "Failed", str(store.root))
    failed, *others = told["steps"]
    assert (failed["name"], failed["reason"], failed["log"]) == (LONG, REASON, str(log))
    assert [(step["name"], step["status"], step["log"]) for step in others] == [
        ("one", "NotRun", None),
        ("two", "NotRun", None),
    ]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("given", ["zz", "", "a"], ids=["another", "empty", "the beginning of two"])
def test_an_id_that_is_none_or_that_of_several_is_refused(runs, given, findings, snapshot):
    done = runs("show", given, "--json")
    assert (done.status, findings(done)) == (1, [("RUN070", "", "")])
    assert runs("show", given).out == ""
    snapshot(done.err)


@pytest.mark.usefixtures("store")
def test_a_run_that_is_no_subcommand_is_told_with_what_was_meant(runs, snapshot):
    done = runs("aaaa")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


@pytest.mark.parametrize("arguments", [[], ["list"], ["show"]], ids=["alone", "list", "show"])
def test_where_nothing_has_run_it_is_said_so(runs, tmp_path, arguments, snapshot):
    (tmp_path / ".stepsmith").mkdir()
    done = runs(*arguments)
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)


def test_where_nothing_has_run_json_says_so_too(runs, tmp_path):
    (tmp_path / ".stepsmith").mkdir()
    assert json.loads(runs("--json").out) == []
    assert json.loads(runs("show", "--json").out) is None


def test_a_store_can_be_named(runs, store, tmp_path):
    store.root.rename(tmp_path / "mine")
    assert runs("--store", "mine").out.count("\n") == 4
    assert facts(runs("show", "aa", "--store", "mine").out)["logs"] == "mine/runs/aaaaaaaaaaaa"
    assert runs("--store", "yours").status == 1


@pytest.mark.usefixtures("store")
def test_in_a_terminal_of_80_columns_runs_are_folded_in_the_pipeline_alone(in_terminal):
    status, screen = in_terminal("runs")
    head, *rows = screen.text.splitlines()
    assert (status, screen.wrapped) == (0, 0)
    assert head.split() == ["run", "pipeline", "status", "started", "seconds"]
    assert rows[0].split()[::2] == ["cccccccccccc", "Executing"]
    assert rows[0].split()[1] + rows[1].strip() == "a-pipeline-of-a-rather-long-name"
    assert [row.split()[0] for row in rows[2:]] == ["abbbbbbbbbbb", "aaaaaaaaaaaa"]


@pytest.mark.usefixtures("store")
def test_in_a_terminal_of_80_columns_a_run_is_folded_in_names_and_reasons(in_terminal):
    status, screen = in_terminal("runs", "show", "ab")
    assert (status, screen.wrapped) == (0, 0)
    _, table, reason = screen.text.split("\n\n")
    head, first, second, *_ = table.splitlines()
    assert head.split() == ["step", "status", "seconds", "in", "out"]
    assert first.split()[0] + second.strip() == LONG
    assert first.split()[1] == "Failed"
    assert f"{LONG}: {REASON}".split() == reason.split()


@pytest.fixture
def killed(tmp_path, terminal):
    """A store whose one run was at its first step when its process was killed, and that process's number."""
    place = Store(tmp_path / ".stepsmith")
    path = tmp_path / "definition.json"
    steps = [processing("stays", []), processing("later", ["stays"])]
    path.write_text(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}))
    engine = terminal("-c", ENGINE, path, place.root)
    until = time.monotonic() + 60
    while not any(log.read_text() for log in place.root.glob("runs/*/stays.log")):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
    return place, engine.kill()


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
    assert runs().out.splitlines()[1].split()[1:3] == ["killed", "Stopped"]
    shown = runs("show").out
    assert (facts(shown)["status"], facts(shown)["reason"]) == ("Stopped", reason)
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith(("stays ", "later "))] == [
        ["stays", "Stopped"],
        ["later", "NotRun"],
    ]
    assert shown.endswith(f"\nstays: {reason}\n")
    told = json.loads(runs("show", "--json").out)
    assert [(told["status"], told["reason"])] + [(step["status"], step["reason"]) for step in told["steps"]] == [
        ("Stopped", reason),
        ("Stopped", reason),
        ("NotRun", None),
    ]


@pytest.fixture(params=["modes", "mount"])
def unwritable(request):
    """Makes the store of a killed run one that cannot be written: what stands before a command that is to see it so."""
    if request.param == "modes" and os.geteuid() == 0:
        pytest.skip("modes do not hold root back")
    place, _ = request.getfixturevalue("killed")
    if request.param == "mount":
        bwrap = [shutil.which("bwrap") or "none", "--dev-bind", "/", "/", "--ro-bind", place.root, place.root, "--"]
        if bwrap[0] == "none" or subprocess.run([*bwrap, "true"], capture_output=True, check=False).returncode:
            pytest.skip("bwrap does not work here")
        yield bwrap
        return
    paths = [place.root, *place.root.rglob("*")]
    before = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield []
    for path, mode in zip(paths, before, strict=True):
        path.chmod(mode)


def test_it_is_told_so_where_nothing_can_be_written(unwritable, killed, tmp_path):
    place, pid = killed
    command = [*unwritable, sys.executable, "-m", "stepsmith", "runs", "show", "--store", place.root]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert facts(done.stdout)["status"] == "Stopped"
    assert str(pid) in facts(done.stdout)["reason"]
    steps = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("stays ", "later "))]
    assert steps == [["stays", "Stopped"], ["later", "NotRun"]]
