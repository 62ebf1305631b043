import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stepsmith.definition.model import PropertyFile
from stepsmith.diagnostics import RunError, Suggestion
from stepsmith.local.executors.executor import StepStoppedError
from stepsmith.local.executors.processing import run_processing
from stepsmith.local.sandbox.job import Job, Outcome, Sandbox
from stepsmith.local.sandbox.plain_process import PlainProcess
from stepsmith.local.sandbox.supervisor import can_confine
from stepsmith.local.step_outputs import StepOutputs

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
WRITE = 'echo here > "$OUT/a.txt"'


def job_input(name="data", uri="s3://bucket/data/", path=f"{INPUT}/data", **members):
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": path, **members}}


def job_output(name="out", uri="s3://bucket/run/out", path=f"{OUTPUT}/out"):
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}}


OUT = (job_output(),)


def request(script=WRITE, inputs=(), outputs=OUT, arguments=(), **members):
    """A request of CreateProcessingJob's shape that runs a shell script, which knows its folders by their names."""
    return {
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["sh", "-euc", script],
            "ContainerArguments": ["sh", *arguments],
        },
        "ProcessingInputs": list(inputs),
        "ProcessingOutputConfig": {"Outputs": list(outputs)},
        **members,
        "Environment": {
            "OUT": f"{OUTPUT}/out",
            "OUTPUT": OUTPUT,
            "IN": INPUT,
            "ML": "/opt/ml",
            **members.get("Environment", {}),
        },
    }


@pytest.fixture
def objects(machine):
    return machine.store.objects


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "sandbox"
    folder.mkdir()
    return folder


@pytest.fixture
def sandbox(root, kind, launcher):
    """A sandbox of each kind."""
    return Sandbox(root, kind, launcher)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def process_in(objects, machine, log):
    """Runs a request in a sandbox; what later steps can read of it."""

    def run(sandbox, request, property_files=()):
        outputs = StepOutputs(objects, machine.store.working_folder("run"), "first")
        return run_processing(request, property_files, objects, outputs, sandbox, "pipelines-1-first", log)

    return run


@pytest.fixture
def process(process_in, sandbox):
    """Runs a request in a sandbox of each kind."""
    return lambda request, property_files=(), sandbox=sandbox: process_in(sandbox, request, property_files)


@pytest.fixture
def expect_failure(process, machine, expect_error):
    """Expects that a request fails with this code and place, after which the objects are as they were; the finding."""

    def expect(request, code, where="", *, text=True, **settings):
        before = machine.contents()
        with expect_error(code, where, kind=RunError, text=text) as raised:
            process(request, **settings)
        assert machine.contents() == before
        return raised.value.findings[0]

    return expect


def test_what_later_steps_read_is_the_request_with_the_jobs_name_and_status(process):
    asked = request()
    finished = process(asked)
    assert finished.properties == {
        **asked,
        **finished.properties,
        "ProcessingJobName": "pipelines-1-first",
        "ProcessingJobStatus": "Completed",
    }


