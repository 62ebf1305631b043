from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta, timezone

from stepsmith.aws.client import Account
from stepsmith.aws.executions import Execution, StepExecution
from stepsmith.cli.console.execution_progress import Follower, _line, _say_end, watch_command

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one/execution/abcdefghijkl"


def step(name, status, seconds=None, **more):
    ended = None if seconds is None else BEGAN + timedelta(seconds=seconds)
    return StepExecution(name, status, BEGAN, ended, **more)


def test_each_change_of_a_step_is_printed_once(capsys, snapshot):
    follower = Follower("one", quiet=False)
    follower.seen(Execution(ARN, "Executing"), [step("a", "Executing")])
    follower.seen(Execution(ARN, "Executing"), [step("a", "Executing")])
    follower.seen(Execution(ARN, "Executing"), [step("a", "Succeeded", 90), step("b", "Executing")])
    shown = capsys.readouterr().out
    steps = [line.split()[:2] for line in shown.splitlines()[1:]]
    assert steps == [["a", "Executing"], ["a", "Succeeded"], ["b", "Executing"]]
    snapshot(re.sub(r"Executing +\d.*", "Executing   TIME", shown))


def test_what_troubles_is_said_once_until_it_is_over(capsys):
    follower = Follower("one", quiet=False)
    follower.troubled("busy")
    follower.troubled("busy")
    follower.seen(Execution(ARN, "Executing"), [])
    follower.troubled("busy")
    assert capsys.readouterr().err == "note: busy\nnote: busy\n"


def test_a_step_is_a_line_with_its_time_and_that_it_came_from_the_cache(snapshot):
    snapshot(_line(step("prepare", "Succeeded", 95)))
    snapshot(_line(StepExecution("check", "Succeeded", is_from_cache=True)))


def test_a_failed_step_is_told_with_its_reason_and_the_end_of_its_log(capsys, snapshot):
    failed = step("model", "Failed", 5, reason="AlgorithmError: exit code 1")
    _say_end("one", Execution(ARN, "Failed", "a step failed"), [failed], {"model": ["one", "two\x1b[31m"]})
    out, err = capsys.readouterr()
    assert "\x1b" not in err
    snapshot(err)
    snapshot(out)


def test_an_execution_that_failed_without_a_failed_step_is_told_with_its_own_reason(capsys, snapshot):
    _say_end("one", Execution(ARN, "Failed", "no role"), [], {})
    snapshot(capsys.readouterr().err)


def test_the_command_that_comes_back_names_all_that_it_needs():
    account = Account(region="eu-west-1")
    words = ["stepsmith", "watch", "one", "abcdefghijkl", "--region", "eu-west-1"]
    assert shlex.split(watch_command("one", Execution(ARN, "Executing"), account, None)) == words
    assert shlex.split(watch_command("one", "abc", account, "prod"))[-2:] == ["--profile", "prod"]
