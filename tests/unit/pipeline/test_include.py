from __future__ import annotations

import pytest

from stepsmith.errors import StepsmithError
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


def faults(read, **files):
    with pytest.raises(StepsmithError) as caught:
        read(**files)
    return [(finding.code, finding.at, finding.where) for finding in caught.value.findings]


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
    assert places.values["defaults", "volume"].at == "sub/shared.yaml:2:20"


def test_a_parameters_default_may_be_in_either(read):
    assert read(main="include: a.yaml\nname: ${param:X:-1}", a="role: ${param:Y:-2}").defaults == {"X": "1", "Y": "2"}


@pytest.mark.parametrize(
    ("included", "found"),
    [
        ("region: 1\nsteps: {}", ("YML006", "shared.yaml:2:1", "steps")),
        ("regoin: 1", ("YML006", "shared.yaml:1:1", "regoin")),
        ("- a", ("YML005", "shared.yaml:1:1", "")),
        ("a: [", ("YML001", "shared.yaml:1:5", "")),
        ("role: ${env:NOPE}", ("YML011", "shared.yaml:1:7", "role")),
        ("include: main.yaml", ("YML013", "shared.yaml:1:10", "include")),
        ("include: shared.yaml", ("YML013", "shared.yaml:1:10", "include")),
        ("include: {}", ("YML013", "shared.yaml:1:10", "include")),
    ],
)
def test_what_is_wrong_with_an_included_file_is_told_at_its_place(read, included, found):
    assert faults(read, main="include: shared.yaml", shared=included) == [found]


def test_every_include_that_cannot_be_read_is_told(read):
    assert faults(read, main="name: x\ninclude: [a.yaml, b.yaml, 5]") == [
        ("YML004", "main.yaml:2:11", "include[0]"),
        ("YML004", "main.yaml:2:19", "include[1]"),
        ("YML013", "main.yaml:2:27", "include[2]"),
    ]


def test_files_that_include_each_other_without_end_are_refused(read):
    files = {f"f{number}": f"include: f{number + 1}.yaml" for number in range(LIMIT_FILES + 2)}
    ((code, at, _),) = faults(read, **files)
    assert (code, at) == ("YML013", f"f{LIMIT_FILES - 1}.yaml:1:10")