def test_an_output_is_found_at_its_key_with_its_folders(process, objects):
    process(request('mkdir -p "$OUT/deep/er"; echo 1 > "$OUT/deep/er/a"; echo 2 > "$OUT/.hidden"'))
    place = objects.path("s3://bucket/run/out")
    files = {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*") if path.is_file()}
    assert files == {"deep/er/a": "1\n", ".hidden": "2\n"}


def test_the_folders_of_the_outputs_are_there_before_the_process_begins(process):
    process(request('test -d "$OUT"; ' + WRITE))


def test_an_input_is_brought_with_its_folders_to_its_local_path(process, objects, machine):
    machine.put("s3://bucket/data/a.csv", "1")
    machine.put("s3://bucket/data/deep/b.csv", "2")
    process(
        request('cd "$IN/data"; find . -type f | sort > "$OUT/names"; cat a.csv deep/b.csv > "$OUT/all"', [job_input()])
    )
    assert objects.path("s3://bucket/run/out/names").read_text() == "./a.csv\n./deep/b.csv\n"
    assert objects.path("s3://bucket/run/out/all").read_text() == "12"


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("s3://bucket/data/model", ["model", "model.tar.gz", "models/x"]),
        ("s3://bucket/data/model.tar.gz", ["model.tar.gz"]),
        ("s3://bucket/data/models", ["x"]),
        ("s3://bucket/data/models/", ["x"]),
    ],
)
def test_an_input_is_every_object_whose_key_begins_with_its_uri(process, objects, machine, prefix, names):
    for name in ("model", "model.tar.gz", "models/x", "other"):
        machine.put(f"s3://bucket/data/{name}", "")
    process(request('cd "$IN/data"; find . -type f | sort > "$OUT/names"', [job_input(uri=prefix)]))
    assert objects.path("s3://bucket/run/out/names").read_text().split() == [f"./{name}" for name in names]


def test_a_process_may_change_its_inputs_without_changing_the_objects(process, machine):
    machine.put("s3://bucket/data/a.csv", "as it was")
    process(request('echo changed > "$IN/data/a.csv"; rm -r "$IN/data"; ' + WRITE, [job_input()]))
    assert machine.read("s3://bucket/data/a.csv") == "as it was"


def test_an_input_that_is_not_there_is_named_with_its_place_on_this_machine(expect_failure):
    expect_failure(request(inputs=[job_input(uri="s3://bucket/nothing/here/")]), "RUN042")


@pytest.mark.parametrize(
    "wrong",
    [
        {"InputName": "data", "DatasetDefinition": {}},
        job_input(S3DataType="ManifestFile"),
        job_input(S3InputMode="Pipe"),
    ],
    ids=["a dataset", "a manifest", "a pipe"],
)
def test_an_input_that_is_not_brought_on_this_machine_is_refused(expect_failure, wrong):
    expect_failure(request(inputs=[wrong]), "RUN041", "Arguments.ProcessingInputs[0]")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/stepsmith",
        "/opt/ml/processing",
        "/opt/ml/model",
        "/opt/ml/processing/../../../etc",
        "opt/ml/processing/input",
        pytest.param("", id="nothing"),
    ],
)
def test_a_path_that_a_sandbox_does_not_have_is_refused(expect_failure, machine, path):
    machine.put("s3://bucket/data/a.csv", "")
    input_place, output_place = "ProcessingInputs[0].S3Input", "ProcessingOutputConfig.Outputs[0].S3Output"
    expect_failure(request(inputs=[job_input(path=path)]), "RUN047", f"Arguments.{input_place}.LocalPath")
    expect_failure(request(outputs=[job_output(path=path)]), "RUN047", f"Arguments.{output_place}.LocalPath")


def test_arguments_and_environment_are_text_and_lead_to_the_containers_folders(process, objects, sandbox):
    script = 'for one in "$@" "$COUNT" "$DIR"; do echo "$one" >> "$OUT/seen"; done'
    process(request(script, arguments=["--dir", f"{INPUT}/data", 7, 0.5], Environment={"COUNT": 3, "DIR": INPUT}))
    seen = objects.path("s3://bucket/run/out/seen").read_text().splitlines()
    place = sandbox.rewrite_paths(INPUT)
    assert seen == ["--dir", f"{place}/data", "7", "0.5", "3", place]


def test_the_configuration_says_what_the_containers_does(process, objects, sandbox, machine):
    machine.put("s3://bucket/data/a.csv", "")
    asked = request('cp "$ML"/config/*.json "$OUT"', [job_input()])
    process(asked)
    read = {
        name: json.loads(objects.path(f"s3://bucket/run/out/{name}config.json").read_text())
        for name in ("processingjob", "resource")
    }
    job = read["processingjob"]
    assert job.pop("ProcessingJobName") == "pipelines-1-first"
    assert isinstance(job.pop("ProcessingJobArn"), str)
    assert job == json.loads(json.dumps(asked).replace("/opt/ml", sandbox.rewrite_paths("/opt/ml")))
    assert read["resource"] == {"current_host": "algo-1", "hosts": ["algo-1"]}


