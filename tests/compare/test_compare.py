"""`make compare` finds nothing between a commit and itself, and each of some changes of behaviour that are seeded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.checkout import copy_files

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.compare

# Each seeded change: the file below src/stepsmith, what it says, what it says instead, and the difference that must be
# found: its kind, its case, and a part of its text.
SEEDS = {
    "a code": (
        "build/staging.py", 'MissingFileError("STP230"', 'MissingFileError("STP239"',
        ("finding", "rules/STP230", "new: STP239 error"),
    ),
    "a position": (
        "pipeline/yaml_text.py", "mark.column + 1, text", "mark.column + 2, text",
        ("finding", "rules/STP212", "position=pipeline.yaml:14:4"),
    ),
    "a severity": (
        "rules/pipeline/unused_outputs.py", "    is_warning=True,\n", "    is_warning=False,\n",
        ("finding", "rules/RES010", "new: RES010 error"),
    ),
    "an exit status": (
        "cli/main.py", "EXIT_FAILED, EXIT_INTERRUPTED = 1, 130", "EXIT_FAILED, EXIT_INTERRUPTED = 3, 130",
        ("status", "archives", "archive verify zero.tar.gz: exit status 1 -> 3"),
    ),
    "a digest": (
        "container/entry.py", "FAILURE_REASON_BYTES = 1024\n", "FAILURE_REASON_BYTES = 1024  # bytes\n",
        ("asset", "example", "digest "),
    ),
    "an asset's key": (
        "steps/dummy_training/step.py", "/input/{item.digest}/", "/inputs/{item.digest}/",
        ("asset", "example", "dummy_training/input"),
    ),
    "an archive's byte": (
        "container/archive/write.py", "info.mtime = 0", "info.mtime = 1",
        ("archive", "archives", "package-gnu.tar.gz"),
    ),
    "a value of the definition": (
        "steps/dummy_training/step.py", "Field(default=1200,", "Field(default=1201,",
        ("definition", "example", "MaxRuntimeInSeconds: 1200 -> 1201"),
    ),
    "a member of a JSON document": (
        "cli/commands/runs.py", '"pipeline": run.pipeline', '"pipelines": run.pipeline',
        ("json", "example", "runs --json: 0.pipeline"),
    ),
    "a file that `new` makes": (
        "scaffold/pipeline/README.md.txt", "a", "A",
        ("file", "new-pipeline", "demo/README.md: digest"),
    ),
    "a field of a finding": (
        "diagnostics/finding.py", 'f".{part}" if text', 'f"/{part}" if text',
        ("finding", "rules/STP220", "field="),
    ),
    "a text": (
        "cli/main.py", "is no command; to run it", "is not a command; to run it",
        ("text", "usage", "is not a command"),
    ),
}  # fmt: skip


def compare(root, *options):
    """The exit status of the tool in a checkout, what it printed, and the differences that it found."""
    command = [sys.executable, "tools/compare", "--base", "HEAD", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=900, check=False)
    found = root / ".compare" / "differences.json"
    assert found.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(found.read_text())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A clone with what is in the working tree committed, in which sources may be changed."""
    clone = tmp_path_factory.mktemp("compare") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    copy_files(ROOT, clone)
    for environment in ROOT.glob(".venv-aws-moto"):
        (clone / environment.name).symlink_to(environment)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "add", "--all"], cwd=clone, check=True)
    subprocess.run(["git", *author, "commit", "--quiet", "--allow-empty", "-m", "all"], cwd=clone, check=True)
    return clone


def test_a_version_does_not_differ_from_itself(checkout):
    status, out, found = compare(checkout)
    assert (status, found) == (0, [])
    assert int(out.split(" commands: ")[0].splitlines()[-1].replace(",", "")) > 1500


@pytest.fixture(scope="module")
def seeded(checkout):
    """The differences that are found with all seeds in the source, in the cases that show them."""
    for file, old, new, _ in SEEDS.values():
        path = checkout / "src" / "stepsmith" / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r} any more: seed this change elsewhere"
        path.write_text(text.replace(old, new))
    cases = sorted({case for _, _, _, (_, case, _) in SEEDS.values()})
    status, _, found = compare(checkout, *(word for case in cases for word in ("--only", case)))
    assert status == 1
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seeded_change_is_found(seeded, seed):
    kind, case, what = SEEDS[seed][3]
    assert [one for one in seeded if (one["kind"], one["case"]) == (kind, case) and what in one["what"]]


def test_an_approved_difference_does_not_count(checkout, seeded, tmp_path):
    assert seeded
    approved = tmp_path / "approved.yaml"
    approved.write_text("- {kind: '*', case: '*', what: '*', reason: everything is seeded}\n")
    assert compare(checkout, "--only", "usage", "--approved", str(approved))[0] == 0
