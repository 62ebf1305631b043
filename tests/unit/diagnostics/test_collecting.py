import pytest

from stepsmith.diagnostics import ConfigError, DagError, Faults, FaultsError, Finding, MissingFileError


def test_no_fault_raises_nothing():
    Faults().raise_if_any()


def test_one_fault_is_raised_as_it_is():
    faults, error = Faults(), DagError("DAG001", "one")
    faults.add(error)
    with pytest.raises(DagError) as caught:
        faults.raise_if_any()
    assert caught.value is error


def test_several_faults_are_raised_together_in_the_order_in_which_they_were_found():
    faults = Faults()
    with faults.collect("steps", "a"):
        raise ConfigError("STP201", "one", where="label")
    with faults.collect():
        raise DagError("DAG001", "two", where=("steps", "b"))
    faults.add(DagError("DAG002", "three"))
    with pytest.raises(FaultsError) as caught:
        faults.raise_if_any()
    assert caught.value.findings == (
        Finding("STP201", "one", ("steps", "a", "label")),
        Finding("DAG001", "two", ("steps", "b")),
        Finding("DAG002", "three"),
    )
    assert caught.value.code == "STP201"
    assert [type(error) for error in caught.value.errors] == [ConfigError, DagError, DagError]


def test_what_is_no_fault_of_ours_is_not_kept():
    faults = Faults()

    def fail():
        with faults.collect():
            raise KeyError("a mistake in the code")

    with pytest.raises(KeyError):
        fail()
    assert faults.errors == []


def test_a_fault_of_several_that_is_kept_already_stays_the_one_error_that_it_is():
    faults = Faults()
    faults.add(MissingFileError("STP230", "gone"))
    faults.add(FaultsError([MissingFileError("STP230", "gone")]))
    with pytest.raises(MissingFileError):
        faults.raise_if_any()
