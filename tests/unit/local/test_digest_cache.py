from __future__ import annotations

import time
from contextlib import suppress

import pytest

from stepsmith.local.digest_cache import open_digest_cache
from stepsmith.local.store import Store

IDENTITY = (1, 2, 3, 4, 5)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / ".stepsmith")


def test_a_digest_is_found_again_for_the_same_file_read_the_same_way(store):
    with open_digest_cache(store) as digests:
        digests.keep("/a", IDENTITY, "file", "d")
    with open_digest_cache(store) as digests:
        assert digests.find("/a", IDENTITY, "file") == "d"
        assert digests.find("/a", IDENTITY, "archive") is None
        assert digests.find("/a", (*IDENTITY[:4], 6), "file") is None
        assert digests.find("/b", IDENTITY, "file") is None


def test_a_digest_replaces_the_earlier_one_of_its_path(store):
    for identity, digest in ((IDENTITY, "d"), ((*IDENTITY[:4], 6), "e")):
        with open_digest_cache(store) as digests:
            digests.keep("/a", identity, "file", digest)
    with open_digest_cache(store) as digests:
        assert digests.find("/a", IDENTITY, "file") is None
        assert len(digests.known) == 1


def test_what_was_added_is_kept_when_the_block_fails(store):
    with suppress(KeyError), open_digest_cache(store) as digests:
        digests.keep("/a", IDENTITY, "file", "d")
        raise KeyError
    with open_digest_cache(store) as digests:
        assert digests.find("/a", IDENTITY, "file") == "d"


def test_the_digest_of_what_was_only_just_written_is_known_now_and_not_later(store):
    now = (1, 2, 3, time.time_ns(), time.time_ns())
    with open_digest_cache(store) as digests:
        digests.keep("/a", now, "file", "d")
        assert digests.find("/a", now, "file") == "d"
    with open_digest_cache(store) as digests:
        assert digests.find("/a", now, "file") is None


def test_nothing_is_made_where_nothing_is_added(store):
    with open_digest_cache(store):
        pass
    assert not store.root.exists()


def test_a_store_that_is_none_costs_time_and_nothing_else(store):
    store.root.write_text("a file")
    with open_digest_cache(store) as digests:
        digests.keep("/a", IDENTITY, "file", "d")
        assert digests.find("/a", IDENTITY, "file") == "d"
    assert store.root.read_text() == "a file"


def test_a_store_that_is_made_for_digests_is_ignored_by_git(store):
    with open_digest_cache(store) as digests:
        digests.keep("/a", IDENTITY, "file", "d")
    assert (store.root / ".gitignore").read_text().endswith("*\n")
