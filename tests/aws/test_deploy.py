"""A deploy as a whole, against servers that are real: what it plans, what it does, and that a second does nothing."""

from __future__ import annotations

import ast
import hashlib
import json
import sqlite3
from contextlib import closing

import pytest
from keys import EXAMPLE_MODEL
from proxy import Fault

from stepsmith import DummyTrainingConfig, Pipeline
from stepsmith.aws import DeployOptions, apply_plan, deploy, plan_deploy
from stepsmith.aws.deployment.plan import CreateGroup, TagPipeline, UploadObject, WritePipeline

ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
pytestmark = pytest.mark.aws


def test_a_plan_asks_and_writes_nothing(cloud, pipeline_of, model_archive):
    plan = plan_deploy(cloud.account(), pipeline_of(model_archive(), group="risk"))
    assert {type(action) for action in plan.actions} == {UploadObject, CreateGroup, WritePipeline}
    assert plan.identity.account == "123456789012"
    assert cloud.objects() == {}
    assert cloud.pipeline("one") is None
    assert set(cloud.asked()) <= {
        "GetBucketLocation", "ListObjectsV2", "DescribePipeline", "ListPipelines", "ListModelPackageGroups", "POST /"
    }  # fmt: skip


def test_a_deploy_leaves_the_objects_the_group_and_the_pipeline_and_a_second_does_nothing(
    cloud, pipeline_of, model_archive
):
    model = model_archive()
    compiled = pipeline_of(model, group="risk")
    assert not deploy(compiled, account=cloud.account()).is_nothing
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert cloud.read(f"one/dummy_training/input/{digest}/model.tar.gz") == model.read_bytes()
    assert cloud.pipeline("one")["PipelineDefinition"] == compiled.definition
    assert cloud.sagemaker.describe_model_package_group(ModelPackageGroupName="risk")["ModelPackageGroupStatus"]
    wanted = {asset.object_uri(item).partition(f"{cloud.bucket}/")[2]: item.size_bytes
              for asset in compiled.assets for item in asset.objects}  # fmt: skip
    assert cloud.objects() == wanted
    cloud.asked()
    assert deploy(compiled, account=cloud.account()).is_nothing
    asked = cloud.asked()
    assert asked.count("ListObjectsV2") == len(compiled.assets)
    assert len(asked) <= 4 + len(compiled.assets)


def test_what_changed_is_told_by_step_and_argument_with_the_caches_that_are_lost(cloud, pipeline_of, model_archive):
    model = model_archive()
    deploy(pipeline_of(model), account=cloud.account())
    plan = plan_deploy(cloud.account(), pipeline_of(model, env={"MODE": "strict"}))
    (write,) = plan.actions
    assert isinstance(write, WritePipeline)
    assert write.kind == "update"
    assert [(one.name, [change.place for change in one.changes]) for one in write.difference.steps] == [
        ("model", ["Arguments.Environment.MODE"])
    ]
    apply_plan(cloud.account(), plan)
    assert json.loads(cloud.pipeline("one")["PipelineDefinition"])["Steps"][0]["Arguments"]["Environment"]["MODE"]


def test_a_role_and_a_parallelism_that_change_are_updated(cloud, pipeline_of, model_archive):
    compiled = pipeline_of(model_archive())
    deploy(compiled, account=cloud.account())
    other = "arn:aws:iam::123456789012:role/Other"
    options = DeployOptions(role=other, parallelism=3)
    plan = deploy(compiled, options, account=cloud.account())
    assert [(one.place, one.after) for one in plan.writing.settings] == [
        ("RoleArn", other),
        ("ParallelismConfiguration.MaxParallelExecutionSteps", 3),
    ]
    assert cloud.pipeline("one")["RoleArn"] == other
    assert deploy(compiled, options, account=cloud.account()).is_nothing


def test_tags_are_on_the_pipeline_the_group_and_the_objects_and_what_lacks_them_is_tagged(
    cloud, pipeline_of, model_archive
):
    compiled = pipeline_of(model_archive(), group="risk")
    options = DeployOptions(tags=(("team", "risk = co"),))
    deploy(compiled, options, account=cloud.account())
    arn = cloud.pipeline("one")["PipelineArn"]
    wanted = [{"Key": "team", "Value": "risk = co"}]
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == wanted
    group = cloud.sagemaker.describe_model_package_group(ModelPackageGroupName="risk")["ModelPackageGroupArn"]
    assert cloud.sagemaker.list_tags(ResourceArn=group)["Tags"] == wanted
    for key in cloud.objects():
        assert cloud.s3.get_object_tagging(Bucket=cloud.bucket, Key=key)["TagSet"] == wanted
    more = DeployOptions(tags=(*options.tags, ("stage", "prod")))
    (action,) = deploy(compiled, more, account=cloud.account()).actions
    assert action == TagPipeline("one", arn, (("stage", "prod"),))
    assert deploy(compiled, more, account=cloud.account()).is_nothing


