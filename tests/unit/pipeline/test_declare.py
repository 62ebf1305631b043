from __future__ import annotations

# ruff: noqa: E501 - a document of one line is read beside the place that it is wrong in
import textwrap
from dataclasses import replace

import pytest

from stepsmith import Get, PayloadStepBuilder, RegistryManager, load_pipeline
from stepsmith.diagnostics import FaultsError, StepsmithError
from stepsmith.pipeline.load import compiled_pipeline
from stepsmith.scaffold import new_step
from stepsmith.steps.payload.step import STEP as PAYLOAD

OTHER = PAYLOAD.specification.model_copy(update={"step_type": "Another"})


class OtherBuilder(PayloadStepBuilder):
    specification = OTHER


HEAD = "name: p\nregion: eu-west-1\npipeline_s3_loc: s3://bucket/x\n"
# Steps with which nothing is wrong.
STEPS = "steps: {m: {type: Payload, samples: s3://bucket/k/}}"


@pytest.fixture
def load(tmp_path):
    """The pipeline that a text declares, in a folder of its own; `load.compiled` compiles it."""

    def read(text, environment=None, registry=None):
        path = tmp_path / "pipeline.yaml"
        path.write_text(textwrap.dedent(text))
        return path, {"environment": environment or {}, "registry": registry}

    def load(text, *given, **more):
        path, rest = read(text, *given, **more)
        return load_pipeline(path, **rest)

    def compiled(text, *given, **more):
        path, rest = read(text, *given, **more)
        return compiled_pipeline(path, **rest)

    load.compiled = compiled
    return load


def faults(load, text, **more):
    with pytest.raises(StepsmithError) as caught:
        load.compiled(text, **more)
    return [(finding.code, finding.at, finding.where) for finding in caught.value.findings]


def test_keys_are_the_configs_fields(load, tmp_path):
    pipeline = load(
        HEAD
        + """
parameters: {Approval: {type: String, default: Approved}}
defaults: {instance_type: ml.t3.medium}
steps:
  prepare: {type: TabularPreprocessing, data: data/*.csv, label: y, train_ratio: 0.8, validation_ratio: 0.1, test_ratio: 0.1}
  model: {type: DummyTraining, pretrained_model_path: "${param:Model}", after: prepare}
"""
    )
    assert pipeline.base_dir == tmp_path
    assert pipeline.parameters["Approval"].default == "Approved"
    assert pipeline.steps["prepare"].config.train_ratio == 0.8
    assert pipeline.steps["model"].config.pretrained_model_path == Get("Parameters.Model")
    assert pipeline.steps["model"].after == ("prepare",)
    assert pipeline.shared["instance_type"] == "ml.t3.medium"


def test_the_environment_is_put_in(load):
    text = HEAD + "steps: {m: {type: DummyTraining, pretrained_model_path: '${env:MODEL:-none}'}}"
    assert load(text, {"MODEL": "a.tgz"}).steps["m"].config.pretrained_model_path == "a.tgz"
    assert load(text).steps["m"].config.pretrained_model_path == "none"


