"""What each reader does with each hostile or damaged archive of `attacks.py`: runs them all, and prints two tables.

    python tests/readers/attack_table.py [--write] [--only NAME ...]

Every run has a fresh folder: the archive, `in/` to extract into, `here/` to be in, `outside/` with a canary. All of it
but `in/` is compared before and after, so that an escape is seen and not guessed. Nothing is told that was not
observed: the exit status, what was said, and what lies there. `--write` puts the tables into docs/archive-attacks.md.
The SDK is fetched by pip for the run; its own modules are loaded, without those that the filter does not use.
"""

from __future__ import annotations

import argparse
import builtins
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attacks import ATTACKS, DAMAGE

if TYPE_CHECKING:
    from attacks import Attack

PAGE = Path(__file__).parents[2] / "docs" / "archive-attacks.md"
BEGIN, END = "<!-- begin: written by tests/readers/attack_table.py -->", "<!-- end -->"
SECONDS, SLOW_SECONDS = 15, 180
# What is no harm though nothing was said: all of it right, or the danger taken out.
HARMLESS = ("whole", "extracted, bits off", "renamed into the folder", "both kept", "took the pax size")
KEPT_BYTES = 1 << 16
HUGE_BYTES = 1 << 30
# What the two modules of the SDK import; what the rest of it needs is left out.
SDK_NEEDS = ["boto3", "six", "pyyaml", "jsonschema", "platformdirs", "pydantic", "rich"]

TARFILE = """
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    tar.extractall(sys.argv[2], filter=sys.argv[3])
"""
# The packages named in argv[4] import the whole SDK when they are imported; only the module in argv[3] is wanted. Its
# filter is for a Python without `data_filter`, so that is taken away, and what extracts is left as it was there.
SDK = """
import importlib, importlib.util, logging, sys, tarfile, types
for name in sys.argv[4].split():
    package = types.ModuleType(name)
    package.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
    sys.modules[name] = package
if "sagemaker.core" in sys.modules:  # as its package does, so that its words reach nobody who does not ask
    logging.getLogger("sagemaker").addHandler(logging.NullHandler())
extractall = importlib.import_module(sys.argv[3]).custom_extractall_tarfile
if sys.argv[5:] == ["old"]:
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.fully_trusted_filter)
    del tarfile.data_filter
with tarfile.open(sys.argv[1], "r:gz") as tar:
    extractall(tar, sys.argv[2])
"""
OURS = """
import sys
from stepsmith.container.archive.read import ArchiveFault, read_archive
try:
    read_archive(sys.argv[1])
except ArchiveFault as fault:
    sys.exit(fault.code)
"""


class Reader(NamedTuple):
    """A reader: its column, and its command; `{archive}` and `{into}` stand for the two paths."""

    title: str
    command: tuple[str, ...]
    python_path: str = ""


class Found(NamedTuple):
    """What lies under a name: its mode, its content, and what makes it no plain file, if anything."""

    mode: int
    content: bytes
    kind: str


class Seen(NamedTuple):
    """What a run left: its exit status (None: it had to be stopped), what it said, and what lies in the folder."""

    status: int | None
    said: str
    escaped: bool
    found: dict[str, Found]


class Tools(NamedTuple):
    """The readers, those that are compared without a column of their own, and what they are versions of."""

    readers: tuple[Reader, ...]
    unmodified: Reader
    versions: tuple[str, ...]


