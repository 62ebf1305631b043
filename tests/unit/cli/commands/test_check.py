from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from stepsmith.diagnostics.catalogue import RETIRED, rules
from stepsmith.scaffold import new_pipeline, new_step

PAGES = Path(__file__).parents[4] / "docs" / "rules"


@pytest.fixture
def check(stepsmith):
    """Calls `stepsmith check`."""
    return functools.partial(stepsmith, "check")


@pytest.fixture
def broken(tmp_path):
    """A pipeline with an error and a warning."""
    path = new_pipeline("broken", tmp_path / "broken") / "pipeline.yaml"
    extra = "  extra:\n    type: DummyTraining\n    pretrained_model_path: modle/\n"
    path.write_text(path.read_text().replace("  package:\n", f"{extra}  package:\n"))
    return path


def test_what_is_clean_is_one_line(check, tmp_path, snapshot):
    new_pipeline("p", tmp_path / "p")
    done = check("p/pipeline.yaml")
    assert (done.status, done.out.count("\n"), done.err) == (0, 1, "")
    snapshot(done.out)


@pytest.mark.usefixtures("broken")
def test_findings_are_told_with_their_line_and_counted(check, findings, snapshot):
    done = check("broken/pipeline.yaml")
    assert (done.status, done.codes) == (1, ["RES010", "STP230"])
    snapshot(done.out)
    assert findings(check("broken/pipeline.yaml", "--json")) == [
        ("RES010", "steps.extra", "broken/pipeline.yaml:14:3"),
        ("STP230", "steps.extra.pretrained_model_path", "broken/pipeline.yaml:16:28"),
    ]


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (["--select", "STP"], ["STP230"]),
        (["--ignore", "STP230"], ["RES010"]),
        (["--ignore", "stp230,RES"], []),
        (["--select", "RES", "--select", "STP", "--ignore", "RES010"], ["STP230"]),
    ],
    ids=["select", "ignore", "ignore several", "both"],
)
def test_findings_are_chosen_by_code(check, broken, options, codes):
    done = check(broken, *options, "--json")
    told = json.loads(done.out)
    assert [finding["code"] for finding in told["findings"]] == codes
    assert (done.status, told["status"]) == ((1, "Findings") if codes else (0, "Clean"))
    assert told["checked"] == ["broken/pipeline.yaml"]


@pytest.mark.usefixtures("broken")
def test_annotations_for_github_have_their_place(check, snapshot):
    done = check("broken/pipeline.yaml", "--format", "github")
    assert [line.partition("::")[2].partition("::")[0] for line in done.out.splitlines()] == [
        "warning file=broken/pipeline.yaml,line=14,col=3,title=RES010",
        "error file=broken/pipeline.yaml,line=16,col=28,title=STP230",
    ]
    assert "%0A" not in done.out
    snapshot(done.out)


def test_annotations_of_nothing_are_a_notice(check, tmp_path, snapshot):
    new_pipeline("p", tmp_path / "p")
    done = check("p/pipeline.yaml", "--format", "github")
    assert done.out.split()[0] == "::notice"
    snapshot(done.out)


def test_a_step_is_checked_by_its_type_or_by_its_package(check, tmp_path, snapshot):
    new_step("StepOfACheck", tmp_path / "step")
    targets = ("DummyTraining", "step/src/step_of_a_check")
    done = check(*targets)
    assert (done.status, done.codes) == (0, [])
    snapshot(done.out)
    assert json.loads(check(*targets, "--json").out)["checked"] == ["DummyTraining", "StepOfACheck"]


def test_a_projects_folder_is_its_packages_and_its_pipelines(check, tmp_path):
    made = new_step("StepOfAProject", tmp_path / "step")
    (made / "tests" / "__init__.py").touch()
    done = check("step", "--json")
    assert (done.status, json.loads(done.out)["checked"]) == (0, ["StepOfAProject", "step/pipeline.yaml"])
    new_pipeline("p", tmp_path / "p")
    assert json.loads(check("p", "--json").out)["checked"] == ["p/pipeline.yaml"]


def test_a_comment_in_a_step_ignores_what_stands_there(check, tmp_path):
    made = new_step("StepOfAnIgnore", tmp_path / "step")
    script = made / "src" / "step_of_an_ignore" / "script.py"
    script.write_text(script.read_text() + "\n\nimport pandas  # stepsmith: ignore STP117 every image has it\n")
    assert check("step/src/step_of_an_ignore").status == 0
    assert check(made / "src" / "step_of_an_ignore", cwd=made / "src").status == 0


def test_a_target_that_cannot_be_checked_hides_no_other(check, broken, snapshot):
    done = check(broken, "none.yaml", "--json")
    assert (done.status, [finding["code"] for finding in json.loads(done.out)["findings"]]) == (2, ["RES010", "STP230"])
    assert done.codes == ["YML004"]
    snapshot(done.err)


def test_without_a_target_everything_is_checked(check, broken, tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "pipeline.yaml").write_text("name: [")
    (tmp_path / "other.pipeline.yaml").write_text(broken.read_text().replace("name:", "nmae:"))
    done = check("--json")
    told = json.loads(done.out)
    assert done.status == 1
    assert {"DummyTraining", "broken/pipeline.yaml", "other.pipeline.yaml"} <= set(told["checked"])
    assert not any("node_modules" in name for name in told["checked"])


TROUBLE = {"none.yaml": "YML004", "DumyTraining": "STP010", "empty": "STP015", "file.txt": "YML004"}


@pytest.mark.parametrize("target", TROUBLE)
def test_what_cannot_be_checked_is_status_2(check, tmp_path, target, snapshot):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    done = check(target)
    assert (done.status, done.out, done.codes) == (2, "", [TROUBLE[target]])
    snapshot(done.err)


def test_every_code_is_explained_by_its_page(check):
    for code in (*rules(), *RETIRED):
        done = check("--explain", code.lower())
        assert (done.status, done.out) == (0, (PAGES / f"{code}.md").read_text()), code


@pytest.mark.parametrize(
    "options",
    [["--select", "XYZ"], ["--ignore", "STP2300"], ["--ignore", "5"], ["--select", "ARC999"], ["--explain", "STP000"]],
    ids=" ".join,
)
def test_an_unknown_code_is_wrong_usage(check, options, snapshot):
    done = check(*options)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
