from __future__ import annotations

import pytest

from stepsmith.model_registry.approval import APPROVED, require_reason, require_status
from stepsmith.sagemaker.limits import APPROVAL_DESCRIPTION_CHARACTERS


def test_a_status_and_a_reason_that_the_service_takes_are_as_they_are():
    assert require_status(APPROVED) == APPROVED
    assert require_reason("  ticket 4711 ") == "ticket 4711"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        pytest.param(" ", "REG014", id="blank"),
        pytest.param("a\nb", "REG015", id="two lines"),
        pytest.param("x" * (APPROVAL_DESCRIPTION_CHARACTERS + 1), "REG016", id="too long"),
    ],
)
def test_a_reason_that_it_would_not_take_is_told(expect_error, reason, code):
    with expect_error(code):
        require_reason(reason)


def test_a_status_that_is_none_is_told_with_the_nearest(expect_error):
    with expect_error("REG003"):
        require_status("Aproved")
