from __future__ import annotations

from stepsmith.aws.deployment.plan import CreateGroup
from stepsmith.cli.console.upload_progress import UploadProgress

GROUP = CreateGroup("risk", ())


def lines(action):
    return [f"made {action.name}"]


def test_what_is_done_is_printed(capsys):
    with UploadProgress(lines) as meter:
        meter.begun(0)
        meter.done(GROUP)
    assert capsys.readouterr().out == "made risk\n"


def test_quiet_prints_nothing(capsys):
    with UploadProgress(lines, quiet=True) as meter:
        meter.begun(10)
        meter.arrived(10)
        meter.done(GROUP)
    assert capsys.readouterr() == ("", "")


def test_the_rate_is_of_what_arrived_now_and_not_of_what_was_there_before(snapshot):
    meter = UploadProgress(lines)
    meter.begun(1_000_000_000)
    since = meter.since
    snapshot(meter.line(since + 0.5))
    meter.arrived(500_000_000, before=True)
    meter.arrived(100_000_000)
    snapshot(meter.line(since + 10))
