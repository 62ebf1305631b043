from __future__ import annotations

import pytest

from stepsmith.cli.console.log_tail import _PIECE_BYTES, ENTRY, WARNING, LogFollower, entries, tail


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "step.log"
    path.touch()
    return path


@pytest.fixture
def add(log):
    """Adds to the log, as a step that goes on does."""

    def write(content):
        with log.open("ab") as file:
            file.write(content)

    return write


def all_lines(follower):
    """What a follower gives out at the end, call by call."""
    while lines := follower.lines(at_the_end=True):
        yield from lines


def test_what_is_added_to_a_log_is_given_out_once_and_line_by_line(log, add):
    follower = LogFollower(log)
    assert follower.lines() == []
    add(b"one\ntwo\nthr")
    assert follower.lines() == ["one", "two"]
    add("ee grün".encode()[:-2])
    assert follower.lines() == []
    add(b"\xbcn\n\n")
    assert follower.lines() == ["three grün", ""]
    assert follower.lines(at_the_end=True) == []


def test_a_line_without_an_end_is_given_out_at_the_end(log, add):
    follower = LogFollower(log)
    add(b"no end")
    assert follower.lines() == []
    assert list(all_lines(follower)) == ["no end"]


def test_a_log_that_nobody_has_followed_is_given_out_whole_at_the_end(log, add):
    add(b"one")
    assert list(all_lines(LogFollower(log))) == ["one"]
    add(b"\ntwo")
    assert list(all_lines(LogFollower(log))) == ["one", "two"]


def test_a_long_log_is_read_piece_by_piece(log, add):
    lines = [f"{number:070}" for number in range(2 * _PIECE_BYTES // 70)]
    add("".join(f"{line}\n" for line in lines).encode())
    follower = LogFollower(log)
    first = follower.lines()
    assert 0 < len(first) < len(lines)
    assert [*first, *all_lines(follower)] == lines


def test_a_line_that_never_ends_is_not_waited_for(log, add):
    follower = LogFollower(log)
    add(b"x" * 20_000)
    (piece,) = follower.lines()
    assert set(piece) == {"x", "…"}
    assert follower.lines(at_the_end=True) == []


def test_a_log_that_is_gone_is_an_error_of_its_own(tmp_path):
    with pytest.raises(FileNotFoundError):
        LogFollower(tmp_path / "none.log").lines()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain", "plain"),
        ("größe 🐧".encode(), "größe 🐧"),
        (b"a\tb", "a    b"),
        (b"windows\r", "windows"),
        (b"\x1b[1;31mred\x1b[0m and \x1b[2Jgone", "red and gone"),
        (b"\x1b]0;a title\x07text \x1b]8;;http://x\x1b\\link", "text link"),
        (b"\x1bMup", "up"),
        (b"\x1b[", "\\x1b["),
        (b"a bell\x07, a null\x00, a backspace\x08", "a bell\\x07, a null\\x00, a backspace\\x08"),
        # What a progress bar writes over is no more to be seen, whatever the bar itself looks like.
        (b"\r 10%|#    |\r 20%|##   |\r100%|#####|", "100%|#####|"),
        (b" 10%|#\r\x1b[32m100%|#####\x1b[0m\r", "100%|#####"),
        (b"\xff\xfe binary", "�� binary"),
        ("\u202e turned".encode(), "\\u202e turned"),
        (b"y" * 2000, "y" * 2000),
        (b"y" * 2001, "y" * 2000 + "…"),
    ],
    ids=[
        "plain",
        "letters",
        "tab",
        "end of Windows",
        "colours",
        "title and link",
        "other escape",
        "unfinished escape",
        "controls",
        "progress bar",
        "coloured bar",
        "binary",
        "right to left",
        "longest",
        "too long",
    ],
)
def test_a_line_is_shown_as_a_terminal_would_leave_it(log, add, written, shown):
    add(written + b"\n")
    assert LogFollower(log).lines() == [shown]
    assert tail(log) == [shown]


def test_the_last_lines_are_those_that_are_not_blank(log, add):
    add(b"one\n\n  \ntwo\r\n\x1b[0m\nthree")
    assert tail(log) == ["one", "two", "three"]


def test_of_a_long_log_only_the_end_is_read(log, add):
    add(b"".join(b"line %d\n" % number for number in range(10_000)))
    last = tail(log)
    assert last[-1] == "line 9999"
    assert 100 < len(last) < 5000


LOG = b"""\
2024-01-02T03:04:05.678Z INFO reading
2024-01-02T03:04:05.678Z DEBUG a detail
Traceback (most recent call last):
2024-01-02T03:04:05.678Z WARNING \x1b[33mhalf of it\x1b[0m is missing
 2024-01-02T03:04:05.678Z WARNING said by somebody else
2024-01-02T03:04:05.678Z ERROR it failed
"""


def test_an_entry_is_a_line_in_our_own_form(log, add):
    add(LOG)
    time = "2024-01-02T03:04:05.678Z"
    assert entries(log, ENTRY) == [
        f"{time} INFO reading",
        f"{time} WARNING half of it is missing",
        f"{time} ERROR it failed",
    ]
    assert entries(log, WARNING) == ["half of it is missing"]
