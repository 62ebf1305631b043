from __future__ import annotations

from stepsmith.cli.console.live_region import LiveRegion, can_be_drawn_in

DRAWN = """
from stepsmith.cli.console.live_region import LiveRegion
drawing = LiveRegion()
drawing.show(["one"], ["a", "b"])
drawing.show(["two"], ["c"])
drawing.show(())
"""


def test_what_is_drawn_is_erased_by_what_is_shown_next(terminal):
    one = terminal("-c", DRAWN)
    one.end()
    assert one.written.replace("\r\n", "\n") == "one\na\nb\n" + "\x1b[2F\x1b[J" + "two\nc\n" + "\x1b[1F\x1b[J\x1b[F\n"


def test_nothing_is_printed_where_there_is_nothing(capsys):
    LiveRegion().show(())
    assert capsys.readouterr().out == ""


def test_it_can_be_on_the_output_for_errors(capsys):
    LiveRegion(err=True).show(["one"])
    assert capsys.readouterr() == ("", "one\n")


def test_what_is_no_terminal_is_not_drawn_in():
    assert not can_be_drawn_in()
