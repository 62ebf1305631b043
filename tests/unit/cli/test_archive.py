from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pty
import subprocess
import sys
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


def facts(text):
    return dict(line.split(maxsplit=1) for line in text.splitlines())


# --- verify ---


def test_what_an_archive_is_is_told(stepsmith, model):
    done = stepsmith("archive", "verify", "model.tgz")
    assert (done.status, done.err) == (0, "")
    told = facts(done.out)
    assert told["sha256"] == digest(model)
    assert (told["size"], told["holds"]) == (f"{model.stat().st_size} bytes", "2 files")


def test_as_json_the_gzip_layout_is_told_too(stepsmith, model):
    document = json.loads(stepsmith("archive", "verify", "model.tgz", "--json").out)
    tar = gzip.decompress(model.read_bytes())
    (member,) = document["gzip_members"]
    assert (document["sha256"], document["unpacked_bytes"], member["length"]) == (digest(model), len(tar), len(tar))
    assert member["deflate_end"] == model.stat().st_size - 8


def test_a_folder_with_privileges_is_told(stepsmith, tmp_path):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        folder = tarfile.TarInfo("d")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o2755
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("d/empty"))
    done = stepsmith("archive", "verify", "m.tgz")
    assert done.status == 0
    assert "holds           1 file, 1 folder" in done.out
    assert "note: the folder d has setgid set in its mode" in done.out


def test_the_expected_digest_is_compared_however_its_letters_are(stepsmith, model):
    assert stepsmith("archive", "verify", "model.tgz", "--sha256", digest(model).upper()).status == 0
    done = stepsmith("archive", "verify", "model.tgz", "--sha256", "0" * 64)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"ARC012 model.tgz: its SHA-256 is {digest(model)}, expected 000")


@pytest.mark.parametrize("typed", ["", "abc", "sha256:" + "0" * 64])
def test_what_is_no_digest_is_wrong_usage_and_not_the_archive_s_fault(typed, stepsmith):
    done = stepsmith("archive", "verify", "model.tgz", "--sha256", typed)
    assert (done.status, "is no SHA-256" in done.err) == (2, True)


DAMAGE = {
    "ARC001": (lambda _: b"not an archive", "make it anew from the model's folder"),
    "ARC002": (lambda data: data[:-9], "take the file from its source again"),
    "ARC004": (lambda data: data[:-1] + b"\x01", "take the file from its source again"),
}


@pytest.mark.parametrize("code", DAMAGE)
def test_damage_is_one_error_with_what_where_and_what_to_do(code, stepsmith, model):
    damaged, fix = DAMAGE[code]
    model.write_bytes(damaged(model.read_bytes()))
    done = stepsmith("archive", "verify", "model.tgz")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 2)
    assert done.err.startswith(f"{code} model.tgz: byte ")
    assert fix in done.err


@pytest.mark.parametrize("command", ["verify", "list"])
def test_what_is_no_file_is_named_once(command, stepsmith, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    for name, code in {"nowhere": "ARC013", "folder": "ARC015", "fifo": "ARC015", "empty": "ARC001"}.items():
        done = stepsmith("archive", command, name)
        assert (done.status, done.err.count(name)) == (1, 1 if name != "empty" else 2)
        assert done.err.startswith(f"{code} {name}: ")


def test_a_limit_can_be_set_and_raised(stepsmith, model_archive):
    model_archive("large.tgz", files={"model.bin": bytes(50_000)})
    done = stepsmith("archive", "verify", "large.tgz", "--max-unpacked-bytes", "20000")
    assert done.status == 1
    assert "ARC022 large.tgz: byte " in done.err
    assert "over 20,000 bytes, the limit (--max-unpacked-bytes;" in done.err
    assert "raise the limit, if you know where the archive comes from" in done.err
    assert stepsmith("archive", "verify", "large.tgz", "--max-unpacked-bytes", "2000000").status == 0
    assert stepsmith("archive", "verify", "large.tgz", "--max-ratio", "0").status == 2


def test_links_are_admitted_on_request(stepsmith, tmp_path):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a"))
        link = tarfile.TarInfo("b")
        link.type, link.linkname = tarfile.SYMTYPE, "a"
        archive.addfile(link)
    refused = stepsmith("archive", "list", "m.tgz")
    assert (refused.status, refused.out) == (1, "")
    assert "ARC009 m.tgz: entry 'b': it is a symbolic link" in refused.err
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


def test_a_package_holds_the_code_what_is_added_and_the_model(stepsmith, model, tmp_path):
    (tmp_path / "LICENSE").write_bytes(b"yours")
    done = stepsmith(
        "archive", "package", "model.tgz", "--code", "inference", "--add", "LICENSE=LICENSE", "-o", "out/package.tgz"
    )
    assert (done.status, done.err) == (0, "")
    package = tmp_path / "out" / "package.tgz"
    added = {f"code/{name}": content for name, content in CODE.items()}
    assert files_of(package) == {**FILES, **added, "LICENSE": b"yours"}
    assert f"sha256          {digest(package)}\n" in done.out
    assert f"model sha256    {digest(model)}\n" in done.out


def test_what_the_model_holds_already_is_replaced_and_told(stepsmith, model_archive, tmp_path):
    model_archive("model.tgz", files={**FILES, "code/inference.py": b"old"})
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "package.tgz")
    assert "note: the model held code/inference.py already; it was replaced" in done.out
    assert files_of(tmp_path / "package.tgz")["code/inference.py"] == CODE["inference.py"]


