"""Snapshots of the texts that users read: one file per room under `tests/texts`.

Tests assert codes, places and records. What an error or a command *says* is compared with the snapshot, so rewording a
message is one change that you can review: `make texts` (pytest --update-texts), then read the diff.

A snapshot library would write one file per test module, and cannot update under pytest-xdist. This one does both, and
runs on Python 3.8, where the tests of `container` run too.
"""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager

import pytest

_HEADER = "# What the tests of this room read. `make texts` writes this file; never edit it by hand.\n"
_INDENT = "    "
_SEPARATOR = "    ----"
_STATE = pytest.StashKey()
_PASSED = pytest.StashKey()


class Snapshots:
    """The snapshots of a session: what the files hold, what the tests saw, and the ids of all tests of whole files.

    `tests` is the folder of the tests, which has the files in `texts/`.
    """

    def __init__(self, tests, update):
        self.tests, self.update = tests, update
        self.seen = {}
        self.collected = set()
        self._files = {}

    def expected(self, room, key):
        """The texts of a test as its file holds them, or None."""
        if room not in self._files:
            self._files[room] = read(self._file(room))
        return self._files[room].get(key)

    def key_of(self, item):
        """The id of a test in its file."""
        return item.path.relative_to(self.tests).as_posix() + "::" + item.name

    def merge(self, seen, collected):
        """Adds what another process saw."""
        self.collected.update(collected)
        for room, entries in seen.items():
            self.seen.setdefault(room, {}).update(entries)

    def write(self):
        """Writes what tests that passed saw. What belongs to no test any more is dropped; all else is kept."""
        functions = {function_of(key) for key in self.collected}
        for room, seen in self.seen.items():
            kept = {
                key: texts
                for key, texts in read(self._file(room)).items()
                if belongs_to_a_test(self.tests, key) and (key in self.collected or function_of(key) not in functions)
            }
            write(self._file(room), {key: texts for key, texts in {**kept, **seen}.items() if texts})

    def _file(self, room):
        return self.tests / "texts" / f"{room}.txt"


def function_of(key):
    """The test function of a key, without its parameters."""
    return key.partition("[")[0]


def belongs_to_a_test(tests, key):
    """Whether the test function of a key still exists."""
    file, _, name = function_of(key).partition("::")
    return (tests / file).exists() and f"def {name}(" in (tests / file).read_text(encoding="utf-8")


def room_of(key):
    """The room of a test: the folder below tests or tests/unit, or `stepsmith` for a file right there.

    >>> room_of("unit/build/test_staging.py::test_a[1/2]"), room_of("aws/test_b.py::test_b"), room_of("test_c.py::test")
    ('build', 'aws', 'stepsmith')
    """
    parts = key.partition("::")[0].split("/")
    below = parts[1:] if parts[0] == "unit" else parts
    return below[0] if len(below) > 1 else "stepsmith"


def read(path):
    """The entries of a snapshot file: the texts of each test, by its id."""
    entries = {}
    key = None
    for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(_INDENT):
            key = line
            entries[key] = [[]]
        elif line == _SEPARATOR:
            entries[key].append([])
        else:
            entries[key][-1].append(line[len(_INDENT) :])
    return {key: ["\n".join(text) for text in texts] for key, texts in entries.items()}


def write(path, entries):
    """Writes a snapshot file, sorted by test id."""
    path.parent.mkdir(exist_ok=True)
    blocks = []
    for key in sorted(entries):
        texts = ("\n".join(_INDENT + line for line in text.split("\n")) for text in entries[key])
        blocks.append(key + "\n" + ("\n" + _SEPARATOR + "\n").join(texts) + "\n")
    path.write_text(_HEADER + "\n" + "\n".join(blocks), encoding="utf-8")


def visible(text):
    """A text with each character that an editor would hide written as an escape, and no white space at line ends.

    A line that would part two texts in the file is escaped too.

    >>> visible("a\\x1b[0m\\u202e ")
    'a\\\\x1b[0m\\\\u202e\\\\x20'
    """
    shown = "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text.encode("utf-8", "backslashreplace").decode()
    )
    shown = re.sub(r" +$", lambda spaces: "\\x20" * len(spaces[0]), shown, flags=re.MULTILINE)
    hidden = {"": "\\n", _SEPARATOR[len(_INDENT) :]: "\\x2d---"}
    return "\n".join(hidden.get(line, line) for line in shown.split("\n"))


