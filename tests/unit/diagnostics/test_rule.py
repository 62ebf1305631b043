from __future__ import annotations

from stepsmith.diagnostics import About, Example, Finding, Position, Rule, Severity


def test_a_finding_has_the_rules_code_and_severity():
    rule = Rule("STP999", "A problem", "It matters.", About.STEP, "Fix it.", Example("a.py", "x", "y"), is_warning=True)
    assert rule.finding("wrong", fix="right it", position=Position("a.py", 1, 1)) == Finding(
        "STP999", "wrong", "", "right it", Position("a.py", 1, 1), Severity.WARNING
    )
