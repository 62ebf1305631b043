from __future__ import annotations

import hashlib
import zipfile
from importlib.resources import files

import pytest

from stepsmith.build.staging import found_files, is_s3, require_path, require_s3_uri, stage_code, stage_files
from stepsmith.diagnostics import ArchiveError, ConfigError, MissingFileError


@pytest.fixture
def data(tmp_path):
    for name in ("data/a.csv", "data/b.csv", "data/deep/c.csv", "data/notes.txt", "data/__pycache__/x.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("data/a.csv", ["a.csv"]),
        ("data/*.csv", ["a.csv", "b.csv"]),
        ("data/**/*.csv", ["a.csv", "b.csv", "deep/c.csv"]),
        ("data", ["a.csv", "b.csv", "deep/c.csv", "notes.txt"]),
    ],
)
def test_a_file_a_folder_and_a_pattern_name_their_files(data, written, names):
    folder, paths = found_files(written, data)
    assert [path.relative_to(folder).as_posix() for path in paths] == names


@pytest.mark.parametrize(
    ("written", "code"), [("data/*.parquet", "STP231"), ("data/x.csv", "STP230"), ("dta", "STP230")]
)
def test_what_names_no_file_is_a_missing_file(expect_error, data, written, code):
    with expect_error(code, kind=MissingFileError) as raised:
        found_files(written, data)
    assert isinstance(raised.value, FileNotFoundError)


def test_a_missing_path_is_told_with_what_stands_beside_it(expect_error, data):
    with expect_error("STP230", kind=MissingFileError):
        require_path(data / "data/note.txt", "data/note.txt")
    with expect_error("STP230", kind=MissingFileError):
        require_path(data / "data/zzzzzzzzz", "data/zzzzzzzzz")


def test_what_a_pattern_meets_by_accident_is_left_out_too(data):
    (data / "data" / ".ipynb_checkpoints").mkdir()
    (data / "data" / ".ipynb_checkpoints" / "a-checkpoint.csv").write_text("again")
    assert len(found_files("data/**/*.csv", data)[1]) == 3


def test_a_name_that_no_file_can_have_is_a_missing_file(expect_error, data):
    with expect_error("STP230", kind=MissingFileError):
        found_files("x" * 300, data)


@pytest.mark.parametrize("written", ["https://x/m.tgz", "~/m.tgz"])
def test_a_path_that_means_something_elsewhere_is_told_so(expect_error, tmp_path, written):
    with expect_error("STP230", kind=MissingFileError):
        require_path(tmp_path / written, written)


@pytest.mark.parametrize("name", [".stepsmith", ".venv", ".env", ".git", "__pycache__"])
def test_what_lies_in_a_folder_by_accident_is_left_out(data, name):
    (data / "data" / name).mkdir(exist_ok=True)
    (data / "data" / name / "x.csv").write_text("secret")
    assert len(found_files("data", data)[1]) == 4


def test_an_empty_folder_is_refused(expect_error, tmp_path):
    (tmp_path / "empty").mkdir()
    with expect_error("ARC011", kind=ArchiveError):
        found_files("empty", tmp_path)


def test_an_asset_lies_under_the_digest_of_all_its_files(data):
    asset = stage_files("data/*.csv", data, "s3://bucket/step/input")
    assert asset.uri == f"s3://bucket/step/input/{asset.digest}/"
    assert asset.objects[0].digest == hashlib.sha256(b"data/a.csv").hexdigest()
    (data / "data/b.csv").write_text("changed")
    assert stage_files("data/*.csv", data, "s3://bucket/step/input").uri != asset.uri


def test_the_place_of_the_files_on_this_machine_does_not_matter(data, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "data").mkdir()
    for name in ("a.csv", "b.csv"):
        (other / "data" / name).write_bytes((data / "data" / name).read_bytes())
    one, two = (stage_files("data/*.csv", base, "s3://bucket") for base in (data, other))
    assert one.digest == two.digest


def test_code_travels_with_the_container_package_and_an_empty_stepsmith(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print()")
    asset = stage_code(script, "my_step.py", "s3://bucket/step/code", ("pyarrow",))
    contents = {item.name: b"".join(item.chunks()) for item in asset.objects}
    assert contents["my_step.py"] == b"print()"
    assert contents["stepsmith/__init__.py"] == b""
    inside = files("stepsmith.container") / "archive" / "walk.py"
    assert contents["stepsmith/container/archive/walk.py"] == inside.read_bytes()
    assert not any("__pycache__" in name for name in contents)
    assert asset.requirements == ("pyarrow",)


def test_codes_digest_holds_the_entry_point(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print()")
    assert stage_code(script, "a.py", "s3://b", ()).digest != stage_code(script, "b.py", "s3://b", ()).digest


def test_a_script_that_was_written_again_is_read_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print(1)")
    before = stage_code(script, "a.py", "s3://b", ())
    script.write_text("print(2)")
    assert stage_code(script, "a.py", "s3://b", ()).digest != before.digest


def test_a_script_may_lie_in_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "step.zip", "w") as archive:
        archive.writestr("script.py", "print()")
    (tmp_path / "script.py").write_text("print()")
    inside = zipfile.Path(tmp_path / "step.zip", "script.py")
    beside = tmp_path / "script.py"
    assert stage_code(inside, "a.py", "s3://b", ()) == stage_code(beside, "a.py", "s3://b", ())


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3://bucket/folder/"])
def test_an_s3_uri_without_an_object_is_refused_where_one_is_needed(expect_error, uri):
    with expect_error("STP221", kind=ConfigError):
        require_s3_uri(uri, key_needed=True)
    assert require_s3_uri(uri, key_needed=False) == uri


@pytest.mark.parametrize("uri", ["s3:/bucket/key", "s3://b/key", "S3://bucket/key", "s3://Bucket/key"])
def test_what_is_no_s3_uri_is_refused(expect_error, uri):
    assert is_s3(uri)
    with expect_error("STP220", kind=ConfigError):
        require_s3_uri(uri, key_needed=False)
