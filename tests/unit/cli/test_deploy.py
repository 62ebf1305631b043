from __future__ import annotations

import os

import pytest

from stepsmith.aws.multipart import S3Model
from stepsmith.aws.plan import CopyObject, CreateGroup, Present, TagPipeline, UploadObject, WritePipeline
from stepsmith.cli.deploy import _action_document, _done_lines, _folder, _lines, _objects, _place
from stepsmith.definition.assets import AssetObject, BytesSource, object_of_bytes
from stepsmith.definition.changes import Change

DIGEST = "a" * 64
TEXT = '{"Version":"2020-12-01","Steps":[{"Name":"s","Type":"Fail","Arguments":{"ErrorMessage":"m"}}]}'


@pytest.fixture
def nobody(tmp_path):
    """An environment without credentials, from which nothing is reached."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    none = str(tmp_path / "none")
    closed = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none}
    return {**kept, **closed}


def test_objects_are_told_by_the_folder_of_their_digest():
    many = [Present(f"s3://b/x/code/{DIGEST}/{name}", "c" * 64, 500) for name in ("a.py", "stepsmith/b.py")]
    assert {_folder(one) for one in many} == {f"s3://b/x/code/{DIGEST}/"}
    assert _place(_folder(many[0]), many) == f"s3://b/x/code/{DIGEST}/"
    assert _place(_folder(many[0]), many[:1]) == many[0].uri
    assert _objects(many) == "2 objects, 1.0 kB"
    assert _objects(many[:1]) == f"1 object, 500 B, sha256 {'c' * 12}…"


def test_each_action_is_told_in_words_and_as_json():
    source = S3Model("theirs", "best.tgz", 2000, etag='"e"')
    actions = [
        UploadObject("s3://b/a", object_of_bytes("a", b"123"), 3),
        CopyObject("s3://b/c", DIGEST, source),
        CreateGroup("risk", (("team", "x"),)),
        TagPipeline("one", "arn", (("team", "x"),)),
        WritePipeline("create", "one", TEXT, {}),
        WritePipeline("update", "one", TEXT, {}),
    ]
    told = [next(iter(_lines(action))) for action in actions]
    assert told[0].startswith("  + upload 1 object, 3 B, sha256 ")
    assert list(_lines(actions[1])) == [
        f"  + copy   2.0 kB, verified as it is read, sha256 {'a' * 12}…",
        "      s3://theirs/best.tgz",
        "      to s3://b/c, inside S3",
    ]
    assert told[2:] == [
        "  + create model package group risk, team=x",
        "  ~ tag pipeline one, team=x",
        "  + create pipeline one, 1 step",
        "  ~ update pipeline one",
    ]
    assert [_action_document(action)["action"] for action in actions] == [
        "upload", "copy", "create group", "tag pipeline", "create pipeline", "update pipeline"
    ]  # fmt: skip
    assert _done_lines(actions[0]) == []
    assert _done_lines(actions[2]) == ["  done: create model package group risk, team=x"]


def test_what_is_large_is_told_when_it_is_there():
    large = UploadObject("s3://b/a", AssetObject("a", DIGEST, 9 << 20, BytesSource(b"")), 9 << 20)
    assert _done_lines(large)[0].startswith("  done: upload 1 object, 9.4 MB")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--json"], "--json asks nothing; say --plan or --yes beside it"),
        (["--tag", "team"], "'team' is no tag; write KEY=VALUE"),
        (["--tag", "a=b", "--tag", "a=c"], "two tags have the same key"),
        (["--parallelism", "0"], "0 is not in the range x>=1"),
    ],
)
def test_options_that_mean_nothing_are_told(stepsmith, example, nobody, arguments, told):
    done = stepsmith("deploy", "pipeline.yaml", *arguments, cwd=example, env=nobody)
    assert done.status == 2
    assert told in " ".join(done.err.split())


@pytest.mark.parametrize("option", ["--pipeline-name", "--role", "--kms-key"])
def test_an_option_that_is_empty_is_nobody_s_wish(stepsmith, example, nobody, option):
    done = stepsmith("deploy", "pipeline.yaml", option, "", "--plan", cwd=example, env=nobody)
    assert done.status == 2
    assert "it is empty; give it a value, or leave it out" in " ".join(done.err.split())


def test_what_a_create_has_besides_is_told():
    request = {"Tags": [{"Key": "a", "Value": "b"}], "ParallelismConfiguration": {"MaxParallelExecutionSteps": 4}}
    assert list(_lines(WritePipeline("create", "one", TEXT, request))) == [
        "  + create pipeline one, 1 step, a=b",
        "      at most 4 steps at once",
    ]


def test_a_definition_that_cannot_be_read_is_told_beside_a_setting_that_changes():
    change = Change("changed", "RoleArn", "RoleArn", None, "new")
    told = list(_lines(WritePipeline("update", "one", TEXT, {}, settings=(change,))))
    assert told[1:] == [
        "      RoleArn: not set -> new",
        "      the definition that is there cannot be read, and is replaced",
    ]


def test_a_pipeline_without_a_role_is_told_before_anything_is_asked(stepsmith, example, nobody):
    done = stepsmith("deploy", "pipeline.yaml", "--plan", cwd=example, env=nobody)
    assert (done.status, done.err.splitlines()[0]) == (
        1,
        "AWS032 no role is named for SageMaker to execute the pipeline as",
    )


def test_without_credentials_it_is_told_how_to_have_them(stepsmith, example, nobody):
    role = "arn:aws:iam::123456789012:role/R"
    done = stepsmith("deploy", "pipeline.yaml", "--plan", "--role", role, cwd=example, env=nobody)
    assert done.status == 1
    assert done.err.startswith("AWS010 who asks is not known: Unable to locate credentials")


def test_what_check_finds_is_told_and_nothing_is_asked(stepsmith, example, nobody):
    text = (example / "pipeline.yaml").read_text().replace("models/penguins.tar.gz", "models/nothing.tar.gz")
    (example / "pipeline.yaml").write_text(text)
    done = stepsmith("deploy", "pipeline.yaml", "--yes", cwd=example, env=nobody)
    assert done.status == 1
    assert done.err.startswith("STP230 pipeline.yaml:")
