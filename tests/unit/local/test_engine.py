import json
import os
import pickle
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stepsmith.definition.assets import Asset, Compiled, FileSource, object_of_bytes, object_of_source
from stepsmith.errors import ArchiveError, DefinitionError, FaultsError, Finding, RunError, StepsmithError
from stepsmith.local.engine import Run, StepFailedError, StepRun, run

WRITE = "(OUT / 'a.txt').write_text('here')\n"
FAIL = "sys.exit(3)\n"
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
    script = f"(OUT / 'seen.json').write_text(json.dumps({{name: os.environ[name] for name in {names!r}}}))\n"
    done = machine.run(*before, machine.step("reader", script, Environment=values), **settings)
    return json.loads(machine.read(f"s3://bucket/out/{done.id}/reader/seen.json"))


def codes(error):
    return [finding.code for finding in error.findings]


def test_a_definition_written_by_hand_runs_to_its_end(machine):
    done = machine.run(machine.step("first", WRITE))
    assert isinstance(done, Run)
    assert (done.status, done.pipeline, done.packages) == ("Succeeded", "by-hand", [])
    assert [(step.name, step.status, step.reason) for step in done.steps] == [("first", "Succeeded", "")]
    assert machine.read(f"s3://bucket/out/{done.id}/first/a.txt") == "here"


def test_a_step_reads_what_a_step_before_it_wrote(machine):
    second = machine.step(
        "second", "(OUT / 'b.txt').write_text((IN / 'data/a.txt').read_text())\n", inputs={"data": output_of("first")}
    )
    done = machine.run(machine.step("first", WRITE), second)
    assert machine.read(f"s3://bucket/out/{done.id}/second/b.txt") == "here"


def test_the_order_of_the_steps_in_the_definition_means_nothing(machine):
    third = machine.step("third", WRITE, after=["second"])
    second = machine.step("second", WRITE, inputs={"data": output_of("first")})
    done = machine.run(third, second, machine.step("first", WRITE))
    assert [step.name for step in done.steps] == ["first", "second", "third"]


def test_references_have_their_values_in_everything_that_a_step_is_told(machine):
    report = {"PropertyFileName": "report", "OutputName": "out", "FilePath": "report.json"}
    first = machine.step(
        "first",
        "(OUT / 'report.json').write_text(json.dumps({'files': [{'sha': 'abc', 'n': 0, 'ok': False}]}))\n",
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
        "(OUT / 'arn').write_text(os.environ['ARN'])\n",
        Environment={"ARN": get("Steps.register.ModelPackageArn")},
    )
    done = machine.run(after, register, first)
    (package,) = done.packages
    assert (package["ModelPackageGroupName"], package["ModelPackageVersion"]) == ("group", 1)
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://bucket/out/{done.id}/first/a.txt"
    assert machine.read(f"s3://bucket/out/{done.id}/after/arn") == package["ModelPackageArn"]
    assert machine.rows("SELECT group_name, version, run FROM model_packages") == [("group", 1, done.id)]


def test_a_registration_of_a_model_that_is_not_there_fails_and_keeps_no_version(machine):
    register = {
        "Name": "register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "group",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://bucket/model.tar.gz"}]},
        },
    }
    with pytest.raises(RunError) as caught:
        machine.run(register)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("RUN050", "steps.register")
    assert str(machine.store.objects.path("s3://bucket/model.tar.gz")) in finding.fix
    assert machine.rows("SELECT * FROM model_packages") == []


def test_what_a_script_says_of_its_failure_is_the_reason_of_the_step(machine):
    step = machine.step("broken", "(ROOT / 'output/message').write_text('no column label\\n')\nsys.exit(1)\n")
    with pytest.raises(StepFailedError) as caught:
        machine.run(step)
    error = caught.value
    assert (error.step, error.reason) == ("broken", "no column label")
    assert error.findings[0].where == "steps.broken"
    assert "no column label" in str(error)
    assert error.log.is_file()


def test_all_that_a_script_prints_is_in_its_log(machine):
    script = "print('to out', flush=True)\nprint('to err', file=sys.stderr)\n"
    done = machine.run(machine.step("first", script + WRITE))
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


def test_history_has_the_run_and_its_steps_after_failure(machine):
    with pytest.raises(StepFailedError):
        machine.run(
            machine.step("first", WRITE),
            machine.step("second", FAIL, after=["first"]),
            machine.step("third", WRITE, after=["second"]),
        )
    assert machine.rows("SELECT status, ended IS NOT NULL FROM runs") == [("Failed", 1)]
    assert machine.rows(STATUS) == [
        ("first", "Succeeded", None),
        ("second", "Failed", "it ended with exit status 3 and left no reason"),
    ]


