"""How a program is run with each SDK."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SDKS = ("v2", "v3")


@pytest.fixture(scope="session")
def asked_of_both():
    """What the programs of the two SDKs answer to facts; both run at once, as each takes seconds to be imported."""

    def asked(program_of, facts_of):
        def answer(sdk):
            python = HERE.parents[1] / f".venv-sdk-{sdk}" / "bin" / "python"
            command = [str(python), "offline.py", program_of(sdk)]
            facts = json.dumps(facts_of(sdk))
            return subprocess.run(
                command, cwd=HERE, input=facts, capture_output=True, text=True, timeout=300, check=False
            )

        with ThreadPoolExecutor() as pool:
            ended = dict(zip(SDKS, pool.map(answer, SDKS), strict=True))
        assert {sdk: done.stderr[-3000:] for sdk, done in ended.items() if done.returncode} == {}
        return {sdk: json.loads(done.stdout) for sdk, done in ended.items()}

    return asked
