"""Stepsmith brings a model that already exists into Amazon SageMaker, through the pipeline that every model passes.

The public names are those of `__init__.pyi`. Each is imported when it is first used, so that importing `stepsmith` is
cheap.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

__version__ = "0.1.0"


@lru_cache(maxsize=None)  # noqa: UP033 - scripts import this on Python 3.8, which has no functools.cache
def _modules() -> dict[str, str]:
    """The module that each public name is imported from, as the stub says it."""
    import ast  # noqa: PLC0415 - only whoever uses a public name needs these two
    from pathlib import Path  # noqa: PLC0415

    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return ["__version__", *_modules()]
    module = _modules().get(name)
    if module is None:
        raise AttributeError(f"module 'stepsmith' has no attribute {name!r}")
    value = import_module(f"stepsmith.{name}") if module == "stepsmith" else getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(["__version__", *_modules()])
