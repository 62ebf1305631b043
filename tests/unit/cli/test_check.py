from __future__ import annotations

import json

import pytest

from stepsmith.cli.main import main
from stepsmith.scaffold import new_pipeline, new_step


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Calls `stepsmith check` in this process, in a folder of its own: its status, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["check", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def broken(tmp_path):
    """A pipeline with an error and a warning."""
    path = new_pipeline("broken", tmp_path / "broken") / "pipeline.yaml"
    extra = "  extra:\n    type: DummyTraining\n    pretrained_model_path: modle/\n"
    path.write_text(path.read_text().replace("  package:\n", f"{extra}  package:\n"))
    return path


def test_what_is_clean_is_one_line(run, tmp_path):
    new_pipeline("p", tmp_path / "p")
    assert run("p/pipeline.yaml") == (0, "p/pipeline.yaml: nothing found\n", "")


@pytest.mark.usefixtures("broken")
def test_findings_are_told_with_their_line_and_counted(run):
    status, out, _ = run("broken/pipeline.yaml")
    assert status == 1
    assert "STP230 broken/pipeline.yaml:16:28 steps.extra.pretrained_model_path" in out
    assert "  |     pretrained_model_path: modle/\n  |                            ^\n" in out
    assert "warning: RES010 broken/pipeline.yaml:14:3" in out
    assert out.splitlines()[-1].startswith("broken/pipeline.yaml: 1 error, 1 warning; ")


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (["--select", "STP"], ["STP230"]),
        (["--ignore", "STP230"], ["RES010"]),
        (["--ignore", "stp230,RES"], []),
        (["--select", "RES", "--select", "STP", "--ignore", "RES010"], ["STP230"]),
    ],
)
def test_findings_are_chosen_by_code(run, broken, options, codes):
    status, out, _ = run(broken, *options, "--json")
    told = json.loads(out)
    assert [finding["code"] for finding in told["findings"]] == codes
    assert (status, told["status"]) == ((1, "Findings") if codes else (0, "Clean"))
    assert told["checked"] == ["broken/pipeline.yaml"]


@pytest.mark.usefixtures("broken")
def test_annotations_for_github_have_their_place(run):
    out = run("broken/pipeline.yaml", "--format", "github")[1].splitlines()
    assert out[0].startswith("::warning file=broken/pipeline.yaml,line=14,col=3,title=RES010::nothing consumes")
    assert out[1].startswith("::error file=broken/pipeline.yaml,line=16,col=28,title=STP230::there is no 'modle/'")
    assert "%0A" not in out[0]


def test_annotations_of_nothing_are_a_notice(run, tmp_path):
    new_pipeline("p", tmp_path / "p")
    assert run("p/pipeline.yaml", "--format", "github")[1].startswith("::notice title=stepsmith check::1 target")


def test_a_step_is_checked_by_its_type_or_by_its_package(run, tmp_path):
    new_step("StepOfACheck", tmp_path / "step")
    assert run("DummyTraining", "step/src/step_of_a_check")[:2] == (0, "DummyTraining, StepOfACheck: nothing found\n")


def test_a_projects_folder_is_its_packages_and_its_pipelines(run, tmp_path):
    made = new_step("StepOfAProject", tmp_path / "step")
    (made / "tests" / "__init__.py").touch()
    status, out, _ = run("step", "--json")
    assert (status, json.loads(out)["checked"]) == (0, ["StepOfAProject", "step/pipeline.yaml"])
    new_pipeline("p", tmp_path / "p")
    assert json.loads(run("p", "--json")[1])["checked"] == ["p/pipeline.yaml"]


def test_a_comment_in_a_step_ignores_what_stands_there(run, tmp_path, monkeypatch):
    made = new_step("StepOfAnIgnore", tmp_path / "step")
    script = made / "src" / "step_of_an_ignore" / "script.py"
    script.write_text(script.read_text() + "\n\nimport pickle\npickle.load(1)  # stepsmith: ignore STP124 we made it\n")
    assert run("step/src/step_of_an_ignore")[0] == 0
    monkeypatch.chdir(made / "src")
    assert run(made / "src" / "step_of_an_ignore")[0] == 0


def test_a_target_that_cannot_be_checked_hides_no_other(run, broken):
    status, out, err = run(broken, "none.yaml", "--json")
    assert (status, [finding["code"] for finding in json.loads(out)["findings"]]) == (2, ["RES010", "STP230"])
    assert "none.yaml" in err


@pytest.mark.parametrize("code", ["ARC001", "STP011", "res005"])
def test_a_code_without_a_page_is_told_as_such(run, code):
    status, out, _ = run("--explain", code)
    assert (status, out.startswith(f"{code.upper()}: ")) == (0, True)


def test_without_a_target_everything_is_checked(run, broken, tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "pipeline.yaml").write_text("name: [")
    (tmp_path / "other.pipeline.yaml").write_text(broken.read_text().replace("name:", "nmae:"))
    status, out, _ = run("--json")
    told = json.loads(out)
    assert status == 1
    assert {"DummyTraining", "broken/pipeline.yaml", "other.pipeline.yaml"} <= set(told["checked"])
    assert not any("node_modules" in name for name in told["checked"])


@pytest.mark.parametrize("target", ["none.yaml", "DumyTraining", "empty", "file.txt"])
def test_what_cannot_be_checked_is_status_2(run, tmp_path, target):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    status, out, err = run(target)
    assert (status, out) == (2, "")
    assert "fix:" in err


def test_a_rule_is_explained(run):
    status, out, _ = run("--explain", "res001")
    assert (status, out.splitlines()[0]) == (0, "# RES001: An input that nothing fills")


@pytest.mark.parametrize(
    "options",
    [["--select", "XYZ"], ["--ignore", "STP2300"], ["--ignore", "5"], ["--select", "ARC999"], ["--explain", "STP000"]],
)
def test_a_code_that_no_rule_has_is_wrong_usage(run, options):
    status, _, err = run(*options)
    assert status == 2
    assert "code" in err