def test_steps_after_a_failed_one_are_not_run(machine):
    shown = []
    with pytest.raises(StepFailedError):
        machine.run(
            machine.step("first", FAIL),
            machine.step("second", WRITE, after=["first"]),
            report=lambda step: shown.append((step.name, step.status)),
        )
    assert shown == [("first", "Executing"), ("first", "Failed")]


def test_each_step_is_shown_as_it_begins_and_as_it_ends(machine):
    shown = []
    machine.run(machine.step("first", WRITE), machine.step("second", WRITE), report=shown.append)
    assert all(isinstance(step, StepRun) for step in shown)
    assert [(step.name, step.status) for step in shown] == [
        ("first", "Executing"),
        ("first", "Succeeded"),
        ("second", "Executing"),
        ("second", "Succeeded"),
    ]


@pytest.mark.parametrize("script", [WRITE, FAIL, "pass\n", "os.kill(os.getpid(), signal.SIGKILL)\n"])
def test_nothing_is_left_of_a_sandbox_whatever_the_end(machine, script):
    more = "(ROOT / 'processing/tmp').mkdir()\n(ROOT / 'processing/tmp/big').write_text('x')\n"
    if script == WRITE:
        machine.run(machine.step("first", more + script))
    else:
        with pytest.raises(StepFailedError):
            machine.run(machine.step("first", more + script))
    assert machine.sandboxes() == []
    assert not [path for path in machine.store.root.rglob("*") if path.name == "big"]


def test_a_run_that_is_interrupted_is_stopped_and_leaves_nothing_half_done(machine):
    step = machine.step(
        "slow", "(OUT / 'half').write_text('x')\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)\n"
    )
    caller = (
        "import sys; from pathlib import Path; from stepsmith.definition.assets import Compiled;"
        "from stepsmith.local.engine import run;"
        "run(Compiled('by-hand', sys.argv[1]), store=Path(sys.argv[2]))"
    )
    definition = machine.compiled(step, machine.step("next", WRITE)).definition
    done = subprocess.run(
        [sys.executable, "-c", caller, definition, machine.store.root], capture_output=True, timeout=30, check=False
    )
    assert done.returncode == -signal.SIGINT
    assert machine.rows("SELECT status FROM runs") == [("Stopped",)]
    assert machine.rows(STATUS) == [("slow", "Stopped", None)]
    assert machine.sandboxes() == []
    assert not machine.store.objects.path("s3://bucket/out").exists()


def test_a_run_that_is_interrupted_as_a_step_begins_leaves_no_step_that_seems_to_execute(machine):
    def interrupt(step):
        if step.status == "Executing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        machine.run(machine.step("first", WRITE), report=interrupt)
    assert machine.rows("SELECT status FROM runs") == [("Stopped",)]
    assert machine.rows(STATUS) == [("first", "Stopped", None)]


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
    assert machine.sandboxes() == []


