"""What the front end knows of one pipeline, and the problems that it found. `passes` fills it, each part once."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stepsmith.build.request_table import origin_of
from stepsmith.definition.known_digests import NO_DIGESTS
from stepsmith.diagnostics import ANY_KEY, StepsmithError, combine_errors, error_of
from stepsmith.diagnostics.finding import STEPS, path_text
from stepsmith.pipeline.dag import PipelineDAG
from stepsmith.pipeline.include import SHARED_KEYS
from stepsmith.pipeline.positions import is_of_step_field, paths_in_document
from stepsmith.registry import default_registry

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from stepsmith.build.builder import StepBuilderBase
    from stepsmith.build.step_request import BuiltStep
    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.known_digests import KnownDigests
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics import Finding
    from stepsmith.diagnostics.finding import Path
    from stepsmith.pipeline.include import Document
    from stepsmith.pipeline.pipeline import Pipeline
    from stepsmith.registry import RegistryManager
    from stepsmith.resolve.explanation import Explanation
    from stepsmith.step.config import BasePipelineConfig


# Stands in a path for what the steps before a step offer to it. No field has such a name.
_OFFERED = "*offered"
ALL_OFFERED: Path = (_OFFERED,)


_SHARED = {(key,) for key in SHARED_KEYS}


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A step of a pipeline: its type, config, the steps it comes after, and the inputs wired by hand.

    Only while a pipeline with errors is compiled, a step may have no type ("") or no config (None).
    """

    name: str
    step_type: str
    config: BasePipelineConfig | None
    after: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Compilation:
    """The results of the passes over a pipeline. It begins with a file (`path`) or with a `pipeline`.

    Files whose digest `digests` knows are not read. `role` takes the place of the pipeline's own.
    """

    path: pathlib.Path | None = None
    pipeline: Pipeline | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    registry: RegistryManager | None = None
    digests: KnownDigests = NO_DIGESTS
    role: str | None = None
    # What makes a Pipeline: `declare` is given it, because a Pipeline compiles itself by these passes.
    new_pipeline: Callable[..., Pipeline] | None = None

    # read: the data of the file, with what it includes, and where each value is.
    document: Document | None = None
    # declare: every step that is named, also one whose config or type cannot be used.
    steps: dict[str, StepEntry] = field(default_factory=dict)
    # order: the edges, and the steps in an order in which each comes after those that it depends on.
    dag: PipelineDAG = field(default_factory=PipelineDAG)
    order: list[str] = field(default_factory=list)
    # resolve: the builder of each step whose config can be used, and what fills each of its inputs.
    builders: dict[str, StepBuilderBase] = field(default_factory=dict)
    resolved: dict[str, list[Explanation]] = field(default_factory=dict)
    # build: the steps; one that could not be built is unfinished.
    built: dict[str, BuiltStep] = field(default_factory=dict)
    # coerce: the definition of the steps that were built.
    definition: PipelineDefinition | None = None
    # emit: the definition as text, with its assets, if there is no error.
    compiled: Compiled | None = None

    # Each finding, with the class that it is raised as if it was raised.
    _found: dict[Finding, type[StepsmithError] | None] = field(default_factory=dict)
    _failed: set[Path] = field(default_factory=set)
    _failed_inside: set[Path] = field(default_factory=set)

    @property
    def findings(self) -> list[Finding]:
        """The problems that the passes found so far, each at its position, in the order in which they were found."""
        return list(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(not finding.is_warning for finding in self._found)

    def raise_if_errors(self) -> None:
        """Raises: every error, together, in the order of the file."""
        errors = sorted((finding for finding in self._found if not finding.is_warning), key=_line)
        if errors:
            raise combine_errors([error_of(finding, self._found[finding]) for finding in errors])

    def result(self) -> Compiled:
        """What the passes made of the pipeline; what the rules about pipelines find does not keep anyone from it.

        Raises: every error, together, in the order of the file.
        """
        if self.compiled is None or not self.compiled.is_checked:
            self.raise_if_errors()
        assert self.compiled is not None  # noqa: S101 - without an error it was made
        return self.compiled

    @property
    def step_registry(self) -> RegistryManager:
        """The steps that the pipeline may name."""
        return self.pipeline.registry if self.pipeline else self.registry or default_registry()

    @property
    def inputs(self) -> Iterator[tuple[str, Explanation]]:
        """Each input of each step, after the step's name."""
        return ((name, one) for name, found in self.resolved.items() for one in found)

    def offered(self, name: str) -> tuple[Path, ...]:
        """What a finding about what fills an input requires: that the step's keys and what it is offered are known."""
        return (STEPS, name, ANY_KEY), (STEPS, name, _OFFERED)

    def fail_offers(self, name: str) -> None:
        """Notes that nobody knows what a step is offered, if the edges or the types of steps before it have failed."""
        keys = ((STEPS, name, key) for key in ("after", "inputs", "type"))
        before = ((STEPS, one, _OFFERED) for one in self.dag.predecessors(name))
        if any(map(self._has_failed, (*keys, *before))):
            self.fail((STEPS, name, _OFFERED))
            self.fail(ALL_OFFERED)

    def report(self, findings: Iterable[Finding]) -> None:
        """Adds findings that do not only follow from those that are here already, each at its position."""
        self._report((finding, None) for finding in findings)

    def report_errors(self, errors: Iterable[StepsmithError], *outer: str | int) -> None:
        """Adds the findings of errors in the same way, with their paths below `outer`."""
        each = [one for error in errors for one in error.each]
        self._report((finding.inside(*outer), type(one)) for one in each for finding in one.findings)

    def _report(self, findings: Iterable[tuple[Finding, type[StepsmithError] | None]]) -> None:
        placed = [(self._at_field(finding), kind) for finding, kind in findings]
        follows = [self._follows(finding) for finding, _ in placed]
        for (finding, kind), is_left_out in zip(placed, follows, strict=True):
            if not is_left_out:
                self._found.setdefault(self.locate(self._where_shared(finding)), kind)
            if not finding.is_warning:
                self._fail(finding)

    @contextmanager
    def reporting(self, *outer: str | int) -> Iterator[None]:
        """A block whose StepsmithError is reported instead of raised, with its paths below `outer`."""
        try:
            yield
        except StepsmithError as error:
            self.report_errors([error], *outer)

    def fail(self, path: Path) -> None:
        """Notes that nothing is known of what a path leads to, so that findings which require it are left out."""
        self._failed.add(path)
        self._failed_inside.update(path[:end] for end in range(1, len(path)))

    def locate(self, finding: Finding) -> Finding:
        """A finding at its position in the file, if the pipeline was read from one."""
        return self.document.positions.locate(finding) if self.document else finding

    def _at_field(self, finding: Finding) -> Finding:
        """A finding about an argument of a request, at the field that the argument is made of."""
        step = self.built.get(finding.step or "")
        inner = finding.path[2:]
        origin = origin_of(inner, step.origins) if step else None
        if origin is None or not inner:
            return finding
        data = {**finding.data, "argument": path_text(inner)}
        return replace(finding, path=(*finding.path[:2], *origin), data=data)

    def _where_shared(self, finding: Finding) -> Finding:
        """A finding about a value that steps share, at the one path that it has in the file."""
        at = next((path for path in paths_in_document(finding.path) if path in self._written), finding.path)
        return replace(finding, path=at) if at[:1] != (STEPS,) else finding

    @property
    def _written(self) -> Collection[Path]:
        """The paths of the values that are in the file."""
        return self.document.positions.keys if self.document else ()

    def _fail(self, finding: Finding) -> None:
        if not finding.is_about_key:
            self.fail(finding.path)
            return
        for meant in finding.suggestion.values or [ANY_KEY]:
            path = (*finding.path[:-1], meant)
            if path not in self._written:
                self.fail(path)

    def _follows(self, finding: Finding) -> bool:
        """Whether something that the finding depends on has failed: the value itself, or what it requires."""
        paths = (at for path in (finding.path, *finding.requires) for at in self._written_at(path))
        return any(self._has_failed(at) or self._is_unread(at) for at in paths)

    def _is_unread(self, path: Path) -> bool:
        """Whether a value may be in a file that could not be included."""
        if self.document is None or self.document.has_all_includes:
            return False
        return path[:1] in _SHARED and path[-1] not in (ANY_KEY, _OFFERED) and path not in self._written

    def _written_at(self, path: Path) -> list[Path]:
        """A path, and where its value is written; if it is not in the file, everywhere that it may be."""
        paths = paths_in_document(path)
        return next(([path, one] for one in paths if one in self._written), paths)

    def _has_failed(self, path: Path) -> bool:
        """Whether a path, something around it or, if it leads to a field, something in it has failed."""
        is_field = is_of_step_field(path) or path[:1] != (STEPS,)
        around = (path[:end] for end in range(1, len(path) + 1))
        return any(part in self._failed for part in around) or (is_field and path in self._failed_inside)


def _line(finding: Finding) -> tuple[int, int]:
    return (finding.position.line, finding.position.column) if finding.position else (0, 0)
