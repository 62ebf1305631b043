"""What passes from the left half to the right: a definition's text and the assets that it refers to.

An asset is a folder of objects at a future S3 key, named by its digest. Nothing of it is written before a run or a
deploy asks for the bytes.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.write import ArchiveEntry, archive_chunks
from stepsmith.definition.known_digests import AS_FILE, NO_DIGESTS, identity_of, keep_unchanged, known_digest, size_in
from stepsmith.diagnostics import About, ArchiveError, Rule, RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from stepsmith.definition.known_digests import KnownDigests

CHUNK_BYTES = 1 << 20
# What to do about a fault; where no fix is told, the sentence says it.
_FIXES = {
    "ARC011": "put the files there, or name another folder",
    "ARC015": "name a file that is there and can be read",
    "ARC016": "let it be written to its end, and run it again",
    "ARC019": "put the files and folders themselves there",
}
# -h: links become the files that they lead to, which every model taken from a hub's cache needs.
_MAKE = "make it anew from the model's folder: tar -C FOLDER -czhf model.tar.gz ."
_FETCH = "take the file from its source again; this one is damaged"
_TRUST = "raise the limit, if you know where the archive comes from"
# The same where an archive that somebody made is at fault.
ARCHIVE_FIXES = MappingProxyType(
    {
        **dict.fromkeys(("ARC001", "ARC006", "ARC007", "ARC008", "ARC009", "ARC010", "ARC011", "ARC021"), _MAKE),
        **dict.fromkeys(("ARC002", "ARC003", "ARC004", "ARC005"), _FETCH),
        "ARC022": _TRUST,
    }
)


@dataclass(frozen=True, slots=True)
class FileSource:
    """The bytes of a file on this machine."""

    path: Path

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


@dataclass(frozen=True, slots=True)
class BytesSource:
    """Bytes that were read when the pipeline was compiled."""

    content: bytes

    def chunks(self) -> Iterator[bytes]:
        """The bytes."""
        yield self.content


@dataclass(frozen=True, slots=True)
class ArchiveSource:
    """A recipe: the archive of these entries, made each time that it is asked for."""

    entries: tuple[ArchiveEntry, ...]
    compress: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The archive's bytes."""
        return archive_chunks(self.entries, self.compress)


@dataclass(frozen=True, slots=True)
class RemoteSource:
    """The bytes of an object that is on S3 already; they never come through this machine's disk."""

    uri: str

    def chunks(self) -> Iterator[bytes]:
        """Raises: RunError, because whoever asks has no way to S3."""
        raise RunError("RUN012", f"{self.uri} is on S3, and cannot be read from here", fix="deploy the pipeline")


@dataclass(frozen=True, slots=True)
class AssetObject:
    """One object of an asset: its key below the asset's folder, its digest and size, and where its bytes are.

    Of an object that is on S3 already the digest is what it is to have, and the size is not known: None.
    """

    name: str
    digest: str
    size_bytes: int | None
    source: FileSource | BytesSource | ArchiveSource | RemoteSource

    def chunks(self) -> Iterator[bytes]:
        """The object's bytes.

        Raises: ArchiveError when they are no longer those that the pipeline was compiled with.
        """
        sha256, count = hashlib.sha256(), 0
        with translate_archive_faults():
            for chunk in self.source.chunks():
                count += len(chunk)
                if self.size_bytes is not None and count > self.size_bytes:
                    break  # it grew, by however much
                sha256.update(chunk)
                yield chunk
        if sha256.hexdigest() != self.digest or count != (self.size_bytes or count):
            place = str(self.source.path) if isinstance(self.source, FileSource) else self.name
            raise ArchiveError(
                "ARC016", "the file changed since the pipeline was compiled", where=place, fix="run it again"
            )


