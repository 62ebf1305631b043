"""Packages that S3 puts together itself are byte for byte those that are made on this machine."""

from __future__ import annotations

import hashlib

import pytest
from proxy import Fault

from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.packaging import package_on_s3
from stepsmith.container.archive.package import package_model
from stepsmith.container.archive.write import entry_of_bytes, entry_of_file

pytestmark = pytest.mark.aws


@pytest.fixture(params=["ministack", "moto", "juicefs"])
def any_cloud(request, cloud_on):
    return cloud_on(request.getfixturevalue(f"{request.param}_url"))


@pytest.mark.parametrize("size_bytes", [1_000, 6_000_000, 30_000_000])
def test_a_package_is_the_one_that_this_machine_would_make(any_cloud, big_model, tmp_path, size_bytes):
    cloud, model = any_cloud, big_model(size_bytes)
    cloud.s3.put_object(Bucket=cloud.bucket, Key="model.tgz", Body=model.read_bytes())
    (tmp_path / "inference.py").write_bytes(b"def model_fn(model_dir):\n    return None\n" * 1000)
    entries = [entry_of_file("code/inference.py", str(tmp_path / "inference.py"))]
    cloud.asked()
    target = f"s3://{cloud.bucket}/package.tgz"
    made = package_on_s3(Objects(cloud.account()), f"s3://{cloud.bucket}/model.tgz", entries, target)
    here = package_model(str(model), entries, str(tmp_path / "here.tgz"))
    assert hashlib.sha256(cloud.read("package.tgz")).hexdigest() == here.package.digest
    assert made.plan.size_bytes == here.package.size_bytes
    assert made.model.record.digest == here.model.digest
    # Two parts' least at most of the model are sent; all else is copied.
    assert ("UploadPartCopy" in cloud.asked()) == (size_bytes > 20_000_000)
    assert made.plan.moved_bytes <= 10 << 20


def test_what_is_there_is_not_replaced(cloud, big_model, expect_error):
    cloud.s3.put_object(Bucket=cloud.bucket, Key="model.tgz", Body=big_model(1000).read_bytes())
    uri = f"s3://{cloud.bucket}/model.tgz"
    with expect_error("AWS025"):
        package_on_s3(Objects(cloud.account()), uri, [entry_of_bytes("code/a.py", b"")], uri)


def test_what_another_puts_there_meanwhile_is_not_taken_for_the_package(cloud, big_model, expect_error):
    cloud.s3.put_object(Bucket=cloud.bucket, Key="model.tgz", Body=big_model(1000).read_bytes())
    theirs = cloud.s3.create_multipart_upload(Bucket=cloud.bucket, Key="package.tgz")["UploadId"]

    def rule(asked, _):
        if asked.operation != "CompleteMultipartUpload":
            return None
        return Fault(before=lambda: cloud.s3.put_object(Bucket=cloud.bucket, Key="package.tgz", Body=b"theirs"))

    cloud.fails(rule)
    target = f"s3://{cloud.bucket}/package.tgz"
    with expect_error("AWS025"):
        package_on_s3(
            Objects(cloud.account()), f"s3://{cloud.bucket}/model.tgz", [entry_of_bytes("code/a.py", b"")], target
        )
    assert cloud.read("package.tgz") == b"theirs"
    assert [one["UploadId"] for one in cloud.uploads()] == [theirs]


def test_what_the_model_holds_already_is_packaged_in_a_step(cloud, model_archive, expect_error):
    model = model_archive(files={"code/inference.py": b"old"})
    cloud.s3.put_object(Bucket=cloud.bucket, Key="model.tgz", Body=model.read_bytes())
    entries = [entry_of_bytes("code/inference.py", b"new")]
    with expect_error("AWS004", f"s3://{cloud.bucket}/model.tgz"):
        package_on_s3(
            Objects(cloud.account()), f"s3://{cloud.bucket}/model.tgz", entries, f"s3://{cloud.bucket}/package.tgz"
        )
    assert "package.tgz" not in cloud.objects()
