"""An executor is a line in a table: the engine and what it refuses beforehand both read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stepsmith.local.executors import EXECUTORS
from stepsmith.local.reference_values import StepResult
from stepsmith.sagemaker.step_types import STEP_TYPES

if TYPE_CHECKING:
    from stepsmith.local.executors.executor import StepTask


def test_every_executor_is_of_a_step_type_with_a_record():
    assert set(EXECUTORS) <= set(STEP_TYPES)


@pytest.fixture
def tasks(monkeypatch):
    """An executor for Lambda steps, which remembers its tasks."""
    tasks = []

    def execute(task: StepTask) -> StepResult:
        tasks.append(task)
        return StepResult({"Answer": task.arguments["question"].upper()})

    monkeypatch.setitem(EXECUTORS, "Lambda", execute)
    return tasks


def test_a_step_type_with_an_executor_runs_and_later_steps_read_its_result(machine, tasks):
    ask = {"Name": "ask", "Type": "Lambda", "Arguments": {"question": "why"}}
    script = "write('answer.txt', os.environ['ANSWER'])\nprint(os.environ['ANSWER'])\n"
    run = machine.run(ask, machine.step("reader", script, Environment={"ANSWER": {"Get": "Steps.ask.Answer"}}))
    (task,) = tasks
    assert (task.step.name, task.number, task.run_id) == ("ask", 1, run.id)
    assert task.log.parent == run.store.run_folder(run.id)
    assert [(step.name, step.status) for step in run.steps] == [("ask", "Succeeded"), ("reader", "Succeeded")]
    assert machine.printed("reader") == "WHY\n"


def test_without_an_executor_a_step_type_is_refused_before_anything_runs(machine, expect_error):
    ask = {"Name": "ask", "Type": "Lambda", "Arguments": {}}
    with expect_error("RUN001", "steps.ask", text=False):
        machine.run(ask)