def test_wires_are_read(load):
    text = HEAD + "steps: {p: {type: ModelPackaging, code: c, inputs: {model_input: m.model_output}}}"
    assert load(text).steps["p"].inputs == {"model_input": "m.model_output"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("- a\n", [("YML005", "", "pipeline.yaml:1:1")], id="a list"),
        pytest.param("", [("YML005", "", "pipeline.yaml:1:1")], id="empty"),
        pytest.param("just text", [("YML005", "", "pipeline.yaml:1:1")], id="text"),
        pytest.param(HEAD.replace("p", "[x]", 1) + STEPS, [("YML005", "name", "pipeline.yaml:1:7")], id="a list as name"),
        pytest.param(HEAD + "stpes: {}\n" + STEPS, [("YML006", "stpes", "pipeline.yaml:4:1")], id="an unknown key"),
        pytest.param(HEAD + "steps: [a]", [("YML005", "steps", "pipeline.yaml:4:8")], id="a list of steps"),
        pytest.param(HEAD + "steps:\n  m: x", [("YML005", "steps.m", "pipeline.yaml:5:6")], id="text as step"),
        pytest.param(HEAD + "steps:\n  m: {after: [x]}", [("YML008", "steps.m.type", "pipeline.yaml:5:3"), ("DAG002", "steps.m.after[0]", "pipeline.yaml:5:15")], id="no type"),
        pytest.param(HEAD + "steps:\n  m:\n    type: Dumy", [("STP010", "steps.m.type", "pipeline.yaml:6:11")], id="an unknown type"),
        pytest.param(HEAD + "steps:\n  m:\n    type: DummyTraining\n    after: {a: b}", [("YML005", "steps.m.after", "pipeline.yaml:7:12")], id="a mapping as after"),
        pytest.param(
            HEAD + "steps:\n  m:\n    type: DummyTraining\n    inputs: {pretrained_model_path: model}",
            [("YML007", "steps.m.inputs.pretrained_model_path", "pipeline.yaml:7:37")],
            id="a wire without an output",
        ),
        pytest.param(HEAD + "parameters:\n  P: {typ: String}\n" + STEPS, [("YML006", "parameters.P.typ", "pipeline.yaml:5:7")], id="an unknown key of a parameter"),
        pytest.param(HEAD + "parameters:\n  P: {default: 1}\n" + STEPS, [("DEF011", "parameters.P.default", "pipeline.yaml:5:16")], id="a default of another type"),
        pytest.param(HEAD + "defaults:\n  instance_typ: x\n" + STEPS, [("STP201", "defaults.instance_typ", "pipeline.yaml:5:3")], id="an unknown default"),
        pytest.param(HEAD + "steps:\n  m:\n    type: Payload\n    samples: s3://bucket/k/\n    cache: {expire_after: soon}", [("STP201", "steps.m.cache.expire_after", "pipeline.yaml:8:27")], id="a field in a field"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_line(expect_error, load, text, expected):
    with expect_error(expected):
        load.compiled(text)


def test_a_misspelt_key_is_refused_with_the_nearest(expect_error, load):
    with expect_error("YML006", "steps.m.pretrained_model_pth", "pipeline.yaml:6:5"):
        load(HEAD + "steps:\n  m: {type: DummyTraining,\n    pretrained_model_pth: x}")


def test_faults_of_the_document_and_of_the_steps_are_told_together(load):
    found = faults(
        load,
        HEAD
        + """
steps:
  m:
    type: DummyTraining
    pretrained_model_path: nope.tgz
    instance_cout: 2
  p: {type: ModelPackaging, code: nowhere, after: [m]}
""",
    )
    assert {(code, where) for code, _, where in found} == {
        ("YML006", "steps.m.instance_cout"),
        ("STP230", "steps.m.pretrained_model_path"),
        ("STP230", "steps.p.code"),
    }


def test_faults_are_told_together_where_a_step_could_not_be_read_at_all(load):
    found = faults(
        load,
        HEAD + "steps:\n  a: {type: Nope}\n  b: {type: DummyTraining, pretrained_model_path: nope.tgz, after: [a]}\n",
    )
    assert [code for code, _, _ in found] == ["STP010", "STP230"]


def test_nothing_is_said_of_what_steps_lack_where_what_they_share_cannot_be_read(load):
    found = faults(load, "name: p\nregion: [a]\npipeline_s3_loc: bucket\nsteps: {m: {type: DummyTraining}}")
    assert found == [
        ("STP201", "pipeline.yaml:2:9", "region"),
        ("STP201", "pipeline.yaml:3:18", "pipeline_s3_loc"),
        ("RES001", "pipeline.yaml:4:9", "steps.m.pretrained_model_path"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            HEAD.replace("region", "regoin") + "steps: {m: {type: DummyTraining, pretrained_model_path: a.tgz}}",
            "YML006",
        ),
        (HEAD + "steps: {m: {type: DummyTraining, pretrained_modelpath: a.tgz}}", "YML006"),
        (HEAD + "stesp: {m: {type: DummyTraining}}", "YML006"),
        (HEAD + "steps: []", "YML005"),
        (
            HEAD
            + "parameters: {P: {type: Strng}}\nsteps: {m: {type: DummyTraining, pretrained_model_path: '${param:P}'}}",
            "DEF010",
        ),
    ],
)
def test_what_only_follows_from_a_fault_is_not_told_as_another(load, model_archive, text, code):
    model_archive("a.tgz")
    assert [found for found, _, _ in faults(load, text)] == [code]


def test_all_values_that_cannot_be_read_are_told_at_once(load):
    text = "name: ${env:A}\nregion: ${env:B}\nname: again\n"
    assert [code for code, _, _ in faults(load, text)] == ["YML008", "YML011", "YML011", "YML002"]


@pytest.mark.parametrize("steps", ["5", "true", "text", "[]", "[a]"])
def test_steps_that_are_no_mapping_are_one_error(load, steps):
    assert [code for code, _, _ in faults(load, HEAD + f"steps: {steps}")] == ["YML005"]


def test_a_parameters_default_may_come_from_the_environment(load):
    text = HEAD + "parameters: {N: {type: Integer, default: '${env:N:-5}'}}\nsteps: {m: {type: DummyTraining}}"
    assert load(text).parameters["N"].default == 5
    assert load(text, {"N": "7"}).parameters["N"].default == 7


def test_the_type_that_is_written_is_the_type_whoever_else_takes_such_a_config(load):
    registry = RegistryManager()
    registry.register(replace(PAYLOAD, specification=OTHER, builder_class=OtherBuilder))
    text = HEAD + "steps: {a: {type: Payload}, b: {type: Another}}"
    steps = load(text, registry=registry).steps
    assert (steps["a"].step_type, steps["b"].step_type) == ("Payload", "Another")


def test_a_fault_found_in_compiling_has_its_line_too(load):
    assert faults(load, HEAD + "steps:\n\n  m: {type: DummyTraining}") == [
        ("RES001", "pipeline.yaml:6:3", "steps.m.pretrained_model_path")
    ]


def test_steps_come_from_the_registry_that_is_given(expect_error, load):
    with expect_error("STP010", "steps.m.type", "pipeline.yaml:4:19"):
        load(HEAD + "steps: {m: {type: DummyTraining}}", registry=RegistryManager(tables=[]))


def test_several_faults_are_one_error(expect_error, load):
    with expect_error(
        [("YML006", "nme", "pipeline.yaml:1:1"), ("YML006", "step", "pipeline.yaml:2:1")], kind=FaultsError
    ):
        load("nme: p\nstep: {}\n")


def test_a_step_of_a_package_beside_the_file_is_known(tmp_path):
    made = new_step("StepOfADocument", tmp_path / "step")
    pipeline = load_pipeline(made / "pipeline.yaml")
    assert pipeline.steps["step-of-a-document"].step_type == "StepOfADocument"


def test_a_package_that_is_not_there_is_told_at_its_place(load):
    found = faults(load, "packages: [nowhere]\n" + HEAD + "steps: {m: {type: ItsOwnStep}}")
    assert found == [("STP015", "pipeline.yaml:1:12", "packages[0]")]


def test_a_parameter_may_have_its_default_where_it_is_read(load):
    text = "steps: {m: {type: DummyTraining, pretrained_model_path: '${param:Model:-s3://b/m.tar.gz}'}}"
    assert load(HEAD + text).parameters["Model"].default == "s3://b/m.tar.gz"
    declared = load(HEAD + "parameters: {Model: {type: String}}\n" + text)
    assert declared.parameters["Model"].default == "s3://b/m.tar.gz"
    both = HEAD + "parameters: {Model: {default: other}}\n" + text
    assert [code for code, _, _ in faults(load, both)] == ["YML012"]


def test_a_default_where_it_is_read_has_the_type_that_is_declared(load):
    text = "steps: {m: {type: DummyTraining, max_runtime_seconds: '${param:N:-%s}'}}"
    assert load(HEAD + "parameters: {N: {type: Integer}}\n" + text % 5).parameters["N"].default == 5
    ((code, _, where), *_) = faults(load, HEAD + "parameters: {N: {type: Integer}}\n" + text % "x")
    assert (code, where) == ("DEF011", "parameters.N.default")


def test_settings_may_be_shared(load, tmp_path):
    (tmp_path / "shared.yaml").write_text("region: eu-west-1\ndefaults: {instance_typ: x}\n")
    text = "include: shared.yaml\nname: p\npipeline_s3_loc: s3://bucket/x\nsteps: {m: {type: DummyTraining}}"
    assert faults(load, text)[0] == ("STP201", "shared.yaml:2:12", "defaults.instance_typ")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("defaults: {env: {A B: x}}\n" + STEPS, [("STP213", "defaults.env.A B", "pipeline.yaml:4:23")], id="in the defaults"),
        pytest.param(
            "steps:\n  m: {type: DummyTraining, inputs: {pretrained_model_path: modl.x}}",
            [("RES003", "steps.m.pretrained_model_path", "pipeline.yaml:5:60")],
            id="in a wire",
        ),
        pytest.param(
            "defaults:\n  role: ${param:Rolle}\nsteps:\n  m: {type: Payload, samples: s3://bucket/k/, env: {A: '${param:Nope}'}}",
            [("DEF110", "defaults.role", "pipeline.yaml:5:9"), ("DEF110", "steps.m.env.A", "pipeline.yaml:7:56")],
            id="in the defaults and in a field",
        ),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, env: {A: '${param:Nope}'}}}",
            [("DEF110", "steps.m.env.A", "pipeline.yaml:4:62")],
            id="in a field",
        ),
        pytest.param(
            "steps: {a: {type: Payload, after: b}, b: {type: Payload, after: a}}",
            [("DAG003", "steps.a.after", "pipeline.yaml:4:35")],
            id="in after",
        ),
        pytest.param(STEPS.replace("m:", "pay_load!:", 1), [("DEF101", "steps.pay_load!", "pipeline.yaml:4:9")], id="in a name"),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, after: [a, 5]}}",
            [("YML005", "steps.m.after[1]", "pipeline.yaml:4:64")],
            id="in an entry of a list",
        ),
        pytest.param("packages: [nowhere]\n" + STEPS, [("STP015", "packages[0]", "pipeline.yaml:4:12")], id="in a package"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_is_written(expect_error, load, text, found):
    with expect_error(found):
        load.compiled(HEAD + text)


def test_a_fault_of_all_steps_is_told_at_the_one_place_that_it_has(expect_error, load):
    with expect_error("STP211", "region", "pipeline.yaml:2:9"):
        load.compiled(
            HEAD.replace("eu-west-1", "eu-wst-1")
            + "steps: {a: {type: Payload, samples: s3://bucket/k/}, b: {type: Payload, samples: s3://bucket/k/}}"
        )


@pytest.mark.parametrize(
    ("text", "code", "where", "at"),
    [
        pytest.param(
            "steps: {m: {type: ModelRegistration, image_uri: 'i:1', instance_types: [ml.m5.large], group: }}",
            [("RES001", "steps.m.PackagedModel", "pipeline.yaml:4:9"), ("STP201", "steps.m.group", "pipeline.yaml:4:93")], "", "", id="a key without a value",
        ),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, tags: {a: yes}}}",
            "STP201", "steps.m.tags.a", "pipeline.yaml:4:63", id="a switch as text",
        ),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, volume_size_gb: 0}}",
            "STP201", "steps.m.volume_size_gb", "pipeline.yaml:4:69", id="too little",
        ),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, after: '${param:P:-a}'}}",
            "YML005", "steps.m.after", "pipeline.yaml:4:60", id="a parameter as step",
        ),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, after: [a, 5]}}",
            "YML005", "steps.m.after[1]", "pipeline.yaml:4:64", id="a number as step",
        ),
        pytest.param("packages: 5\n" + STEPS, "YML005", "packages", "pipeline.yaml:4:11", id="a number as folder"),
        pytest.param(
            "steps: {m: {type: Payload, samples: s3://bucket/k/, max_runtime_seconds: true}}",
            "STP201", "steps.m.max_runtime_seconds", "pipeline.yaml:4:74", id="a switch as number",
        ),
    ],
)  # fmt: skip
def test_what_to_do_is_what_helps(expect_error, load, text, code, where, at):
    with expect_error(code, where, at):
        load.compiled(HEAD + text)


@pytest.mark.parametrize(
    ("package", "text"),
    # Each has its own name: folders stay on sys.path, so a second package of one name would load the first.
    [
        pytest.param("pk_that_raises", "raise Exception('boo')", id="an exception"),
        pytest.param("pk_that_exits", "import sys\nsys.exit(3)", id="an exit"),
        pytest.param("pk_without_words", "class E(Exception):\n    pass\nraise E", id="an exception without words"),
    ],
)
def test_a_package_that_fails_in_whatever_way_is_told(expect_error, tmp_path, package, text):
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text(text)
    path = tmp_path / "pipeline.yaml"
    path.write_text(HEAD + f"packages: {package}\n" + STEPS)
    with expect_error("STP012", "packages", "pipeline.yaml:4:11"):
        load_pipeline(path)
