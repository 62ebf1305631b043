"""The model registries of other packages, found by the entry point group `stepsmith.registries`.

The name of an entry point is the registry's name. It leads to a factory, a function without arguments that returns the
registry. A package is imported only when its registry is asked for.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, ModelRegistryError, Rule, suggest_names

if TYPE_CHECKING:
    from collections.abc import Collection
    from importlib.metadata import EntryPoint

    from stepsmith.model_registry.protocol import ModelRegistry

GROUP = "stepsmith.registries"


def open_installed_registry(name: str, points: Collection[EntryPoint] | None = None) -> ModelRegistry:
    """The model registry that an installed package brings under `name`.

    Raises: ModelRegistryError if no package or more than one has it, or if the package's own code fails.
    """
    installed = entry_points(group=GROUP) if points is None else points
    named = [point for point in installed if point.name == name]
    if not named:
        known = [point.name for point in installed]
        raise ModelRegistryError("REG019", f"no model registry is named {name!r}", fix=suggest_names(name, known))
    packages = sorted(point.dist.name if point.dist else point.value for point in named)
    if len(named) > 1:
        message = f"more than one package has a model registry {name!r}: {', '.join(packages)}"
        raise ModelRegistryError("REG020", message, fix="uninstall all but one of them")
    try:
        registry: ModelRegistry = named[0].load()()
    except (Exception, SystemExit) as error:
        reason = str(error) or type(error).__name__
        message = f"the model registry {name!r} of {packages[0]} cannot be opened by {named[0].value}: {reason}"
        raise ModelRegistryError("REG020", message, fix="repair or uninstall the package") from error
    return registry


RULES = (
    Rule(
        "REG019",
        "An unknown model registry",
        "A model registry other than the one on this machine and SageMaker's comes from an installed package.",
        About.MODEL_REGISTRY,
        "Correct the name, or install the package that has the registry.",
    ),
    Rule(
        "REG020",
        "A model registry of another package that cannot be opened",
        "The package's own code failed, or two packages have a registry with the same name.",
        About.MODEL_REGISTRY,
        "Upgrade or uninstall the package that the message names, or report the exception to its author.",
    ),
)
