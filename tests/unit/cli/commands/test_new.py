from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "made"),
    [(["step", "ModelCard"], "model-card"), (["pipeline", "risk"], "risk")],
    ids=["step", "pipeline"],
)
def test_what_was_made_is_told_with_what_to_do_next(tmp_path, stepsmith, arguments, made, snapshot):
    done = stepsmith("new", *arguments)
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / made / "pipeline.yaml").is_file()
    snapshot(done.out)


def test_it_is_made_where_it_is_asked_for(tmp_path, stepsmith):
    assert stepsmith("new", "pipeline", "risk", "--into", "there").status == 0
    assert (tmp_path / "there" / "pipeline.yaml").is_file()
