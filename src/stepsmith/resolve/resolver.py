"""Which source fills which input.

The rules, in their order; what an earlier one fills no later one touches:

1. wired: what the user wrote under `inputs:`, an output of a step or a reference;
2. exact name: the nearest output upstream that has the input's own name;
3. written: the value that the user wrote in the config;
4. alias: the nearest output upstream that has the input's name among its aliases;
5. keyword, for an input that must be filled: the only output upstream that comes from a step which the input names
   among its compatible sources, and has one of its keywords as a word in its name.

Laws: (i) an output of a type that the input does not take fills nothing, and to wire it is an error; (ii) nearest is by
the number of edges, and two that are equally near are an error that lists them; (iii) the order in which the steps are
given means nothing; (iv) every fault is reported at once; (v) an output may fill many inputs, an input has one source;
(vi) `explanation` asks the same rules, and goes on where the first that has a source ends it here: `rule_for` says by
which one an output could fill an input, however far away it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.definition.references import Get, Reference, display_text
from stepsmith.diagnostics import (
    MOST_LISTED,
    About,
    Example,
    Faults,
    ResolutionError,
    Rule,
    short_list,
    short_repr,
    suggest_names,
)
from stepsmith.resolve.compatibility import is_compatible_source, mismatch
from stepsmith.resolve.upstream import Upstream, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from stepsmith.resolve.upstream import Provider
    from stepsmith.step.specification import DependencySpec, OutputSpec, StepSpecification

PRECEDENCE = WIRED, EXACT_NAME, WRITTEN, ALIAS, KEYWORD = "wired", "exact name", "written", "alias", "keyword"


@dataclass(frozen=True, slots=True)
class Source:
    """What fills an input, and by which rule: a step's output, a reference that the user wired, or else the config."""

    rule: str
    provider: Provider | None = None
    output: OutputSpec | None = None
    reference: Reference | None = None

    def __str__(self) -> str:
        if self.reference is not None:
            return display_text(self.reference)
        if self.provider is None or self.output is None:
            return "the config"
        return f"{self.provider.name}.{self.output.logical_name}"

    @property
    def is_config(self) -> bool:
        """Whether the config fills the input."""
        return self.provider is None and self.reference is None


# Stands in for a value that nobody knows because of an error, so that all else can be checked. Every execution has it.
UNKNOWN = Get("Execution.PipelineExecutionArn")
UNKNOWN_SOURCE = Source("unknown", reference=UNKNOWN)


class UnifiedDependencyResolver:
    """Fills the inputs of one step from the steps upstream of it and from its config."""

    def resolve(
        self,
        specification: StepSpecification,
        upstream: Upstream | Iterable[Provider] = (),
        wired: Mapping[str, str | Reference] | None = None,
        written: Collection[str] = (),
        settable: Collection[str] = (),
        elsewhere: Callable[[], Iterable[Provider]] = tuple,
    ) -> dict[str, Source]:
        """The source of each dependency that has one, by the dependency's name.

        `wired` maps an input to `step.output` or to a reference; `written` names the inputs that the config fills. What
        is `settable` in the config, and which steps stand `elsewhere` in the pipeline, decides nothing: an error says
        what would help. Raises: ResolutionError when a required input has no source, when two tie, or when a wire leads
        nowhere, or to what the input does not take.
        """
        before = upstream if isinstance(upstream, Upstream) else Upstream.of(upstream)
        wires = dict(wired or {})
        faults = Faults()
        sources: dict[str, Source] = {}
        for dependency in specification.dependencies:
            name = dependency.logical_name
            with faults.collect(name):
                wire = wires.get(name)
                source = select(candidates_of(dependency, before, wire, name in written))
                if source is None and dependency.required:
                    raise unresolved_error(dependency, before, settable, elsewhere)
                if source:
                    sources[name] = source
        for error in unknown_wiring(specification, wired or {}):
            faults.add(error)
        faults.raise_if_any()
        return sources


