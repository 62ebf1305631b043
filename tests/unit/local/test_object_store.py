import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.local.object_store import ObjectStore


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


class BrokenSourceError(Exception):
    """What is put fails in the middle."""


def broken_chunks():
    yield b"half"
    raise BrokenSourceError


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
        pytest.param("", id="nothing"),
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
        pytest.param("s3://bucket/k\0ey", id="a NUL"),
        pytest.param("s3://bucket/\ud800", id="a lone surrogate"),
    ],
)
def test_what_is_no_uri_or_has_no_place_in_a_file_system_is_refused_and_nothing_is_written(objects, expect_error, uri):
    with expect_error("RUN010") as raised:
        objects.path(uri)
    for use in (objects.has, objects.matching, lambda one: objects.put(one, [b"x"])):
        with expect_error("RUN010", text=False) as again:
            use(uri)
        assert again.value.findings == raised.value.findings
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
    with pytest.raises(BrokenSourceError):
        objects.put("s3://bucket/key", broken_chunks())
    assert files(objects) == {}


def test_a_put_that_fails_leaves_what_was_there_before(objects):
    put(objects, "key")
    with pytest.raises(BrokenSourceError):
        objects.put("s3://bucket/key", broken_chunks())
    assert files(objects) == {"bucket/key": "key"}


def test_an_object_is_not_seen_before_it_is_whole(objects):
    def chunks():
        yield b"half"
        seen.append((objects.has("s3://bucket/deep/key"), objects.matching("s3://bucket/deep/")))
        yield b"whole"

    seen = []
    objects.put("s3://bucket/deep/key", chunks())
    assert seen == [(False, [])]


def test_a_put_that_is_killed_leaves_nothing_that_a_later_run_takes_for_an_object(objects, start_python):
    killed = (
        "import os, signal, sys; from pathlib import Path; from stepsmith.local.object_store import ObjectStore\n"
        "def chunks():\n    yield b'half'\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ObjectStore(Path(sys.argv[1])).put('s3://bucket/deep/key', chunks())"
    )
    assert start_python(killed, objects.root).wait(30) == -signal.SIGKILL
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
def test_a_key_that_a_file_system_cannot_keep_beside_another_is_refused_with_an_error_of_ours(
    objects, expect_error, taken
):
    put(objects, taken)
    with expect_error("RUN011"):
        put(objects, "a/b")
    assert files(objects) == {f"bucket/{taken}": taken}


def test_a_name_that_is_too_long_for_the_file_system_is_refused_with_an_error_of_ours(objects, expect_error):
    with expect_error("RUN010"):
        objects.has("s3://bucket/" + "x" * 300)
    with expect_error("RUN010"):
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


@pytest.fixture
def gathered(tmp_path):
    return tmp_path / "gathered"


