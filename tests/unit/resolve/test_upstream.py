from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stepsmith import NodeType, OutputSpec, PipelineDAG, StepSpecification
from stepsmith.resolve.upstream import DeclaredStep, StepOutputs, Upstream


def step(name, *outputs, aliases=()):
    outputs = outputs or ("something",)
    specs = tuple(OutputSpec(logical_name=output, aliases=aliases) for output in outputs)
    return DeclaredStep(name, StepSpecification(step_type="Source", node_type=NodeType.SOURCE, outputs=specs))


def names(providers):
    return [provider.name for provider in providers]


def test_a_step_is_offered_what_stands_before_those_it_comes_after():
    offers = StepOutputs()
    for one, after in (("a", ()), ("b", "a"), ("c", "b"), ("beside", ())):
        offers.add(step(one), after)
    assert names(offers.upstream(["c"])) == ["a", "b", "c"]
    assert names(offers.upstream(["beside", "a"])) == ["a", "beside"]
    assert names(offers.upstream([])) == []


def nearest(upstream, name, offers=lambda _: True):
    return names(upstream.nearest(name, name, offers))


def test_the_nearest_are_found_by_the_name_and_by_the_alias_of_an_output():
    upstream = Upstream.of([step("z", "model"), step("a", "model", aliases=("data",)), step("b", "data")])
    assert nearest(upstream, "model") == ["a", "z"]
    assert nearest(upstream, "data") == ["a", "b"]
    assert nearest(upstream, "other") == []


def test_steps_are_found_by_a_word_in_the_name_of_an_output():
    upstream = Upstream.of([step("a", "packaged_model"), step("b", "ModelCard"), step("c", "remodelled")])
    assert names(upstream.with_word(["model"])) == ["a", "b"]
    assert names(upstream.with_word(["other"])) == []


def test_a_step_that_is_not_accepted_hides_none_further_away():
    offers = StepOutputs()
    for one, after in (("a", ()), ("b", "a"), ("c", "b"), ("beside", "a"), ("other", ())):
        offers.add(step(one), after)
    upstream = offers.upstream(["c", "beside"])
    assert nearest(upstream, "something") == ["beside", "c"]
    further = upstream.nearest("something", "further", lambda provider: provider.name not in {"beside", "c"})
    assert names(further) == ["a", "b"]


def test_a_step_is_found_by_its_own_name_where_it_stands_before():
    offers = StepOutputs()
    for one in ("a", "b"):
        offers.add(step(one))
    assert offers.upstream(["a"]).step("a").name == "a"
    assert offers.upstream(["a"]).step("b") is None
    assert offers.upstream(["a"]).step("nowhere") is None


def test_of_two_steps_of_one_name_the_later_is_offered():
    assert Upstream.of([step("a", "old"), step("a", "new")]).step("a").specification.outputs[0].logical_name == "new"


@given(st.lists(st.sets(st.integers(0, 69)), min_size=1, max_size=70))
def test_what_stands_before_is_what_the_dag_says(drawn):
    # Each step comes after some of those before it; more steps than a machine's word has bits.
    before = {str(number): sorted(str(one) for one in after if one < number) for number, after in enumerate(drawn)}
    dag = PipelineDAG(before, [(one, name) for name, after in before.items() for one in after])
    offers = StepOutputs()
    for name, after in before.items():
        offers.add(step(name), after)
        assert names(offers.upstream(after)) == dag.upstream(name)


@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 69))), min_size=1, max_size=70))
def test_the_nearest_are_those_that_the_fewest_edges_lead_to(drawn):
    before = {str(number): sorted(str(one) for one in after if one < number) for number, (_, after) in enumerate(drawn)}
    offers = StepOutputs()
    for (has_model, _), (name, after) in zip(drawn, before.items(), strict=True):
        level = set(after)
        while level and not any(drawn[int(one)][0] for one in level):
            level = {further for one in level for further in before[one]}
        expected = sorted(one for one in level if drawn[int(one)][0])
        assert nearest(offers.upstream(after), "model") == expected
        offers.add(step(name, "model" if has_model else "other"), after)
