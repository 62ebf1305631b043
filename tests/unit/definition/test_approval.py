from __future__ import annotations

import pytest

from stepsmith.definition.approval import APPROVED, REASON_CHARACTERS, checked_reason, checked_status
from stepsmith.errors import ModelRegistryError


def test_a_status_and_a_reason_that_the_service_takes_are_as_they_are():
    assert checked_status(APPROVED) == APPROVED
    assert checked_reason("  ticket 4711 ") == "ticket 4711"


@pytest.mark.parametrize(
    ("reason", "code"), [(" ", "REG014"), ("a\nb", "REG015"), ("x" * (REASON_CHARACTERS + 1), "REG016")]
)
def test_a_reason_that_it_would_not_take_is_told(reason, code):
    with pytest.raises(ModelRegistryError, match=code):
        checked_reason(reason)


def test_a_status_that_is_none_is_told_with_the_nearest():
    with pytest.raises(ModelRegistryError, match="REG003 'Aproved' is no approval status") as raised:
        checked_status("Aproved")
    assert raised.value.findings[0].fix == "did you mean 'Approved'?"
