"""Work beside the thread that reads is done in order and to its end, and what fails in it is raised."""

from __future__ import annotations

import errno
import hashlib
import io
import threading
from contextlib import suppress

import pytest

from stepsmith.container.archive.workers import Digest, Worker


def test_work_is_done_in_order_and_all_of_it_is_done_when_it_is_finished():
    done = []
    with Worker(done.append) as worker:
        for number in range(100):
            worker.give(number)
        worker.finish()
        assert done == list(range(100))


def test_no_thread_is_left_whatever_the_end():
    before = threading.active_count()
    with suppress(KeyError), Worker(lambda _: None) as worker:
        worker.give(b"")
        raise KeyError
    assert threading.active_count() == before


def test_what_fails_is_raised_at_the_end_and_when_more_is_given():
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(_):
        raise full

    with Worker(fail) as worker:
        worker.give(b"")
        with pytest.raises(type(full)) as given:  # noqa: PT012 - when it is raised is the worker's to say
            while True:
                worker.give(b"")
        with pytest.raises(type(full)) as finished:
            worker.finish()
    assert (given.value, finished.value) == (full, full)


def test_at_most_a_few_pieces_wait():
    go, given = threading.Event(), []
    with Worker(lambda _: go.wait()) as worker:
        giving = threading.Thread(target=lambda: [(worker.give(b""), given.append(1)) for _ in range(50)])
        giving.start()
        giving.join(0.05)
        assert giving.is_alive()
        assert len(given) < 20
        go.set()
        giving.join()


@pytest.mark.parametrize("error", [MemoryError, ValueError, KeyboardInterrupt])
def test_a_failure_of_any_kind_is_raised_and_nothing_waits_for_ever(error):
    def fail(_):
        raise error

    with Worker(fail) as worker, pytest.raises(error):  # noqa: PT012 - when it is raised is the worker's to say
        for _ in range(1000):
            worker.give(b"")


def test_small_pieces_are_written_together_and_all_of_them():
    written = []
    copy = io.BytesIO()
    copy.write = lambda data: written.append(bytes(data))
    with Digest(copy) as digest:
        for number in range(10_000):
            digest.give(b"%08d" % number)
        assert digest.finish() == hashlib.sha256(b"".join(written)).hexdigest()
    assert b"".join(written) == b"".join(b"%08d" % number for number in range(10_000))
    assert len(written) < 5
