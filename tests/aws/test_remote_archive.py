"""Models that are on S3 already: verified as a stream, pinned, and copied there by a deploy."""

from __future__ import annotations

import hashlib

import pytest
from proxy import Fault

from conftest import ROLE
from stepsmith import Pipeline, TabularPreprocessingConfig
from stepsmith.aws import apply_plan, deploy, plan_deploy
from stepsmith.aws.deployment.plan import CopyObject
from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.remote_archive import find_model, verify_model

pytestmark = pytest.mark.aws


@pytest.fixture
def on_s3(cloud, big_model):
    """A model that somebody put on S3: its URI, its bytes, and its digest."""
    content = big_model(12_000_000).read_bytes()
    cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=content)
    return f"s3://{cloud.bucket}/theirs/best.tgz", content, hashlib.sha256(content).hexdigest()


def read(cloud, uri):
    objects = Objects(cloud.account())
    return verify_model(objects, find_model(objects, uri))


def test_a_model_is_verified_as_it_is_read_and_nothing_is_written_here(cloud, on_s3, tmp_path):
    before = sorted(tmp_path.iterdir())
    uri, content, digest = on_s3
    found = read(cloud, uri)
    assert (found.record.digest, found.record.size_bytes) == (digest, len(content))
    assert found.model.etag
    assert sorted(tmp_path.iterdir()) == before


def test_a_connection_that_is_lost_while_it_is_read_is_taken_up_where_it_was(cloud, on_s3):
    uri, _, digest = on_s3
    cuts = iter([3_000_000, 2_000_000])

    def rule(asked, _):
        return Fault(cut_answer_after=next(cuts, None)) if asked.operation == "GetObject" else None

    cloud.fails(rule)
    assert read(cloud, uri).record.digest == digest
    ranges = [one.headers.get("Range") for one in cloud.s3_proxy.seen if one.operation == "GetObject"]
    assert ranges[0] is None
    assert ranges[1].startswith("bytes=")
    assert len(ranges) == 3


def test_a_model_that_is_another_when_reading_goes_on_is_refused(cloud, on_s3, expect_error):
    uri, _, _ = on_s3

    def rule(asked, _):
        if asked.operation != "GetObject" or "Range" in asked.headers:
            return None
        another = lambda: cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=b"another")  # noqa: E731
        return Fault(cut_answer_after=1_000_000, after=another)

    cloud.fails(rule)
    with expect_error("AWS024"):
        read(cloud, uri)


def test_a_model_that_is_not_sound_is_told_with_its_uri(cloud, on_s3, expect_error):
    uri, content, _ = on_s3
    cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=content[:-9])
    with expect_error("ARC002"):
        read(cloud, uri)


def test_a_model_that_is_not_there_is_told(cloud, expect_error):
    with expect_error("AWS023"):
        read(cloud, f"s3://{cloud.bucket}/nothing.tgz")


def test_a_deploy_verifies_the_model_and_copies_it_inside_s3_to_the_key_of_its_digest(cloud, on_s3, pipeline_of):
    uri, content, digest = on_s3
    compiled = pipeline_of(uri, sha256=digest)
    plan = plan_deploy(cloud.account(), compiled)
    (action,) = [one for one in plan.actions if isinstance(one, CopyObject)]
    assert (action.source.uri, action.digest, action.size_bytes) == (uri, digest, len(content))
    apply_plan(cloud.account(), plan)
    assert cloud.read(f"one/dummy_training/input/{digest}/model.tar.gz") == content
    asked = cloud.asked()
    assert "UploadPartCopy" in asked
    assert "UploadPart" not in asked
    assert f"dummy_training/input/{digest}/" in cloud.pipeline("one")["PipelineDefinition"]
    assert uri not in cloud.pipeline("one")["PipelineDefinition"].replace(f'"source":"{uri}"', "")
    assert deploy(compiled, account=cloud.account()).is_nothing


def test_a_model_of_another_digest_than_is_stated_is_refused_and_not_copied(cloud, on_s3, pipeline_of, expect_error):
    uri, _, _ = on_s3
    with expect_error("ARC012"):
        deploy(pipeline_of(uri, sha256="0" * 64), account=cloud.account())
    assert not [key for key in cloud.objects() if key.endswith("model.tar.gz")]
    assert cloud.pipeline("one") is None
    assert cloud.uploads() == []


def test_a_model_that_is_replaced_between_plan_and_apply_is_refused(cloud, on_s3, pipeline_of, expect_error):
    uri, content, digest = on_s3
    plan = plan_deploy(cloud.account(), pipeline_of(uri, sha256=digest))
    cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=content + b"\0")
    with expect_error("AWS024"):
        apply_plan(cloud.account(), plan)
    assert cloud.pipeline("one") is None


