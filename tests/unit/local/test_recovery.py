import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.local.history import RunHistory, run_lock
from stepsmith.local.recovery import recover
from stepsmith.local.run_owner import RunOwner
from stepsmith.local.step_outputs import StepOutputs

WRITE = "write('a.txt', 'here')\n"
HALF = "write('half.txt', 'half')\nprint('begun', flush=True)\ntime.sleep(60)\n"
WAIT = "print('begun', flush=True)\nwhile not os.path.exists(os.environ['TMPDIR'] + '/end'): time.sleep(0.01)\n"


@pytest.fixture
def history(machine):
    return RunHistory(machine.store.database)


@pytest.fixture
def begun(machine, history, tmp_path):
    """Makes the folder of a run with all that can be in it, and the run's beginning in the history, unless not."""

    def make(run_id, owner, *, noted=True):
        place = machine.store.working_folder(run_id)
        if noted:
            history.begin(run_id, "p", '{"Steps": [{"Name": "first"}, {"Name": "second"}]}', {})
            history.begin_step(run_id, "first")
            machine.rows("UPDATE runs SET owner = ? WHERE id = ?", str(owner), run_id)
        for step in ("whole", "half"):
            folder = tmp_path / run_id / step
            folder.mkdir(parents=True)
            (folder / "a.txt").write_text(run_id)
            StepOutputs(machine.store.objects, place, step).gather(folder, f"s3://bucket/{run_id}/{step}")
        (place / "complete").mkdir()
        (place / "gathered/whole").rename(place / "complete/whole")
        (place / "sandboxes/first/opt/ml").mkdir(parents=True)
        (place / "sandboxes/first/opt/ml/big").write_text("big")
        (place / "parts").mkdir()
        (place / "parts/part").write_text("half")
        return place

    return make


def state(folder):
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_of_a_run_whose_process_is_gone_what_was_complete_is_kept_and_all_else_removed(begun, gone, machine, history):
    begun("dead", gone)
    recover(machine.store)
    assert machine.contents() == {"bucket/dead/whole/a.txt": b"dead"}
    assert machine.running() == []
    assert machine.rows("SELECT status FROM runs UNION ALL SELECT status FROM steps") == [("Stopped",)] * 2
    assert [step.status for step in history.run("dead").steps] == ["Stopped", "NotRun"]


def test_nothing_of_a_run_whose_process_is_there_is_touched(begun, gone, machine, history):
    mine = begun("mine", RunOwner.current())
    begun("dead", gone)
    before = state(mine)
    recover(machine.store)
    assert state(mine) == before
    assert machine.contents() == {"bucket/dead/whole/a.txt": b"dead"}
    assert history.run("mine").status == "Executing"


def test_nothing_of_a_run_in_another_container_is_touched_as_long_as_it_goes_on(begun, machine, locked_by_another):
    place = begun("elsewhere", RunOwner(1, "1", RunOwner.current().boot, "pid:[1]"))
    before = state(place)
    with locked_by_another(run_lock(machine.store.database, "elsewhere")):
        recover(machine.store)
        assert state(place) == before
    recover(machine.store)
    assert machine.running() == []


def test_a_folder_of_a_run_that_the_history_does_not_know_is_of_one_that_is_gone(begun, gone, machine):
    begun("unknown", gone, noted=False)
    recover(machine.store)
    assert machine.contents() == {"bucket/unknown/whole/a.txt": b"unknown"}
    assert machine.running() == []


def test_a_folder_of_a_run_that_ended_is_removed(begun, machine, history):
    begun("ended", RunOwner.current())
    history.end("ended", "Succeeded")
    recover(machine.store)
    assert machine.running() == []
    assert history.run("ended").status == "Succeeded"


def test_where_there_is_nothing_to_do_nothing_is_made(machine):
    recover(machine.store)
    assert not machine.store.root.exists()


def test_it_can_be_done_twice(begun, gone, machine):
    begun("dead", gone)
    recover(machine.store)
    before = state(machine.store.objects.root), machine.rows("SELECT * FROM runs")
    recover(machine.store)
    assert (state(machine.store.objects.root), machine.rows("SELECT * FROM runs")) == before


