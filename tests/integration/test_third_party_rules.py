"""Rules of another package: that in tests/third_party/house-rules is installed and used beside ours."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "write-a-rule.md").read_text()
MODEL = "pretrained_model_path: models/penguins.tar.gz"


@pytest.fixture
def pipeline(example):
    """The example's pipeline in which all steps but the model's have the tag that the rule asks for."""
    path = example / "pipeline.yaml"
    text = path.read_text()
    assert MODEL in text
    assert "\ndefaults:\n" in text
    path.write_text(text.replace("\ndefaults:\n", "\ndefaults:\n  tags: {team: birds}\n"))
    return path


@pytest.fixture
def check(stepsmith, pipeline):
    """The codes that `check` finds with further arguments, what it says, and its exit status."""

    def run(*arguments):
        done = stepsmith("check", *arguments, cwd=pipeline.parent)
        return done.codes, done.out + done.err, done.status

    return run


def test_a_rule_of_another_package_is_checked_at_the_step_that_it_names(installed, packages, check):
    packages(installed("house-rules"))
    codes, said, status = check("pipeline.yaml")
    assert (set(codes), status) == ({"HSE001"}, 1)
    assert "HSE001 pipeline.yaml:" in said


def test_its_codes_are_ignored_and_selected_as_ours_are(installed, packages, check, pipeline):
    packages(installed("house-rules"))
    assert check("pipeline.yaml", "--ignore", "HSE")[2] == 0
    assert check("pipeline.yaml", "--select", "STP")[2] == 0
    text = pipeline.read_text()
    pipeline.write_text(text.replace("team: birds", "cost-centre: birds"))
    assert check("pipeline.yaml") == ([], "pipeline.yaml: nothing found\n", 0)


def test_a_comment_ignores_it(installed, packages, check, pipeline):
    packages(installed("house-rules"))
    before = check("pipeline.yaml")[0]
    lines = pipeline.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("  ") and line.strip() == "model:")
    lines[at] = "  model: # stepsmith: ignore HSE001 it is billed to all\n"
    pipeline.write_text("".join(lines))
    assert len(check("pipeline.yaml")[0]) == len(before) - 1


def test_its_code_is_explained(installed, packages, check):
    packages(installed("house-rules"))
    _, said, status = check("--explain", "hse001")
    assert status == 0
    assert said.startswith("# HSE001: A job without a cost centre\n")


def test_a_step_is_checked_too(installed, packages, check, tmp_path):
    packages(installed("house-rules"))
    copy = shutil.copytree(installed("model-card") / "stepsmith_model_card", tmp_path / "stepsmith_model_card")
    text = (copy / "step.py").read_text()
    (copy / "step.py").write_text(text.replace('who answers for it.",\n)', 'who answers for it",\n)'))
    codes, said, status = check(str(copy))
    assert (codes, status) == (["HSE002"], 1)
    assert "step.py:71:8 ModelCard: the description is not a sentence" in said


@pytest.fixture
def changed(installed, packages, tmp_path):
    """Installs the package with one text in its rules replaced."""

    def change(old, new):
        ignored = shutil.ignore_patterns("__pycache__")
        copy = shutil.copytree(installed("house-rules"), tmp_path / "changed", ignore=ignored)
        rules = copy / "stepsmith_house_rules" / "rules.py"
        assert rules.read_text().count(old) == 1
        rules.write_text(rules.read_text().replace(old, new))
        packages(copy)

    return change


@pytest.mark.parametrize(
    ("old", "new"),
    [("RULES = (", "RULES = (1 / 0, "), ('code="HSE001"', 'code="STP001"'), ("import About", "import Abuot, About")],
    ids=["raises", "our code", "unknown name"],
)
def test_rules_that_cannot_be_loaded_are_one_warning_that_names_their_package(changed, check, old, new, snapshot):
    changed(old, new)
    codes, said, _ = check("pipeline.yaml", "DummyTraining")
    assert codes == ["CHK004"]
    snapshot(said.strip())


def test_a_deploy_warns_of_rules_that_cannot_be_loaded(changed, stepsmith, pipeline, nobody):
    changed("RULES = (", "RULES = (1 / 0, ")
    done = stepsmith("deploy", str(pipeline), "--plan", env=nobody)
    assert "warning: CHK004" in done.err


def test_a_rule_that_raises_is_one_warning_that_names_its_package(changed, check, snapshot):
    changed("builder.config.tags", "builder.config.tagz")
    codes, said, _ = check("pipeline.yaml", "DummyTraining")
    assert codes == ["CHK004"]
    snapshot(said.strip())


def test_a_rule_that_finds_something_else_is_a_warning(changed, check):
    changed("yield COST_CENTRE.finding(", "yield DESCRIPTION.finding(")
    assert check("pipeline.yaml")[0] == ["CHK004"]


def test_a_broken_rule_does_not_keep_a_pipeline_from_compiling(changed, stepsmith, pipeline):
    changed("RULES = (", "raise SystemExit\nRULES = (")
    assert stepsmith("compile", "pipeline.yaml", cwd=pipeline.parent).status == 0


def test_the_package_passes_a_strict_type_check(mypy, installed, tmp_path):
    status, said = mypy(shutil.copytree(installed("house-rules"), tmp_path / "src"))
    assert status == 0, said


@pytest.mark.parametrize(("name", "text"), re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
def test_a_block_of_the_page_is_a_part_of_the_file_that_it_names(name, text):
    assert f"\n{text}" in (ROOT / "tests" / "third_party" / "house-rules" / name).read_text()
