"""What this room's tests share: forged tars, an archive's contents, and GNU tar.

These tests also run on Python 3.8, with `support.fixtures` and without `tests/conftest.py`.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

import stepsmith.container
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.names import Names
from stepsmith.container.archive.read import record_of
from stepsmith.container.archive.walk import TarWalk

BLOCK = 512


class Forge:
    """Makes tars block by block, so that every byte of a header can be wrong on purpose."""

    END = bytes(2 * BLOCK)

    def header(
        self,
        name=b"model.bin",
        size=0,
        kind=b"0",
        magic=b"ustar\x0000",
        prefix=b"",
        size_field=None,
        mode=b"0000644\0",
        link=b"",
    ):
        """One header block with a right checksum."""
        size_field = b"%011o\0" % size if size_field is None else size_field
        block = bytearray(
            struct.pack(
                "100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x",
                name,
                mode,
                b"0000000\0",
                b"0000000\0",
                size_field,
                b"00000000000\0",
                b" " * 8,
                kind,
                link,
                magic,
                b"",
                b"",
                b"",
                b"",
                prefix,
            )
        )
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    def padded(self, data):
        """`data` with zeros up to a whole block."""
        return data + bytes(-len(data) % BLOCK)

    def entry(self, name=b"model.bin", content=b"weights", **fields):
        """An entry's header and its data."""
        return self.header(name, len(content), **fields) + self.padded(content)

    def extended(self, kind, data):
        """An extended header: `x`, `g`, `L` or `K`, with its data."""
        return self.header(b"././@Header", len(data), kind) + self.padded(data)

    def pax(self, records, kind=b"x"):
        """An extended header of pax records."""
        return self.extended(kind, b"".join(self.record(key, value) for key, value in records.items()))

    def record(self, key, value):
        """One pax record, its own length in front."""
        rest = b" " + key + b"=" + value + b"\n"
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        return str(length).encode() + rest

    def tar(self, *entries):
        """A whole tar."""
        return b"".join(entries) + self.END

    def gzip(self, *entries):
        """A whole model.tar.gz."""
        return gzip.compress(self.tar(*entries), mtime=0)


@pytest.fixture(scope="session")
def forge():
    return Forge()


@pytest.fixture(scope="session")
def contents():
    """The (name, bytes) of every member of an archive's bytes, None for a directory; refused as read_archive would."""

    def of(data):
        record_of(io.BytesIO(data), "the archive")
        walk = TarWalk(GzipReader(io.BytesIO(data).read).read)
        return [
            (member.name, None if member.is_directory else b"".join(walk.body())[: member.size_bytes])
            for member in walk
        ]

    return of


@pytest.fixture(scope="session")
def refusal():
    """The fault that a call raises: for tests that make so many calls that one snapshot is enough for all."""

    def of(call, *arguments, **settings):
        with pytest.raises(ArchiveFault) as raised:
            call(*arguments, **settings)
        return raised.value

    return of


@pytest.fixture(scope="session")
def names_after():
    """Makes names that have seen so many entries, folders and bytes, so that a bound is near without adding them."""

    def make(entries=0, folders=0, name_bytes=0):
        names = Names()
        names._entries, names._folders, names._bytes = entries, folders, name_bytes
        return names

    return make


@pytest.fixture
def folder(tmp_path):
    """Makes a folder of the given files; a name that ends with a slash is an empty folder."""

    def make(files, name="folder"):
        place = tmp_path / name
        for file, content in files.items():
            path = place / file
            (path if file.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not file.endswith("/"):
                path.write_bytes(content)
        return place

    return make


@pytest.fixture
def gnu_tar(tmp_path):
    """Calls GNU tar, with its standard output as the answer."""
    if not shutil.which("tar") or "GNU tar" not in _output("tar", "--version", cwd=tmp_path).decode():
        pytest.skip("the tar of this machine is not GNU tar")

    def call(*arguments, cwd=tmp_path):
        return _output("tar", *map(str, arguments), cwd=cwd)

    return call


@pytest.fixture
def shipped(tmp_path):
    """A folder with the container package as it travels: an empty stepsmith/__init__.py and container/ beside it."""
    place = tmp_path / "shipped"
    source = Path(stepsmith.container.__file__).parent
    shutil.copytree(source, place / "stepsmith" / "container", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "stepsmith" / "__init__.py").touch()
    return place


@pytest.fixture
def public_folder():
    """A folder that every user of this machine may enter."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def unprivileged():
    """A block in which this process is not root, so that what is closed is closed."""

    @contextmanager
    def block():
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(user)

    return block


def _output(*command, cwd):
    return subprocess.run(command, cwd=cwd, capture_output=True, check=True, timeout=60).stdout
