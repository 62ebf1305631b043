from __future__ import annotations

import itertools

import pytest

from stepsmith import DependencySpec, Get, NodeType, OutputSpec, StepSpecification, UnifiedDependencyResolver
from stepsmith.errors import FaultsError, ResolutionError
from stepsmith.layers.offers import Declared
from stepsmith.layers.resolver import ALIAS, EXACT_NAME, WIRED, WRITTEN


def needs(*names, required=True):
    dependencies = tuple(DependencySpec(logical_name=name, required=required) for name in names)
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
    assert finding.fix.startswith("wire one of them: inputs: {model: ")


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
