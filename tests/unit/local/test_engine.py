import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from stepsmith.definition.assets import (
    Asset,
    AssetObject,
    Compiled,
    FileSource,
    RemoteSource,
    object_of_bytes,
    object_of_source,
)
from stepsmith.diagnostics import ArchiveError, DefinitionError, FaultsError, RunError, StepsmithError
from stepsmith.local.engine import _processors, _step_failure, run
from stepsmith.local.history import RunHistory
from stepsmith.local.run import Observer, Run, StepFailedError, StepRun, failed_steps
from stepsmith.local.sandbox.selection import select_sandbox
from stepsmith.local.sandbox.supervisor import can_confine

WRITE = "write('a.txt', 'here')\n"
FAIL = "sys.exit(3)\n"
# Says that it has begun, and goes on once it is told to.
WAIT = "print('begun', flush=True)\nwhile not os.path.exists(os.environ['TMPDIR'] + '/end'): time.sleep(0.01)\n"
SLEEP = "write('half', 'x')\nprint('begun', flush=True)\ntime.sleep(60)\n"
OUTPUT_OF = "Steps.{}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"
STATUS = "SELECT name, status, reason FROM steps ORDER BY rowid"


def get(path):
    return {"Get": path}


def output_of(step):
    return get(OUTPUT_OF.format(step))


def join(on, *values):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(step, file, path):
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def environment_of(machine, values, *before, **settings):
    """What a script finds in its environment where the definition writes `values`."""
    names = list(values)
    script = f"import json\nwrite('seen.json', json.dumps({{name: os.environ[name] for name in {names!r}}}))\n"
    done = machine.run(*before, machine.step("reader", script, Environment=values), **settings)
    return json.loads(machine.read(f"s3://bucket/out/{done.id}/reader/seen.json"))


@dataclass
class Shown(Observer):
    """What an observer is shown, in order, and by which thread; at the call of the given number it fails."""

    fails_at: int = -1
    error: type[BaseException] = KeyboardInterrupt
    calls: list = field(default_factory=list)
    threads: set = field(default_factory=set)

    def note(self, *call):
        self.calls.append(call)
        self.threads.add(threading.get_ident())
        if len(self.calls) == self.fails_at:
            raise self.error

    def begun(self, run, definition):
        self.note(run, definition)

    def step(self, step):
        self.note(step.name, step.status, step.reason)

    def steps(self):
        """Steps and statuses, without reasons."""
        return [call[:2] for call in self.calls[1:]]


def go_on(machine, *steps):
    """Tells the steps of these names that wait to go on."""
    (place,) = machine.store.working_folders()
    for step in steps:
        (place / "sandboxes" / step / "tmp/end").touch()


# Each line of input names a kind of sandbox, a folder of objects, and definitions, which run one after the other in a
# store on a disk of 20 MB. The answer is how each run ended, and what objects there are then. Before each run the disk
# is filled up to the number of bytes that must be left; after it there is room again.
SMALL_DISK = """\
import hashlib, json, os, shutil, sys
from pathlib import Path
from stepsmith.definition.assets import Compiled
from stepsmith.diagnostics import StepsmithError
from stepsmith.local.engine import run
from stepsmith.local.history import RunHistory
from stepsmith.local.store import Store

def end_of_run(store, sandbox, definition, left):
    findings = []
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        if left is not None:
            try:
                while True: ballast.write(bytes(4096))
            except OSError:
                ballast.truncate(max(0, ballast.tell() // 4096 * 4096 - left))
        try:
            run(Compiled("by-hand", definition), store=store.root, sandbox=sandbox)
        except StepsmithError as error:
            findings = [[finding.code, finding.message] for finding in error.findings]
    (disk / "ballast").unlink()
    runs = RunHistory(store.database).runs() if store.database.exists() else []
    files = [path for path in store.objects.root.rglob("*") if path.is_file()]
    return {
        "findings": findings,
        "runs": [[one.status, one.reason] for one in reversed(runs)],
        "objects": {str(path.relative_to(store.objects.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files},
        "running": [str(path) for path in store.working_folders()],
    }

disk = Path(sys.argv[1])
for line in sys.stdin:
    sandbox, objects, plan = json.loads(line)
    store = Store(disk / "store")
    shutil.copytree(objects, store.objects.root)
    print(json.dumps([end_of_run(store, sandbox, definition, left) for definition, left in plan]), flush=True)
    shutil.rmtree(store.root)
"""