@pytest.mark.parametrize("name", ["with space", "größe", 'with "quotes"', "back\\slash"])
def test_the_configuration_is_json_whatever_the_path_of_the_sandbox(process_in, objects, tmp_path, name, launcher):
    root = tmp_path / name
    root.mkdir()
    sandbox = Sandbox(root, PlainProcess(), launcher)
    process_in(sandbox, request('cp "$ML/config/processingjobconfig.json" "$OUT"'))
    job = json.loads(objects.path("s3://bucket/run/out/processingjobconfig.json").read_text(encoding="utf-8"))
    (output,) = job["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["LocalPath"] == f"{root}/opt/ml/processing/output/out"


def test_a_step_without_an_entrypoint_is_refused_for_its_image_does_not_run_here(expect_failure):
    asked = {**request(), "AppSpecification": {"ImageUri": "image"}}
    expect_failure(asked, "RUN040", "Arguments.AppSpecification")


def test_arguments_alone_are_no_command_for_the_image_says_what_takes_them(expect_failure):
    application = {"ImageUri": "image", "ContainerArguments": ["sh", "-c", WRITE]}
    expect_failure({**request(), "AppSpecification": application}, "RUN040", "Arguments.AppSpecification")


def test_the_reason_that_a_process_leaves_is_why_it_failed(expect_failure):
    expect_failure(request('echo " no column label " > "$ML/output/message"; exit 1'), "RUN044")


def test_a_long_reason_is_cut_as_the_service_cuts_it_and_stays_text(expect_failure):
    long = "x" + "ä" * 1000
    finding = expect_failure(request(f'printf {long} > "$ML/output/message"; exit 1'), "RUN044", text=False)
    assert finding.message == long[:512]  # 1023 bytes: the 1024th is the first half of a letter


@pytest.mark.parametrize("message", ["", " \n"], ids=["nothing", "white space"])
def test_a_reason_that_says_nothing_is_none(expect_failure, message):
    expect_failure(request(f'printf "{message}" > "$ML/output/message"; exit 1'), "RUN044")


@pytest.mark.parametrize("end", ["exit 3", "exit 255", "kill -KILL $$", "kill -TERM $$", "exit 139"])
def test_a_process_that_fails_without_a_reason_is_told_by_how_it_ended(expect_failure, end):
    expect_failure(request(f"{WRITE}; {end}"), "RUN044")


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(r"one\ntwo\n\n \n", id="before empty lines"),
        pytest.param(r"no line break", id="without a line break"),
        pytest.param(r"one\r\n  two \t\r\n", id="in white space"),
        pytest.param(r"\033[31mred\033[0m\n", id="with escapes"),
        pytest.param(r"latin \344\n", id="not in UTF-8"),
    ],
)
def test_a_process_that_fails_without_a_reason_is_told_by_the_last_line_of_its_log(expect_failure, printed):
    expect_failure(request(f"printf '{printed}'; exit 1"), "RUN044")


def test_of_a_last_line_without_end_the_end_is_told(expect_failure):
    expect_failure(request("head -c 100000 /dev/zero | tr '\\0' x; printf end; exit 1"), "RUN044")


def test_a_reason_comes_before_the_last_line_of_the_log(expect_failure):
    expect_failure(request('echo printed; echo reason > "$ML/output/message"; exit 1'), "RUN044")


def test_where_the_container_has_a_path_the_reason_has_it_too(expect_failure):
    expect_failure(request('echo "no such file: $IN/data" > "$ML/output/message"; exit 1'), "RUN044")


