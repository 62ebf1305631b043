from __future__ import annotations

import os

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder
from stepsmith.definition.assets import AssetObject, FileSource
from stepsmith.diagnostics import ArchiveError, ConfigError
from stepsmith.local.digest_cache import KeptDigests

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


def test_a_local_folder_is_archived_the_same_wherever_it_lies(build, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder / "sub").mkdir(parents=True)
        (tmp_path / folder / "model.json").write_text("{}")
        (tmp_path / folder / "sub" / "weights.bin").write_bytes(b"\0" * 1000)
        os.utime(tmp_path / folder / "model.json", (len(folder), len(folder)))
    os.utime(tmp_path / "two" / "model.json", (1, 1))
    assert build("one").assets[1].uri == build("two").assets[1].uri


def test_a_compressed_folder_is_smaller(build, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"\0" * 100_000)
    stored, deflated = (build("model", compress=flag).assets[1].objects[0].size_bytes for flag in (False, True))
    assert deflated < stored / 10


def test_an_archive_that_did_not_change_since_it_was_verified_is_not_read(tmp_path, model_archive, expect_error):
    """It is no archive any more, and whoever read it would say so; the look-up says that nothing changed."""
    path = model_archive("model.tar.gz")
    path.write_bytes(b"no archive")
    config = DummyTrainingConfig(pretrained_model_path="model.tar.gz", **SHARED)
    builder = DummyTrainingStepBuilder(config, base_dir=tmp_path)
    builder.digests = Told("b" * 64)
    (item,) = builder.create_step().assets[-1].objects
    assert item == AssetObject("model.tar.gz", "b" * 64, len(b"no archive"), FileSource(path))
    assert builder.digests.asked == [str(path)]
    builder.digests = Told(None)
    with expect_error("ARC001", "pretrained_model_path", kind=ArchiveError):
        builder.create_step()


def test_a_folder_of_which_no_file_changed_is_not_archived_for_its_digest(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"1")
    config = DummyTrainingConfig(pretrained_model_path="model", **SHARED)
    builder = DummyTrainingStepBuilder(config, base_dir=tmp_path)
    kept = KeptDigests()
    builder.digests = kept
    (first,) = builder.create_step().assets[-1].objects
    ((key, (identity, known)),) = kept.known.items()
    assert known == f"{first.digest} {first.size_bytes}"
    kept.known[key] = identity, f"{'c' * 64} 7"
    (told,) = builder.create_step().assets[-1].objects
    assert (told.digest, told.size_bytes) == ("c" * 64, 7)
    (tmp_path / "model" / "weights.bin").write_bytes(b"2")
    (changed,) = builder.create_step().assets[-1].objects
    assert changed.digest not in (first.digest, "c" * 64)


class Told:
    """A look-up that says one digest of every file."""

    def __init__(self, digest):
        self.digest, self.asked = digest, []

    def find(self, path, identity, read_as):
        assert read_as.startswith("archive ")
        self.asked.append(path)
        return self.digest if identity else None

    def keep(self, path, identity, read_as, digest):
        """Nothing."""


def test_a_folder_without_a_model_is_refused(build, tmp_path, expect_error):
    (tmp_path / "empty").mkdir()
    with expect_error("ARC011", "pretrained_model_path", kind=ArchiveError):
        build("empty")


def test_the_folder_that_an_archive_lies_in_is_refused(build, model_archive, expect_error):
    model_archive("models/model.tar.gz")
    with expect_error("STP241", "pretrained_model_path", kind=ConfigError):
        build("models")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"no gzip", "ARC001", id="not gzip"),
        pytest.param(b"", "ARC001", id="empty"),
        pytest.param(b"\x1f\x8b\x08", "ARC002", id="truncated"),
    ],
)
def test_a_local_archive_is_verified_before_anything_runs(build, tmp_path, content, code, expect_error):
    (tmp_path / "model.tgz").write_bytes(content)
    with expect_error(code, "pretrained_model_path", kind=ArchiveError):
        build("model.tgz")


def test_a_model_that_changes_after_compiling_is_not_handed_on(build, model_archive, snapshot):
    model = model_archive()
    item = build("model.tar.gz").assets[1].objects[0]
    model.write_bytes(b"other")
    with pytest.raises(ArchiveError) as raised:
        list(item.chunks())
    (finding,) = raised.value.findings
    assert (finding.code, finding.where) == ("ARC016", str(model))
    snapshot(raised.value)
