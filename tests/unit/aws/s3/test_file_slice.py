from __future__ import annotations

import io
import os

import pytest

from stepsmith.aws.s3.file_slice import FileSlice


@pytest.fixture
def opened(tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    with FileSlice(tmp_path / "a", 3, 4).opened() as file:
        yield file


def test_a_slice_is_its_bytes_and_no_more(opened):
    assert opened.read() == b"3456"
    assert opened.read(1) == b""


def test_a_slice_is_read_again_from_any_place(opened):
    opened.read(2)
    assert opened.tell() == 2
    assert opened.seek(0) == 0
    assert opened.read(1) == b"3"
    assert opened.seek(-1, os.SEEK_END) == 3
    assert opened.seek(-2, os.SEEK_CUR) == 1
    assert opened.read() == b"456"
    assert opened.seek(99) == 4


def test_a_slice_is_a_file_to_whoever_asks(opened, tmp_path):
    assert opened.readable()
    assert opened.seekable()
    assert isinstance(opened, io.RawIOBase)
    assert b"".join(FileSlice(tmp_path / "a", 1, 9).opened().chunks()) == b"123456789"
    assert len(FileSlice(tmp_path / "a", 1, 9)) == 9