@pytest.mark.parametrize(
    "script",
    ['ln -s "$SECRET/message" "$ML/output/message"', 'rm -r "$ML/output"; ln -s "$SECRET" "$ML/output"'],
    ids=["itself", "the folder above it"],
)
def test_a_reason_that_is_a_link_out_of_the_sandbox_is_not_read(expect_failure, tmp_path, script):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/message").write_text("a secret of this machine")
    expect_failure(request(f"{script}; exit 1", Environment={"SECRET": str(tmp_path / "secret")}), "RUN044")


@pytest.mark.parametrize("program", ["mkdir", "mkfifo"])
def test_a_reason_that_is_no_file_is_none(expect_failure, program):
    expect_failure(request(f'{program} "$ML/output/message"; exit 1'), "RUN044")


def test_a_reason_left_by_a_process_that_ends_well_is_no_failure(process):
    assert process(request(f'echo odd > "$ML/output/message"; {WRITE}')).property_files == {}


def test_a_process_that_takes_longer_than_it_may_fails_whatever_it_has_written(
    expect_failure, root, kind, launcher, quick_timeout, log
):
    asked = request(f"{WRITE}; echo begun; exec sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 1})
    expect_failure(asked, "RUN043", sandbox=Sandbox(root, kind, quick_timeout(launcher)))
    assert log.read_text() == "begun\n"


def test_a_process_that_does_not_want_to_end_fails_all_the_same(
    expect_failure, root, kind, impatient_launcher, quick_timeout, log, trace
):
    script = f"trap '' TERM; {WRITE}; echo begun; while :; do sleep 0.05; done"
    asked = request(script, arguments=[trace.word], StoppingCondition={"MaxRuntimeInSeconds": 1})
    expect_failure(asked, "RUN043", sandbox=Sandbox(root, kind, quick_timeout(impatient_launcher)))
    assert log.read_text() == "begun\n"
    assert trace.is_gone()


def test_a_process_that_prints_without_end_fails(expect_failure, log):
    expect_failure(request(f"{WRITE}; exec yes all work and no play"), "RUN061")
    os.truncate(log, 0)  # pytest keeps the folders of the last runs


def test_a_process_that_prints_what_is_no_text_fails(expect_failure):
    expect_failure(request(f"{WRITE}; printf 'text\\0\\377'"), "RUN063")


@pytest.mark.parametrize("how", ["", "setsid "], ids=["in its session", "in a session of its own"])
def test_a_process_that_leaves_another_behind_fails(expect_failure, root, kind, impatient_launcher, trace, how):
    script = f"{WRITE}; {how}sh -c 'sleep 60; :' {trace.word} & true"
    expect_failure(request(script), "RUN062", sandbox=Sandbox(root, kind, impatient_launcher))
    assert trace.is_gone()


def test_a_process_that_left_another_behind_and_failed_failed_for_its_own_reason(
    expect_failure, root, kind, impatient_launcher
):
    expect_failure(request("sleep 60 & exit 3"), "RUN044", sandbox=Sandbox(root, kind, impatient_launcher))


def test_a_process_that_writes_where_it_may_not_fails_and_is_told_where_it_may(expect_failure, kind):
    if kind.name == "process" and not can_confine():
        pytest.skip("this kernel has no Landlock, or switched it off")
    elsewhere = Path("/usr/stepsmith-test")
    expect_failure(request(f"""{WRITE}; exec python3 -I -S -c "open('{elsewhere}', 'w')" """), "RUN044")
    assert not elsewhere.exists()


def test_a_process_that_fails_for_another_reason_is_not_told_where_it_may_write(expect_failure):
    assert expect_failure(request("echo broken; exit 1"), "RUN044").suggestion == Suggestion()


def test_a_process_that_writes_beside_its_output_fails_and_is_told_where_its_file_is(expect_failure):
    script = 'echo here > "$OUTPUT/a.txt"; mkdir "$ML/model"; echo here > "$ML/model/b.txt"'
    expect_failure(request(script), "RUN046")


@pytest.mark.parametrize(
    "script",
    ["true", 'echo odd > "$ML/output/message"', 'echo x >> "$IN/data/a.csv"'],
    ids=["nothing", "a message", "an input"],
)
def test_what_was_there_anyway_is_no_hint(expect_failure, machine, script):
    machine.put("s3://bucket/data/a.csv", "1")
    assert expect_failure(request(script, [job_input()]), "RUN046").suggestion == Suggestion()


def test_a_process_that_is_stopped_with_its_run_is_no_failure(
    process, root, kind, own_launcher, log, wait_for, machine, expect_error
):
    with ThreadPoolExecutor(1) as pool:
        asked = request(f"{WRITE}; echo begun; exec sleep 60")
        running = pool.submit(process, asked, sandbox=Sandbox(root, kind, own_launcher))
        wait_for(lambda: log.exists() and log.read_text())
        own_launcher.stop()
        with expect_error("RUN060", kind=StepStoppedError):
            running.result()
    assert machine.contents() == {}


class Noted:
    """A sandbox that runs nothing: it notes the job, writes an output and ends as it is told."""

    def __init__(self, root):
        inner = Sandbox(root, PlainProcess(), None)
        self.path, self.rewrite_paths, self.jobs = inner.path, inner.rewrite_paths, []

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        (self.path(OUTPUT) / "out/a.txt").write_text("")
        return Outcome(0)


@pytest.mark.parametrize(
    ("members", "seconds"), [({}, 86400), ({"StoppingCondition": {"MaxRuntimeInSeconds": 1200}}, 1200)]
)
def test_a_process_has_the_time_that_its_stopping_condition_says_or_a_day(process_in, root, members, seconds):
    sandbox = Noted(root)
    process_in(sandbox, request(**members))
    assert [job.timeout_seconds for job in sandbox.jobs] == [seconds]


@pytest.mark.parametrize("script", ["true", 'mkdir "$OUT/empty"', 'rm -r "$OUT"'], ids=["nothing", "a folder", "gone"])
def test_a_process_that_ends_well_and_leaves_no_output_failed(expect_failure, script):
    expect_failure(request(script), "RUN046")


@pytest.mark.parametrize(
    "script",
    [
        f'{WRITE}; ln -s /etc/hostname "$OUT/deep"',
        f'{WRITE}; mkdir "$OUT/d"; ln -s a.txt "$OUT/d/link"',
        f'{WRITE}; ln -s nowhere "$OUT/link"',
        f'{WRITE}; ln -s . "$OUT/link"',
        f'{WRITE}; mkfifo "$OUT/pipe"',
    ],
    ids=["out of it", "to a file beside it", "to nothing", "to a folder", "a pipe"],
)
def test_an_output_that_holds_what_is_no_file_is_refused_and_nothing_of_it_is_kept(expect_failure, script):
    expect_failure(request(script), "RUN045")


@pytest.mark.parametrize(
    "script",
    ['rm -r "$OUT"; ln -s "$ELSEWHERE/out" "$OUT"', 'rm -r "$OUTPUT"; ln -s "$ELSEWHERE" "$OUTPUT"'],
    ids=["itself", "a folder above it"],
)
def test_an_output_that_is_reached_through_a_link_is_refused_and_what_it_leads_to_stays(
    expect_failure, tmp_path, script
):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "out").mkdir(parents=True)
    (elsewhere / "out/mine.txt").write_text("mine")
    expect_failure(request(script, Environment={"ELSEWHERE": str(elsewhere)}), "RUN045")
    assert (elsewhere / "out/mine.txt").read_text() == "mine"