def test_a_group_that_is_not_there_is_refused_where_none_is_to_be_made(cloud, pipeline_of, model_archive, expect_error):
    with expect_error("AWS034"):
        deploy(pipeline_of(model_archive(), group="risk"), DeployOptions(creates_groups=False), account=cloud.account())
    assert cloud.objects() == {}


def test_a_pipeline_goes_by_another_name(cloud, pipeline_of, model_archive):
    deploy(pipeline_of(model_archive()), DeployOptions(name="other"), account=cloud.account())
    assert cloud.pipeline("other")
    assert cloud.pipeline("one") is None


def test_a_definition_past_100_kib_goes_by_s3_under_a_key_with_its_digest(cloud_on, moto_url, tmp_path, model_archive):
    """Moto reads it from its own S3, as SageMaker does; it answers Python's text of it, which the way makes JSON."""
    cloud = cloud_on(moto_url)
    forwarded = cloud.sagemaker_proxy.forwarded

    def as_json(method, path, headers, body):
        status, kept, answer = forwarded(method, path, headers, body)
        if headers.get("X-Amz-Target", "").endswith("DescribePipeline") and status == 200:
            described = json.loads(answer)
            described["PipelineDefinition"] = json.dumps(ast.literal_eval(described["PipelineDefinition"]))
            answer = json.dumps(described).encode()
        return status, kept, answer

    cloud.sagemaker_proxy.forwarded = as_json
    pipeline = Pipeline(
        "large",
        region="eu-west-1",
        role=ROLE,
        pipeline_s3_loc=f"s3://{cloud.bucket}/large",
        base_dir=tmp_path,
    )
    model_archive()
    for number in range(40):
        env = {f"VARIABLE_{one}": "x" * 250 for one in range(12)}
        pipeline.add(f"model{number}", DummyTrainingConfig(pretrained_model_path="model.tar.gz", env=env))
    compiled = pipeline.compile()
    assert len(compiled.definition) > 100 << 10
    plan = deploy(compiled, account=cloud.account())
    digest = hashlib.sha256(compiled.definition.encode()).hexdigest()
    assert cloud.read(f"large/pipeline/{digest}/definition.json").decode() == compiled.definition
    assert "PipelineDefinition" not in plan.writing.request
    assert ast.literal_eval(cloud.pipeline("large")["PipelineDefinition"]) == json.loads(compiled.definition)
    assert deploy(compiled, account=cloud.account()).is_nothing


@pytest.mark.parametrize("kind", ["created", "changed", "deleted"])
def test_a_pipeline_that_somebody_changed_since_it_was_planned_is_left_alone(
    cloud, pipeline_of, model_archive, expect_error, kind
):
    model = model_archive()
    ours = pipeline_of(model)
    theirs = pipeline_of(model, env={"MODE": "theirs"})
    if kind != "created":
        deploy(ours, account=cloud.account())
        ours = pipeline_of(model, env={"MODE": "ours"})
    plan = plan_deploy(cloud.account(), ours)
    if kind == "deleted":
        cloud.sagemaker.delete_pipeline(PipelineName="one")
    else:
        deploy(theirs, account=cloud.account())
    with expect_error("AWS036"):
        apply_plan(cloud.account(), plan)
    if kind != "deleted":
        assert cloud.pipeline("one")["PipelineDefinition"] == theirs.definition


def test_a_model_that_changes_between_plan_and_apply_is_refused_and_nothing_points_to_it(
    cloud, pipeline_of, model_archive, expect_error
):
    model = model_archive()
    plan = plan_deploy(cloud.account(), pipeline_of(model))
    model_archive(files={"model.json": b"another"})
    with expect_error("ARC016", str(model)):
        apply_plan(cloud.account(), plan)
    assert cloud.pipeline("one") is None
    assert not [key for key in cloud.objects() if key.endswith("model.tar.gz")]