@pytest.fixture(scope="module")
def process_on_small_disk(tmp_path_factory):
    """A process that has a small disk, and runs definitions on it."""
    disk = tmp_path_factory.mktemp("disk")
    namespace = ["unshare", "--map-root-user", "--mount", "sh", "-euc"]
    mount = ['mount -t tmpfs -o size=20m tmpfs "$0"; exec "$@"', disk]
    try:
        tried = subprocess.run([*namespace, *mount, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no program `unshare`, to mount a small disk with")
    if tried.returncode != 0:
        pytest.skip(f"no small disk can be mounted: {tried.stderr.strip()}")

    command = [*namespace, *mount, sys.executable, "-c", SMALL_DISK, disk]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def small_disk(machine, process_on_small_disk, sandbox_name):
    """Runs definitions on a small disk, each with so many bytes left on it: how each ended."""

    def play(*steps_and_left):
        plan = [[machine.compiled(*steps).definition, left] for steps, left in steps_and_left]
        print(
            json.dumps([sandbox_name, str(machine.store.objects.root), plan]),
            file=process_on_small_disk.stdin,
            flush=True,
        )
        return json.loads(process_on_small_disk.stdout.readline())

    return play


@pytest.fixture
def expect_refusal(machine, expect_error):
    """Expects that a run of some steps is refused with these records, and that nothing of it is left."""

    def expect(records, *steps, where="", kind=StepsmithError, **settings):
        before = sorted(machine.store.root.rglob("*"))
        with expect_error(records, where, kind=kind):
            machine.run(*steps, **settings)
        assert not machine.store.database.exists()
        assert sorted(machine.store.root.rglob("*")) == before

    return expect


def test_a_definition_written_by_hand_runs_to_its_end(machine, sandbox_name):
    done = machine.run(machine.step("first", WRITE), sandbox=sandbox_name)
    assert isinstance(done, Run)
    assert (done.status, done.pipeline, done.packages) == ("Succeeded", "by-hand", [])
    assert [(step.name, step.status, step.reason) for step in done.steps] == [("first", "Succeeded", "")]
    assert machine.read(f"s3://bucket/out/{done.id}/first/a.txt") == "here"


def test_a_step_reads_what_a_step_before_it_wrote(machine, sandbox_name):
    second = machine.step(
        "second", "write('b.txt', open(IN + '/data/a.txt').read())\n", inputs={"data": output_of("first")}
    )
    done = machine.run(machine.step("first", WRITE), second, sandbox=sandbox_name)
    assert machine.read(f"s3://bucket/out/{done.id}/second/b.txt") == "here"


def test_the_order_of_the_steps_in_the_definition_means_nothing(machine):
    third = machine.step("third", WRITE, after=["second"])
    second = machine.step("second", WRITE, inputs={"data": output_of("first")})
    done = machine.run(third, second, machine.step("first", WRITE))
    assert [step.name for step in done.steps] == ["first", "second", "third"]


def test_references_have_their_values_in_everything_that_a_step_is_told(machine, sandbox_name):
    report = {"PropertyFileName": "report", "OutputName": "out", "FilePath": "report.json"}
    first = machine.step(
        "first",
        """write('report.json', '{"files": [{"sha": "abc", "n": 0, "ok": false}]}')\n""",
        property_files=[report],
    )
    seen = environment_of(
        machine,
        {
            "TEXT": get("Parameters.Text"),
            "COUNT": join("", get("Parameters.Count")),
            "JOINED": join("-", "a", get("Parameters.Dry"), join("/", 1, 0.5)),
            "SHA": json_get("first", "report", "files[0].sha"),
            "N": join("", json_get("first", "report", "files[0]['n']"), json_get("first", "report", "files[0].ok")),
            "JOB": get("Steps.first.ProcessingJobName"),
            "INSTANCE": get("Steps.first.ProcessingResources.ClusterConfig.InstanceType"),
            "URI": output_of("first"),
        },
        first,
        parameters=[
            {"Name": "Text", "Type": "String", "DefaultValue": "as written"},
            {"Name": "Count", "Type": "Integer"},
            {"Name": "Dry", "Type": "Boolean", "DefaultValue": True},
        ],
        given={"Count": 7},
        sandbox=sandbox_name,
    )
    run_id = seen["JOB"].split("-")[1]
    assert seen == {
        "TEXT": "as written",
        "COUNT": "7",
        "JOINED": "a-true-1/0.5",
        "SHA": "abc",
        "N": "0false",
        "JOB": f"pipelines-{run_id}-1-first",
        "INSTANCE": "ml.m5.large",
        "URI": f"s3://bucket/out/{run_id}/first",
    }


def test_the_execution_has_its_values(machine):
    names = ("PipelineName", "PipelineExecutionId", "PipelineArn", "PipelineExecutionArn", "StartDateTime")
    seen = environment_of(machine, {name: get(f"Execution.{name}") for name in (*names, "CurrentDateTime")})
    ((run_id,),) = machine.rows("SELECT id FROM runs")
    assert seen["PipelineName"] == "by-hand"
    assert seen["PipelineExecutionId"] == run_id
    assert seen["PipelineArn"] == "arn:aws:sagemaker:local:000000000000:pipeline/by-hand"
    assert seen["PipelineExecutionArn"] == f"{seen['PipelineArn']}/execution/{run_id}"
    for name in ("StartDateTime", "CurrentDateTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen[name])


def test_a_later_step_reads_the_arn_of_a_job_as_it_does_on_sagemaker(machine):
    seen = environment_of(machine, {"ARN": get("Steps.first.ProcessingJobArn")}, machine.step("first", WRITE))
    assert seen["ARN"].startswith("arn:")
    assert "first" in seen["ARN"]


def test_a_registration_is_kept_as_a_version_and_its_arn_can_be_read(machine):
    first = machine.step("first", WRITE)
    register = {
        "Name": "register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "group",
            "InferenceSpecification": {
                "Containers": [{"Image": "image", "ModelDataUrl": join("/", output_of("first"), "a.txt")}]
            },
        },
    }
    after = machine.step(
        "after",
        "write('arn', os.environ['ARN'])\n",
        Environment={"ARN": get("Steps.register.ModelPackageArn")},
    )
    done = machine.run(after, register, first)
    (package,) = done.packages
    assert (package["ModelPackageGroupName"], package["ModelPackageVersion"]) == ("group", 1)
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://bucket/out/{done.id}/first/a.txt"
    assert machine.read(f"s3://bucket/out/{done.id}/after/arn") == package["ModelPackageArn"]
    assert machine.rows("SELECT group_name, version, run FROM model_packages") == [("group", 1, done.id)]


def test_a_registration_of_a_model_that_is_not_there_fails_and_keeps_no_version(machine, expect_error):
    register = {
        "Name": "register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "group",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://bucket/model.tar.gz"}]},
        },
    }
    with expect_error("RUN050", "steps.register"):
        machine.run(register)
    assert machine.rows("SELECT * FROM model_packages") == []


def test_what_a_script_says_of_its_failure_is_the_reason_of_the_step(machine, sandbox_name, expect_error):
    step = machine.step("broken", "open(ROOT + '/output/message', 'w').write('no column label\\n')\nsys.exit(1)\n")
    with expect_error("RUN044", "steps.broken", kind=StepFailedError) as raised:
        machine.run(step, sandbox=sandbox_name)
    assert (raised.value.step, raised.value.reason) == ("broken", "no column label")
    assert raised.value.log.is_file()


def test_all_that_a_script_prints_is_in_its_log(machine, sandbox_name):
    script = "print('to out', flush=True)\nprint('to err', file=sys.stderr)\n"
    done = machine.run(machine.step("first", script + WRITE), sandbox=sandbox_name)
    (step,) = done.steps
    assert step.log == machine.store.root / "runs" / done.id / "first.log"
    assert step.log.read_text() == "to out\nto err\n"


def test_history_has_the_run_and_its_steps_after_success(machine):
    done = machine.run(
        machine.step("first", WRITE),
        machine.step("second", WRITE, after=["first"]),
        parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": 1}],
        given={"P": 2},
    )
    ((*whole, definition, parameters),) = machine.rows(
        "SELECT id, pipeline, status, started <= ended, definition, parameters FROM runs"
    )
    assert whole == [done.id, "by-hand", "Succeeded", 1]
    assert [step["Name"] for step in json.loads(definition)["Steps"]] == ["first", "second"]
    assert json.loads(parameters) == {"P": 2}
    assert machine.rows(STATUS) == [("first", "Succeeded", None), ("second", "Succeeded", None)]
    assert machine.rows("SELECT DISTINCT run, started <= ended FROM steps") == [(done.id, 1)]


