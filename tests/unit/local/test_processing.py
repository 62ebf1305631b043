import json

import pytest

from stepsmith.definition.model import PropertyFile
from stepsmith.errors import RunError
from stepsmith.local.processing import run_processing
from stepsmith.local.sandbox import Job, Outcome, PlainProcess

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
WRITE = 'echo here > "$OUT/a.txt"'


def job_input(name="data", uri="s3://bucket/data/", path=f"{INPUT}/data", **members):
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": path, **members}}


def job_output(name="out", uri="s3://bucket/run/out", path=f"{OUTPUT}/out"):
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}}


OUT = (job_output(),)


def request(script=WRITE, inputs=(), outputs=OUT, arguments=(), **members):
    """A request of CreateProcessingJob's shape that runs a shell script, which knows its output as $OUT."""
    return {
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["sh", "-euc", script],
            "ContainerArguments": ["sh", *arguments],
        },
        "ProcessingInputs": list(inputs),
        "ProcessingOutputConfig": {"Outputs": list(outputs)},
        **members,
        "Environment": {"OUT": f"{OUTPUT}/out", "OUTPUT": OUTPUT, "IN": INPUT, **members.get("Environment", {})},
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
def process(objects, root, tmp_path):
    """Runs a request in a sandbox; what later steps can read of it."""

    def run(request, property_files=(), sandbox=None):
        sandbox = sandbox or PlainProcess(root)
        return run_processing(request, property_files, objects, sandbox, "pipelines-1-first", tmp_path / "log")

    return run


@pytest.fixture
def refused(process, objects):
    """The one finding of a request that fails, of which no output may be left."""

    def run(request, **settings):
        with pytest.raises(RunError) as caught:
            process(request, **settings)
        assert not objects.path("s3://bucket/run").exists()
        (finding,) = caught.value.findings
        return finding

    return run


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


def test_an_input_that_is_not_there_is_named_with_its_place_on_this_machine(refused, objects):
    finding = refused(request(inputs=[job_input(uri="s3://bucket/nothing/here/")]))
    assert finding.code == "RUN042"
    assert "'data'" in finding.what
    assert "s3://bucket/nothing/here/" in finding.what
    assert str(objects.path("s3://bucket/nothing/here")) in finding.fix


@pytest.mark.parametrize(
    "wrong",
    [
        {"InputName": "data", "DatasetDefinition": {}},
        job_input(S3DataType="ManifestFile"),
        job_input(S3InputMode="Pipe"),
    ],
    ids=["a dataset", "a manifest", "a pipe"],
)
def test_an_input_that_is_not_brought_on_this_machine_is_refused(refused, wrong):
    assert refused(request(inputs=[wrong])).code == "RUN041"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/stepsmith",
        "/opt/ml/processing",
        "/opt/ml/model",
        "/opt/ml/processing/../../../etc",
        "opt/ml/processing/input",
        "",
    ],
)
def test_a_path_that_a_sandbox_does_not_have_is_refused(refused, machine, path):
    machine.put("s3://bucket/data/a.csv", "")
    assert refused(request(inputs=[job_input(path=path)])).code == "RUN047"
    assert refused(request(outputs=[job_output(path=path)])).code == "RUN047"


def test_arguments_and_environment_are_text_with_the_root_of_this_machine(process, objects, root):
    script = 'for one in "$@" "$COUNT" "$DIR"; do echo "$one" >> "$OUT/seen"; done'
    process(request(script, arguments=["--dir", f"{INPUT}/data", 7, 0.5], Environment={"COUNT": 3, "DIR": INPUT}))
    seen = objects.path("s3://bucket/run/out/seen").read_text().splitlines()
    place = str(root / "opt/ml/processing/input")
    assert seen == ["--dir", f"{place}/data", "7", "0.5", "3", place]


def test_the_configuration_says_what_the_containers_does_with_the_root_of_this_machine(process, objects, root, machine):
    machine.put("s3://bucket/data/a.csv", "")
    asked = request('cp "$STEPSMITH_ML_ROOT"/config/*.json "$OUT"', [job_input()])
    process(asked)
    read = {
        name: json.loads(objects.path(f"s3://bucket/run/out/{name}config.json").read_text())
        for name in ("processingjob", "resource")
    }
    expected = json.loads(json.dumps(asked).replace("/opt/ml", f"{root}/opt/ml"))
    job = read["processingjob"]
    assert job.pop("ProcessingJobName") == "pipelines-1-first"
    assert isinstance(job.pop("ProcessingJobArn"), str)
    assert job == expected
    assert read["resource"] == {"current_host": "algo-1", "hosts": ["algo-1"]}


