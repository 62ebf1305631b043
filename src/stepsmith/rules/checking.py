"""What can be seen of a step, of a pipeline, or of all there are, without running anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.definition.checks import check
from stepsmith.errors import Faults, StepsmithError
from stepsmith.layers.alignment import align
from stepsmith.pipeline.compiler import definition_of
from stepsmith.pipeline.document import load_pipeline
from stepsmith.rules.declared import Declared, at, seen
from stepsmith.rules.declared_pipeline import DeclaredPipeline
from stepsmith.rules.ignoring import relocated, without_ignored
from stepsmith.rules.rule import About
from stepsmith.rules.table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.errors import Finding
    from stepsmith.layers.declaration import StepDeclaration
    from stepsmith.registry import RegistryManager


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, and what was found in it."""

    name: str
    findings: tuple[Finding, ...]


def check_pipeline(
    path: Path, environment: Mapping[str, str] | None = None, registry: RegistryManager | None = None
) -> Checked:
    """The findings of a pipeline.yaml, warnings among them, each at its place in the file.

    Raises: MissingFileError, or DocumentError, when the file cannot be read at all.
    """
    findings, files = _of_pipeline(path, environment, registry)
    told = relocated(_once(findings), path, seen(path))
    return Checked(seen(path), tuple(_sorted(without_ignored(told, files))))


def _of_pipeline(
    path: Path, environment: Mapping[str, str] | None, registry: RegistryManager | None
) -> tuple[list[Finding], list[Path]]:
    try:
        pipeline = load_pipeline(path, environment=environment, registry=registry)
    except StepsmithError as error:
        if error.code == "YML004" and not error.findings[0].at:
            raise
        return list(error.findings), [path]
    declared = DeclaredPipeline(pipeline)
    found: list[Finding] = []
    try:
        found += check(definition_of(pipeline, declared.built))
    except StepsmithError as error:
        found += error.findings
    for rule in RULES.values():
        if rule.about is About.PIPELINE and rule.check:
            found += rule.check(declared)
    return [pipeline.locate(finding) for finding in found], [path]


def check_step(step: StepDeclaration) -> Checked:
    """The findings of a step's layers and its script, each at its place in their files."""
    declared = Declared(step)
    found = [_placed(declared, finding) for finding in align(step)]
    for rule in RULES.values():
        if rule.about is About.STEP and rule.check:
            found += [replace(finding, where=finding.where or step.name) for finding in rule.check(declared)]
    files = [*declared.layers, *([declared.script.path] if declared.script else [])]
    return Checked(step.name, tuple(_sorted(without_ignored(_once(found), files))))


def check_package(registry: RegistryManager, names: Iterable[str]) -> Iterator[Checked]:
    """The findings of the steps of these names; of one that cannot be loaded, why."""
    for name in names:
        faults = Faults()
        with faults.caught():
            yield check_step(registry.declared(name))
        if faults.errors:
            at = _at_of(registry.place_of(name))
            found = [finding for error in faults.errors for finding in error.findings]
            yield Checked(name, tuple(replace(finding, at=finding.at or at) for finding in found))


def check_tables(registry: RegistryManager) -> Checked:
    """What is wrong with the tables of installed packages: those that cannot be loaded."""
    return Checked("the installed packages", tuple(one for error in registry.unreadable() for one in error.findings))


def _at_of(place: str) -> str:
    """The file of the module in which a declaration is said to be, where there is one."""
    try:
        spec = find_spec(place.partition(":")[0])
    except (ImportError, ValueError):
        return ""
    return at(Path(spec.origin)) if spec and spec.origin else ""


def _placed(declared: Declared, finding: Finding) -> Finding:
    """A finding of the alignment, at the place of what it names."""
    named = [word.strip("'\"") for word in finding.what.split() if word[:1] in "'\"-"]
    words = [word.removeprefix("--") for word in named]
    return replace(finding, at=finding.at or declared.place_of(*words))


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    def key(finding: Finding) -> tuple[str, tuple[int, ...], str]:
        file, *numbers = finding.at.split(":")
        return file, tuple(int(number) for number in numbers if number.isdigit()), finding.code

    return sorted(findings, key=key)
