from __future__ import annotations

from stepsmith.aws.deployment.plan import CopyObject, CreateGroup, Present, TagPipeline, UploadObject, WritePipeline
from stepsmith.aws.s3.splice_parts import S3Model
from stepsmith.cli.console.deploy_plan import _action_document, _common_uri, _folder, _lines, _objects, done_lines
from stepsmith.definition.assets import AssetObject, BytesSource, object_of_bytes
from stepsmith.definition.json_diff import Change

DIGEST = "a" * 64
TEXT = '{"Version":"2020-12-01","Steps":[{"Name":"s","Type":"Fail","Arguments":{"ErrorMessage":"m"}}]}'


def test_objects_are_told_by_the_folder_of_their_digest(snapshot):
    many = [Present(f"s3://b/x/code/{DIGEST}/{name}", "c" * 64, 500) for name in ("a.py", "stepsmith/b.py")]
    assert {_folder(one) for one in many} == {f"s3://b/x/code/{DIGEST}/"}
    assert _common_uri(_folder(many[0]), many) == f"s3://b/x/code/{DIGEST}/"
    assert _common_uri(_folder(many[0]), many[:1]) == many[0].uri
    snapshot(_objects(many))
    snapshot(_objects(many[:1]))


def test_each_action_is_told_in_words_and_as_json(snapshot):
    source = S3Model("theirs", "best.tgz", 2000, etag='"e"')
    actions = [
        UploadObject("s3://b/a", object_of_bytes("a", b"123"), 3),
        CopyObject("s3://b/c", DIGEST, source),
        CreateGroup("risk", (("team", "x"),)),
        TagPipeline("one", "arn", (("team", "x"),)),
        WritePipeline("create", "one", TEXT, {}),
        WritePipeline("update", "one", TEXT, {}),
    ]
    for action in actions:
        snapshot("\n".join(_lines(action)))
    assert [_action_document(action)["action"] for action in actions] == [
        "upload", "copy", "create group", "tag pipeline", "create pipeline", "update pipeline"
    ]  # fmt: skip
    assert done_lines(actions[0]) == []
    (line,) = done_lines(actions[2])
    snapshot(line)


def test_what_is_large_is_told_when_it_is_there(snapshot):
    large = UploadObject("s3://b/a", AssetObject("a", DIGEST, 9 << 20, BytesSource(b"")), 9 << 20)
    snapshot("\n".join(done_lines(large)))


def test_what_a_create_has_besides_is_told(snapshot):
    request = {"Tags": [{"Key": "a", "Value": "b"}], "ParallelismConfiguration": {"MaxParallelExecutionSteps": 4}}
    snapshot("\n".join(_lines(WritePipeline("create", "one", TEXT, request))))


def test_a_definition_that_cannot_be_read_is_told_beside_a_setting_that_changes(snapshot):
    change = Change("changed", "RoleArn", "RoleArn", None, "new")
    snapshot("\n".join(_lines(WritePipeline("update", "one", TEXT, {}, settings=(change,)))))
