from __future__ import annotations

import itertools
import json
import shutil

import pytest

from stepsmith import (
    DummyTrainingConfig,
    ModelPackagingConfig,
    ModelRegistrationConfig,
    PayloadConfig,
    Pipeline,
    TabularPreprocessingConfig,
)
from stepsmith.diagnostics import DagError, FaultsError
from stepsmith.pipeline.compilation import Compilation
from stepsmith.pipeline.passes import build, resolve, run
from stepsmith.resolve.resolver import WRITTEN, Source

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}
CONFIG = str(Source(WRITTEN))


def steps_of(example):
    register = ModelRegistrationConfig(group="g", image_uri="serve:1", instance_types=["ml.m5.large"])
    return [
        ("prepare", TabularPreprocessingConfig(data="data/*.csv", label="species"), []),
        ("model", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"), ["prepare"]),
        ("package", ModelPackagingConfig(code="inference"), ["model"]),
        ("payload", PayloadConfig(), ["prepare", "package"]),
        ("register", register, ["package", "payload"]),
    ], {**SHARED, "base_dir": example}


def pipeline_of(steps, shared):
    pipeline = Pipeline("p", **shared)
    for name, config, after in steps:
        pipeline.add(name, config, after=after)
    return pipeline


def test_the_order_of_the_steps_means_nothing(example):
    steps, shared = steps_of(example)
    compiled = [
        pipeline_of(order, shared).compile() for order in itertools.islice(itertools.permutations(steps), 0, 120, 17)
    ]
    assert len({one.definition for one in compiled}) == 1


def test_the_same_pipeline_gives_the_same_bytes_in_any_folder(example, tmp_path_factory, monkeypatch):
    steps, shared = steps_of(example)
    first = pipeline_of(steps, shared).compile()
    other = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(example, other)
    monkeypatch.chdir(other)
    assert pipeline_of(steps, {**SHARED}).compile().definition == first.definition


def test_an_edge_without_data_becomes_depends_on(example):
    definition = json.loads(pipeline_of(*steps_of(example)).compile().definition)
    depends = {step["Name"]: step.get("DependsOn") for step in definition["Steps"]}
    assert depends == {
        "prepare": None, "model": ["prepare"], "package": None, "payload": ["package"], "register": None,
    }  # fmt: skip


def test_compiling_writes_nothing(example):
    before = sorted(example.rglob("*"))
    pipeline_of(*steps_of(example)).compile()
    assert sorted(example.rglob("*")) == before


def test_a_role_that_nobody_names_is_a_parameter_and_one_that_is_named_is_none(example):
    steps, shared = steps_of(example)
    definition = json.loads(pipeline_of(steps, shared).compile().definition)
    assert definition["Parameters"] == [{"Name": "ExecutionRole", "Type": "String"}]
    assert (
        json.loads(pipeline_of(steps, {**shared, "role": "arn:aws:iam::123456789012:role/a"}).compile().definition)[
            "Parameters"
        ]
        == []
    )


def test_a_wire_is_an_edge_too(example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add("package", ModelPackagingConfig(code="inference"), inputs={"model_input": "model.model_output"})
    pipeline.add("model", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    compilation = run(Compilation(pipeline=pipeline), build)
    assert compilation.order == list(compilation.built) == ["model", "package"]


def test_faults_of_several_steps_are_told_at_once_each_with_its_place(expect_error, example):
    steps, shared = steps_of(example)
    pipeline = pipeline_of(
        [
            ("prepare", TabularPreprocessingConfig(data="dta/*.csv", label="species"), []),
            ("model", DummyTrainingConfig(pretrained_model_path="nope.tgz", instance_count=2), ["prepare"]),
            ("package", ModelPackagingConfig(code="nowhere"), ["model"]),
            *steps[3:],
        ],
        shared,
    )
    found = [
        ("STP231", "steps.prepare.data"),
        ("STP206", "steps.model.instance_count"),
        ("STP230", "steps.model.pretrained_model_path"),
        ("STP230", "steps.package.code"),
    ]
    with expect_error(found, kind=FaultsError):
        pipeline.compile()


def test_in_a_cycle_each_step_is_still_checked_for_itself(expect_error, example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add("a", ModelPackagingConfig(code="nowhere"), after=["b"])
    pipeline.add("b", DummyTrainingConfig(), after=["a"])
    with expect_error([("DAG003", "steps.a.after"), ("STP230", "steps.a.code")], kind=FaultsError):
        pipeline.compile()


def test_a_pipeline_whose_dag_alone_is_wrong_has_that_fault(expect_error, example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"), after=["x"])
    with expect_error("DAG002", "steps.m.after[0]", kind=DagError):
        pipeline.compile()


@pytest.mark.parametrize(
    "name",
    ["has space", "dot.ted", pytest.param("x" * 65, id="too long"), pytest.param("ünïcode", id="not ASCII")],
)
def test_a_step_name_that_sagemaker_would_refuse_is_refused(expect_error, example, name):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add(name, DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    with expect_error("DEF101", f"steps.{name}", kind=ValueError):
        pipeline.compile()


def test_what_a_rule_finds_does_not_keep_a_pipeline_from_being_compiled(example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz", image_uri=image))
    compilation = run(Compilation(pipeline=pipeline))
    assert "STP270" in [finding.code for finding in compilation.findings if not finding.is_warning]
    assert compilation.result().definition == pipeline.compile().definition


def test_a_step_type_that_does_not_exist_is_a_finding(example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add("a", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"), step_type="Nope")
    pipeline.add("b", ModelPackagingConfig(code="inference"))
    found = [(finding.code, finding.where) for finding in pipeline.check()]
    assert found == [("STP010", "steps.a"), ("RES001", "steps.b.model_input")]


def test_steps_of_one_type_share_their_code(example):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    for name in ("one", "two"):
        pipeline.add(name, DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    assert len(pipeline.compile().assets) == 2


@pytest.mark.parametrize("names", [("one", "two"), ("two", "one")])
def test_code_that_steps_share_needs_what_any_of_them_needs_it_to(example, names):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    for name, data in zip(names, ("data/*.csv", "s3://bucket/table.parquet"), strict=True):
        pipeline.add(name, TabularPreprocessingConfig(data=data, label="species"))
    (code,) = [asset for asset in pipeline.compile().assets if "/code/" in asset.uri]
    assert code.requirements == ("pyarrow",)


@pytest.fixture
def unread(tmp_path):
    made = Pipeline("p", region="eu-west-1", pipeline_s3_loc="s3://bucket/p", base_dir=tmp_path)
    made.add("prepare", TabularPreprocessingConfig(data="no-such-file.csv", label="x"))
    made.add("model", DummyTrainingConfig(pretrained_model_path="no-such-model.tar.gz"), after="prepare")
    made.add("package", ModelPackagingConfig(code="no-such-code"), after="model")
    return made


def sources(pipeline):
    resolved = run(Compilation(pipeline=pipeline), resolve).resolved
    return {step: {one.dependency.logical_name: str(one.source) for one in found} for step, found in resolved.items()}


def test_each_input_has_its_source_though_no_file_is_there(unread):
    assert sources(unread) == {
        "prepare": {},
        "model": {"pretrained_model_path": CONFIG},
        "package": {"model_input": "model.model_output"},
    }


def test_what_fills_an_input_is_what_the_step_is_built_with(example):
    compilation = run(Compilation(pipeline=pipeline_of(*steps_of(example))), build)
    for name, step in compilation.built.items():
        resolved = {one.dependency.logical_name: str(one.source) for one in compilation.resolved[name]}
        assert {field: str(source) for field, source in step.sources.items()} == resolved


def test_what_a_wire_settles_is_told(unread):
    unread.add("other", DummyTrainingConfig(), inputs={"pretrained_model_path": "prepare.train"})
    assert sources(unread)["other"] == {"pretrained_model_path": "prepare.train"}


def test_an_input_that_nothing_fills_is_told_with_what_would(snapshot, unread):
    unread.add("alone", ModelPackagingConfig(code="x"))
    (found,) = run(Compilation(pipeline=unread), resolve).resolved["alone"]
    assert found.error.code == "RES001"
    snapshot(found.error)


def test_steps_that_wait_for_each_other_are_an_error(expect_error, unread):
    unread.add("other", ModelPackagingConfig(code="x"), after="last")
    unread.add("last", ModelPackagingConfig(code="x"), after="other")
    with expect_error("DAG003", "steps.other.after", kind=DagError):
        run(Compilation(pipeline=unread), resolve).raise_if_errors()
