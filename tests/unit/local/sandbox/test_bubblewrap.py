import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import uuid
from pathlib import Path

import pytest

import stepsmith
from stepsmith.local.sandbox.bubblewrap import Namespaces, probe
from stepsmith.local.sandbox.job import Job, Outcome

SOURCE = Path(stepsmith.__file__).parent.parent
# Runs a step in namespaces from whatever interpreter, and tells how it ended and what it printed.
DRIVER = """\
import sys
from pathlib import Path
from stepsmith.local.sandbox.job import Job, Sandbox
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.bubblewrap import Namespaces
root, script = Path(sys.argv[1]), sys.argv[2]
root.mkdir()
with Launcher() as launcher:
    job = Job(["python3", "-c", script, *sys.argv[3:]], {}, 60, root / "log")
    outcome = Sandbox(root, Namespaces("bwrap"), launcher).run(job)
print(outcome.exit_status, (root / "log").read_text(), end="")
"""


@pytest.fixture
def box(box_of, namespaces):
    return box_of(namespaces)


def listed(box, folder):
    """The names in a folder as a process in the sandbox sees them."""
    return json.loads(box.prints("import json, os, sys; print(json.dumps(sorted(os.listdir(sys.argv[1]))))", folder))


def test_the_containers_paths_are_the_very_paths(box):
    saw = box.shown("/opt/ml/processing", environment={"DIR": "/opt/ml/a"})
    assert saw["arguments"] == ["/opt/ml/processing"]
    assert saw["folder"] == "/tmp"
    assert saw["environment"]["DIR"] == "/opt/ml/a"
    assert saw["environment"]["TMPDIR"] == saw["environment"]["HOME"] == "/tmp"
    assert "STEPSMITH_ML_ROOT" not in saw["environment"]


def test_text_and_command_are_left_as_they_are(tmp_path):
    kind = Namespaces("/somewhere/bwrap")
    launch = kind.launch(tmp_path, Job(["sh", "-c", "/opt/ml/a"], {"A": "/opt/ml/b"}, 1, tmp_path / "log"))
    assert kind.rewrite_paths(tmp_path, "in /opt/ml/a") == "in /opt/ml/a"
    assert launch.command[0] == "/somewhere/bwrap"
    assert launch.command[-4:] == ["--", "sh", "-c", "/opt/ml/a"]
    assert (launch.environment["A"], launch.folder, launch.writable) == ("/opt/ml/b", tmp_path, None)


def test_a_server_of_this_machine_is_not_reached(box, server):
    script = (
        "import socket, sys\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "except OSError as error: print(error.strerror)\n"
    )
    assert box.prints(script, str(server)) == "Connection refused"


def test_there_is_no_network_but_the_sandboxs_own(box):
    assert box.prints("import socket; print([name for _, name in socket.if_nameindex()])") == "['lo']"


def test_a_server_and_its_client_in_one_sandbox_reach_each_other(box):
    script = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    print(socket.create_connection(server.getsockname()).getpeername() == server.getsockname())\n"
    )
    assert box.prints(script) == "True"


def test_a_socket_without_a_file_is_not_reached_either(box):
    name = f"\0{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        script = (
            "import socket, sys\n"
            "try: socket.socket(socket.AF_UNIX).connect('\\0' + sys.argv[1])\n"
            "except OSError as error: print(error.strerror)\n"
        )
        assert box.prints(script, name[1:]) == "Connection refused"


def test_the_temporary_folder_is_its_own_by_both_names(box, tmp_path):
    # Where this interpreter, or the package that is tested, is in the machine's own one, the way to it is seen.
    here = [sys.prefix, sys.base_prefix, *sys.path]
    assert set(listed(box, "/tmp")) <= {Path(place).parts[2] for place in here if place.startswith("/tmp/")}
    assert box.run("sh", "-c", "echo own > /var/tmp/file; cat /tmp/file")[1].endswith("own\n")
    assert (box.root / "tmp/file").read_text() == "own\n"
    assert tmp_path.exists()


def test_a_file_in_the_machines_temporary_folder_is_not_seen(box):
    path = Path("/tmp") / f"stepsmith-test-{uuid.uuid4()}"
    try:
        path.write_text("of this machine")
        assert box.prints("import os, sys; print(os.path.exists(sys.argv[1]))", str(path)) == "False"
    finally:
        path.unlink()


def test_nothing_of_a_home_is_seen_but_the_way_to_the_interpreter(box):
    home = Path.home()
    ways = [Path(path) for path in (sys.prefix, sys.base_prefix, *sys.path)]
    script = "import json, os, sys; print(json.dumps(os.listdir(sys.argv[1]) if os.path.exists(sys.argv[1]) else []))"
    names = json.loads(box.prints(script, str(home)))
    assert set(names) == {path.relative_to(home).parts[0] for path in ways if path.is_relative_to(home)}


def test_of_the_outermost_folders_only_the_systems_are_seen(box):
    ways = {Path(path).parts[1] for path in (sys.prefix, sys.base_prefix, *sys.path[1:]) if Path(path).is_absolute()}
    seen = set(listed(box, "/"))
    assert {"etc", "opt", "tmp", "usr", "proc", "dev"} <= seen
    assert not {"boot", "home", "media", "mnt", "root", "run", "srv"} & seen - ways


READ_ONLY = ["/", "/usr", "/etc", "/opt", sys.prefix, sys.base_prefix, str(Path(json.__file__).parent)]


@pytest.fixture
def name_in():
    """A name that nothing has, in a folder of this machine; in the end nothing has it, whatever a test did."""
    places = []

    def make(folder):
        places.append(Path(folder, f"stepsmith-test-{uuid.uuid4()}"))
        return places[-1]

    yield make
    for place in places:
        place.unlink(missing_ok=True)


