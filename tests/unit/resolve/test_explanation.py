from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepsmith import DependencySpec, Get, NodeType, OutputSpec, StepSpecification, UnifiedDependencyResolver
from stepsmith.diagnostics import Faults
from stepsmith.resolve.explanation import NewRejections, explain
from stepsmith.resolve.resolver import ALIAS, EXACT_NAME, KEYWORD, WRITTEN, Source
from stepsmith.resolve.upstream import DeclaredStep, StepOutputs, Upstream

CONFIG = str(Source(WRITTEN))


def needs(**more):
    dependency = DependencySpec(logical_name="model", semantic_keywords=("weights",), **more)
    return StepSpecification(step_type="Sink", node_type=NodeType.SINK, dependencies=(dependency,))


def offers(step, **outputs):
    specs = tuple(OutputSpec(logical_name=name, aliases=aliases) for name, aliases in outputs.items())
    return DeclaredStep(step, StepSpecification(step_type="Source", node_type=NodeType.SOURCE, outputs=specs))


@pytest.fixture
def explained(snapshot):
    """Explains the one input of a specification: its source, and by which rule each other could have filled it."""

    def call(specification, *upstream, wired=(), **more):
        (found,) = explain(specification, Upstream.of(upstream), dict(wired), **more)
        snapshot(reasons(found))
        return found.source and str(found.source), rules(found)

    return call


def rules(found):
    return {loser.source: loser.rule for loser in found.rejected()}


def reasons(found):
    return "\n".join(f"{loser.source}: {loser.reason}" for loser in found.rejected())


ALL = (offers("named", model=()), offers("aliased", x=("model",)), offers("worded", old_weights=()), offers("no", y=()))


def test_the_winner_is_told_with_all_that_lost_and_why(explained):
    assert explained(needs(), *ALL, configured={"model"}) == (
        "named.model",
        {CONFIG: WRITTEN, "aliased.x": ALIAS, "worded.old_weights": KEYWORD, "no.y": ""},
    )


def test_a_wire_goes_before_all_and_its_output_is_told_once(explained):
    source, losers = explained(needs(), *ALL, wired={"model": "aliased.x"})
    assert source == "aliased.x"
    assert losers == {"named.model": EXACT_NAME, "worded.old_weights": KEYWORD, "no.y": ""}
    assert explained(needs(), *ALL, wired={"model": Get("Parameters.P")})[0] == "Parameters.P"


def test_what_is_further_away_is_told(snapshot):
    line = StepOutputs()
    line.add(offers("far", model=()))
    line.add(offers("near", model=()), ["far"])
    (found,) = explain(needs(), line.upstream(["near"]), {})
    assert str(found.source) == "near.model"
    assert rules(found) == {"far.model": EXACT_NAME}
    snapshot(reasons(found))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"required": False}, id="an optional input"),
        pytest.param({"data_type": "String"}, id="other data"),
        pytest.param({"compatible_sources": ("TrainingStep",)}, id="another source"),
    ],
)
def test_why_a_keyword_does_not_do(explained, more):
    assert explained(needs(**more), ALL[2]) == (None, {"worded.old_weights": ""})


def test_a_tie_is_told_with_its_error(snapshot):
    (found,) = explain(needs(), Upstream.of([ALL[0], offers("other", model=())]), {})
    assert (found.source, found.error.code) == (None, "RES002")
    assert rules(found) == {"named.model": EXACT_NAME, "other.model": EXACT_NAME}
    snapshot(reasons(found))


def test_what_nothing_fills_is_told_with_its_error(snapshot):
    (found,) = explain(needs(), Upstream.of([ALL[3]]), {}, settable={"model"})
    assert (found.source, found.error.code) == (None, "RES001")
    snapshot(found.error)
    assert explain(needs(required=False), Upstream.of([ALL[3]]), {})[0].error is None


@pytest.mark.parametrize(("wire", "code"), [("named.nothing", "RES003"), ("nowhere.model", "RES003")])
def test_a_wire_that_leads_nowhere_is_told_with_its_error(wire, code):
    (found,) = explain(needs(), Upstream.of(ALL), {"model": wire})
    assert (found.source, found.error.code) == (None, code)