def test_what_has_no_place_any_more_is_dropped_and_the_rest_tidied_up(begun, gone, machine, history):
    begun("dead", gone)
    begun("later", gone)
    machine.put("s3://bucket/dead/whole/a.txt/b", "an object where a folder would have to be")
    recover(machine.store)
    assert machine.contents() == {
        "bucket/dead/whole/a.txt/b": b"an object where a folder would have to be",
        "bucket/later/whole/a.txt": b"later",
    }
    assert machine.running() == []
    assert {run.status for run in history.runs()} == {"Stopped"}


def test_several_that_tidy_up_at_once_lose_nothing(machine, history, gone):
    machine.put("s3://bucket/run/old", "old")
    for number in range(8):
        history.begin(f"dead{number}", "p", '{"Steps": []}', {})
        for step in range(4):
            folder = machine.store.working_folder(f"dead{number}") / "complete" / str(step) / "bucket/run"
            folder.mkdir(parents=True)
            for name in range(3):
                (folder / f"{number}-{step}-{name}").touch()
    machine.rows("UPDATE runs SET owner = ?", str(gone))
    together = threading.Barrier(4)

    def tidy_up():
        together.wait()
        recover(machine.store)

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(tidy_up) for _ in range(4)]:
            one.result()
    assert len(machine.contents()) == 1 + 8 * 4 * 3
    assert machine.running() == []


@pytest.mark.parametrize("tidied", [True, False], ids=["on purpose", "by the next run"])
def test_a_run_that_is_killed_in_a_step_leaves_nothing_half_done(
    engine, machine, history, trace, wait_for, sandbox_name, tidied
):
    slow = machine.step("slow", HALF, after=["first"], words=[trace.word])
    killed = engine(
        machine.step("first", WRITE), slow, machine.step("next", WRITE, after=["slow"]), sandbox=sandbox_name
    )
    wait_for(lambda: machine.printed("slow"))
    killed.kill()
    killed.wait()
    wait_for(trace.is_gone)
    (run,) = history.runs()
    assert (run.status, run.owner.pid) == ("Stopped", killed.pid)
    if tidied:
        recover(machine.store)
    else:
        machine.run(machine.step("other", WRITE), sandbox=sandbox_name)
    assert machine.running() == []
    found = history.run(run.id)
    assert [(step.name, step.status) for step in found.steps] == [
        ("first", "Succeeded"),
        ("slow", "Stopped"),
        ("next", "NotRun"),
    ]
    assert machine.outputs(run.id) == {"first/a.txt": b"here"}
    assert machine.rows("SELECT status, ended IS NULL FROM runs WHERE id = ?", run.id) == [("Stopped", 1)]


def test_a_run_of_another_process_goes_on_while_others_tidy_up(engine, machine, history, wait_for):
    slow = machine.step("slow", WAIT + WRITE)
    going = engine(slow)
    wait_for(lambda: machine.printed("slow"))
    recover(machine.store)
    machine.run(machine.step("other", WRITE))
    (place,) = machine.store.working_folders()
    assert history.run(place.name).status == "Executing"
    (place / "sandboxes/slow/tmp/end").touch()
    assert going.wait(60) == 0
    assert history.run(place.name).status == "Succeeded"
    assert machine.read(f"s3://bucket/out/{place.name}/slow/a.txt") == "here"


def test_a_step_that_is_killed_fails_and_its_run_tells_it(engine, machine, history, trace, wait_for, snapshot):
    failing = engine(machine.step("slow", HALF, words=[trace.word]), machine.step("beside", WRITE))
    wait_for(lambda: machine.printed("slow"))
    for process in trace.processes():
        os.kill(process, signal.SIGKILL)
    assert failing.wait(60) == 1
    (run,) = history.runs()
    steps = {step.name: step for step in history.run(run.id).steps}
    assert (run.status, steps["slow"].status) == ("Failed", "Failed")
    snapshot(steps["slow"].reason)
    assert (steps["beside"].status, steps["beside"].reason) == ("Succeeded", None)
    assert machine.outputs(run.id) == {"beside/a.txt": b"here"}
    assert machine.running() == []
