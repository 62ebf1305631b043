"""The sandbox with a container's own paths: namespaces made by bubblewrap's `bwrap`, with no privilege needed.

The process sees `/opt/ml` and `/tmp` of its sandbox, the system's folders and the interpreter's, which it cannot write
to, and nothing else of this machine: no home, no network, no other process.

Source of the options: https://github.com/containers/bubblewrap/blob/main/bwrap.xml
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.local.sandbox.job import ML_ROOT, TEMPORARY, Job, Launch, command_of, environment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What of `/` belongs to a system and not to its users; whichever of it there is.
_SYSTEM = ("bin", "etc", "gnu", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "sys", "usr")
_OPTIONAL = "/opt"
_HOST = "algo-1"
_PROBE_SECONDS = 20
# As many as Linux follows. Source: path_resolution(7).
_MOST_LINKS = 40
_WRITTEN = "written"
_WRITES = f"for place in {(ML_ROOT, TEMPORARY)}: open(place + '/{_WRITTEN}', 'x')"


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Sandboxes made by the program `bwrap`."""

    bwrap: str
    name: str = "bwrap"
    warning: str = ""
    has_network: bool = False

    def rewrite_paths(self, root: Path, text: str) -> str:  # noqa: ARG002 - in this kind the container's paths hold as they are
        """`text` as it is."""
        return text

    def launch(self, root: Path, job: Job) -> Launch:
        """The command inside of namespaces of its own."""
        environment = {**environment_of(TEMPORARY), **job.environment}
        # What a loader obeys is for the step's process: bwrap itself has not entered the sandbox yet.
        loaders = {name: environment.pop(name) for name in sorted(environment) if _is_for_a_loader(name)}
        settings = [part for name, value in loaders.items() for part in ("--setenv", name, value)]
        command = [self.bwrap, *_mounts(root), *settings, "--chdir", TEMPORARY, "--", *command_of(job)]
        return Launch(command, environment, root)


def _is_for_a_loader(name: str) -> bool:
    """Whether the dynamic loader obeys the environment variable. Source: ld.so(8)."""
    return name.startswith("LD_") or name == "GLIBC_TUNABLES"


def probe() -> Namespaces | str:
    """The kind, where this machine lets it work; else why it does not."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bwrap is not installed"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path_inside in (ML_ROOT, TEMPORARY):
            (root / path_inside.lstrip("/")).mkdir(parents=True)
        command = [bwrap, *_mounts(root), "--", sys.executable, "-I", "-S", "-c", _WRITES]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bwrap does not work here: {error}"
        is_written = all((root / path_inside.lstrip("/") / _WRITTEN).exists() for path_inside in (ML_ROOT, TEMPORARY))
    if done.returncode == 0:
        return Namespaces(bwrap) if is_written else "bwrap does not work here: what is written in it is not to be found"
    error_lines = done.stderr.strip().splitlines()
    return f"bwrap does not work here: {error_lines[-1] if error_lines else f'it ended with {done.returncode}'}"


def _mounts(root: Path) -> Iterator[str]:
    """The options that lay out the file system of the sandbox at `root`, from the outermost mount inwards."""
    yield from ("--unshare-all", "--hostname", _HOST, "--cap-drop", "ALL")
    for path in _system_paths():
        yield from _as_it_is(path)
    yield from ("--proc", "/proc", "--dev", "/dev", "--symlink", TEMPORARY, "/var/tmp")  # noqa: S108 - the sandbox's own
    for path_inside in (TEMPORARY, ML_ROOT):
        yield from ("--bind", f"{root}{path_inside}", path_inside)
    for path_inside in _interpreter_paths():
        yield from ("--ro-bind", path_inside, path_inside)
    yield from ("--remount-ro", "/")


def _system_paths() -> list[str]:
    """The system's folders, and what of `/opt` is not the container's."""
    optional = sorted(str(path) for path in Path(_OPTIONAL).iterdir()) if Path(_OPTIONAL).is_dir() else []
    return [*(f"/{name}" for name in _SYSTEM), *(path for path in optional if path != ML_ROOT)]


def _as_it_is(path: str) -> tuple[str, ...]:
    """A system's folder, or the link that stands for one."""
    # What a link in /opt leads to may be anywhere, and is mounted in its place.
    if os.path.islink(path) and not path.startswith(f"{_OPTIONAL}/"):  # noqa: PTH114 - a text in, a text out
        return ("--symlink", os.readlink(path), path)  # noqa: PTH115 - the same
    return ("--ro-bind-try", path, path)


def _interpreter_paths() -> list[str]:
    """The folders that the running interpreter and its packages need and that lie outside of the system's own.

    `sys.path` names the packages that are installed where they are developed; its first entry is the program's own
    folder, and of those that PYTHONPATH named no step is told.
    """
    own_paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    packages = [path for path in sys.path[1:] if path not in own_paths and path != str(Path.cwd())]
    links = (str(link.parent.parent) for link in _links(Path(sys.executable)))
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, *links)
    mounted: list[str] = []
    for path in (*prefixes, *packages):
        is_usable = path.startswith("/") and path not in ("/", _OPTIONAL) and Path(path).is_dir()
        if is_usable and not _is_below(path, (*_system_paths(), *mounted)):
            mounted.append(path)
    return mounted


def _links(path: Path) -> Iterator[Path]:
    """A file, and each that a link leads to from there: an environment's interpreter is a link to another's."""
    for _ in range(_MOST_LINKS):
        yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))


def _is_below(path: str, parents: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(path_inside) for path_inside in parents)
