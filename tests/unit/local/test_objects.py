import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.errors import RunError
from stepsmith.local.objects import ObjectStore


@pytest.fixture
def objects(tmp_path):
    return ObjectStore(tmp_path / "objects")


@pytest.fixture
def folder(tmp_path):
    """A folder with two files, to be published."""
    place = tmp_path / "output"
    (place / "deep").mkdir(parents=True)
    (place / "a.txt").write_text("new a")
    (place / "deep/b.txt").write_text("new b")
    return place


def put(objects, *keys):
    for key in keys:
        objects.put(f"s3://bucket/{key}", [key.encode()])


def files(objects):
    """Everything in the store, with its text."""
    return {
        path.relative_to(objects.root).as_posix(): path.read_text()
        for path in objects.root.rglob("*")
        if path.is_file()
    }


def test_an_object_is_kept_below_its_bucket_and_key(objects):
    path = objects.put("s3://my-bucket/deep/key.txt", [b"one ", b"two"])
    assert path == objects.path("s3://my-bucket/deep/key.txt") == objects.root / "my-bucket/deep/key.txt"
    assert path.read_bytes() == b"one two"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "bucket/key",
        "/bucket/key",
        "s3:/bucket/key",
        "s3://",
        "s3:///key",
        "s3://Bucket/key",
        "s3://b/key",
        "s3://../key",
        "s3://bucket-/key",
        "S3://bucket/key",
        "https://bucket/key",
        "s3://bucket?x/key",
        "s3://bucket/../key",
        "s3://bucket/..",
        "s3://bucket/deep/../../key",
        "s3://bucket/./key",
        "s3://bucket/k\0ey",
        "s3://bucket/\ud800",
    ],
)
def test_what_is_no_uri_or_has_no_place_in_a_file_system_is_refused_and_nothing_is_written(objects, uri):
    for use in (objects.path, objects.has, objects.matching, lambda one: objects.put(one, [b"x"])):
        with pytest.raises(RunError) as caught:
            use(uri)
        assert caught.value.code == "RUN010"
        assert repr(uri) in str(caught.value)
    assert not objects.root.exists()


@pytest.mark.parametrize("key", ["..a", "a..", "...", ".hidden", "a b", "größe", "a?b#c", "a\nb", "%2e%2e/x", "~"])
def test_a_key_that_is_only_unusual_has_its_place(objects, key):
    put(objects, key)
    assert objects.has(f"s3://bucket/{key}")
    assert objects.path(f"s3://bucket/{key}").is_relative_to(objects.root / "bucket")


def test_a_folder_of_the_name_of_an_object_is_not_that_object(objects):
    put(objects, "a/b")
    assert not objects.has("s3://bucket/a/b/")


def test_an_object_is_there_once_it_is_put(objects):
    assert not objects.has("s3://bucket/key")
    put(objects, "key")
    assert objects.has("s3://bucket/key")
    assert not objects.has("s3://bucket/ke")
    assert not objects.has("s3://bucket")


def test_a_put_that_fails_leaves_nothing(objects):
    def chunks():
        yield b"half"
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        objects.put("s3://bucket/key", chunks())
    assert files(objects) == {}


def test_a_put_that_fails_leaves_what_was_there_before(objects):
    def chunks():
        yield b"half"
        raise ValueError("the source broke")

    put(objects, "key")
    with pytest.raises(ValueError, match="the source broke"):
        objects.put("s3://bucket/key", chunks())
    assert files(objects) == {"bucket/key": "key"}


def test_an_object_is_not_seen_before_it_is_whole(objects):
    def chunks():
        yield b"half"
        seen.append((objects.has("s3://bucket/deep/key"), objects.matching("s3://bucket/deep/")))
        yield b"whole"

    seen = []
    objects.put("s3://bucket/deep/key", chunks())
    assert seen == [(False, [])]


