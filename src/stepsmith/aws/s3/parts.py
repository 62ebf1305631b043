"""What an object is put together of: parts that are sent, parts that S3 copies, and what the whole is to be."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io

    from stepsmith.aws.s3.file_slice import FileSlice
    from stepsmith.aws.s3.splice_parts import S3Model


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """A part that is sent: its number, from 1 on, and its bytes, with their CRC-32 where they are a slice of a file."""

    number: int
    content: bytes | FileSlice
    slice_crc: int = 0

    @property
    def size_bytes(self) -> int:
        """How many bytes the part has."""
        return len(self.content)

    @property
    def held_bytes(self) -> int:
        """How many bytes of this machine's memory it takes."""
        return len(self.content) if isinstance(self.content, bytes) else 0

    @property
    def crc(self) -> int:
        """The CRC-32 that its bytes are to have when they arrive."""
        return zlib.crc32(self.content) if isinstance(self.content, bytes) else self.slice_crc

    def md5(self) -> str:
        """The MD5 of its bytes, which may be the ETag of a part; a file's bytes are read for it."""
        md5 = hashlib.md5(usedforsecurity=False)
        if isinstance(self.content, bytes):
            md5.update(self.content)
        else:
            for chunk in self.content.opened().chunks():
                md5.update(chunk)
        return md5.hexdigest()

    def body(self) -> bytes | io.RawIOBase:
        """The bytes as a request takes them; a file is opened for it."""
        return self.content if isinstance(self.content, bytes) else self.content.opened()


@dataclass(frozen=True, slots=True)
class CopiedPart:
    """A part that S3 copies: of a pinned object a range, as UploadPartCopy takes it, or all of it where that is ""."""

    number: int
    model: S3Model
    copy_source_range: str
    size_bytes: int
    held_bytes: int = 0


@dataclass
class ExpectedObject:
    """What the whole object is to be: its size in bytes, and its digest and CRC-32, each None where it is not known.

    The CRC-32 may become known while the parts are made; it is asked for when all are there.
    """

    size_bytes: int
    digest: str | None = None
    crc: int | None = None
