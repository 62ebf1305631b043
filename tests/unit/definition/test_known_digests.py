from __future__ import annotations

from pathlib import Path

from stepsmith.definition.known_digests import (
    AS_FILE,
    NO_DIGESTS,
    identity_of,
    identity_of_files,
    keep_unchanged,
    known_digest,
    size_in,
)


class Kept:
    def __init__(self):
        self.rows = {}

    def find(self, path, identity, read_as):
        return self.rows.get((path, identity, read_as))

    def keep(self, path, identity, read_as, digest):
        self.rows[path, identity, read_as] = digest


def later(identity):
    """The same file, were it written long ago."""
    return (*identity[:3], 1, 1)


def test_a_file_s_identity_tells_its_size(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert size_in(identity_of(tmp_path / "a")) == 5


def test_a_digest_is_kept_by_the_file_s_whole_path_and_found_again(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "a"
    here.write_bytes(b"1")
    kept, identity = Kept(), identity_of(here)
    keep_unchanged(kept, Path("a"), identity, AS_FILE, "d")
    assert known_digest(kept, here, identity, AS_FILE) == "d"
    assert known_digest(kept, here, later(identity), AS_FILE) is None
    assert known_digest(kept, here, identity, "archive") is None


def test_what_changed_while_it_was_read_is_not_kept(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    kept = Kept()
    keep_unchanged(kept, tmp_path / "a", later(identity_of(tmp_path / "a")), AS_FILE, "d")
    assert kept.rows == {}


def test_without_a_look_up_nothing_is_known(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    NO_DIGESTS.keep("a", (1,), AS_FILE, "d")
    assert NO_DIGESTS.find("a", (1,), AS_FILE) is None


def test_several_files_are_told_by_all_of_them_and_by_the_newest_times(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
    both = [tmp_path / "a", tmp_path / "b"]
    before = identity_of_files(both)
    assert before[-2:] == (both[1].stat().st_mtime_ns, both[1].stat().st_ctime_ns)
    assert identity_of_files(both[:1]) != before
    both[0].write_bytes(b"2")
    assert identity_of_files(both) != before
    assert identity_of_files([])[-2:] == (0, 0)
