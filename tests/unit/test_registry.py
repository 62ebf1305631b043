from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

import pytest

from stepsmith import STEP_NAMES, RegistryManager, get_spec_step_type
from stepsmith.diagnostics import StepError
from stepsmith.registry import GROUP, StepTable, guard_step_code, read_tables, table_at
from stepsmith.steps import TABLE
from stepsmith.steps.dummy_training.step import STEP

BUILT_IN = StepTable("stepsmith", TABLE)


def test_the_built_in_steps_come_in_by_the_entry_point():
    assert StepTable("stepsmith", TABLE) in read_tables(entry_points(group=GROUP))[0]
    assert set(TABLE) <= set(RegistryManager().names())


def test_a_table_that_cannot_be_loaded_is_an_error_beside_the_steps_of_the_others(snapshot):
    good = EntryPoint("good", "stepsmith.steps:TABLE", GROUP)
    tables, errors = read_tables([EntryPoint("bad", "no.such.module:TABLE", GROUP), good])
    assert [table.steps for table in tables] == [TABLE]
    assert [error.code for error in errors] == ["STP012"]
    snapshot(errors[0])


def test_step_names_maps_a_name_to_strings():
    entry = STEP_NAMES["DummyTraining"]
    assert entry["config_class"] == "DummyTrainingConfig"
    assert entry["builder_step_name"] == "DummyTrainingStep"
    assert entry["spec_type"] == "DummyTraining"
    assert all(isinstance(value, str) for value in entry.values())
    assert set(TABLE) <= set(STEP_NAMES)
    assert len(STEP_NAMES) == len(list(STEP_NAMES))
    assert "DumyTraining" not in STEP_NAMES
    assert "DummyTrainingConfig" in repr(STEP_NAMES)


def test_a_spec_type_follows_from_the_name():
    assert get_spec_step_type("ModelPackaging") == "ModelPackaging"


def test_an_unknown_step_is_refused_with_the_nearest(expect_error):
    with expect_error("STP010"):
        RegistryManager().get("dummytrainig")


def test_two_steps_of_one_name_are_refused_with_both_packages(expect_error):
    other = StepTable("mims-steps", {"DummyTraining": "mims.steps:STEP"})
    with expect_error("STP011"):
        RegistryManager(tables=[BUILT_IN, other]).get("DummyTraining")
    assert RegistryManager(tables=[BUILT_IN, other]).get("Payload").name == "Payload"
    assert RegistryManager(tables=[BUILT_IN, other]).package_of("DummyTraining") == "stepsmith and mims-steps"


@pytest.fixture
def package(tmp_path):
    """A package in a folder, with this table; what is imported of it is forgotten."""
    modules, path = set(sys.modules), [*sys.path]

    def call(name="steps_of_a_test", text='TABLE = {"Mine": "stepsmith.steps.payload.step:STEP"}'):
        folder = tmp_path / "src" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(text)
        return folder

    yield call
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_the_place_of_a_declaration_is_known():
    registry = RegistryManager(tables=[BUILT_IN])
    assert registry.target_of("Payload") == TABLE["Payload"]
    assert registry.target_of("Nothing") == ""


def test_a_package_is_known_by_its_folder(package):
    table = table_at(package())
    assert table == StepTable("steps_of_a_test", {"Mine": "stepsmith.steps.payload.step:STEP"})
    here = RegistryManager(tables=[BUILT_IN])
    assert here.with_tables([table]).names() == sorted([*TABLE, "Mine"])
    assert here.names() == sorted(TABLE)


def test_a_package_that_is_installed_and_named_too_is_one():
    assert RegistryManager(tables=[BUILT_IN]).with_tables([StepTable("again", TABLE)]).get("Payload").name == "Payload"


@pytest.mark.parametrize("name", ["no/such/place", "x", "not-a-name"])
def test_where_no_package_is_none_is_loaded(expect_error, tmp_path, name):
    (tmp_path / "not-a-name").mkdir()
    (tmp_path / "not-a-name" / "__init__.py").touch()
    with expect_error("STP015"):
        table_at(tmp_path / name)


@pytest.mark.parametrize(
    "text", ["", "TABLE = 5", "1 / 0"], ids=["no table", "a table that is a number", "a fault in its code"]
)
def test_a_package_whose_table_cannot_be_loaded_is_told_with_its_folder(expect_error, package, text):
    with expect_error("STP012"):
        table_at(package(text=text))


def test_a_package_whose_name_another_has_is_refused(expect_error, monkeypatch, package, tmp_path):
    (tmp_path / "first" / "steps_of_a_test").mkdir(parents=True)
    (tmp_path / "first" / "steps_of_a_test" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "first")
    with expect_error("STP015"):
        table_at(package())


def test_scopes_do_not_see_each_others_steps():
    one, two = RegistryManager("one", tables=[]), RegistryManager("two", tables=[])
    one.register(STEP)
    assert (one.names(), two.names()) == (["DummyTraining"], [])
    assert one.get("DummyTraining") is STEP


def test_a_step_registered_twice_is_refused(expect_error):
    with expect_error("STP011"):
        RegistryManager(tables=[BUILT_IN]).register(STEP)


def test_a_step_that_does_not_fit_itself_cannot_exist(expect_error):
    registry = RegistryManager(tables=[])
    with expect_error("STP110", "DummyTraining"):
        registry.register(replace(STEP, description=""), "acme")
    assert registry.names() == []


@pytest.mark.parametrize(
    "place",
    [
        "no.such.module:STEP",
        "stepsmith.steps.dummy_training:NOPE",
        "stepsmith.steps.payload.step:STEP",
        "stepsmith.steps:TABLE",
    ],
)
def test_a_place_that_leads_to_no_such_step_names_the_package(expect_error, place):
    registry = RegistryManager(tables=[StepTable("acme", {"DummyTraining": place})])
    with expect_error("STP012"):
        registry.get("DummyTraining")


@pytest.mark.parametrize(
    "source",
    [
        "from stepsmith import ScriptContract\nScriptContract(entry_pint='a.py')",
        "assert 1 > 2",
        "from stepsmith import StepDeclaration\nSTEP = StepDeclaration(None, int, int, '')",
    ],
    ids=["two faults of one layer", "assertion", "no layers"],
)
def test_a_module_that_cannot_be_imported_names_the_package_and_hinders_no_other_step(
    expect_error, tmp_path, monkeypatch, source
):
    (tmp_path / "acme_step_that_fails.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    registry = RegistryManager(tables=[BUILT_IN, StepTable("acme", {"Audit": "acme_step_that_fails:STEP"})])
    with expect_error("STP012"):
        registry.get("Audit")
    assert registry.broken() == ["Audit"]
    assert registry.steps_for_config(STEP.config_class) == ["DummyTraining"]


def test_what_a_step_of_others_raises_is_told_as_its_own(expect_error):
    class Builder(STEP.builder_class):
        pass

    Builder.__module__ = "somebody.steps"
    with expect_error("STP017"), guard_step_code(replace(STEP, builder_class=Builder)):
        raise KeyError("k")
    with expect_error("STP001"), guard_step_code(replace(STEP, builder_class=Builder)):
        raise StepError("STP001", "told already")
    with pytest.raises(KeyError), guard_step_code(STEP):
        raise KeyError("k")
