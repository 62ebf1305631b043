from __future__ import annotations

from stepsmith.aws.client import Identity
from stepsmith.aws.deployment.options import DeployOptions
from stepsmith.aws.deployment.plan import CopyObject, CreateGroup, Plan, UploadObject, WritePipeline
from stepsmith.aws.s3.splice_parts import S3Model
from stepsmith.definition.assets import object_of_bytes
from stepsmith.definition.definition_diff import difference
from stepsmith.definition.parse import parse

WHO = Identity("123456789012", "arn:aws:iam::123456789012:user/me", "eu-west-1", "aws")
TEXT = '{"Version":"2020-12-01","Steps":[{"Name":"s","Type":"Fail","Arguments":{"ErrorMessage":"m"}}]}'


def test_the_options_of_s3_are_those_of_the_deploy():
    options = DeployOptions(kms_key="k", tags=(("a", "b"),), bucket_owner="1", requester_pays=True)
    assert options.s3.write_args["SSEKMSKeyId"] == "k"
    assert options.s3.common_args == {"ExpectedBucketOwner": "1", "RequestPayer": "requester"}


def test_a_plan_of_no_actions_is_nothing():
    plan = Plan(WHO, "one", "role", TEXT)
    assert plan.is_nothing
    assert (plan.moved_bytes, plan.writing, plan.loses_cache, plan.may_lose_cache) == (0, None, (), ())


def test_a_plan_knows_what_moves_and_what_is_written():
    item = object_of_bytes("a", b"123")
    upload = UploadObject("s3://b/a", item, 3)
    copy = CopyObject("s3://b/c", "d", S3Model("t", "k", 5, etag='"e"'))
    found = difference(parse(TEXT), parse(TEXT))
    write = WritePipeline("update", "one", TEXT, {}, difference=found)
    plan = Plan(WHO, "one", "role", TEXT, (), (), (upload, copy, CreateGroup("g", ()), write))
    assert (plan.moved_bytes, plan.writing, plan.loses_cache) == (8, write, ())
    assert upload.digest == item.digest