@pytest.mark.parametrize("name", ["with space", "größe", 'with "quotes"', "back\\slash"])
def test_the_configuration_is_json_whatever_the_path_of_the_sandbox(process, objects, tmp_path, name):
    root = tmp_path / name
    root.mkdir()
    process(request('cp "$STEPSMITH_ML_ROOT/config/processingjobconfig.json" "$OUT"'), sandbox=PlainProcess(root))
    job = json.loads(objects.path("s3://bucket/run/out/processingjobconfig.json").read_text(encoding="utf-8"))
    (output,) = job["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["LocalPath"] == f"{root}/opt/ml/processing/output/out"


def test_a_step_without_an_entrypoint_is_refused_for_its_image_does_not_run_here(refused):
    finding = refused({**request(), "AppSpecification": {"ImageUri": "image"}})
    assert finding.code == "RUN040"
    assert "ContainerEntrypoint" in finding.fix


def test_arguments_alone_are_no_command_for_the_image_says_what_takes_them(refused):
    application = {"ImageUri": "image", "ContainerArguments": ["sh", "-c", WRITE]}
    assert refused({**request(), "AppSpecification": application}).code == "RUN040"


def test_the_reason_that_a_process_leaves_is_why_it_failed(refused):
    finding = refused(request('echo " no column label " > "$STEPSMITH_ML_ROOT/output/message"; exit 1'))
    assert (finding.code, finding.what) == ("RUN044", "no column label")


def test_a_long_reason_is_cut_as_the_service_cuts_it_and_stays_text(refused):
    long = "x" + "ä" * 1000
    finding = refused(request(f'printf {long} > "$STEPSMITH_ML_ROOT/output/message"; exit 1'))
    assert finding.what == long[:512]  # 1023 bytes: the 1024th is the first half of a letter


@pytest.mark.parametrize("message", ["", " \n"])
def test_a_reason_that_says_nothing_is_none(refused, message):
    finding = refused(request(f'printf "{message}" > "$STEPSMITH_ML_ROOT/output/message"; exit 1'))
    assert finding.what == "it ended with exit status 1 and left no reason"


@pytest.mark.parametrize(
    ("end", "how"), [("exit 3", "exit status 3"), ("kill -KILL $$", "signal 9"), ("kill -TERM $$", "signal 15")]
)
def test_a_process_that_fails_without_a_reason_is_told_by_how_it_ended(refused, end, how):
    assert refused(request(f"{WRITE}; {end}")).what == f"it ended with {how} and left no reason"


def test_a_reason_left_by_a_process_that_ends_well_is_no_failure(process):
    assert process(request(f'echo odd > "$STEPSMITH_ML_ROOT/output/message"; {WRITE}')).property_files == {}


def test_a_process_that_takes_longer_than_it_may_fails_whatever_it_has_written(refused):
    finding = refused(request(f"{WRITE}; exec sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert finding.code == "RUN043"
    assert "MaxRuntimeInSeconds, 1," in finding.what


class Noted:
    """A sandbox that runs nothing: it notes the job, writes an output and ends as it is told."""

    def __init__(self, root):
        self._inner = PlainProcess(root)
        self.path, self.seen, self.jobs = self._inner.path, self._inner.seen, []

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        (self.path(OUTPUT) / "out/a.txt").write_text("")
        return Outcome(0)


@pytest.mark.parametrize(
    ("members", "seconds"), [({}, 86400), ({"StoppingCondition": {"MaxRuntimeInSeconds": 1200}}, 1200)]
)
def test_a_process_has_the_time_that_its_stopping_condition_says_or_a_day(process, root, members, seconds):
    sandbox = Noted(root)
    process(request(**members), sandbox=sandbox)
    assert [job.timeout_seconds for job in sandbox.jobs] == [seconds]


@pytest.mark.parametrize("script", ["true", 'mkdir "$OUT/empty"', 'rm -r "$OUT"'], ids=["nothing", "a folder", "gone"])
def test_a_process_that_ends_well_and_leaves_no_output_failed(refused, script):
    finding = refused(request(script))
    assert finding.code == "RUN046"
    assert "'out'" in finding.what


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
def test_an_output_that_holds_what_is_no_file_is_refused_and_nothing_of_it_is_kept(refused, script):
    finding = refused(request(script))
    assert finding.code == "RUN045"
    assert "'out'" in finding.what


@pytest.mark.parametrize(
    "script",
    ['rm -r "$OUT"; ln -s "$ELSEWHERE/out" "$OUT"', 'rm -r "$OUTPUT"; ln -s "$ELSEWHERE" "$OUTPUT"'],
    ids=["itself", "a folder above it"],
)
def test_an_output_that_is_reached_through_a_link_is_refused_and_what_it_leads_to_stays(refused, tmp_path, script):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "out").mkdir(parents=True)
    (elsewhere / "out/mine.txt").write_text("mine")
    refused(request(script, Environment={"ELSEWHERE": str(elsewhere)}))
    assert (elsewhere / "out/mine.txt").read_text() == "mine"


TWO = (job_output(), job_output("more", "s3://bucket/run/more", f"{OUTPUT}/more"))


def test_several_outputs_are_kept_each_at_its_key(process, machine):
    process(request('echo 1 > "$OUTPUT/out/a"; echo 2 > "$OUTPUT/more/b"', outputs=TWO))
    assert (machine.read("s3://bucket/run/out/a"), machine.read("s3://bucket/run/more/b")) == ("1\n", "2\n")


@pytest.mark.parametrize("script", [WRITE, f'{WRITE}; ln -s a "$OUTPUT/more/link"'], ids=["left empty", "a link"])
def test_of_several_outputs_none_is_kept_when_one_cannot_be(refused, script):
    assert "'more'" in refused(request(script, outputs=TWO)).what


def test_of_several_outputs_none_is_kept_when_one_has_no_place(process, objects, machine):
    machine.put("s3://bucket/taken", "a file where the second output's folder would be")
    outputs = (TWO[0], job_output("more", "s3://bucket/taken", f"{OUTPUT}/more"))
    with pytest.raises((RunError, OSError)):
        process(request('echo 1 > "$OUTPUT/out/a"; echo 2 > "$OUTPUT/more/b"', outputs=outputs))
    assert not objects.path("s3://bucket/run/out").exists()
    assert machine.read("s3://bucket/taken").startswith("a file")


def test_of_several_outputs_none_is_kept_though_the_folder_of_one_was_there_before(process, machine):
    machine.put("s3://bucket/latest/a", "as it was")
    machine.put("s3://bucket/taken", "a file where the second output's folder would be")
    outputs = (job_output(uri="s3://bucket/latest"), job_output("more", "s3://bucket/taken", f"{OUTPUT}/more"))
    with pytest.raises((RunError, OSError)):
        process(
            request('echo 1 > "$OUTPUT/out/a"; echo 1 > "$OUTPUT/out/b"; echo 2 > "$OUTPUT/more/c"', outputs=outputs)
        )
    assert machine.read("s3://bucket/latest/a") == "as it was"
    assert not machine.store.objects.has("s3://bucket/latest/b")


def test_of_several_outputs_none_is_kept_when_one_can_no_longer_be_moved(process, objects):
    outputs = (job_output("all", "s3://bucket/run/all", OUTPUT), job_output())  # the second goes with the first
    with pytest.raises((RunError, OSError)):
        process(request(WRITE, outputs=outputs))
    assert not objects.matching("s3://bucket/run/")


def test_a_property_file_is_found_in_its_output(process):
    files = [PropertyFile("report", "out", "deep/report.json"), PropertyFile("other", "more", "x.json")]
    script = 'mkdir "$OUT/deep"; echo {} > "$OUT/deep/report.json"; echo [] > "$OUTPUT/more/x.json"'
    finished = process(request(script, outputs=TWO), files)
    assert {name: path.read_text() for name, path in finished.property_files.items()} == {
        "report": "{}\n",
        "other": "[]\n",
    }


def test_a_job_without_inputs_and_outputs_runs(process, root):
    asked = request('echo ran > "$STEPSMITH_ML_ROOT/ran"')
    del asked["ProcessingInputs"], asked["ProcessingOutputConfig"]
    process(asked)
    assert (root / "opt/ml/ran").is_file()
