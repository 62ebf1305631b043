"""An archive is unpacked into its folder and nowhere else, files and directories alone, whole or not at all."""

from __future__ import annotations

import errno
import os
import resource

import pytest

from stepsmith.container.archive.limits import Limits
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.unpack import unpack_archive

FILES = {"model.bin": os.urandom(600_000), "config/model.json": b"{}", "empty": b""}


@pytest.fixture
def made(forge, tmp_path):
    """Makes an archive of tar entries."""

    def make(*entries):
        path = tmp_path / "archive"
        path.write_bytes(forge.gzip(*entries))
        return str(path)

    return make


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "above" / "model"


def below(folder):
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def test_its_files_and_directories_are_in_the_folder(model_archive, folder):
    model = str(model_archive(files=FILES))
    assert unpack_archive(model, f"{folder}/") == read_archive(model)
    assert below(folder) == {**FILES, "config": None}


def test_directories_come_with_and_without_entries_of_their_own_in_any_order(made, forge, folder):
    directory = forge.header(b"a/", kind=b"5")
    unpack_archive(made(forge.header(b"./", kind=b"5"), forge.entry(b"a/b/c"), directory, forge.entry(b"a/d")), folder)
    assert below(folder) == {"a": None, "a/b": None, "a/b/c": b"weights", "a/d": b"weights"}


def test_modes_are_masked(made, forge, folder):
    before = os.umask(0o027)
    try:
        unpack_archive(
            made(
                forge.header(b"d/", kind=b"5", mode=b"0007777\0"),
                forge.entry(b"d/run", mode=b"0000777\0"),
                forge.entry(b"d/open", mode=b"0000666\0"),
                forge.entry(b"d/closed", mode=b"0000000\0"),
            ),
            folder,
        )
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in folder.rglob("*")}
    assert modes == {"d": "0o750", "run": "0o750", "open": "0o640", "closed": "0o640"}


@pytest.mark.parametrize("kind", [b"1", b"2"], ids=["hard", "symbolic"])
def test_links_are_refused_whatever_the_limits_admit(kind, made, forge, folder, expect_error):
    archive = made(forge.entry(b"a"), forge.header(b"b", kind=kind, link=b"a"))
    with expect_error("ARC009", "entry 'b'"):
        unpack_archive(archive, folder, Limits(links=True))


REFUSED = {
    "climbs": ("ARC008", "entry '../outside'", lambda forge: forge.entry(b"../outside")),
    "absolute": ("ARC008", "entry '/tmp/outside'", lambda forge: forge.entry(b"/tmp/outside")),
    "twice": ("ARC010", "entry 'A'", lambda forge: forge.entry(b"a") + forge.entry(b"A")),
    "no file": ("ARC011", "TMP/archive", lambda forge: forge.header(b"d/", kind=b"5")),
    "damaged": ("ARC006", "tar byte 2560", lambda forge: forge.entry(b"a") + b"x" * 512),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_leaves_nothing(what, made, forge, folder, expect_error):
    code, where, entries = REFUSED[what]
    with expect_error(code, where):
        unpack_archive(made(forge.entry(b"before") if what != "no file" else b"", entries(forge)), folder)
    assert not folder.parent.exists()


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_already_stays_as_it_is(there, model_archive, folder, expect_error):
    folder.parent.mkdir()
    {"file": folder.touch, "folder": folder.mkdir, "link": lambda: folder.symlink_to("nowhere")}[there]()
    with expect_error("ARC024", str(folder)):
        unpack_archive(str(model_archive()), folder)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_file_that_cannot_be_written_whole_leaves_nothing(model_archive, folder, snapshot):
    model = str(model_archive(files=FILES))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    try:
        with snapshot.error(OSError) as raised:
            unpack_archive(model, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.errno == errno.EFBIG
    assert not folder.parent.exists()


def test_an_archive_that_changes_while_it_is_unpacked_leaves_nothing(made, forge, folder, expect_error):
    archive = made(forge.entry(b"a"), forge.entry(b"b"))

    class Meanwhile(Limits):
        def refuse_bomb(self, *_):
            os.utime(archive, ns=(0, 0))

    with expect_error("ARC016", archive):
        unpack_archive(archive, folder, Meanwhile())
    assert not folder.parent.exists()
