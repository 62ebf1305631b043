"""The layers of Probe agree, its script does what it is for, and its pipeline runs."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from probe.script import main  # noqa: E402
from probe.step import STEP  # noqa: E402

import stepsmith.local  # noqa: E402
from stepsmith import RegistryManager, load_pipeline  # noqa: E402


def test_its_layers_agree():
    RegistryManager(tables=[]).register(STEP)


def test_its_script_reports_on_every_file(tmp_path):
    (tmp_path / "source" / "sub").mkdir(parents=True)
    (tmp_path / "source" / "sub" / "a.txt").write_text("abc")
    arguments = ["--source-dir", str(tmp_path / "source"), "--title", "T", "--output-dir", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == {"title": "T", "files": {"sub/a.txt": 3}}


def test_its_pipeline_runs(tmp_path):
    run = stepsmith.local.run(load_pipeline(ROOT / "pipeline.yaml").compile(), store=tmp_path)
    assert [step.name for step in run.steps] == ["probe"]
