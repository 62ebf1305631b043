"""The laws of a schedule, over generated definitions, in whatever order their steps end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stepsmith.definition.checks.references import dependencies
from stepsmith.definition.model import Step
from stepsmith.definition.references import Get
from stepsmith.local.schedule import Schedule

LAWS = settings(max_examples=150, deadline=None)


# Strategies are made once, and not for each step: to make one takes longer than to draw from it.
COUNTS = st.integers(0, 9)
BEFORE = [
    st.lists(st.sampled_from(range(index)), unique=True, max_size=3) if index else st.just([]) for index in range(9)
]
ORDERS = [st.permutations(range(count)) for count in range(10)]


@st.composite
def acyclic(draw):
    """Steps, each of which depends on some of the others, by name or by reference, written in any order."""
    count = draw(COUNTS)
    steps = []
    for index in range(count):
        reads = [Get(f"Steps.s{one}.A") for one in draw(BEFORE[index])]
        after = tuple(f"s{one}" for one in draw(BEFORE[index]))
        steps.append(Step(f"s{index}", "Processing", {"reads": reads}, after))
    return [steps[place] for place in draw(ORDERS[count])]


def played(steps, random, jobs, fails):
    """How a schedule went with so many steps at a time: what began and what was lost, in that order."""
    schedule = Schedule(steps)
    running, events = [], []
    while True:
        for step in schedule.ready()[: jobs - len(running)]:
            schedule.begin(step.name)
            running.append(step.name)
            events.append(("begun", step.name, None))
        if not running:
            return events, schedule
        ended = running.pop(random.randrange(len(running)))
        if ended in fails:
            events.append(("failed", ended, None))
            events += [("lost", name, waited_for) for name, waited_for in schedule.failed(ended).items()]
        else:
            events.append(("succeeded", ended, None))
            schedule.succeeded(ended)


PLAYS = given(
    acyclic(),
    st.randoms(use_true_random=False),
    st.integers(1, 4),
    st.sets(st.sampled_from([f"s{index}" for index in range(10)]), max_size=3),
)


@LAWS
@PLAYS
def test_every_step_begins_or_is_lost_once_and_nothing_is_left(steps, random, jobs, fails):
    events, schedule = played(steps, random, jobs, fails)
    assert sorted(name for what, name, _ in events if what in ("begun", "lost")) == sorted(step.name for step in steps)
    assert (schedule.left(), schedule.ready()) == ([], [])


@LAWS
@PLAYS
def test_no_step_begins_before_all_that_it_depends_on_have_succeeded(steps, random, jobs, fails):
    needs = {step.name: set(dependencies(step)) for step in steps}
    succeeded = set()
    for what, name, _ in played(steps, random, jobs, fails)[0]:
        assert what != "begun" or needs[name] <= succeeded
        succeeded |= {name} if what == "succeeded" else set()


@LAWS
@PLAYS
def test_a_step_is_lost_where_and_only_where_one_that_it_depends_on_failed_or_is_lost(steps, random, jobs, fails):
    needs = {step.name: set(dependencies(step)) for step in steps}
    events, _ = played(steps, random, jobs, fails)
    bereft = {name for what, name, _ in events if what in ("failed", "lost")}
    for what, name, waited_for in events:
        assert (what == "begun") <= (not needs[name] & bereft)
        assert what != "lost" or waited_for in needs[name] & bereft


@LAWS
@PLAYS
def test_of_the_steps_that_can_begin_the_first_ones_do(steps, random, jobs, fails):
    place = {step.name: index for index, step in enumerate(steps)}
    needs = {step.name: set(dependencies(step)) for step in steps}
    waiting, succeeded = set(place), set()
    for what, name, _ in played(steps, random, jobs, fails)[0]:
        if what == "begun":
            assert place[name] == min(place[one] for one in waiting if needs[one] <= succeeded)
        waiting -= {name} if what in ("begun", "lost") else set()
        succeeded |= {name} if what == "succeeded" else set()


@LAWS
@PLAYS
def test_no_more_steps_run_at_a_time_than_may_and_none_waits_that_could_run(steps, random, jobs, fails):
    needs = {step.name: set(dependencies(step)) for step in steps}
    running, waiting, succeeded = set(), set(needs), set()
    for what, name, _ in played(steps, random, jobs, fails)[0]:
        if what in ("failed", "succeeded"):
            could = [one for one in waiting if needs[one] <= succeeded]
            assert len(running) == jobs or not could
        running ^= {name} if what != "lost" else set()
        waiting -= {name} if what in ("begun", "lost") else set()
        succeeded |= {name} if what == "succeeded" else set()
        assert len(running) <= jobs
