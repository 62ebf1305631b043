"""Two problems in one project are found as each alone is: neither hides the other, and each is reported once.

The examples of all rules about pipelines and about definitions are put into one project two by two. What is found less
or more than with each alone is declared, with the reason, in `HIDDEN` and `ADDED`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.checks.limits import size_of
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import About, StepsmithError
from stepsmith.diagnostics.catalogue import rules
from stepsmith.rules.checking import check_pipeline
from stepsmith.scaffold import new_pipeline

RULES = {code: rule for code, rule in rules().items() if rule.example}
# The codes of problems of reading come first, so that what they hide is in their own tests.
CODES = {
    about: sorted((code for code, rule in RULES.items() if rule.about is about), key=lambda code: code[:3] != "YML")
    for about in About
}
PIPELINE, SHARED, DEFINITION = "pipeline.yaml", "shared.yaml", "definition.json"
_ERRORS = {code for code in CODES[About.PIPELINE] if not RULES[code].is_warning}
_TYPE = {"STP010", "YML008"}
_EDGES = {"DAG002", "DAG003", "YML005"}
_MODEL = {"STP202", "STP220", "STP221", "STP230"}
# Those about the step "tell" of the definition, which two examples rename.
_OF_TELL = {"DEF111", "DEF117", "DEF154", "DEF155"}
# What a problem hides: the codes of the problem, the codes that are not found beside it, and why.
HIDDEN = (
    ({"YML001"}, set(RULES), "nothing is known of a file that is not YAML"),
    ({"DEF020"}, set(RULES), "nothing is known of a file that is not JSON"),
    ({code for code in RULES if code < "DEF100"}, set(RULES), "a definition is checked only if it can be read"),
    (_ERRORS, {"CHK002"}, "whether an ignore is of use is known only if everything was checked"),
    (
        _TYPE,
        {"RES001", "RES002", "RES003", "RES004", "RES012", "STP201", "STP204", "STP206", "STP208", "STP210", "STP211"},
        "without its type, nobody knows the fields and the inputs of the step",
    ),
    (
        _TYPE,
        {"STP212", "STP213", "STP250", "STP270", "STP271", "YML006"},
        "without its type, nobody knows the step's fields",
    ),
    (
        _EDGES | _TYPE | {"RES001", "RES002", "RES003", "RES012", "YML007"},
        {"RES010"},
        "an output may be meant for an input of which nobody knows what fills it",
    ),
    (_EDGES, {"RES003", "RES012"}, "nobody knows which outputs the step is offered"),
    ({"DAG002", "RES001", "YML005"}, {"DAG003"}, "without this edge there is no cycle"),
    ({"DAG003"}, {"RES002"}, "nobody knows which outputs the step is offered"),
    ({"RES003", "YML007"}, {"RES001", "RES002"}, "the wire is meant to fill the input"),
    ({"RES004"}, {"RES001", "RES002"}, "the wire may be meant for this input; RES002 is then at `inputs`"),
    ({"RES011"}, {"RES010", "RES012"}, "the examples make a tie of two outputs"),
    (_MODEL, {"RES011"}, "a value that cannot be used has no rivals"),
    (_MODEL | {"STP272"}, {"STP240"}, "a model that is not read has no digest"),
    ({"STP240"}, {"STP272"}, "the digest pins the model"),
    ({"STP015"}, {"STP010"}, "the type may be a step of the package"),
    ({"STP210", "STP211", "YML002", "YML003", "YML011"}, {"STP210", "STP211", "STP270"}, "nobody knows the region"),
    ({"YML004", "YML013"}, {"STP204", "STP210", "STP212"}, "the file that is not there may set it in `defaults`"),
    ({"YML004", "YML013"}, {"STP010"}, "the file that is not there may name the package of the step"),
    ({"STP250"}, {"STP271"}, "code without its entry point is not used"),
    ({"YML006"}, {"STP250", "STP271"}, "the misspelt key names the code"),
    ({"STP210"}, {"YML002"}, "the example removes one of the two regions"),
    ({"DEF101", "DEF102"}, _OF_TELL, "the step has another name"),
)
# What is found beside two problems and beside neither of them alone, in the same way.
ADDED = (
    (
        {"RES002", "RES010", "RES011", "STP231"},
        {"STP204", "STP210", "STP211"},
        "the example adds a step, which has the problem too",
    ),
    ({"RES004"}, {"RES002"}, "it is at `inputs`, which is there now"),
    ({"RES011"}, {"RES002"}, "the examples make a tie of two outputs"),
    ({"RES001"}, {"RES011"}, "the examples make a model come after its package"),
    ({"YML001"}, {"YML001"}, "YAML notices it at the next key, which is another"),
    ({"STP210"}, {"STP270"}, "the examples set another region"),
    ({"DEF101", "DEF102"}, _OF_TELL, "the step has another name"),
    ({"DEF102"}, {"DEF113", "DEF151"}, "a name that two steps have may mean either"),
)


@dataclass(frozen=True)
class Edit:
    """A change to a file: the lines from `start` to `end`, from 0, become the lines `new`."""

    file: str
    start: int
    end: int
    new: tuple

    @property
    def added_keys(self):
        """The keys, with their indentation, that it adds; none if it replaces something."""
        return {line.partition(":")[0] for line in self.new} if self.start == self.end else set()


def edit_of(file, text, good, bad):
    """The smallest change of whole lines that makes `bad` of `good`."""
    before, after = text.splitlines(keepends=True), text.replace(good, bad, 1).splitlines(keepends=True)
    same = next((index for index, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    shorter = min(len(before), len(after)) - same
    ends = zip(reversed(before), reversed(after), strict=False)
    same_at_end = next((index for index, (a, b) in enumerate(ends) if a != b or index == shorter), shorter)
    return Edit(file, same, len(before) - same_at_end, tuple(after[same : len(after) - same_at_end]))


def are_compatible(first, second):
    """Whether two changes can be made to one project."""
    if first.file != second.file:
        return True
    overlap = first.start < second.end and second.start < first.end
    return not overlap and not first.added_keys & second.added_keys


def edited(text, edits):
    """The lines of a text with all changes, each with what tells it from the others: its number without the changes.

    A line that is added has its own text instead. Of lines that are added at one place, the shorter text comes first.
    """
    lines = list(enumerate(text.splitlines(keepends=True)))
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end, len(edit.new)), reverse=True):
        numbers = [*range(edit.start, edit.end)][: len(edit.new)]
        lines[edit.start : edit.end] = list(zip([*numbers, *edit.new[len(numbers) :]], edit.new, strict=True))
    return lines


def consequences_of(problems, table):
    """The codes that a table declares as consequences of problems."""
    return {code for causes, codes, _ in table if causes & problems for code in codes}


class Project:
    """A project without problems, and what is found in it with some."""

    def __init__(self, about, folder):
        self._about, self._folder = about, folder
        names = {RULES[code].example.file for code in CODES[about]}
        self.texts = {name: (folder / name).read_text("utf-8") for name in names}
        self._alone = cache(lambda code: self.found(code)[0])

    def edits(self, code):
        example = RULES[code].example
        changes = ((example.file, example.good, example.bad), *example.also)
        return [edit_of(file, self.texts[file], good, bad) for file, good, bad in changes]

    def found(self, *codes):
        """What is found with these examples, and how many findings that are."""
        edits = [edit for code in codes for edit in self.edits(code)]
        lines = {file: edited(text, [one for one in edits if one.file == file]) for file, text in self.texts.items()}
        for file, content in lines.items():
            (self._folder / file).write_text("".join(line for _, line in content), "utf-8")
        findings = self._findings()
        return {_key(finding, lines) for finding in findings}, len(findings)

    def difference(self, first, second):
        """What is found with two examples and with none alone, or the reverse; and what is reported twice."""
        together, count = self.found(first, second)
        alone = self._alone(first) | self._alone(second)
        hidden, added = (consequences_of({first, second}, table) for table in (HIDDEN, ADDED))
        return [
            *(f"+ {one}" for one in sorted(together - alone) if one[0] not in added),
            *(f"- {one}" for one in sorted(alone - together) if one[0] not in hidden),
            *(["one finding twice"] if count > len(together) else []),
        ]

    def _findings(self):
        if self._about is About.PIPELINE:
            return check_pipeline(self._folder / PIPELINE, {}).findings
        try:
            definition = parse((self._folder / DEFINITION).read_text("utf-8"))
            return check(definition, size_bytes=size_of(definition))
        except StepsmithError as error:
            return error.findings


def _key(finding, lines):
    """What tells a finding from others, also if lines are added above it."""
    where = re.sub(r"(?<=Parameters)\[\d+\]", "", finding.where)
    if not finding.position:
        return finding.code, where
    (file,) = (name for name in lines if finding.position.file.endswith(name))
    return finding.code, where, str(lines[file][finding.position.line - 1][0]), finding.position.column


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Gives the project of the examples of pipelines, or of definitions."""

    @cache
    def make(about):
        folder = tmp_path_factory.mktemp(about.value)
        if about is About.DEFINITION:
            (folder / DEFINITION).write_text((files("stepsmith.rules") / DEFINITION).read_text("utf-8"), "utf-8")
            return Project(about, folder)
        return Project(about, new_pipeline("example", folder / "example"))

    return make