def main() -> None:
    """Runs every reader on every archive, prints the tables, and writes them where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name}")
    parser.add_argument(
        "--only", nargs="+", default=[*ATTACKS, *DAMAGE], metavar="NAME", help="run these archives alone"
    )
    asked = parser.parse_args()
    if asked.write and asked.only != [*ATTACKS, *DAMAGE]:
        parser.error("a page of some of the archives is not written")
    with tempfile.TemporaryDirectory() as folder:
        text = tables(tools(Path(folder)), asked.only)
    if asked.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    print(text)  # noqa: T201 - a script prints


# --- the readers ---


def tools(folder: Path) -> Tools:
    """The readers of this machine, the SDK's fetched into `folder`; exits with 1 where one cannot be had."""
    versions = [f"Python {platform.python_version()}", *(_first_line(name) for name in ("tar", "bsdtar"))]
    needs, second, third = (folder / name for name in ("needs", "v2", "v3"))
    _fetch(needs, *SDK_NEEDS)
    _fetch(second, "--no-deps", "sagemaker<3")
    _fetch(third, "--no-deps", "sagemaker-core>=2")
    versions += [
        f"{found.name} {found.version}" for place in (second, third) for found in distributions(path=[str(place)])
    ]
    old = _sdk("SageMaker SDK v2", "sagemaker.utils", "sagemaker", second, needs)
    readers = (
        _python("tarfile, `data`", TARFILE, "{archive}", "{into}", "data"),
        _python("tarfile, `fully_trusted`", TARFILE, "{archive}", "{into}", "fully_trusted"),
        Reader("GNU tar", ("tar", "-xzf", "{archive}", "-C", "{into}")),
        Reader("bsdtar", ("bsdtar", "-xf", "{archive}", "-C", "{into}")),
        old._replace(command=(*old.command, "old")),
        _sdk("SDK v3", "sagemaker.core.common_utils", "sagemaker sagemaker.core", third, needs, "old"),
        _python("Stepsmith", OURS, "{archive}"),
    )
    return Tools(readers, old, tuple(versions))


def _python(title: str, program: str, *arguments: str) -> Reader:
    return Reader(title, (sys.executable, "-W", "ignore", "-c", program, *arguments))


def _sdk(title: str, module: str, packages: str, place: Path, needs: Path, *how: str) -> Reader:
    reader = _python(title, SDK, "{archive}", "{into}", module, packages, *how)
    return reader._replace(python_path=os.pathsep.join((str(place), str(needs))))


def _first_line(tool: str) -> str:
    if not shutil.which(tool):
        sys.exit(f"there is no {tool} here, so the table cannot be made")
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    if tool == "tar" and "GNU" not in said:
        sys.exit(f"the tar of this machine is {said}, and not GNU tar, so the table cannot be made")
    return said.partition(" - ")[0]


def _fetch(place: Path, *packages: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(place)]
    if subprocess.run([*command, *packages], check=False).returncode:
        sys.exit(f"pip could not install {packages[-1]}, so the table cannot be made")


# --- a run ---


