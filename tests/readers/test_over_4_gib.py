"""A model of over 4 GiB: packaged, and read by every reader as a stream, for nothing of it is stored unpacked."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from stepsmith.container.archive.package import package_model
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.write import entry_of_bytes

from .processes import absent, write_through
from .readers import NOTICED, READERS, put_before
from .trees import CODE, noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.readers
COMPRESSOR = ("pigz", "-1", "-c")
# A thirtieth is left of it: what cannot be compressed is a thirty-second, and no piece is like another.
PIECE = noise((1 << 14) - 8) + bytes(31 << 14)
PIECES = (1 << 32) // (1 << 19) + 3
WEIGHTS, LAST = "weights.bin", ("last.json", b'{"layers": 3}\n')


class Digest(NamedTuple):
    """How much came out of a stream, and the SHA-256 of it."""

    size_bytes: int
    sha256: str


class Large(NamedTuple):
    """A model and its package, and what comes out of the package: the tar, and the contents of all files."""

    model: Path
    package: Path
    tar: Digest
    contents: Digest


def digest_of(chunks: Iterable[bytes]) -> Digest:
    sha256, size_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        sha256.update(chunk)
        size_bytes += len(chunk)
    return Digest(size_bytes, sha256.hexdigest())


def weights(pieces: int) -> Iterator[bytes]:
    """The pieces of a file, each of 512 KiB."""
    return (number.to_bytes(8, "big") + PIECE for number in range(pieces))


def header(name: str, size_bytes: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size_bytes
    return info.tobuf(tarfile.USTAR_FORMAT)


def tar(pieces: int) -> Iterator[bytes]:
    """A tar of that file, and of a small one after it."""
    name, content = LAST
    end = content + bytes(-len(content) % 512) + bytes(1024)
    return chain((header(WEIGHTS, pieces << 19),), weights(pieces), (header(name, len(content)), end))


def packaged(folder: Path, pieces: int) -> Large:
    """A model of so many pieces, made by a stream through a compressor, and its package."""
    skip_without(COMPRESSOR[:1])
    model, package = folder / "model.tar.gz", folder / "package.tar.gz"
    write_through(COMPRESSOR, tar(pieces), model)
    package_model(str(model), [entry_of_bytes(*file) for file in CODE.items()], str(package))
    added = put_before(header(WEIGHTS, pieces << 19), package)
    contents = chain(CODE.values(), weights(pieces), (LAST[1],))
    return Large(model, package, digest_of(chain((added,), tar(pieces))), digest_of(contents))


def skip_without(tools):
    if absent(tools):
        pytest.skip(f"not on this machine: {', '.join(absent(tools))}")


@pytest.fixture(scope="module")
def large():
    with tempfile.TemporaryDirectory() as folder:
        yield packaged(Path(folder), PIECES)


def test_over_4_gib_and_the_package_of_them_are_verified(large):
    assert large.contents.size_bytes > 1 << 32
    assert read_archive(str(large.model)).files == (WEIGHTS, LAST[0])
    assert read_archive(str(large.package)).files == (*CODE, WEIGHTS, LAST[0])


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_finds_over_4_gib_in_the_package(reader, large):
    skip_without(READERS[reader].tools)
    assert digest_of(READERS[reader].stream(large.package)) == (large.contents if READERS[reader].files else large.tar)


@pytest.mark.parametrize("reader", READERS)
def test_a_byte_of_the_code_turned_round_is_noticed_in_a_stream(reader, tmp_path):
    skip_without(READERS[reader].tools)
    small = packaged(tmp_path, 1)
    expected = small.contents if READERS[reader].files else small.tar
    assert digest_of(READERS[reader].stream(small.package)) == expected
    data = bytearray(small.package.read_bytes())
    data[data.index(b"model_fn")] ^= 1
    small.package.write_bytes(data)
    with pytest.raises(NOTICED):
        assert digest_of(READERS[reader].stream(small.package)) == expected