@pytest.mark.parametrize("folder", READ_ONLY)
def test_neither_the_system_nor_the_interpreter_can_be_written_to(box, folder, name_in):
    place = name_in(folder)
    outcome, printed = box.run("touch", str(place))
    assert outcome == Outcome(1)
    assert "Read-only file system" in printed
    assert not place.exists()


def test_every_namespace_is_its_own(box):
    kinds = ["ipc", "mnt", "net", "pid", "uts"]
    script = "import json, os, sys; print(json.dumps([os.readlink(f'/proc/self/ns/{kind}') for kind in sys.argv[1:]]))"
    own = json.loads(box.prints(script, *kinds))
    assert not set(own) & {os.readlink(f"/proc/self/ns/{kind}") for kind in kinds}  # noqa: PTH115 - a text, no path


def test_of_the_devices_only_those_are_there_that_are_of_no_machine(box):
    usual = {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"}
    assert set(listed(box, "/dev")) <= {*usual, "stderr", "stdin", "stdout"}


def test_no_process_of_this_machine_is_seen(box):
    processes = [name for name in listed(box, "/proc") if name.isdigit()]
    assert set(processes) <= {"1", "2", "3"}


def test_no_process_of_this_machine_can_be_ended(box):
    with subprocess.Popen(["sleep", "60"]) as process:
        outcome, printed = box.run("sh", "-c", f"kill -KILL {process.pid}")
        assert outcome == Outcome(1)
        assert "No such process" in printed
        assert process.poll() is None
        process.kill()


def test_the_machines_name_is_the_containers(box):
    assert box.prints("import socket; print(socket.gethostname())") == "algo-1"


def test_a_process_has_no_rights_beyond_its_users(box):
    script = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')])"
    assert set(json.loads(box.prints(script).replace("'", '"'))) == {"0" * 16}


def test_a_mount_cannot_be_undone(box, name_in):
    outcome, _ = box.run("sh", "-c", "mount -o remount,rw / || umount /opt/ml || mount -t tmpfs none /usr")
    assert outcome.exit_status != 0
    assert box.run("touch", str(name_in("/usr")))[0] == Outcome(1)


def test_the_end_by_a_signal_is_told_as_bwrap_tells_it(box):
    assert box.run("sh", "-c", "kill -KILL $$")[0] == Outcome(128 + 9)


def test_a_command_that_is_not_there_is_told_by_bwrap(box):
    outcome, printed = box.run("no-such-command")
    assert outcome == Outcome(1)
    assert printed == "bwrap: execvp no-such-command: No such file or directory\n"


@pytest.fixture
def folder_of_an_interpreter(request):
    """A fresh folder below another, with an interpreter in it and room for a sandbox."""
    folder = Path(request.param) / f"stepsmith-test-{uuid.uuid4().hex}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"{request.param} cannot be written: {error.strerror}")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("folder_of_an_interpreter", ["/opt", "/tmp"], indirect=True)
def test_an_interpreter_and_a_sandbox_may_live_where_the_container_has_its_own_folders(folder_of_an_interpreter):
    environment = folder_of_an_interpreter / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin/python3"
    packages = [SOURCE, sysconfig.get_path("purelib")]
    script = "import sys; open('/opt/ml/seen', 'w').write(sys.prefix); print(sys.executable, *sys.argv[1:])"
    command = [python, "-c", DRIVER, folder_of_an_interpreter / "box", script, "/opt/ml/a"]
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"0 {python} /opt/ml/a\n"
    assert (folder_of_an_interpreter / "box/opt/ml/seen").read_text() == str(environment)


def test_a_package_that_is_installed_where_it_is_developed_is_seen(box, tmp_path, monkeypatch):
    (tmp_path / "developed").mkdir()
    (tmp_path / "developed/developed_package.py").write_text("NAME = 'developed'\n")
    monkeypatch.syspath_prepend(tmp_path / "developed")
    monkeypatch.setattr(sys, "path", [sys.path[1], *sys.path])
    script = "import sys; sys.path.append(sys.argv[1]); import developed_package; print(developed_package.NAME)"
    assert box.prints(script, str(tmp_path / "developed")) == "developed"


def test_of_a_folder_that_pythonpath_names_no_step_is_told(box, tmp_path, monkeypatch):
    folder = tmp_path / "told"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(sys, "path", [sys.path[0], str(folder), *sys.path[1:]])
    assert box.prints("import os, sys; print(os.path.exists(sys.argv[1]))", str(folder)) == "False"


def test_what_a_loader_obeys_is_for_the_process_and_not_for_bwrap(tmp_path, namespaces):
    job = Job(["env"], {"LD_PRELOAD": "/opt/ml/own.so", "GLIBC_TUNABLES": "a=b", "OWN": "1"}, 60, tmp_path / "log")
    launch = namespaces.launch(tmp_path, job)
    assert launch.environment["OWN"] == "1"
    assert not {"LD_PRELOAD", "GLIBC_TUNABLES"} & launch.environment.keys()
    place = launch.command.index("LD_PRELOAD")
    assert launch.command[place - 1 : place + 2] == ["--setenv", "LD_PRELOAD", "/opt/ml/own.so"]


def test_a_bwrap_that_shows_another_place_does_not_work(tmp_path, monkeypatch, snapshot):
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = probe()
    assert isinstance(reason, str)
    snapshot(reason)


def test_where_bwrap_can_make_namespaces_at_all_a_sandbox_works():
    if shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"bwrap cannot make namespaces here: {done.stderr.strip()}")
    assert isinstance(probe(), Namespaces)


def test_this_machine_is_asked_whether_it_works(namespaces):
    assert probe() == namespaces
    assert (Path(namespaces.bwrap).name, namespaces.name, namespaces.warning) == ("bwrap", "bwrap", "")
