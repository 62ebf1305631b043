"""Archives whose bytes depend on nothing but their entries, and that every tool reads."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
import zlib
from pathlib import Path

import pytest

from stepsmith.container.archive.write import (
    ArchiveEntry,
    Counted,
    archive_chunks,
    entries_of_folder,
    entry_of_bytes,
    gzip_chunks,
    header,
    tar_chunks,
)

FILES = {
    "model.bin": b"w" * 70_000,
    "code/inference.py": b"print('hello')\n",
    "empty": b"",
    "modèle/重み.bin": b"x" * 512,
}
LONG = "a-folder-with-a-long-name/" * 8 + "model.bin"
# The SHA-256 of the tar that FILES give, wherever and with whatever Python they are archived.
PINNED = "58729e172bc89c76fb8780eee05ce99c17729ea894c8f210337155ed383c1dc0"
SAME_BYTES = """
import hashlib, sys
from stepsmith.container.archive.write import archive_chunks, entry_of_bytes
entries = [entry_of_bytes(name, b"w" * 70000) for name in ("model.bin", "mod\\u00e8le.bin", "long/" * 30 + "model.bin")]
sys.stdout.write(hashlib.sha256(b"".join(archive_chunks(entries))).hexdigest())
"""


def noise(size):
    return hashlib.shake_128(b"noise").digest(size)


def archive_of(place, **options):
    return b"".join(archive_chunks(entries_of_folder(str(place)), **options))


def stored_blocks(data):
    """The (last, content) of each deflate block of a gzip file that must hold stored ones only."""
    place, last = 10, 0
    while not last:
        last, length = data[place], int.from_bytes(data[place + 1 : place + 3], "little")
        assert last in (0, 1), "a block that is not stored"
        assert length ^ 0xFFFF == int.from_bytes(data[place + 3 : place + 5], "little")
        yield last, data[place + 5 : place + 5 + length]
        place += 5 + length
    assert place + 8 == len(data)


# --- the same bytes everywhere ---


def test_the_bytes_are_what_they_always_were(folder):
    assert hashlib.sha256(gzip.decompress(archive_of(folder(FILES)))).hexdigest() == PINNED


def test_another_folder_time_order_and_umask_give_the_same_bytes(folder):
    first = folder(FILES, "first")
    before = os.umask(0o077)
    try:
        second = folder(dict(reversed(FILES.items())), "else/where")
    finally:
        os.umask(before)
    for path in second.rglob("*"):
        os.utime(path, (1, 1))
    assert (second / "empty").stat().st_mode != (first / "empty").stat().st_mode
    assert archive_of(first) == archive_of(second)


def test_a_relative_folder_and_one_with_a_slash_give_the_same_bytes(folder, monkeypatch):
    place = folder(FILES)
    monkeypatch.chdir(place.parent)
    assert archive_of(place) == archive_of("folder") == archive_of("folder/") == archive_of(f"{place}/../folder/.")


def test_the_bytes_depend_on_no_zlib_as_every_block_is_stored(folder):
    data = archive_of(folder(FILES))
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    tar = b"".join(content for _, content in stored_blocks(data))
    assert tar == gzip.decompress(data)
    assert data[-8:] == zlib.crc32(tar).to_bytes(4, "little") + len(tar).to_bytes(4, "little")


def test_the_bytes_do_not_depend_on_the_pieces_that_the_data_came_in():
    data = noise(200_000)
    whole = b"".join(gzip_chunks(Counted([data])))
    for size in (1 << 9, 1 << 16, 65535, 1 << 17):
        assert b"".join(gzip_chunks(Counted(data[at : at + size] for at in range(0, len(data), size)))) == whole


def test_bytes_in_memory_and_in_a_file_give_the_same_archive(tmp_path):
    data = noise((2 << 20) + 7)
    (tmp_path / "model.bin").write_bytes(data)
    in_file = ArchiveEntry("model.bin", len(data), str(tmp_path / "model.bin"))
    assert b"".join(archive_chunks([in_file])) == b"".join(archive_chunks([entry_of_bytes("model.bin", data)]))


@pytest.mark.parametrize("minor", ["3.8", "3.9", "3.12", "3.13"])
def test_every_python_gives_the_same_bytes(minor, python_of, shipped):
    command = [python_of(minor), "-B", "-W", "error", "-c", SAME_BYTES]
    there = subprocess.run(command, cwd=shipped, capture_output=True, text=True, check=True, timeout=60).stdout
    names = ("model.bin", "modèle.bin", "long/" * 30 + "model.bin")
    here = b"".join(archive_chunks([entry_of_bytes(name, b"w" * 70_000) for name in names]))
    assert there == hashlib.sha256(here).hexdigest()


# --- read by others ---


@pytest.mark.parametrize("compress", [False, True])
def test_python_reads_what_was_written(compress, folder):
    files = {**FILES, LONG: b"long"}
    with tarfile.open(fileobj=io.BytesIO(archive_of(folder(files), compress=compress)), mode="r:gz") as archive:
        assert {info.name: archive.extractfile(info).read() for info in archive} == files


@pytest.mark.parametrize("compress", [False, True])
def test_gnu_tar_and_gzip_read_what_was_written(compress, gnu_tar, folder, tmp_path):
    files = {**FILES, LONG: b"long"}
    (tmp_path / "model.tar.gz").write_bytes(archive_of(folder(files), compress=compress))
    subprocess.run(["gzip", "-t", tmp_path / "model.tar.gz"], check=True, capture_output=True)
    (tmp_path / "there").mkdir()
    gnu_tar("-xzf", tmp_path / "model.tar.gz", "-C", tmp_path / "there")
    there = [path for path in (tmp_path / "there").rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path / "there")): path.read_bytes() for path in there} == files


def test_our_reader_admits_what_was_written(folder, contents):
    files = {**FILES, LONG: b"long"}
    assert contents(archive_of(folder(files))) == sorted(files.items())


def test_compressed_is_smaller_and_holds_the_same(folder):
    stored, deflated = archive_of(folder(FILES)), archive_of(folder(FILES), compress=True)
    assert len(deflated) < len(stored) / 10
    assert gzip.decompress(deflated) == gzip.decompress(stored)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 131_070, (1 << 20) + 1])
def test_a_gzip_member_of_any_size_is_whole(size):
    data = noise(size)
    for compress in (False, True):
        assert gzip.decompress(b"".join(gzip_chunks(Counted([data, b""]), compress))) == data


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_a_tar_is_padded_to_whole_blocks_and_ends_with_two_of_zeros(size):
    data = b"".join(tar_chunks([entry_of_bytes("model.bin", b"w" * size)]))
    assert len(data) % 512 == 0
    assert len(data) == 512 + -(-size // 512) * 512 + 1024
    assert data[-1024:] == bytes(1024)


def test_a_header_holds_no_owner_no_time_and_a_plain_mode():
    with tarfile.open(fileobj=io.BytesIO(b"".join(tar_chunks([entry_of_bytes("model.bin", b"w")])))) as archive:
        (info,) = archive.getmembers()
    assert (info.uid, info.gid, info.uname, info.gname, info.mtime, info.mode) == (0, 0, "", "", 0, 0o644)


def test_a_header_says_the_size_of_a_file_of_over_eight_gigabytes():
    block = header(ArchiveEntry("model.bin", 9 << 30, "somewhere"))
    assert tarfile.TarInfo.frombuf(block[-512:], "utf-8", "strict").name == "model.bin"
    assert f"size={9 << 30}\n".encode() in block


# --- what a folder gives ---


def test_a_folder_gives_its_files_sorted_by_name(folder):
    names = ["b", "a/z", "a/y/x", "a.b", "B", "é"]
    assert [entry.name for entry in entries_of_folder(str(folder(dict.fromkeys(names, b""))))] == sorted(names)


def test_the_executable_bit_of_the_owner_is_kept_and_no_other(folder):
    place = folder({"run.sh": b"", "model.bin": b"", "group.sh": b""})
    (place / "run.sh").chmod(0o700)
    (place / "model.bin").chmod(0o600)
    (place / "group.sh").chmod(0o654)
    with tarfile.open(fileobj=io.BytesIO(archive_of(place))) as archive:
        assert {info.name: info.mode for info in archive} == {"run.sh": 0o755, "model.bin": 0o644, "group.sh": 0o644}


@pytest.mark.parametrize("name", ["__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store"])
@pytest.mark.parametrize("form", ["{}", "{}/file", "a/{}/b/file", "a/{}"])
def test_what_lies_in_a_folder_by_accident_is_left_out(form, name, folder):
    place = folder({"model.bin": b"", form.format(name): b""})
    assert [entry.name for entry in entries_of_folder(str(place))] == ["model.bin"]


def test_compiled_python_is_left_out_and_names_like_it_are_not(folder):
    place = folder({"old.pyc": b"", "a/old.pyc": b"", "pyc": b"", ".gitignore": b"", "git/x": b"", "x.pyc.txt": b""})
    assert [entry.name for entry in entries_of_folder(str(place))] == [".gitignore", "git/x", "pyc", "x.pyc.txt"]


def test_a_link_to_a_file_is_followed(folder, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"weights")
    (tmp_path / "elsewhere").chmod(0o755)
    place = folder({"a": b""})
    (place / "model.bin").symlink_to(tmp_path / "elsewhere")
    with tarfile.open(fileobj=io.BytesIO(archive_of(place))) as archive:
        info = archive.getmember("model.bin")
        assert (info.isfile(), info.mode, archive.extractfile(info).read()) == (True, 0o755, b"weights")


def test_a_folder_reached_by_a_link_is_the_folder(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder(FILES))
    assert archive_of(tmp_path / "link") == archive_of(folder(FILES))


@pytest.mark.parametrize("target", [".", "model", "/nowhere/at/all", "link"])
def test_a_link_to_a_folder_or_to_nothing_is_refused_by_its_path(target, folder, expect_error):
    place = folder({"model/model.bin": b""})
    (place / "link").symlink_to(target)
    with expect_error("ARC019", str(place / "link")):
        entries_of_folder(str(place))


@pytest.mark.parametrize("name", ["pipe", "deep/er/pipe"])
def test_a_fifo_is_refused_by_its_path_and_not_waited_for(name, folder, expect_error):
    place = folder({"deep/er/model.bin": b""})
    os.mkfifo(place / name)
    with expect_error("ARC019", str(place / name)):
        entries_of_folder(str(place))


@pytest.mark.parametrize(
    "files",
    [{"empty/": b""}, {".DS_Store": b""}, {"__pycache__/x": b"", "a/b/": b""}],
    ids=["an empty folder", "a file that is left out", "both"],
)
def test_a_folder_that_holds_no_file_is_refused(files, folder, expect_error):
    place = folder(files)
    with expect_error("ARC011", str(place)):
        entries_of_folder(str(place))


@pytest.mark.parametrize("name", ["nowhere", "folder/model.bin"])
def test_what_is_no_folder_is_refused(name, folder, tmp_path, expect_error):
    folder({"model.bin": b""})
    with expect_error("ARC019", str(tmp_path / name)):
        entries_of_folder(str(tmp_path / name))


def test_a_folder_that_may_not_be_read_is_refused(public_folder, unprivileged, expect_error, snapshot):
    (public_folder / "model.bin").touch()
    (public_folder / "closed").mkdir(mode=0)
    with unprivileged(), expect_error("ARC019", str(public_folder / "closed"), text=False) as raised:
        entries_of_folder(str(public_folder))
    snapshot(raised.value.what)


@pytest.mark.parametrize("name", [b"a\\b", b"a\nb", b"\xff", b"a\x1b"])
def test_a_file_whose_name_our_reader_would_refuse_is_refused(name, folder, expect_error):
    place = folder({"model.bin": b""})
    (place / os.fsdecode(name)).touch()
    with expect_error("ARC008", "entry " + repr(name.decode("utf-8", "backslashreplace"))):
        entries_of_folder(str(place))


# --- an entry ---


def test_an_entry_of_bytes_gives_them():
    entry = entry_of_bytes("model.json", b"{}")
    assert (entry.name, entry.size_bytes, b"".join(entry.chunks())) == ("model.json", 2, b"{}")


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_an_entry_of_a_file_gives_its_bytes(size, tmp_path):
    data = noise(size)
    (tmp_path / "model.bin").write_bytes(data)
    assert b"".join(ArchiveEntry("model.bin", size, str(tmp_path / "model.bin")).chunks()) == data


@pytest.mark.parametrize(
    "now",
    [b"", b"weight", b"weights and more", b"w" * (3 << 20)],
    ids=["emptied", "a byte less", "a few bytes more", "some chunks more"],
)
def test_a_file_that_changed_its_size_is_refused(now, folder, expect_error):
    place = folder({"model.bin": b"weights"})
    entries = entries_of_folder(str(place))
    (place / "model.bin").write_bytes(now)
    with expect_error("ARC016", str(place / "model.bin")):
        b"".join(archive_chunks(entries))


def test_no_more_of_a_grown_file_is_given_than_its_header_says(folder, expect_error):
    (entry,) = entries_of_folder(str(folder({"model.bin": b"weights"})))
    Path(entry.path).write_bytes(b"weights and more")
    given = []
    with expect_error("ARC016", entry.path):
        given.extend(entry.chunks())
    assert len(b"".join(given)) <= entry.size_bytes


@pytest.mark.parametrize("content", [b"", b"weight", b"weights and more"])
def test_content_of_another_size_than_said_is_refused(content, expect_error):
    with expect_error("ARC016", "model.bin"):
        b"".join(tar_chunks([ArchiveEntry("model.bin", 7, content=content)]))


def test_a_file_that_went_away_is_one_fault_that_names_it(folder, expect_error):
    (entry,) = entries_of_folder(str(folder({"model.bin": b"weights"})))
    Path(entry.path).unlink()
    with expect_error("ARC019", entry.path):
        b"".join(entry.chunks())
