import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stepsmith.local.filesystem import entries_below, open_folders, remove_tree

# Folders in each other, deeper than a recursion can be, and with a longer path than the system takes.
DEPTH, NAME = 1100, "deep"
# What a step of another user can leave: as root no mode holds anyone back.
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def deep(folder, depth=DEPTH, name=NAME):
    """Folders in each other, with a file in the last one."""
    folder.mkdir()
    place = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=place)
        above, place = place, os.open(name, os.O_RDONLY, dir_fd=place)
        os.close(above)
    os.close(os.open("file", os.O_CREAT, dir_fd=place))
    os.close(place)
    return folder


def test_a_folder_is_removed_with_all_that_is_in_it(tmp_path):
    top = tmp_path / "top"
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/file").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (top / "a/link").symlink_to(tmp_path / "kept")
    (top / "nowhere").symlink_to("/nowhere")
    os.mkfifo(top / "fifo")
    Path(os.fsdecode(bytes(top) + b"/\xff")).mkdir()
    remove_tree(top)
    assert not top.exists()
    assert (tmp_path / "kept/file").exists()


def test_a_folder_may_be_of_any_depth(tmp_path):
    remove_tree(deep(tmp_path / "top"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_removed_already(tmp_path):
    remove_tree(tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_entries_are_listed_from_the_top_down_and_links_are_not_followed(tmp_path):
    for name in ("b/c/file", "b/file", "a/file"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    names = [path.relative_to(tmp_path).as_posix() for path in entries_below(tmp_path)]
    assert names == ["a", "b", "link", "a/file", "b/c", "b/file", "b/c/file"]


def test_a_folder_deeper_than_a_path_is_an_error_and_not_left_out(tmp_path):
    top = deep(tmp_path / "top", depth=20, name="d" * 250)
    with pytest.raises(OSError) as raised:  # noqa: PT011 - its number says which
        list(entries_below(top))
    assert raised.value.errno == errno.ENAMETOOLONG
    remove_tree(top)


@pytest.fixture
def open_to_all():
    """A folder that any user can enter; pytest keeps its own for itself."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    remove_tree(folder)


@pytest.mark.parametrize("work", [remove_tree, open_folders])
def test_a_folder_that_its_owner_closed_is_opened(open_to_all, work):
    top = open_to_all / "top"
    (top / "closed/in it").mkdir(parents=True)
    (top / "closed/in it/file").touch()
    for folder in (top / "closed/in it", top / "closed", top):
        folder.chmod(0)
    as_user = AS_NOBODY if os.geteuid() == 0 else []
    if as_user:
        subprocess.run(["chown", "-R", "65534", open_to_all], check=True)
    source = Path(sys.modules[work.__module__].__file__).read_text()
    script = f"{source}\n{work.__name__}(Path({str(top)!r}))\n"
    done = subprocess.run(
        [*as_user, "/usr/bin/env", "python3", "-c", script], capture_output=True, text=True, check=False, cwd="/"
    )
    if "Permission denied: '/root" in done.stderr or "No such file" in done.stderr:
        pytest.skip("no python3 that another user may run")
    assert done.returncode == 0, done.stderr
    if work is remove_tree:
        assert not top.exists()
    else:
        modes = [folder.stat().st_mode & 0o700 for folder in (top, top / "closed", top / "closed/in it")]
        assert modes == [0o700] * 3
