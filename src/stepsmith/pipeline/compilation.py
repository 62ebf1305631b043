"""What the front end knows about one pipeline, and its findings. `passes` fills it, each part once."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stepsmith.build.request_table import origin_of
from stepsmith.definition.known_digests import NO_DIGESTS, KnownDigests
from stepsmith.diagnostics import ANY_KEY, Finding, StepsmithError, combine_errors, error_of
from stepsmith.diagnostics.finding import STEPS, Path, line_and_column, path_text
from stepsmith.pipeline.dag import PipelineDAG
from stepsmith.pipeline.include import SHARED_KEYS, Document
from stepsmith.pipeline.positions import is_of_step_field, paths_in_document
from stepsmith.registry import RegistryManager, default_registry

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from stepsmith.build.builder import StepBuilderBase
    from stepsmith.build.step_request import BuiltStep
    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.pipeline.pipeline import Pipeline
    from stepsmith.resolve.explanation import Explanation
    from stepsmith.step.config import BasePipelineConfig


# A part of a path that stands for the outputs that a step can use. No field has such a name.
_USABLE_OUTPUTS = "*outputs"
# The path that has failed if the outputs that any step can use are not known.
ALL_USABLE_OUTPUTS: Path = (_USABLE_OUTPUTS,)


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
    # The class Pipeline, for `declare`, which cannot import it: a Pipeline compiles itself with these passes.
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
    _findings: dict[Finding, type[StepsmithError] | None] = field(default_factory=dict)
    _failed: set[Path] = field(default_factory=set)
    _failed_inside: set[Path] = field(default_factory=set)

    @property
    def findings(self) -> list[Finding]:
        """The findings of the passes so far, each at its position, in the order in which they were reported."""
        return list(self._findings)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(not finding.is_warning for finding in self._findings)

    def raise_if_errors(self) -> None:
        """Raises: every error, together, in the order of the file."""
        errors = sorted((finding for finding in self._findings if not finding.is_warning), key=line_and_column)
        if errors:
            raise combine_errors([error_of(finding, self._findings[finding]) for finding in errors])

    def result(self) -> Compiled:
        """The compiled pipeline. The findings of rules about pipelines do not prevent it.

        Raises: every error, together, in the order of the file.
        """
        if self.compiled is None or not self.compiled.is_checked:
            self.raise_if_errors()
        assert self.compiled is not None  # noqa: S101 - without an error it exists
        return self.compiled

    @property
    def step_registry(self) -> RegistryManager:
        """The steps that the pipeline may name."""
        return self.pipeline.registry if self.pipeline else self.registry or default_registry()

    @property
    def inputs(self) -> Iterator[tuple[str, Explanation]]:
        """Each input of each step, after the step's name."""
        return ((name, explanation) for name, explanations in self.resolved.items() for explanation in explanations)

    def source_requirements(self, name: str) -> tuple[Path, ...]:
        """What a finding about what fills an input requires: the step's keys, and the outputs that it can use."""
        return (STEPS, name, ANY_KEY), (STEPS, name, _USABLE_OUTPUTS)

    def fail_usable_outputs(self, name: str) -> None:
        """Notes that the outputs a step can use are not known, if the edges or types of steps before it have failed."""
        keys = ((STEPS, name, key) for key in ("after", "inputs", "type"))
        before = ((STEPS, other, _USABLE_OUTPUTS) for other in self.dag.predecessors(name))
        if any(map(self._has_failed, (*keys, *before))):
            self.fail((STEPS, name, _USABLE_OUTPUTS))
            self.fail(ALL_USABLE_OUTPUTS)

    def report(self, findings: Iterable[Finding]) -> None:
        """Adds findings, each at its position, except those that only follow from earlier ones."""
        self._report([(finding, None) for finding in findings])

    def report_errors(self, errors: Iterable[StepsmithError], *outer: str | int) -> None:
        """Adds the findings of errors in the same way, with their paths below `outer`."""
        each = [one for error in errors for one in error.each]
        self._report([(finding.inside(*outer), type(error)) for error in each for finding in error.findings])

    def _report(self, findings: Iterable[tuple[Finding, type[StepsmithError] | None]]) -> None:
        findings = [(self._at_field(finding), kind) for finding, kind in findings]
        are_consequences = [self._is_consequence(finding) for finding, _ in findings]
        for (finding, kind), is_consequence in zip(findings, are_consequences, strict=True):
            if not is_consequence:
                self._findings.setdefault(self.locate(self._at_shared_path(finding)), kind)
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
        argument = finding.path[2:]
        origin = origin_of(argument, step.origins) if step else None
        if origin is None or not argument:
            return finding
        data = {**finding.data, "argument": path_text(argument)}
        return replace(finding, path=(*finding.path[:2], *origin), data=data)

    def _at_shared_path(self, finding: Finding) -> Finding:
        """A finding about a value that steps share, at the one path that it has in the file."""
        path = next((path for path in paths_in_document(finding.path) if path in self._paths_in_file), finding.path)
        return replace(finding, path=path) if path[:1] != (STEPS,) else finding

    @property
    def _paths_in_file(self) -> Collection[Path]:
        return self.document.positions.keys if self.document else ()

    def _fail(self, finding: Finding) -> None:
        if not finding.is_about_key:
            self.fail(finding.path)
            return
        for key in finding.suggestion.values or [ANY_KEY]:
            path = (*finding.path[:-1], key)
            if path not in self._paths_in_file:
                self.fail(path)

    def _is_consequence(self, finding: Finding) -> bool:
        """Whether something that the finding depends on has failed: the value itself, or what it requires."""
        paths = (possible for path in (finding.path, *finding.requires) for possible in self._possible_paths(path))
        return any(self._has_failed(path) or self._may_be_unread(path) for path in paths)

    def _may_be_unread(self, path: Path) -> bool:
        """Whether a value may be in a file that could not be included."""
        if self.document is None or self.document.has_all_includes:
            return False
        is_shared = bool(path) and path[0] in SHARED_KEYS
        return is_shared and path[-1] not in (ANY_KEY, _USABLE_OUTPUTS) and path not in self._paths_in_file

    def _possible_paths(self, path: Path) -> list[Path]:
        """A path, and the path at which its value is in the file; if it is not there, all at which it may be."""
        paths = paths_in_document(path)
        return next(([path, other] for other in paths if other in self._paths_in_file), paths)

    def _has_failed(self, path: Path) -> bool:
        """Whether a path, something around it or, if it leads to a field, something in it has failed."""
        is_field = is_of_step_field(path) or path[:1] != (STEPS,)
        around = (path[:end] for end in range(1, len(path) + 1))
        return any(part in self._failed for part in around) or (is_field and path in self._failed_inside)
