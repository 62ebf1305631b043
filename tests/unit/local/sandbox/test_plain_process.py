import os
import socket
import subprocess
import uuid
from pathlib import Path

import pytest

from stepsmith.local.sandbox.job import Job, Outcome
from stepsmith.local.sandbox.plain_process import PlainProcess
from stepsmith.local.sandbox.supervisor import _SCOPES_VERSION, _landlock_version, can_confine

confined = pytest.mark.skipif(not can_confine(), reason="this kernel has no Landlock, or switched it off")


@pytest.fixture
def plain(box_of):
    return box_of(PlainProcess())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/opt/ml", "{ml}"),
        ("/opt/ml/processing/input", "{ml}/processing/input"),
        ("--dir=/opt/ml/processing", "--dir={ml}/processing"),
        ("/opt/ml/a:/opt/ml/b", "{ml}/a:{ml}/b"),
        ("a,/opt/ml/b;/opt/ml", "a,{ml}/b;{ml}"),
        ('{"dir": "/opt/ml/a"}', '{"dir": "{ml}/a"}'),
        ("in /opt/ml, or (/opt/ml/a)", "in {ml}, or ({ml}/a)"),
        ("file:///opt/ml/model", "file://{ml}/model"),
        ("two lines:\n/opt/ml/a", "two lines:\n{ml}/a"),
    ],
)
def test_the_containers_root_is_rewritten_wherever_it_is_a_path(tmp_path, text, seen):
    assert PlainProcess().rewrite_paths(tmp_path, text) == seen.replace("{ml}", f"{tmp_path}/opt/ml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/opt/mlflow",
        "/opt/ml-models/a",
        "/opt/ml.old",
        "/usr/opt/ml/a",
        "s3://bucket/opt/ml/a",
        "https://host/opt/ml/a",
        "opt/ml/a",
        "../opt/ml",
    ],
)
def test_what_only_looks_like_the_containers_root_is_left_as_it_is(tmp_path, text):
    assert PlainProcess().rewrite_paths(tmp_path, text) == text


def test_a_process_is_told_where_the_containers_root_is(plain):
    environment = plain.shown()["environment"]
    assert environment["STEPSMITH_ML_ROOT"] == f"{plain.root}/opt/ml"
    assert environment["TMPDIR"] == f"{plain.root}/tmp"


def test_a_launch_says_what_the_process_may_write_to(tmp_path):
    launch = PlainProcess().launch(tmp_path, Job(["sh", "/opt/ml/a"], {"A": "/opt/ml/b"}, 1, tmp_path / "log"))
    assert launch.command == ["sh", f"{tmp_path}/opt/ml/a"]
    assert launch.environment["A"] == f"{tmp_path}/opt/ml/b"
    assert launch.folder == tmp_path / "tmp"
    assert launch.writable[0] == str(tmp_path)
    assert {"/dev/null", "/dev/shm"} < set(launch.writable)
    assert all(place.startswith("/dev/") for place in launch.writable[1:])


@pytest.mark.parametrize("why", ["bwrap is not installed", pytest.param("", id="asked for")])
@confined
def test_what_does_not_hold_is_one_sentence_with_the_reason_why_no_better_kind_is_used(snapshot, why):
    snapshot(PlainProcess(why).warning)


@pytest.mark.skipif(can_confine(), reason="this kernel has Landlock")
def test_where_a_process_can_write_anywhere_the_warning_says_so(snapshot):
    snapshot(PlainProcess().warning)


def test_the_network_of_this_machine_is_reached(plain, server):
    script = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print('reached')"
    assert plain.prints(script, str(server)) == "reached"


def test_the_name_of_this_machine_is_seen(plain):
    assert plain.prints("import socket; print(socket.gethostname())") == socket.gethostname()


def test_the_end_by_a_signal_is_told_as_such(plain):
    assert plain.run("sh", "-c", "kill -KILL $$")[0] == Outcome(-9)


def test_a_command_that_is_not_there_cannot_be_started(plain):
    with pytest.raises(FileNotFoundError) as caught:
        plain.run("no-such-command")
    assert caught.value.filename == "no-such-command"


def test_a_command_that_is_no_program_cannot_be_started(plain, tmp_path):
    (tmp_path / "text").write_text("no program")
    with pytest.raises(PermissionError) as caught:
        plain.run(str(tmp_path / "text"))
    assert caught.value.filename == str(tmp_path / "text")


@pytest.fixture
def outside(tmp_path):
    """A folder of this machine that a step has no business in."""
    folder = tmp_path / "outside"
    (folder / "full").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "file").write_text("mine")
    (folder / "full/file").write_text("mine too")
    return folder


