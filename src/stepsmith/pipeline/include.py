"""A pipeline.yaml as data, with the settings of the files that it includes, and the position of each value."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import (
    ABOUT_KEY,
    About,
    DocumentError,
    Example,
    Faults,
    Finding,
    MissingFileError,
    Rule,
    StepsmithError,
    short_repr,
    suggest_names,
)
from stepsmith.pipeline.positions import DEFAULTS, SHARED_FIELDS, PositionMap
from stepsmith.pipeline.variables import substitute_variables
from stepsmith.pipeline.yaml_text import LIMIT_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


INCLUDE, PACKAGES = "include", "packages"
# The keys of an included file: all but those that make a pipeline.
SHARED_KEYS = (INCLUDE, PACKAGES, *SHARED_FIELDS, "parameters", DEFAULTS)
# The entries of these mappings are merged with those of an included file, and so are the entries of their members.
_MERGED = {"parameters": (), DEFAULTS: ("tags", "env")}
# The most files that include each other in a chain, and the most files in all.
LIMIT_DEPTH, LIMIT_FILES = 20, 100


@dataclass(frozen=True, slots=True)
class Document:
    """The contents of a file and of those that it includes: the data, positions, and the defaults of parameters.

    `texts` are the texts of the files, by their names relative to `folder`. `errors` are those of single values, and of
    files that could not be included; `has_all_includes` says that there are none of these.
    """

    data: Any
    positions: PositionMap
    folder: Path
    defaults: Mapping[str, str]
    texts: Mapping[str, str]
    errors: Sequence[StepsmithError]
    has_all_includes: bool


def read_document(path: Path, environment: Mapping[str, str]) -> Document:
    """The document at `path`, with what it includes where it does not say it itself.

    Raises: MissingFileError if there is no such file; DocumentError if it cannot be read as YAML.
    """
    reader = _DocumentReader(path.parent, environment)
    data, positions = reader.read(path, path.name, ())
    return Document(
        data, positions, path.parent, reader.defaults, reader.texts, reader.faults.errors, reader.has_all_includes
    )


class _DocumentReader:
    """Reads the files of one document, each once."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.defaults: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.faults = Faults()
        self.has_all_includes = True
        self._read: dict[Path, tuple[Any, PositionMap]] = {}

    def read(self, path: Path, name: str, parents: Sequence[Path]) -> tuple[Any, PositionMap]:
        """A file's data and positions; `parents` are the files that include it, the outermost first."""
        real = path.resolve()
        if real not in self._read:
            self.texts[name] = _text(path)
            self._read[real] = self._with_included(path, name, parents)
        return self._read[real]

    def _with_included(self, path: Path, name: str, parents: Sequence[Path]) -> tuple[Any, PositionMap]:
        scalar = partial(substitute_variables, environment=self._environment, defaults=self.defaults)
        data, positions = read_yaml(self.texts[name], name, scalar, self.faults)
        if not isinstance(data, Mapping) or data.get(INCLUDE) is None:
            return data, positions
        merged = dict(data)
        names = data[INCLUDE] if isinstance(data[INCLUDE], list) else [data[INCLUDE]]
        for index, included in enumerate(names):
            key = (INCLUDE, index) if isinstance(data[INCLUDE], list) else (INCLUDE,)
            with self.faults.collect():
                try:
                    self._include(merged, positions, included, (*parents, path))
                except StepsmithError as error:
                    self.has_all_includes = False
                    raise error.mapped(partial(_at_include, positions, key)) from None
        return merged, positions

    def _include(self, data: dict[str, Any], positions: PositionMap, included: Any, parents: Sequence[Path]) -> None:
        """Adds to `data` what another file says and it does not."""
        if not isinstance(included, str) or not included:
            message = f"{short_repr(included)} is no name of a file"
            raise DocumentError("YML013", message, fix=f"write {INCLUDE}: shared.yaml")
        other = parents[-1].parent / included
        if not _exists(other):
            beside = [path.name for path in other.parent.glob("*.y*ml")] if _exists(other.parent) else []
            raise DocumentError("YML004", f"there is no file {included!r}", fix=suggest_names(other.name, beside))
        if any(other.resolve() == parent.resolve() for parent in parents):
            raise DocumentError("YML013", f"{included} includes itself", fix="remove one of the two includes")
        if len(parents) >= LIMIT_DEPTH:
            raise DocumentError("YML013", f"files include each other over {LIMIT_DEPTH} deep", fix="include fewer")
        if len(self.texts) >= LIMIT_FILES:
            raise DocumentError("YML013", f"over {LIMIT_FILES} files are included", fix="include fewer")
        # The name of a file in messages is relative to the folder of the outermost file.
        name = other.relative_to(self._folder).as_posix() if other.is_relative_to(self._folder) else str(other)
        shared, shared_positions = self.read(other, name, parents)
        members = self._shared(shared, shared_positions)
        if PACKAGES in members:
            members[PACKAGES] = _packages_from(members[PACKAGES], other)
        for key, value in members.items():
            _merge(data, positions, shared_positions, (key,), value)

    def _shared(self, data: Any, positions: PositionMap) -> dict[str, Any]:
        """What an included file says and may say; an error for anything else."""
        if not isinstance(data, Mapping):
            message = "an included file is to be a mapping of keys to values"
            raise DocumentError("YML005", message, fix="write key: value, or remove the include").mapped(
                positions.locate
            )
        for key in (key for key in data if key not in SHARED_KEYS):
            message = f"the key {key!r} cannot be included"
            own_fix = "write it in the pipeline's own file"
            fix = own_fix if key in ("name", "steps") else suggest_names(key, SHARED_KEYS)
            self.faults.add(
                DocumentError("YML006", message, where=key, fix=fix, data=ABOUT_KEY).mapped(positions.locate)
            )
        return {key: value for key, value in data.items() if key in SHARED_KEYS and key != INCLUDE}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _packages_from(value: Any, file: Path) -> Any:
    """The folders that a file names as its packages, relative to that file."""
    folders = [value] if isinstance(value, str) else value
    if not isinstance(folders, list):
        return folders
    return [str(file.parent.resolve() / folder) if isinstance(folder, str) else folder for folder in folders]


