from __future__ import annotations

import json

from stepsmith.cli.screen import error_as_json, say, say_json
from stepsmith.errors import ConfigError, FaultsError


def test_a_line_is_printed_where_it_belongs(capsys):
    say("grün")
    say("wrong", err=True)
    assert capsys.readouterr() == ("grün\n", "wrong\n")


def test_a_line_that_no_encoding_holds_is_printed_all_the_same(capsys):
    say("a name \udcff")
    assert capsys.readouterr().out == "a name ?\n"


def test_json_is_one_document(capsys):
    say_json({"a": "ü"})
    assert json.loads(capsys.readouterr().out) == {"a": "ü"}


def test_an_error_as_json_has_all_its_findings():
    errors = FaultsError(
        [ConfigError("STP201", "wrong", where="a", fix="mend", at="p.yaml:1"), ConfigError("STP202", "x")]
    )
    told = error_as_json(errors)
    assert told["findings"][0] == {"code": "STP201", "what": "wrong", "where": "a", "fix": "mend", "at": "p.yaml:1"}
    assert len(told["findings"]) == 2
