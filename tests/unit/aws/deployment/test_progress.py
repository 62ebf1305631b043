from __future__ import annotations

from stepsmith.aws.deployment.plan import CreateGroup
from stepsmith.aws.deployment.progress import Silent


def test_what_is_silent_tells_nobody(capsys):
    silent = Silent()
    silent.begun(5)
    silent.arrived(5)
    silent.done(CreateGroup("risk", ()))
    assert capsys.readouterr() == ("", "")
