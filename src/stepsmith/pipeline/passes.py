"""The front end: functions with one signature, run in their order over one `Compilation`.

    read      pipeline.yaml and the files that it includes, as data with the position of each value
    declare   the data as a Pipeline: the config of each step, the edges and the parameters
    order     the steps, each after those that it depends on
    resolve   what fills each input
    build     the steps as requests, with their assets; it reads the files that the configs name
    coerce    the definition, in which each parameter has the type that its argument takes
    emit      the definition as JSON, if there is no error
    check     the definition against SageMaker's own model and limits
    lint      the pipeline by its rules; what they find does not keep it from being compiled and run

A pass adds its results and its findings to the compilation. If there are errors, it goes on as far as it can: something
unknown stands in for what an error hides, and what only follows from an error is not reported.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from stepsmith.build.builder import EXECUTION_ROLE, StepBuilderBase
from stepsmith.build.step_request import BuiltStep
from stepsmith.definition.assets import Asset, Compiled
from stepsmith.definition.checks import check as check_definition
from stepsmith.definition.checks.names import check_step_name
from stepsmith.definition.coercion import coerce_parameters
from stepsmith.definition.emit import emit as emit_definition
from stepsmith.definition.model import PipelineDefinition
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.parse import from_expression
from stepsmith.definition.references import Get
from stepsmith.diagnostics import About, Faults, Finding, StepsmithError
from stepsmith.diagnostics.catalogue import rules_in
from stepsmith.diagnostics.installed_rules import check_installed
from stepsmith.pipeline.dag import dag_of
from stepsmith.pipeline.declare import declare
from stepsmith.pipeline.include import read_document
from stepsmith.registry import guard_step_code
from stepsmith.resolve.explanation import explain
from stepsmith.resolve.resolver import UNKNOWN_SOURCE, Source, unknown_wiring
from stepsmith.resolve.upstream import DeclaredStep, StepOutputs, Upstream
from stepsmith.step.specification import NodeType, StepSpecification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.pipeline.compilation import Compilation

    Pass = Callable[[Compilation], None]

# What stands in for the specification of a step whose type is not known.
_UNKNOWN_STEP = StepSpecification(step_type="unknown", node_type=NodeType.SINGULAR)


def read(compilation: Compilation) -> None:
    """Reads the file, unless the compilation began with a pipeline, which knows what it was read from."""
    if compilation.pipeline is not None:
        compilation.document = compilation.pipeline.document
    elif compilation.path is not None:
        with compilation.reporting():
            compilation.document = document = read_document(compilation.path, compilation.environment)
            compilation.report_errors(document.errors)


def order(compilation: Compilation) -> None:
    """Orders the steps, without the edges that lead nowhere or close a cycle."""
    compilation.report(finding for name in compilation.steps for finding in check_step_name(name))
    compilation.dag, errors = dag_of(compilation.steps.values()).without_invalid_edges()
    for error in errors:
        compilation.report_errors([error.mapped(partial(_at_entry, compilation))])
        for name in error.findings[0].data.get("cycle", ()):
            compilation.fail(("steps", name, "after"))
    compilation.order = compilation.dag.order()


def _at_entry(compilation: Compilation, finding: Finding) -> Finding:
    """A finding about a step that `after` names, at its entry of the list."""
    after = compilation.steps[finding.step].after if finding.step in compilation.steps else ()
    name = finding.data.get("name")
    return replace(finding, path=(*finding.path, after.index(name))) if name in after else finding


def resolve(compilation: Compilation) -> None:
    """Decides for each input of each step what fills it."""
    outputs = StepOutputs()
    for name in compilation.order:
        entry, direct = compilation.steps[name], compilation.dag.predecessors(name)
        upstream = outputs.upstream(direct)
        compilation.fail_usable_outputs(name)
        specification = _UNKNOWN_STEP
        with compilation.reporting("steps", name):
            if entry.step_type:
                step = compilation.step_registry.get(entry.step_type)
                specification = step.specification
                builder = _builder(compilation, name, step)
                if builder is not None:
                    compilation.builders[name] = builder
                    _resolve_inputs(compilation, name, builder, upstream)
        outputs.add(DeclaredStep(name, specification), direct)


def _builder(compilation: Compilation, name: str, step: StepDeclaration) -> StepBuilderBase | None:
    """The builder of a step, with its config as the pipeline fills it; None if its config cannot be used."""
    pipeline, config = compilation.pipeline, compilation.steps[name].config
    if pipeline is None or config is None:
        return None
    with guard_step_code(step):
        return step.builder_class(
            config.with_shared(pipeline.shared),
            registry_manager=pipeline.registry,
            base_dir=pipeline.base_dir,
            digests=compilation.digests,
        )


def _resolve_inputs(compilation: Compilation, name: str, builder: StepBuilderBase, upstream: Upstream) -> None:
    wires = from_expression(compilation.steps[name].inputs)
    resolved = explain(
        builder.specification,
        upstream,
        wires,
        builder.written_inputs(),
        type(builder.config).model_fields,
        lambda: _elsewhere(compilation, name),
    )
    compilation.resolved[name] = resolved
    compilation.report_errors(unknown_wiring(builder.specification, wires), "steps", name)
    requires = compilation.source_requirements(name)
    compilation.report(
        replace(finding.inside("steps", name, explanation.dependency.logical_name), requires=requires)
        for explanation in resolved
        if explanation.error
        for finding in explanation.error.findings
    )


def _elsewhere(compilation: Compilation, name: str) -> Iterator[DeclaredStep]:
    """The steps that could be put before a step."""
    connected = {name, *compilation.dag.upstream(name), *compilation.dag.downstream(name)}
    for other, entry in compilation.steps.items():
        with suppress(StepsmithError):  # of a step type that cannot be used
            if other not in connected and entry.step_type:
                yield DeclaredStep(other, compilation.step_registry.get(entry.step_type).specification)


def build(compilation: Compilation) -> None:
    """Builds each step. A step after one that could not be built is built too, so that its own errors are found."""
    for name in compilation.order:
        builder = compilation.builders.get(name)
        built = BuiltStep.unfinished(name, builder.specification if builder else _UNKNOWN_STEP)
        if builder is not None:
            faults = Faults()
            with faults.collect(), guard_step_code(compilation.step_registry.get(compilation.steps[name].step_type)):
                before = [compilation.built[other] for other in compilation.dag.predecessors(name)]
                built = builder.create_step(before, name, sources=_sources(compilation, name), faults=faults)
            compilation.built[name] = built  # its findings, reported next, are about its fields
            compilation.report_errors(faults.errors, "steps", name)
        if built.is_unfinished:
            compilation.fail(("steps", name, "Arguments"))
        compilation.built[name] = built


def _sources(compilation: Compilation, name: str) -> dict[str, Source]:
    """What fills each input of a step, with the steps as they were built."""
    sources: dict[str, Source] = {}
    for explanation in compilation.resolved[name]:
        source = UNKNOWN_SOURCE if explanation.error else explanation.source
        if source is not None and source.provider is not None:
            source = replace(source, provider=compilation.built[source.provider.name])
        if source is not None:
            sources[explanation.dependency.logical_name] = source
    return sources


def coerce(compilation: Compilation) -> None:
    """Makes the definition of the steps that were built."""
    if compilation.pipeline is None:
        return
    parameters = dict(compilation.pipeline.parameters)
    built = [step for step in compilation.built.values() if not step.is_unfinished]
    steps = tuple(step.definition_step for step in built)
    if parameters:
        steps = tuple(
            replace(step, arguments=coerce_parameters(step.type, step.arguments, parameters)) for step in steps
        )
    role = Get(f"Parameters.{EXECUTION_ROLE}")
    if any(role in step.references for step in built):
        parameters.setdefault(EXECUTION_ROLE, Parameter(EXECUTION_ROLE))
    compilation.definition = PipelineDefinition(steps, tuple(parameters[name] for name in sorted(parameters)))


def emit(compilation: Compilation) -> None:
    """Writes the definition as JSON, and gathers the assets."""
    pipeline, definition = compilation.pipeline, compilation.definition
    if pipeline is None or definition is None or compilation.has_errors:
        return
    members = {"region": "region", "role": "role", "location": "pipeline_s3_loc"}
    shared = {name: pipeline.shared.get(field) for name, field in members.items()}
    literals: dict[str, Any] = {name: value for name, value in shared.items() if isinstance(value, str)}
    with compilation.reporting():
        text = emit_definition(definition)
        compilation.compiled = Compiled(pipeline.name, text, _assets(compilation.built), **literals)


def _assets(built: Mapping[str, BuiltStep]) -> tuple[Asset, ...]:
    """Each asset once, by its URI: steps of one type share their code, and it needs what any of them needs it to."""
    assets: dict[str, Asset] = {}
    for asset in (asset for step in built.values() for asset in step.assets):
        assets[asset.uri] = assets.get(asset.uri, asset).needing_also(asset)
    return tuple(assets[uri] for uri in sorted(assets))


def check(compilation: Compilation) -> None:
    """Checks the definition."""
    if compilation.definition is not None:
        size = len(compilation.compiled.definition.encode()) if compilation.compiled else None
        compilation.report(check_definition(compilation.definition, size_bytes=size))
    if compilation.compiled and not compilation.has_errors:
        compilation.compiled = replace(compilation.compiled, checked=compilation.compiled.definition)


def lint(compilation: Compilation) -> None:
    """Checks the pipeline by the rules of the room above, which the catalogue imports, and of other packages."""
    if compilation.pipeline is not None:
        checks = [rule.check for rule in rules_in("rules.pipeline") if rule.check]
        compilation.report(finding for check in checks for finding in check(compilation))
        compilation.report(check_installed(About.PIPELINE, compilation))


PASSES: tuple[Pass, ...] = (read, declare, order, resolve, build, coerce, emit, check, lint)


def run(compilation: Compilation, last: Pass = lint) -> Compilation:
    """Runs the passes up to `last`, and returns the compilation."""
    for each_pass in PASSES[: PASSES.index(last) + 1]:
        each_pass(compilation)
    return compilation
