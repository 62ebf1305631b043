"""One pass over an archive: what is not sound to its last byte is refused, and a refusal leaves nothing."""

from __future__ import annotations

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
        return b"".join(archive_chunks([entry_of_bytes(name, content) for name, content in FILES.items()]))
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


def noise(size):
    return hashlib.shake_128(b"noise").digest(size)


def names(folder):
    return [path.name for path in folder.iterdir()]


def stored_blocks(data):
    """Where the deflate blocks of a gzip file of stored ones begin."""
    place = 10
    while place < len(data) - 8:
        yield place
        place += 5 + int.from_bytes(data[place + 1 : place + 3], "little")


# --- damage ---


def test_what_is_sound_is_read(sound, contents):
    assert contents(sound) == list(FILES.items())


def test_an_archive_cut_anywhere_is_truncated(sound, contents):
    for length in range(1, len(sound)):
        with pytest.raises(ArchiveFault, match="^ARC002 "):
            contents(sound[:length])


def test_a_flipped_bit_never_changes_what_is_read(sound, contents):
    for place, bit in itertools.product(range(len(sound)), range(8)):
        flipped = bytearray(sound)
        flipped[place] ^= 1 << bit
        try:
            read = contents(bytes(flipped))
        except ArchiveFault:
            continue
        assert read == list(FILES.items()), f"bit {bit} of byte {place}"


