"""An archive is carried by the cheapest way whose result nobody else can change, and refused as anywhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from stepsmith.container.archive.limits import Limits
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.verified_copy import CLONED, COPIED, LINKED, copy_verified
from stepsmith.container.archive.write import archive_chunks, entry_of_bytes


@pytest.fixture
def target(tmp_path):
    return tmp_path / "output" / "model.tar.gz"


@pytest.fixture
def source(model_archive):
    return model_archive("input/model.tar.gz")


def carried(source, target, **settings):
    return copy_verified(str(source), str(target), **settings)


def test_a_file_that_others_may_write_to_is_copied(source, target):
    record, way = carried(source, target)
    if way == CLONED:
        pytest.skip("the file system of the temporary folder makes clones")
    assert (way, record) == (COPIED, read_archive(str(source)))
    assert target.read_bytes() == source.read_bytes()
    assert not target.samefile(source)


def test_a_private_file_gets_another_name(source, target):
    record, way = carried(source, target, is_private=True)
    assert (way, record.digest) == (LINKED, read_archive(str(source)).digest)
    assert target.samefile(source)
    assert [path.name for path in target.parent.iterdir()] == ["model.tar.gz"]


def test_a_private_file_that_has_another_name_already_is_not_linked(source, target, tmp_path):
    os.link(source, tmp_path / "another-name")
    assert carried(source, target, is_private=True)[1] != LINKED
    assert not target.samefile(source)


def test_a_link_is_not_linked(source, target, tmp_path):
    (tmp_path / "link").symlink_to(source)
    carried(tmp_path / "link", target, is_private=True)
    assert not target.is_symlink()
    assert not target.samefile(source)


def test_a_file_on_another_file_system_is_copied(source):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        if Path(elsewhere).stat().st_dev == source.stat().st_dev:
            pytest.skip("/dev/shm is no file system of its own here")
        target = Path(elsewhere) / "model.tar.gz"
        assert carried(source, target, is_private=True)[1] == COPIED
        assert target.read_bytes() == source.read_bytes()


@pytest.fixture
def cloning(tmp_path):
    """A folder on a file system that makes clones: XFS in a file, mounted."""
    if os.geteuid() or not shutil.which("mkfs.xfs"):
        pytest.skip("making a file system that clones takes root and mkfs.xfs")
    image, place = tmp_path / "xfs", tmp_path / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(320 << 20)
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", image], check=True, timeout=60)
    if subprocess.run(["mount", "-o", "loop", image, place], check=False, capture_output=True, timeout=60).returncode:
        pytest.skip("this machine mounts no file as a file system")
    yield place
    subprocess.run(["umount", place], check=True, timeout=60)


def test_a_file_is_cloned_where_the_file_system_makes_clones(source, cloning, expect_error):
    there, target = cloning / "source", cloning / "output" / "model.tar.gz"
    shutil.copyfile(source, there)
    record, way = carried(there, target)
    assert (way, record.digest) == (CLONED, hashlib.sha256(source.read_bytes()).hexdigest())
    there.write_bytes(b"changed")
    assert target.read_bytes() == source.read_bytes()
    damaged = cloning / "damaged"
    damaged.write_bytes(source.read_bytes()[:-1])
    with expect_error("ARC002", f"byte {source.stat().st_size - 8}", text=False):
        carried(damaged, cloning / "other" / "model.tar.gz")
    assert not (cloning / "other").exists()


@pytest.mark.parametrize("is_private", [True, False])
def test_a_refusal_leaves_what_was_there_and_names_the_source(is_private, source, target, expect_error):
    source.write_bytes(b"".join(archive_chunks([entry_of_bytes("model.json", b"{}")])))
    target.parent.mkdir()
    target.write_bytes(b"what was there before")
    with expect_error("ARC012", "TMP/input/model.tar.gz"):
        carried(source, target, expected_digest="0" * 64, is_private=is_private)
    with expect_error("ARC022", f"byte {source.stat().st_size - 8}"):
        carried(source, target, limits=Limits(unpacked_bytes=100), is_private=is_private)
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"what was there before"]
    assert source.exists()


@pytest.mark.parametrize("is_private", [True, False])
def test_a_source_that_is_not_there_is_named(is_private, target, tmp_path, expect_error):
    with expect_error("ARC013", str(tmp_path / "nowhere")):
        carried(tmp_path / "nowhere", target, is_private=is_private)
