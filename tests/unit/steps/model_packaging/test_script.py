from __future__ import annotations

import hashlib
import json
import tarfile

import pytest


@pytest.fixture
def code(tmp_path):
    folder = tmp_path / "inference"
    (folder / "lib").mkdir(parents=True)
    (folder / "inference.py").write_text("def model_fn(model_dir): ...\n")
    (folder / "requirements.txt").write_text("numpy\n")
    (folder / "lib" / "more.py").write_text("")
    return folder


@pytest.fixture
def run(run_script, tmp_path, code):
    def package(model, entry_point="inference.py"):
        return run_script(
            "ModelPackaging", model_path=model, code_dir=code, entry_point=entry_point, output_dir=tmp_path / "out"
        )

    return package


def test_a_package_holds_the_models_files_and_the_code(run, model_archive, tmp_path):
    model = model_archive(files={"model.json": b"{}", "sub/weights.bin": b"\1" * 5000})
    assert run(model).status == 0
    with tarfile.open(tmp_path / "out" / "model.tar.gz") as archive:
        contents = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    assert sorted(contents) == [
        "code/inference.py", "code/lib/more.py", "code/requirements.txt", "model.json", "sub/weights.bin",
    ]  # fmt: skip
    assert contents["sub/weights.bin"] == b"\1" * 5000
    assert contents["code/requirements.txt"] == b"numpy\n"


def test_both_digests_are_recorded_beside_the_package(run, model_archive, tmp_path):
    model = model_archive()
    run(model)
    package = tmp_path / "out" / "model.tar.gz"
    record = json.loads((tmp_path / "out" / "package.json").read_text())
    assert record == {
        "source_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "source_size_bytes": model.stat().st_size,
        "package_sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "package_size_bytes": package.stat().st_size,
        "files": 4,
    }


def test_the_same_input_gives_the_same_package(run, model_archive, tmp_path):
    model = model_archive()
    run(model)
    first = (tmp_path / "out" / "model.tar.gz").read_bytes()
    run(model)
    assert (tmp_path / "out" / "model.tar.gz").read_bytes() == first


def test_code_that_the_model_holds_already_is_replaced_and_told(run, model_archive, tmp_path, snapshot):
    done = run(model_archive(files={"model.json": b"{}", "./code/inference.py": b"old"}))
    (warning,) = done.logged("WARNING")
    assert "code/inference.py" in warning
    snapshot(warning)
    with tarfile.open(tmp_path / "out" / "model.tar.gz") as archive:
        names = [member.name for member in archive if "inference" in member.name]
        assert names == ["code/inference.py"]
        assert archive.extractfile("code/inference.py").read() != b"old"


def test_a_truncated_model_is_never_a_package(run, model_archive, tmp_path, written, snapshot):
    model = model_archive(files={"w": b"x" * 100_000})
    model.write_bytes(model.read_bytes()[:-9])
    done = run(model)
    assert (done.status, done.code) == (1, "ARC002")
    snapshot(done.stable_reason)
    assert written(tmp_path / "out") == {}


def test_code_without_its_entry_point_is_never_a_package(run, model_archive, tmp_path, written, snapshot):
    done = run(model_archive(), entry_point="serve.py")
    assert (done.status, done.code) == (1, "ARC017")
    assert "serve.py" in done.reason
    snapshot(done.reason)
    assert written(tmp_path / "out") == {}


def test_a_model_without_a_file_is_never_a_package(run, model_archive, tmp_path, written, snapshot):
    model = model_archive()
    with tarfile.open(model, "w:gz"):
        pass
    done = run(model)
    assert (done.status, done.code) == (1, "ARC011")
    snapshot(done.reason)
    assert written(tmp_path / "out") == {}
