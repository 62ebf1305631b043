"""Archives of every maker are verified and packaged, and every reader finds the same in the package."""

from __future__ import annotations

import functools
import gzip
import io
import itertools
import posixpath
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from stepsmith.container.archive.package import package_model
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.write import entry_of_bytes

from .makers import MAKERS
from .processes import absent
from .readers import NOTICED, READERS, put_before
from .trees import CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.readers


class Made(NamedTuple):
    """A model and its package, the files in the model, the tar in it, and the tar that should be in the package."""

    model: Path
    package: Path
    files: Mapping[str, bytes]
    tar: bytes
    package_tar: bytes


@pytest.fixture(scope="session")
def made():
    """Makes the model and the package of a maker, once."""
    with tempfile.TemporaryDirectory() as folder:

        @functools.cache
        def make(name):
            maker = MAKERS[name]
            skip_without(maker.tools)
            place = Path(folder, str(len(list(Path(folder).iterdir()))))
            place.mkdir()
            with tempfile.TemporaryDirectory() as scratch:
                (place / "model.tar.gz").write_bytes(maker.make(maker.files, Path(scratch)))
            model, package = place / "model.tar.gz", place / "package.tar.gz"
            package_model(str(model), [entry_of_bytes(*file) for file in CODE.items()], str(package))
            tar = gzip.decompress(model.read_bytes())
            return Made(model, package, maker.files, tar, put_before(tar[:100], package) + tar)

        yield make


def skip_without(tools):
    if absent(tools):
        pytest.skip(f"not on this machine: {', '.join(absent(tools))}")


def files_of_tar(tar):
    """The files of a plain tar, by Python's tarfile."""
    with tarfile.open(fileobj=io.BytesIO(tar), encoding="utf-8") as archive:
        return {
            posixpath.normpath(entry.name): archive.extractfile(entry).read() for entry in archive if entry.isfile()
        }


def compare(name, archive, files, tar):
    """Raises: one of NOTICED when a reader finds other files in an archive, or another tar, or says no."""
    reader = READERS[name]
    if reader.files:
        found = reader.files(archive)
        assert sorted(found) == sorted(files)
        assert [name for name, content in files.items() if found[name] != content] == []
    else:
        found = b"".join(reader.stream(archive))
        assert len(found) == len(tar)
        assert found == tar, "the same length, and not the same bytes"


def reads(name, archive, files, tar):
    try:
        compare(name, archive, files, tar)
    except NOTICED:
        return False
    return True


# --- every maker ---


@pytest.mark.parametrize("maker", MAKERS)
def test_the_model_and_the_package_are_verified(maker, made):
    archives = made(maker)
    assert sorted(read_archive(str(archives.model)).files) == sorted(archives.files)
    assert sorted(read_archive(str(archives.package)).files) == sorted({**CODE, **archives.files})


@pytest.mark.parametrize("maker", MAKERS)
def test_the_package_holds_the_code_and_then_the_tar_of_the_model_byte_for_byte(maker, made):
    archives = made(maker)
    assert gzip.decompress(archives.package.read_bytes()) == archives.package_tar
    assert files_of_tar(archives.package_tar.removesuffix(archives.tar) + bytes(1024)) == CODE
    assert files_of_tar(archives.tar) == archives.files


# --- every maker, by every reader ---


def lacking(maker, reader):
    """Why a reader is known not to read what a maker made; nothing where it should."""
    return ", ".join(why for need, why in READERS[reader].cannot.items() if need in MAKERS[maker].needs)


def pair(maker, reader):
    """A maker with a reader; where the reader is known to lack something, a later version of it may not."""
    why = lacking(maker, reader)
    marks = [pytest.mark.xfail(raises=NOTICED, strict=False, reason=why)] if why else []
    return pytest.param(maker, reader, id=f"{maker}; {reader}", marks=marks)


PAIRS = list(itertools.product(MAKERS, READERS))


@pytest.mark.parametrize(("maker", "reader"), [pair(*names) for names in PAIRS])
def test_a_reader_finds_the_code_and_the_model_in_the_package(maker, reader, made):
    skip_without(READERS[reader].tools)
    archives = made(maker)
    compare(reader, archives.package, {**CODE, **archives.files}, archives.package_tar)


@pytest.mark.parametrize(("maker", "reader"), [names for names in PAIRS if lacking(*names)])
def test_a_reader_that_cannot_read_the_package_cannot_read_the_model_either(maker, reader, made):
    skip_without(READERS[reader].tools)
    archives = made(maker)
    package_is_read = reads(reader, archives.package, {**CODE, **archives.files}, archives.package_tar)
    assert package_is_read or not reads(reader, archives.model, archives.files, archives.tar)


# --- a reader that is given something else ---


@pytest.fixture
def damaged(made, tmp_path):
    """Writes the package of a model with the byte at `place` of the file turned round, and compares what is read."""

    def check(reader, place):
        skip_without(READERS[reader].tools)
        archives = made("zlib, fixed Huffman")
        data = bytearray(archives.package.read_bytes())
        data[data.index(place) if isinstance(place, bytes) else place] ^= 1
        (tmp_path / "package.tar.gz").write_bytes(data)
        compare(reader, tmp_path / "package.tar.gz", {**CODE, **archives.files}, archives.package_tar)

    return check


@pytest.mark.parametrize("reader", READERS)
def test_a_byte_of_the_code_turned_round_is_noticed(reader, damaged):
    with pytest.raises(NOTICED):
        damaged(reader, b"model_fn")


@pytest.mark.parametrize("reader", [name for name in READERS if READERS[name].compares])
def test_a_checksum_turned_round_is_noticed(reader, damaged):
    with pytest.raises(NOTICED):
        damaged(reader, -8)


@pytest.mark.parametrize("reader", [name for name in READERS if READERS[name].compares])
def test_a_length_turned_round_is_noticed(reader, damaged):
    with pytest.raises(NOTICED):
        damaged(reader, -4)
