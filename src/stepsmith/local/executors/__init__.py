"""Runs one step of a definition on this machine: one file per step type, and the table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.local.executors.processing import execute_processing
from stepsmith.local.executors.registration import execute_registration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.local.executors.executor import Executor

# To run another step type on this machine, add a line.
EXECUTORS: Mapping[str, Executor] = {"Processing": execute_processing, "RegisterModel": execute_registration}
