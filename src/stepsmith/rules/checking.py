"""What can be seen of a step, of a pipeline, or of all there are, without running anything."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.definition.known_digests import NO_DIGESTS, KnownDigests
from stepsmith.describe.alignment import align
from stepsmith.diagnostics import About, Faults, Finding, Position, StepsmithError, errors_of, relative_to_cwd
from stepsmith.diagnostics.catalogue import rules_in
from stepsmith.diagnostics.installed_rules import check_installed, installed_rules
from stepsmith.pipeline.load import compilation_of
from stepsmith.registry import RegistryManager, guard_step_code
from stepsmith.rules.step_code import StepCode, position_of
from stepsmith.rules.suppression import drop_ignored, relative_positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.pipeline.compilation import Compilation


# Files that are not a step's: the interpreter's, this project's except its steps, and pydantic's.
_NOT_STEP_CODE = re.compile(r"^<|/lib/python3|/stepsmith/(?!steps/)|/pydantic")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The name of what was checked, and the findings."""

    name: str
    findings: tuple[Finding, ...]


def check_pipeline(
    path: Path,
    environment: Mapping[str, str] | None = None,
    registry: RegistryManager | None = None,
    digests: KnownDigests = NO_DIGESTS,
) -> CheckResult:
    """The findings of a pipeline.yaml, including warnings, each at its position in the file.

    Files whose digest `digests` knows are not read.
    Raises: MissingFileError, or DocumentError, if the file cannot be read at all.
    """
    options: dict[str, Any] = {} if environment is None else {"environment": environment}
    return check_compilation(compilation_of(path, registry=registry, digests=digests, **options))


def check_compilation(compilation: Compilation) -> CheckResult:
    """The findings of a compilation of a file, relative to the working directory, without those that a comment ignores.

    Raises: MissingFileError, or DocumentError, if the file cannot be read at all.
    """
    path, document, findings = compilation.path, compilation.document, compilation.findings
    assert path is not None  # noqa: S101 - it is of a file
    if document is None and not findings[0].position:
        raise errors_of(findings)
    texts = {path.parent / name: text for name, text in document.texts.items()} if document else {}
    findings = relative_positions(findings, path.parent)
    findings = drop_ignored(findings, texts, [path], is_complete=not compilation.has_errors)
    return CheckResult(relative_to_cwd(path), _sorted(findings))


def check_step(step: StepDeclaration) -> CheckResult:
    """The findings of a step's layers and its script, each at its position in their files."""
    code = StepCode(step)
    with guard_step_code(step):
        findings = [_at_position(code, finding) for finding in align(step)]
        for rule in rules_in("rules.step"):
            if rule.check:
                findings += [replace(finding, path=finding.path or (step.name,)) for finding in rule.check(code)]
        of_others = check_installed(About.STEP, code)
        findings += [replace(finding, path=finding.path or (step.name,)) for finding in of_others]
    script = [code.script.path] if code.script else []
    files = dict.fromkeys([*code.layers, *script, *(path for path, _ in code.builders)])
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    return CheckResult(step.name, _sorted(drop_ignored(dict.fromkeys(findings), texts, script)))


def check_package(registry: RegistryManager, names: Iterable[str]) -> Iterator[CheckResult]:
    """The findings of the steps with these names; if a step cannot be loaded, the reason."""
    for name in names:
        faults = Faults()
        with faults.collect():
            yield check_step(registry.declared(name))
        if faults.errors:
            findings = (
                replace(
                    finding, position=finding.position or _cause_position(error) or _module_position(registry, name)
                )
                for error in faults.errors
                for finding in error.findings
            )
            yield CheckResult(name, tuple(findings))


def check_tables(registry: RegistryManager) -> CheckResult:
    """The findings of the installed packages: the tables that cannot be loaded."""
    findings = (finding for error in registry.unreadable() for finding in error.findings)
    return CheckResult("the installed packages", tuple(findings))


def check_installed_rules() -> CheckResult:
    """Which installed packages bring rules that cannot be loaded."""
    return CheckResult("the rules of other packages", installed_rules().failures)


def _cause_position(error: StepsmithError) -> Position | None:
    """Where the cause of this error was raised in a step's module: the last line that is not installed code."""
    cause = error.__cause__
    if isinstance(cause, SyntaxError) and cause.filename:
        return Position(relative_to_cwd(Path(cause.filename)), cause.lineno or 1, cause.offset or 1)
    frames = traceback.extract_tb(cause.__traceback__) if cause else []
    frames = [frame for frame in frames if not _NOT_STEP_CODE.search(Path(frame.filename).as_posix())]
    return Position(relative_to_cwd(Path(frames[-1].filename)), frames[-1].lineno or 1, 1) if frames else None


def _module_position(registry: RegistryManager, name: str) -> Position | None:
    """The file of the module that should declare a step, if there is one."""
    try:
        spec = find_spec(registry.target_of(name).partition(":")[0])
    except (ImportError, ValueError):
        return None
    return position_of(Path(spec.origin)) if spec and spec.origin else None


def _at_position(code: StepCode, finding: Finding) -> Finding:
    """A finding of the alignment, at the position of what it names."""
    layer, names, line = (finding.data[key] for key in ("layer", "names", "line"))
    script = code.script
    if line is not None:
        path = Path(str(code.declaration.builder_class.script()))  # type: ignore[attr-defined] # it is a Processing step's
        return replace(finding, position=Position(relative_to_cwd(path), line, 1))
    if finding.code == "STP111" and script:
        node = next((node for name, node in script.parts.items() if name.startswith(names[0])), None)
        return replace(finding, position=position_of(script.path, node))
    return replace(finding, position=code.locate(*names, layer=layer))


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    def key(finding: Finding) -> tuple[str, int, int, str]:
        position = finding.position or Position("")
        return position.file, position.line, position.column, finding.code

    return tuple(sorted(findings, key=key))