@dataclass(frozen=True, slots=True)
class Asset:
    """Objects under one folder, `uri`, which ends with the digest and a slash.

    `requirements` are the packages that a code folder's script imports beyond the standard library;
    `requirements_by_suffix` those that it imports to read objects whose names end so.
    """

    uri: str
    digest: str
    objects: tuple[AssetObject, ...]
    requirements: tuple[str, ...] = ()
    requirements_by_suffix: tuple[tuple[str, str], ...] = ()

    def object_uri(self, item: AssetObject) -> str:
        """The S3 URI of one of the asset's objects."""
        return self.uri + item.name

    def needing_also(self, other: Asset) -> Asset:
        """The same asset, whose script imports what that of `other` does too."""
        return replace(
            self,
            requirements=tuple(sorted({*self.requirements, *other.requirements})),
            requirements_by_suffix=tuple(sorted({*self.requirements_by_suffix, *other.requirements_by_suffix})),
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled pipeline: its name, the JSON text of its definition, and the assets that it refers to.

    `region`, `role` and `location` (its folder on S3, `pipeline_s3_loc`) are the pipeline's, each "" where it is not
    declared, or known to an execution only. `checked` is the text that passed all checks, if one did.
    """

    name: str
    definition: str
    assets: tuple[Asset, ...] = ()
    region: str = ""
    role: str = ""
    location: str = ""
    checked: str = field(default="", compare=False, repr=False)

    @property
    def is_checked(self) -> bool:
        """Whether the definition, as it is now, has passed all checks."""
        return self.checked == self.definition


@contextmanager
def translate_archive_faults(fixes: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """A block in which a fault of an archive, or a file that cannot be read, is raised as ArchiveError.

    `fixes` says what to do about a fault, by its code, where more can be said than here.
    """
    try:
        with translate_file_errors(fixes):
            yield
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}"
        raise ArchiveError("ARC015", message, fix=_FIXES["ARC015"]) from error


@contextmanager
def translate_file_errors(fixes: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """A block in which a fault of an archive is raised as ArchiveError, and what cannot be written as it is."""
    try:
        yield
    except ArchiveFault as fault:
        message = f"{fault.where}: {fault.what}" if fault.where else fault.what
        fix = {**_FIXES, **fixes}.get(fault.code, "")
        raise ArchiveError(fault.code, message, fix=fix, data={"place": fault.where}) from fault


def object_of_bytes(name: str, content: bytes) -> AssetObject:
    """An object that holds `content`."""
    return AssetObject(name, hashlib.sha256(content).hexdigest(), len(content), BytesSource(content))


def object_of_source(name: str, source: FileSource | ArchiveSource) -> AssetObject:
    """An object that holds what `source` yields, read once for its digest and size."""
    sha256, size = hashlib.sha256(), 0
    for chunk in source.chunks():
        sha256.update(chunk)
        size += len(chunk)
    return AssetObject(name, sha256.hexdigest(), size, source)


def object_of_file(name: str, path: Path, digests: KnownDigests = NO_DIGESTS) -> AssetObject:
    """An object that holds a file, which is read once for its digest, unless that is known."""
    identity = identity_of(path)
    known = known_digest(digests, path, identity, AS_FILE)
    if known:
        return AssetObject(name, known, size_in(identity), FileSource(path))
    item = object_of_source(name, FileSource(path))
    keep_unchanged(digests, path, identity, AS_FILE, item.digest)
    return item


def digest_of(objects: Iterable[AssetObject], *labels: str) -> str:
    """The digest of a folder: of every object's name and digest, and of the labels given beside them.

    >>> digest_of([]) == digest_of([], "inference.py")
    False
    """
    files = sorted((item.name, item.digest) for item in objects)
    return hashlib.sha256(json.dumps([labels, files]).encode()).hexdigest()


RULES = (
    Rule(
        "RUN012",
        "An object on S3 that this machine cannot read",
        "The asset is already on S3, and a local command has no connection to AWS.",
        About.RUN,
        "Deploy the pipeline, which copies the object within S3.",
    ),
)
