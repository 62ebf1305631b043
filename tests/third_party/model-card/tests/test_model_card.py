"""The layers of ModelCard agree, and its script does what it is for."""

import json

import yaml
from stepsmith_model_card.script import main
from stepsmith_model_card.step import STEP

from stepsmith import RegistryManager

PACKAGE = {"package_sha256": "5e8f7b6c", "package_size_bytes": 13335, "files": 4}


def test_its_layers_agree():
    RegistryManager(tables=[]).register(STEP)


def test_its_script_writes_a_card(tmp_path):
    (tmp_path / "package.json").write_text(json.dumps(PACKAGE))
    places = ["--package-dir", str(tmp_path), "--output-dir", str(tmp_path / "card")]
    assert main([*places, "--title", "Penguins", "--owner", "me@example.org"]) == 0
    card = yaml.safe_load((tmp_path / "card" / "card.yaml").read_text())
    assert card == {"title": "Penguins", "owner": "me@example.org", "intended_use": None, **PACKAGE}
