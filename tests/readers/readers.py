"""The table of readers: each reads an archive in its own way, with a tool of this machine or Python's tarfile.

A reader of gzip gives the tar; a reader of tars the files. Both give a stream too, for an archive that is too large to
be unpacked: the tar, or the contents of its files one after another.
"""

from __future__ import annotations

import functools
import posixpath
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .makers import LONG_EXTRA, MEMBERS, NO_MAGIC
from .processes import CHUNK_BYTES, absent, run, written_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HERE = Path(__file__).parent
# How a reader says that it cannot read, or the comparison that it read something else.
NOTICED = (AssertionError, OSError, EOFError, zlib.error, tarfile.TarError)


class Reader(NamedTuple):
    """One way to read an archive, with `tools`.

    `stream(archive)` yields what is in it; `files(archive)`, of a reader of tars, returns contents by name. What the
    reader `cannot` do stands with the reason. `compares`: it notices a checksum or a length that is not of the data.
    """

    stream: Callable[[Path], Iterator[bytes]]
    tools: tuple[str, ...] = ()
    files: Callable[[Path], dict[str, bytes]] | None = None
    cannot: Mapping[str, str] = {}
    compares: bool = True


def put_before(start: bytes, package: Path) -> bytes:
    """What is in the tar of a package before the tar of the model, which has this start; it compares no checksum."""
    with package.open("rb") as file:
        began = zlib.decompressobj(31).decompress(file.read(1 << 16), 1 << 16)
    return began[: began.index(start)]


# --- gzip ---


def gzip_reader(*command: str | Path) -> Reader:
    """A reader of gzip that writes what it reads to the standard output."""
    return Reader(lambda archive: written_by([*command, archive]), (str(command[0]),))


def java(archive: Path) -> Iterator[bytes]:
    """What Java's GZIPInputStream reads."""
    return written_by(["java", "-XX:+UseSerialGC", "-cp", compiled().name, "Inflate", archive])


@functools.cache
def compiled() -> tempfile.TemporaryDirectory:
    """The folder with the class that reads in Java; it goes with the process."""
    folder = tempfile.TemporaryDirectory()
    compiler = "javac" if not absent(["javac"]) else "ecj"
    run([compiler, "-proc:none", "-nowarn", "-source", "11", "-target", "11", "-d", folder.name, HERE / "Inflate.java"])
    return folder


# --- tar ---


def tar_reader(*command: str) -> Reader:
    """A reader of tars that extracts into a folder, or to the standard output."""

    def files(archive):
        with tempfile.TemporaryDirectory() as folder:
            run([*command, "-xzf", archive], cwd=Path(folder))
            paths = [path for path in Path(folder).rglob("*") if path.is_file()]
            return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    return Reader(lambda archive: written_by([*command, "-xzOf", archive]), command[:1], files)


def python_reader(mode: str) -> Reader:
    """Python's tarfile as a reader, in the order of the archive."""

    def stream(archive):
        with tarfile.open(archive, mode, bufsize=1 << 16, encoding="utf-8") as tar:
            for entry in tar:
                if entry.isfile():
                    yield from iter(functools.partial(tar.extractfile(entry).read, CHUNK_BYTES), b"")

    def files(archive):
        with tarfile.open(archive, mode, encoding="utf-8") as tar:
            return {posixpath.normpath(entry.name): tar.extractfile(entry).read() for entry in tar if entry.isfile()}

    return Reader(stream, (), files)


# busybox holds a header's fields in a buffer of 32 KiB.
_BUSYBOX_GZIP = {LONG_EXTRA: "busybox takes an extra field of over 32 KiB for damage"}
_BUSYBOX_TAR = {**_BUSYBOX_GZIP, NO_MAGIC: "busybox as Debian builds it takes a tar of v7 for none"}
_TARFILE_STREAM = {MEMBERS: "tarfile's `r|gz` stops after the first gzip member"}

# bsdtar skips the trailer, and tarfile reads no further than the tar goes.
READERS = {
    "gzip": gzip_reader("gzip", "-dc"),
    "pigz": gzip_reader("pigz", "-dc"),
    "igzip": gzip_reader("igzip", "-dc"),
    "busybox gzip": gzip_reader("busybox", "gzip", "-dc")._replace(cannot=_BUSYBOX_GZIP),
    "Java": Reader(java, ("java", "javac|ecj")),
    "Node": gzip_reader("node", HERE / "inflate.js"),
    "GNU tar": tar_reader("tar"),
    "bsdtar": tar_reader("bsdtar")._replace(compares=False),
    "busybox tar": tar_reader("busybox", "tar")._replace(cannot=_BUSYBOX_TAR),
    "tarfile r:gz": python_reader("r:gz")._replace(compares=False),
    "tarfile r|gz": python_reader("r|gz")._replace(cannot=_TARFILE_STREAM, compares=False),
}
