"""What a user wrote for an input, as the S3 URI that the definition names and the asset behind it.

An upload key holds the digest of all the files that it stands for, so that the same files are uploaded once and a step
cache is broken by nothing but a change.
"""

from __future__ import annotations

import glob
import os
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stepsmith.container.archive.names import normal_name
from stepsmith.container.archive.write import LEFT_OUT, entries_of_folder
from stepsmith.definition.assets import Asset, digest_of, object_of_bytes, object_of_file, translate_archive_faults
from stepsmith.definition.known_digests import NO_DIGESTS
from stepsmith.diagnostics import About, ConfigError, Example, MissingFileError, Rule, suggest_names
from stepsmith.sagemaker.identifiers import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from stepsmith.definition.assets import AssetObject
    from stepsmith.definition.known_digests import KnownDigests
    from stepsmith.diagnostics import Suggestion


def is_s3(value: object) -> bool:
    """Whether what a user wrote names something on S3."""
    return isinstance(value, str) and value.lower().startswith("s3:")


def require_s3_uri(uri: str, *, key_needed: bool) -> str:
    """`uri` as it is.

    Raises: ConfigError when it names no bucket, or no object where one is needed.
    """
    location = bucket_and_key(uri)
    if location is None:
        fix = "write s3://bucket/key; a bucket's name has 3 to 63 letters, digits, dots and hyphens"
        raise ConfigError("STP220", f"{uri!r} is no S3 URI", fix=fix)
    key = location[1]
    if key_needed and (not key or key.endswith("/")):
        message = "names a folder, and one object is wanted" if key else "names no object: no key is after the bucket"
        raise ConfigError("STP221", f"{uri!r} {message}", fix="write the whole key, s3://bucket/folder/model.tar.gz")
    return uri


def require_path(path: Path, written: str) -> Path:
    """`path` as it is.

    Raises: MissingFileError when nothing is there.
    """
    if not _is_there(path):
        message = f"there is no {written!r} (looked for {path})"
        raise MissingFileError("STP230", message, fix=_path_hint(path, written))
    return path


def _path_hint(path: Path, written: str) -> str | Suggestion:
    if "://" in written:
        return "name a file on this machine, or an S3 URI: s3://bucket/key"
    if written.startswith(("~", "$")):
        return "write ${env:HOME} for your home folder; ~ and $HOME stand for themselves here"
    beside = [entry.name for entry in path.parent.iterdir() if entry.name[0] != "."] if path.parent.is_dir() else []
    hint = suggest_names(path.name, beside)
    if hint.values:
        return hint
    if not beside:
        return "correct the path"
    return f"correct the path; beside it stand: {', '.join(sorted(beside)[:5])}"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file can have
        return False


def found_files(written: str, base_dir: Path) -> tuple[Path, list[Path]]:
    """The folder and the files that a path, a folder or a pattern such as `data/*.csv` names, sorted.

    Raises: MissingFileError when it names none; ArchiveError when a folder holds what cannot be staged.
    """
    path = base_dir / written
    if not _is_there(path) and glob.has_magic(written):
        parts = PurePosixPath(written).parts
        fixed = next(index for index, part in enumerate(parts) if glob.has_magic(part))
        folder = base_dir.joinpath(*parts[:fixed])
        pattern = str(PurePosixPath(*parts[fixed:]))
        matches = sorted(
            file
            for file in folder.glob(pattern)
            if file.is_file() and not set(file.relative_to(folder).parts) & set(LEFT_OUT)
        )
        with translate_archive_faults():
            for file in matches:
                normal_name(os.fsencode(file.relative_to(folder)))
        if not matches:
            message = f"no file matches {written!r} (looked in {folder})"
            raise MissingFileError("STP231", message, fix="correct the pattern")
        return folder, matches
    require_path(path, written)
    if path.is_file():
        return path.parent, [path]
    with translate_archive_faults():
        return path, [Path(entry.path) for entry in entries_of_folder(str(path))]


