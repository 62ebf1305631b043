"""From a step's name to its declaration. Knows no step: all come in by the entry point group `stepsmith.steps`.

An entry point leads to a table, which maps each name to its target, `package.module:ATTRIBUTE`. A step is imported when
it is first asked for and not before.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.build.declaration import StepDeclaration
from stepsmith.describe.alignment import align
from stepsmith.diagnostics import (
    About,
    Example,
    FaultsError,
    Rule,
    StepError,
    StepsmithError,
    combine_errors,
    error_of,
    suggest_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.metadata import EntryPoint

    from stepsmith.step.config import BasePipelineConfig

GROUP = "stepsmith.steps"
# What importing somebody's module raises when the module is broken: it may be anything, and an end of the program.
BROKEN: tuple[type[BaseException], ...] = (Exception, SystemExit)


@dataclass(frozen=True, slots=True)
class StepTable:
    """The steps that one package brings: each step's name and its target."""

    package: str
    steps: Mapping[str, str]


@contextmanager
def guard_step_code(step: StepDeclaration) -> Iterator[None]:
    """A block in which a step's own code runs: whatever it raises is reported as that step's, and not as ours.

    Raises: StepError for what is no error of Stepsmith; of the steps that come with it nothing is changed.
    """
    try:
        yield
    except StepsmithError:
        raise
    except BROKEN as error:
        if step.builder_class.__module__.partition(".")[0] == "stepsmith":
            raise
        message = f"the step {step.name!r} fails in its own code: {type(error).__name__}: {error}"
        raise StepError("STP017", message, fix="correct it there, or ask whoever made the step") from error


class RegistryManager:
    """The steps known in one scope: those of `tables`, and those registered here. Scopes do not see each other's.

    Without `tables` they are those of all installed packages. A package whose table cannot be loaded, a name that two
    packages have, and a step that does not fit itself hinder nobody who does not ask for them.
    """

    def __init__(self, scope: str = "default", tables: Iterable[StepTable] | None = None) -> None:
        self.scope = scope
        self._claims: dict[str, list[tuple[str, str]]] = {}
        self._loaded: dict[str, StepDeclaration] = {}
        readable, self._unreadable = read_tables(entry_points(group=GROUP)) if tables is None else (tables, [])
        for table in readable:
            for name, target in table.steps.items():
                self._claims.setdefault(name, []).append((table.package, target))

    def names(self) -> list[str]:
        """The names of all steps, sorted."""
        return sorted(self._claims)

    def package_of(self, name: str) -> str:
        """The package that a step comes from; of several that bring the name, all."""
        return " and ".join(package for package, _ in self._claims[name])

    def target_of(self, name: str) -> str:
        """Where a step's declaration is, `package.module:ATTRIBUTE`; "" where it was registered, or is not known."""
        claims = self._claims.get(name, ())
        return claims[0][1] if claims else ""

    def unreadable(self) -> list[StepError]:
        """What is wrong with each installed package whose table cannot be loaded."""
        return list(self._unreadable)

    def with_tables(self, tables: Iterable[StepTable]) -> RegistryManager:
        """This scope with the steps of further tables in it; what is registered there is not known here."""
        wider = RegistryManager(self.scope, ())
        wider._unreadable = list(self._unreadable)
        wider._loaded = dict(self._loaded)
        wider._claims = {name: list(claims) for name, claims in self._claims.items()}
        for table in tables:
            for name, target in table.steps.items():
                claims = wider._claims.setdefault(name, [])
                if all(known != target for _, known in claims):  # a package may be installed and named as well
                    claims.append((table.package, target))
        return wider

    def register(self, step: StepDeclaration, package: str = "this program") -> None:
        """Makes a step known in this scope.

        Raises: StepError when its layers disagree, or another step has its name.
        """
        _refuse_misfit(step, package)
        claims = [*self._claims.get(step.name, ()), (package, "")]
        if len(claims) > 1:
            raise _claimed(step.name, claims)
        self._claims[step.name] = claims
        self._loaded[step.name] = step

    def get(self, name: str) -> StepDeclaration:
        """The declaration of a step.

        Raises: StepError when no step has the name, or two have, or its declaration cannot be loaded or does not fit
        itself. Where it may be in a package whose table cannot be loaded, that is reported too.
        """
        if name not in self._loaded:
            step = self.declared(name)
            _refuse_misfit(step, self.package_of(name))
            self._loaded[name] = step
        return self._loaded[name]

    def declared(self, name: str) -> StepDeclaration:
        """The declaration of a step, whether or not its layers fit.

        Raises: StepError as `get` does for all else.
        """
        if name not in self._claims:
            unknown = StepError("STP010", f"no step is named {name!r}", fix=suggest_names(name, self._claims))
            raise combine_errors([unknown, *self._unreadable])
        if len(self._claims[name]) > 1:
            raise _claimed(name, self._claims[name])
        if name in self._loaded:
            return self._loaded[name]
        ((package, target),) = self._claims[name]
        return _load(name, package, target)

    def steps_for_config(self, config_class: type[BasePipelineConfig]) -> list[str]:
        """The names of the steps that take such a config, sorted; a step that cannot be loaded takes none."""
        names = []
        for name in self.names():
            with suppress(StepError, FaultsError):
                if self.get(name).config_class is config_class:
                    names.append(name)
        return names

    def broken(self) -> list[str]:
        """The names of the steps that cannot be loaded, sorted."""
        names = []
        for name in self.names():
            try:
                self.get(name)
            except (StepError, FaultsError):  # noqa: PERF203 - each step is loaded for itself
                names.append(name)
        return names


