"""A package holds every other file of the model and every entry added, or there is no package."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from stepsmith.container.archive.inflate import TRAILER_BYTES
from stepsmith.container.archive.limits import Limits
from stepsmith.container.archive.package import package_model, package_verified
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.write import (
    GZIP_HEADER,
    ArchiveEntry,
    archive_chunks,
    entries_of_folder,
    entry_of_bytes,
    tar_chunks,
)

MODEL = {"model.bin": b"weights " * 200, "config/model.json": b"{}"}
CODE = {"code/inference.py": b"print('hello')\n", "code/lib/é.py": b"x = 1\n"}
ALL_STEPS = """
import hashlib, json, sys
from stepsmith.container.archive import package, read, write
model, code, copy, target = sys.argv[1:]
record = read.read_archive(model, copy, read.file_digest(model))
entries = [entry._replace(name="code/" + entry.name) for entry in write.entries_of_folder(code)]
made = package.package_model(copy, entries, target)
try:
    read.read_archive(code + "/inference.py")
except ValueError as fault:
    refused = fault.code
print(json.dumps([record.digest, list(record.files), made.package.digest, list(made.package.files), refused]))
"""


@pytest.fixture
def target(tmp_path):
    return tmp_path / "output" / "model.tar.gz"


def entries(files):
    return [entry_of_bytes(name, content) for name, content in files.items()]


def our_archive(path, files=None, *, compress=False):
    """Writes an archive as we do: without `compress` its bytes depend on no zlib."""
    path.write_bytes(b"".join(archive_chunks(entries(files or MODEL), compress)))
    return path


def files_of(path):
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive if info.isfile()}


def as_written(record):
    """A record of a file, as that of one which was just written."""
    return record._replace(identity=())


# --- what it holds ---


def test_the_package_holds_the_model_s_files_and_the_entries(model_archive, target):
    record = package_model(str(model_archive(files=MODEL)), entries(CODE), str(target))
    assert files_of(target) == {**MODEL, **CODE}
    assert set(record.package.files) == {*MODEL, *CODE}
    assert record.replaced == ()


def test_the_record_holds_both_digests_and_sizes(model_archive, target):
    model = model_archive(files=MODEL)
    record = package_model(str(model), entries(CODE), str(target))
    for part, path in ((record.model, model), (record.package, target)):
        assert part.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert part.size_bytes == path.stat().st_size
    assert record.model.files == tuple(MODEL)


def test_the_package_s_tar_is_that_of_the_entries_and_then_the_model_s_block_for_block(forge, tmp_path, target):
    tar = forge.tar(
        forge.header(b"./", kind=b"5"), forge.pax({b"path": b"named"}) + forge.entry(), forge.entry(b"b", b"")
    )
    (tmp_path / "model.tar.gz").write_bytes(gzip.compress(tar, mtime=0))
    package_model(str(tmp_path / "model.tar.gz"), entries(CODE), str(target))
    added = b"".join(tar_chunks(entries(CODE)))[: -len(forge.END)]
    assert gzip.decompress(target.read_bytes()) == added + tar


@pytest.mark.parametrize("name", ["code/inference.py", "./code/inference.py"])
def test_an_entry_replaces_what_the_model_holds_under_its_name(name, model_archive, target):
    model = model_archive(files={"model.bin": b"weights", name: b"old " * 300, "code/kept.py": b"kept"})
    record = package_model(str(model), entries(CODE), str(target))
    assert record.replaced == ("code/inference.py",)
    assert files_of(target) == {"model.bin": b"weights", "code/kept.py": b"kept", **CODE}


def test_no_entries_give_the_model_s_files_again(model_archive, target):
    package_model(str(model_archive(files=MODEL)), [], str(target))
    assert files_of(target) == MODEL


def test_the_executable_bit_of_an_entry_is_kept(model_archive, target):
    run = entry_of_bytes("code/serve", b"#!/bin/sh\n")._replace(executable=True)
    package_model(str(model_archive()), [run], str(target))
    with tarfile.open(target) as archive:
        assert archive.getmember("code/serve").mode == 0o755


def test_the_model_s_members_keep_their_mode_owner_and_time(tmp_path, target):
    info = tarfile.TarInfo("model.bin")
    info.size, info.mode, info.uid, info.uname, info.mtime = 7, 0o750, 1000, "someone", 1_700_000_000.5
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.addfile(info, io.BytesIO(b"weights"))
    package_model(str(tmp_path / "model.tar.gz"), entries(CODE), str(target))
    with tarfile.open(target) as archive:
        kept = archive.getmember("model.bin")
    assert (kept.mode, kept.uid, kept.uname, kept.mtime) == (0o750, 1000, "someone", 1_700_000_000.5)


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["u", "gnu", "pax"]
)
def test_a_model_in_any_format_keeps_its_long_names_and_directories(form, tmp_path, target):
    long = "a-folder/" * 12 + "b" * 90
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz", format=form) as archive:
        for name, kind in (("./", tarfile.DIRTYPE), ("code/", tarfile.DIRTYPE), (long, tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, 0 if kind == tarfile.DIRTYPE else 7
            archive.addfile(info, io.BytesIO(b"weights"))
    record = package_model(str(tmp_path / "model.tar.gz"), entries(CODE), str(target))
    assert files_of(target) == {long: b"weights", **CODE}
    assert {member.name for member in record.package.members if member.is_directory} == {"", "code"}


# --- the same bytes everywhere ---


def test_the_same_model_and_code_give_the_same_bytes(folder, tmp_path, model_archive):
    model, packages = model_archive(files=MODEL), []
    for place in ("first", "second/place"):
        code = folder(CODE, place)
        copy = shutil.copy(model, tmp_path / f"{place}.tar.gz")
        os.utime(copy, (1, 1))
        package_model(str(copy), entries_of_folder(str(code)), str(tmp_path / place / "package.tar.gz"))
        packages.append((tmp_path / place / "package.tar.gz").read_bytes())
    assert packages[0] == packages[1]


@pytest.mark.parametrize("level", [0, 1, 9])
def test_nothing_of_the_model_is_compressed_again(tmp_path, forge, level):
    tar = forge.tar(
        forge.entry(b"model.bin", b"weights " * 100_000),
        forge.entry(b"noise", hashlib.shake_128(b"noise").digest(300_000)),
    )
    model = gzip.compress(tar, level, mtime=0)
    (tmp_path / "model.tar.gz").write_bytes(model)
    record = package_model(str(tmp_path / "model.tar.gz"), entries(CODE), str(tmp_path / "package.tar.gz"))
    package = (tmp_path / "package.tar.gz").read_bytes()
    assert package[:-8].endswith(model[10:-8])
    assert (record.replaced, len(record.model.gzip_members)) == ((), 1)


def test_what_the_record_says_of_the_package_is_what_a_reader_of_it_finds(model_archive, target):
    record = package_model(str(model_archive(files=MODEL)), entries(CODE), str(target))
    assert as_written(read_archive(str(target))) == record.package
    again = package_model(str(target), entries(CODE), str(target))
    assert as_written(read_archive(str(target))) == again.package
    assert set(again.replaced) == set(CODE)


@pytest.mark.parametrize("name", ["Code/Inference.py", "code/INFERENCE.PY"])
def test_an_entry_replaces_what_is_of_its_name_where_case_is_not_told_apart(name, model_archive, target):
    model = model_archive(files={"model.bin": b"weights", name: b"old"})
    record = package_model(str(model), entries(CODE), str(target))
    assert record.replaced == (name,)
    assert files_of(target) == {"model.bin": b"weights", **CODE}


def test_a_model_of_several_gzip_members_is_packaged_and_it_is_told(model_archive, target):
    model = model_archive(files=MODEL)
    tar = gzip.decompress(model.read_bytes())
    model.write_bytes(gzip.compress(b"") + gzip.compress(tar[:1000]) + gzip.compress(tar[1000:]))
    record = package_model(str(model), entries(CODE), str(target))
    assert len(record.model.gzip_members) == 3
    assert files_of(target) == {**MODEL, **CODE}


# --- read by others ---


@pytest.mark.parametrize(
    "command",
    [
        "gzip -t {package}",
        "tar -xzf {package}",
        "bsdtar -xf {package}",
        "busybox tar -xzf {package}",
        "pigz -t {package}",
    ],
)
def test_other_tools_read_the_package(command, model_archive, target, tmp_path):
    tool, *arguments = command.format(package=target).split()
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not on this machine")
    package_model(str(model_archive(files=MODEL)), entries(CODE), str(target))
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run([tool, *arguments], cwd=there, check=True, capture_output=True, timeout=60)
    files = {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert files == ({} if arguments[0] == "-t" else {**MODEL, **CODE})


# --- refusals leave nothing ---


@pytest.fixture(params=[None, b"what was there before"], ids=["new", "replaced"])
def refused(request, target, expect_error):
    """Asks for a package that must be refused with the given code and place, and sees that `target` is what it was."""
    target.parent.mkdir()
    if request.param:
        target.write_bytes(request.param)

    def package(model, added, code, where, *, text=True):
        with expect_error(code, where, text=text):
            package_model(str(model), added, str(target))
        assert [path.read_bytes() for path in target.parent.iterdir()] == ([request.param] if request.param else [])

    return package


def test_a_model_cut_anywhere_leaves_no_package(tmp_path, refused):
    model = our_archive(tmp_path / "model.tar.gz", compress=True)
    sound = model.read_bytes()
    for length in range(1, len(sound)):
        model.write_bytes(sound[:length])
        at = 0 if length < len(GZIP_HEADER) else min(length, len(sound) - TRAILER_BYTES)
        refused(model, entries(CODE), "ARC002", f"byte {at}", text=False)


def test_a_damaged_model_leaves_no_package(tmp_path, refused):
    model = our_archive(tmp_path / "model.tar.gz")
    sound = model.read_bytes()
    for place, code, at in [(11, "ARC003", 10), (600, "ARC004", len(sound)), (-5, "ARC004", len(sound))]:
        damaged = bytearray(sound)
        damaged[place] ^= 0x10
        model.write_bytes(damaged)
        refused(model, entries(CODE), code, f"byte {at}")


def test_a_model_with_data_after_its_end_leaves_no_package(tmp_path, refused):
    model = our_archive(tmp_path / "model.tar.gz")
    end = model.stat().st_size
    model.write_bytes(model.read_bytes() + b"trailing garbage")
    refused(model, entries(CODE), "ARC005", f"byte {end}")


def test_a_damaged_file_that_would_be_replaced_is_refused_all_the_same(tmp_path, refused):
    model = our_archive(tmp_path / "model.tar.gz", {"model.bin": b"weights", "code/inference.py": b"old"})
    sound = model.read_bytes()
    model.write_bytes(sound.replace(b"old", b"odd"))
    assert model.read_bytes() != sound
    refused(model, entries(CODE), "ARC004", f"byte {len(sound)}")


def test_a_model_that_is_missing_or_a_folder_leaves_no_package(tmp_path, target, refused):
    refused(tmp_path / "nowhere", entries(CODE), "ARC013", str(tmp_path / "nowhere"))
    refused(target.parent, entries(CODE), "ARC015", str(target.parent))


@pytest.mark.parametrize("names", [[], [b"./"], [b"code/"]], ids=["no entry", "root", "folder"])
def test_a_model_without_a_file_leaves_no_package_for_all_that_is_added(names, forge, tmp_path, refused):
    model = tmp_path / "model.tar.gz"
    model.write_bytes(forge.gzip(*(forge.header(name, kind=b"5") for name in names)))
    refused(model, entries(CODE), "ARC011", str(model))


@pytest.mark.parametrize("name", ["../x", "/x", "a\\b", "a\nb"])
def test_an_entry_with_an_unsafe_name_leaves_no_package(name, model_archive, refused):
    refused(model_archive(), entries({name: b""}), "ARC008", f"entry {name!r}")


@pytest.mark.parametrize("twin", ["code/inference.py", "./code/inference.py"])
def test_two_entries_of_one_name_leave_no_package(twin, model_archive, refused):
    added = [*entries(CODE), entry_of_bytes(twin, b"")]
    refused(model_archive(), added, "ARC010", "entry 'code/inference.py'")


def test_an_entry_written_another_way_than_the_model_s_never_gives_two_of_one_name(model_archive, refused):
    model = model_archive(files={"code/inference.py": b"old"})
    refused(model, entries({"./code/inference.py": b"new"}), "ARC008", "entry './code/inference.py'")


@pytest.mark.parametrize("now", [b"", b"weights and more"])
def test_an_entry_whose_file_changed_its_size_leaves_no_package(now, folder, model_archive, refused):
    code = folder({"inference.py": b"weights"})
    added = entries_of_folder(str(code))
    (code / "inference.py").write_bytes(now)
    refused(model_archive(), added, "ARC016", str(code / "inference.py"))


def test_an_entry_with_less_content_than_it_says_leaves_no_package(model_archive, refused):
    added = [ArchiveEntry("code/inference.py", 600, content=b"x")]
    refused(model_archive(), added, "ARC016", "code/inference.py")


def test_a_model_with_a_file_where_the_code_s_folder_belongs_leaves_no_package(model_archive, refused):
    model = model_archive(files={"model.bin": b"weights", "code": b"a file of that name"})
    refused(model, entries(CODE), "ARC010", "entry 'code'")


def test_a_model_with_a_folder_where_a_file_of_code_belongs_leaves_no_package(forge, tmp_path, refused):
    folder, inside = forge.header(b"code/inference.py/", kind=b"5"), forge.entry(b"code/inference.py/model.bin")
    (tmp_path / "model.tar.gz").write_bytes(forge.gzip(folder, inside))
    refused(tmp_path / "model.tar.gz", entries(CODE), "ARC010", "entry 'code/inference.py'")


def test_an_entry_with_the_name_of_a_folder_leaves_no_package(model_archive, refused):
    added = [*entries(CODE), entry_of_bytes("empty/", b"")]
    refused(model_archive(), added, "ARC008", "entry 'empty/'")


def test_a_model_packaged_onto_itself_is_replaced_whole(model_archive):
    model = model_archive(files=MODEL)
    package_model(str(model), entries(CODE), str(model))
    assert files_of(model) == {**MODEL, **CODE}


def test_packaging_leaves_nothing_else_behind(model_archive, target):
    model = model_archive(files=MODEL)
    before = model.read_bytes()
    package_model(str(model), entries(CODE), str(target))
    assert list(target.parent.iterdir()) == [target]
    assert model.read_bytes() == before


# --- in a container ---


def test_python_3_8_verifies_copies_and_packages_an_archive(python_of, shipped, folder, model_archive, tmp_path):
    model, code = model_archive(files=MODEL), folder({"inference.py": b"print('hello')\n"})
    paths = [model, code, tmp_path / "copy", tmp_path / "package"]
    command = [python_of("3.8"), "-B", "-W", "error", "-c", ALL_STEPS, *paths]
    done = subprocess.run(command, cwd=shipped, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    digest, files, package_digest, package_files, refused = json.loads(done.stdout)
    assert (tmp_path / "copy").read_bytes() == model.read_bytes()
    assert (digest, files) == (hashlib.sha256(model.read_bytes()).hexdigest(), list(MODEL))
    assert package_digest == hashlib.sha256((tmp_path / "package").read_bytes()).hexdigest()
    assert package_files == ["code/inference.py", *MODEL]
    assert files_of(tmp_path / "package") == {"code/inference.py": b"print('hello')\n", **MODEL}
    assert refused == "ARC001"
    assert Path(shipped / "stepsmith" / "__init__.py").read_bytes() == b""


# --- a model that was verified before ---


@pytest.fixture
def model(tmp_path):
    """A model of three gzip members, the first of which holds nothing."""
    tar = b"".join(tar_chunks(entries(MODEL)))
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(b"") + gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(100))
    return path


def test_a_verified_model_s_package_is_that_of_the_pass_that_verifies(model, target):
    record = package_model(str(model), entries(CODE), str(target))
    expected = target.read_bytes()
    verified = read_archive(str(model))
    assert verified == record.model
    assert package_verified(str(model), verified, entries(CODE), str(target)) == record
    assert target.read_bytes() == expected
    assert as_written(read_archive(str(target))) == record.package


def test_a_verified_model_that_is_not_the_same_file_any_more_is_refused(model, target, expect_error):
    verified = read_archive(str(model))
    os.utime(model, ns=(0, 0))
    with expect_error("ARC016", str(model)):
        package_verified(str(model), verified, entries(CODE), str(target))
    assert not target.exists()


def test_a_package_just_written_has_to_be_read_before_it_counts_as_verified(model, target, expect_error):
    record = package_model(str(model), entries(CODE), str(target))
    with expect_error("ARC016", str(target)):
        package_verified(str(target), record.package, [entry_of_bytes("more", b"")], str(target))


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("model.bin", "TMP/model.tar.gz"),
        ("MODEL.bin", "TMP/model.tar.gz"),
        ("config", "entry 'config/model.json'"),
        ("model.bin/x", "entry 'model.bin'"),
    ],
    ids=["one of its files", "in another case", "one of its folders", "below one of its files"],
)
def test_a_verified_model_that_cannot_hold_an_entry_beside_its_own_is_refused(name, where, model, target, expect_error):
    verified = read_archive(str(model))
    with expect_error("ARC010", where):
        package_verified(str(model), verified, [entry_of_bytes(name, b"")], str(target))
    assert not target.exists()


# --- links ---


def test_links_inside_are_packaged_as_they_are(forge, tmp_path, target):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(forge.gzip(forge.entry(b"blobs/a"), forge.header(b"model.bin", kind=b"2", link=b"blobs/a")))
    package_model(str(path), entries(CODE), str(target), Limits(links=True))
    with tarfile.open(target) as archive:
        assert archive.getmember("model.bin").linkname == "blobs/a"


def test_what_a_link_leads_to_is_not_replaced(forge, tmp_path, target, expect_error):
    path = tmp_path / "model.tar.gz"
    name = b"code/inference.py"
    path.write_bytes(forge.gzip(forge.entry(name), forge.header(b"other.py", kind=b"1", link=name)))
    with expect_error("ARC010", "entry 'other.py'"):
        package_model(str(path), entries(CODE), str(target), Limits(links=True))
    assert not target.exists()


# --- a model that changes meanwhile ---


@pytest.mark.parametrize("holds_code", [False, True], ids=["spliced", "rewritten"])
@pytest.mark.parametrize("change", ["touched", "longer", "damaged"])
def test_a_model_that_changes_while_it_is_packaged_leaves_no_package(
    change, holds_code, model_archive, target, expect_error
):
    model = model_archive(files={**(CODE if holds_code else {}), "model.bin": os.urandom(1 << 20)})

    def changed():
        yield b"# code"
        with model.open("r+b") as file:
            file.seek(-9, os.SEEK_END)
            file.write(b"damaged" if change == "damaged" else b"")
            file.seek(0, os.SEEK_END)
            file.write(b"longer" if change == "longer" else b"")
        os.utime(model, ns=(0, 0))

    class Changing(ArchiveEntry):
        def chunks(self):
            return changed()

    with expect_error("ARC016", str(model)):
        package_model(str(model), [Changing("code/inference.py", 6, content=b"# code")], str(target))
    assert not target.exists()


def test_a_verified_model_that_changes_while_it_is_packaged_leaves_no_package(model, target, expect_error):
    verified = read_archive(str(model))

    class Changing(ArchiveEntry):
        def chunks(self):
            os.utime(model, ns=(0, 0))
            return super().chunks()

    with expect_error("ARC016", str(model)):
        package_verified(str(model), verified, [Changing("code/x", 1, content=b"x")], str(target))
    assert not target.exists()


def test_very_many_entries_are_packaged(model, target):
    many = [entry_of_bytes(f"code/{number}", b"") for number in range(4000)]
    assert len(package_model(str(model), many, str(target)).package.files) == 4000 + len(MODEL)
