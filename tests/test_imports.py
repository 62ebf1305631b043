"""Every module is imported by each Python that the project supports, and warns of nothing."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import stepsmith

MODULES = pkgutil.walk_packages(stepsmith.__path__, "stepsmith.")
# `python -m stepsmith` is imported to run the command line.
NAMES = sorted(module.name for module in MODULES if module.name != "stepsmith.__main__")


def test_every_module_can_be_imported():
    code = f"import importlib\nfor name in {NAMES!r}: importlib.import_module(name)"
    command = [sys.executable, "-W", "error", "-B", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(NAMES) > 200