class Counted:
    """A step that counts how often somebody looks at what it offers."""

    def __init__(self, step):
        self.name, self._specification, self.looks = step.name, step.specification, 0

    @property
    def specification(self):
        self.looks += 1
        return self._specification


def test_what_does_not_fill_an_input_is_not_computed_unless_asked():
    line, steps = StepOutputs(), [Counted(offers(f"s{number}", old_weights=())) for number in range(9)]
    for number, one in enumerate(steps):
        line.add(one, [f"s{number - 1}"] if number else [])
    before = [one.looks for one in steps]
    (found,) = explain(needs(), line.upstream(["s8"]), {}, {"model"})
    assert [one.looks for one in steps] == before
    assert len(found.rejected()) == 9
    assert all(one.looks > count for one, count in zip(steps, before, strict=True))


def test_rivals_of_a_written_value_are_the_last_of_each_kind():
    line, worded, named = StepOutputs(), offers("", old_weights=()), offers("", other=("model",))
    for number, kind in enumerate([worded, worded, named, ALL[3], worded]):
        line.add(DeclaredStep(f"s{number}", kind.specification), [f"s{number - 1}"] if number else [])
    (found,) = explain(needs(), line.upstream(["s4"]), {}, {"model"})
    assert [(str(one), one.rule, count) for one, count in found.rivals()] == [
        ("s4.old_weights", KEYWORD, 3),
        ("s2.other", ALIAS, 1),
    ]


def test_a_loser_is_new_once_for_each_step_type_and_rule():
    new, line = NewRejections(), StepOutputs()
    line.add(offers("far", model=(), x=()))
    line.add(offers("near", model=()), ["far"])

    def of(step_type, after, wired=()):
        (found,) = explain(needs(), line.upstream([after]), dict(wired))
        return sorted(loser.source for loser in new.of(step_type, found))

    assert of("A", "far") == ["far.x"]
    assert of("A", "far") == []
    assert of("A", "near") == ["far.model"]  # it filled the input before, and loses now
    assert of("A", "near") == []
    assert of("B", "near") == ["far.model", "far.x"]
    assert of("A", "near", {"model": "far.x"}.items()) == ["far.model", "near.model"]
    assert new.has_repeats


NAMES = st.sampled_from(["model", "weights", "old_weights", "x", "y"])
STEPS = st.dictionaries(NAMES, st.sets(NAMES, max_size=2).map(tuple), min_size=1, max_size=3)


@given(st.lists(STEPS, max_size=6), st.data(), st.booleans(), st.booleans())
def test_what_is_explained_is_what_is_resolved_in_whatever_order_the_steps_are_added(drawn, data, is_written, required):
    steps = []
    for number, outputs in enumerate(drawn):
        taken = {name: tuple(alias for alias in aliases if alias not in outputs) for name, aliases in outputs.items()}
        seen = set()
        taken = {name: tuple(a for a in aliases if not (a in seen or seen.add(a))) for name, aliases in taken.items()}
        after = data.draw(st.sets(st.integers(0, max(number - 1, 0)), max_size=2)) if number else set()
        steps.append((offers(f"s{number}", **taken), after))
    specification, written = needs(required=required), {"model"} if is_written else set()
    last = data.draw(st.sets(st.integers(0, max(len(steps) - 1, 0)), max_size=3)) if steps else set()
    outcomes = []
    for order in (range(len(steps)), data.draw(st.permutations(range(len(steps))))):
        line = StepOutputs()
        placed = {}
        left = list(order)
        while left:  # each after those that it comes after, and else as it is drawn
            number = next(one for one in left if steps[one][1] <= set(placed))
            left.remove(number)
            line.add(steps[number][0], [f"s{one}" for one in steps[number][1]])
            placed[number] = True
        upstream = line.upstream([f"s{one}" for one in sorted(last)])
        (found,) = explain(specification, upstream, {}, written)
        faults = Faults()
        resolved = {}
        with faults.collect():
            resolved = UnifiedDependencyResolver().resolve(specification, upstream, {}, written)
        assert resolved.get("model") == found.source
        assert [error.code for error in faults.errors] == ([found.error.code] if found.error else [])
        outcomes.append((str(found.source), found.error and found.error.findings, set(found.rejected())))
    assert outcomes[0] == outcomes[1]
