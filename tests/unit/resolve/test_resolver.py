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
from stepsmith.diagnostics import FaultsError, ResolutionError
from stepsmith.resolve.resolver import ALIAS, EXACT_NAME, KEYWORD, WIRED, WRITTEN
from stepsmith.resolve.upstream import DeclaredStep, StepOutputs


def needs(*names, **more):
    dependencies = tuple(DependencySpec(logical_name=name, **more) for name in names)
    return StepSpecification(step_type="Sink", node_type=NodeType.SINK, dependencies=dependencies)


def offers(step, **outputs):
    specs = tuple(OutputSpec(logical_name=name, aliases=aliases) for name, aliases in outputs.items())
    return DeclaredStep(step, StepSpecification(step_type="Source", node_type=NodeType.SOURCE, outputs=specs))


def resolve(specification, *upstream, **more):
    """The rule that fills each input, and the output that does; None where it is the config."""
    sources = UnifiedDependencyResolver().resolve(specification, upstream, **more)
    return {name: (source.rule, str(source) if source.provider else None) for name, source in sources.items()}


NAMED, ALIASED = offers("named", model=()), offers("aliased", artifact=("model",))


def test_a_wire_is_followed_before_anything_else():
    found = resolve(needs("model"), NAMED, ALIASED, wired={"model": "aliased.artifact"}, written={"model"})
    assert found == {"model": (WIRED, "aliased.artifact")}


def test_a_reference_may_be_wired():
    reference = Get("Steps.find.ProcessingJobArn")
    (source,) = UnifiedDependencyResolver().resolve(needs("model"), [NAMED], {"model": reference}).values()
    assert (source.rule, source.reference, source.provider) == (WIRED, reference, None)
    assert str(source) == "Steps.find.ProcessingJobArn"


@pytest.mark.parametrize(
    "wire",
    [1, NotImplemented, ["named.model"], {"a": "x" * 1000}],
    ids=["a number", "an object", "a list", "a mapping"],
)
def test_nothing_else_is_wired(expect_error, wire):
    with expect_error("RES003", "model", kind=ResolutionError) as raised:
        resolve(needs("model"), wired={"model": wire})
    assert len(str(raised.value)) < 250


def test_an_exact_name_goes_before_a_written_value():
    assert resolve(needs("model"), NAMED, ALIASED, written={"model"}) == {"model": (EXACT_NAME, "named.model")}


def test_a_written_value_goes_before_an_alias():
    assert resolve(needs("model"), ALIASED, written={"model"}) == {"model": (WRITTEN, None)}


def test_an_alias_fills_what_nothing_else_does():
    assert resolve(needs("model"), ALIASED) == {"model": (ALIAS, "aliased.artifact")}


@pytest.mark.parametrize(
    "upstream",
    [
        pytest.param((NAMED, offers("other", model=())), id=EXACT_NAME),
        pytest.param((ALIASED, offers("other", thing=("model",))), id=ALIAS),
    ],
)
def test_two_candidates_by_one_rule_are_an_error_that_lists_them_and_the_line_to_write(expect_error, upstream):
    with expect_error("RES002", "model", kind=ResolutionError):
        resolve(needs("model"), *upstream)


def chain(*steps):
    """What the last of a line of steps is offered."""
    line = StepOutputs()
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
    nearer = DeclaredStep("near", StepSpecification(step_type="S", node_type=NodeType.SOURCE, outputs=(payload,)))
    (source,) = UnifiedDependencyResolver().resolve(needs("data"), chain(offers("far", data=()), nearer)).values()
    assert str(source) == "far.data"


def test_a_wire_to_another_type_is_refused(expect_error):
    with expect_error("RES005", "model", kind=ResolutionError):
        resolve(needs("model", dependency_type="hyperparameters"), NAMED, wired={"model": "named.model"})
    with expect_error("RES005", "model", kind=ResolutionError):
        resolve(needs("model", data_type="String"), NAMED, wired={"model": "named.model"})


