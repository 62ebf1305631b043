"""Definitions and asset lists as they must stay: each golden pipeline, and what SageMaker's own SDK writes.

After a change that you want: `pytest tests/integration/test_golden.py --update-golden`, then read the diff. No option
updates the table of digests. In tests/golden: `sha256sum */definition.json */assets.json > SHA256SUMS`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.emit import emit
from stepsmith.definition.parse import parse

GOLDEN = Path(__file__).parents[1] / "golden"
PIPELINES = sorted(path.parent.name for path in GOLDEN.glob("*/pipeline.yaml"))
DEFINITIONS = sorted(path.parent.name for path in GOLDEN.glob("*/definition.json"))
# What is found today in definitions of the SDK's own. It writes Not with a Condition, which we still refuse (see
# tests/corpus/definitions/A01-not-condition-right-form-refused.json), and v3 writes a number where text is needed.
_NOT = [("DEF118", "steps.good-enough")] * 2
FINDINGS = {
    "sdk-v2-scored": _NOT,
    "sdk-v3-scored": [*_NOT, ("DEF120", "steps.train.Arguments.HyperParameters['rounds']")],
}
# The digest of a step's own code: it changes with each line of its script, and of what travels with it.
CODE = re.compile(r"/code/[0-9a-f]{64}/")


@pytest.fixture
def compiled(example, stepsmith, stepsmith_process, installed, beside, tmp_path):
    """The definition and the assets of a golden pipeline, compiled in a copy of the example."""

    def call(name):
        shutil.copy(GOLDEN / name / "pipeline.yaml", example / "golden.yaml")
        if (GOLDEN / name / "files").is_dir():
            shutil.copytree(GOLDEN / name / "files", example, dirs_exist_ok=True)
        packages = GOLDEN / name / "packages.json"
        if packages.exists():
            folders = [repaired(installed(package), tmp_path) for package in json.loads(packages.read_text())]
            done = stepsmith_process("compile", "golden.yaml", "--json", cwd=example, env=beside(*folders))
        else:
            done = stepsmith("compile", "golden.yaml", "--json", cwd=example)
        assert (done.status, done.err) == (0, "")
        return json.loads(done.out)

    return call


def repaired(package, tmp_path):
    """The package; of the one whose specification offers what its contract lacks, a copy without that."""
    if not (package / "stepsmith_misaligned").is_dir():
        return package
    copy = shutil.copytree(package, tmp_path / "repaired")
    step = copy / "stepsmith_misaligned" / "step.py"
    step.write_text(step.read_text().replace('        OutputSpec(logical_name="summary"),\n', ""))
    return copy


def without_code_digests(value):
    return CODE.sub("/code/DIGEST/", json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def assets_of(compiled):
    """Each object with its digest and size; of a step's own code only the folder."""
    code = {
        asset["uri"][: CODE.search(asset["uri"]).end()] for asset in compiled["assets"] if CODE.search(asset["uri"])
    }
    others = [asset for asset in compiled["assets"] if not CODE.search(asset["uri"])]
    return [*({"uri": uri} for uri in sorted(code)), *others]


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_compiles_to_its_golden_definition_and_assets(compiled, request, name):
    now = compiled(name)
    definition = now["definition"] if isinstance(now["definition"], dict) else json.loads(now["definition"])
    written = {
        "definition.json": without_code_digests(definition),
        "assets.json": without_code_digests(assets_of(now)),
    }
    for file, text in written.items():
        if request.config.getoption("--update-golden"):
            (GOLDEN / name / file).write_text(text)
        assert text == (GOLDEN / name / file).read_text()


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_golden_definition_has_its_findings_and_is_written_as_it_was_read(name):
    text = (GOLDEN / name / "definition.json").read_text()
    definition = parse(text)
    errors = [(finding.code, finding.where) for finding in check(definition) if not finding.is_warning]
    assert errors == FINDINGS.get(name, [])
    assert json.loads(emit(definition)) == json.loads(text)


def test_each_golden_file_is_the_one_whose_digest_is_written_down():
    pinned = dict(reversed(line.split("  ")) for line in (GOLDEN / "SHA256SUMS").read_text().splitlines())
    files = [*GOLDEN.glob("*/definition.json"), *GOLDEN.glob("*/assets.json")]
    assert pinned == {
        path.relative_to(GOLDEN).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
