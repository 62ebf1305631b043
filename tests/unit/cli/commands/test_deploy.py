from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "arguments",
    [["--json"], ["--tag", "team"], ["--tag", "a=b", "--tag", "a=c"], ["--parallelism", "0"]],
    ids=" ".join,
)
def test_options_that_mean_nothing_are_told(stepsmith, example, nobody, arguments, snapshot):
    done = stepsmith("deploy", "pipeline.yaml", *arguments, cwd=example, env=nobody)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


@pytest.mark.parametrize("option", ["--pipeline-name", "--role", "--kms-key"])
def test_an_option_that_is_empty_is_nobody_s_wish(stepsmith, example, nobody, option, snapshot):
    done = stepsmith("deploy", "pipeline.yaml", option, "", "--plan", cwd=example, env=nobody)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


def test_a_pipeline_without_a_role_is_told_before_anything_is_asked(stepsmith, example, nobody, findings, snapshot):
    done = stepsmith("deploy", "pipeline.yaml", "--plan", "--json", cwd=example, env=nobody)
    assert (done.status, findings(done)) == (1, [("AWS032", "", "")])
    snapshot(done.err)


def test_without_credentials_it_is_told_how_to_have_them(stepsmith, example, nobody, findings, snapshot):
    role = "arn:aws:iam::123456789012:role/R"
    done = stepsmith("deploy", "pipeline.yaml", "--plan", "--role", role, "--json", cwd=example, env=nobody)
    assert (done.status, findings(done)) == (1, [("AWS010", "", "")])
    snapshot(done.err)


def test_what_check_finds_is_told_and_nothing_is_asked(stepsmith, example, nobody, findings, snapshot):
    text = (example / "pipeline.yaml").read_text().replace("models/penguins.tar.gz", "models/nothing.tar.gz")
    (example / "pipeline.yaml").write_text(text)
    done = stepsmith("deploy", "pipeline.yaml", "--yes", "--json", cwd=example, env=nobody)
    place = ("STP230", "steps.model.pretrained_model_path", "pipeline.yaml:16:28")
    assert (done.status, findings(done)) == (1, [place])
    snapshot(done.err)
