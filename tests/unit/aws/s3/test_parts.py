from __future__ import annotations

import hashlib
import zlib

from stepsmith.aws.s3.file_slice import FileSlice
from stepsmith.aws.s3.parts import CopiedPart, UploadedPart
from stepsmith.aws.s3.splice_parts import S3Model


def test_a_part_knows_what_is_to_arrive_and_what_it_holds():
    part = UploadedPart(1, b"bytes")
    assert (part.size_bytes, part.held_bytes, part.crc) == (5, 5, zlib.crc32(b"bytes"))
    assert part.md5() == hashlib.md5(b"bytes", usedforsecurity=False).hexdigest()
    assert part.body() == b"bytes"


def test_a_part_of_a_file_holds_nothing(tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    part = UploadedPart(2, FileSlice(tmp_path / "a", 2, 5), zlib.crc32(b"23456"))
    assert (part.size_bytes, part.held_bytes, part.crc) == (5, 0, zlib.crc32(b"23456"))
    assert part.md5() == hashlib.md5(b"23456", usedforsecurity=False).hexdigest()
    with part.body() as file:
        assert file.read() == b"23456"


def test_a_part_that_s3_copies_holds_nothing():
    assert CopiedPart(1, S3Model("b", "k", 9, etag='"e"'), "bytes=0-8", 9).held_bytes == 0
