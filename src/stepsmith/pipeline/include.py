"""A pipeline.yaml as data, with the settings of the files that it includes, and where each value stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    nearest,
    shown,
)
from stepsmith.pipeline.variables import substituted
from stepsmith.pipeline.yaml_text import LIMIT_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.places import Places

INCLUDE, PACKAGES = "include", "packages"
# What an included file may say: all but what makes a pipeline.
SHARED_KEYS = (INCLUDE, PACKAGES, "region", "role", "pipeline_s3_loc", "parameters", "defaults")
# Of these an entry is taken from an included file where there is none of its name; and of the entries, likewise.
_MERGED = {"parameters": (), "defaults": ("tags", "env")}
LIMIT_FILES = 20


@dataclass(frozen=True, slots=True)
class Document:
    """What a file and those that it includes say: the data, the place of each, and the defaults of parameters."""

    data: Any
    places: Places
    folder: Path
    defaults: dict[str, str]


def read_document(path: Path, environment: Mapping[str, str]) -> Document:
    """The document at `path`, with what it includes put in where it does not say it itself.

    Raises: MissingFileError when there is no such file; every fault of how it is written, together, with its place.
    """
    defaults: dict[str, str] = {}
    data, places = _read(path, path.name, environment, defaults, ())
    return Document(data, places, path.parent, defaults)


def _read(
    path: Path, name: str, environment: Mapping[str, str], defaults: dict[str, str], inside: Sequence[Path]
) -> tuple[Any, Places]:
    """A file's data; `inside` are the files that include it, the outermost first."""
    data, places = read_yaml(_text(path), name, lambda value: substituted(value, environment, defaults))
    if not isinstance(data, Mapping) or data.get(INCLUDE) is None:
        return data, places
    whole = dict(data)
    faults = Faults()
    names = data[INCLUDE] if isinstance(data[INCLUDE], list) else [data[INCLUDE]]
    for index, included in enumerate(names):
        where = (INCLUDE, index) if isinstance(data[INCLUDE], list) else (INCLUDE,)
        with faults.caught():
            try:
                _put_in(whole, places, path, included, (environment, defaults, (*inside, path)))
            except StepsmithError as error:
                raise error.mapped(lambda finding, where=where: _at(places, where, finding)) from None  # type: ignore[misc]
    faults.raise_if_any()
    return whole, places


def _put_in(
    data: dict[str, Any],
    places: Places,
    path: Path,
    included: Any,
    reading: tuple[Mapping[str, str], dict[str, str], tuple[Path, ...]],
) -> None:
    """Puts into `data` what another file says and it does not."""
    environment, defaults, inside = reading
    if not isinstance(included, str) or not included:
        raise DocumentError("YML013", f"{shown(included)} is no name of a file", fix=f"write {INCLUDE}: shared.yaml")
    other = path.parent / included
    if any(other.resolve() == one.resolve() for one in inside):
        raise DocumentError("YML013", f"{included} includes itself", fix="remove one of the two includes")
    if len(inside) >= LIMIT_FILES:
        raise DocumentError("YML013", f"files include each other over {LIMIT_FILES} deep", fix="include fewer")
    if not other.is_file():
        beside = [path.name for path in other.parent.glob("*.y*ml")] if other.parent.is_dir() else []
        raise DocumentError("YML004", f"there is no file {str(included)!r}", fix=nearest(other.name, beside))
    # A file is told by the name under which it is included, from the folder of the first.
    name = other.relative_to(inside[0].parent).as_posix() if other.is_relative_to(inside[0].parent) else str(other)
    shared, theirs = _read(other, name, environment, defaults, inside)
    _refuse_what_is_not_shared(shared, theirs)
    for key, value in shared.items():
        if key == PACKAGES and isinstance(value, str):
            value = [value]  # noqa: PLW2901 - a list of one
        if key == PACKAGES and isinstance(value, list):
            value = [str(other.parent.resolve() / one) if isinstance(one, str) else one for one in value]  # noqa: PLW2901 - as that file means it
        if key != INCLUDE:
            _merge(data, places, theirs, (key,), value)


def _merge(data: dict[str, Any], mine: Places, theirs: Places, path: tuple[str, ...], value: Any) -> None:
    *outer, key = path
    inner = _MERGED if not outer else dict.fromkeys(_MERGED.get(outer[0], ()), ())
    if data.get(key) is None:
        data[key] = value
        mine.take(theirs, path)
    elif isinstance(value, Mapping) and isinstance(data[key], Mapping) and key in inner:
        data[key] = dict(data[key])
        for name, item in value.items():
            _merge(data[key], mine, theirs, (*path, name), item)


def _refuse_what_is_not_shared(data: Any, places: Places) -> None:
    faults = Faults()
    if not isinstance(data, Mapping):
        what = "an included file is to be a mapping of keys to values"
        faults.add(DocumentError("YML005", what, fix="write key: value, or remove the include"))
    else:
        for key in (key for key in data if key not in SHARED_KEYS):
            what = f"the key {key!r} cannot be included"
            fix = nearest(key, SHARED_KEYS) if key not in ("name", "steps") else "write it in the pipeline's own file"
            faults.add(DocumentError("YML006", what, where=key, fix=fix, data=ABOUT_KEY))
    if faults.errors:
        try:
            faults.raise_if_any()
        except StepsmithError as error:
            raise error.mapped(places.locate) from None


def _at(places: Places, where: tuple[str | int, ...], finding: Finding) -> Finding:
    """A finding about what is included, at the place of the include where it has none of its own."""
    return finding if finding.position else places.locate(replace(finding, path=where))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise MissingFileError("YML004", f"there is no file {str(path)!r}", fix="correct the path") from None
    except OSError as error:
        what = f"{str(path)!r} cannot be read: {error.strerror}"
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
