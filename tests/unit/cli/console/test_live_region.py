from __future__ import annotations

from stepsmith.cli.console.live_region import LiveRegion

DRAWN = """
from stepsmith.cli.console.live_region import LiveRegion
live_lines = ["a", "b"]
with LiveRegion(lambda: live_lines) as region:
    region.print_above(["one"])
    live_lines[:] = ["c"]
    region.print_above(["two"])
"""


def test_what_is_drawn_is_erased_by_what_is_shown_next(terminal):
    one = terminal("-c", DRAWN)
    one.end()
    assert one.written.replace("\r\n", "\n") == "one\na\nb\n" + "\x1b[2F\x1b[J" + "two\nc\n" + "\x1b[1F\x1b[J\x1b[F\n"


def test_nothing_is_printed_where_there_is_nothing(capsys):
    LiveRegion().print_above(())
    assert capsys.readouterr().out == ""


def test_quiet_lines_go_to_the_output_for_errors(capsys):
    LiveRegion(quiet=True).print_above(["one"])
    assert capsys.readouterr() == ("", "one\n")


def test_what_is_no_terminal_is_not_drawn_in(capsys):
    region = LiveRegion(lambda: ["live"])
    region.print_above(["one"])
    assert not region.is_drawn
    assert capsys.readouterr() == ("one\n", "")