def test_a_model_of_several_gzip_members_is_told(stepsmith, model):
    tar = gzip.decompress(model.read_bytes())
    model.write_bytes(gzip.compress(tar[:1000]) + gzip.compress(tar[1000:]))
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "package.tgz")
    assert "note: the model is of 2 gzip members; yours is in the first" in done.out
    document = json.loads(
        stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "again.tgz", "--json").out
    )
    assert len(document["package"]["gzip_members"]) == 2
    assert document["replaced"] == []


WRONG = {
    (): (2, "nothing is added"),
    ("--code", "nowhere"): (1, "ARC019 nowhere"),
    ("--code", "inference", "--entry-point", "serve.py"): (1, "ARC017 inference: the entry point serve.py is not in"),
    ("--add", "LICENSE"): (2, "write --add NAME=FILE"),
    ("--add", "../x=model.tgz"): (1, "ARC008 entry '../x'"),
    ("--add", "x=nowhere"): (1, "ARC019 nowhere"),
    ("--add", "x=model.tgz", "--add", "X=model.tgz"): (1, "ARC010 "),
    ("--add", "model.bin/x=model.tgz"): (1, "ARC010 "),
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_cannot_be_added_is_told_and_nothing_is_written(arguments, stepsmith, tmp_path):
    status, told = WRONG[arguments]
    done = stepsmith("archive", "package", "model.tgz", *arguments, "-o", "out.tgz")
    assert done.status == status
    assert told in done.err
    assert "report it" not in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inference", "model.tgz"]


def test_a_place_that_cannot_be_written_is_told(stepsmith, tmp_path):
    (tmp_path / "file").touch()
    done = stepsmith("archive", "package", "model.tgz", "--code", "inference", "-o", "file/package.tgz")
    assert (done.status, done.err.count("\n")) == (1, 2)
    assert done.err.startswith("RUN009 file/package.tgz cannot be written: ")


def test_a_full_disk_leaves_nothing(model_archive, tmp_path):
    model_archive("model.tgz", files={"model.bin": os.urandom(300_000)})
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    for command in (["package", "model.tgz", "--code", "inference", "-o", "out"], ["unpack", "model.tgz", "out"]):
        program = f"{limited}; from stepsmith.cli.main import main; main({['archive', *command]})"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("RUN009 out cannot be written: File too large\n  fix: ")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["inference", "model.tgz"]


# --- unpack ---


def test_an_archive_is_unpacked_into_a_folder_that_was_not_there(stepsmith, tmp_path):
    done = stepsmith("archive", "unpack", "model.tgz", "out/")
    assert (done.status, done.err) == (0, "")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in FILES} == FILES
    again = stepsmith("archive", "unpack", "model.tgz", "out")
    assert (again.status, again.err) == (1, "ARC024 out: it is there already; name a folder that is not\n")


# --- the group ---


def test_an_archive_s_name_alone_is_told_how_to_verify_it(stepsmith):
    done = stepsmith("archive", "model.tgz")
    assert done.status == 2
    assert "to verify an archive: stepsmith archive verify model.tgz" in done.err


def test_a_name_that_would_move_the_cursor_is_never_shown_as_it_is(tmp_path):
    with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("\x1b[2Jmodel"), io.BytesIO())
    main, child = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "stepsmith", "archive", "verify", "m.tgz"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=child,
        stderr=child,
        check=False,
        timeout=60,
    )
    os.close(child)
    shown = os.read(main, 10_000)
    os.close(main)
    assert done.returncode == 1
    assert b"\x1b[2J" not in shown
    assert b"ARC008" in shown
