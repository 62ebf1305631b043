from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import resource
import tarfile

import pytest

FILES = {"model.bin": b"weights " * 200, "config/model.json": b"{}"}
CODE = {"inference.py": b"print('hello')\n", "lib/more.py": b"x = 1\n"}


@pytest.fixture(autouse=True)
def model(model_archive):
    return model_archive("model.tgz", files=FILES)


@pytest.fixture(autouse=True)
def code(tmp_path):
    for name, content in CODE.items():
        path = tmp_path / "inference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "inference"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_of(path):
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive if info.isfile()}


def masked(text, **archives):
    """A text without what zlib's version and the time change: each archive's digest and size, and places in it."""
    for name, path in archives.items():
        size = f"{path.stat().st_size:,} bytes"
        text = text.replace(digest(path), f"DIGEST OF {name}").replace(size, f"SIZE OF {name}")
    return re.sub(r"\bbyte \d+", "byte N", text)


# --- verify ---


def test_what_an_archive_is_is_told(stepsmith, model, snapshot):
    done = stepsmith("archive", "verify", "model.tgz")
    assert (done.status, done.err) == (0, "")
    assert digest(model) in done.out
    snapshot(masked(done.out, model=model))


def test_as_json_the_gzip_layout_is_told_too(stepsmith, model):
    document = json.loads(stepsmith("archive", "verify", "model.tgz", "--json").out)
    tar = gzip.decompress(model.read_bytes())
    (member,) = document["gzip_members"]
    assert (document["sha256"], document["unpacked_bytes"], member["length"]) == (digest(model), len(tar), len(tar))
    assert member["deflate_end"] == model.stat().st_size - 8


def test_a_folder_with_privileges_is_told(stepsmith, tmp_path, snapshot):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        folder = tarfile.TarInfo("d")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o2755
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("d/empty"))
    done = stepsmith("archive", "verify", "m.tgz")
    assert done.status == 0
    snapshot(masked(done.out, archive=tmp_path / "m.tgz"))


def test_the_expected_digest_is_compared_however_its_letters_are(stepsmith, model, findings, snapshot):
    assert stepsmith("archive", "verify", "model.tgz", "--sha256", digest(model).upper()).status == 0
    done = stepsmith("archive", "verify", "model.tgz", "--sha256", "0" * 64, "--json")
    assert (done.status, findings(done)) == (1, [("ARC012", "", "")])
    assert digest(model) in done.err
    snapshot(masked(done.err, model=model))


@pytest.mark.parametrize("typed", ["", "abc", "sha256:" + "0" * 64], ids=["empty", "abc", "sha256 before it"])
def test_what_is_no_digest_is_wrong_usage_and_not_the_archive_s_fault(typed, stepsmith, snapshot):
    done = stepsmith("archive", "verify", "model.tgz", "--sha256", typed)
    assert (done.status, done.out, done.codes) == (2, "", [])
    snapshot(done.err)


DAMAGE = {
    "ARC001": lambda _: b"not an archive",
    "ARC002": lambda data: data[:-9],
    "ARC004": lambda data: data[:-1] + b"\x01",
}


@pytest.mark.parametrize("code", DAMAGE)
def test_damage_is_one_error_with_what_where_and_what_to_do(code, stepsmith, model, findings, snapshot):
    model.write_bytes(DAMAGE[code](model.read_bytes()))
    done = stepsmith("archive", "verify", "model.tgz", "--json")
    assert (done.status, findings(done)) == (1, [(code, "model.tgz", "")])
    assert stepsmith("archive", "verify", "model.tgz").out == ""
    snapshot(masked(done.err))


@pytest.mark.parametrize("command", ["verify", "list"])
def test_what_is_no_file_is_named_once(command, stepsmith, tmp_path, findings, snapshot):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    for name, found in {
        "nowhere": ("ARC013", "", ""),
        "folder": ("ARC015", "", ""),
        "fifo": ("ARC015", "", ""),
        "empty": ("ARC001", "empty", ""),
    }.items():
        done = stepsmith("archive", command, name, "--json")
        assert (done.status, findings(done)) == (1, [found])
        snapshot(done.err)


def test_a_limit_can_be_set_and_raised(stepsmith, model_archive, findings, snapshot):
    model_archive("large.tgz", files={"model.bin": bytes(50_000)})
    done = stepsmith("archive", "verify", "large.tgz", "--max-unpacked-bytes", "20000", "--json")
    assert (done.status, findings(done)) == (1, [("ARC022", "large.tgz", "")])
    snapshot(masked(done.err))
    assert stepsmith("archive", "verify", "large.tgz", "--max-unpacked-bytes", "2000000").status == 0
    assert stepsmith("archive", "verify", "large.tgz", "--max-ratio", "0").status == 2


def test_links_are_admitted_on_request(stepsmith, tmp_path, findings, snapshot):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a"))
        link = tarfile.TarInfo("b")
        link.type, link.linkname = tarfile.SYMTYPE, "a"
        archive.addfile(link)
    refused = stepsmith("archive", "list", "m.tgz", "--json")
    assert (refused.status, findings(refused)) == (1, [("ARC009", "m.tgz", "")])
    assert stepsmith("archive", "list", "m.tgz").out == ""
    snapshot(refused.err)
    assert "b -> a" in stepsmith("archive", "list", "m.tgz", "--links").out


# --- list ---


