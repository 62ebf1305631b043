import pytest

from stepsmith.local.step_outputs import StepOutputs, publish_complete


@pytest.fixture
def place(machine):
    """The folder of what a run needs only while it executes."""
    return machine.store.working_folder("run")


@pytest.fixture
def outputs_of(machine, place):
    return lambda step: StepOutputs(machine.store.objects, place, step)


@pytest.fixture
def folder_of(tmp_path):
    """A folder with files of the given names, each of which holds its name."""

    def make(*names):
        folder = tmp_path / f"folder of {names[0].replace('/', '-')}"
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
        return folder

    return make


def test_outputs_are_no_objects_before_they_are_published_and_then_all_are(outputs_of, folder_of, machine, place):
    outputs = outputs_of("a")
    outputs.gather(folder_of("one", "deep/two"), "s3://bucket/x")
    outputs.gather(folder_of("three"), "s3://other/y")
    assert machine.contents() == {}
    outputs.publish()
    assert machine.contents() == {"bucket/x/one": b"one", "bucket/x/deep/two": b"deep/two", "other/y/three": b"three"}
    assert [path for path in place.rglob("*") if path.is_file()] == []


def test_outputs_that_are_discarded_are_gone_and_those_of_other_steps_are_not(outputs_of, folder_of, machine):
    for step in ("a", "b"):
        outputs_of(step).gather(folder_of(step), f"s3://bucket/{step}")
    outputs_of("a").discard()
    outputs_of("a").publish()
    outputs_of("b").publish()
    assert machine.contents() == {"bucket/b/b": b"b"}


def test_outputs_that_were_published_are_not_discarded(outputs_of, folder_of, machine):
    outputs = outputs_of("a")
    outputs.gather(folder_of("one"), "s3://bucket/x")
    outputs.publish()
    outputs.discard()
    assert machine.contents() == {"bucket/x/one": b"one"}


def test_a_step_without_outputs_publishes_nothing(outputs_of, machine):
    outputs_of("a").publish()
    outputs_of("a").discard()
    assert not machine.store.root.exists()


def test_of_outputs_of_which_one_has_no_place_none_is_kept(outputs_of, folder_of, machine, expect_error):
    machine.put("s3://bucket/taken", "an object where a folder would be")
    before = machine.contents()
    outputs = outputs_of("a")
    outputs.gather(folder_of("one"), "s3://bucket/x")
    with expect_error("RUN011"):
        outputs.gather(folder_of("two"), "s3://bucket/taken")
    outputs.discard()
    outputs.publish()
    assert machine.contents() == before


def test_of_outputs_that_cannot_all_be_published_none_is_now_or_later(outputs_of, folder_of, machine, place):
    machine.put("s3://bucket/x/old", "old")
    outputs = outputs_of("a")
    outputs.gather(folder_of("one", "z"), "s3://bucket/x")
    taken = machine.put("s3://bucket/x/z/taken", "by another run meanwhile")
    before = machine.contents()
    with pytest.raises(IsADirectoryError):
        outputs.publish()
    assert machine.contents() == before
    taken.unlink()
    taken.parent.rmdir()
    publish_complete(machine.store.objects, place)
    assert machine.contents() == {"bucket/x/old": b"old"}


def complete(place, step):
    """Marks a step's outputs as complete, and gets no further."""
    (place / "complete").mkdir(exist_ok=True)
    (place / "gathered" / step).rename(place / "complete" / step)


def test_what_was_complete_is_published_afterwards_and_what_was_only_gathered_is_not(
    outputs_of, folder_of, machine, place
):
    for step in ("a", "b", "c"):
        outputs_of(step).gather(folder_of(step), "s3://bucket/x")
    complete(place, "a")
    complete(place, "c")
    publish_complete(machine.store.objects, place)
    assert machine.contents() == {"bucket/x/a": b"a", "bucket/x/c": b"c"}


def test_publishing_that_was_cut_short_is_brought_to_its_end(outputs_of, folder_of, machine, place):
    machine.put("s3://bucket/x/old", "old")
    outputs_of("a").gather(folder_of("one", "two", "deep/three"), "s3://bucket/x")
    complete(place, "a")
    (place / "complete/a/bucket/x/one").rename(machine.store.objects.path("s3://bucket/x/one"))
    publish_complete(machine.store.objects, place)
    assert machine.contents() == {
        "bucket/x/old": b"old",
        "bucket/x/one": b"one",
        "bucket/x/two": b"two",
        "bucket/x/deep/three": b"deep/three",
    }


def test_where_nothing_is_complete_nothing_is_published(machine, place):
    publish_complete(machine.store.objects, place)
    assert not machine.store.root.exists()
