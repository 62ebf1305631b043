"""From a declared pipeline to a definition and its assets. Pure: files are read, and nothing else happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stepsmith.definition.assets import Asset, Compiled
from stepsmith.definition.checks import faults_of
from stepsmith.definition.checks.names import check_step_name
from stepsmith.definition.digests import NO_DIGESTS
from stepsmith.definition.emit import emit
from stepsmith.definition.fitting import fitted
from stepsmith.definition.model import PipelineDefinition
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get
from stepsmith.diagnostics import Faults, StepsmithError, error_of, errors_of
from stepsmith.layers.builder import EXECUTION_ROLE
from stepsmith.layers.offers import Declared, Offers
from stepsmith.pipeline.dag import PipelineDAG
from stepsmith.registry import own_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stepsmith.definition.digests import Digests
    from stepsmith.layers.builder import StepBuilderBase
    from stepsmith.layers.built import BuiltStep
    from stepsmith.pipeline.pipeline import Pipeline, StepEntry

# Which of what a pipeline declares for all steps stands with what is compiled.
_FACTS = {"region": "region", "role": "role", "location": "pipeline_s3_loc"}


def compile_pipeline(pipeline: Pipeline, digests: Digests = NO_DIGESTS) -> Compiled:
    """The definition and assets of a pipeline. Steps stand in an order that does not depend on how they were added.

    Files of which `digests` knows the digest are not read.

    Raises: every fault that could be found, together, each with its place.
    """
    try:
        built = build_steps(pipeline, digests)
        definition = definition_of(pipeline, built)
        found = faults_of(definition)
        if found:
            raise errors_of(found)
    except StepsmithError as error:
        raise error.mapped(pipeline.locate) from None
    facts = {name: pipeline.shared.get(field) for name, field in _FACTS.items()}
    known = {name: value for name, value in facts.items() if isinstance(value, str)}
    return Compiled(pipeline.name, emit(definition), _assets(built), **known)


def build_steps(pipeline: Pipeline, digests: Digests = NO_DIGESTS) -> list[BuiltStep]:
    """The steps of a pipeline, built, each after those that it comes after.

    Raises: every fault, together; what comes after a step that could not be built is not reported for that alone.
    """
    faults = Faults()
    _check_step_names(pipeline, faults)
    dag = dag_of(pipeline)
    try:
        order = dag.order()
    except StepsmithError as error:
        # Without an order what each step is given is not known; what each config says for itself is.
        faults.add(error)
        order = []
        with faults.caught():
            check_each(pipeline)
    built: dict[str, BuiltStep] = {}
    offers = Offers()
    for name in order:
        direct = dag.direct(name)
        with faults.caught("steps", name):
            if all(one in built for one in direct):
                builder = builder_of(pipeline, pipeline.steps[name])
                builder.digests = digests
                built[name] = _build(pipeline, builder, name, dag, [built[one] for one in direct], offers)
                offers.add(built[name], direct)
            else:
                check_alone(pipeline, pipeline.steps[name])
    faults.raise_if_any()
    return list(built.values())


def check_each(pipeline: Pipeline) -> None:
    """Checks each step for itself, where the whole cannot be built because a step could not be read.

    Raises: every fault, together.
    """
    faults = Faults()
    _check_step_names(pipeline, faults)
    for entry in pipeline.steps.values():
        with faults.caught("steps", entry.name):
            check_alone(pipeline, entry)
    faults.raise_if_any()


def dag_of(pipeline: Pipeline) -> PipelineDAG:
    """The DAG that `after` and the inputs wired by hand draw."""
    dag = PipelineDAG(pipeline.steps)
    for step in pipeline.steps.values():
        for before in step.after:
            dag.add_edge(before, step.name)
        for wire in step.inputs.values():
            before = wire.partition(".")[0] if isinstance(wire, str) else ""
            if before in pipeline.steps:  # the resolver says what is wrong with any other wire
                dag.add_edge(before, step.name)
    return dag


def _check_step_names(pipeline: Pipeline, faults: Faults) -> None:
    for name in pipeline.steps:
        for finding in check_step_name(name):
            faults.add(error_of(finding))


def builder_of(pipeline: Pipeline, entry: StepEntry) -> StepBuilderBase:
    """The builder of a step, with its config as the pipeline fills it."""
    step = pipeline.registry.get(entry.step_type)
    with own_code(step):
        config = entry.config.with_shared(pipeline.shared)
        return step.builder_class(config, registry_manager=pipeline.registry, base_dir=pipeline.base_dir)


def check_alone(pipeline: Pipeline, entry: StepEntry) -> None:
    """Checks what a step's config says for itself. Raises: every fault."""
    builder = builder_of(pipeline, entry)
    with own_code(pipeline.registry.get(entry.step_type)):
        builder.check_alone()


def _build(
    pipeline: Pipeline,
    builder: StepBuilderBase,
    name: str,
    dag: PipelineDAG,
    direct: Sequence[BuiltStep],
    offers: Offers,
) -> BuiltStep:
    entry = pipeline.steps[name]
    with own_code(pipeline.registry.get(entry.step_type)):
        return builder.create_step(
            direct,
            entry.name,
            inputs=entry.inputs,
            upstream=offers.upstream(step.name for step in direct),
            elsewhere=lambda: elsewhere_of(pipeline, entry.name, dag),
        )


def definition_of(pipeline: Pipeline, built: Sequence[BuiltStep]) -> PipelineDefinition:
    """The definition of a pipeline's built steps, unchecked."""
    parameters = dict(pipeline.parameters)
    steps = tuple(step.definition_step for step in built)
    if parameters:
        steps = tuple(replace(step, arguments=fitted(step.type, step.arguments, parameters)) for step in steps)
    role = Get(f"Parameters.{EXECUTION_ROLE}")
    if any(role in step.references for step in built):
        parameters.setdefault(EXECUTION_ROLE, Parameter(EXECUTION_ROLE))
    return PipelineDefinition(steps, tuple(parameters[name] for name in sorted(parameters)))


def elsewhere_of(pipeline: Pipeline, name: str, dag: PipelineDAG) -> list[Declared]:
    """The steps that could stand before a step and do not."""
    placed = {name, *dag.upstream(name), *dag.downstream(name)}
    return [
        Declared(one, pipeline.registry.get(entry.step_type).specification)
        for one, entry in pipeline.steps.items()
        if one not in placed
    ]


def _assets(built: Iterable[BuiltStep]) -> tuple[Asset, ...]:
    """Each asset once, by its URI: steps of one type share their code, and it needs what any of them needs it to."""
    assets: dict[str, Asset] = {}
    for asset in (asset for step in built for asset in step.assets):
        assets[asset.uri] = assets.get(asset.uri, asset).needing_also(asset)
    return tuple(assets[uri] for uri in sorted(assets))