def _merge(
    data: dict[str, Any], positions: PositionMap, shared: PositionMap, path: tuple[str, ...], value: Any
) -> None:
    *outer, key = path
    merged_keys = _MERGED.get(outer[0], ()) if outer else _MERGED
    if data.get(key) is None:
        data[key] = value
        positions.copy(shared, path)
    elif isinstance(value, Mapping) and isinstance(data[key], Mapping) and key in merged_keys:
        data[key] = dict(data[key])
        for name, item in value.items():
            _merge(data[key], positions, shared, (*path, name), item)


def _at_include(positions: PositionMap, path: tuple[str | int, ...], finding: Finding) -> Finding:
    """A finding about an included file, at the position of the include if it has none of its own."""
    return finding if finding.position else positions.locate(replace(finding, path=path))


def _text(path: Path) -> str:
    try:
        # A pipe or a device may have no end, or block until somebody writes to it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                message = f"{str(path)!r} cannot be read: it is not a file"
                raise DocumentError("YML004", message, fix="name a pipeline.yaml")
            content = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise MissingFileError("YML004", f"there is no file {str(path)!r}", fix="correct the path") from None
    except (OSError, ValueError) as error:
        message = f"{str(path)!r} cannot be read: {getattr(error, 'strerror', error)}"
        raise DocumentError("YML004", message, fix="name a pipeline.yaml") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if len(content) > LIMIT_BYTES:
            return content.decode(errors="replace")  # which is too long to be read
        message = f"{str(path)!r} cannot be read: it is not UTF-8"
        raise DocumentError("YML004", message, fix="save it as UTF-8") from None


RULES = (
    Rule(
        "YML004",
        "A file that does not exist or cannot be read",
        "A pipeline is one UTF-8 text file, with the files that it includes.",
        About.PIPELINE,
        "Correct the path, or save the file as UTF-8.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: eu-west-1\ninclude: shared.yaml\n"),
    ),
    Rule(
        "YML013",
        "An include that does not work",
        "`include` names one other file. Includes may not form a loop, and may be at most 20 files deep.",
        About.PIPELINE,
        "Write the path of another YAML file, relative to the file that includes it. Remove an include that "
        "leads back to its own file.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: eu-west-1\ninclude: pipeline.yaml\n"),
    ),
)
