"""Runs a definition and its assets on this machine: no AWS, no Docker, no network.

Knows no specification, no config and no builder: what ran here is what runs there.
"""

from stepsmith.local.digest_cache import open_digest_cache
from stepsmith.local.engine import run
from stepsmith.local.model_registry import ModelRegistry
from stepsmith.local.run import Observer, Run, StepFailedError, StepRun
from stepsmith.local.store import Store, find_store

__all__ = [
    "ModelRegistry",
    "Observer",
    "Run",
    "StepFailedError",
    "StepRun",
    "Store",
    "find_store",
    "open_digest_cache",
    "run",
]
