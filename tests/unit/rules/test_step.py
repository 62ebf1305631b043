"""What the rules about a step's script see, and what they leave alone; each rule's own example is in the table."""

from __future__ import annotations

import pytest

from stepsmith.diagnostics import About

PARSED = "    args = parse_args(argv)\n"


@pytest.fixture
def codes(project, replaced):
    """The codes that are found with these lines in the script's work, and this in its contract."""

    def call(lines, contract=""):
        folder, found = project(About.STEP)
        package = folder / "src" / "example_step"
        replaced(package / "script.py", PARSED, PARSED + "".join(f"    {line}\n" for line in lines.splitlines()))
        if contract:
            replaced(package / "step.py", '    description="Writes', f'    {contract},\n    description="Writes')
        return sorted({finding.code for finding in found()})

    return call


CLEAN = {
    "a status of HTTP": "from http import HTTPStatus\nHTTPStatus.OK",
    "a package that it can do without": "try:\n    import ujson as json\nexcept ImportError:\n    import json",
    "a name that it can do without": (
        "try:\n    from functools import cache\nexcept ImportError:\n    from functools import lru_cache as cache"
    ),
    "a message about a path": "raise SystemExit('/opt/ml/processing/x is empty')",
    "a variable with a value where it has none": "os.environ.setdefault('OMP_NUM_THREADS', '1')",
    "a variable that is set": "os.environ['OMP_NUM_THREADS'] = '1'",
    "the beginning of a port's path": "os.path.join('/opt/ml/processing', 'input', 'source')",
    "what a newer Python has and an older can do without": "try:\n    import tomllib\nexcept ImportError:\n    pass",
    "an import for a type checker": "import typing\nif typing.TYPE_CHECKING:\n    import pandas",
}
FOUND = {
    "a network by name": ("from urllib import request\nrequest.urlopen('x')", ["STP120"]),
    "a network by asyncio": ("import asyncio\nasyncio.open_connection('h', 1)", ["STP120"]),
    "an import by importlib": ("import importlib\nimportlib.import_module('polars')", ["STP117"]),
    "a file of the image": ("open('/data/ref.csv')", ["STP113"]),
    "a variable by another name": ("from os import environ as e\ne['MINE']", ["STP115"]),
}


@pytest.mark.parametrize("lines", CLEAN.values(), ids=CLEAN)
def test_what_is_well_is_left_alone(codes, lines):
    assert codes(lines) == []


@pytest.mark.parametrize(("lines", "expected"), FOUND.values(), ids=FOUND)
def test_what_is_not_is_found_by_whatever_name(codes, lines, expected):
    assert codes(lines) == expected


@pytest.mark.parametrize(
    ("lines", "contract", "expected"),
    [
        ("import socket", 'uses=("network",)', []),
        ("import sklearn", 'framework_requirements={"scikit-learn": ">=1"}', []),
        ("import cv2", 'framework_requirements={"some-unknown-package": ">=1"}', []),
        ("", 'framework_requirements={"some-unknown-package": ">=1"}', ["STP118"]),
        ("dict(os.environ)", 'optional_env_vars={"A": "b"}', []),
        ("N = 'A'\nos.environ.get(N)", 'optional_env_vars={"A": "b"}', []),
        ("match args.title:\n    case _:\n        pass", 'python="3.10"', []),
    ],
)
def test_what_the_contract_says_is_no_finding(codes, lines, contract, expected):
    assert codes(lines, contract) == expected


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('add_argument("--title"', 'add_argument("-t", "--title"'),
        ('    parser.add_argument("--title"', '    TITLE = "--title"\n    parser.add_argument(TITLE'),
        (
            '    parser.add_argument("--output-dir"',
            '    parser.add_argument("--v", action="version", version="1")\n    parser.add_argument("--output-dir"',
        ),
        (
            '    parser.add_argument("--title", required=True, help="what the report is called")',
            '    add = parser.add_argument\n    add("--title", required=True)',
        ),
        (
            '    parser.add_argument("--title", required=True, help="what the report is called")',
            '    for name in ("title",):\n        parser.add_argument("--" + name)',
        ),
    ],
)
def test_an_argument_is_seen_as_it_may_be_written(project, replaced, good, bad):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / "script.py", good, bad)
    assert found() == []


@pytest.mark.parametrize(
    ("file", "good", "bad", "at"),
    [
        ("script.py", PARSED, PARSED + "    match args.title:\n        case _:\n            pass\n", "script.py:41:1"),
        ("script.py", 'parser.add_argument("--title"', 'parser.add_argument("--heading"', "script.py:22:25"),
        ("script.py", "import json\n", "import json\nfrom example_step import step\n", "script.py:7:1"),
        ("step.py", "logical_name=SOURCE", 'logical_name="sources"', "step.py:39:26"),
        ("step.py", '"title": "title"', '"title": "heading"', "step.py:28:47"),
    ],
)
def test_a_fault_is_told_in_the_file_that_it_is_in(project, replaced, file, good, bad, at):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / file, good, bad)
    assert f"example/src/example_step/{at}" in [finding.at for finding in found()]


@pytest.mark.parametrize("content", [b"\xff", b"x = " + b"a + " * 20_000 + b"a", b"x = 1\0"])
def test_a_script_that_cannot_be_read_is_told(project, content):
    folder, found = project(About.STEP)
    (folder / "src" / "example_step" / "script.py").write_bytes(content)
    assert "STP106" in [finding.code for finding in found()]
