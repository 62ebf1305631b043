from __future__ import annotations

import json

import pytest

from stepsmith.cli.console.screen import (
    error_as_json,
    print_facts,
    print_json,
    print_line,
    print_table,
    print_wrapped,
    printable,
)
from stepsmith.diagnostics import ConfigError, FaultsError, Position


def test_a_line_is_printed_where_it_belongs(capsys):
    print_line("grün")
    print_line("wrong", err=True)
    assert capsys.readouterr() == ("grün\n", "wrong\n")


def test_a_line_that_no_encoding_holds_is_printed_all_the_same(capsys):
    print_line("a name \udcff")
    assert capsys.readouterr().out == "a name \\udcff\n"


def test_json_is_one_document(capsys):
    print_json({"a": "ü"})
    assert json.loads(capsys.readouterr().out) == {"a": "ü"}


def test_an_error_as_json_has_all_its_findings():
    errors = FaultsError(
        [
            ConfigError("STP201", "wrong", where="a", fix="mend", position=Position("p.yaml", 1)),
            ConfigError("STP202", "x"),
        ]
    )
    told = error_as_json(errors)
    assert told["findings"][0] == {
        "code": "STP201",
        "severity": "error",
        "message": "wrong",
        "step": None,
        "field": "a",
        "path": "a",
        "suggestion": {"text": "mend", "values": []},
        "position": {"file": "p.yaml", "line": 1, "column": None, "excerpt": None},
        "data": {},
    }
    assert len(told["findings"]) == 2


ROWS = [{"name": "a", "what": "word " * 300}, {"name": "[red]b", "what": "x\x1b[31m\ny :smile:"}]


def test_a_table_that_is_piped_has_a_line_a_row_whatever_its_width(capsys):
    print_table(ROWS, folds="what")
    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [
        ["name", "what"],
        ["a", ("word " * 300).strip()],
        # What would be obeyed by a terminal, or by what prints tables, is shown as it is.
        ["[red]b", "x\\x1b[31m y :smile:"],
    ]


def test_a_paragraph_that_is_piped_is_one_line(capsys):
    print_wrapped("  word\n" + "word " * 100, indent=4)
    assert capsys.readouterr().out.count("\n") == 1


def test_facts_stand_under_each_other_without_those_that_are_empty(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    print_facts({"long name": "a\tb", "none": "", "place": tmp_path / "x" / "y z"})
    assert capsys.readouterr().out == "long name       a b\nplace           x/y z\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[0mb", "a\\x1b[0mb"), ("a\r\nb", "a  b"), ("größe 🐧\u00a0x", "größe 🐧 x"), ("\udcff", "\\udcff")],
)
def test_what_a_terminal_would_obey_is_not_printed(text, shown):
    assert printable(text) == shown