def test_a_put_that_is_killed_leaves_nothing_that_a_later_run_takes_for_an_object(objects):
    killed = (
        "import os, signal, sys; from pathlib import Path; from stepsmith.local.objects import ObjectStore\n"
        "def chunks():\n    yield b'half'\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ObjectStore(Path(sys.argv[1])).put('s3://bucket/deep/key', chunks())"
    )
    done = subprocess.run([sys.executable, "-c", killed, objects.root], timeout=30, check=False)
    assert done.returncode == -signal.SIGKILL
    put(objects, "deep/other")
    assert [name for name, _ in objects.matching("s3://bucket/deep/")] == ["other"]
    assert [name for name, _ in objects.matching("s3://bucket/deep")] == ["other"]


def test_one_object_put_by_several_threads_at_once_is_one_of_theirs_whole(objects):
    def put_letter(letter):
        objects.put("s3://bucket/key", (letter * 1000 for _ in range(30)))

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(put_letter, letter) for letter in [b"a", b"b", b"c", b"d"] * 10]:
            one.result()
    content = objects.path("s3://bucket/key").read_bytes()
    assert content in {letter * 30_000 for letter in (b"a", b"b", b"c", b"d")}


def test_an_object_may_have_a_name_as_long_as_the_file_system_takes(objects):
    longest = "ü" * 127 + "x"  # 255 bytes
    put(objects, longest)
    assert objects.has(f"s3://bucket/{longest}")


@pytest.mark.parametrize("taken", ["a", "a/b/c"])
def test_a_key_that_a_file_system_cannot_keep_beside_another_is_refused_with_an_error_of_ours(objects, taken):
    put(objects, taken)
    with pytest.raises(RunError) as caught:
        put(objects, "a/b")
    (finding,) = caught.value.findings
    assert str(objects.path("s3://bucket/a/b")) in finding.what
    assert "rename" in finding.fix
    assert files(objects) == {f"bucket/{taken}": taken}


@pytest.mark.parametrize("uri", ["s3://bucket/a", "s3://bucket/a/", "s3://bucket/a/b", "s3://bucket/a/b/c/d"])
def test_a_folder_where_an_object_stands_or_below_one_is_refused_and_the_object_named(objects, uri):
    put(objects, "a")
    with pytest.raises(RunError) as caught:
        objects.check_folder(uri)
    assert f"{objects.path('s3://bucket/a')} is an object" in str(caught.value)


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/a", "s3://bucket/a/c", "s3://bucket/a/b2", "s3://other/a"])
def test_a_folder_beside_objects_is_admitted(objects, uri):
    put(objects, "a/b")
    objects.check_folder(uri)


def test_a_name_that_is_too_long_for_the_file_system_is_refused_with_an_error_of_ours(objects):
    with pytest.raises(RunError):
        objects.has("s3://bucket/" + "x" * 300)
    with pytest.raises(RunError):
        put(objects, "x" * 300)


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("s3://bucket/m", ["m.tar.gz", "m.tar.gz.bak", "models/a", "models/deep/b", "m[1]", "m*"]),
        ("s3://bucket/m.tar.gz", ["m.tar.gz", "m.tar.gz.bak"]),
        ("s3://bucket/m.tar.gz.bak", ["m.tar.gz.bak"]),
        ("s3://bucket/models", ["a", "deep/b"]),
        ("s3://bucket/models/", ["a", "deep/b"]),
        ("s3://bucket/models/d", ["deep/b"]),
        ("s3://bucket/models/deep/b", ["b"]),
        ("s3://bucket/m[1]", ["m[1]"]),
        ("s3://bucket/m*", ["m*"]),
        ("s3://bucket/m?tar.gz", []),
        ("s3://bucket/M", []),
        ("s3://bucket/m/", []),
        ("s3://bucket/m.tar.gz/", []),
        ("s3://bucket/nothing/here", []),
        ("s3://nothing-here/m", []),
    ],
)
def test_a_prefix_matches_every_object_whose_key_begins_with_it_and_no_other(objects, prefix, names):
    put(objects, "m.tar.gz", "m.tar.gz.bak", "models/a", "models/deep/b", "m[1]", "m*", "other/m")
    found = objects.matching(prefix)
    assert sorted(name for name, _ in found) == sorted(names)
    assert all(path.is_file() for _, path in found)


