from __future__ import annotations

import itertools

import pytest

from stepsmith import (
    DependencySpec,
    DependencyType,
    Get,
    NodeType,
    OutputSpec,
    StepSpecification,
    UnifiedDependencyResolver,
)
from stepsmith.errors import FaultsError, ResolutionError
from stepsmith.layers.offers import Declared, Offers
from stepsmith.layers.resolver import ALIAS, EXACT_NAME, KEYWORD, WIRED, WRITTEN


def needs(*names, **more):
    dependencies = tuple(DependencySpec(logical_name=name, **more) for name in names)
    return StepSpecification(step_type="Sink", node_type=NodeType.SINK, dependencies=dependencies)


def offers(step, **outputs):
    specs = tuple(OutputSpec(logical_name=name, aliases=aliases) for name, aliases in outputs.items())
    return Declared(step, StepSpecification(step_type="Source", node_type=NodeType.SOURCE, outputs=specs))


def resolve(specification, *upstream, **more):
    sources = UnifiedDependencyResolver().resolve(specification, upstream, **more)
    return {name: (source.rule, str(source)) for name, source in sources.items()}


NAMED, ALIASED = offers("named", model=()), offers("aliased", artifact=("model",))


def test_a_wire_is_followed_before_anything_else():
    found = resolve(needs("model"), NAMED, ALIASED, wired={"model": "aliased.artifact"}, written={"model"})
    assert found == {"model": (WIRED, "aliased.artifact")}


def test_a_reference_may_be_wired():
    reference = Get("Steps.find.ProcessingJobArn")
    (source,) = UnifiedDependencyResolver().resolve(needs("model"), [NAMED], {"model": reference}).values()
    assert (source.rule, source.reference, source.provider) == (WIRED, reference, None)
    assert str(source) == "Steps.find.ProcessingJobArn"


@pytest.mark.parametrize("wire", [1, object(), ["named.model"], {"a": "x" * 1000}])
def test_nothing_else_is_wired(wire):
    with pytest.raises(ResolutionError, match="RES003") as caught:
        resolve(needs("model"), wired={"model": wire})
    assert len(str(caught.value)) < 250


def test_an_exact_name_goes_before_a_written_value():
    assert resolve(needs("model"), NAMED, ALIASED, written={"model"}) == {"model": (EXACT_NAME, "named.model")}


def test_a_written_value_goes_before_an_alias():
    assert resolve(needs("model"), ALIASED, written={"model"}) == {"model": (WRITTEN, "the config")}


def test_an_alias_fills_what_nothing_else_does():
    assert resolve(needs("model"), ALIASED) == {"model": (ALIAS, "aliased.artifact")}


@pytest.mark.parametrize(
    ("upstream", "rule"),
    [((NAMED, offers("other", model=())), EXACT_NAME), ((ALIASED, offers("other", thing=("model",))), ALIAS)],
)
def test_two_candidates_by_one_rule_are_an_error_that_lists_them_and_the_line_to_write(upstream, rule):
    with pytest.raises(ResolutionError, match=f"2 outputs could fill the input 'model' by {rule}") as caught:
        resolve(needs("model"), *upstream)
    finding = caught.value.findings[0]
    assert all(provider.name in finding.what for provider in upstream)
    lines = [
        f"inputs: {{model: {provider.name}.{provider.specification.outputs[0].logical_name}}}" for provider in upstream
    ]
    assert finding.fix == f"wire one of them: {' or '.join(sorted(lines))}"


def chain(*steps):
    """What the last of a line of steps is offered."""
    line = Offers()
    for before, step in zip([None, *steps], steps, strict=False):
        line.add(step, [before.name] if before else [])
    return line.upstream([steps[-1].name])


@pytest.mark.parametrize(("aliases", "rule"), [((), EXACT_NAME), (("data",), ALIAS)])
def test_of_several_in_a_line_the_nearest_fills_the_input(aliases, rule):
    name = "other" if aliases else "data"
    upstream = chain(*(offers(step, **{name: aliases}) for step in ("first", "second", "third")), offers("last", x=()))
    (source,) = UnifiedDependencyResolver().resolve(needs("data"), upstream).values()
    assert (source.rule, str(source)) == (rule, f"third.{name}")


def test_what_is_nearer_and_of_another_type_fills_nothing():
    payload = OutputSpec(logical_name="data", output_type=DependencyType.CUSTOM_PROPERTY, property_path="properties.X")
    nearer = Declared("near", StepSpecification(step_type="S", node_type=NodeType.SOURCE, outputs=(payload,)))
    (source,) = UnifiedDependencyResolver().resolve(needs("data"), chain(offers("far", data=()), nearer)).values()
    assert str(source) == "far.data"


