from __future__ import annotations

import os

import pytest

from stepsmith.diagnostics import combine_errors
from stepsmith.pipeline.include import LIMIT_DEPTH, LIMIT_FILES, read_document


@pytest.fixture
def read(tmp_path):
    """Reads the first of the files, given by name and text."""

    def call(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        document = read_document(tmp_path / f"{next(iter(files))}.yaml", {"E": "env"})
        if document.errors:
            raise combine_errors(document.errors)
        return document

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
    positions = read(main="include: sub/shared.yaml", sub__shared="\ndefaults: {volume: 2}").positions
    assert str(positions.values["defaults", "volume"]) == "sub/shared.yaml:2:20"


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
    files = {f"f{number}": f"include: f{number + 1}.yaml" for number in range(LIMIT_DEPTH + 2)}
    with expect_error("YML013", "include", f"f{LIMIT_DEPTH - 1}.yaml:1:10"):
        read(**files)


def test_files_that_include_each_other_many_times_over_are_read_once(read):
    levels = {f"l{number}": f"include: [{', '.join([f'l{number + 1}.yaml'] * 4)}]" for number in range(17)}
    document = read(**levels, l17="region: here\n")
    assert document.data["region"] == "here"
    assert len(document.texts) == 18


def test_more_files_than_anybody_means_are_refused(expect_error, read):
    files = {f"a{number}": "region: here\n" for number in range(LIMIT_FILES)}
    names = ", ".join(f"{name}.yaml" for name in files)
    with expect_error("YML013", f"include[{LIMIT_FILES - 1}]", text=False, at="main.yaml:1:1000"[:12] + "991"):
        read(main=f"include: [{names}]", **files)


@pytest.mark.parametrize("name", ['"\\0"', "x" * 5000, "."], ids=["a null", "too long", "a folder"])
def test_what_cannot_be_a_file_is_told_where_it_is_included(expect_error, read, name):
    with expect_error("YML004", "include", "main.yaml:1:10", text=False):
        read(main=f"include: {name}")


def test_what_waits_for_a_writer_or_has_no_end_is_not_read(expect_error, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zero.yaml"):
        with expect_error("YML004", text=False):
            read_document(tmp_path / name, {})
    (tmp_path / "main.yaml").write_text("include: [pipe.yaml, zero.yaml]")
    errors = read_document(tmp_path / "main.yaml", {}).errors
    assert [error.findings[0].where for error in errors] == ["include[0]", "include[1]"]


def test_one_value_that_cannot_be_read_hides_no_other(tmp_path):
    (tmp_path / "main.yaml").write_text("include: shared.yaml\nrole: ${env:A}\nregion: !!bool x\n")
    (tmp_path / "shared.yaml").write_text("pipeline_s3_loc: ${env:B}\n")
    document = read_document(tmp_path / "main.yaml", {})
    assert [error.code for error in document.errors] == ["YML011", "YML003", "YML011"]
    assert document.data["role"] is None