@pytest.mark.parametrize(
    ("about", "code"), [(about, code) for about in (About.PIPELINE, About.DEFINITION) for code in CODES[about]]
)
def test_two_problems_are_found_as_each_alone(project, about, code):
    project = project(about)
    found = {}
    for first, second in combinations(CODES[about], 2):
        edits = [project.edits(one) for one in (first, second)]
        if code == first and all(are_compatible(one, other) for one in edits[0] for other in edits[1]):
            found[second] = project.difference(first, second)
    assert not any(found.values()), "\n" + "\n".join(
        f"{code} and {other}: {complaint}" for other, complaints in found.items() for complaint in complaints
    )


# --- by hand ---

# The code of each finding is in a comment on its line.
FILES = {
    "several problems in one step, and several in the file": {
        PIPELINE: """\
name: a b  # DEF101
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
steps:
  model:
    type: DummyTraining
    pretrained_model_path: modle/  # STP230
    volume_size_gb: 0  # STP201
    instance_typ: ml.m5.large  # YML006
    max_runtime_seconds: ${param:Nope}  # DEF110
    env:
      A-B: x  # STP213
  card:
    type: Crad  # STP010
    after: model
color: blue  # YML006
"""
    },
    "problems of two steps, of which one depends on the other": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
steps:
  model:
    type: DummyTraining
    pretrained_model_path: s3://my-bucket/models/  # STP221
    volume_size_gb: many  # STP201
  package:
    type: ModelPackaging
    code: inference/
    entry_point: 7  # STP201
    after: model
  register:
    type: ModelRegistration
    group: a b  # STP201
    image_uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1
    instance_types: [large]  # STP201
    after: package
"""
    },
    "a step of a type that is not known, which others read": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
steps:
  model:
    type: DummyTrainng  # STP010
    pretrained_model_path: model/
    volume_size_gb: many
  package:
    type: ModelPackaging
    code: inference/
    inputs: {model_input: model.model_output}
    after: model
    volume_size_gb: many  # STP201
  other:
    type: ModelPackaging
    code: inference/
    after: model
"""
    },
    "problems in an included file, which several steps meet": {
        SHARED: """\
region: eu-west-9  # STP211
pipeline_s3_loc: s3://my-bucket/example
defaults:
  volume_size_gb: 0  # STP201
  tags: {team: '${param:Nope}'}  # DEF110
  env:
    LONG: LONG_TEXT  # STP208
""".replace("LONG_TEXT", "x" * 300),
        PIPELINE: """\
name: example
include: shared.yaml
steps:
  model:
    type: DummyTraining
    pretrained_model_path: model/
  package:
    type: ModelPackaging
    code: inferense/  # STP230
    after: model
""",
    },
    "a cycle, and a problem in each of its steps": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
