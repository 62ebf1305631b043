"""One pass over an archive: what is not sound to its last byte is refused, and a refusal leaves nothing."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import itertools
import os
import resource
import tarfile
import zlib
from pathlib import Path

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.headers import Member
from stepsmith.container.archive.inflate import TRAILER_BYTES
from stepsmith.container.archive.limits import Limits
from stepsmith.container.archive.read import (
    Source,
    file_digest,
    find_archive,
    open_archive,
    read_archive,
    record_of,
)
from stepsmith.container.archive.write import archive_chunks, entry_of_bytes

FILES = {"model.bin": b"weights " * 20, "code/inference.py": b"print('hello')\n"}


@pytest.fixture(params=["python pax", "python gnu", "gnu tar", "ours", "two members"])
def sound(request, model_archive, gnu_tar, folder):
    """The bytes of a sound little archive of FILES, as different tools write it."""
    if request.param == "gnu tar":
        return gnu_tar("-c", "--gzip", "--format=ustar", "--blocking-factor=1", *FILES, cwd=folder(FILES))
    if request.param == "ours":
        return ours(FILES)
    if request.param == "two members":
        tar = gzip.decompress(model_archive(files=FILES).read_bytes())
        return gzip.compress(tar[:600], mtime=0) + gzip.compress(tar[600:], mtime=0)
    form = tarfile.GNU_FORMAT if request.param == "python gnu" else tarfile.PAX_FORMAT
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=form) as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def ours(files):
    """The bytes of an archive of these files as we write it: where a byte is in it depends on no zlib."""
    return b"".join(archive_chunks([entry_of_bytes(name, content) for name, content in files.items()]))


def noise(size):
    return hashlib.shake_128(b"noise").digest(size)


def names(folder):
    return [path.name for path in folder.iterdir()]


def stored_blocks(data):
    """Where the deflate blocks of a gzip file of stored ones begin."""
    place = 10
    while place < len(data) - TRAILER_BYTES:
        yield place
        place += 5 + int.from_bytes(data[place + 1 : place + 3], "little")


def read_or_refused(data):
    """The members of an archive, each with its digest; None if it is refused."""
    try:
        return record_of(io.BytesIO(data), "the archive", file_digests=True).members
    except ArchiveFault:
        return None


def flips(data):
    """Each (byte, bit) of an archive, and the archive with that bit flipped; of a zero in its tar only one bit.

    Most of a stored tar is zeros. The tests of the walk flip every bit of a header, those of damage every bit of a tar.
    """
    head, tail = 15, len(data) - TRAILER_BYTES
    for place, byte in enumerate(data):
        for bit in range(8) if byte or not head <= place < tail else (place % 8,):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            yield (place, bit), bytes(flipped)


# --- damage ---


def test_what_is_sound_is_read(sound, contents):
    assert contents(sound) == list(FILES.items())


def test_an_archive_cut_anywhere_is_truncated(sound, refusal):
    lengths = range(1, len(sound))
    assert {refusal(record_of, io.BytesIO(sound[:length]), "the archive").code for length in lengths} == {"ARC002"}


def test_a_flipped_bit_never_changes_what_is_read(sound):
    expected = read_or_refused(sound)
    assert [member.name for member in expected] == list(FILES)
    assert [where for where, flipped in flips(sound) if read_or_refused(flipped) not in (None, expected)] == []


def test_only_a_flipped_bit_that_says_nothing_about_the_content_passes():
    sound = ours({"model.bin": b"w" * 100})
    assert sound[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    passed = {where for where, flipped in flips(sound) if read_or_refused(flipped)}
    text_flag, time_and_system = {(3, 0)}, set(itertools.product(range(4, 10), range(8)))
    unused_bits_of_stored_blocks = {(place, bit) for place in stored_blocks(sound) for bit in range(3, 8)}
    assert text_flag | time_and_system <= passed
    assert passed <= text_flag | time_and_system | unused_bits_of_stored_blocks


def test_a_byte_taken_out_or_doubled_never_changes_what_is_read(sound):
    expected = read_or_refused(sound)
    # In a run of equal bytes it is the same whichever of them is taken out or doubled.
    changed = {sound[:place] + sound[place + 1 :] for place in range(len(sound))}
    changed |= {sound[: place + 1] + sound[place:] for place in range(len(sound))}
    assert [data for data in changed if read_or_refused(data) not in (None, expected)] == []


@pytest.mark.parametrize(
    "trailing", [b"trailing garbage", b"\0\0garbage" * 3, b"\xff" * 20], ids=["text", "zeros and text", "ones"]
)
def test_trailing_garbage_is_refused(sound, trailing, contents, expect_error):
    with expect_error("ARC005", f"byte {len(sound)}", text=False):
        contents(sound + trailing)


def test_zero_padding_is_admitted(sound, contents):
    assert contents(sound + bytes(1000)) == list(FILES.items())


def test_a_second_archive_behind_the_first_is_refused(sound, contents, expect_error):
    read = len(gzip.decompress(sound)) + len(zlib.decompressobj(31).decompress(sound))
    with expect_error("ARC005", f"tar byte {read}"):  # after the first gzip member of the second
        contents(sound + sound)


def test_damage_after_the_end_of_the_tar_is_refused(model_archive, contents, expect_error):
    tar = gzip.decompress(model_archive(files=FILES).read_bytes()) + bytes(100_000)
    sound = gzip.compress(tar, mtime=0)
    assert contents(sound) == list(FILES.items())
    with expect_error("ARC004", f"byte {len(sound)}", text=False):
        contents(sound[:-8] + bytes([sound[-8] ^ 1]) + sound[-7:])
    with expect_error("ARC002", f"byte {len(sound) - 9}", text=False):
        contents(sound[:-9])


def test_a_second_header_damaged_before_compression_is_refused_where_python_stops_without_a_word(
    tmp_path, forge, expect_error
):
    second = bytearray(forge.entry(b"weights-2.bin"))
    second[148] ^= 1
    path = tmp_path / "model.tar.gz"
    path.write_bytes(forge.gzip(forge.entry(b"weights-1.bin"), bytes(second)))
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["weights-1.bin"]
    with expect_error("ARC006", "tar byte 1536"):
        read_archive(str(path))


# --- the record ---


def test_the_digest_and_the_size_are_those_of_the_file(sound, tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(sound + bytes(700))
    record = read_archive(str(path))
    assert record.digest == hashlib.sha256(sound + bytes(700)).hexdigest()
    assert record.size_bytes == len(sound) + 700


def test_the_members_are_recorded_in_their_order(forge, tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(forge.gzip(forge.header(b"z/", kind=b"5"), forge.entry(b"./z/b", b"bb"), forge.entry(b"a", b"")))
    record = read_archive(str(path))
    members = [(member.name, member.size_bytes, member.is_directory) for member in record.members]
    assert members == [("z", 0, True), ("z/b", 2, False), ("a", 0, False)]
    assert record.files == ("z/b", "a")


@pytest.mark.parametrize("size", [0, 1, (1 << 18) - 1, 1 << 18, (1 << 20) + 1])
def test_the_copy_is_the_file_byte_for_byte(size, tmp_path, model_archive):
    source = model_archive(files={"model.bin": noise(size), "empty": b""})
    target = tmp_path / "output" / "model" / "model.tar.gz"
    record = read_archive(str(source), str(target))
    assert target.read_bytes() == source.read_bytes()
    assert record.digest == hashlib.sha256(target.read_bytes()).hexdigest()


def test_the_copy_holds_the_zero_padding_too(tmp_path, model_archive):
    source = model_archive()
    source.write_bytes(source.read_bytes() + bytes(1_000_000))
    read_archive(str(source), str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_an_archive_copied_onto_itself_stays_as_it_was(model_archive):
    source = model_archive(files=FILES)
    before = source.read_bytes()
    read_archive(str(source), str(source))
    assert source.read_bytes() == before


def test_reading_leaves_the_source_as_it_was_and_nothing_beside_it(tmp_path, model_archive):
    source = model_archive(files=FILES)
    before = source.read_bytes()
    read_archive(str(source))
    assert source.read_bytes() == before
    assert names(tmp_path) == ["model.tar.gz"]


def test_the_expected_digest_is_admitted(model_archive):
    source = model_archive()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert read_archive(str(source), expected_digest=digest).digest == digest


# --- refusals leave nothing ---

SOUND = ours({"model.json": b'{"weights": [1, 2]}'})
REFUSED = {
    "ARC001": ("byte 0", b"not gzip" + SOUND),
    "ARC002": (f"byte {len(SOUND) - 8}", SOUND[:-1]),
    "ARC003": ("byte 10", SOUND[:3] + bytes([SOUND[3] | 0x80]) + SOUND[4:]),
    "ARC004": (f"byte {len(SOUND)}", SOUND[:-1] + bytes([SOUND[-1] ^ 1])),
    "ARC005": (f"byte {len(SOUND)}", SOUND + b"trailing garbage"),
    "ARC006": ("tar byte 512", gzip.compress(b"not a tar" * 100)),
    "ARC007": ("tar byte 1024", gzip.compress(gzip.decompress(SOUND)[:1024])),
    "ARC011": ("TMP/model.tar.gz", gzip.compress(bytes(1024))),
    "ARC012": ("TMP/model.tar.gz", SOUND + bytes(1)),
}


@pytest.mark.parametrize(("code", "where", "data"), [(code, *REFUSED[code]) for code in REFUSED], ids=REFUSED)
@pytest.mark.parametrize("before", [None, b"what was there before"], ids=["new", "replaced"])
def test_a_refusal_leaves_no_copy_and_what_was_there_before(code, where, data, before, tmp_path, expect_error):
    (tmp_path / "model.tar.gz").write_bytes(data)
    output = tmp_path / "output"
    output.mkdir()
    if before:
        (output / "model.tar.gz").write_bytes(before)
    with expect_error(code, where):
        read_archive(str(tmp_path / "model.tar.gz"), str(output / "model.tar.gz"), hashlib.sha256(SOUND).hexdigest())
    assert [path.read_bytes() for path in output.iterdir()] == ([before] if before else [])


def test_another_digest_than_the_expected_one_is_refused_with_both(tmp_path, expect_error):
    (tmp_path / "model.tar.gz").write_bytes(SOUND)
    with expect_error("ARC012", "TMP/model.tar.gz") as raised:
        read_archive(str(tmp_path / "model.tar.gz"), expected_digest="0" * 64)
    assert "0" * 64 in str(raised.value)
    assert hashlib.sha256(SOUND).hexdigest() in str(raised.value)


@pytest.mark.parametrize("directories", [[], [b"code/"], [b"./", b"code/"]], ids=["no entry", "one", "two"])
def test_an_archive_without_a_file_is_refused(directories, forge, contents, expect_error):
    with expect_error("ARC011", "the archive"):
        contents(forge.gzip(*(forge.header(name, kind=b"5") for name in directories)))


class Changing(io.FileIO):
    """A file to which somebody does something between the first read and the next."""

    def __init__(self, path, change):
        super().__init__(path)
        self.change = change

    def read(self, size=-1):
        data = super().read(size)
        self.change()
        self.change = lambda: None
        return data


def grow(path):
    with path.open("ab") as file:
        file.write(b"\0")  # a zero is padding: only that the file changed can be what is wrong


def touch(path):
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [grow, touch])
def test_a_file_that_changes_while_it_is_read_is_refused(model_archive, change, expect_error):
    path = model_archive(files={"model.bin": noise(1 << 20)})
    with Changing(path, lambda: change(path)) as file, expect_error("ARC016", str(path)):
        record_of(file, str(path))


def test_a_copy_that_cannot_be_written_whole_leaves_nothing(tmp_path, model_archive, snapshot):
    source = model_archive(files={"model.bin": noise(1 << 20)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    try:
        with snapshot.error(OSError) as raised:
            read_archive(str(source), str(tmp_path / "output" / "model.tar.gz"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.errno == errno.EFBIG
    assert not (tmp_path / "output").exists()


# --- what is no archive's file ---


@pytest.fixture(params=["directory", "FIFO", "device", "loop", "below a file", "bytes that cannot be read"])
def unreadable(request, tmp_path):
    path = tmp_path / "model.tar.gz"
    if request.param == "directory":
        path.mkdir()
    elif request.param == "FIFO":
        os.mkfifo(path)
    elif request.param == "device":
        path.symlink_to("/dev/null")
    elif request.param == "loop":
        path.symlink_to(path)
    elif request.param == "below a file":
        path.touch()
        path /= "model.tar.gz"
    elif Path("/proc/self/mem").exists():
        path.symlink_to("/proc/self/mem")  # a regular file whose first page no one may read
    else:
        pytest.skip("no /proc/self/mem here")
    return path


def test_what_cannot_be_read_is_one_fault_that_names_it(unreadable, tmp_path, expect_error):
    with expect_error("ARC015", str(unreadable)):
        read_archive(str(unreadable), str(tmp_path / "output" / "copy"))
    assert not (tmp_path / "output" / "copy").exists()


def test_what_may_not_be_read_is_one_fault(public_folder, unprivileged, expect_error, snapshot):
    path = public_folder / "model.tar.gz"
    path.touch(mode=0)
    with unprivileged(), expect_error("ARC015", str(path), text=False) as raised:
        read_archive(str(path))
    snapshot(raised.value.what)


@pytest.mark.parametrize("kind", ["directory", "device"])
def test_what_is_no_file_is_called_what_it_is(kind, tmp_path, expect_error):
    (tmp_path / "folder").mkdir()
    path = str(tmp_path / "folder") if kind == "directory" else "/dev/null"
    with expect_error("ARC015", path):
        read_archive(path)


@pytest.mark.parametrize("link", [False, True], ids=["nothing", "broken link"])
def test_what_is_not_there_is_one_fault_that_names_it(link, tmp_path, expect_error):
    path = tmp_path / "model.tar.gz"
    if link:
        path.symlink_to("nowhere")
    with expect_error("ARC013", str(path)):
        read_archive(str(path), str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_a_link_to_an_archive_is_followed(tmp_path, model_archive):
    (tmp_path / "link").symlink_to(model_archive(files=FILES))
    with open_archive(str(tmp_path / "link")) as file:
        assert file.read(2) == b"\x1f\x8b"
    assert read_archive(str(tmp_path / "link")).files == tuple(FILES)


# --- the pass itself ---


def test_a_source_digests_and_hands_on_what_it_reads(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    copy = io.BytesIO()
    with (tmp_path / "file").open("rb") as file, Source(file, "file", copy) as source:
        assert [source.read(4), source.read(4), source.read(4), source.read(4)] == [b"0123", b"4567", b"89", b""]
        assert (source.finish(), source.size_bytes) == (hashlib.sha256(b"0123456789").hexdigest(), 10)
    assert copy.getvalue() == b"0123456789"


@pytest.fixture
def record(tmp_path):
    """Makes a file of bytes, and the record of it."""

    def of(data, **settings):
        path = tmp_path / "archive"
        path.write_bytes(data)
        return read_archive(str(path), **settings)

    return of


def member(name, mode):
    """The member of a file of two bytes."""
    return Member(name, 2, is_directory=False, mode=mode)


def test_the_members_are_those_of_the_archive_in_their_order(forge, record):
    read = record(forge.gzip(forge.entry(b"b", b"bb"), forge.entry(b"a", b"aa", mode=b"0000755\0")))
    assert read.members == (member("b", 0o644), member("a", 0o755))
    assert read.files == ("b", "a")


def test_a_file_s_digest_is_in_its_member_on_request(forge, record):
    data = noise(600_000)
    read = record(
        forge.gzip(forge.header(b"d/", kind=b"5"), forge.entry(b"a", data), forge.entry(b"b", b"")), file_digests=True
    )
    digests = [hashlib.sha256(content).hexdigest() for content in (data, b"")]
    assert [member.digest for member in read.members] == ["", *digests]


def test_the_gzip_members_are_where_they_are_with_what_they_hold(forge, record):
    tar = forge.tar(forge.entry(b"a", noise(70_000)))
    first, last = gzip.compress(tar[:1000], mtime=0), gzip.compress(tar[1000:], 1, mtime=0)
    read = record(first + last + bytes(700))
    assert [(item.crc, item.length) for item in read.gzip_members] == [
        (zlib.crc32(tar[:1000]), 1000),
        (zlib.crc32(tar[1000:]), len(tar) - 1000),
    ]
    deflated = [(first + last)[item.deflate_start : item.deflate_end] for item in read.gzip_members]
    assert [zlib.decompress(part, -15) for part in deflated] == [tar[:1000], tar[1000:]]
    assert read.unpacked_bytes == len(tar)
    assert read.size_bytes == len(first + last) + 700


def test_directories_with_privileges_are_told_and_admitted(forge, record):
    read = record(forge.gzip(forge.header(b"d/", kind=b"5", mode=b"0007755\0"), forge.entry()))
    assert [(member.name, member.privileges) for member in read.privileged] == [("d", "setuid, setgid, sticky")]


def test_an_archive_over_a_limit_is_refused_with_both_ways_to_raise_it(record, expect_error):
    data = ours({"a": bytes(20_000)})
    assert record(data, limits=Limits(unpacked_bytes=22_016)).unpacked_bytes == 22_016
    with expect_error("ARC022", f"byte {len(data) - TRAILER_BYTES}"):
        record(data, limits=Limits(unpacked_bytes=20_000))


def test_links_are_admitted_where_the_limits_say_so(forge, record, expect_error):
    data = forge.gzip(forge.entry(), forge.header(b"link", kind=b"2", link=b"model.bin"))
    assert record(data, limits=Limits(links=True)).members[1].link == "model.bin"
    with expect_error("ARC009", "entry 'link'"):
        record(data)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1])
def test_a_file_s_digest_is_hashlib_s(size, tmp_path):
    data = noise(size)
    (tmp_path / "file").write_bytes(data)
    assert file_digest(str(tmp_path / "file")) == hashlib.sha256(data).hexdigest()


# --- which archive an input brought ---


@pytest.mark.parametrize(
    ("asked", "files", "found"),
    [
        ("model.tar.gz", ["model.tar.gz"], "model.tar.gz"),
        ("model.tar.gz", ["model.tar.gz", "model.tar.gz.bak", "other.tar.gz"], "model.tar.gz"),
        ("model.tar.gz", ["best.tar.gz"], "best.tar.gz"),
        ("model.tar.gz", ["best.tgz", "README.md"], "best.tgz"),
        ("model.tar.gz", ["BEST.TAR.GZ", "_SUCCESS"], "BEST.TAR.GZ"),
        ("model.tar.gz", ["model"], "model"),
        ("model.tar.gz", ["best.tgz", "folder.tgz/"], "best.tgz"),
        ("", ["best.tgz"], "best.tgz"),
        ("", ["model.tar.gz", "README.md"], "model.tar.gz"),
        ("model.tar.gz/", ["model.tar.gz/best.tgz"], "model.tar.gz/best.tgz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value or "folder",
)
def test_the_one_archive_that_an_input_brought_is_found(asked, files, found, folder):
    place = folder(dict.fromkeys(files, b""))
    assert find_archive(f"{place}/{asked}") == f"{place}/{found}"


@pytest.mark.parametrize(
    "files", [["a.tar.gz", "b.tgz"], ["a.tar.gz", "a.TAR.GZ"], ["README.md", "notes.txt"]], ids=" ".join
)
@pytest.mark.parametrize(
    ("asked", "where"), [("model.tar.gz", ""), ("", "/")], ids=["a file that is not there", "the folder"]
)
def test_several_files_are_refused_by_name(asked, where, files, folder, expect_error):
    place = folder(dict.fromkeys(files, b""))
    with expect_error("ARC014", f"{place}{where}") as raised:
        find_archive(f"{place}/{asked}")
    assert all(name in raised.value.what for name in files)


@pytest.mark.parametrize("file", ["folder/", "folder.tar.gz/", "folder/model.tar.gz"])
@pytest.mark.parametrize(
    ("asked", "where"),
    [("model.tar.gz", ""), ("", "/"), ("nowhere/model.tar.gz", "/nowhere")],
    ids=["a file that is not there", "the folder", "a folder that is not there"],
)
def test_an_input_that_brought_no_archive_is_refused(asked, where, file, folder, expect_error):
    place = folder({file: b""})
    with expect_error("ARC013", f"{place}{where}"):
        find_archive(f"{place}/{asked}")


def test_a_folder_that_may_not_be_listed_is_not_said_to_hold_no_archive(
    public_folder, unprivileged, expect_error, snapshot
):
    closed = public_folder / "closed"
    closed.mkdir(mode=0)
    with unprivileged(), expect_error("ARC015", str(closed), text=False) as raised:
        find_archive(str(closed))
    snapshot(raised.value.what)


def test_a_name_without_a_folder_is_looked_for_in_the_working_directory(folder, monkeypatch):
    place = folder({"best.tar.gz": b""})
    monkeypatch.chdir(place)
    assert Path(find_archive("model.tar.gz")).samefile(place / "best.tar.gz")