class StepNames(Mapping[str, dict[str, str]]):
    """What the installed steps are, as strings by name; read when it is first asked."""

    def __getitem__(self, name: str) -> dict[str, str]:
        if name not in default_registry().names():
            raise KeyError(name)
        return default_registry().get(name).as_strings()

    def __contains__(self, name: object) -> bool:
        """Whether there is a step of that name, also where it cannot be loaded."""
        return name in default_registry().names()

    def __iter__(self) -> Iterator[str]:
        return iter(default_registry().names())

    def __len__(self) -> int:
        return len(default_registry().names())

    def __repr__(self) -> str:
        return repr(dict(self))


STEP_NAMES = StepNames()


def get_spec_step_type(name: str) -> str:
    """The specification's step type of an installed step.

    Raises: StepError when no step has the name.
    """
    return default_registry().get(name).specification.step_type


@functools.cache
def default_registry() -> RegistryManager:
    """The registry of all installed steps, made once."""
    return RegistryManager()


def read_tables(points: Iterable[EntryPoint]) -> tuple[list[StepTable], list[StepError]]:
    """The tables that these entry points lead to, by package, and what is wrong with those that cannot be loaded."""
    tables: list[StepTable] = []
    errors: list[StepError] = []
    for point in points:
        try:
            tables.append(read_table(point))
        except StepError as error:  # noqa: PERF203 - each package is read for itself
            errors.append(error)
    return sorted(tables, key=lambda table: table.package), errors


def read_table(point: EntryPoint) -> StepTable:
    """The table that an entry point of `GROUP` leads to.

    Raises: StepError when it cannot be loaded.
    """
    package = point.dist.name if point.dist else point.name
    return _table(package, point.value, point.load)


def table_at(folder: Path) -> StepTable:
    """The table of the package in a folder, `TABLE` in its `__init__.py`; from now on it can be imported by its name.

    Raises: StepError when there is none, when another package of its name is loaded or comes first, or when it cannot
    be loaded.
    """
    package = folder.resolve()
    if not (package / "__init__.py").is_file() or not package.name.isidentifier():
        message = f"there is no package in {str(folder)!r}"
        raise StepError("STP015", message, fix="name the folder that holds its __init__.py")
    if str(package.parent) not in sys.path:
        sys.path.append(str(package.parent))

    def load() -> object:
        module = import_module(package.name)
        other = Path(module.__file__ or "").resolve().parent
        if other != package:
            message = f"another package is named {package.name} and comes first: {other}"
            raise StepError("STP015", message, fix="rename one of the two, or check them apart")
        return module.TABLE

    return _table(package.name, str(folder), load)


