"""Gives each version of Stepsmith an environment of its own: its files, its locked dependencies, itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).with_name("uv")


def export(root: Path, commit: str | None, folder: Path) -> Path:
    """Writes the files of a commit, or of the working tree if `commit` is None, to `folder`, which it gives."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if commit is None:
        listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        for name in filter(None, listed):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
    else:
        packed = subprocess.run(["git", "archive", commit], cwd=root, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
    return folder


def resolve_commit(root: Path, name: str) -> str:
    """The full hash of a commit.

    Raises: SystemExit if there is no such commit.
    """
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SystemExit(
            f"error: there is no commit {name!r}\n  fix: pass one that `git log` shows: make compare BASE=HEAD~1"
        )
    return found.stdout.strip()


def environment(tree: Path, folder: Path) -> Path:
    """Makes an environment in `folder` with the version in `tree`, and gives its Python.

    The dependencies are installed again only if the lock has changed; the version itself always is.
    """
    lock, marker = tree / "requirements" / "demo.lock", folder / ".lock-sha256"
    digest, python = hashlib.sha256(lock.read_bytes()).hexdigest(), folder / "bin" / "python"
    if not marker.exists() or marker.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        _run(UV, "venv", "--quiet", "--python", sys.executable, folder)
        _run(UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--requirement", lock)
        marker.write_text(digest)
    install(python, tree)
    _run(python, "-m", "compileall", "-q", tree / "src")
    return python


def install(python: Path, source: Path, *options: str | Path) -> None:
    """Installs a package from its folder, without its dependencies and without a network."""
    flags = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--reinstall", *options]
    _run(UV, "pip", "install", "--python", python, *flags, source)


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def _run(*command: str | Path) -> None:
    # The environment that this tool runs in must not reach those that it makes.
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    subprocess.run([*map(str, command)], env=environment, check=True)