def test_assets_are_put_where_the_definition_looks_for_them(machine, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n")
    item = object_of_source("data/table.csv", FileSource(tmp_path / "table.csv"))
    asset = Asset("s3://bucket/input/digest/", "digest", (item,))
    script = "(OUT / 'a.txt').write_text((IN / 'asset/data/table.csv').read_text())\n"
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


def test_an_asset_that_changed_since_it_was_compiled_is_refused_before_anything_runs(machine, tmp_path):
    path = tmp_path / "model.bin"
    path.write_text("one")
    item = object_of_source("model.bin", FileSource(path))
    path.write_text("two")
    with pytest.raises(ArchiveError, match="ARC016"):
        machine.run(machine.step("first", WRITE), assets=[Asset("s3://bucket/m/", "m", (item,))])
    assert not machine.store.objects.path("s3://bucket/out").exists()
    assert not machine.store.objects.has("s3://bucket/m/model.bin")


def refused(machine, *steps, **settings):
    """The error of a run that is refused, of which nothing may be left."""
    before = sorted(machine.store.root.rglob("*")) if machine.store.root.exists() else []
    with pytest.raises(StepsmithError) as caught:
        machine.run(*steps, **settings)
    assert not machine.store.database.exists()
    assert (sorted(machine.store.root.rglob("*")) if machine.store.root.exists() else []) == before
    return caught.value


def test_a_step_type_that_does_not_run_here_is_refused_before_anything_runs(machine):
    training = {"Name": "train", "Type": "Training", "Arguments": {}}
    error = refused(machine, machine.step("first", WRITE), training)
    (finding,) = error.findings
    assert (finding.code, finding.where) == ("RUN001", "steps.train")
    assert "Training" in finding.what
    assert "Processing, RegisterModel" in finding.fix


def test_a_package_that_is_not_there_is_refused_before_anything_runs(machine):
    asset = Asset(
        "s3://bucket/code/", "code", (object_of_bytes("a.py", b""),), requirements=("no_such_package", "pytest")
    )
    (finding,) = refused(machine, machine.step("first", WRITE), assets=[asset]).findings
    assert finding.code == "RUN002"
    assert "'no_such_package'" in finding.what
    assert finding.fix == "pip install no_such_package"


@pytest.mark.parametrize("name", ["no_such_package.part", "json.no_such_part", "json.decoder.no_such_part"])
def test_a_part_of_a_package_that_is_not_there_is_refused_in_the_same_way(machine, name):
    asset = Asset("s3://bucket/code/", "code", (), requirements=(name,))
    assert codes(refused(machine, machine.step("first", WRITE), assets=[asset])) == ["RUN002"]


def test_a_definition_that_does_not_hold_together_is_refused_before_anything_runs(machine):
    error = refused(
        machine,
        machine.step("first", WRITE, after=["nobody"], Environment={"A": get("Parameters.B")}),
        {"Name": "train", "Type": "Training", "Arguments": {}},
    )
    assert isinstance(error, FaultsError)
    assert codes(error) == ["DEF110", "DEF111", "RUN001"]


def test_a_text_that_is_no_definition_is_refused(machine):
    with pytest.raises(DefinitionError, match="DEF020"):
        run(Compiled("by-hand", "{"), store=machine.store.root)
    assert not machine.store.root.exists()


COUNT = {"Name": "Count", "Type": "Integer"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "DEF013"),
        ({"Count": None}, "DEF013"),
        ({"Count": "7"}, "DEF011"),
        ({"Count": True}, "DEF011"),
        ({"Count": 1, "Cuont": 2}, "DEF110"),
    ],
)
def test_parameters_that_are_missing_unknown_or_of_another_type_are_refused_before_anything_runs(machine, given, code):
    step = machine.step("first", WRITE, Environment={"N": join("", get("Parameters.Count"))})
    error = refused(machine, step, parameters=[COUNT], given=given)
    assert codes(error) == [code]
    assert isinstance(error, DefinitionError)


def test_all_faults_of_the_parameters_are_told_at_once(machine):
    parameters = [COUNT, {"Name": "Dry", "Type": "Boolean"}]
    error = refused(machine, machine.step("first", WRITE), parameters=parameters, given={"Duont": 1, "Dry": "yes"})
    found = {(finding.code, finding.where) for finding in error.findings}
    assert found == {("DEF110", "Duont"), ("DEF013", "Count"), ("DEF011", "Dry")}


def test_unknown_parameters_are_told_in_the_order_in_which_they_are_given(machine):
    given = {f"P{number}": 1 for number in (3, 1, 2, 9, 5, 4)}
    error = refused(machine, machine.step("first", WRITE), given=given)
    assert [finding.where for finding in error.findings] == list(given)


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


def test_a_parameter_that_is_read_elsewhere_too_must_be_given(machine):
    step = machine.step("first", WRITE, RoleArn=get("Parameters.Role"), Environment={"R": get("Parameters.Role")})
    assert codes(refused(machine, step, parameters=[{"Name": "Role", "Type": "String"}])) == ["DEF013"]


def test_a_reference_that_leads_nowhere_fails_its_step_and_names_the_reference(machine):
    second = machine.step("second", WRITE, Environment={"A": get("Steps.first.NoSuchMember")})
    with pytest.raises(StepFailedError, match=r"RUN030.*Get\('Steps\.first\.NoSuchMember'\)"):
        machine.run(machine.step("first", WRITE), second)
    assert machine.rows("SELECT name, status FROM steps ORDER BY rowid") == [
        ("first", "Succeeded"),
        ("second", "Failed"),
    ]


