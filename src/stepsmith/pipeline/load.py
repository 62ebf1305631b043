"""From the file of a pipeline to a Pipeline, or to a compilation of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.pipeline.compilation import Compilation
from stepsmith.pipeline.declare import declare, load_packages
from stepsmith.pipeline.passes import check, lint, order, read, resolve, run
from stepsmith.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Compiled
    from stepsmith.pipeline.passes import Pass
    from stepsmith.registry import RegistryManager


def compilation_of(path: str | Path, last: Pass = lint, **options: Any) -> Compilation:
    """The compilation of the file at `path`, after the passes up to `last`; `options` are fields of it.

    Errors are among its findings.
    """
    return run(Compilation(Path(path), new_pipeline=Pipeline, **options), last)


def compiled_pipeline(path: str | Path, **options: Any) -> Compiled:
    """The definition and the assets of the file at `path`; `options` are fields of the compilation.

    Raises: every error, together, each with its line.
    """
    return compilation_of(path, check, **options).result()


def resolved_pipeline(path: str | Path) -> Compilation:
    """The compilation of the file at `path`, up to what fills each input. No other file is opened.

    Raises: every error, together, but for those of inputs that nothing fills: they are in `resolved`.
    """
    compilation = compilation_of(path, order)
    compilation.raise_if_errors()
    resolve(compilation)
    if compilation.resolved.keys() != compilation.steps.keys():
        compilation.raise_if_errors()
    return compilation


def load_pipeline(
    path: str | Path, *, environment: Mapping[str, str] | None = None, registry: RegistryManager | None = None
) -> Pipeline:
    """The pipeline that the file at `path` declares; relative paths in it are relative to its folder.

    Raises: MissingFileError if there is no such file; every error of the document, together, each with its line.
    """
    options = {} if environment is None else {"environment": environment}
    compilation = compilation_of(path, declare, registry=registry, **options)
    compilation.raise_if_errors()
    assert compilation.pipeline is not None  # noqa: S101 - without a pipeline there is an error
    return compilation.pipeline


def registry_of(path: str | Path) -> RegistryManager:
    """The steps that the file at `path` may name: those that are installed, and those of its `packages`.

    Raises: as `load_pipeline` does, for how the file is written, and for its packages.
    """
    compilation = compilation_of(path, read)
    load_packages(compilation)
    compilation.raise_if_errors()
    return compilation.step_registry
