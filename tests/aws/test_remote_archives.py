"""`stepsmith archive` of archives that are on S3."""

from __future__ import annotations

import hashlib
import json

import pytest

pytestmark = pytest.mark.aws


@pytest.fixture
def on_s3(cloud, model_archive):
    """A model on S3: its bucket's name and its digest."""
    content = model_archive().read_bytes()
    cloud.s3.put_object(Bucket=cloud.bucket, Key="model.tgz", Body=content)
    return f"s3://{cloud.bucket}", hashlib.sha256(content).hexdigest()


def test_it_is_verified_and_what_pins_it_is_told(stepsmith, on_s3, snapshot):
    bucket, digest = on_s3
    done = stepsmith("archive", "verify", f"{bucket}/model.tgz", "--sha256", digest)
    assert done.status == 0, done.err
    assert digest in done.out
    snapshot(done.out)
    done = stepsmith("archive", "verify", f"{bucket}/model.tgz", "--sha256", "0" * 64)
    assert (done.status, done.codes) == (1, ["ARC012"])
    snapshot(done.err)


def test_a_package_is_made_where_the_model_is(stepsmith, on_s3, tmp_path, snapshot):
    bucket, digest = on_s3
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    arguments = ["archive", "package", f"{bucket}/model.tgz", "--code", "code", "-o"]
    made = stepsmith(*arguments, f"{bucket}/package.tgz", "--json")
    assert json.loads(made.out)["model"]["sha256"] == digest
    listed = json.loads(stepsmith("archive", "verify", f"{bucket}/package.tgz", "--json").out)
    assert listed["files"] == 2
    again = stepsmith(*arguments, f"{bucket}/package.tgz")
    assert (again.status, again.codes) == (1, ["AWS025"])
    snapshot(again.err)
    apart = stepsmith(*arguments, "here.tgz")
    assert (apart.status, apart.out, (tmp_path / "here.tgz").exists()) == (2, "", False)
    snapshot(apart.err)
