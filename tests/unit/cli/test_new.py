from __future__ import annotations

import pytest
from click.testing import CliRunner

from stepsmith.cli.new import command


@pytest.mark.parametrize(("arguments", "made"), [(["step", "ModelCard"], "model-card"), (["pipeline", "risk"], "risk")])
def test_what_was_made_is_told_with_what_to_do_next(tmp_path, monkeypatch, arguments, made):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == f"made {made}"
    assert f"cd {made}; stepsmith check pipeline.yaml; stepsmith run pipeline.yaml; python -m pytest" in done.output


def test_it_is_made_where_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command, ["pipeline", "risk", "--into", "there"]).exit_code == 0
    assert (tmp_path / "there" / "pipeline.yaml").is_file()
