import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.write import entry_of_bytes
from stepsmith.definition.assets import (
    ArchiveSource,
    Asset,
    AssetObject,
    BytesSource,
    Compiled,
    FileSource,
    digest_of,
    object_of_bytes,
    object_of_source,
    translate_archive_faults,
)
from stepsmith.diagnostics import ArchiveError

BIG = bytes(range(256)) * 8200  # over two of the pieces in which a file is read


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("model.bin")
    path.write_bytes(BIG)
    return path


def test_an_object_of_bytes_has_their_digest_and_size():
    item = object_of_bytes("a.txt", b"hello")
    assert (item.name, item.size_bytes) == ("a.txt", 5)
    assert item.digest == hashlib.sha256(b"hello").hexdigest()
    assert b"".join(item.chunks()) == b"hello"


def test_an_object_of_a_file_has_its_digest_and_size(file):
    item = object_of_source("model.bin", FileSource(file))
    assert (item.size_bytes, item.digest) == (len(BIG), hashlib.sha256(BIG).hexdigest())
    assert b"".join(item.chunks()) == BIG


def test_an_empty_file_is_an_object_too(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    item = object_of_source("empty", FileSource(path))
    assert item.size_bytes == 0
    assert b"".join(item.chunks()) == b""


@pytest.mark.parametrize(
    "content",
    [BIG[:-1], BIG + b"x", b"X" + BIG[1:], b""],
    ids=["shorter", "longer", "other content", "empty"],
)
def test_a_file_that_changed_since_it_was_compiled_is_refused_and_named(expect_error, file, content):
    item = object_of_source("model.bin", FileSource(file))
    file.write_bytes(content)
    with expect_error("ARC016", "model.bin"):
        list(item.chunks())


def test_a_file_that_is_gone_since_it_was_compiled_is_an_error_of_ours(expect_error, file):
    item = object_of_source("model.bin", FileSource(file))
    file.unlink()
    with expect_error("ARC015") as raised:
        list(item.chunks())
    assert raised.value.__cause__.filename == str(file)


def test_an_object_that_is_not_what_its_digest_says_is_refused_by_its_name(expect_error):
    item = AssetObject("code.py", hashlib.sha256(b"other").hexdigest(), 5, BytesSource(b"hello"))
    with expect_error("ARC016", "code.py"):
        list(item.chunks())


@pytest.mark.parametrize("compress", [False, True])
def test_an_archive_recipe_gives_the_same_whole_archive_each_time(compress):
    entries = (entry_of_bytes("model.json", b"{}"), entry_of_bytes("code/inference.py", b"pass\n"))
    item = object_of_source("model.tar.gz", ArchiveSource(entries, compress=compress))
    made = b"".join(item.chunks())
    assert made == b"".join(item.chunks())
    assert (len(made), hashlib.sha256(made).hexdigest()) == (item.size_bytes, item.digest)
    with tarfile.open(fileobj=io.BytesIO(made), mode="r:gz") as archive:
        held = {member.name: archive.extractfile(member).read() for member in archive}
    assert held == {"model.json": b"{}", "code/inference.py": b"pass\n"}


def test_an_archive_recipe_whose_file_changed_is_refused(expect_error, file):
    entry = entry_of_bytes("model.bin", b"")._replace(path=str(file), size_bytes=len(BIG))
    item = object_of_source("model.tar.gz", ArchiveSource((entry,)))
    file.write_bytes(BIG[:-10])
    with expect_error("ARC016") as raised:
        list(item.chunks())
    assert raised.value.__cause__.where == str(file)


def test_a_folders_digest_does_not_depend_on_the_order_of_its_objects():
    items = [object_of_bytes(name, name.encode()) for name in ("a", "b", "c")]
    assert digest_of(items) == digest_of(reversed(items)) == digest_of([items[1], items[0], items[2]])


@pytest.mark.parametrize(
    "other",
    [
        [("a", b"1")],
        [("a", b"1"), ("b", b"2"), ("c", b"")],
        [("a", b"1"), ("b", b"3")],
        [("a", b"2"), ("b", b"1")],
        [("a", b"1"), ("B", b"2")],
        [],
    ],
    ids=["one fewer", "one more", "other content", "contents exchanged", "other name", "none"],
)
def test_a_folders_digest_tells_folders_apart_by_names_and_contents(other):
    folder = [object_of_bytes("a", b"1"), object_of_bytes("b", b"2")]
    assert digest_of(folder) != digest_of(object_of_bytes(*one) for one in other)


def test_a_folders_digest_tells_its_labels_apart_and_from_its_objects():
    item = object_of_bytes("inference.py", b"")
    digests = [
        digest_of([]),
        digest_of([item]),
        digest_of([item], "inference.py"),
        digest_of([item], "serve.py"),
        digest_of([], "inference.py"),
        digest_of([], "inference.py", "serve.py"),
    ]
    assert len(set(digests)) == len(digests)


def test_no_text_of_a_label_stands_for_an_object_or_for_two_labels():
    item = object_of_bytes("inference.py", b"")
    assert digest_of([item]) != digest_of([], f"{item.digest}  {item.name}")
    assert digest_of([], "a", "b") != digest_of([], "a\nb")


def test_the_uri_of_an_object_is_the_assets_folder_and_its_name():
    item = object_of_bytes("code/a.py", b"")
    asset = Asset("s3://bucket/code/abc/", "abc", (item,))
    assert asset.object_uri(item) == "s3://bucket/code/abc/code/a.py"


def test_a_compiled_pipeline_needs_no_assets_and_an_asset_no_requirements():
    assert Compiled("name", "{}").assets == ()
    assert Asset("s3://b/k/", "k", ()).requirements == ()


def test_an_archive_is_copied_and_not_deflated_unless_that_is_asked_for():
    entries = (entry_of_bytes("model.bin", bytes(100_000)),)
    stored, deflated = (
        object_of_source("m", source).size_bytes
        for source in (ArchiveSource(entries), ArchiveSource(entries, compress=True))
    )
    assert deflated < 10_000
    assert stored > 100_000


def test_a_fault_of_an_archive_is_an_error_with_its_code_its_place_and_what_to_do(expect_error):
    fault = ArchiveFault("ARC001", "it is not gzip", "model.tar.gz")
    with expect_error("ARC001", kind=ArchiveError) as raised, translate_archive_faults({"ARC001": "compress it"}):
        raise fault
    assert raised.value.__cause__ is fault


def test_a_block_that_reads_no_archive_keeps_its_own_errors():
    with pytest.raises(KeyError), translate_archive_faults():
        raise KeyError("other")


def test_an_asset_that_two_need_for_different_things_needs_all_of_them_once():
    one = Asset("s3://bucket/code/", "code", (), ("b", "a"), ((".x", "x"),))
    other = Asset("s3://bucket/code/", "code", (), ("c", "a"), ((".y", "y"), (".x", "x")))
    both = Asset("s3://bucket/code/", "code", (), ("a", "b", "c"), ((".x", "x"), (".y", "y")))
    assert one.needing_also(other) == both == other.needing_also(one)
