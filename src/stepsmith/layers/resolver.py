"""Which source fills which input.

The rules, in their order; what an earlier one fills no later one touches:

1. wired: what the user wrote under `inputs:`, an output of a step or a reference;
2. exact name: an output of a step upstream that has the input's own name;
3. written: the value that the user wrote in the config;
4. alias: an output of a step upstream that has the input's name among its aliases.

Laws: (i) two candidates within a rule are an error that lists them; (ii) the order in which the steps are given means
nothing; (iii) every fault is reported at once; (iv) an output may fill many inputs, an input has one source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.definition.references import Reference, described
from stepsmith.errors import Faults, ResolutionError, nearest, shown
from stepsmith.layers.offers import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from stepsmith.layers.offers import Provider
    from stepsmith.layers.specification import DependencySpec, OutputSpec, StepSpecification

WIRED, EXACT_NAME, WRITTEN, ALIAS = "wired", "exact name", "written", "alias"


@dataclass(frozen=True, slots=True)
class Source:
    """What fills an input, and by which rule: a step's output, a reference that the user wired, or else the config."""

    rule: str
    provider: Provider | None = None
    output: OutputSpec | None = None
    reference: Reference | None = None

    def __str__(self) -> str:
        if self.reference is not None:
            return described(self.reference)
        if self.provider is None or self.output is None:
            return "the config"
        return f"{self.provider.name}.{self.output.logical_name}"

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is not the config that fills the input."""
        return self.provider is not None or self.reference is not None


class UnifiedDependencyResolver:
    """Fills the inputs of one step from the steps upstream of it and from its config."""

    def resolve(
        self,
        specification: StepSpecification,
        upstream: Upstream | Iterable[Provider] = (),
        wired: Mapping[str, str | Reference] | None = None,
        written: Collection[str] = (),
        settable: Collection[str] = (),
        elsewhere: Callable[[], Sequence[Provider]] = tuple,
    ) -> dict[str, Source]:
        """The source of each dependency that has one, by the dependency's name.

        `wired` maps an input to `step.output` or to a reference; `written` names the inputs that the config fills. What
        is `settable` in the config, and which steps stand `elsewhere` in the pipeline, decides nothing: an error says
        what would help.
        Raises: ResolutionError when a required input has no source, when two tie, or when a wire leads nowhere.
        """
        before = upstream if isinstance(upstream, Upstream) else Upstream.of(upstream)
        wires = dict(wired or {})
        faults = Faults()
        sources: dict[str, Source] = {}
        for dependency in specification.dependencies:
            with faults.caught(dependency.logical_name):
                wire = wires.pop(dependency.logical_name, None)
                source = _source(dependency, before, wire, written)
                if source is None and dependency.required:
                    raise _unfilled(dependency.logical_name, before, settable, elsewhere)
                if source:
                    sources[dependency.logical_name] = source
        known = [dependency.logical_name for dependency in specification.dependencies]
        for name in wires:
            what = f"{specification.step_type} has no input {name!r} to wire"
            faults.add(ResolutionError("RES004", what, where=f"inputs.{name}", fix=nearest(name, known)))
        faults.raise_if_any()
        return sources


def _source(
    dependency: DependencySpec, upstream: Upstream, wire: str | Reference | None, written: Collection[str]
) -> Source | None:
    name = dependency.logical_name
    if wire is not None:
        return _wired(wire, upstream)
    exact = _only(name, EXACT_NAME, upstream.named(name), lambda output: output.logical_name == name)
    if exact:
        return exact
    if name in written:
        return Source(WRITTEN)
    return _only(name, ALIAS, upstream.aliased(name), lambda output: name in output.aliases)


def _unfilled(
    name: str, upstream: Upstream, settable: Collection[str], elsewhere: Callable[[], Sequence[Provider]]
) -> ResolutionError:
    offered = [str(Source("", one, output)) for one in upstream for output in one.specification.outputs]
    seen = f"upstream offers {', '.join(offered)}" if offered else "no step upstream offers anything"
    ways = [f"set {name}"] if name in settable else []
    found = [
        one.name
        for one in elsewhere()
        if any(name in (output.logical_name, *output.aliases) for output in one.specification.outputs)
    ]
    ways += [f"write after: {step}, which offers it" for step in found] or ["put a step that offers it in `after`"]
    fix = f"{', or '.join(ways)}, or wire it: inputs: {{{name}: step.output}}"
    return ResolutionError("RES001", f"nothing fills the required input {name!r}; {seen}", fix=fix)


def _wired(wire: str | Reference, upstream: Upstream) -> Source:
    if isinstance(wire, Reference):
        return Source(WIRED, reference=wire)
    if not isinstance(wire, str):
        what = f"an input is wired to step.output, or to a reference, and not to {shown(wire)}"
        raise ResolutionError("RES003", what, fix="write the step's name, a point and the output's name")
    step_name, _, output_name = wire.partition(".")
    provider = upstream.step(step_name)
    if provider is None:
        fix = nearest(step_name, [one.name for one in upstream])
        raise ResolutionError("RES003", f"no step {step_name!r} provides {wire!r}", fix=fix)
    output = provider.specification.output(output_name)
    if output is None:
        names = [one.logical_name for one in provider.specification.outputs]
        what = f"step {step_name!r} has no output {output_name!r}"
        raise ResolutionError("RES003", what, fix=nearest(output_name, names))
    return Source(WIRED, provider, output)


def _only(name: str, rule: str, providers: Sequence[Provider], fits: Callable[[OutputSpec], bool]) -> Source | None:
    found = [
        Source(rule, provider, output)
        for provider in providers
        for output in provider.specification.outputs
        if fits(output)
    ]
    if len(found) > 1:
        candidates = ", ".join(str(source) for source in found)
        raise ResolutionError(
            "RES002",
            f"{len(found)} outputs could fill the input {name!r} by {rule}: {candidates}",
            fix=f"wire one of them: inputs: {{{name}: {found[0]}}}",
        )
    return found[0] if found else None