def state(folder):
    """Everything below a folder: names, kinds and contents."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


# What a script does to the files of a folder that is its first argument; its working folder is its own.
CHANGES = {
    "a new file": 'echo x > "$1/new"',
    "written over": 'echo x > "$1/file"',
    "added to": 'echo x >> "$1/file"',
    "truncated": 'python3 -c "import os, sys; os.truncate(sys.argv[1], 0)" "$1/file"',
    "removed": 'rm -f "$1/file"',
    "renamed": 'mv "$1/file" "$1/other"',
    "moved away": 'mv "$1/file" here',
    "moved there": 'echo x > here; mv here "$1/file"',
    "a new folder": 'mkdir "$1/folder"',
    "a folder removed": 'rmdir "$1/empty"',
    "a link there": 'ln -s here "$1/link"',
    "a second name there": 'echo x > here; ln here "$1/name"',
    "a second name here": 'ln "$1/file" here && echo x > here',
    "a pipe there": 'mkfifo "$1/pipe"',
    "through a link to the file": 'ln -s "$1/file" link; echo x > link',
    "through a link to the folder": 'ln -s "$1" link; echo x > link/file',
    "through a link above": 'ln -s "$1/.." link; echo x > "link/${1##*/}/new"',
    "through the way up": 'echo x > "../../outside/new"',
    "by a process that it leaves behind": '(setsid sh -c "echo x > \\"$1/new\\""; exit 0); exit 1',
}


@confined
@pytest.mark.parametrize("script", CHANGES.values(), ids=CHANGES)
def test_a_process_cannot_change_what_lies_outside_of_its_sandbox(plain, outside, script):
    before = state(outside)
    outcome, printed = plain.run("sh", "-euc", script, "sh", str(outside))
    assert outcome.exit_status != 0
    assert "Permission denied" in printed or "Invalid cross-device link" in printed
    assert state(outside) == before


@pytest.mark.parametrize("script", CHANGES.values(), ids=CHANGES)
def test_a_process_can_do_all_of_that_within_its_sandbox(plain, script):
    place = plain.root / "opt/ml/outside"
    (place / "full").mkdir(parents=True)
    (place / "empty").mkdir()
    (place / "file").write_text("its own")
    before = state(place)
    script = script.replace("../../outside", "../opt/ml/outside").replace("; exit 1", "")
    outcome, printed = plain.run("sh", "-euc", script, "sh", "/opt/ml/outside")
    assert (outcome, printed) == (Outcome(0), "")
    assert state(place) != before


@confined
def test_what_a_process_cannot_change_it_can_read(plain, outside):
    assert plain.run("cat", str(outside / "file")) == (Outcome(0), "mine")


@confined
def test_a_program_that_gains_rights_gains_none_here(plain, outside):
    script = "import sys; print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    assert plain.prints(script, str(outside)) == r"['NoNewPrivs:\t1\n']"


scoped = pytest.mark.skipif(_landlock_version() < _SCOPES_VERSION, reason="this kernel's Landlock knows no scopes")


@scoped
def test_a_process_of_this_machine_cannot_be_ended(plain):
    with subprocess.Popen(["sleep", "60"]) as process:
        outcome, printed = plain.run("sh", "-c", f"kill -KILL {process.pid}")
        assert outcome == Outcome(1)
        assert "Operation not permitted" in printed
        assert process.poll() is None
        process.kill()


@scoped
def test_a_socket_of_this_machine_that_has_no_file_is_not_reached(plain):
    name = f"\0{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        script = (
            "import socket, sys\n"
            "try: socket.socket(socket.AF_UNIX).connect('\\0' + sys.argv[1])\n"
            "except OSError as error: print(error.strerror)\n"
        )
        assert plain.prints(script, name[1:]) == "Operation not permitted"


def test_the_processes_that_a_process_starts_are_its_own_to_end(plain):
    assert plain.run("sh", "-c", "sleep 60 & kill -KILL $! && wait $!")[0].exit_status == 128 + 9


@confined
def test_devices_beyond_the_usual_ones_are_not_made(plain):
    place = Path(f"/dev/stepsmith-test-{uuid.uuid4()}")
    outcome, printed = plain.run("touch", str(place))
    place.unlink(missing_ok=True)
    assert outcome == Outcome(1)
    assert "Permission denied" in printed


def test_the_working_folder_of_the_caller_is_not_that_of_the_process(plain):
    assert Path(plain.shown()["folder"]) == plain.root / "tmp" != Path(os.getcwd())  # noqa: PTH109
