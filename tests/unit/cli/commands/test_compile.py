from __future__ import annotations

import json


def test_the_definition_is_printed_and_nothing_written(stepsmith, example):
    done = stepsmith("compile", "pipeline.yaml", cwd=example)
    assert done.status == 0, done.err
    definition = json.loads(done.out)
    assert definition["Version"] == "2020-12-01"
    assert [step["Type"] for step in definition["Steps"]].count("Processing") == 4
    assert not (example / ".stepsmith").exists()


def test_the_definition_can_go_to_a_file(stepsmith, example):
    printed = stepsmith("compile", "pipeline.yaml", cwd=example)
    done = stepsmith("compile", "pipeline.yaml", "-o", "out/definition.json", cwd=example)
    assert (done.status, done.out) == (0, "")
    assert (example / "out" / "definition.json").read_text() == printed.out


def test_the_pipeline_is_not_overwritten_by_its_definition(stepsmith, example):
    before = (example / "pipeline.yaml").read_text()
    assert stepsmith("compile", "pipeline.yaml", "-o", "pipeline.yaml", cwd=example).status == 2
    assert (example / "pipeline.yaml").read_text() == before


def test_a_place_that_cannot_be_written_is_one_line(stepsmith, example, findings, snapshot):
    done = stepsmith("compile", "pipeline.yaml", "-o", "models", "--json", cwd=example)
    assert (done.status, findings(done)) == (1, [("RUN009", "", "")])
    snapshot(done.err)


def test_as_json_the_assets_are_told_too(stepsmith, example):
    document = json.loads(stepsmith("compile", "pipeline.yaml", "--json", cwd=example).out)
    assert document["name"] == "penguins"
    (model,) = [one for one in document["assets"] if one["uri"].endswith("model.tar.gz")]
    assert model["sha256"] in model["uri"]
    assert model["size_bytes"] == (example / "models" / "penguins.tar.gz").stat().st_size
