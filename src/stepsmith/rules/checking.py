"""What can be seen of a step, of a pipeline, or of all there are, without running anything."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.definition.known_digests import NO_DIGESTS
from stepsmith.describe.alignment import align
from stepsmith.diagnostics import About, Faults, Position, StepsmithError, errors_of, relative_to_cwd
from stepsmith.diagnostics.catalogue import rules_in
from stepsmith.diagnostics.installed_rules import check_installed, installed_rules
from stepsmith.pipeline.load import compilation_of
from stepsmith.registry import guard_step_code
from stepsmith.rules.step_sources import StepSources, position_of
from stepsmith.rules.suppression import drop_ignored, relative_positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.definition.known_digests import KnownDigests
    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.compilation import Compilation
    from stepsmith.registry import RegistryManager


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was checked, and what was found in it."""

    name: str
    findings: tuple[Finding, ...]


def check_pipeline(
    path: Path,
    environment: Mapping[str, str] | None = None,
    registry: RegistryManager | None = None,
    digests: KnownDigests = NO_DIGESTS,
) -> CheckResult:
    """The findings of a pipeline.yaml, warnings among them, each at its place in the file.

    Files of which `digests` knows the digest are not read.
    Raises: MissingFileError, or DocumentError, when the file cannot be read at all.
    """
    given: dict[str, Any] = {} if environment is None else {"environment": environment}
    return check_compilation(compilation_of(path, registry=registry, digests=digests, **given))


def check_compilation(compilation: Compilation) -> CheckResult:
    """The findings of a compilation of a file, as seen from here, without those that a comment ignores.

    Raises: MissingFileError, or DocumentError, when the file cannot be read at all.
    """
    path, document, findings = compilation.path, compilation.document, compilation.findings
    assert path is not None  # noqa: S101 - it is of a file
    if document is None and not findings[0].position:
        raise errors_of(findings)
    texts = {path.parent / name: text for name, text in document.texts.items()} if document else {}
    is_whole = not compilation.has_errors
    told = relative_positions(findings, path.parent)
    return CheckResult(relative_to_cwd(path), tuple(_sorted(drop_ignored(told, texts, [path], is_whole=is_whole))))


def check_step(step: StepDeclaration) -> CheckResult:
    """The findings of a step's layers and its script, each at its place in their files."""
    declared = StepSources(step)
    with guard_step_code(step):
        found = [_placed(declared, finding) for finding in align(step)]
        for rule in rules_in("rules.step"):
            if rule.check:
                found += [replace(finding, path=finding.path or (step.name,)) for finding in rule.check(declared)]
        of_others = check_installed(About.STEP, declared)
        found += [replace(finding, path=finding.path or (step.name,)) for finding in of_others]
    script = [declared.script.path] if declared.script else []
    files = dict.fromkeys([*declared.layers, *script, *(path for path, _ in declared.builders)])
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    return CheckResult(step.name, tuple(_sorted(drop_ignored(_once(found), texts, script))))


def check_package(registry: RegistryManager, names: Iterable[str]) -> Iterator[CheckResult]:
    """The findings of the steps of these names; of one that cannot be loaded, why."""
    for name in names:
        faults = Faults()
        with faults.collect():
            yield check_step(registry.declared(name))
        if faults.errors:
            found = [
                replace(finding, position=finding.position or _raised_at(error) or _at_of(registry.place_of(name)))
                for error in faults.errors
                for finding in error.findings
            ]
            yield CheckResult(name, tuple(found))


def check_tables(registry: RegistryManager) -> CheckResult:
    """What is wrong with the tables of installed packages: those that cannot be loaded."""
    return CheckResult(
        "the installed packages", tuple(one for error in registry.unreadable() for one in error.findings)
    )


def check_installed_rules() -> CheckResult:
    """Which installed packages bring rules that cannot be loaded."""
    return CheckResult("the rules of other packages", installed_rules().failures)


def _raised_at(error: StepsmithError) -> Position | None:
    """Where in somebody's module the error behind this one was raised: the last line that is not installed code."""
    cause = error.__cause__
    if isinstance(cause, SyntaxError) and cause.filename:
        return Position(relative_to_cwd(Path(cause.filename)), cause.lineno or 1, cause.offset or 1)
    frames = traceback.extract_tb(cause.__traceback__) if cause else []
    own = [frame for frame in frames if not _NOT_THEIRS.search(Path(frame.filename).as_posix())]
    return Position(relative_to_cwd(Path(own[-1].filename)), own[-1].lineno or 1, 1) if own else None


def _at_of(place: str) -> Position | None:
    """The file of the module in which a declaration is said to be, where there is one."""
    try:
        spec = find_spec(place.partition(":")[0])
    except (ImportError, ValueError):
        return None
    return position_of(Path(spec.origin)) if spec and spec.origin else None


# Files that are no step's: the interpreter's, this project's own but for its steps, and what pydantic brings.
_NOT_THEIRS = re.compile(r"^<|/lib/python3|/stepsmith/(?!steps/)|/pydantic")


def _placed(declared: StepSources, finding: Finding) -> Finding:
    """A finding of the alignment, at the position of what it names."""
    layer, names, line = (finding.data[name] for name in ("layer", "names", "line"))
    script = declared.script
    if line is not None:
        path = Path(str(declared.step.builder_class.script()))  # type: ignore[attr-defined] # it is a Processing step's
        return replace(finding, position=Position(relative_to_cwd(path), line, 1))
    if finding.code == "STP111" and script:
        node = next((node for name, node in script.parts.items() if name.startswith(names[0])), None)
        return replace(finding, position=position_of(script.path, node))
    return replace(finding, position=declared.place_of(*names, first=layer))


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    def key(finding: Finding) -> tuple[str, int, int, str]:
        place = finding.position or Position("")
        return place.file, place.line, place.column, finding.code

    return sorted(findings, key=key)