def test_history_has_the_run_and_its_steps_after_failure(machine, expect_error):
    with expect_error("RUN044", "steps.second", kind=StepFailedError) as raised:
        machine.run(
            machine.step("first", WRITE),
            machine.step("second", FAIL, after=["first"]),
            machine.step("third", WRITE, after=["second"]),
        )
    assert machine.rows("SELECT status, ended IS NOT NULL FROM runs") == [("Failed", 1)]
    assert machine.rows(STATUS) == [("first", "Succeeded", None), ("second", "Failed", raised.value.reason)]
    (record,) = RunHistory(machine.store.database).runs()
    assert [step.status for step in RunHistory(machine.store.database).run(record.id).steps][2:] == ["NotRun"]


def test_each_step_is_shown_as_it_begins_and_as_it_ends(machine):
    shown = Shown()
    done = machine.run(machine.step("first", WRITE), machine.step("second", WRITE), jobs=1, observer=shown)
    (run, definition), *steps = shown.calls
    assert run is done
    assert [step.name for step in definition.steps] == ["first", "second"]
    assert steps == [
        ("first", "Executing", ""),
        ("first", "Succeeded", ""),
        ("second", "Executing", ""),
        ("second", "Succeeded", ""),
    ]


def test_an_observer_is_called_by_the_thread_that_called_run(machine, expect_error):
    shown = Shown()
    with expect_error("RUN044", "steps.b", kind=StepFailedError):
        machine.run(
            machine.step("a", WRITE),
            machine.step("b", FAIL),
            machine.step("c", WRITE, after=["b"]),
            jobs=4,
            observer=shown,
        )
    assert len(shown.calls) == 6
    assert shown.threads == {threading.get_ident()}


def test_a_step_that_has_ended_tells_its_time_and_its_bytes(machine):
    machine.put("s3://bucket/data/a", "12345")
    step = machine.step("first", "write('a', '123')\n", inputs={"data": "s3://bucket/data/"})
    done = machine.run(step)
    (told,) = done.steps
    assert isinstance(told, StepRun)
    assert (told.bytes_in, told.bytes_out) == (5, 3)
    assert told.seconds > 0
    assert machine.rows("SELECT bytes_in, bytes_out FROM steps") == [(5, 3)]
    assert told.outputs == {"out": machine.store.objects.path(f"s3://bucket/out/{done.id}/first")}


def test_a_run_tells_in_what_its_steps_ran_and_warns_of_what_does_not_hold_there(machine, sandbox_name):
    done = machine.run(machine.step("first", WRITE), sandbox=sandbox_name)
    assert (done.sandbox, done.warning) == (sandbox_name, select_sandbox(sandbox_name).warning)
    assert bool(done.warning) == (sandbox_name == "process")


def test_the_same_steps_leave_the_same_objects_to_the_byte_in_either_sandbox(machine, namespaces):
    data = Asset("s3://bucket/data/digest/", "digest", (object_of_bytes("deep/a.bin", bytes(range(256)) * 999),))
    report = {"PropertyFileName": "report", "OutputName": "out", "FilePath": "report.json"}
    first = machine.step(
        "first",
        "import json\n"
        "from pathlib import Path\n"
        "for path in sorted(Path(IN).rglob('*')):\n"
        "    print(path.relative_to(ROOT), path.stat().st_size if path.is_file() else '', oct(path.stat().st_mode))\n"
        "os.makedirs(OUT + '/deep/er')\n"
        "Path(OUT, 'deep/er/b.bin').write_bytes(Path(IN, 'data/deep/a.bin').read_bytes()[::-1])\n"
        "write('report.json', json.dumps({'size': 255744}))\n"
        "write('told.json', json.dumps([sys.argv[1:], sys.version, os.umask(0), sorted(os.environ)]\n"
        "    ).replace('\"STEPSMITH_ML_ROOT\", ', ''))\n"
        "write('config.json', Path(ROOT, 'config/processingjobconfig.json').read_text().replace(ROOT, '/opt/ml'))\n",
        inputs={"data": data.uri},
        property_files=[report],
        words=["--size", "7"],
    )
    second = machine.step(
        "second",
        "import shutil\n"
        "write('size', os.environ['SIZE'])\n"
        "shutil.copyfile(IN + '/before/deep/er/b.bin', OUT + '/copy.bin')\n",
        inputs={"before": output_of("first")},
        Environment={"SIZE": join("", json_get("first", "report", "size"))},
    )
    found = []
    for name in ("process", namespaces.name):
        done = run(machine.compiled(second, first, assets=[data]), store=machine.store.root, sandbox=name)
        outputs = {key: content.replace(done.id.encode(), b"ID") for key, content in machine.outputs(done.id).items()}
        logs = [step.log.read_text() for step in done.steps]
        place = machine.store.objects.path(f"s3://bucket/out/{done.id}")
        modes = [oct(path.stat().st_mode) for path in sorted(place.rglob("*"))]
        found.append((outputs, logs, modes))
    assert len(found[0][0]) == 6
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param(WRITE, None, id="well"),
        pytest.param(FAIL, "RUN044", id="an exit status"),
        pytest.param("pass\n", "RUN046", id="no output"),
        pytest.param("os.kill(os.getpid(), 9)\n", "RUN044", id="a signal"),
    ],
)
def test_nothing_is_left_of_a_sandbox_whatever_the_end(machine, script, code, sandbox_name, expect_error):
    more = "os.mkdir(ROOT + '/processing/tmp')\nopen(ROOT + '/processing/tmp/big', 'w').write('x')\n"
    with expect_error(code, "steps.first", kind=StepFailedError) if code else nullcontext():
        machine.run(machine.step("first", more + script), sandbox=sandbox_name)
    assert machine.running() == []
    assert not [path for path in machine.store.root.rglob("*") if path.name == "big"]


