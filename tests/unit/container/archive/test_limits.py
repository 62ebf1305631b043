"""Limits that a user sets are kept to, and what is none is told."""

from __future__ import annotations

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.limits import RATIO_FREE_BYTES, VARIABLES, Limits, limits_of


def test_an_environment_that_says_nothing_leaves_the_usual_limits():
    assert limits_of({}) == Limits() == Limits(1 << 40, 100, links=False)


def test_every_variable_sets_its_limit():
    values = dict(zip(VARIABLES, ("5000", "7", "inside"), strict=True))
    assert limits_of(values) == Limits(5000, 7, links=True)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("value", ["-1", "0", "1.5", "many", " 7", "\u0667"])
def test_a_variable_that_holds_no_limit_is_named(name, value):
    with pytest.raises(ArchiveFault, match=f"^ARC023 {name} is '{value}'"):
        limits_of({name: value})


def test_bytes_up_to_the_limit_are_admitted_and_one_more_is_not():
    Limits(unpacked_bytes=10).refuse_bomb(10, 1)
    with pytest.raises(ArchiveFault, match=r"^ARC022 .*over 10 bytes"):
        Limits(unpacked_bytes=10).refuse_bomb(11, 1)


def test_the_first_gib_may_come_of_nothing_and_what_follows_only_of_enough():
    limits = Limits(ratio=100)
    limits.refuse_bomb(RATIO_FREE_BYTES, 1)
    limits.refuse_bomb(RATIO_FREE_BYTES + 1, RATIO_FREE_BYTES // 100 + 1)
    with pytest.raises(ArchiveFault, match=r"^ARC022 .*over 100 times.*--max-ratio.*STEPSMITH_MAX_RATIO"):
        limits.refuse_bomb(RATIO_FREE_BYTES + 1, RATIO_FREE_BYTES // 100)
