from __future__ import annotations


def test_without_a_region_it_is_told_how_to_name_one(stepsmith, nobody, snapshot):
    done = stepsmith("stop", "one", env=nobody)
    assert (done.status, done.out, done.codes) == (1, "", ["AWS011"])
    snapshot(done.err)
