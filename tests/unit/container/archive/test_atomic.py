"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import pytest

from stepsmith.container.archive import whole
from stepsmith.container.archive.atomic import atomic_file


def names(folder):
    return [path.name for path in folder.iterdir()]


def fill(path, *parts, fail=None):
    with atomic_file(str(path)) as file:
        for part in parts:
            file.write(part)
        if fail:
            raise fail


def test_the_file_appears_when_the_block_ends_and_not_before(tmp_path):
    target = tmp_path / "model.tar.gz"
    with atomic_file(str(target)) as file:
        file.write(b"weights")
        file.flush()
        assert not target.exists()
    assert target.read_bytes() == b"weights"


def test_nothing_but_the_file_is_left(tmp_path):
    fill(tmp_path / "model.tar.gz", b"weights")
    assert names(tmp_path) == ["model.tar.gz"]


def test_the_folders_above_it_are_made(tmp_path):
    fill(tmp_path / "a" / "b" / "model.tar.gz", b"weights")
    assert (tmp_path / "a" / "b" / "model.tar.gz").read_bytes() == b"weights"


def test_a_name_without_a_folder_is_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill("model.tar.gz", b"weights")
    assert (tmp_path / "model.tar.gz").read_bytes() == b"weights"


def test_what_was_there_before_is_replaced(tmp_path):
    target = tmp_path / "model.tar.gz"
    target.write_bytes(b"a longer file that was there before")
    fill(target, b"weights")
    assert target.read_bytes() == b"weights"


@pytest.mark.parametrize("fail", [ValueError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_failure_leaves_nothing(fail, tmp_path):
    with pytest.raises(fail):
        fill(tmp_path / "model.tar.gz", b"half", fail=fail)
    assert names(tmp_path) == []


@pytest.mark.parametrize("fail", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there_before(fail, tmp_path):
    target = tmp_path / "model.tar.gz"
    target.write_bytes(b"before")
    with pytest.raises(fail):
        fill(target, b"half", fail=fail)
    assert target.read_bytes() == b"before"
    assert names(tmp_path) == ["model.tar.gz"]


def test_a_name_that_cannot_be_taken_leaves_no_temporary_file(tmp_path, snapshot):
    (tmp_path / "model.tar.gz").mkdir()
    with snapshot.error(FileExistsError) as raised:
        fill(tmp_path / "model.tar.gz", b"weights")
    assert (raised.value.errno, raised.value.filename) == (errno.EEXIST, str(tmp_path / "model.tar.gz"))
    assert names(tmp_path) == ["model.tar.gz"]


def test_what_is_there_and_is_no_file_stays_as_it_is(tmp_path, snapshot):
    os.mkfifo(tmp_path / "fifo")
    with snapshot.error(FileExistsError) as raised:
        fill(tmp_path / "fifo", b"weights")
    assert (raised.value.errno, raised.value.filename) == (errno.EEXIST, str(tmp_path / "fifo"))
    assert (tmp_path / "fifo").is_fifo()


def test_the_folders_that_were_made_are_gone_when_the_block_fails_and_others_stay(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(KeyError), atomic_file(str(tmp_path / "there" / "a" / "b" / "model.tar.gz")):
        raise KeyError
    assert names(tmp_path / "there") == []


def test_a_folder_that_another_uses_by_then_stays(tmp_path):
    with suppress(KeyError), atomic_file(str(tmp_path / "a" / "b" / "model.tar.gz")):
        (tmp_path / "a" / "other").touch()
        raise KeyError
    assert names(tmp_path / "a") == ["other"]


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as raised:
        fill(tmp_path / "file" / "model.tar.gz", b"weights")
    assert raised.value.filename.startswith(str(tmp_path / "file"))


def test_a_link_is_replaced_and_not_written_through(tmp_path):
    (tmp_path / "original").write_bytes(b"original")
    (tmp_path / "model.tar.gz").symlink_to("original")
    fill(tmp_path / "model.tar.gz", b"weights")
    assert (tmp_path / "original").read_bytes() == b"original"
    assert not (tmp_path / "model.tar.gz").is_symlink()


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_its_mode_is_what_the_umask_leaves(umask, tmp_path):
    before = os.umask(umask)
    try:
        fill(tmp_path / "model.tar.gz", b"weights")
    finally:
        os.umask(before)
    assert (tmp_path / "model.tar.gz").stat().st_mode & 0o777 == 0o666 & ~umask


def test_two_writers_of_one_name_each_write_a_whole_file(tmp_path):
    target = tmp_path / "model.tar.gz"
    with atomic_file(str(target)) as slow:
        slow.write(b"slow ")
        slow.flush()
        fill(target, b"fast")
        assert target.read_bytes() == b"fast"
        slow.write(b"writer")
        slow.flush()
        assert target.read_bytes() == b"fast"
    assert target.read_bytes() == b"slow writer"
    assert names(tmp_path) == ["model.tar.gz"]


@pytest.mark.parametrize("name", ["m" * 255, "é" * 127, "重" * 85], ids=["ascii", "two bytes", "three bytes"])
def test_a_name_as_long_as_a_file_system_admits_is_written(name, tmp_path):
    fill(tmp_path / name, b"weights")
    assert names(tmp_path) == [name]


def test_scripts_that_the_first_version_made_find_its_name():
    assert whole.whole_file is atomic_file
