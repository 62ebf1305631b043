import threading
from contextlib import suppress

import pytest

from stepsmith.container.archive.workers import Worker


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


def full(_):
    raise OSError(28, "No space left on device")


def test_what_fails_is_raised_at_the_end_and_when_more_is_given():
    with Worker(full) as worker:
        worker.give(b"")
        with suppress(OSError):
            while True:
                worker.give(b"")
        with pytest.raises(OSError, match="No space left"):
            worker.finish()


def test_at_most_a_few_pieces_wait():
    go, given = threading.Event(), []
    with Worker(lambda _: go.wait()) as worker:
        giving = threading.Thread(target=lambda: [(worker.give(b""), given.append(1)) for _ in range(50)])
        giving.start()
        giving.join(0.2)
        assert giving.is_alive()
        assert len(given) < 20
        go.set()
        giving.join()
