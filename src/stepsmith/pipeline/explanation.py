"""Why each input of a pipeline is filled by what fills it: as the compiler has it filled, though nothing is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.parse import from_expression
from stepsmith.layers.explanation import explain
from stepsmith.layers.offers import Declared, Offers
from stepsmith.pipeline.compiler import builder_of, dag_of, elsewhere_of

if TYPE_CHECKING:
    from stepsmith.layers.explanation import Explanation
    from stepsmith.pipeline.pipeline import Pipeline


def explain_pipeline(pipeline: Pipeline) -> dict[str, list[Explanation]]:
    """The explanations of every step's inputs, by the steps' names, each step after those that it comes after.

    No file is read but the pipeline's own. Raises: DagError when the steps have no order; StepError when one is of no
    step type that can be used.
    """
    dag = dag_of(pipeline)
    offers = Offers()
    explained: dict[str, list[Explanation]] = {}
    for name in dag.order():
        entry, direct = pipeline.steps[name], dag.direct(name)
        builder = builder_of(pipeline, entry)
        explained[name] = explain(
            builder.specification,
            offers.upstream(direct),
            from_expression(entry.inputs),
            builder.written_inputs(),
            type(builder.config).model_fields,
            lambda name=name: elsewhere_of(pipeline, name, dag),  # type: ignore[misc]
        )
        offers.add(Declared(name, builder.specification), direct)
    return explained
