"""A part of a file as a request takes it, so that what is larger than memory is never in it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.definition.assets import translate_archive_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileSlice:
    """The bytes of a file from `start` on, so many."""

    path: Path
    start: int
    size_bytes: int

    def __len__(self) -> int:
        return self.size_bytes

    def opened(self) -> OpenSlice:
        """The bytes as a file of their own; whoever is given it closes it, or leaves it to the collector.

        Raises: ArchiveError when the file cannot be read.
        """
        with translate_archive_faults():
            return OpenSlice(self)


class OpenSlice(io.RawIOBase):
    """A slice as a file that is read, and read again from where a request is repeated."""

    def __init__(self, of: FileSlice) -> None:
        self._slice = of
        self._file = of.path.open("rb", buffering=0)
        self._offset = 0
        self._file.seek(of.start)

    def readable(self) -> bool:
        """That it is read."""
        return True

    def seekable(self) -> bool:
        """That it can be read again."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """The next bytes, none at the end of the slice."""
        view = memoryview(buffer)[: self._slice.size_bytes - self._offset]
        count = self._file.readinto(view) or 0
        self._offset += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place, which is counted from the beginning of the slice, from here, or from its end."""
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._offset, os.SEEK_END: self._slice.size_bytes}[whence]
        self._offset = min(max(0, begin + offset), self._slice.size_bytes)
        self._file.seek(self._slice.start + self._offset)
        return self._offset

    def tell(self) -> int:
        """How many bytes of the slice are before what is read next."""
        return self._offset

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()

    def chunks(self) -> Iterator[bytes]:
        """All the bytes; it is closed at the end."""
        with self:
            while chunk := self.read(_CHUNK_BYTES):
                yield chunk