def test_a_version_is_pinned_where_the_bucket_has_versions(cloud, on_s3, pipeline_of):
    uri, content, digest = on_s3
    versioning = {"Status": "Enabled"}
    cloud.s3.put_bucket_versioning(Bucket=cloud.bucket, VersioningConfiguration=versioning)
    version = cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=content)["VersionId"]
    plan = plan_deploy(cloud.account(), pipeline_of(uri, sha256=digest))
    cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=b"another")
    apply_plan(cloud.account(), plan)
    assert next(one for one in plan.actions if isinstance(one, CopyObject)).source.version_id == version
    assert cloud.read(f"one/dummy_training/input/{digest}/model.tar.gz") == content


def test_without_a_digest_the_definition_names_the_user_s_own_uri(cloud, on_s3, pipeline_of):
    uri, _, _ = on_s3
    deploy(pipeline_of(uri), account=cloud.account())
    assert uri in cloud.pipeline("one")["PipelineDefinition"]
    assert not [key for key in cloud.objects() if key.endswith("model.tar.gz")]


def test_a_model_that_is_not_there_is_not_deployed_whether_it_is_pinned_or_not(cloud, pipeline_of, expect_error):
    uri = f"s3://{cloud.bucket}/theirs/nothing.tgz"
    with expect_error("AWS023"):
        deploy(pipeline_of(uri), account=cloud.account())
    with expect_error("AWS023"):
        deploy(pipeline_of(uri, sha256="0" * 64), account=cloud.account())
    own = f"s3://{cloud.bucket}/one/dummy_training/input/{'0' * 64}/model.tar.gz"
    with expect_error("AWS023"):
        deploy(pipeline_of(own, sha256="0" * 64), account=cloud.account())
    assert cloud.pipeline("one") is None


def test_what_lies_at_the_key_of_its_digest_is_read_where_nothing_says_what_it_is(
    cloud, on_s3, pipeline_of, expect_error
):
    uri, content, digest = on_s3
    key = f"one/dummy_training/input/{digest}/model.tar.gz"
    cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=b"garbage")
    with expect_error("ARC001"):
        deploy(pipeline_of(uri, sha256=digest), account=cloud.account())
    cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=content)
    plan = deploy(pipeline_of(uri, sha256=digest), account=cloud.account())
    assert key in {one.uri.partition(f"{cloud.bucket}/")[2] for one in plan.present}


def test_a_copy_is_known_by_what_its_own_metadata_say_and_not_read_again(cloud, on_s3, pipeline_of):
    uri, _, digest = on_s3
    deploy(pipeline_of(uri, sha256=digest), account=cloud.account())
    cloud.asked()
    assert deploy(pipeline_of(uri, sha256=digest), account=cloud.account()).is_nothing
    assert "GetObject" not in cloud.asked()
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=f"one/dummy_training/input/{digest}/model.tar.gz")
    assert head["Metadata"] == {"stepsmith-sha256": digest}


def test_a_model_that_is_replaced_between_reading_and_copying_is_refused_and_no_upload_is_left(
    cloud, on_s3, pipeline_of, expect_error
):
    uri, content, digest = on_s3

    def rule(asked, _):
        if asked.operation != "UploadPartCopy":
            return None
        return Fault(before=lambda: cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz", Body=content[::-1]))

    cloud.fails(rule)
    with expect_error("AWS024"):
        deploy(pipeline_of(uri, sha256=digest), account=cloud.account())
    assert cloud.uploads() == []
    assert cloud.pipeline("one") is None


def test_an_answer_that_ends_too_early_is_no_endless_loop(cloud, on_s3, expect_error):
    uri, content, _ = on_s3
    forwarded = cloud.s3_proxy.forwarded

    def shortened(method, path, headers, body):
        status, kept, answer = forwarded(method, path, headers, body)
        return status, kept, answer[: len(content) // 2] if method == "GET" and status == 200 else b""

    cloud.s3_proxy.forwarded = shortened
    with expect_error("AWS018"):
        read(cloud, uri)


def test_an_object_whose_name_only_begins_like_the_model_s_is_not_the_model(cloud, on_s3, pipeline_of, expect_error):
    uri, content, digest = on_s3
    cloud.s3.put_object(Bucket=cloud.bucket, Key="theirs/best.tgz.bak", Body=content)
    cloud.s3.delete_object(Bucket=cloud.bucket, Key="theirs/best.tgz")
    for more in ({}, {"sha256": digest}):
        with expect_error("AWS023"):
            deploy(pipeline_of(uri, **more), account=cloud.account())


def test_a_folder_that_is_empty_yet_is_noted(cloud, tmp_path, model_archive, snapshot):
    model_archive()
    pipeline = Pipeline(
        "one", region="eu-west-1", role=ROLE, pipeline_s3_loc=f"s3://{cloud.bucket}/one", base_dir=tmp_path
    )
    config = TabularPreprocessingConfig(data=f"s3://{cloud.bucket}/later/", label="y")
    pipeline.add("prepare", config)
    plan = plan_deploy(cloud.account(), pipeline.compile())
    (note,) = plan.notes
    assert f"s3://{cloud.bucket}/later/" in note
    snapshot(note)
