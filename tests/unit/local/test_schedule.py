from stepsmith.definition.model import Step
from stepsmith.definition.references import Get, Join
from stepsmith.local.schedule import Schedule


def step(name, *after, reads=()):
    """A step that depends on some by DependsOn and on others by reading them."""
    read = [Join("/", [Get(f"Steps.{one}.ProcessingJobArn"), "x"]) for one in reads]
    return Step(name, "Processing", {"Environment": read}, tuple(after))


def ready(schedule):
    return [step.name for step in schedule.ready()]


def test_steps_that_depend_on_nothing_can_begin_at_once_in_the_order_in_which_they_stand():
    assert ready(Schedule([step("c"), step("a"), step("b")])) == ["c", "a", "b"]


def test_a_step_that_has_begun_can_not_begin_again():
    schedule = Schedule([step("a"), step("b")])
    schedule.begin("a")
    assert ready(schedule) == ["b"]
    assert schedule.left() == ["b"]


def test_a_step_waits_for_all_that_it_names_or_reads_and_for_nothing_else():
    schedule = Schedule([step("last", "a", reads=["b"]), step("a"), step("b"), step("slow")])
    for name in ("a", "b", "slow"):
        schedule.begin(name)
    schedule.succeeded("a")
    assert ready(schedule) == []
    schedule.succeeded("b")
    assert ready(schedule) == ["last"]


def test_a_step_that_names_and_reads_the_same_waits_for_it_once():
    schedule = Schedule([step("a"), step("b", "a", reads=["a", "a"])])
    schedule.begin("a")
    schedule.succeeded("a")
    assert ready(schedule) == ["b"]


def test_what_can_begin_later_but_stands_earlier_comes_first():
    schedule = Schedule([step("early", "c"), step("b"), step("c")])
    schedule.begin("c")
    schedule.succeeded("c")
    assert ready(schedule) == ["early", "b"]


def test_what_depends_on_a_step_that_failed_is_lost_on_whatever_way_each_with_what_it_waited_for():
    steps = [step("z", "y"), step("y", "x"), step("x", reads=["a"]), step("a"), step("b"), step("other", "b")]
    schedule = Schedule(steps)
    schedule.begin("a")
    assert list(schedule.failed("a").items()) == [("z", "y"), ("y", "x"), ("x", "a")]
    assert list(schedule.failed("a")) == []
    assert ready(schedule) == ["b"]
    assert schedule.left() == ["b", "other"]


def test_what_is_lost_is_told_in_the_order_in_which_it_stands():
    schedule = Schedule([step("c", "a"), step("b", "a"), step("a"), step("d", "c", "b")])
    schedule.begin("a")
    assert list(schedule.failed("a")) == ["c", "b", "d"]


def test_a_step_that_waits_for_one_that_failed_does_not_begin_when_the_other_succeeds():
    schedule = Schedule([step("a"), step("b"), step("both", "a", "b")])
    schedule.begin("a")
    schedule.begin("b")
    assert schedule.failed("a") == {"both": "a"}
    schedule.succeeded("b")
    assert ready(schedule) == []
    assert schedule.left() == []


def test_a_step_that_is_lost_twice_is_told_once():
    schedule = Schedule([step("a"), step("b"), step("both", "a", "b")])
    schedule.begin("a")
    schedule.begin("b")
    assert schedule.failed("a") == {"both": "a"}
    assert schedule.failed("b") == {}


def test_without_steps_there_is_nothing_to_begin():
    assert ready(Schedule([])) == []