TWO = (job_output(), job_output("more", "s3://bucket/run/more", f"{OUTPUT}/more"))


def test_several_outputs_are_kept_each_at_its_key(process, machine):
    process(request('echo 1 > "$OUTPUT/out/a"; echo 2 > "$OUTPUT/more/b"', outputs=TWO))
    assert (machine.read("s3://bucket/run/out/a"), machine.read("s3://bucket/run/more/b")) == ("1\n", "2\n")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param(WRITE, "RUN046", id="left empty"),
        pytest.param(f'{WRITE}; ln -s a "$OUTPUT/more/link"', "RUN045", id="a link"),
    ],
)
def test_of_several_outputs_none_is_kept_when_one_cannot_be(expect_failure, script, code):
    expect_failure(request(script, outputs=TWO), code)


def test_of_several_outputs_none_is_kept_when_one_has_no_place(process, objects, machine, expect_error):
    machine.put("s3://bucket/taken", "a file where the second output's folder would be")
    outputs = (TWO[0], job_output("more", "s3://bucket/taken", f"{OUTPUT}/more"))
    with expect_error("RUN011"):
        process(request('echo 1 > "$OUTPUT/out/a"; echo 2 > "$OUTPUT/more/b"', outputs=outputs))
    assert not objects.path("s3://bucket/run/out").exists()
    assert machine.read("s3://bucket/taken").startswith("a file")