class Snapshot:
    """Compares the texts of one test with its snapshot, in their order."""

    def __init__(self, snapshots, room, key, stable):
        self._snapshots, self.stable = snapshots, stable
        self._expected = snapshots.expected(room, key)
        self._key, self._room = key, room
        self._seen = snapshots.seen.setdefault(room, {}).setdefault(key, [])
        del self._seen[:]

    def __call__(self, text):
        """Compares the next text of this test: a string, or anything whose str() a user reads."""
        shown = visible(self.stable(str(text)))
        at = len(self._seen)
        self._seen.append(shown)
        if self._snapshots.update:
            return
        if self._expected is None or at >= len(self._expected):
            pytest.fail(f"tests/texts/{self._room}.txt has no such text of {self._key}:\n{shown}")
        if shown != self._expected[at]:
            diff = difflib.ndiff(self._expected[at].split("\n"), shown.split("\n"))
            pytest.fail(f"not what tests/texts/{self._room}.txt says of {self._key}:\n" + "\n".join(diff))

    def forget(self):
        """Leaves the snapshot as it is, because the test did not come to its end."""
        del self._snapshots.seen[self._room][self._key]

    def check_all_seen(self):
        """Fails if the snapshot has more texts than the test showed."""
        expected = len(self._expected or ())
        if not self._snapshots.update and len(self._seen) < expected:
            seen = len(self._seen)
            pytest.fail(f"tests/texts/{self._room}.txt has {expected} texts of {self._key}, which showed {seen}")

    @contextmanager
    def error(self, kind):
        """A block that raises an exception without a code, whose text is compared; gives pytest's ExceptionInfo."""
        with pytest.raises(kind) as raised:
            yield raised
        self(getattr(raised.value, "message", None) or raised.value)


class ExpectError:
    """Expects an error by its records (code, where, at), and compares its text with the snapshot."""

    def __init__(self, snapshot):
        self._snapshot = snapshot

    @contextmanager
    def __call__(self, records, where="", at="", *, kind=Exception, text=True):
        """A block that raises an error with exactly these records; gives pytest's ExceptionInfo.

        `records` is one code, whose place is `where` (in the pipeline or archive) and `at` (in a file), or a list of
        (code, where, at) of which the last two may be left out. A place that is not given is expected to be empty.
        `text=False` leaves the text out of the snapshot: for texts that differ from run to run.
        """
        expected = [(records, where, at)] if isinstance(records, str) else [(*each, "", "")[:3] for each in records]
        with pytest.raises(kind) as raised:
            yield raised
        if not (hasattr(raised.value, "findings") or hasattr(raised.value, "code")):
            raise raised.value
        seen = [tuple(map(self._snapshot.stable, record)) for record in records_of(raised.value)]
        assert seen == [tuple(map(self._snapshot.stable, record)) for record in expected]
        if text:
            self._snapshot(raised.value)


def records_of(error):
    """(code, where, at) of each finding of an error; an archive's own fault is one finding without a file."""
    findings = getattr(error, "findings", (error,))
    return [(finding.code, finding.where, getattr(finding, "at", "")) for finding in findings]


def record_of_json(finding):
    """(code, where, at) of a finding as the commands print it with --json."""
    position = finding["position"] or {"file": None, "line": None, "column": None}
    at = ":".join(str(position[name]) for name in ("file", "line", "column") if position[name])
    return finding["code"], finding["path"] or "", at


@pytest.fixture
def snapshot(request, tmp_path_factory):
    """Compares a text with this test's snapshot: `snapshot(text)`; a path in a temporary folder is written as TMP."""
    base = tmp_path_factory.getbasetemp()
    workers = base.parent if hasattr(request.config, "workerinput") else base
    folder = re.compile(re.escape(str(workers)) + r"(/popen-gw\d+)?/[\w-]+")

    def stable(text):
        return folder.sub("TMP", text).replace(str(request.config.rootpath), "REPO")

    snapshots = request.config.stash[_STATE]
    key = snapshots.key_of(request.node)
    comparing = Snapshot(snapshots, room_of(key), key, stable)
    yield comparing
    if request.node.stash.get(_PASSED, False):
        comparing.check_all_seen()
    else:
        comparing.forget()


@pytest.fixture
def expect_error(snapshot):
    """Expects an error by its records: `with expect_error("STP230", "steps.model.code"): …`; see `ExpectError`."""
    return ExpectError(snapshot)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.stash[_PASSED] = outcome.get_result().passed


def pytest_addoption(parser):
    parser.addoption("--update-texts", action="store_true", help="write the snapshots of texts again")


def pytest_configure(config):
    config.stash[_STATE] = Snapshots(config.rootpath / "tests", config.getoption("--update-texts"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Notes the tests of whole files, before any is deselected: only then is it known which tests are gone."""
    snapshots = config.stash[_STATE]
    if snapshots.update and not config.option.keyword and not any("::" in argument for argument in config.args):
        snapshots.collected.update(map(snapshots.key_of, items))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """What a worker of pytest-xdist saw, to the process that writes."""
    node.config.stash[_STATE].merge(*getattr(node, "workeroutput", {}).get("texts", ({}, ())))


def pytest_sessionfinish(session):
    snapshots = session.config.stash[_STATE]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["texts"] = (snapshots.seen, sorted(snapshots.collected))
    elif snapshots.update:
        snapshots.write()