def test_a_command_that_is_not_there_fails_the_step_and_is_named(machine):
    step = machine.step("first", WRITE)
    step["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = ["no-such-command"]
    with pytest.raises(StepFailedError, match="no-such-command"):
        machine.run(step)


# Requests that another tool or a hand may well write, and that do not run here: each changes a good step's arguments.
UNUSABLE = {
    "no AppSpecification": lambda a: a.pop("AppSpecification"),
    "an AppSpecification that is text": lambda a: a.update(AppSpecification="image"),
    "an entrypoint that is text": lambda a: a["AppSpecification"].update(ContainerEntrypoint="python3 main.py"),
    "a NUL in an argument": lambda a: a["AppSpecification"].update(ContainerArguments=["\0"]),
    "an input without a name": lambda a: a["ProcessingInputs"][0].pop("InputName"),
    "an input that AWS manages": lambda a: a["ProcessingInputs"].append({"InputName": "x", "DatasetDefinition": {}}),
    "an input without a local path": lambda a: a["ProcessingInputs"][0]["S3Input"].pop("LocalPath"),
    "an input without a place in S3": lambda a: a["ProcessingInputs"][0]["S3Input"].pop("S3Uri"),
    "an input whose place is a number": lambda a: a["ProcessingInputs"][0]["S3Input"].update(S3Uri=5),
    "an input from https": lambda a: a["ProcessingInputs"][0]["S3Input"].update(S3Uri="https://bucket/key"),
    "inputs that are an object": lambda a: a.update(ProcessingInputs={"code": "s3://bucket/key"}),
    "inputs that are null": lambda a: a.update(ProcessingInputs=None),
    "an output to a feature store": lambda a: a["ProcessingOutputConfig"]["Outputs"].append(
        {"OutputName": "features", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "AppManaged": True}
    ),
    "an output without a local path": lambda a: a["ProcessingOutputConfig"]["Outputs"][0]["S3Output"].pop("LocalPath"),
    "an output without a place in S3": lambda a: a["ProcessingOutputConfig"]["Outputs"][0]["S3Output"].pop("S3Uri"),
    "an output without a name": lambda a: a["ProcessingOutputConfig"]["Outputs"][0].pop("OutputName"),
    "an output config that is null": lambda a: a.update(ProcessingOutputConfig=None),
    "an environment that is a list": lambda a: a.update(Environment=["A=1"]),
    "an environment name with an equals sign": lambda a: a.update(Environment={"A=B": "1"}),
    "a runtime that is text": lambda a: a.update(StoppingCondition={"MaxRuntimeInSeconds": "60"}),
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
def test_a_request_that_cannot_run_here_is_an_error_of_ours_that_names_the_step(machine, spoil):
    step = machine.step("first", WRITE)
    spoil(step["Arguments"])
    with pytest.raises(StepsmithError) as caught:
        machine.run(step)
    assert all(finding.where.startswith("steps.first") for finding in caught.value.findings)
    assert machine.sandboxes() == []


def test_a_property_file_in_an_output_that_is_not_there_is_refused_before_anything_runs(machine):
    wrong = {"PropertyFileName": "report", "OutputName": "uot", "FilePath": "report.json"}
    error = refused(machine, machine.step("first", WRITE, property_files=[wrong]))
    assert "'uot'" in str(error)


def test_a_property_file_outside_its_output_is_not_read(machine):
    machine.put("s3://other/secret.json", '{"a": "secret"}')
    outside = {"PropertyFileName": "f", "OutputName": "out", "FilePath": "../../../../other/secret.json"}
    first = machine.step("first", WRITE, property_files=[outside])
    second = machine.step("second", WRITE, Environment={"A": json_get("first", "f", "a")})
    with pytest.raises(StepsmithError):
        machine.run(first, second)


def test_a_function_that_this_machine_does_not_know_is_refused_and_not_passed_on_as_text(machine):
    value = {"Std:JsonGet": {"S3Uri": output_of("first"), "Path": "a"}}
    with pytest.raises(StepsmithError):
        machine.run(machine.step("first", WRITE), machine.step("second", WRITE, Environment={"A": value}))


def test_the_store_is_the_nearest_one_where_none_is_given(machine, tmp_path, monkeypatch):
    below = tmp_path / "project" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    (tmp_path / "project" / ".stepsmith").mkdir()
    with pytest.raises(StepFailedError, match="RUN042"):
        run(machine.compiled(machine.step("first", WRITE)))
    assert (tmp_path / "project" / ".stepsmith" / "stepsmith.db").is_file()


def test_a_store_that_is_given_relative_to_the_working_directory_stays_where_it_is(machine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(machine.compiled(machine.step("first", WRITE)), store=os.path.relpath(machine.store.root))
    assert done.store.root == machine.store.root
    assert done.status == "Succeeded"


def test_a_store_that_cannot_be_a_folder_is_an_error_of_ours(machine, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StepsmithError, match="file"):
        run(machine.compiled(machine.step("first", WRITE)), store=tmp_path / "file")


def test_a_failed_steps_error_comes_whole_out_of_another_process():
    error = StepFailedError("first", Finding("RUN044", "no memory", fix="use more"), Path("first.log"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.step, again.reason, again.log) == ("first", "no memory", Path("first.log"))
    assert again.findings == error.findings
