from __future__ import annotations

import hashlib
import tarfile

import pytest

DIGEST_VARIABLE = "EXPECTED_MODEL_SHA256"


@pytest.fixture
def run(run_script, tmp_path):
    def dummy_training(source, **env):
        return run_script("DummyTraining", env, pretrained_model_path=source, output_dir=tmp_path / "out")

    return dummy_training


def test_a_whole_model_is_copied_to_the_byte_and_its_facts_are_logged(run, model_archive, tmp_path, written, snapshot):
    model = model_archive()
    done = run(model)
    assert (done.status, done.reason) == (0, "")
    assert written(tmp_path / "out") == {"model.tar.gz": model.read_bytes()}
    reading, wrote, verified, succeeded = done.logged("INFO")
    digest, size = hashlib.sha256(model.read_bytes()).hexdigest(), f"{model.stat().st_size} bytes"
    assert digest in verified
    assert f"{model}, {size}" in reading
    assert f"{tmp_path / 'out' / 'model.tar.gz'}, {size}" in wrote
    # How it was copied depends on the file system.
    wrote = wrote.partition(": ")[0]
    snapshot(f"{reading}\n{wrote}\n{verified}\n{succeeded}".replace(digest, "DIGEST").replace(size, "SIZE bytes"))


def test_the_expected_digest_is_admitted(run, model_archive):
    model = model_archive()
    assert run(model, **{DIGEST_VARIABLE: hashlib.sha256(model.read_bytes()).hexdigest()}).status == 0


def test_any_other_digest_is_refused(run, model_archive, tmp_path, written, snapshot):
    model = model_archive()
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    done = run(model, **{DIGEST_VARIABLE: "0" * 64})
    assert (done.status, done.code) == (1, "ARC012")
    assert digest in done.reason
    snapshot(done.reason.replace(digest, "DIGEST"))
    assert written(tmp_path / "out") == {}


@pytest.mark.parametrize("digest", ["", "abc", "sha256:" + "0" * 64], ids=["empty", "too short", "prefixed"])
def test_what_is_no_digest_is_not_taken_for_none(digest, run, model_archive, tmp_path, written, snapshot):
    done = run(model_archive(), **{DIGEST_VARIABLE: digest})
    assert done.status == 1
    snapshot(done.reason)
    assert written(tmp_path / "out") == {}


def test_limits_and_links_are_read_from_the_environment(run, model_archive, snapshot):
    model = model_archive()
    for variable, value, code in [
        ("STEPSMITH_MAX_UNPACKED_BYTES", "1000", "ARC022"),
        ("STEPSMITH_MAX_RATIO", "many", "ARC023"),
    ]:
        done = run(model, **{variable: value})
        assert (done.status, done.code) == (1, code)
        snapshot(done.stable_reason)
    assert run(model, STEPSMITH_LINKS="inside").status == 0


def test_an_object_of_another_name_is_found_in_its_folder(run, model_archive, tmp_path, written):
    model_archive("in/best.tgz")
    assert run(tmp_path / "in" / "model.tar.gz").status == 0
    assert list(written(tmp_path / "out")) == ["model.tar.gz"]


def test_what_a_prefix_brings_besides_is_passed_over(run, model_archive, tmp_path):
    model_archive("in/best.tgz")
    (tmp_path / "in" / "best.tgz.bak").write_text("old")
    assert run(tmp_path / "in" / "model.tar.gz").status == 0


def test_two_archives_are_refused(run, model_archive, tmp_path, snapshot):
    model_archive("in/a.tgz")
    model_archive("in/b.tar.gz")
    done = run(tmp_path / "in" / "model.tar.gz")
    assert (done.status, done.code) == (1, "ARC014")
    snapshot(done.reason)


def truncated(data):
    return data[: len(data) // 2]


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(truncated, "ARC002", id="truncated"),
        pytest.param(lambda data: data[:-1], "ARC002", id="last byte missing"),
        pytest.param(flipped, "ARC004", id="a bit flipped"),
        pytest.param(lambda data: data + b"x", "ARC005", id="data after the end"),
        pytest.param(lambda _: b"", "ARC001", id="empty"),
        pytest.param(lambda _: b"not gzip at all", "ARC001", id="not gzip"),
    ],
)
def test_a_damaged_archive_is_refused_with_one_line_a_traceback_and_a_reason(
    run, model_archive, tmp_path, written, damage, code, snapshot
):
    # Deflate stores what it cannot compress, so that a flipped bit shows in the checksum, and nowhere before.
    model = model_archive(files={"weights.bin": hashlib.shake_128().digest(100_000)})
    model.write_bytes(damage(model.read_bytes()))
    done = run(model)
    assert (done.status, done.code) == (1, code)
    assert "\n" not in done.reason
    snapshot(done.stable_reason)
    assert "Traceback (most recent call last)" in done.log
    assert done.log.strip().rsplit("\n", 1)[-1].endswith(f" ERROR failed: {done.reason}")
    assert written(tmp_path / "out") == {}


def test_a_model_that_is_not_there_is_refused(run, tmp_path, snapshot):
    done = run(tmp_path / "in" / "model.tar.gz")
    assert (done.status, done.code) == (1, "ARC013")
    snapshot(done.reason)


def test_an_archive_without_a_file_is_refused(run, model_archive, snapshot):
    model = model_archive()
    with tarfile.open(model, "w:gz") as archive:
        folder = tarfile.TarInfo("empty/")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    done = run(model)
    assert (done.status, done.code) == (1, "ARC011")
    snapshot(done.reason)


def test_a_missing_argument_is_a_reason_and_exit_1(run_script, snapshot):
    done = run_script("DummyTraining", output_dir="x")
    assert done.status == 1
    assert "--pretrained-model-path" in done.reason
    snapshot(done.reason)


def test_a_reason_fits_what_sagemaker_keeps(run, tmp_path):
    done = run(tmp_path / ("ü" * 100) / ("ö" * 100) / ("ä" * 120) / ("é" * 120) / ("ø" * 120) / "model.tar.gz")
    assert done.status == 1
    assert len(done.reason.encode()) <= 1024
