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
from stepsmith.pipeline.compiler import build_steps, check_each, dag_of

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


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
    assert dag_of(pipeline).order() == ["model", "package"]
    assert [step.name for step in build_steps(pipeline)] == ["model", "package"]


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
    with expect_error("DAG002", "steps.m.after", kind=DagError):
        pipeline.compile()
    check_each(pipeline)


@pytest.mark.parametrize(
    "name",
    ["has space", "dot.ted", pytest.param("x" * 65, id="too long"), pytest.param("ünïcode", id="not ASCII")],
)
def test_a_step_name_that_sagemaker_would_refuse_is_refused(expect_error, example, name):
    pipeline = Pipeline("p", **SHARED, base_dir=example)
    pipeline.add(name, DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    with expect_error("DEF101", f"steps.{name}", kind=ValueError):
        pipeline.compile()


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
