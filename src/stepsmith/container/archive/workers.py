"""Work on bytes beside the thread that reads them: hashing and writing, which both let others run meanwhile."""

from __future__ import annotations

import hashlib
import threading
from queue import Queue
from typing import BinaryIO, Callable, Optional

# So many pieces wait at most: memory is bounded by them, however slow the work is.
_WAITING = 8


class Worker:
    """A thread that does `work` with each piece of data, in their order. It is a context, and is over at its end.

    Raises: what the work raised of OSError, when it is given more, or is finished.
    """

    def __init__(self, work: Callable[[bytes], object]) -> None:
        self._work = work
        self._queue: "Queue[Optional[bytes]]" = Queue(_WAITING)
        self._error: Optional[OSError] = None
        self._thread = threading.Thread(target=self._do, daemon=True)
        self._thread.start()

    def __enter__(self) -> Worker:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *_: object) -> None:
        self._join()

    def give(self, data: bytes) -> None:
        """Has the work done with `data`, soon."""
        if self._error is not None:
            raise self._error
        self._queue.put(data)

    def finish(self) -> None:
        """Waits until all work is done."""
        self._join()
        if self._error is not None:
            raise self._error

    def _join(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _do(self) -> None:
        for data in iter(self._queue.get, None):
            if self._error is None:
                try:
                    self._work(data)
                except OSError as error:
                    self._error = error


class Digest:
    """Has what it is given digested, and written to `copy_to` where that is given, meanwhile. It is a context."""

    def __init__(self, copy_to: Optional[BinaryIO] = None) -> None:
        self._sha256 = hashlib.sha256()
        works = [self._sha256.update] + ([copy_to.write] if copy_to is not None else [])
        self._workers = [Worker(work) for work in works]
        self.size_bytes = 0

    def __enter__(self) -> Digest:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.__exit__()

    def give(self, data: bytes) -> None:
        """Has `data` digested and written, soon."""
        self.size_bytes += len(data)
        for worker in self._workers:
            worker.give(data)

    def finish(self) -> str:
        """The SHA-256 of all that was given, which is written then. Raises: OSError where it is not."""
        for worker in self._workers:
            worker.finish()
        return self._sha256.hexdigest()
