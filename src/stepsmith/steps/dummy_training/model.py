"""The model of DummyTraining on this machine: an archive is verified here, a folder becomes an archive here."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith import __version__
from stepsmith.container.archive.limits import limits_of
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.container.archive.read import ARCHIVE_SUFFIXES, read_archive
from stepsmith.container.archive.write import entries_of_folder
from stepsmith.definition.assets import (
    ARCHIVE_FIXES,
    ArchiveSource,
    AssetObject,
    FileSource,
    object_of_source,
    translate_archive_faults,
)
from stepsmith.definition.known_digests import (
    AS_ARCHIVE,
    identity_of,
    identity_of_files,
    keep_unchanged,
    known_digest,
    size_in,
)
from stepsmith.diagnostics import About, ConfigError, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.container.archive.limits import Limits
    from stepsmith.definition.known_digests import KnownDigests


def model_asset_object(
    path: Path, environment: Mapping[str, Any], digests: KnownDigests, *, compress: bool
) -> AssetObject:
    """The model at `path` as an object to upload. Files whose digest `digests` knows are not read again.

    `environment` sets the limits of an archive. `compress` deflates the archive of a folder.
    Raises: ArchiveError for an archive that is not intact; ConfigError for a folder that holds an archive.
    """
    with translate_archive_faults(ARCHIVE_FIXES):
        if path.is_dir():
            _refuse_folder_of_archives(path)
            return _archived_folder(path, digests, compress=compress)
        return _verified_archive(path, limits_of(environment), digests)


def _archived_folder(path: Path, digests: KnownDigests, *, compress: bool) -> AssetObject:
    """The archive of the folder at `path`; its digest is computed now, or known from the same files before."""
    source = ArchiveSource(tuple(entries_of_folder(str(path))), compress)
    files = [Path(entry.path) for entry in source.entries]
    identity = identity_of_files(files)
    # What is deflated depends on zlib too.
    read_as = f"folder {__version__} {compress and zlib.ZLIB_RUNTIME_VERSION}"
    known = digests.find(str(path.absolute()), identity, read_as)
    if known:
        digest, _, size_bytes = known.partition(" ")
        return AssetObject(MODEL_NAME, digest, int(size_bytes), source)
    item = object_of_source(MODEL_NAME, source)
    if identity_of_files(files) == identity:
        digests.keep(str(path.absolute()), identity, read_as, f"{item.digest} {item.size_bytes}")
    return item


def _verified_archive(path: Path, limits: Limits, digests: KnownDigests) -> AssetObject:
    """The archive at `path`, verified now, or before by the same rules and unchanged since."""
    read_as = f"{AS_ARCHIVE} {__version__} {limits}"
    identity = identity_of(path) if path.is_file() else ()
    known = known_digest(digests, path, identity, read_as)
    if known:
        return AssetObject(MODEL_NAME, known, size_in(identity), FileSource(path))
    record = read_archive(str(path), limits=limits)
    keep_unchanged(digests, path, record.identity, read_as, record.digest)
    return AssetObject(MODEL_NAME, record.digest, record.size_bytes, FileSource(path))


def _refuse_folder_of_archives(path: Path) -> None:
    """An archive in an archive is what nobody means by naming the folder that a model.tar.gz lies in."""
    archives = sorted(item.name for item in path.iterdir() if item.name.lower().endswith(ARCHIVE_SUFFIXES))
    if archives:
        message = f"the folder {str(path)!r} holds an archive, {archives[0]!r}"
        raise ConfigError("STP241", message, fix="name the archive itself, or a folder of a model's own files")


RULE = Rule(
    "STP241",
    "A folder that contains an archive",
    "Stepsmith packs the folder into a model archive. An archive inside an archive is almost never intended.",
    About.PIPELINE,
    "Set the path to the archive itself, or to a folder that contains only the files of the model.",
)