def test_a_prefix_matches_a_folder_and_what_begins_like_it(objects):
    put(objects, "data/a", "data2/b", "data.csv")
    assert sorted(name for name, _ in objects.matching("s3://bucket/data")) == ["a", "data.csv", "data2/b"]


@pytest.mark.parametrize("prefix", ["s3://bucket", "s3://bucket/"])
def test_a_bucket_matches_its_own_objects_and_those_of_no_other_bucket(objects, prefix):
    put(objects, "a", "deep/b")
    objects.put("s3://bucket-of-others/secret", [b""])
    assert sorted(name for name, _ in objects.matching(prefix)) == ["a", "deep/b"]


def test_a_folder_that_is_new_appears_with_all_of_its_files(objects, folder):
    assert objects.publish(folder, "s3://bucket/run/out") is True
    assert files(objects) == {"bucket/run/out/a.txt": "new a", "bucket/run/out/deep/b.txt": "new b"}
    assert not folder.exists()


def test_a_folder_that_is_new_is_one_rename_of_the_whole(objects, folder):
    before = {path.stat().st_ino for path in (folder, folder / "a.txt")}
    objects.publish(folder, "s3://bucket/run/out")
    place = objects.path("s3://bucket/run/out")
    assert {path.stat().st_ino for path in (place, place / "a.txt")} == before


@pytest.mark.parametrize("uri", ["s3://bucket/run", "s3://bucket/run/", "s3://bucket"])
def test_files_published_to_a_folder_that_is_there_join_those_in_it(objects, folder, uri):
    objects.put(uri.rstrip("/") + "/a.txt", [b"old a"])
    objects.put(uri.rstrip("/") + "/deep/c.txt", [b"old c"])
    assert objects.publish(folder, uri) is False
    place = uri.removeprefix("s3://").rstrip("/")
    assert files(objects) == {
        f"{place}/a.txt": "new a",
        f"{place}/deep/b.txt": "new b",
        f"{place}/deep/c.txt": "old c",
    }


def test_files_published_to_a_folder_that_is_there_bring_their_own_folders(objects, folder):
    put(objects, "run/z")
    objects.publish(folder, "s3://bucket/run")
    assert files(objects) == {"bucket/run/z": "run/z", "bucket/run/a.txt": "new a", "bucket/run/deep/b.txt": "new b"}


def test_a_folder_that_cannot_take_all_of_the_published_files_takes_none(objects, folder):
    objects.put("s3://bucket/run/a.txt", [b"old a"])
    objects.put("s3://bucket/run/deep/b.txt/c", [b"old c"])  # where the second file would be
    with pytest.raises((RunError, OSError)):
        objects.publish(folder, "s3://bucket/run")
    assert files(objects) == {"bucket/run/a.txt": "old a", "bucket/run/deep/b.txt/c": "old c"}


def test_a_folder_that_was_published_can_be_taken_back(objects, folder):
    put(objects, "run/other")
    objects.publish(folder, "s3://bucket/run/out")
    objects.take_back("s3://bucket/run/out")
    assert files(objects) == {"bucket/run/other": "run/other"}


@pytest.mark.parametrize("uri", ["s3://bucket/../../out", "out"])
def test_a_folder_is_published_to_no_place_outside_the_store(objects, folder, uri):
    with pytest.raises(RunError, match="RUN010"):
        objects.publish(folder, uri)
    assert sorted(os.listdir(folder)) == ["a.txt", "deep"]  # noqa: PTH208 - names, not paths
