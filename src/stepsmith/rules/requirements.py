"""Which modules the package of a requirement brings."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import packages_distributions


def modules_of(requirement: str) -> frozenset[str]:
    """The top modules of a package, as the installed one has them, and the one of its own name.

    >>> sorted(modules_of("no-such-package"))
    ['no_such_package']
    """
    return _installed().get(_normalized(requirement), frozenset()) | {_normalized(requirement).replace("-", "_")}


@cache
def _installed() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            found.setdefault(_normalized(package), set()).add(module)
    return {package: frozenset(modules) for package, modules in found.items()}


def _normalized(name: str) -> str:
    """A package's name as all ways to write it are one. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