def unknown_wiring(specification: StepSpecification, wired: Iterable[str]) -> list[ResolutionError]:
    """An error for each wire to an input that the step does not have."""
    known = [dependency.logical_name for dependency in specification.dependencies]
    return [
        ResolutionError(
            "RES004",
            f"{specification.step_type} has no input {name!r} to wire",
            where=("inputs", name),
            fix=suggest_names(name, known),
        )
        for name in wired
        if name not in known
    ]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The outputs by which a rule would fill an input, all equally near; and what is wrong, where it cannot."""

    rule: str
    candidates: list[Source]
    error: ResolutionError | None = None


def candidates_of(
    dependency: DependencySpec,
    upstream: Upstream,
    wire: str | Reference | None,
    is_written: bool,  # noqa: FBT001 - inside
) -> Iterator[Candidates]:
    """The rules that have something to say of an input, in their order; each is asked when it is come to."""
    if wire is not None:
        yield _wired(dependency, wire, upstream)
    yield from _nearest_candidates(dependency, EXACT_NAME, upstream)
    if is_written:
        yield Candidates(WRITTEN, [Source(WRITTEN)])
    yield from _nearest_candidates(dependency, ALIAS, upstream)
    if dependency.required and dependency.semantic_keywords:
        words = {word for keyword in dependency.semantic_keywords for word in words_of(keyword)}
        yield from _candidates_by_rule(dependency, KEYWORD, upstream.with_word(words))


def rule_for(dependency: DependencySpec, provider: Provider, output: OutputSpec) -> str:
    """The first rule that would have an output fill an input that nothing else fills, "" where none would."""
    name = dependency.logical_name
    if mismatch(dependency, output):
        return ""
    if output.logical_name == name:
        return EXACT_NAME
    if name in output.aliases:
        return ALIAS
    has_keyword = dependency.required and shares_keyword(dependency, output)
    return KEYWORD if has_keyword and is_compatible_source(dependency, provider, output) else ""


def _nearest_candidates(dependency: DependencySpec, rule: str, upstream: Upstream) -> Iterator[Candidates]:
    name = dependency.logical_name
    key = rule, name, dependency.dependency_type, dependency.data_type
    providers = upstream.nearest(name, key, lambda provider: bool(_sources_by_rule(dependency, rule, provider)))
    yield from _candidates_by_rule(dependency, rule, providers)


def _candidates_by_rule(dependency: DependencySpec, rule: str, providers: Iterable[Provider]) -> Iterator[Candidates]:
    """The candidates of a rule among these steps, if there are any that the input takes."""
    sources = [source for provider in providers for source in _sources_by_rule(dependency, rule, provider)]
    if sources:
        yield Candidates(rule, sources, _tie(dependency.logical_name, rule, sources) if len(sources) > 1 else None)


def _sources_by_rule(dependency: DependencySpec, rule: str, provider: Provider) -> list[Source]:
    outputs = provider.specification.outputs
    return [Source(rule, provider, output) for output in outputs if rule_for(dependency, provider, output) == rule]


def _tie(name: str, rule: str, sources: Sequence[Source]) -> ResolutionError:
    candidates = short_list(sources)
    lines = " or ".join(f"inputs: {{{name}: {source}}}" for source in sources[:MOST_LISTED])
    message = f"{len(sources)} outputs could fill the input {name!r} by {rule}: {candidates}"
    return ResolutionError("RES002", message, fix=f"wire one of them: {lines}")


def select(ranks: Iterable[Candidates]) -> Source | None:
    """The source by the first rule that has any.

    Raises: ResolutionError when it has several, or what it has will not do.
    """
    for rank in ranks:
        if rank.error is not None:
            raise rank.error
        return rank.candidates[0]
    return None


def _wired(dependency: DependencySpec, wire: str | Reference, upstream: Upstream) -> Candidates:
    if isinstance(wire, Reference):
        return Candidates(WIRED, [Source(WIRED, reference=wire)])
    try:
        provider, output = _follow_wire(wire, upstream)
    except ResolutionError as error:
        return Candidates(WIRED, [], error)
    source, reason = Source(WIRED, provider, output), mismatch(dependency, output)
    if not reason:
        return Candidates(WIRED, [source])
    message = f"{source} cannot fill the input {dependency.logical_name!r}: {reason}"
    return Candidates(WIRED, [source], ResolutionError("RES005", message, fix="wire an output of a type that it takes"))


def shares_keyword(dependency: DependencySpec, output: OutputSpec) -> bool:
    """Whether an output has all the words of one of an input's keywords in its name."""
    words = set(words_of(output.logical_name))
    return any(words.issuperset(words_of(keyword)) for keyword in dependency.semantic_keywords if keyword)


