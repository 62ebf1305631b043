"""The digests of files that a store keeps, so that a file that did not change is not read again."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stepsmith.diagnostics import StepsmithError
from stepsmith.local.database import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.local.store import Store

# A file system may give two writes within this time the same time.
_SETTLED_NANOSECONDS = 2_000_000_000


@dataclass
class KeptDigests:
    """A look-up of digests, as compiling takes it; what it is given is in `added` until it is written."""

    known: dict[tuple[str, str], tuple[tuple[int, ...], str]] = field(default_factory=dict)
    added: dict[tuple[str, str], tuple[tuple[int, ...], str]] = field(default_factory=dict)

    def find(self, path: str, identity: tuple[int, ...], read_as: str) -> str | None:
        """The digest of the file at `path`, if it is what it was when that was kept; else None."""
        known_identity, digest = self.known.get((path, read_as), ((), ""))
        return digest if known_identity == identity else None

    def keep(self, path: str, identity: tuple[int, ...], read_as: str, digest: str) -> None:
        """Takes note of a digest, in place of an earlier one of that path.

        Of a file that was only just written it is not kept for later: what is written next could have the same times.
        """
        self.known[path, read_as] = identity, digest
        if time.time_ns() - max(identity[-2:]) > _SETTLED_NANOSECONDS:
            self.added[path, read_as] = identity, digest


@contextmanager
def open_digest_cache(store: Store) -> Iterator[KeptDigests]:
    """A block with the digests that a store has; those that were added are in it afterwards.

    They only save time: where the store cannot be read or written, nothing is known, and nothing is kept.
    """
    digests = KeptDigests()
    with suppress(StepsmithError, ValueError):
        if store.database.exists():
            with reading(store.database) as connection:
                for row in connection.execute("SELECT path, read_as, identity, digest FROM digests"):
                    digests.known[row["path"], row["read_as"]] = tuple(json.loads(row["identity"])), row["digest"]
    try:
        yield digests
    finally:
        if digests.added:
            with suppress(StepsmithError):
                store.make()
                _write(store, digests)


def _write(store: Store, digests: KeptDigests) -> None:
    rows = [(*key, json.dumps(identity), digest) for key, (identity, digest) in digests.added.items()]
    with transaction(store.database) as connection:
        connection.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)", rows)
