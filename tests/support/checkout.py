"""The files of the working tree, as `git add --all` would take them, and copies of them to change or build."""

from __future__ import annotations

import shutil
import subprocess


def files_of(root):
    """The paths, relative to `root`, of the files that exist there and that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in listed if name and (root / name).is_file()]


def copy_files(root, folder):
    """Copies these files to `folder`, over what is there."""
    for name in files_of(root):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name)
