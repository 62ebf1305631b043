"""Gives each version of Stepsmith an environment of its own: its files, its locked dependencies, itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.checkout import copy_files  # noqa: E402 - what the tests share with this tool

UV = Path(sys.executable).with_name("uv")


def export(commit: str | None, folder: Path) -> Path:
    """Writes the files of a commit, or of the working tree if `commit` is None, to `folder`, which it gives."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if commit is None:
        copy_files(ROOT, folder)
    else:
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
    return folder


def resolve_commit(name: str) -> str:
    """The full hash of a commit.

    Raises: SystemExit if there is no such commit.
    """
    command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        fix = "pass one that `git log` shows: make compare BASE=HEAD~1"
        raise SystemExit(f"error: there is no commit {name!r}\n  fix: {fix}")
    return found.stdout.strip()


def environment(tree: Path, folder: Path) -> Path:
    """Makes an environment in `folder` with the version in `tree`, and gives its Python.

    The dependencies are installed again only if the lock has changed; the version itself always is.
    """
    lock, marker = tree / "requirements" / "demo.lock", folder / ".lock-sha256"
    digest, python = hashlib.sha256(lock.read_bytes()).hexdigest(), folder / "bin" / "python"
    if not marker.exists() or marker.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        run(UV, "venv", "--quiet", "--python", sys.executable, folder)
        run(UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--requirement", lock)
        marker.write_text(digest)
    install(python, tree)
    run(python, "-m", "compileall", "-q", tree / "src")
    return python


def install(python: Path, source: Path, *options: str | Path) -> None:
    """Installs a package from its folder, without its dependencies and without a network."""
    flags = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--reinstall", *options]
    run(UV, "pip", "install", "--python", python, *flags, source)


def run(*command: str | Path, without: tuple[str, ...] = (), **variables: str) -> None:
    """Runs a command with other environment variables, and never with what leads to this tool's own environment.

    Raises: SystemExit if it fails.
    """
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", *without)
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run([*map(str, command)], env={**kept, **variables}, check=False)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(map(str, command[:3]))} ended with {done.returncode}")