def test_an_object_that_is_removed_between_plan_and_apply_keeps_the_pipeline_as_it_was(
    cloud, pipeline_of, model_archive, expect_error
):
    model = model_archive()
    compiled = pipeline_of(model)
    deploy(compiled, account=cloud.account())
    plan = plan_deploy(cloud.account(), pipeline_of(model, env={"MODE": "new"}))
    cloud.s3.delete_object(
        Bucket=cloud.bucket, Key=next(key for key in cloud.objects() if key.endswith("model.tar.gz"))
    )
    with expect_error("AWS035"):
        apply_plan(cloud.account(), plan)
    assert cloud.pipeline("one")["PipelineDefinition"] == compiled.definition


def test_what_stands_at_a_digest_s_key_with_another_size_is_refused(cloud, pipeline_of, model_archive, expect_error):
    compiled = pipeline_of(model_archive())
    uri = next(
        asset.object_uri(item) for asset in compiled.assets for item in asset.objects if item.name == "model.tar.gz"
    )
    cloud.s3.put_object(Bucket=cloud.bucket, Key=uri.partition(f"{cloud.bucket}/")[2], Body=b"something else")
    with expect_error("AWS021"):
        deploy(compiled, account=cloud.account())
    assert cloud.pipeline("one") is None


def test_what_another_writes_at_the_very_same_time_is_seen_by_reading_back(
    cloud, pipeline_of, model_archive, expect_error
):
    """Between the last look and the update: no precondition can be asked for, and what is there is told."""
    model = model_archive()
    deploy(pipeline_of(model), account=cloud.account())
    plan = plan_deploy(cloud.account(), pipeline_of(model, env={"MODE": "ours"}))
    theirs = pipeline_of(model, env={"MODE": "theirs"}).definition

    def rule(asked, _):
        if asked.operation != "UpdatePipeline":
            return None
        update = {"PipelineName": "one", "PipelineDefinition": theirs, "RoleArn": ROLE}
        return Fault(after=lambda: cloud.sagemaker.update_pipeline(**update))

    cloud.fails(rule)
    with expect_error("AWS037"):
        apply_plan(cloud.account(), plan)


def test_a_deploy_from_the_command_line_remembers_what_it_read(cloud, tmp_path, stepsmith):
    (tmp_path / "pipeline.yaml").write_text(
        f"name: one\nregion: eu-west-1\nrole: {ROLE}\npipeline_s3_loc: s3://{cloud.bucket}/one\n"
        f"steps:\n  model: {{type: DummyTraining, pretrained_model_path: {EXAMPLE_MODEL}}}\n"
    )
    first = stepsmith("deploy", "pipeline.yaml", "--yes", "--json")
    assert json.loads(first.out)["status"] == "Deployed", first.err
    with closing(sqlite3.connect(tmp_path / ".stepsmith" / "stepsmith.db")) as connection:
        rows = connection.execute("SELECT path, digest FROM digests").fetchall()
    assert (str(EXAMPLE_MODEL), hashlib.sha256(EXAMPLE_MODEL.read_bytes()).hexdigest()) in rows
    second = stepsmith("deploy", "pipeline.yaml", "--plan", "--json")
    assert (second.status, json.loads(second.out)["status"]) == (0, "Nothing")


def test_a_plan_is_shown_and_asked_about_and_no_is_no(cloud, example, stepsmith, snapshot):
    text = (example / "pipeline.yaml").read_text().replace("my-bucket", cloud.bucket)
    (example / "pipeline.yaml").write_text(f"{text}\nrole: {ROLE}\n")
    planned = stepsmith("deploy", "pipeline.yaml", "--plan", cwd=example)
    assert planned.status == 3
    snapshot(planned.out)
    document = json.loads(stepsmith("deploy", "pipeline.yaml", "--plan", "--json", cwd=example).out)
    group, pipeline = (one for one in document["actions"] if one["action"] != "upload")
    assert (group["action"], group["group"]) == ("create group", "penguins")
    assert (pipeline["action"], pipeline["pipeline"]) == ("create pipeline", "penguins")
    unanswered = stepsmith("deploy", "pipeline.yaml", cwd=example)
    assert (unanswered.status, unanswered.out) == (1, planned.out)
    snapshot(unanswered.err)
    assert cloud.objects() == {}
    assert cloud.pipeline("penguins") is None