def _table(package: str, source: str, load: Callable[[], object]) -> StepTable:
    try:
        table = load()
        if not (isinstance(table, Mapping) and all(isinstance(text, str) for text in (*table, *table.values()))):
            raise TypeError("a table maps each step's name to the place of its declaration")
    except StepError:
        raise
    except BROKEN as error:
        message = f"the steps of {package} cannot be loaded from {source}: {str(error) or type(error).__name__}"
        raise StepError("STP012", message, fix="repair or uninstall the package") from error
    return StepTable(package, table)


def _load(name: str, package: str, target: str) -> StepDeclaration:
    module, _, attribute = target.partition(":")
    try:
        step = getattr(import_module(module), attribute)
    except BROKEN as error:
        message = f"the step {name!r} of {package} cannot be loaded from {target}: {str(error) or type(error).__name__}"
        raise StepError("STP012", message, fix="repair or uninstall the package") from error
    if not isinstance(step, StepDeclaration) or step.name != name:
        actual = f"of {step.name!r}" if isinstance(step, StepDeclaration) else f"a {type(step).__name__}"
        message = f"{target} of {package} is not the declaration of a step named {name!r}: it is {actual}"
        raise StepError("STP012", message, fix="repair or uninstall the package")
    return step


def _claimed(name: str, claims: Iterable[tuple[str, str]]) -> StepError:
    message = f"two steps are named {name!r}: one of {', one of '.join(package for package, _ in claims)}"
    return StepError("STP011", message, fix="rename one of them, or uninstall its package")


def _refuse_misfit(step: StepDeclaration, package: str) -> None:
    with guard_step_code(step):
        findings = align(step)
    errors = [error_of(replace(finding, message=f"{finding.message} (a step of {package})")) for finding in findings]
    if errors:
        raise combine_errors(errors)


RULES = (
    Rule(
        "STP010",
        "An unknown step type",
        "A step type must be installed, or come from a folder that `packages` lists.",
        About.PIPELINE,
        "Correct the name, install the package that provides the step, or add its folder to `packages`. "
        "`stepsmith steps` lists the known types.",
        Example("pipeline.yaml", "    type: ModelPackaging\n", "    type: ModelPackging\n"),
    ),
    Rule(
        "STP011",
        "A step name that two packages provide",
        "Stepsmith does not choose between two steps with the same name, because they may do different things.",
        About.STEP,
        "Rename one of the steps, or uninstall the package that you do not need.",
    ),
    Rule(
        "STP012",
        "A step that cannot be loaded",
        "A package's table maps each step name to the location of its declaration. If the declaration is "
        "missing, cannot be imported, or belongs to another step, nobody can use the step.",
        About.STEP,
        "Correct the entry point, the entry in the table, or the import error in the package. If the package is "
        "not yours, upgrade or uninstall it.",
        Example("src/example_step/step.py", "STEP = StepDeclaration(", "STEPS = StepDeclaration("),
    ),
    Rule(
        "STP015",
        "A folder that is not a package of steps",
        "`packages` lists folders with an `__init__.py` that defines `TABLE`, the table of the package's steps.",
        About.PIPELINE,
        "Name the folder that contains the `__init__.py`. If another package with the same name is imported "
        "first, rename one of the two.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: eu-west-1\npackages: inference\n"),
    ),
    Rule(
        "STP017",
        "A step that fails in its own code",
        "The config checks or the builder of the step raised an exception that is not a Stepsmith error. The "
        "pipeline cannot be compiled until the step is fixed.",
        About.STEP,
        "Fix the step's code at the line in the traceback, or report the exception to the author of the package.",
    ),
)