def _follow_wire(wire: object, upstream: Upstream) -> tuple[Provider, OutputSpec]:
    """The output that a wire leads to.

    Raises: ResolutionError when it leads nowhere.
    """
    if not isinstance(wire, str):
        message = f"an input is wired to step.output, or to a reference, and not to {short_repr(wire)}"
        raise ResolutionError("RES003", message, fix="write the step's name, a point and the output's name")
    step_name, _, output_name = wire.partition(".")
    provider = upstream.step(step_name)
    if provider is None:
        known = list(upstream.outputs.steps)
        message = f"no step {step_name!r} upstream provides {wire!r}"
        fix = suggest_names(step_name, known) if known else "an input is wired to a step's output, as step.output"
        raise ResolutionError("RES003", message, fix=fix)
    output = provider.specification.output(output_name)
    if output is None:
        names = [output.logical_name for output in provider.specification.outputs]
        message = f"step {step_name!r} has no output {output_name!r}"
        raise ResolutionError("RES003", message, fix=suggest_names(output_name, names))
    return provider, output


def _has_name(dependency: DependencySpec, output: OutputSpec) -> bool:
    names = (output.logical_name, *output.aliases)
    return dependency.logical_name in names or shares_keyword(dependency, output)


def unresolved_error(
    dependency: DependencySpec,
    upstream: Upstream,
    settable: Collection[str],
    elsewhere: Callable[[], Iterable[Provider]],
) -> ResolutionError:
    """What is wrong where nothing fills an input that has to be filled, and what would."""
    name = dependency.logical_name
    offered = [Source("", provider, output) for provider in upstream for output in provider.specification.outputs]
    offered_text = f"upstream offers {short_list(offered)}" if offered else "no step upstream offers anything"
    unfit = (
        f"; {Source('', provider, output)} would, but {reason}"
        for provider in upstream
        for output in provider.specification.outputs
        if _has_name(dependency, output) and (reason := mismatch(dependency, output))
    )
    offered_text += next(unfit, "")
    ways = [f"set {name}"] if name in settable else []
    later_steps = [
        provider.name
        for provider in elsewhere()
        if any(
            name in (output.logical_name, *output.aliases) and not mismatch(dependency, output)
            for output in provider.specification.outputs
        )
    ]
    ways += [f"write after: {step}, which offers it" for step in sorted(later_steps)[:MOST_LISTED]] or [
        "put a step that offers it in `after`"
    ]
    fix = f"{', or '.join(ways)}, or wire it: inputs: {{{name}: step.output}}"
    return ResolutionError("RES001", f"nothing fills the required input {name!r}; {offered_text}", fix=fix)


RULES = (
    Rule(
        "RES001",
        "An input that nothing fills",
        "The input is required, and neither a previous step nor the config provides it.",
        About.PIPELINE,
        "Set the field, add the step that provides it to `after`, or wire the input: `inputs: {input: "
        "step.output}`. `stepsmith explain` shows what each input was offered.",
        Example("pipeline.yaml", "    code: inference/\n    after: model\n", "    code: inference/\n"),
    ),
    Rule(
        "RES002",
        "An input with two candidates",
        "Two outputs are equally close and match by the same rule. Stepsmith does not guess which one you mean.",
        About.PIPELINE,
        "Wire the input to one of them: `inputs: {input: step.output}`.",
        Example(
            "pipeline.yaml",
            "    code: inference/\n    after: model\n",
            "    code: inference/\n    after: [model, other]\n  other:\n    type: DummyTraining\n    "
            "pretrained_model_path: model/\n",
        ),
    ),
    Rule(
        "RES003",
        "A wire to an output that does not exist",
        "`inputs` wires an input to an output of a previous step, by the output's own name.",
        About.PIPELINE,
        "Correct the name of the step or the output, and make sure that the step comes before this one (`after`).",
        Example(
            "pipeline.yaml", "    code: inference/\n", "    code: inference/\n    inputs: {model_input: model.model}\n"
        ),
    ),
    Rule(
        "RES004",
        "A wire to an input that does not exist",
        "The step has no input with that name, so the wire would have no effect.",
        About.PIPELINE,
        "Correct the name of the input. `stepsmith steps show TYPE` lists the inputs of a step.",
        Example(
            "pipeline.yaml",
            "    code: inference/\n",
            "    code: inference/\n    inputs: {model_inputs: model.model_output}\n",
        ),
    ),
    Rule(
        "RES005",
        "A wire to an output of an incompatible type",
        "Each input accepts certain types of outputs. A wire cannot override that, because the script would "
        "get something that it cannot read.",
        About.PIPELINE,
        "Wire the input to an output of a type that it accepts.",
    ),
)
