from __future__ import annotations

import json


def test_the_policies_are_printed_as_json_and_what_is_open_beside_them(stepsmith, example, snapshot):
    done = stepsmith("policy", "pipeline.yaml", cwd=example)
    assert done.status == 0
    assert set(json.loads(done.out)) == {"deploy", "execution", "trust"}
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["note"] * 3
    snapshot(done.err)


def test_one_alone_is_a_document_that_iam_takes(stepsmith, example):
    role = "arn:aws:iam::123456789012:role/R"
    done = stepsmith("policy", "pipeline.yaml", "--for", "execution", "--role", role, cwd=example)
    assert json.loads(done.out)["Version"] == "2012-10-17"
    assert done.err == ""


def test_an_account_that_is_none_is_told(stepsmith, example, snapshot):
    done = stepsmith("policy", "pipeline.yaml", "--account", "12", cwd=example)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
