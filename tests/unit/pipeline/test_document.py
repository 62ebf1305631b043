from __future__ import annotations

# ruff: noqa: E501 - a document of one line is read beside the place that it is wrong in
import textwrap
from dataclasses import replace

import pytest

from stepsmith import Get, PayloadStepBuilder, RegistryManager, load_pipeline
from stepsmith.errors import FaultsError, MissingFileError, StepsmithError
from stepsmith.scaffold import new_step
from stepsmith.steps.payload import STEP as PAYLOAD

OTHER = PAYLOAD.specification.model_copy(update={"step_type": "Another"})


class OtherBuilder(PayloadStepBuilder):
    specification = OTHER


HEAD = "name: p\nregion: eu-west-1\npipeline_s3_loc: s3://bucket/x\n"


@pytest.fixture
def load(tmp_path):
    """The pipeline that a text says, in a folder of its own."""

    def read(text, environment=None, registry=None):
        path = tmp_path / "pipeline.yaml"
        path.write_text(textwrap.dedent(text))
        return load_pipeline(path, environment=environment or {}, registry=registry)

    return read


def faults(load, text, **more):
    with pytest.raises(StepsmithError) as caught:
        load(text, **more).compile()
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
        ("- a\n", ("YML005", "pipeline.yaml:1:1", "")),
        ("", ("YML005", "pipeline.yaml:1:1", "")),
        ("just text", ("YML005", "pipeline.yaml:1:1", "")),
        ("steps: {m: {type: DummyTraining}}\nname: [x]\n", ("YML005", "pipeline.yaml:2:7", "name")),
        (HEAD + "stpes: {}\nsteps: {m: {type: DummyTraining}}", ("YML006", "pipeline.yaml:4:1", "stpes")),
        (HEAD + "steps: [a]", ("YML005", "pipeline.yaml:4:8", "steps")),
        (HEAD + "steps:\n  m: x", ("YML005", "pipeline.yaml:5:6", "steps.m")),
        (HEAD + "steps:\n  m: {after: [x]}", ("YML008", "pipeline.yaml:5:6", "steps.m")),
        (HEAD + "steps:\n  m:\n    type: Dumy", ("STP010", "pipeline.yaml:6:11", "steps.m.type")),
        (HEAD + "steps:\n  m:\n    type: DummyTraining\n    after: {a: b}", ("YML005", "pipeline.yaml:7:12", "steps.m.after")),
        (
            HEAD + "steps:\n  m:\n    type: ModelPackaging\n    code: c\n    inputs: {model_input: model}",
            ("YML007", "pipeline.yaml:8:27", "steps.m.inputs.model_input"),
        ),
        (HEAD + "parameters:\n  P: {typ: String}\nsteps: {m: {type: DummyTraining}}", ("YML006", "pipeline.yaml:5:7", "parameters.P.typ")),
        (HEAD + "parameters:\n  P: {default: 1}\nsteps: {m: {type: DummyTraining}}", ("DEF011", "pipeline.yaml:5:16", "parameters.P.default")),
        ("name: p\ndefaults:\n  instance_typ: x\nsteps: {m: {type: DummyTraining}}", ("STP201", "pipeline.yaml:3:3", "defaults.instance_typ")),
        (HEAD + "steps:\n  m:\n    type: DummyTraining\n    cache: {expire_after: soon}", ("STP201", "pipeline.yaml:7:27", "steps.m.cache.expire_after")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_line(load, text, expected):
    assert expected in faults(load, text)


def test_a_misspelt_key_is_refused_with_the_nearest(load):
    with pytest.raises(
        StepsmithError,
        match=r"pipeline.yaml:6:5 steps\.m\.pretrained_model_pth.*\n  \|.*\n  \|.*\n  fix: did you mean 'pretrained_model_path'",
    ):
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
    found = faults(load, "name: p\npipeline_s3_loc: bucket\nsteps: {m: {type: DummyTraining}}")
    assert found == [
        ("STP201", "pipeline.yaml:2:18", "pipeline_s3_loc"),
        ("RES001", "pipeline.yaml:3:9", "steps.m.pretrained_model_path"),
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
    assert [code for code, _, _ in faults(load, text)] == ["YML011", "YML011", "YML002"]


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


def test_a_file_that_is_not_there_or_no_text_is_one_error(tmp_path):
    with pytest.raises(MissingFileError, match="there is no file"):
        load_pipeline(tmp_path / "none.yaml")
    with pytest.raises(ValueError, match="cannot be read"):
        load_pipeline(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00x")
    with pytest.raises(ValueError, match="not UTF-8"):
        load_pipeline(tmp_path / "bytes.yaml")


def test_steps_come_from_the_registry_that_is_given(load):
    with pytest.raises(StepsmithError, match="no step is named 'DummyTraining'"):
        load(HEAD + "steps: {m: {type: DummyTraining}}", registry=RegistryManager(tables=[]))


def test_several_faults_are_one_error(load):
    with pytest.raises(FaultsError):
        load("nme: p\nstep: {}\n")


def test_a_step_of_a_package_beside_the_file_is_known(tmp_path):
    made = new_step("StepOfADocument", tmp_path / "step")
    pipeline = load_pipeline(made / "pipeline.yaml")
    assert pipeline.steps["step-of-a-document"].step_type == "StepOfADocument"


def test_a_package_that_is_not_there_is_told_at_its_place(load):
    found = faults(load, "packages: [nowhere]\n" + HEAD + "steps: {m: {type: DummyTraining}}")
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
        ("defaults: {env: {A B: x}}\nsteps: {m: {type: DummyTraining}}", ("STP213", "pipeline.yaml:4:23")),
        (
            "steps:\n  m: {type: DummyTraining, inputs: {pretrained_model_path: modl.x}}",
            ("RES003", "pipeline.yaml:5:60"),
        ),
        (
            "defaults:\n  role: ${param:Rolle}\nsteps:\n  m: {type: Payload, samples: s3://bucket/k/, env: {A: '${param:Nope}'}}",
            ("DEF110", "pipeline.yaml:5:9"),
        ),
        (
            "steps: {m: {type: Payload, samples: s3://bucket/k/, env: {A: '${param:Nope}'}}}",
            ("DEF110", "pipeline.yaml:4:62"),
        ),
        ("steps: {a: {type: Payload, after: b}, b: {type: Payload, after: a}}", ("DAG003", "pipeline.yaml:4:")),
        ("steps: {pay_load!: {type: Payload, samples: x}}", ("DEF101", "pipeline.yaml:4:9")),
        ("steps: {m: {type: Payload, samples: x, after: [a, 5]}}", ("YML005", "pipeline.yaml:4:51")),
        ("packages: [nowhere]\nsteps: {m: {type: Payload}}", ("STP015", "pipeline.yaml:4:12")),
    ],
)
def test_a_fault_is_told_where_it_is_written(load, text, found):
    def told():
        try:
            load(HEAD + text).compile()
        except StepsmithError as error:
            return [(finding.code, finding.at) for finding in error.findings]
        return []

    code, at = found
    assert [(one, place[: len(at)]) for one, place in told() if one == code][:1] == [(code, at)]


def test_a_fault_of_all_steps_is_told_at_the_one_place_that_it_has(load):
    with pytest.raises(StepsmithError) as caught:
        load(
            HEAD.replace("eu-west-1", "eu-wst-1")
            + "steps: {a: {type: Payload, samples: x}, b: {type: Payload, samples: x}}"
        ).compile()
    places = {finding.at for finding in caught.value.findings if finding.code == "STP211"}
    assert places == {"pipeline.yaml:2:9"}


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("steps: {m: {type: ModelRegistration, group: }}", "write one, or leave group out"),
        ("steps: {m: {type: Payload, samples: x, tags: {a: yes}}}", "put what you wrote in quotes"),
        ("steps: {m: {type: Payload, samples: x, volume_size_gb: 0}}", "write one that is at least 1"),
        (
            "steps: {m: {type: Payload, samples: x, after: '${param:P:-a}'}}",
            "write it out, or as an environment variable",
        ),
        (
            "steps: {m: {type: Payload, samples: x, after: [a, 5]}}",
            "put it in quotes, as it is written there: after: ['5']",
        ),
        ("packages: 5\nsteps: {m: {type: Payload}}", "packages: ['5']"),
        ("steps: {m: {type: Payload, samples: x, max_runtime_seconds: true}}", ""),
    ],
)
def test_what_to_do_is_what_helps(load, text, fix):
    with pytest.raises(StepsmithError) as caught:
        load(HEAD + text).compile()
    assert any(fix in finding.fix for finding in caught.value.findings), str(caught.value)


@pytest.mark.parametrize(
    "text", ["raise Exception('boo')", "import sys\nsys.exit(3)", "class E(Exception):\n    pass\nraise E"]
)
def test_a_package_that_fails_in_whatever_way_is_told(tmp_path, text):
    folder = tmp_path / "pk_of_a_document"
    folder.mkdir()
    (folder / "__init__.py").write_text(text)
    path = tmp_path / "pipeline.yaml"
    path.write_text(HEAD + "packages: pk_of_a_document\nsteps: {m: {type: Payload}}")
    with pytest.raises(StepsmithError, match="STP012 pipeline.yaml:4:11"):
        load_pipeline(path)