def test_a_wire_to_another_type_is_refused():
    with pytest.raises(ResolutionError, match=r"RES005.*it is a processing_output, and a hyperparameters takes"):
        resolve(needs("model", dependency_type="hyperparameters"), NAMED, wired={"model": "named.model"})
    with pytest.raises(ResolutionError, match=r"RES005.*its data are S3Uri, and String is wanted"):
        resolve(needs("model", data_type="String"), NAMED, wired={"model": "named.model"})


def test_a_keyword_fills_what_nothing_else_does():
    spec = needs("weights", semantic_keywords=["Model"])
    assert resolve(spec, NAMED, offers("other", remodelled=("model",))) == {"weights": (KEYWORD, "named.model")}
    assert resolve(spec, NAMED, written={"weights"}) == {"weights": (WRITTEN, "the config")}


@pytest.mark.parametrize(
    ("more", "upstream", "message"),
    [
        ({}, (NAMED, offers("other", old_model=())), "2 outputs could fill the input 'weights' by keyword"),
        ({"compatible_sources": ["TrainingStep"]}, (NAMED,), "nothing fills the required input 'weights'"),
        ({"data_type": "String"}, (NAMED,), "nothing fills the required input 'weights'"),
    ],
)
def test_a_keyword_never_guesses(more, upstream, message):
    with pytest.raises(ResolutionError, match=message):
        resolve(needs("weights", semantic_keywords=["model"], **more), *upstream)


def test_a_keyword_of_several_words_wants_them_all():
    spec = needs("weights", semantic_keywords=["packaged_model"])
    assert resolve(spec, offers("one", PackagedModel=()), NAMED) == {"weights": (KEYWORD, "one.PackagedModel")}


def test_what_would_fill_an_input_but_for_its_type_is_told():
    with pytest.raises(ResolutionError, match=r"named\.model would, but its data are S3Uri, and String is wanted"):
        resolve(needs("model", data_type="String"), NAMED)


@pytest.mark.parametrize("sources", [["Source"], ["ProcessingStep"], ["LocalFile", "Source"]])
def test_a_source_is_compatible_by_its_type_or_its_kind(sources):
    spec = needs("weights", semantic_keywords=["model"], compatible_sources=sources)
    assert resolve(spec, NAMED) == {"weights": (KEYWORD, "named.model")}


def test_a_keyword_fills_no_input_that_may_stay_empty():
    assert resolve(needs("weights", required=False, semantic_keywords=["model"]), NAMED) == {}


def test_a_required_input_that_nothing_fills_is_an_error_that_says_what_upstream_offers():
    with pytest.raises(ResolutionError, match=r"nothing fills the required input 'data'; upstream offers named\.model"):
        resolve(needs("data"), NAMED)


def test_an_input_that_nothing_fills_is_told_with_what_would_help():
    with pytest.raises(ResolutionError, match="write after: aliased, which offers it") as caught:
        resolve(needs("model"), elsewhere=lambda: [NAMED, ALIASED, offers("other", data=())])
    fix = caught.value.findings[0].fix
    assert "after: named" in fix
    assert "other" not in fix
    assert "set model" not in fix
    with pytest.raises(ResolutionError, match="set model, or put a step that offers it"):
        resolve(needs("model"), settable={"model"})


def test_an_optional_input_may_stay_empty():
    assert resolve(needs("data", required=False), NAMED) == {}


def test_all_unresolved_inputs_are_told_at_once():
    with pytest.raises(FaultsError) as caught:
        resolve(needs("one", "two"), NAMED)
    assert [finding.where for finding in caught.value.findings] == ["one", "two"]


@pytest.mark.parametrize(
    ("wire", "hint"),
    [
        ("nmed.model", "did you mean 'named'"),
        ("named.modell", "did you mean 'model'"),
        ("named.artifact", "known: model"),
    ],
)
def test_a_wire_that_leads_nowhere_is_refused_with_the_nearest(wire, hint):
    with pytest.raises(ResolutionError, match=hint):
        resolve(needs("model"), NAMED, wired={"model": wire})


def test_a_wire_into_an_input_that_is_not_there_is_refused():
    with pytest.raises(ResolutionError, match="no input 'modle'"):
        resolve(needs("model"), NAMED, wired={"modle": "named.model"})


def test_the_order_of_the_steps_means_nothing():
    upstream = [NAMED, offers("other", data=()), offers("third", thing=("payload",))]
    found = [resolve(needs("model", "data", "payload"), *order) for order in itertools.permutations(upstream)]
    assert all(one == found[0] for one in found)


def test_one_output_may_fill_many_inputs():
    both = offers("both", model=("data",))
    assert resolve(needs("model", "data"), both) == {"model": (EXACT_NAME, "both.model"), "data": (ALIAS, "both.model")}
