"""Work on bytes beside the thread that reads them: hashing and writing, which both let others run meanwhile."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, Callable, Deque, List, Optional, Union

Data = Union[bytes, memoryview]
# So many pieces wait at most: memory is bounded by them, however slow the work is.
_WAITING = 8
# Smaller pieces are gathered: to hand one on costs as much as to hash so many bytes.
_GATHERED_BYTES = 1 << 16


class Worker:
    """A thread that does `work` with each piece of data, in their order. It is a context, and is over at its end.

    Raises: what the work raised, when more is given, or it is finished.
    """

    def __init__(self, work: Callable[[Data], object]) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(1)
        self._waiting: Deque[Any] = deque()

    def __enter__(self) -> Worker:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def give(self, data: Data) -> None:
        """Has the work done with `data`, soon."""
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._work, data))

    def finish(self) -> None:
        """Waits until all work is done."""
        while self._waiting:
            self._waiting.popleft().result()


class Digest:
    """Has what it is given digested, and written to `copy_to` where that is given, meanwhile. It is a context."""

    def __init__(self, copy_to: Optional[BinaryIO] = None) -> None:
        self._sha256 = hashlib.sha256()
        works: List[Callable[[Data], object]] = [self._sha256.update]
        self._workers = [Worker(work) for work in works + ([copy_to.write] if copy_to is not None else [])]
        self._gathered: List[Data] = []
        self._gathered_bytes = 0
        self.size_bytes = 0

    def __enter__(self) -> Digest:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.__exit__()

    def give(self, data: Data) -> None:
        """Has `data` digested and written, soon."""
        self.size_bytes += len(data)
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes >= _GATHERED_BYTES:
            self._hand_on()

    def finish(self) -> str:
        """The SHA-256 of all that was given, which is written then. Raises: OSError where it is not."""
        self._hand_on()
        for worker in self._workers:
            worker.finish()
        return self._sha256.hexdigest()

    def _hand_on(self) -> None:
        data = self._gathered[0] if len(self._gathered) == 1 else b"".join(self._gathered)
        self._gathered, self._gathered_bytes = [], 0
        for worker in self._workers:
            worker.give(data)