steps:
  model:
    type: DummyTraining
    pretrained_model_path: modle/  # STP230
    after: package  # DAG003
  package:
    type: ModelPackaging
    code: inferense/  # STP230
    after: model
"""
    },
    "a variable that is not set, and another problem": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: ${env:NOPE}  # YML011
steps:
  model:
    type: DummyTraining
    pretrained_model_path: modle/  # STP230
    volume_size_gb: many  # STP201
"""
    },
    "a misspelt key, and what is missing without it": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_lok: s3://my-bucket/example  # YML006
parametrs: {Volume: {type: Integer}}  # YML006
steps:
  model:
    type: DummyTraining
    pretrained_model_path: model/
    volume_size_gb: ${param:Volume}
  package:
    type: ModelPackaging
    kode: inference/  # YML006
    after: model
"""
    },
    "an unknown key that resembles one that is there": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
stages: {}  # YML006
steps:
  model:
    type: DummyTraining
    pretrained_model_path: modle/  # STP230
"""
    },
    "misspelt defaults, and values that steps set themselves": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
defalts: {instance_type: ml.m5.large}  # YML006
steps:
  model:
    type: DummyTraining
    pretrained_model_path: modle/  # STP230
    volume_size_gb: many  # STP201
"""
    },
    "a parameter that is declared wrongly, which several steps read": {
        PIPELINE: """\
name: example
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/example
parameters:
  Volume: {type: Int}  # DEF010
steps:
  model:
    type: DummyTraining
    pretrained_model_path: model/
    volume_size_gb: ${param:Volume}
  package:
    type: ModelPackaging
    code: inference/
    volume_size_gb: ${param:Volume}
    after: model
"""
    },
}


@pytest.mark.parametrize("what", FILES)
def test_each_problem_is_reported_once_and_nothing_that_follows(tmp_path, monkeypatch, what):
    monkeypatch.chdir(new_pipeline("example", tmp_path / "example"))
    for name, text in FILES[what].items():
        Path(name).write_text(text, "utf-8")
    found = [finding for finding in check_pipeline(Path(PIPELINE), {}).findings if finding.code != "RES010"]
    assert sorted((one.position.file, one.position.line, one.code) for one in found) == sorted(
        (name, number, line.partition("  # ")[2])
        for name, text in FILES[what].items()
        for number, line in enumerate(text.splitlines(), start=1)
        if "  # " in line
    )