def stage_files(
    written: str, base_dir: Path, upload_folder: str, *labels: str, digests: KnownDigests = NO_DIGESTS
) -> Asset:
    """The files that a path, a folder or a pattern names, as an asset at `{upload_folder}/<digest>/`.

    The labels go into the digest beside the files. A file of which `digests` knows the digest is not read.
    """
    folder, paths = found_files(written, base_dir)
    with translate_archive_faults():
        objects = tuple(object_of_file(path.relative_to(folder).as_posix(), path, digests) for path in paths)
    digest = digest_of(objects, *labels)
    return Asset(f"{upload_folder}/{digest}/", digest, objects)


def stage_code(
    script: Traversable,
    entry_point: str,
    upload_folder: str,
    requirements: tuple[str, ...],
    requirements_by_suffix: tuple[tuple[str, str], ...] = (),
) -> Asset:
    """A script under its contract's name, with `stepsmith/container/` beside it, as an asset.

    `stepsmith/__init__.py` is empty there: in a container, `container` travels alone.
    """
    objects, digest = _code(entry_point, _content(script))
    return Asset(f"{upload_folder}/{digest}/", digest, objects, requirements, requirements_by_suffix)


def _content(script: Traversable) -> bytes:
    """A script's bytes, read again only when its file is another or has been written."""
    if not isinstance(script, Path):
        return script.read_bytes()
    state = script.stat()
    return _read_script(script, (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@lru_cache(maxsize=64)
def _read_script(script: Path, _state: tuple[int, ...]) -> bytes:
    return script.read_bytes()


@lru_cache(maxsize=64)
def _code(entry_point: str, content: bytes) -> tuple[tuple[AssetObject, ...], str]:
    """The objects of a script's folder, and its digest: the same for every step that runs the script."""
    own = (object_of_bytes(entry_point, content), object_of_bytes("stepsmith/__init__.py", b""))
    objects = tuple(sorted((*own, *_container()), key=lambda item: item.name))
    return objects, digest_of(objects, entry_point)


@cache
def _container() -> tuple[AssetObject, ...]:
    """What travels beside every script; the files of an installed package stay as they are while it is used."""
    sources = _sources_below(files("stepsmith.container"))
    return tuple(object_of_bytes(f"stepsmith/container/{name}", content) for name, content in sources)


def _sources_below(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in LEFT_OUT:
            yield from _sources_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield prefix + entry.name, entry.read_bytes()


RULES = (
    Rule(
        "STP220",
        "An invalid S3 URI",
        "The value starts like an S3 URI, but its bucket name is not valid.",
        About.PIPELINE,
        "Write `s3://bucket/key`. A bucket name has 3 to 63 lowercase letters, digits, dots and hyphens.",
        Example(
            "pipeline.yaml",
            "    pretrained_model_path: model/\n",
            "    pretrained_model_path: s3://My_Bucket/model.tar.gz\n",
        ),
    ),
    Rule(
        "STP221",
        "An S3 folder instead of one object",
        "A model on S3 is one object. An S3 prefix would also bring in every other object that starts with it.",
        About.PIPELINE,
        "Write the complete key: `s3://bucket/folder/model.tar.gz`.",
        Example(
            "pipeline.yaml",
            "    pretrained_model_path: model/\n",
            "    pretrained_model_path: s3://my-bucket/models/\n",
        ),
    ),
    Rule(
        "STP230",
        "A file that does not exist",
        "Files are read when the pipeline is compiled. Paths are relative to the pipeline.yaml.",
        About.PIPELINE,
        "Correct the path.",
        Example("pipeline.yaml", "    pretrained_model_path: model/\n", "    pretrained_model_path: modle/\n"),
    ),
    Rule(
        "STP231",
        "A pattern that matches no file",
        "Nothing would be uploaded for this input, and the job would fail or run on nothing.",
        About.PIPELINE,
        "Correct the pattern. It is relative to the pipeline.yaml.",
        Example("pipeline.yaml", "  package:\n", "  extra:\n    type: Payload\n    samples: data/*.csv\n  package:\n"),
    ),
)