def test_nothing_is_left_of_a_step_once_it_has_ended_though_the_run_goes_on(machine, expect_error):
    class Looking(Observer):
        def step(self, step):
            left = [path for place in ("sandboxes", "gathered", "complete") for path in running.glob(f"*/{place}/*")]
            seen.append((step.name, step.status, left))

    seen, running = [], machine.store.root / "running"
    machine.put("s3://bucket/taken", "an object where a folder would be")
    without_place = machine.step("b", WRITE + "open(ROOT + '/processing/output/more/b.txt', 'w')\n")
    place = {"S3Uri": "s3://bucket/taken", "LocalPath": "/opt/ml/processing/output/more"}
    outputs = without_place["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    outputs.append({"OutputName": "more", "S3Output": place})
    with expect_error([("RUN011", "steps.b"), ("RUN044", "steps.c")], kind=FaultsError):
        machine.run(machine.step("a", WRITE), without_place, machine.step("c", FAIL), jobs=1, observer=Looking())
    ends = {"a": "Succeeded", "b": "Failed", "c": "Failed"}
    assert seen == [(name, status, []) for name, end in ends.items() for status in ("Executing", end)]


def test_a_step_cannot_alter_the_stores_objects(machine, sandbox_name):
    if sandbox_name == "process" and not can_confine():
        pytest.skip("this kernel has no Landlock, or switched it off")
    machine.put("s3://bucket/data/a.txt", "as it was")
    script = (
        "import shutil\n"
        "from pathlib import Path\n"
        "store = Path(sys.argv[1])\n"
        "for change in (lambda: (store / 'bucket/data/a.txt').write_text('altered'),\n"
        "    lambda: (store / 'bucket/data/a.txt').unlink(), lambda: (store / 'bucket/new').write_text('new'),\n"
        "    lambda: (store / 'bucket/data/a.txt').rename(store / 'b'), lambda: shutil.rmtree(store)):\n"
        "    try: change()\n"
        "    except OSError as error: print(error.strerror)\n"
    )
    step = machine.step("first", script + WRITE, words=[str(machine.store.objects.root)])
    before = machine.contents()
    done = machine.run(step, sandbox=sandbox_name)
    after = machine.contents()
    assert after.pop(f"bucket/out/{done.id}/first/a.txt") == b"here"
    assert after == before
    assert len(machine.printed("first").splitlines()) == 5


def test_steps_that_do_not_depend_on_each_other_run_side_by_side(machine, sandbox_name, wait_for):
    steps = [machine.step(name, WAIT + WRITE) for name in ("a", "b")]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(machine.run, *steps, jobs=2, sandbox=sandbox_name)
        wait_for(lambda: machine.printed("a") and machine.printed("b"))
        go_on(machine, "b")
        wait_for(lambda: machine.rows("SELECT status FROM steps WHERE name = 'b'") == [("Succeeded",)])
        assert machine.rows("SELECT status FROM steps WHERE name = 'a'") == [("Executing",)]
        go_on(machine, "a")
    done = running.result()
    assert [step.name for step in done.steps] == ["b", "a"]
    assert machine.outputs(done.id) == {"a/a.txt": b"here", "b/a.txt": b"here"}


@pytest.mark.skipif(_processors() < 2, reason="this process may use one processor only")
def test_steps_run_side_by_side_without_being_told_to(machine, wait_for):
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(machine.run, *(machine.step(name, WAIT + WRITE) for name in ("a", "b")))
        wait_for(lambda: machine.printed("a") and machine.printed("b"))
        go_on(machine, "a", "b")
    assert running.result().status == "Succeeded"


def test_a_step_begins_as_soon_as_what_it_depends_on_has_ended_whatever_else_runs(machine, wait_for):
    steps = [machine.step("slow", WAIT + WRITE), machine.step("a", WRITE), machine.step("b", WAIT + WRITE, after=["a"])]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(machine.run, *steps, jobs=2)
        wait_for(lambda: machine.printed("slow") and machine.printed("b"))
        go_on(machine, "slow", "b")
    assert {step.status for step in running.result().steps} == {"Succeeded"}


def test_one_at_a_time_steps_run_in_the_order_in_which_they_stand(machine):
    shown = Shown()
    steps = [machine.step(name, WRITE) for name in ("c", "a", "d", "b")]
    machine.run(*steps, jobs=1, observer=shown)
    assert shown.steps() == [(name, status) for name in ("c", "a", "d", "b") for status in ("Executing", "Succeeded")]


@pytest.mark.parametrize("jobs", [1, 2, 3, 9])
def test_no_more_steps_run_at_a_time_than_may(machine, jobs):
    shown = Shown()
    machine.run(*(machine.step(f"s{number}", WRITE) for number in range(6)), jobs=jobs, observer=shown)
    running, most = 0, 0
    for _, status in shown.steps():
        running += 1 if status == "Executing" else -1
        most = max(most, running)
    assert most == min(jobs, 6)


def test_as_many_steps_run_at_a_time_as_this_process_may_use_processors(run_python):
    script = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    script += "from stepsmith.local.engine import _processors; print(_processors())"
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no processors to choose")
    assert run_python(script) == "1\n"
    assert _processors() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("jobs", [0, -1])
def test_less_than_one_step_at_a_time_is_refused(machine, expect_refusal, jobs):
    expect_refusal("RUN005", machine.step("first", WRITE), jobs=jobs)


def test_a_sandbox_that_there_is_not_is_refused(machine, expect_refusal):
    expect_refusal("RUN064", machine.step("first", WRITE), sandbox="docker")


def test_what_is_not_compiled_is_refused(machine, expect_error):
    with expect_error("RUN004", kind=RunError):
        run("pipeline.yaml", store=machine.store.root)
    assert not machine.store.root.exists()


def test_what_depends_on_a_failed_step_is_not_run_and_all_else_is(machine, expect_error, snapshot):
    shown = Shown()
    with expect_error("RUN044", "steps.bad", kind=StepFailedError) as raised:
        machine.run(
            machine.step("deep", WRITE, after=["reads"]),
            machine.step("beside", WRITE, after=["well"]),
            machine.step("bad", FAIL),
            machine.step("names", WRITE, after=["bad"]),
            machine.step("well", WRITE),
            machine.step("reads", WRITE, inputs={"data": output_of("bad")}, after=["well"]),
            jobs=1,
            observer=shown,
        )
    assert raised.value.step == "bad"
    (run, _), *steps = shown.calls
    assert shown.steps() == [
        ("bad", "Executing"),
        ("bad", "Failed"),
        ("deep", "NotRun"),
        ("names", "NotRun"),
        ("reads", "NotRun"),
        ("well", "Executing"),
        ("well", "Succeeded"),
        ("beside", "Executing"),
        ("beside", "Succeeded"),
    ]
    snapshot("\n".join(f"{name}: {reason}" for name, _, reason in steps if reason))
    assert [(step.name, step.status) for step in run.steps] == [step[:2] for step in steps if step[1] != "Executing"]
    assert run.status == "Failed"
    assert set(machine.outputs(run.id)) == {"well/a.txt", "beside/a.txt"}
    record = RunHistory(machine.store.database).run(run.id)
    assert record.status == "Failed"
    assert {step.name: step.status for step in record.steps} == {step.name: step.status for step in run.steps}


def test_a_step_that_runs_beside_one_that_fails_comes_to_its_end(machine, wait_for):
    lost = machine.step("lost", WRITE, after=["bad", "slow"])
    steps = [machine.step("slow", WAIT + WRITE), machine.step("bad", FAIL), lost]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(machine.run, *steps, jobs=2)
        wait_for(lambda: machine.printed("slow"))
        wait_for(lambda: machine.rows("SELECT 1 FROM steps WHERE name = 'bad' AND status = 'Failed'"))
        go_on(machine, "slow")
    assert isinstance(running.exception(), StepFailedError)
    assert machine.rows("SELECT name, status FROM steps ORDER BY name") == [("bad", "Failed"), ("slow", "Succeeded")]


def test_several_failures_are_told_together(machine, expect_error, snapshot):
    with expect_error([("RUN044", "steps.a"), ("RUN044", "steps.b")], kind=FaultsError) as raised:
        machine.run(
            machine.step("a", "print('broken a')\n" + FAIL),
            machine.step("well", WRITE),
            machine.step("b", "print('broken b')\n" + FAIL),
            machine.step("c", WRITE, after=["a", "b"]),
            jobs=1,
        )
    one, other = failed_steps(raised.value)
    assert machine.rows(STATUS) == [
        ("a", "Failed", one.reason),
        ("well", "Succeeded", None),
        ("b", "Failed", other.reason),
    ]
    assert (one.step, other.step) == ("a", "b")
    ((status, reason),) = machine.rows("SELECT status, reason FROM runs")
    assert status == "Failed"
    snapshot(reason)


def truly_stopped(machine):
    """Whether of the one run nothing seems to go on, and nothing half done is left."""
    history = RunHistory(machine.store.database)
    (record,) = history.runs()
    assert record.status == "Stopped"
    assert "Executing" not in {step.status for step in history.run(record.id).steps}
    assert machine.running() == []
    assert not any("half" in name for name in machine.outputs(record.id))
    return True


def test_a_run_that_is_interrupted_is_stopped_and_leaves_nothing_half_done(
    engine, machine, sandbox_name, trace, wait_for
):
    steps = [machine.step(name, SLEEP, words=[trace.word]) for name in ("a", "b")]
    running = engine(*steps, machine.step("next", WRITE, after=["a"]), sandbox=sandbox_name, jobs=2)
    wait_for(lambda: machine.printed("a") and machine.printed("b"))
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    assert running.wait(60) == -signal.SIGINT
    assert trace.is_gone()
    assert truly_stopped(machine)
    assert sorted(machine.rows(STATUS)) == [("a", "Stopped", None), ("b", "Stopped", None)]
    assert machine.rows("SELECT status, ended IS NULL FROM runs") == [("Stopped", 0)]


def test_whoever_is_impatient_and_interrupts_again_and_again_leaves_nothing_either(engine, machine, trace, wait_for):
    running = engine(machine.step("slow", SLEEP, words=[trace.word]))
    wait_for(lambda: machine.printed("slow"))
    while running.poll() is None:
        running.send_signal(signal.SIGINT)
    wait_for(trace.is_gone)
    machine.run(machine.step("other", WRITE))  # the next run, which needs no flag
    assert machine.running() == []
    assert {run.status for run in RunHistory(machine.store.database).runs()} == {"Stopped", "Succeeded"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("fails_at", range(1, 8))
def test_a_run_that_is_torn_apart_at_whatever_point_is_stopped(machine, fails_at, error, trace):
    steps = [
        machine.step("bad", FAIL),
        machine.step("lost", WRITE, after=["bad"]),
        machine.step("well", WRITE),
        machine.step("slow", SLEEP, after=["well"], words=[trace.word]),
        machine.step("slow2", SLEEP, after=["well"], words=[trace.word]),
    ]
    with pytest.raises(error):
        machine.run(*steps, jobs=2, observer=Shown(fails_at, error))
    assert trace.is_gone()
    assert truly_stopped(machine)


def test_a_run_that_is_interrupted_while_assets_are_kept_is_stopped(machine):
    class Interrupted:
        def chunks(self):
            yield b"half"
            parts.extend(machine.store.root.glob("running/*/parts/*"))
            raise KeyboardInterrupt

    parts = []

    before = machine.contents()
    asset = Asset("s3://bucket/m/", "m", (AssetObject("model.bin", "0" * 64, 8, Interrupted()),))
    with pytest.raises(KeyboardInterrupt):
        machine.run(machine.step("first", WRITE), assets=[asset])
    assert truly_stopped(machine)
    assert machine.contents().keys() - before.keys() == {"tools/scripts/first/main.py"}
    assert len(parts) == 1
    assert not parts[0].exists()


FILL = "with open(OUT + '/big', 'wb') as file:\n    while True: file.write(bytes(1 << 20))\n"
# What the system says, and what SQLite says.
NO_ROOM, DATABASE_FULL = "No space left on device", "database or disk is full"


def test_a_step_that_fills_the_disk_failed_and_the_next_run_works(machine, small_disk):
    good, fill = machine.step("good", WRITE), machine.step("fill", FILL)
    first, full, last = small_disk(((good,), None), ((fill,), None), ((good,), None))
    assert first["findings"] == last["findings"] == []
    assert [code for code, _ in full["findings"]] == ["RUN044"]
    assert NO_ROOM in full["findings"][0][1]
    assert not any("big" in name for name in full["objects"])
    assert full["objects"].items() >= first["objects"].items()
    assert [status for status, _ in last["runs"]] == ["Succeeded", "Failed", "Succeeded"]
    assert first["running"] == full["running"] == last["running"] == []


def test_a_step_whose_input_has_no_room_failed_and_the_next_run_works(machine, small_disk):
    machine.put("s3://bucket/data/big", "x" * 8_000_000)
    copy = machine.step("copy", WRITE, inputs={"data": "s3://bucket/data/"})
    full, last = small_disk(((copy,), 4_000_000), ((copy,), None))
    assert [code for code, _ in full["findings"]] == ["RUN048"]
    assert NO_ROOM in full["findings"][0][1]
    assert last["findings"] == []
    assert [status for status, _ in last["runs"]] == ["Failed", "Succeeded"]
    assert full["running"] == last["running"] == []


@pytest.mark.parametrize("left", [0, 4096, 100_000])
def test_a_run_on_a_disk_that_is_full_says_so_and_the_next_one_works(machine, small_disk, left):
    good = machine.step("good", WRITE)
    first, full, last = small_disk(((good,), None), ((good,), left), ((good,), None))
    # What the disk is too full for differs from machine to machine: a folder, an object, the database, or the step.
    assert {code for code, _ in full["findings"]} <= {"RUN003", "RUN011", "RUN020", "RUN044", "RUN048"}
    assert all(DATABASE_FULL in what or NO_ROOM in what for _, what in full["findings"])
    assert last["findings"] == []
    assert last["runs"][0] == last["runs"][-1] == ["Succeeded", None]
    assert {status for status, _ in full["runs"]} <= {"Succeeded", "Failed", "Stopped"}
    assert len(last["objects"]) == len(first["objects"]) + (2 if not full["findings"] else 1)
    assert full["running"] == last["running"] == []


def test_two_runs_of_one_pipeline_share_no_key(machine):
    step = machine.step("first", WRITE)
    ids = [machine.run(step).id for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(re.fullmatch(r"[a-z0-9]{12}", one) for one in ids)
    assert [machine.read(f"s3://bucket/out/{one}/first/a.txt") for one in ids] == ["here", "here"]
    assert len(machine.rows("SELECT id FROM runs")) == 2


def test_runs_at_the_same_time_in_one_store_do_not_disturb_each_other(machine):
    item = object_of_bytes("shared.txt", b"shared")
    asset = Asset("s3://bucket/code/digest/", "digest", (item,))
    steps = [
        machine.step(name, WRITE, inputs={"asset": asset.uri}, after=after)
        for name, after in (("first", []), ("second", ["first"]))
    ]
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(machine.run, *steps, assets=[asset]) for _ in range(4)]
        ids = {one.result().id for one in runs}
    assert len(ids) == 4
    assert machine.rows("SELECT DISTINCT status FROM runs UNION SELECT DISTINCT status FROM steps") == [("Succeeded",)]
    assert machine.running() == []


def test_assets_are_put_where_the_definition_looks_for_them(machine, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n")
    item = object_of_source("data/table.csv", FileSource(tmp_path / "table.csv"))
    asset = Asset("s3://bucket/input/digest/", "digest", (item,))
    script = "write('a.txt', open(IN + '/asset/data/table.csv').read())\n"
    done = machine.run(machine.step("first", script, inputs={"asset": asset.uri}), assets=[asset])
    assert machine.read(f"s3://bucket/out/{done.id}/first/a.txt") == "a,b\n"


def test_an_asset_that_was_altered_in_the_store_is_put_there_again(machine):
    asset = Asset("s3://bucket/input/digest/", "digest", (object_of_bytes("a.txt", b"right"),))
    machine.put("s3://bucket/input/digest/a.txt", "wrong")
    machine.run(machine.step("first", WRITE), assets=[asset])
    assert machine.read("s3://bucket/input/digest/a.txt") == "right"


def test_an_asset_that_is_in_the_store_is_not_written_again(machine):
    asset = Asset("s3://bucket/input/digest/", "digest", (object_of_bytes("a.txt", b"right"),))
    step = machine.step("first", WRITE)
    machine.run(step, assets=[asset])
    before = machine.store.objects.path("s3://bucket/input/digest/a.txt").stat()
    machine.run(step, assets=[asset])
    after = machine.store.objects.path("s3://bucket/input/digest/a.txt").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_asset_that_changed_since_it_was_compiled_is_refused_before_anything_runs(machine, tmp_path, expect_error):
    path = tmp_path / "model.bin"
    path.write_text("one")
    item = object_of_source("model.bin", FileSource(path))
    path.write_text("two")
    with expect_error("ARC016", str(path), kind=ArchiveError) as raised:
        machine.run(machine.step("first", WRITE), assets=[Asset("s3://bucket/m/", "m", (item,))])
    assert not machine.store.objects.path("s3://bucket/out").exists()
    assert not machine.store.objects.has("s3://bucket/m/model.bin")
    (finding,) = raised.value.findings
    assert machine.rows("SELECT status, reason FROM runs") == [("Failed", finding.message)]


@pytest.fixture
def remote():
    """An asset that is on S3, at another key than its own."""
    digest = hashlib.sha256(b"model").hexdigest()
    item = AssetObject("model.tar.gz", digest, None, RemoteSource("s3://theirs/best.tgz"))
    return Asset(f"s3://bucket/input/{digest}/", digest, (item,))


def test_an_asset_that_is_on_s3_is_taken_from_where_that_object_stands_here(machine, remote):
    machine.put("s3://theirs/best.tgz", "model")
    machine.run(machine.step("first", WRITE), assets=[remote])
    assert machine.read(f"{remote.uri}model.tar.gz") == "model"


def test_an_asset_that_is_on_s3_and_for_which_nothing_stands_here_is_refused_with_its_place(
    machine, expect_refusal, remote
):
    expect_refusal("RUN042", machine.step("first", WRITE), assets=[remote])


def test_what_stands_here_for_an_asset_on_s3_must_have_its_digest(machine, remote, expect_error):
    path = machine.put("s3://theirs/best.tgz", "another")
    with expect_error("ARC012", str(path), kind=ArchiveError):
        machine.run(machine.step("first", WRITE), assets=[remote])
    assert not machine.store.objects.has(f"{remote.uri}model.tar.gz")


def test_a_step_type_that_does_not_run_here_is_refused_before_anything_runs(machine, expect_refusal):
    training = {"Name": "train", "Type": "Training", "Arguments": {}}
    expect_refusal("RUN001", machine.step("first", WRITE), training, where="steps.train")


def test_a_package_that_a_script_needs_for_what_it_will_read_is_looked_for_before_anything_runs(
    machine, expect_refusal
):
    needs = (("csv", "no_such_package"),)
    code = Asset("s3://bucket/code/", "code", (object_of_bytes("a.py", b""),), requirements_by_suffix=needs)
    data = Asset("s3://bucket/data/", "data", (object_of_bytes("a.csv", b""),))
    step = machine.step("first", WRITE, inputs={"more": code.uri, "data": data.uri})
    expect_refusal("RUN002", step, assets=[code, data])


def test_a_step_that_fails_before_it_runs_has_its_log_all_the_same(machine, expect_error):
    with expect_error("RUN042", "steps.first", kind=StepFailedError) as raised:
        machine.run(machine.step("first", WRITE, inputs={"data": "s3://bucket/nothing/"}))
    assert raised.value.log.read_text() == ""


def test_a_definition_that_does_not_hold_together_is_refused_before_anything_runs(machine, expect_refusal):
    expect_refusal(
        [("DEF110", "steps.first.Arguments.Environment.A"), ("DEF111", "steps.first"), ("RUN001", "steps.train")],
        machine.step("first", WRITE, after=["nobody"], Environment={"A": get("Parameters.B")}),
        {"Name": "train", "Type": "Training", "Arguments": {}},
        kind=FaultsError,
    )


def test_a_text_that_is_no_definition_is_refused(machine, expect_error):
    with expect_error("DEF020", kind=DefinitionError):
        run(Compiled("by-hand", "{"), store=machine.store.root)
    assert not machine.store.root.exists()


COUNT = {"Name": "Count", "Type": "Integer"}


@pytest.mark.parametrize(
    ("given", "code", "where"),
    [
        pytest.param(None, "DEF013", "Count", id="missing"),
        pytest.param({"Count": None}, "DEF013", "Count", id="null"),
        pytest.param({"Count": "7"}, "DEF011", "Count", id="text"),
        pytest.param({"Count": True}, "DEF011", "Count", id="a switch"),
        pytest.param({"Count": 1, "Cuont": 2}, "DEF110", "Cuont", id="unknown"),
    ],
)
def test_parameters_that_are_missing_unknown_or_of_another_type_are_refused_before_anything_runs(
    machine, expect_refusal, given, code, where
):
    step = machine.step("first", WRITE, Environment={"N": join("", get("Parameters.Count"))})
    expect_refusal(code, step, where=where, kind=DefinitionError, parameters=[COUNT], given=given)


def test_a_parameter_that_only_names_a_role_need_not_be_given(machine):
    step = machine.step("first", WRITE, RoleArn=get("Parameters.Role"))
    done = machine.run(step, parameters=[{"Name": "Role", "Type": "String"}])
    assert done.status == "Succeeded"


def test_a_role_that_is_given_is_the_one_that_a_later_step_reads(machine):
    first = machine.step("first", WRITE, RoleArn=get("Parameters.Role"))
    seen = environment_of(
        machine,
        {"ROLE": get("Steps.first.RoleArn")},
        first,
        parameters=[{"Name": "Role", "Type": "String"}],
        given={"Role": "arn:given"},
    )
    assert seen == {"ROLE": "arn:given"}


def test_a_reference_that_leads_nowhere_fails_its_step_and_names_the_reference(machine, expect_error):
    second = machine.step("second", WRITE, Environment={"A": get("Steps.first.NoSuchMember")})
    with expect_error("RUN030", "steps.second", kind=StepFailedError):
        machine.run(machine.step("first", WRITE), second)
    assert machine.rows("SELECT name, status FROM steps ORDER BY rowid") == [
        ("first", "Succeeded"),
        ("second", "Failed"),
    ]


def test_a_command_that_is_not_there_fails_the_step_and_is_named(machine, sandbox_name, expect_error):
    step = machine.step("first", WRITE)
    step["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = ["no-such-command"]
    code = "RUN048" if sandbox_name == "process" else "RUN044"
    with expect_error(code, "steps.first", kind=StepFailedError):
        machine.run(step, sandbox=sandbox_name)


# Requests that another tool or a hand may well write, and that do not run here: each changes a good step's arguments,
# and is refused with a code at a place.
UNUSABLE = {
    "no AppSpecification": (lambda a: a.pop("AppSpecification"), "DEF022", ".Arguments.AppSpecification"),
    "an AppSpecification that is text": (
        lambda a: a.update(AppSpecification="image"),
        "DEF022",
        ".Arguments.AppSpecification",
    ),
    "an entrypoint that is text": (
        lambda a: a["AppSpecification"].update(ContainerEntrypoint="python3 main.py"),
        "DEF022",
        ".Arguments.AppSpecification.ContainerEntrypoint",
    ),
    "a NUL in an argument": (
        lambda a: a["AppSpecification"].update(ContainerArguments=["\0"]),
        "DEF022",
        ".Arguments.AppSpecification",
    ),
    "an input without a name": (
        lambda a: a["ProcessingInputs"][0].pop("InputName"),
        "DEF022",
        ".Arguments.ProcessingInputs[0].InputName",
    ),
    "an input that AWS manages": (
        lambda a: a["ProcessingInputs"].append({"InputName": "x", "DatasetDefinition": {}}),
        "RUN041",
        ".Arguments.ProcessingInputs[1]",
    ),
    "an input without a local path": (
        lambda a: a["ProcessingInputs"][0]["S3Input"].pop("LocalPath"),
        "DEF022",
        ".Arguments.ProcessingInputs[0].S3Input.LocalPath",
    ),
    "an input without a place in S3": (
        lambda a: a["ProcessingInputs"][0]["S3Input"].pop("S3Uri"),
        "DEF022",
        ".Arguments.ProcessingInputs[0].S3Input.S3Uri",
    ),
    "an input whose place is a number": (
        lambda a: a["ProcessingInputs"][0]["S3Input"].update(S3Uri=5),
        "DEF022",
        ".Arguments.ProcessingInputs[0].S3Input.S3Uri",
    ),
    "an input from https": (
        lambda a: a["ProcessingInputs"][0]["S3Input"].update(S3Uri="https://bucket/key"),
        "RUN010",
        "",
    ),
    "inputs that are an object": (
        lambda a: a.update(ProcessingInputs={"code": "s3://bucket/key"}),
        "DEF022",
        ".Arguments.ProcessingInputs",
    ),
    "inputs that are null": (lambda a: a.update(ProcessingInputs=None), "DEF022", ".Arguments.ProcessingInputs"),
    "an output to a feature store": (
        lambda a: a["ProcessingOutputConfig"]["Outputs"].append(
            {"OutputName": "features", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "AppManaged": True}
        ),
        "DEF022",
        ".Arguments.ProcessingOutputConfig.Outputs[1].S3Output",
    ),
    "an output without a local path": (
        lambda a: a["ProcessingOutputConfig"]["Outputs"][0]["S3Output"].pop("LocalPath"),
        "DEF022",
        ".Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath",
    ),
    "an output without a place in S3": (
        lambda a: a["ProcessingOutputConfig"]["Outputs"][0]["S3Output"].pop("S3Uri"),
        "DEF022",
        ".Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
    ),
    "an output without a name": (
        lambda a: a["ProcessingOutputConfig"]["Outputs"][0].pop("OutputName"),
        "DEF022",
        ".Arguments.ProcessingOutputConfig.Outputs[0].OutputName",
    ),
    "an output config that is null": (
        lambda a: a.update(ProcessingOutputConfig=None),
        "DEF022",
        ".Arguments.ProcessingOutputConfig",
    ),
    "an environment that is a list": (lambda a: a.update(Environment=["A=1"]), "DEF022", ".Arguments.Environment"),
    "an environment name with an equals sign": (
        lambda a: a.update(Environment={"A=B": "1"}),
        "DEF022",
        ".Arguments.Environment.A=B",
    ),
    "a runtime that is text": (
        lambda a: a.update(StoppingCondition={"MaxRuntimeInSeconds": "60"}),
        "DEF022",
        ".Arguments.StoppingCondition.MaxRuntimeInSeconds",
    ),
}


@pytest.mark.parametrize(("spoil", "code", "where"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_request_that_cannot_run_here_is_an_error_of_ours_that_names_the_step(
    machine, expect_error, spoil, code, where
):
    step = machine.step("first", WRITE)
    spoil(step["Arguments"])
    with expect_error(code, f"steps.first{where}"):
        machine.run(step)
    assert machine.running() == []


def test_a_property_file_in_an_output_that_is_not_there_is_refused_before_anything_runs(machine, expect_refusal):
    wrong = {"PropertyFileName": "report", "OutputName": "uot", "FilePath": "report.json"}
    expect_refusal("DEF115", machine.step("first", WRITE, property_files=[wrong]), where="steps.first")


def test_a_property_file_outside_its_output_is_not_read(machine, expect_error):
    machine.put("s3://other/secret.json", '{"a": "secret"}')
    outside = {"PropertyFileName": "f", "OutputName": "out", "FilePath": "../../../../other/secret.json"}
    first = machine.step("first", WRITE, property_files=[outside])
    second = machine.step("second", WRITE, Environment={"A": json_get("first", "f", "a")})
    with expect_error("DEF116", "steps.first"):
        machine.run(first, second)


def test_a_function_that_this_machine_does_not_know_is_refused_and_not_passed_on_as_text(machine, expect_error):
    value = {"Std:JsonGet": {"S3Uri": output_of("first"), "Path": "a"}}
    with expect_error("DEF001", "steps.second"):
        machine.run(machine.step("first", WRITE), machine.step("second", WRITE, Environment={"A": value}))


def test_the_store_is_the_nearest_one_where_none_is_given(machine, tmp_path, monkeypatch, expect_error):
    below = tmp_path / "project" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    (tmp_path / "project" / ".stepsmith").mkdir()
    with expect_error("RUN042", "steps.first", kind=StepFailedError):
        run(machine.compiled(machine.step("first", WRITE)))
    assert (tmp_path / "project" / ".stepsmith" / "stepsmith.db").is_file()


def test_a_store_that_is_given_relative_to_the_working_directory_stays_where_it_is(machine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(machine.compiled(machine.step("first", WRITE)), store=os.path.relpath(machine.store.root))
    assert done.store.root == machine.store.root
    assert done.status == "Succeeded"


def test_a_store_that_cannot_be_a_folder_is_an_error_of_ours(machine, tmp_path, expect_error):
    (tmp_path / "file").touch()
    with expect_error("RUN003"):
        run(machine.compiled(machine.step("first", WRITE)), store=tmp_path / "file")


DEEP = """\
os.chdir(os.environ["TMPDIR"])
for _ in range(1100): os.mkdir("deep"); os.chdir("deep")
"""


def test_what_a_step_left_may_be_of_any_depth(machine, sandbox_name):
    machine.run(machine.step("deep", DEEP + WRITE), machine.step("beside", WRITE), sandbox=sandbox_name)
    assert machine.running() == []
    assert machine.rows("SELECT DISTINCT status FROM steps") == [("Succeeded",)]


def test_a_name_that_is_no_text_fails_its_step_alone(machine, sandbox_name, expect_error):
    odd = "os.symlink(b'/x', OUT.encode() + b'/\\xff')\n"
    with expect_error("RUN045", "steps.odd", kind=StepFailedError) as raised:
        machine.run(machine.step("odd", odd + WRITE), machine.step("beside", WRITE), sandbox=sandbox_name)
    assert raised.value.step == "odd"
    assert sorted(machine.rows("SELECT name, status FROM steps")) == [("beside", "Succeeded"), ("odd", "Failed")]


def test_what_a_loader_obeys_is_the_steps_alone(machine, sandbox_name):
    script = "write('a', os.environ['LD_LIBRARY_PATH'])\n"
    step = machine.step("first", script, Environment={"LD_LIBRARY_PATH": "/nowhere", "GLIBC_TUNABLES": ""})
    done = machine.run(step, sandbox=sandbox_name)
    assert machine.read(f"s3://bucket/out/{done.id}/first/a") == "/nowhere"


# Forks while a step runs, as multiprocessing does it by default: what it forked has all that was open open too.
FORKING = """\
import os, signal, sys, time
from pathlib import Path
from stepsmith.definition.assets import Compiled
from stepsmith.local import Observer, run

class Forking(Observer):
    def step(self, step):
        if step.status == "Executing":
            self.forked = os.fork()
            if self.forked == 0:
                time.sleep(60)
                os._exit(0)

observer = Forking()
done = run(Compiled("by-hand", Path(sys.argv[1]).read_text()), store=sys.argv[2], sandbox="process", observer=observer)
print(done.status, os.waitpid(observer.forked, os.WNOHANG))
os.kill(observer.forked, signal.SIGKILL)
"""


def test_a_run_ends_though_its_process_has_forked(machine, tmp_path, run_python):
    (tmp_path / "definition").write_text(machine.compiled(machine.step("first", WRITE)).definition)
    assert run_python(FORKING, tmp_path / "definition", machine.store.root) == "Succeeded (0, 0)\n"


def test_an_error_that_nobody_expected_is_its_steps_alone(machine, expect_error):
    (error,) = _step_failure("a", ValueError("of a kind that is not ours"), machine.store.root / "log")
    assert error.step == "a"
    with expect_error("RUN066", "steps.a", kind=StepFailedError):
        raise error


def test_what_is_no_observer_is_refused(machine, expect_refusal):
    expect_refusal("RUN006", machine.step("first", WRITE), observer=print)
