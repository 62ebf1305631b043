"""Limits that a user sets are kept to, and what is none is told."""

from __future__ import annotations

import pytest

from stepsmith.container.archive.limits import RATIO_FREE_BYTES, VARIABLES, Limits, limits_of


def test_an_environment_that_says_nothing_leaves_the_usual_limits():
    assert limits_of({}) == Limits() == Limits(1 << 40, 100, links=False)


def test_every_variable_sets_its_limit():
    unpacked_bytes, ratio, links = VARIABLES
    assert limits_of({unpacked_bytes: "5000", ratio: "7", links: "inside"}) == Limits(5000, 7, links=True)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("value", ["-1", "0", "1.5", "many", " 7", "\u0667"])
def test_a_variable_that_holds_no_limit_is_named(name, value, expect_error):
    with expect_error("ARC023") as raised:
        limits_of({name: value})
    assert name in raised.value.what
    assert value in raised.value.what


def test_bytes_up_to_the_limit_are_admitted_and_one_more_is_not(expect_error):
    Limits(unpacked_bytes=10).refuse_bomb(10, 1)
    with expect_error("ARC022", "byte 1"):
        Limits(unpacked_bytes=10).refuse_bomb(11, 1)


def test_the_first_gib_may_come_of_nothing_and_what_follows_only_of_enough(expect_error):
    limits = Limits(ratio=100)
    limits.refuse_bomb(RATIO_FREE_BYTES, 1)
    limits.refuse_bomb(RATIO_FREE_BYTES + 1, RATIO_FREE_BYTES // 100 + 1)
    with expect_error("ARC022", f"byte {RATIO_FREE_BYTES // 100}"):
        limits.refuse_bomb(RATIO_FREE_BYTES + 1, RATIO_FREE_BYTES // 100)
