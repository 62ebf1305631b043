from __future__ import annotations

from stepsmith.errors import Finding
from stepsmith.rules.rule import About, Example, Rule


def test_a_finding_has_the_rules_code_and_severity():
    rule = Rule("STP999", "A fault", "It is one.", About.STEP, Example("a.py", "x", "y"), is_warning=True)
    assert rule.finding("wrong", fix="right it", at="a.py:1:1") == Finding(
        "STP999", "wrong", "", "right it", "a.py:1:1", is_warning=True
    )
