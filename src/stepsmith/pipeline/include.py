"""A pipeline.yaml as data, with the settings of the files that it includes, and where each value stands."""

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
    MissingFileError,
    Rule,
    StepsmithError,
    short_repr,
    suggest_names,
)
from stepsmith.pipeline.variables import substitute_variables
from stepsmith.pipeline.yaml_text import LIMIT_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.positions import Positions

INCLUDE, PACKAGES = "include", "packages"
# What an included file may say: all but what makes a pipeline.
SHARED_KEYS = (INCLUDE, PACKAGES, "region", "role", "pipeline_s3_loc", "parameters", "defaults")
# Of these an entry is taken from an included file where there is none of its name; and of the entries, likewise.
_MERGED = {"parameters": (), "defaults": ("tags", "env")}
# So many files include each other, and so many are read in all.
LIMIT_DEPTH, LIMIT_FILES = 20, 100


@dataclass(frozen=True, slots=True)
class Document:
    """What a file and those that it includes say: the data, the place of each, and the defaults of parameters.

    `texts` are the texts of the files, by their names as from `folder`. `errors` are those of single values, and of
    files that could not be included; `has_all_includes` says that there are none of these.
    """

    data: Any
    places: Positions
    folder: Path
    defaults: Mapping[str, str]
    texts: Mapping[str, str]
    errors: Sequence[StepsmithError]
    has_all_includes: bool


def read_document(path: Path, environment: Mapping[str, str]) -> Document:
    """The document at `path`, with what it includes put in where it does not say it itself.

    Raises: MissingFileError if there is no such file; DocumentError if it cannot be read as YAML.
    """
    reading = _Reading(path.parent, environment)
    data, places = reading.file(path, path.name, ())
    return Document(
        data, places, path.parent, reading.defaults, reading.texts, reading.faults.errors, reading.has_all_includes
    )


class _Reading:
    """The files of one document as they are read, each once."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.defaults: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.faults = Faults()
        self.has_all_includes = True
        self._read: dict[Path, tuple[Any, Positions]] = {}

    def file(self, path: Path, name: str, inside: Sequence[Path]) -> tuple[Any, Positions]:
        """A file's data; `inside` are the files that include it, the outermost first."""
        real = path.resolve()
        if real not in self._read:
            self.texts[name] = _text(path)
            self._read[real] = self._with_included(path, name, inside)
        return self._read[real]

    def _with_included(self, path: Path, name: str, inside: Sequence[Path]) -> tuple[Any, Positions]:
        scalar = partial(substitute_variables, environment=self._environment, defaults=self.defaults)
        data, places = read_yaml(self.texts[name], name, scalar, self.faults)
        if not isinstance(data, Mapping) or data.get(INCLUDE) is None:
            return data, places
        whole = dict(data)
        names = data[INCLUDE] if isinstance(data[INCLUDE], list) else [data[INCLUDE]]
        for index, included in enumerate(names):
            where = (INCLUDE, index) if isinstance(data[INCLUDE], list) else (INCLUDE,)
            with self.faults.collect():
                try:
                    self._put_in(whole, places, included, (*inside, path))
                except StepsmithError as error:
                    self.has_all_includes = False
                    raise error.mapped(lambda finding, where=where: _at(places, where, finding)) from None  # type: ignore[misc]
        return whole, places

    def _put_in(self, data: dict[str, Any], places: Positions, included: Any, inside: Sequence[Path]) -> None:
        """Puts into `data` what another file says and it does not."""
        if not isinstance(included, str) or not included:
            raise DocumentError(
                "YML013", f"{short_repr(included)} is no name of a file", fix=f"write {INCLUDE}: shared.yaml"
            )
        other = inside[-1].parent / included
        if not _is_there(other):
            beside = [path.name for path in other.parent.glob("*.y*ml")] if _is_there(other.parent) else []
            raise DocumentError("YML004", f"there is no file {included!r}", fix=suggest_names(other.name, beside))
        if any(other.resolve() == one.resolve() for one in inside):
            raise DocumentError("YML013", f"{included} includes itself", fix="remove one of the two includes")
        if len(inside) >= LIMIT_DEPTH:
            raise DocumentError("YML013", f"files include each other over {LIMIT_DEPTH} deep", fix="include fewer")
        if len(self.texts) >= LIMIT_FILES:
            raise DocumentError("YML013", f"over {LIMIT_FILES} files are included", fix="include fewer")
        # A file is told by the name under which it is included, from the folder of the first.
        name = other.relative_to(self._folder).as_posix() if other.is_relative_to(self._folder) else str(other)
        shared, theirs = self.file(other, name, inside)
        for key, value in self._shared(shared, theirs).items():
            _merge(data, places, theirs, (key,), _packages_of(value, other) if key == PACKAGES else value)

    def _shared(self, data: Any, places: Positions) -> Mapping[str, Any]:
        """What an included file may say of what it says; an error for all else."""
        if not isinstance(data, Mapping):
            what = "an included file is to be a mapping of keys to values"
            raise DocumentError("YML005", what, fix="write key: value, or remove the include").mapped(places.locate)
        for key in (key for key in data if key not in SHARED_KEYS):
            what = f"the key {key!r} cannot be included"
            fix = (
                suggest_names(key, SHARED_KEYS)
                if key not in ("name", "steps")
                else "write it in the pipeline's own file"
            )
            self.faults.add(DocumentError("YML006", what, where=key, fix=fix, data=ABOUT_KEY).mapped(places.locate))
        return {key: value for key, value in data.items() if key in SHARED_KEYS and key != INCLUDE}


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _packages_of(value: Any, file: Path) -> Any:
    """The folders that a file names as its packages, as seen from there."""
    folders = [value] if isinstance(value, str) else value
    if not isinstance(folders, list):
        return folders
    return [str(file.parent.resolve() / one) if isinstance(one, str) else one for one in folders]


def _merge(data: dict[str, Any], mine: Positions, theirs: Positions, path: tuple[str, ...], value: Any) -> None:
    *outer, key = path
    inner = _MERGED if not outer else dict.fromkeys(_MERGED.get(outer[0], ()), ())
    if data.get(key) is None:
        data[key] = value
        mine.take(theirs, path)
    elif isinstance(value, Mapping) and isinstance(data[key], Mapping) and key in inner:
        data[key] = dict(data[key])
        for name, item in value.items():
            _merge(data[key], mine, theirs, (*path, name), item)


def _at(places: Positions, where: tuple[str | int, ...], finding: Finding) -> Finding:
    """A finding about what is included, at the place of the include where it has none of its own."""
    return finding if finding.position else places.locate(replace(finding, path=where))


def _text(path: Path) -> str:
    try:
        # What is no file may have no end, or wait for whoever writes into it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                what = f"{str(path)!r} cannot be read: it is not a file"
                raise DocumentError("YML004", what, fix="name a pipeline.yaml")
            content = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise MissingFileError("YML004", f"there is no file {str(path)!r}", fix="correct the path") from None
    except (OSError, ValueError) as error:
        what = f"{str(path)!r} cannot be read: {getattr(error, 'strerror', error)}"
        raise DocumentError("YML004", what, fix="name a pipeline.yaml") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if len(content) > LIMIT_BYTES:
            return content.decode(errors="replace")  # which is too long to be read
        what = f"{str(path)!r} cannot be read: it is not UTF-8"
        raise DocumentError("YML004", what, fix="save it as UTF-8") from None


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
