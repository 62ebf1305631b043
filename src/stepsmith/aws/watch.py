"""An execution followed until it has ended: each change of its steps, and of a failed one the end of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stepsmith.aws.errors import service_error_code, translate_errors
from stepsmith.aws.executions import describe_execution, list_step_executions
from stepsmith.diagnostics import AwsError
from stepsmith.sagemaker.step_types import log_group_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.aws.client import Account
    from stepsmith.aws.executions import Execution, StepExecution

# How long is waited between two looks: so long after a change, and half as much again each time that there was none.
_LEAST_SECONDS, _MOST_SECONDS, _GROWTH = 5.0, 30.0, 1.5
# What passes by itself: the service is busy, or the connection is lost. After so many looks in vain it is told.
_PASSING = ("AWS017", "AWS018")
_MOST_IN_VAIN = 120
# So often it is asked for the steps of an execution that has ended, before it is told without them.
_MOST_FOR_STEPS = 3


class Watcher(Protocol):
    """What is told of an execution as it goes on."""

    def seen(self, execution: Execution, steps: Sequence[StepExecution]) -> None:
        """The execution and its steps, as they are now."""

    def troubled(self, what: str) -> None:
        """Something is not to be had just now, or not at all; watching goes on."""


def watch(account: Account, arn: str, watcher: Watcher) -> tuple[Execution, list[StepExecution]]:
    """Follows an execution until it has ended: how it ended, and its steps.

    A busy service and a lost connection are waited out. Raises: AwsError when it cannot be looked at.
    """
    seconds, in_vain = _LEAST_SECONDS, 0
    before: object = None
    looker = _Looker(account, arn, watcher)
    while True:
        try:
            now = looker.look()
            in_vain = 0
        except AwsError as error:
            in_vain += 1
            if error.code not in _PASSING or in_vain == _MOST_IN_VAIN:
                raise
            watcher.troubled(f"{error.findings[0].message}; trying again")
            seconds = min(seconds * _GROWTH, _MOST_SECONDS)
        else:
            watcher.seen(*now)
            if now[0].has_ended:
                return now
            seconds = _LEAST_SECONDS if now != before else min(seconds * _GROWTH, _MOST_SECONDS)
            before = now
        account.sleep(seconds)


class _Looker:
    """Looks at an execution and its steps; where the steps are not to be had, at the execution alone."""

    def __init__(self, account: Account, arn: str, watcher: Watcher) -> None:
        self._account, self._arn, self._watcher = account, arn, watcher
        self._is_refused = False
        self._in_vain = 0
        self._steps: list[StepExecution] = []

    def look(self) -> tuple[Execution, list[StepExecution]]:
        execution = describe_execution(self._account, self._arn)
        if not self._is_refused:
            self._look_at_steps(execution)
        return execution, self._steps

    def _look_at_steps(self, execution: Execution) -> None:
        try:
            self._steps, self._in_vain = list_step_executions(self._account, self._arn), 0
        except AwsError as error:
            self._is_refused = error.code not in _PASSING
            self._in_vain += 1
            # How it ended is told with its steps, if they can be had at all.
            if execution.has_ended and not self._is_refused and self._in_vain < _MOST_FOR_STEPS:
                raise
            consequence = "the execution alone is shown" if self._is_refused or execution.has_ended else "trying again"
            self._watcher.troubled(f"{error.findings[0].message}; {consequence}")


def last_lines(account: Account, step: StepExecution, count: int) -> list[str]:
    """The last lines of a job's log; none where the step is no job, or its job has written nothing.

    Raises: AwsError when the log is not to be seen.
    """
    group = log_group_of(step.job_kind)
    if group is None:
        return []
    client = account.client("logs")
    try:
        with translate_errors(f"the log of {step.job} cannot be read"):
            streams = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{step.job}/")["logStreams"]
            if not streams:
                return []
            last = max(streams, key=lambda one: one.get("lastEventTimestamp", 0))["logStreamName"]
            answer = client.get_log_events(logGroupName=group, logStreamName=last, startFromHead=False, limit=count)
    except AwsError as error:
        if service_error_code(error) == "ResourceNotFoundException":
            return []
        raise
    return [str(event["message"]).rstrip() for event in answer["events"]]
