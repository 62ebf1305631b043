"""A template written out under a name of the user's: whole, or not at all."""

from __future__ import annotations

import keyword
import re
import shutil
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from stepsmith.definition.checks.names import check_pipeline_name
from stepsmith.describe.step_catalogue import words_of
from stepsmith.diagnostics import About, DefinitionError, Rule, RunError, StepError, combine_errors, error_of
from stepsmith.registry import RegistryManager
from stepsmith.sagemaker.limits import GROUP_NAME_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

_STEP_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,60}")
_SUFFIX = ".txt"


def new_step(name: str, folder: Path | None = None) -> Path:
    """The folder of a new step's package: step.py, script.py, a pipeline that tries it, and tests.

    It is named by the step unless `folder` says otherwise. Raises: StepError when the name is none for a step; RunError
    when something is there already, or it cannot be written.
    """
    if not _STEP_NAME.fullmatch(name):
        message = f"{name!r} is no name for a step: letters and digits, each word with a capital, as in DummyTraining"
        raise StepError("STP016", message, fix="write one like ModelCard")
    registry = RegistryManager()
    if name in registry.names():
        message = f"there is a step {name!r} already, of {registry.package_of(name)}"
        raise StepError("STP016", message, fix="give it another name")
    words = words_of(name)
    names = {"Name": name, "package": _importable("_".join(words)), "folder": "-".join(words)}
    return _written("step", folder or Path(names["folder"]), names)


def new_pipeline(name: str, folder: Path | None = None) -> Path:
    """The folder of a new pipeline: pipeline.yaml, a small model, code that serves it, and a test.

    It has the pipeline's name unless `folder` says otherwise. Raises: DefinitionError when the name is none for a
    pipeline; RunError when something is there already, or it cannot be written.
    """
    found = check_pipeline_name(name)
    if found:
        raise combine_errors([error_of(finding) for finding in found])
    if len(name) > GROUP_NAME_CHARACTERS:
        message = (
            f"the name has {len(name)} characters, and the group of the pipeline's model takes {GROUP_NAME_CHARACTERS}"
        )
        raise DefinitionError("DEF101", message, where="name", fix=f"use at most {GROUP_NAME_CHARACTERS}")
    return _written("pipeline", folder or Path(name), {"folder": name})


def _importable(package: str) -> str:
    """A name for a package that no other has: another would be imported in its place.

    >>> _importable("model_card"), _importable("json"), _importable("import")
    ('model_card', 'json_step', 'import_step')
    """
    return f"{package}_step" if keyword.iskeyword(package) or find_spec(package) else package


def _written(template: str, folder: Path, names: Mapping[str, str]) -> Path:
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        message = f"there is something in {str(folder)!r} already"
        raise RunError("RUN080", message, fix="give another name, or another folder with --into")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for path, text in _files(files(__package__) / template):
            target = made / _filled(str(path), names, "_", "_")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_filled(text, names, "@", "@"), encoding="utf-8")
        made.chmod(0o755)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)  # where it did not become the folder
    return folder


def _files(folder: Traversable, inside: Path = Path()) -> Iterator[tuple[Path, str]]:
    """The files of a template, by the paths that they are to have."""
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _files(item, inside / item.name)
        elif item.name.endswith(_SUFFIX):
            yield inside / item.name.removesuffix(_SUFFIX), item.read_text(encoding="utf-8")


def _filled(text: str, names: Mapping[str, str], before: str, after: str) -> str:
    for name, value in names.items():
        text = text.replace(f"{before}{name}{after}", value)
    return text


RULES = (
    Rule(
        "STP016",
        "A name that a new step cannot have",
        "The files, classes and package of a new step are named after the step, so its name must be unique "
        "and in CamelCase.",
        About.STEP,
        "Use letters and digits, with a capital letter at the start of each word: `ModelCard`.",
    ),
    Rule(
        "RUN080",
        "A target folder that is not empty",
        "`stepsmith new` never overwrites existing files.",
        About.RUN,
        "Use another name, or another folder with `--into`.",
    ),
)
