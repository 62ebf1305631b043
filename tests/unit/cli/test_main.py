from __future__ import annotations

import pytest

from stepsmith.cli.main import COMMANDS, main


def run_main(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name, capsys):
    assert run_main(name, "--help") == 0
    assert f"Example: stepsmith {name}" in capsys.readouterr().out


def test_the_help_lists_every_command_with_its_line(capsys):
    assert run_main("--help") == 0
    shown = capsys.readouterr().out
    assert all(line in shown for _, line in COMMANDS.values())


def test_the_version_is_shown(capsys):
    assert run_main("--version") == 0
    assert capsys.readouterr().out.startswith("stepsmith, version ")


@pytest.mark.parametrize("arguments", [["rnu"], ["run"], ["run", "--nope"], ["run", "x.yaml", "-p", "novalue"]])
def test_wrong_usage_is_exit_2(arguments, example, monkeypatch, capsys):
    monkeypatch.chdir(example)
    arguments = [argument.replace("x.yaml", "pipeline.yaml") for argument in arguments]
    assert run_main(*arguments) == 2
    assert "Usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "hint"), [("rnu", "did you mean 'run'"), ("pipeline.yaml", "stepsmith run pipeline.yaml")]
)
def test_a_word_that_is_no_command_is_told_with_what_was_meant(word, hint, capsys):
    assert run_main(word) == 2
    assert hint in capsys.readouterr().err


def test_bad_input_is_exit_1_and_a_message_without_a_traceback(tmp_path, capsys):
    assert run_main("run", str(tmp_path / "none.yaml")) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("YML004 there is no file")
    assert "Traceback" not in shown