def test_of_several_outputs_none_is_kept_though_the_folder_of_one_was_there_before(process, machine, expect_error):
    machine.put("s3://bucket/latest/a", "as it was")
    machine.put("s3://bucket/taken", "a file where the second output's folder would be")
    outputs = (job_output(uri="s3://bucket/latest"), job_output("more", "s3://bucket/taken", f"{OUTPUT}/more"))
    with expect_error("RUN011"):
        process(
            request('echo 1 > "$OUTPUT/out/a"; echo 1 > "$OUTPUT/out/b"; echo 2 > "$OUTPUT/more/c"', outputs=outputs)
        )
    assert machine.read("s3://bucket/latest/a") == "as it was"
    assert not machine.store.objects.has("s3://bucket/latest/b")


@pytest.mark.parametrize("folder", [OUTPUT, f"{OUTPUT}/out", f"{OUTPUT}/out/deep"])
def test_outputs_that_share_a_folder_are_refused_before_anything_runs(expect_failure, root, folder):
    outputs = (job_output("all", "s3://bucket/run/all", folder), job_output())
    expect_failure(request(WRITE, outputs=outputs), "RUN049", "Arguments.ProcessingOutputConfig")
    assert list(root.iterdir()) == []


def test_what_a_job_was_given_and_what_it_left_is_counted_in_bytes(process, machine):
    machine.put("s3://bucket/data/a", "12345")
    machine.put("s3://bucket/data/deep/b", "678")
    machine.put("s3://bucket/more/c", "9")
    inputs = [job_input(), job_input("more", "s3://bucket/more/c", f"{INPUT}/more")]
    finished = process(request('printf 1234 > "$OUTPUT/out/a"; printf 56 > "$OUTPUT/more/b"', inputs, TWO))
    assert (finished.bytes_in, finished.bytes_out) == (9, 6)


def test_a_property_file_is_found_in_its_output(process):
    files = [PropertyFile("report", "out", "deep/report.json"), PropertyFile("other", "more", "x.json")]
    script = 'mkdir "$OUT/deep"; echo {} > "$OUT/deep/report.json"; echo [] > "$OUTPUT/more/x.json"'
    finished = process(request(script, outputs=TWO), files)
    assert {name: path.read_text() for name, path in finished.property_files.items()} == {
        "report": "{}\n",
        "other": "[]\n",
    }


def test_a_job_without_inputs_and_outputs_runs(process, root):
    asked = request('echo ran > "$ML/ran"')
    del asked["ProcessingInputs"], asked["ProcessingOutputConfig"]
    process(asked)
    assert (root / "opt/ml/ran").is_file()
