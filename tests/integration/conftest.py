"""What the integration tests share: packages that are installed and found, and the commands that a page shows."""

from __future__ import annotations

import functools
import itertools
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from stepsmith.diagnostics.installed_rules import installed_rules
from stepsmith.registry import default_registry

THIRD_PARTY = Path(__file__).parent.parent / "third_party"
MYPY_CACHE = Path(__file__).parents[2] / ".mypy_cache" / "strict"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Installs a package of tests/third_party, or the one in a folder, once; gives the folder that it is in."""

    @functools.cache
    def install(name):
        source, target = THIRD_PARTY / name, tmp_path_factory.mktemp(Path(name).name)
        command = [Path(sys.prefix) / "bin" / "uv", "pip", "install", "--quiet", "--python", sys.executable]
        offline = ["--no-cache", "--offline", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, *offline, "--target", target, source], check=True, timeout=120)
        return target

    return install


@pytest.fixture
def packages(monkeypatch):
    """Lets this process find the packages in folders, as it finds what is installed, until the test ends."""
    before = set(sys.modules)

    def find(*folders):
        for folder in folders:
            monkeypatch.syspath_prepend(folder)
        default_registry.cache_clear()
        installed_rules.cache_clear()

    yield find
    default_registry.cache_clear()
    installed_rules.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("stepsmith_"):
            del sys.modules[name]


@pytest.fixture(scope="session")
def beside():
    """The environment of a process that finds what is installed in these folders beside all that this one finds."""

    def environment(*folders):
        before = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([*map(str, folders), *([before] if before else [])])
        return {**os.environ, "PYTHONPATH": path}

    return environment


@pytest.fixture
def mypy():
    """What a strict type check says of a path; what it learns of Stepsmith is kept for the next run."""

    def check(path):
        command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={MYPY_CACHE}", path.name]
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout

    return check


@pytest.fixture
def session(stepsmith):
    """Does the lines of a console one after the other, as a user does: all must succeed; gives what they print.

    `stepsmith` is called in this process, and other lines, as far as they follow each other, in one shell.
    """

    def do(lines, folder, env=None):
        printed = []
        for is_ours, some in itertools.groupby(lines, key=lambda line: line.startswith("stepsmith ")):
            if is_ours:
                printed += [_printed(stepsmith, line, folder, env) for line in some]
            else:
                printed.append(in_shell("\n".join(some), folder, env))
        return "".join(printed)

    return do


def _printed(stepsmith, line, folder, env):
    """What a line of `stepsmith` prints; its output may go to a file, or through a pipe."""
    command, pipe, rest = line.partition(" | ")
    command, redirection, file = command.partition(" > ")
    done = stepsmith(*shlex.split(command)[1:], cwd=folder, env=env)
    assert done.status == 0, (line, done.err)
    if redirection:
        (folder / file).write_text(done.out)
        return ""
    return in_shell(rest, folder, env, done.out) if pipe else done.out


def in_shell(lines, folder, env=None, given=None):
    """What lines of a shell print, which has this environment's commands; all must succeed."""
    env = env or os.environ
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{env['PATH']}"
    streams = {"input": given, "capture_output": True, "text": True}
    bash = ["bash", "-euo", "pipefail", "-c", lines]
    done = subprocess.run(bash, cwd=folder, env={**env, "PATH": path}, timeout=120, check=False, **streams)
    assert done.returncode == 0, (lines, done.stdout, done.stderr)
    return done.stdout
