from __future__ import annotations

import pytest

from stepsmith.pipeline.include import LIMIT_FILES, read_document


@pytest.fixture
def read(tmp_path):
    """Reads the first of the files, given by name and text."""

    def call(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return read_document(tmp_path / f"{next(iter(files))}.yaml", {"E": "env"})

    return call


def test_what_a_file_does_not_say_is_what_it_includes(read):
    document = read(main="include: shared.yaml\nregion: here\n", shared="region: there\nrole: r-${env:E}\n")
    assert document.data == {"include": "shared.yaml", "region": "here", "role": "r-env"}


def test_parameters_and_defaults_are_put_together_by_their_names(read):
    document = read(
        main="include: shared.yaml\nparameters: {A: {default: 1}}\n"
        "defaults: {volume: 1, tags: {a: mine}, env: {e: x}}\n",
        shared="parameters: {A: {default: 2}, B: {}}\ndefaults: {volume: 2, count: 3, tags: {a: b, c: d}}\n",
    )
    assert document.data["parameters"] == {"A": {"default": 1}, "B": {}}
    assert document.data["defaults"] == {
        "volume": 1, "count": 3, "tags": {"a": "mine", "c": "d"}, "env": {"e": "x"}
    }  # fmt: skip


def test_of_several_the_first_that_says_it_counts(read):
    document = read(main="include: [one.yaml, two.yaml]", one="region: 1", two="region: 2\nrole: 2")
    assert (document.data["region"], document.data["role"]) == (1, 2)


def test_an_included_file_is_found_from_the_one_that_includes_it(read):
    document = read(main="include: sub/one.yaml", sub__one="include: two.yaml", sub__two="packages: [steps]\nrole: r")
    assert document.data["role"] == "r"
    assert document.data["packages"] == [str((document.folder / "sub" / "steps").resolve())]
    assert read(main="include: sub/a.yaml", sub__a="packages: steps").data["packages"] == document.data["packages"]


def test_what_was_included_has_its_place_in_its_own_file(read):
    places = read(main="include: sub/shared.yaml", sub__shared="\ndefaults: {volume: 2}").places
    assert str(places.values["defaults", "volume"]) == "sub/shared.yaml:2:20"


def test_a_parameters_default_may_be_in_either(read):
    assert read(main="include: a.yaml\nname: ${param:X:-1}", a="role: ${param:Y:-2}").defaults == {"X": "1", "Y": "2"}


@pytest.mark.parametrize(
    ("included", "code", "where", "at"),
    [
        pytest.param("region: 1\nsteps: {}", "YML006", "steps", "shared.yaml:2:1", id="steps"),
        pytest.param("regoin: 1", "YML006", "regoin", "shared.yaml:1:1", id="an unknown key"),
        pytest.param("- a", "YML005", "", "shared.yaml:1:1", id="a list"),
        pytest.param("a: [", "YML001", "", "shared.yaml:1:5", id="an open bracket"),
        pytest.param("role: ${env:NOPE}", "YML011", "role", "shared.yaml:1:7", id="a variable that is not set"),
        pytest.param("include: main.yaml", "YML013", "include", "shared.yaml:1:10", id="the file that includes it"),
        pytest.param("include: shared.yaml", "YML013", "include", "shared.yaml:1:10", id="itself"),
        pytest.param("include: {}", "YML013", "include", "shared.yaml:1:10", id="a mapping"),
    ],
)
def test_what_is_wrong_with_an_included_file_is_told_at_its_place(expect_error, read, included, code, where, at):
    with expect_error(code, where, at):
        read(main="include: shared.yaml", shared=included)


def test_every_include_that_cannot_be_read_is_told(expect_error, read):
    found = [
        ("YML004", "include[0]", "main.yaml:2:11"),
        ("YML004", "include[1]", "main.yaml:2:19"),
        ("YML013", "include[2]", "main.yaml:2:27"),
    ]
    with expect_error(found):
        read(main="name: x\ninclude: [a.yaml, b.yaml, 5]")


def test_files_that_include_each_other_without_end_are_refused(expect_error, read):
    files = {f"f{number}": f"include: f{number + 1}.yaml" for number in range(LIMIT_FILES + 2)}
    with expect_error("YML013", "include", f"f{LIMIT_FILES - 1}.yaml:1:10"):
        read(**files)
