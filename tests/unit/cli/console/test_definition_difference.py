from __future__ import annotations

import pytest

from stepsmith.cli.console.definition_difference import _cut


@pytest.mark.parametrize(
    ("text", "room", "start", "shown"),
    [
        ("abcdefghij", 10, 5, "abcdefghij"),
        ("abcdefghijk", 10, 0, "abcdefg..."),
        ("abcdefghijk", 10, 9, "...efghijk"),
        ("abcdefghijklmnopqrstuvwxyz", 10, 8, "...lmno..."),
    ],
)
def test_a_long_value_is_cut_to_its_room(text, room, start, shown):
    assert _cut(text, room, start) == shown