def test_the_members_are_listed_with_their_digests_on_request(stepsmith):
    lines = stepsmith("archive", "list", "model.tgz").out.splitlines()
    assert lines == [
        "-rw-r--r--           1,600  model.bin",
        "-rw-r--r--               2  config/model.json",
    ]
    lines = stepsmith("archive", "list", "model.tgz", "--digests").out.splitlines()
    assert [line.split()[2] for line in lines] == [hashlib.sha256(content).hexdigest() for content in FILES.values()]
    document = json.loads(stepsmith("archive", "list", "model.tgz", "--digests", "--json").out)
    assert document["members"][1] == {
        "name": "config/model.json",
        "kind": "file",
        "size_bytes": 2,
        "mode": "0644",
        "sha256": hashlib.sha256(b"{}").hexdigest(),
    }


# --- package ---


def test_a_package_holds_the_code_what_is_added_and_the_model(stepsmith, model, tmp_path, snapshot):
    (tmp_path / "LICENSE").write_bytes(b"yours")
    done = stepsmith(
        "archive", "package", "model.tgz", "--code", "inference", "--add", "LICENSE=LICENSE", "-o", "out/package.tgz"
    )
    assert (done.status, done.err) == (0, "")
    package = tmp_path / "out" / "package.tgz"
    added = {f"code/{name}": content for name, content in CODE.items()}
    assert files_of(package) == {**FILES, **added, "LICENSE": b"yours"}
    snapshot(masked(done.out, package=package, model=model))


def test_what_the_model_holds_already_is_replaced_and_told(stepsmith, model_archive, tmp_path, snapshot):
    model = model_archive("model.tgz", files={**FILES, "code/inference.py": b"old"})
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "package.tgz")
    snapshot(masked(done.out, package=tmp_path / "package.tgz", model=model))
    assert files_of(tmp_path / "package.tgz")["code/inference.py"] == CODE["inference.py"]
    again = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "again.tgz", "--json")
    assert json.loads(again.out)["replaced"] == ["code/inference.py"]


def test_a_model_of_several_gzip_members_is_told(stepsmith, model, tmp_path, snapshot):
    tar = gzip.decompress(model.read_bytes())
    model.write_bytes(gzip.compress(tar[:1000]) + gzip.compress(tar[1000:]))
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "package.tgz")
    snapshot(masked(done.out, package=tmp_path / "package.tgz", model=model))
    document = json.loads(
        stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "again.tgz", "--json").out
    )
    assert len(document["package"]["gzip_members"]) == 2
    assert document["replaced"] == []


WRONG_USAGE = {
    "nothing": (),
    "a name without a file": ("--add", "LICENSE"),
}
REFUSED = {
    "code that is not there": (("--code", "nowhere"), ("ARC019", "", "")),
    "an entry point that is not there": (("--code", "inference", "--entry-point", "serve.py"), ("ARC017", "", "")),
    "a name outside": (("--add", "../x=model.tgz"), ("ARC008", "", "")),
    "a file that is not there": (("--add", "x=nowhere"), ("ARC019", "", "")),
    "two names alike": (("--add", "x=model.tgz", "--add", "X=model.tgz"), ("ARC010", "", "")),
    "a name in a file": (("--add", "model.bin/x=model.tgz"), ("ARC010", "model.tgz", "")),
}


def package(stepsmith, *arguments):
    return stepsmith("archive", "package", "model.tgz", *arguments, "-o", "out.tgz")


@pytest.mark.parametrize("arguments", WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_what_adds_nothing_is_wrong_usage_and_nothing_is_written(arguments, stepsmith, tmp_path, snapshot):
    done = package(stepsmith, *arguments)
    assert (done.status, done.out, done.codes) == (2, "", [])
    snapshot(done.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inference", "model.tgz"]


@pytest.mark.parametrize(("arguments", "refused"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_added_is_told_and_nothing_is_written(
    arguments, refused, stepsmith, tmp_path, findings, snapshot
):
    done = package(stepsmith, *arguments, "--json")
    assert (done.status, findings(done)) == (1, [refused])
    snapshot(done.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inference", "model.tgz"]


def test_a_place_that_cannot_be_written_is_told(stepsmith, tmp_path, findings, snapshot):
    (tmp_path / "file").touch()
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "file/package.tgz", "--json")
    assert (done.status, findings(done)) == (1, [("RUN009", "", "")])
    snapshot(done.err)


@pytest.fixture
def full_disk():
    """A limit of 100 kB for each file, which is to what writes it as a full disk is."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize(
    "command",
    [["package", "model.tgz", "--code", "inference", "-o", "out"], ["unpack", "model.tgz", "out"]],
    ids=["package", "unpack"],
)
def test_a_full_disk_leaves_nothing(command, model_archive, tmp_path, stepsmith, request, snapshot):
    model_archive("model.tgz", files={"model.bin": os.urandom(300_000)})
    request.getfixturevalue("full_disk")
    done = stepsmith("archive", *command)
    assert (done.status, done.out, done.codes) == (1, "", ["RUN009"])
    snapshot(done.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inference", "model.tgz"]


# --- unpack ---


def test_an_archive_is_unpacked_into_a_folder_that_was_not_there(stepsmith, tmp_path, findings, snapshot):
    done = stepsmith("archive", "unpack", "model.tgz", "out/")
    assert (done.status, done.err) == (0, "")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in FILES} == FILES
    again = stepsmith("archive", "unpack", "model.tgz", "out", "--json")
    assert (again.status, findings(again)) == (1, [("ARC024", "", "")])
    snapshot(again.err)


# --- the group ---


def test_an_archive_s_name_alone_is_told_how_to_verify_it(stepsmith, snapshot):
    done = stepsmith("archive", "model.tgz")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


def test_a_name_that_would_move_the_cursor_is_never_shown_as_it_is(tmp_path, terminal):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("\x1b[2Jmodel"), io.BytesIO())
    one = terminal("-m", "stepsmith", "archive", "verify", "m.tgz")
    status, _ = one.end()
    assert (status, one.written.split()[0]) == (1, "ARC008")
    assert "\x1b[2J" not in one.written