def test_a_keyword_fills_what_nothing_else_does():
    spec = needs("weights", semantic_keywords=["Model"])
    assert resolve(spec, NAMED, offers("other", remodelled=("model",))) == {"weights": (KEYWORD, "named.model")}
    assert resolve(spec, NAMED, written={"weights"}) == {"weights": (WRITTEN, None)}


@pytest.mark.parametrize(
    ("more", "upstream", "code"),
    [
        pytest.param({}, (NAMED, offers("other", old_model=())), "RES002", id="two outputs"),
        pytest.param({"compatible_sources": ["TrainingStep"]}, (NAMED,), "RES001", id="another source"),
        pytest.param({"data_type": "String"}, (NAMED,), "RES001", id="other data"),
    ],
)
def test_a_keyword_never_guesses(expect_error, more, upstream, code):
    with expect_error(code, "weights", kind=ResolutionError):
        resolve(needs("weights", semantic_keywords=["model"], **more), *upstream)


def test_a_keyword_of_several_words_wants_them_all():
    spec = needs("weights", semantic_keywords=["packaged_model"])
    assert resolve(spec, offers("one", PackagedModel=()), NAMED) == {"weights": (KEYWORD, "one.PackagedModel")}


def test_what_would_fill_an_input_but_for_its_type_is_told(expect_error):
    with expect_error("RES001", "model", kind=ResolutionError):
        resolve(needs("model", data_type="String"), NAMED)


@pytest.mark.parametrize("sources", [["Source"], ["ProcessingStep"], ["LocalFile", "Source"]])
def test_a_source_is_compatible_by_its_type_or_its_kind(sources):
    spec = needs("weights", semantic_keywords=["model"], compatible_sources=sources)
    assert resolve(spec, NAMED) == {"weights": (KEYWORD, "named.model")}


def test_a_keyword_fills_no_input_that_may_stay_empty():
    assert resolve(needs("weights", required=False, semantic_keywords=["model"]), NAMED) == {}


def test_a_required_input_that_nothing_fills_is_an_error_that_says_what_upstream_offers(expect_error):
    with expect_error("RES001", "data", kind=ResolutionError):
        resolve(needs("data"), NAMED)


def test_an_input_that_nothing_fills_is_told_with_what_would_help(expect_error):
    with expect_error("RES001", "model", kind=ResolutionError):
        resolve(needs("model"), elsewhere=lambda: [NAMED, ALIASED, offers("other", data=())])
    with expect_error("RES001", "model", kind=ResolutionError):
        resolve(needs("model"), settable={"model"})


def test_an_optional_input_may_stay_empty():
    assert resolve(needs("data", required=False), NAMED) == {}


def test_all_unresolved_inputs_are_told_at_once(expect_error):
    with expect_error([("RES001", "one"), ("RES001", "two")], kind=FaultsError):
        resolve(needs("one", "two"), NAMED)


@pytest.mark.parametrize("wire", ["nmed.model", "named.modell", "named.artifact"])
def test_a_wire_that_leads_nowhere_is_refused_with_the_nearest(expect_error, wire):
    with expect_error("RES003", "model", kind=ResolutionError):
        resolve(needs("model"), NAMED, wired={"model": wire})


def test_a_wire_into_an_input_that_is_not_there_is_refused(expect_error):
    with expect_error("RES004", "inputs.modle", kind=ResolutionError):
        resolve(needs("model"), NAMED, wired={"modle": "named.model"})


def test_the_order_of_the_steps_means_nothing():
    upstream = [NAMED, offers("other", data=()), offers("third", thing=("payload",))]
    found = [resolve(needs("model", "data", "payload"), *order) for order in itertools.permutations(upstream)]
    assert all(one == found[0] for one in found)


def test_one_output_may_fill_many_inputs():
    both = offers("both", model=("data",))
    assert resolve(needs("model", "data"), both) == {"model": (EXACT_NAME, "both.model"), "data": (ALIAS, "both.model")}