def below(folder):
    """Every file below a folder, with its text."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3://bucket/run/out", "s3://bucket/run/out/"])
def test_files_are_gathered_where_their_keys_lead_and_the_store_is_as_it_was(objects, folder, gathered, uri):
    put(objects, "run/z")
    objects.gather(folder, uri, gathered)
    place = uri.removeprefix("s3://").rstrip("/")
    assert below(gathered) == {f"{place}/a.txt": "new a", f"{place}/deep/b.txt": "new b"}
    assert files(objects) == {"bucket/run/z": "run/z"}


def test_files_of_several_folders_are_gathered_beside_each_other(objects, folder, gathered, tmp_path):
    (tmp_path / "other/deep").mkdir(parents=True)
    (tmp_path / "other/a.txt").write_text("newer a")
    (tmp_path / "other/deep/c.txt").write_text("new c")
    objects.gather(folder, "s3://bucket/out", gathered)
    objects.gather(tmp_path / "other", "s3://bucket/out", gathered)
    assert below(gathered) == {
        "bucket/out/a.txt": "newer a",
        "bucket/out/deep/b.txt": "new b",
        "bucket/out/deep/c.txt": "new c",
    }


@pytest.mark.parametrize("taken", ["run", "run/out", "run/out/deep", "run/out/a.txt/c", "run/out/deep/b.txt/c"])
def test_where_another_kind_is_in_the_way_nothing_is_gathered(objects, folder, gathered, expect_error, taken):
    put(objects, taken)
    with expect_error("RUN011"):
        objects.gather(folder, "s3://bucket/run/out", gathered)
    assert files(objects) == {f"bucket/{taken}": taken}
    assert below(folder) == {"a.txt": "new a", "deep/b.txt": "new b"}
    assert not gathered.exists()


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/b", "s3://bucket/a/c", "s3://bucket/a/b2", "s3://other/a"])
def test_beside_objects_there_is_room(objects, folder, gathered, uri):
    put(objects, "a/b")
    objects.gather(folder, uri, gathered)
    objects.merge(gathered)
    assert set(files(objects).values()) == {"a/b", "new a", "new b"}


@pytest.mark.parametrize("uri", ["s3://bucket/../../out", "out"])
def test_files_are_gathered_for_no_place_outside_the_store(objects, folder, gathered, expect_error, uri):
    with expect_error("RUN010"):
        objects.gather(folder, uri, gathered)
    assert below(folder) == {"a.txt": "new a", "deep/b.txt": "new b"}
    assert not gathered.exists()


def test_a_folder_that_is_new_appears_with_all_of_its_files(objects, folder, gathered):
    inodes = {path.stat().st_ino for path in (folder, folder / "a.txt")}
    objects.gather(folder, "s3://bucket/run/out", gathered)
    objects.merge(gathered)
    assert files(objects) == {"bucket/run/out/a.txt": "new a", "bucket/run/out/deep/b.txt": "new b"}
    place = objects.path("s3://bucket/run/out")
    assert {path.stat().st_ino for path in (place, place / "a.txt")} == inodes  # renamed as a whole
    assert not gathered.exists()


@pytest.mark.parametrize("uri", ["s3://bucket/run", "s3://bucket/run/", "s3://bucket"])
def test_files_merged_into_a_folder_that_is_there_join_those_in_it(objects, folder, gathered, uri):
    objects.put(uri.rstrip("/") + "/a.txt", [b"old a"])
    objects.put(uri.rstrip("/") + "/deep/c.txt", [b"old c"])
    objects.gather(folder, uri, gathered)
    objects.merge(gathered)
    place = uri.removeprefix("s3://").rstrip("/")
    assert files(objects) == {
        f"{place}/a.txt": "new a",
        f"{place}/deep/b.txt": "new b",
        f"{place}/deep/c.txt": "old c",
    }
    assert not gathered.exists()


def test_a_folder_that_is_empty_is_filled(objects, folder, gathered):
    objects.path("s3://bucket/run").mkdir(parents=True)
    objects.gather(folder, "s3://bucket/run", gathered)
    objects.merge(gathered)
    assert files(objects) == {"bucket/run/a.txt": "new a", "bucket/run/deep/b.txt": "new b"}


def test_the_same_files_can_be_merged_again(objects, folder, gathered, tmp_path):
    shutil.copytree(folder, tmp_path / "again")
    for one in (folder, tmp_path / "again"):
        objects.gather(one, "s3://bucket/run", gathered)
        objects.merge(gathered)
    assert files(objects) == {"bucket/run/a.txt": "new a", "bucket/run/deep/b.txt": "new b"}


def test_a_merge_that_was_cut_short_is_brought_to_its_end_by_the_next(objects, folder, gathered):
    put(objects, "run/deep/old")
    objects.gather(folder, "s3://bucket/run", gathered)
    (gathered / "bucket/run/a.txt").rename(objects.path("s3://bucket/run/a.txt"))
    objects.merge(gathered)
    assert files(objects) == {
        "bucket/run/a.txt": "new a",
        "bucket/run/deep/b.txt": "new b",
        "bucket/run/deep/old": "run/deep/old",
    }


@pytest.mark.parametrize(
    ("after", "error"),
    [("run/deep/b.txt/c", IsADirectoryError), ("run/deep", NotADirectoryError), ("run/z", NotADirectoryError)],
)
def test_of_a_merge_that_fails_in_the_middle_what_was_new_is_taken_back(objects, folder, gathered, after, error):
    (folder / "z").mkdir()
    (folder / "z/c.txt").write_text("new c")
    put(objects, "run/old")
    objects.gather(folder, "s3://bucket/run", gathered)
    before = below(gathered)
    put(objects, after)  # as another run does meanwhile
    with pytest.raises(error):
        objects.merge(gathered)
    assert files(objects) == {"bucket/run/old": "run/old", f"bucket/{after}": after}
    assert below(gathered) == before


def test_of_a_merge_that_fails_nothing_stays_in_a_folder_that_was_empty_and_nothing_is_lost(objects, folder, gathered):
    (folder / "z").mkdir()
    (folder / "z/c.txt").write_text("new c")
    put(objects, "run/a.txt")
    objects.path("s3://bucket/run/deep").mkdir()
    objects.gather(folder, "s3://bucket/run", gathered)
    put(objects, "run/z")
    with pytest.raises(NotADirectoryError):
        objects.merge(gathered)
    assert files(objects) == {"bucket/run/a.txt": "new a", "bucket/run/z": "run/z"}
    assert objects.path("s3://bucket/run/deep").is_dir()


def test_folders_merged_at_once_into_the_same_new_folders_all_arrive(objects, tmp_path):
    def gather(number):
        folder, gathered = tmp_path / f"folder{number}", tmp_path / f"gathered{number}"
        for place in ("own", "shared"):
            (folder / place).mkdir(parents=True)
            (folder / place / f"{number}.txt").write_text(f"{place} {number}")
        objects.gather(folder, "s3://bucket/new/run/out", gathered)
        return gathered

    for _ in range(10):
        every = [gather(number) for number in range(4)]
        together = threading.Barrier(4)

        def merge(gathered, together=together):
            together.wait()
            objects.merge(gathered)

        with ThreadPoolExecutor(4) as pool:
            for one in [pool.submit(merge, gathered) for gathered in every]:
                one.result()
        assert below(objects.path("s3://bucket/new/run/out")) == {
            f"{place}/{number}.txt": f"{place} {number}" for number in range(4) for place in ("own", "shared")
        }
        shutil.rmtree(objects.root)


def test_what_is_not_whole_yet_lies_in_the_folder_that_is_given_for_it(objects, tmp_path):
    parts = tmp_path / "parts"
    seen = []

    def chunks():
        yield b"half"
        seen.extend(parts.iterdir())

    ObjectStore(objects.root, parts).put("s3://bucket/key", chunks())
    assert len(seen) == 1
    assert files(objects) == {"bucket/key": "half"}
    assert list(parts.iterdir()) == []