def run(reader: Reader, attack: Attack) -> Seen:
    """What `reader` did with `attack`, in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name).resolve()
        for folder in ("in", "here", "outside"):
            (place / folder).mkdir()
        (place / "outside" / "canary").write_bytes(b"untouched")
        (place / "model.tar.gz").write_bytes(attack.build(os.fsencode(place / "outside")))
        before = _outside(place)
        status, said = _called(reader, place, SLOW_SECONDS if attack.slow else SECONDS)
        return Seen(status, said, _outside(place) != before, _below(place / "in"))


def _called(reader: Reader, place: Path, seconds: int) -> tuple[int | None, str]:
    words = {"archive": place / "model.tar.gz", "into": place / "in"}
    command = [part.format(**words) if part in ("{archive}", "{into}") else part for part in reader.command]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(place / "here"), "PYTHONPATH": reader.python_path}
    process = subprocess.Popen(
        command,
        cwd=place / "here",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, said.decode("utf-8", "replace").strip()


def _outside(place: Path) -> dict[str, tuple[int, bytes]]:
    beside = {name: found for name, found in _below(place).items() if not name.startswith("in/")}
    return {name: (found.mode, found.content) for name, found in beside.items()}


def _below(top: Path) -> dict[str, Found]:
    """All that lies in a folder and is no folder, by its name there; no link is followed, and no path is too long."""
    found = {}
    for folder, folders, files, handle in os.fwalk(top):
        for name in folders + files:
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                found[os.path.relpath(os.path.join(folder, name), top)] = _found(name, handle, status)  # noqa: PTH118
    return found


def _found(name: str, handle: int, status: os.stat_result) -> Found:
    content = b""
    if stat.S_ISREG(status.st_mode):
        with open(os.open(name, os.O_RDONLY, dir_fd=handle), "rb") as file:  # noqa: PTH123 - a name in an open folder
            content = file.read(KEPT_BYTES)
            if "security.capability" in (os.listxattr(file.fileno()) if hasattr(os, "listxattr") else ()):
                return Found(status.st_mode, content, "capabilities kept")
    return Found(status.st_mode, content, _kind(status))


def _kind(status: os.stat_result) -> str:
    """What makes a file no plain one, in words; nothing where it is plain."""
    mode = status.st_mode
    words = {
        "link kept": stat.S_ISLNK(mode) or status.st_nlink > 1,
        "device made": stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
        "FIFO made": stat.S_ISFIFO(mode),
        "setuid kept": mode & stat.S_ISUID,
        "setgid kept": mode & stat.S_ISGID,
        "sticky kept": mode & stat.S_ISVTX,
        f"grew to {status.st_size / HUGE_BYTES:.1f} GiB": status.st_size >= HUGE_BYTES,
    }
    return next((word for word, true in words.items() if true), "")


# --- a run in words ---


def outcome(seen: Seen, attack: Attack) -> str:
    """What a run came to, in a few words; in bold where it ended badly."""
    if seen.status is None:
        return "**did not end**"
    besides = {name: found for name, found in seen.found.items() if name not in attack.whole}
    crash = _crash(seen) if seen.status else ""
    if seen.escaped:
        return f"**wrote outside**{', then said' if seen.status else ''}"
    if seen.status and not seen.found:
        return f"**crashed: {crash}**" if crash else "refused"
    core = _core(seen, besides, attack)
    if crash:
        return f"**{core}, then crashed: {crash}**"
    if seen.status:
        return f"{core}, {'and' if core in ('left out', 'stopped there') else 'then'} said"
    told = f"{core}, {'with a warning' if seen.said else 'no word'}"
    return told if core in HARMLESS else f"**{told}**"


def _core(seen: Seen, besides: dict[str, Found], attack: Attack) -> str:
    missing = [name for name in attack.whole if name not in seen.found]
    changed = [
        name for name, content in attack.whole.items() if name not in missing and seen.found[name].content != content
    ]
    kinds = sorted({found.kind for found in seen.found.values() if found.kind})
    if kinds:
        return kinds[0]
    if besides:
        return attack.plain([found.content for found in besides.values()])
    if changed:
        return "damaged file kept"
    if seen.status and missing:
        return "stopped there" if "last.bin" in missing else "left out"
    if attack.hostile:
        return "left out" if seen.status else attack.dropped
    return "files dropped" if missing else "whole"


def _crash(seen: Seen) -> str:
    """The name of the exception that ended a Python program, where it is none of those that name a bad archive."""
    raised = re.findall(r"^([A-Za-z_][\w.]*)(?::|$)", seen.said, re.MULTILINE)
    if "Traceback (most recent call last)" not in seen.said or not raised:
        return ""
    module, _, name = raised[-1].rpartition(".")
    places = re.findall(r'^  File "([^"]+)"', seen.said, re.MULTILINE)
    named = issubclass(getattr(builtins, name, Exception), (OSError, EOFError)) or module in ("tarfile", "gzip", "zlib")
    return "" if named or "/sagemaker/" in places[-1] else name


# --- the page ---


def tables(found: Tools, names: list[str]) -> str:
    """The tables of attacks and of damage, and what they were made with."""
    user = "root, as in SageMaker's containers" if os.geteuid() == 0 else "an ordinary user"
    lines = [f"Made with {', '.join(found.versions)}, as {user}.", ""]
    same, other = [], []
    for title, table in (("Attacks", ATTACKS), ("Damage", DAMAGE)):
        lines += [f"## {title}", "", _row(["", *(reader.title for reader in found.readers)])]
        lines.append(_row(["---"] * (1 + len(found.readers))))
        for name in [name for name in table if name in names]:
            cells = [outcome(run(reader, table[name]), table[name]) for reader in found.readers[:-1]]
            lines.append(_row([table[name].what, *cells, ours(run(found.readers[-1], table[name]))]))
            unmodified = outcome(run(found.unmodified, table[name]), table[name])
            (same if unmodified == cells[0] else other).append(f"{table[name].what} ({unmodified})")
            print(".", end="", file=sys.stderr, flush=True)  # noqa: T201 - so that one sees it work
        lines.append("")
    return "\n".join([*lines, _unmodified(same, other)])


def ours(seen: Seen) -> str:
    """What ours did: the code that it refused with."""
    if seen.said.startswith("ARC") and not seen.found and not seen.escaped:
        return f"refused, {seen.said}"
    return "**accepted**" if seen.status == 0 else f"**crashed: {_crash(seen)}**"


def _unmodified(same: list[str], other: list[str]) -> str:
    start = "On this Python the SDK hands extraction to `tarfile` and its `data` filter; it did the same as that in "
    if not other:
        return f"{start}each of the {len(same)} rows."
    return f"{start}{len(same)} rows, and otherwise in: {'; '.join(other)}."


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