def test_only_a_flipped_bit_that_says_nothing_about_the_content_passes(contents):
    content = b"w" * 100
    sound = bytearray(b"".join(archive_chunks([entry_of_bytes("model.bin", content)])))
    assert sound[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    passed = set()
    for place, bit in itertools.product(range(len(sound)), range(8)):
        sound[place] ^= 1 << bit
        try:
            contents(bytes(sound))
            passed.add((place, bit))
        except ArchiveFault:
            pass
        sound[place] ^= 1 << bit
    text_flag, time_and_system = {(3, 0)}, set(itertools.product(range(4, 10), range(8)))
    unused_bits_of_stored_blocks = {(place, bit) for place in stored_blocks(sound) for bit in range(3, 8)}
    assert text_flag | time_and_system <= passed
    assert passed <= text_flag | time_and_system | unused_bits_of_stored_blocks


def test_a_byte_taken_out_or_doubled_never_changes_what_is_read(sound, contents):
    for place in range(len(sound)):
        for changed in (sound[:place] + sound[place + 1 :], sound[: place + 1] + sound[place:]):
            try:
                read = contents(changed)
            except ArchiveFault:
                continue
            assert read == list(FILES.items()), f"byte {place}"


@pytest.mark.parametrize("trailing", [b"trailing garbage", b"\0\0garbage" * 3, b"\xff" * 20])
def test_trailing_garbage_is_refused(sound, trailing, contents):
    with pytest.raises(ArchiveFault, match="^ARC005 "):
        contents(sound + trailing)


def test_zero_padding_is_admitted(sound, contents):
    assert contents(sound + bytes(1000)) == list(FILES.items())


def test_a_second_archive_behind_the_first_is_refused(sound, contents):
    with pytest.raises(ArchiveFault, match="^ARC005 "):
        contents(sound + sound)


def test_damage_after_the_end_of_the_tar_is_refused(model_archive, contents):
    tar = gzip.decompress(model_archive(files=FILES).read_bytes()) + bytes(100_000)
    sound = gzip.compress(tar, mtime=0)
    assert contents(sound) == list(FILES.items())
    with pytest.raises(ArchiveFault, match="^ARC004 "):
        contents(sound[:-8] + bytes([sound[-8] ^ 1]) + sound[-7:])
    with pytest.raises(ArchiveFault, match="^ARC002 "):
        contents(sound[:-9])


def test_a_second_header_damaged_before_compression_is_refused_where_python_stops_without_a_word(tmp_path, forge):
    second = bytearray(forge.entry(b"weights-2.bin"))
    second[148] ^= 1
    path = tmp_path / "model.tar.gz"
    path.write_bytes(forge.gzip(forge.entry(b"weights-1.bin"), bytes(second)))
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["weights-1.bin"]
    with pytest.raises(ArchiveFault, match="^ARC006 "):
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

REFUSED = {
    "ARC001": lambda sound: b"not gzip" + sound,
    "ARC002": lambda sound: sound[:-1],
    "ARC003": lambda sound: sound[:3] + bytes([sound[3] | 0x80]) + sound[4:],
    "ARC004": lambda sound: sound[:-1] + bytes([sound[-1] ^ 1]),
    "ARC005": lambda sound: sound + b"trailing garbage",
    "ARC006": lambda _: gzip.compress(b"not a tar" * 100),
    "ARC007": lambda sound: gzip.compress(gzip.decompress(sound)[:1024]),
    "ARC011": lambda _: gzip.compress(bytes(1024)),
    "ARC012": lambda sound: sound + bytes(1),
}


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("before", [None, b"what was there before"], ids=["new", "replaced"])
def test_a_refusal_leaves_no_copy_and_what_was_there_before(code, before, tmp_path, model_archive):
    source = model_archive()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    source.write_bytes(REFUSED[code](source.read_bytes()))
    output = tmp_path / "output"
    output.mkdir()
    if before:
        (output / "model.tar.gz").write_bytes(before)
    with pytest.raises(ArchiveFault, match=f"^{code} "):
        read_archive(str(source), str(output / "model.tar.gz"), digest)
    assert [path.read_bytes() for path in output.iterdir()] == ([before] if before else [])


def test_another_digest_than_the_expected_one_is_refused_with_both(model_archive):
    source = model_archive()
    with pytest.raises(ArchiveFault) as refusal:
        read_archive(str(source), expected_digest="0" * 64)
    assert refusal.value.code == "ARC012"
    assert "0" * 64 in str(refusal.value)
    assert hashlib.sha256(source.read_bytes()).hexdigest() in str(refusal.value)


@pytest.mark.parametrize("directories", [[], [b"code/"], [b"./", b"code/"]])
def test_an_archive_without_a_file_is_refused(directories, forge, contents):
    with pytest.raises(ArchiveFault, match="^ARC011 "):
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
def test_a_file_that_changes_while_it_is_read_is_refused(model_archive, change):
    path = model_archive(files={"model.bin": noise(1 << 20)})
    with Changing(path, lambda: change(path)) as file, pytest.raises(ArchiveFault, match="^ARC016 "):
        record_of(file, str(path))


def test_a_copy_that_cannot_be_written_whole_leaves_nothing(tmp_path, model_archive):
    source = model_archive(files={"model.bin": noise(1 << 20)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            read_archive(str(source), str(tmp_path / "output" / "model.tar.gz"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
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


def test_what_cannot_be_read_is_one_fault_that_names_it(unreadable, tmp_path):
    with pytest.raises(ArchiveFault) as refusal:
        read_archive(str(unreadable), str(tmp_path / "output" / "copy"))
    assert (refusal.value.code, refusal.value.where) == ("ARC015", str(unreadable))
    assert not (tmp_path / "output" / "copy").exists()


def test_what_may_not_be_read_is_one_fault(public_folder, unprivileged):
    (public_folder / "model.tar.gz").touch(mode=0)
    with unprivileged(), pytest.raises(ArchiveFault, match=r"^ARC015 .*Permission denied"):
        read_archive(str(public_folder / "model.tar.gz"))


@pytest.mark.parametrize("kind", ["directory", "device"])
def test_what_is_no_file_is_called_what_it_is(kind, tmp_path):
    path, what = (tmp_path, "is a directory") if kind == "directory" else ("/dev/null", "is not a regular file")
    with pytest.raises(ArchiveFault, match=f"^ARC015 .*{what}"):
        read_archive(str(path))


@pytest.mark.parametrize("link", [False, True], ids=["nothing", "broken link"])
def test_what_is_not_there_is_one_fault_that_names_it(link, tmp_path):
    path = tmp_path / "model.tar.gz"
    if link:
        path.symlink_to("nowhere")
    with pytest.raises(ArchiveFault) as refusal:
        read_archive(str(path), str(tmp_path / "copy"))
    assert (refusal.value.code, refusal.value.where) == ("ARC013", str(path))
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
    for item, part in zip(read.gzip_members, (tar[:1000], tar[1000:]), strict=True):
        deflated = (first + last)[item.deflate_start : item.deflate_end]
        assert zlib.decompress(deflated, -15) == part
    assert read.unpacked_bytes == len(tar)
    assert read.size_bytes == len(first + last) + 700


def test_directories_with_privileges_are_told_and_admitted(forge, record):
    read = record(forge.gzip(forge.header(b"d/", kind=b"5", mode=b"0007755\0"), forge.entry()))
    assert [(member.name, member.privileges) for member in read.privileged] == [("d", "setuid, setgid, sticky")]


def test_an_archive_over_a_limit_is_refused_with_both_ways_to_raise_it(forge, record):
    data = forge.gzip(forge.entry(b"a", bytes(20_000)))
    assert record(data, limits=Limits(unpacked_bytes=22_016)).unpacked_bytes == 22_016
    with pytest.raises(
        ArchiveFault, match=r"^ARC022 .*over 20,000 bytes.*--max-unpacked-bytes.*STEPSMITH_MAX_UNPACKED"
    ):
        record(data, limits=Limits(unpacked_bytes=20_000))


def test_links_are_admitted_where_the_limits_say_so(forge, record):
    data = forge.gzip(forge.entry(), forge.header(b"link", kind=b"2", link=b"model.bin"))
    assert record(data, limits=Limits(links=True)).members[1].link == "model.bin"
    with pytest.raises(ArchiveFault, match=r"^ARC009 .*symbolic link.*STEPSMITH_LINKS"):
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
)
def test_the_one_archive_that_an_input_brought_is_found(asked, files, found, folder):
    place = folder(dict.fromkeys(files, b""))
    assert find_archive(f"{place}/{asked}") == f"{place}/{found}"


@pytest.mark.parametrize("files", [["a.tar.gz", "b.tgz"], ["a.tar.gz", "a.TAR.GZ"], ["README.md", "notes.txt"]])
@pytest.mark.parametrize("asked", ["model.tar.gz", ""])
def test_several_files_are_refused_by_name(asked, files, folder):
    place = folder(dict.fromkeys(files, b""))
    with pytest.raises(ArchiveFault) as refusal:
        find_archive(f"{place}/{asked}")
    assert refusal.value.code == "ARC014"
    assert all(name in str(refusal.value) for name in files)


@pytest.mark.parametrize("files", [["folder/"], ["folder.tar.gz/"], ["folder/model.tar.gz"]])
@pytest.mark.parametrize("asked", ["model.tar.gz", "", "nowhere/model.tar.gz"])
def test_an_input_that_brought_no_archive_is_refused(asked, files, folder):
    place = folder(dict.fromkeys(files, b""))
    with pytest.raises(ArchiveFault, match="^ARC013 "):
        find_archive(f"{place}/{asked}")


def test_a_folder_that_may_not_be_listed_is_not_said_to_hold_no_archive(public_folder, unprivileged):
    (public_folder / "closed").mkdir(mode=0)
    with unprivileged(), pytest.raises(ArchiveFault, match=r"^ARC015 .*Permission denied"):
        find_archive(str(public_folder / "closed"))


def test_a_name_without_a_folder_is_looked_for_in_the_working_directory(folder, monkeypatch):
    place = folder({"best.tar.gz": b""})
    monkeypatch.chdir(place)
    assert Path(find_archive("model.tar.gz")).samefile(place / "best.tar.gz")
