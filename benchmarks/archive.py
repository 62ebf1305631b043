"""What reading, packaging and carrying an archive cost, beside the tools that do a part of it each.

    python benchmarks/archive.py [--megabytes 650] [--rounds 5] [--write] [--json]

Three archives of that size are made: weights (floats, of which deflate takes a few hundredths), noise (nothing to
take), and text (nearly all to take). All competitors are measured in turn, round after round, so that what else the
machine does falls on all of them; told are medians of CPU seconds and of wall seconds. Ours, and the bare inflate, run
in a process of their own that measures itself: what an interpreter takes to start, 30 ms, is not in their figures.
Copies go to the same folder, are removed before each round, and ours are flushed to the disk, which `cp` does not.

`--write` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import statistics
import sys
import tarfile
import tempfile
import time
import zlib
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apart import apart

from stepsmith.container.archive.package import package_model, package_verified
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.write import archive_chunks, entry_of_bytes, entry_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MIB = 1 << 20
KINDS = ("weights", "noise", "text")
CODE = [entry_of_bytes("code/inference.py", b"def model_fn(model_dir): ...\n" * 100)]
# What is measured of ours, and with which zlib; the bare inflate among it.
OURS = (
    ("inflate", "zlib"),
    ("pass", "zlib"),
    ("package", "zlib"),
    ("splice", "zlib"),
    ("pass", "fast"),
    ("package", "fast"),
)
# Extracting and compressing again takes minutes for a gigabyte: a part of the archive is enough to know it.
REPACKED_SHARE = 20
# The two sizes, as multiples of `--megabytes`, whose peak memory is compared.
MEMORY_SHARES = {"small": 0.1, "large": 10}


def main() -> None:
    """Measures, and prints or writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=650)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--apart", nargs=4, metavar=("WORK", "CODEC", "ARCHIVE", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.apart:
        _measure_here(*asked.apart)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.megabytes, asked.rounds, Path(folder))
    if asked.write:
        begin, rest = PAGE.read_text("utf-8").split("<!-- begin -->")
        PAGE.write_text(
            f"{begin}<!-- begin -->\n\n{told(found)}\n\n<!-- end -->{rest.split('<!-- end -->')[1]}", "utf-8"
        )
    print(json.dumps(found, indent=2) if asked.json else told(found))  # noqa: T201 - a benchmark prints


# --- what is measured ---


def measure(megabytes: int, rounds: int, folder: Path) -> dict[str, Any]:
    """The CPU and wall seconds of every competitor for each archive, and the peak memory for a small and a large."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    python = f"Python {platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}"
    seconds: dict[str, dict[str, list[list[float]]]] = {}
    for kind in KINDS:
        archive = _made(kind, megabytes * MIB, folder)
        seconds[kind] = {}
        for _ in range(rounds):
            for name, work in _competitors(archive, folder).items():
                shutil.rmtree(folder / "out", ignore_errors=True)
                (folder / "out").mkdir()
                seconds[kind].setdefault(name, []).append(list(work()))
        archive.unlink()
    return {
        "megabytes": megabytes,
        "rounds": rounds,
        "machine": f"{machine}, {python}",
        "seconds": seconds,
        "repack": {kind: _repacked(kind, megabytes * MIB // REPACKED_SHARE, folder) for kind in KINDS},
        "memory_mb": {name: _peak(int(megabytes * MIB * share), folder) for name, share in MEMORY_SHARES.items()},
    }


def _competitors(archive: Path, folder: Path) -> dict[str, Callable[[], Sequence[float]]]:
    """What each one is called, and how it is run once: CPU and wall seconds come back."""
    path, copy = str(archive), str(folder / "out" / "copy")
    tools = {
        "gzip -t": ["gzip", "-t", path],
        "sha256sum": ["sha256sum", path],
        "cp": ["cp", path, copy],
        "openssl sha256": ["openssl", "dgst", "-sha256", path],
        "igzip -t": ["igzip", "-t", path],
    }
    found: dict[str, Callable[[], Sequence[float]]] = {
        name: (lambda command=command: _run(command)) for name, command in tools.items() if shutil.which(command[0])
    }
    for work, codec in OURS:
        if codec == "zlib" or _has_fast():
            found[f"{work}/{codec}"] = lambda work=work, codec=codec: _apart(work, codec, archive, folder)[:2]
    return found


def _measure_here(work: str, codec: str, path: str, folder: str) -> None:
    """Does one work, and prints its CPU and wall seconds, and the peak memory in MB."""
    if codec == "zlib":
        # What is not there cannot be imported: the standard library's zlib is used.
        sys.modules["zlib_ng"] = None  # type: ignore[assignment]
    target = str(Path(folder) / "out" / "copy")
    record = read_archive(path) if work == "splice" else None
    works: Mapping[str, Callable[[], object]] = {
        "inflate": lambda: _inflate(path),
        "pass": lambda: read_archive(path, target),
        "package": lambda: package_model(path, CODE, target),
        "splice": lambda: package_verified(path, record, CODE, target) if record else None,
    }
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    works[work]()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps([cpu, time.perf_counter() - begun, after.ru_maxrss / 1024]))  # noqa: T201 - the answer


def _inflate(path: str) -> None:
    """The least that Python's zlib can do: inflate, with the CRC compared, and throw the result away."""
    inflater = zlib.decompressobj(31)
    with Path(path).open("rb", buffering=0) as file:
        for chunk in iter(lambda: file.read(MIB // 4), b""):
            left = chunk
            while left:
                inflater.decompress(left, MIB // 16)
                left = inflater.unconsumed_tail


def _repacked(kind: str, size: int, folder: Path) -> dict[str, float]:
    """The CPU seconds of extracting an archive and compressing it again at level 9, and of `package_model`."""
    archive = _made(kind, size, folder)
    packaged = statistics.median(_apart("package", "zlib", archive, folder)[0] for _ in range(3))
    before = time.process_time()
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "extracted", filter="data")
    with tarfile.open(folder / "repacked", "w:gz", compresslevel=9) as tar:
        tar.add(folder / "extracted", arcname=".")
    shutil.rmtree(folder / "extracted")
    return {"repack": time.process_time() - before, "package": packaged}


def _peak(size: int, folder: Path) -> float:
    archive = _made("noise", size, folder)
    peak = _apart("pass", "zlib", archive, folder)[2]
    archive.unlink()
    return peak


def _apart(work: str, codec: str, archive: Path, folder: Path) -> list[float]:
    (folder / "out").mkdir(exist_ok=True)
    command = [sys.executable, __file__, "--apart", work, codec, str(archive), str(folder)]
    answer: list[float] = json.loads(apart(command)[0])
    return answer


def _run(command: Sequence[str]) -> tuple[float, float]:
    begun = time.perf_counter()
    _, usage = apart(command)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begun


def _has_fast() -> bool:
    try:
        import zlib_ng  # noqa: F401, PLC0415 - only whether it is there
    except ImportError:
        return False
    return True


# --- what it is measured on ---


def _made(kind: str, size: int, folder: Path) -> Path:
    """An archive of one file of about so many bytes, deflated by gzip; of noise, which gzip would store, stored."""
    data, archive = folder / f"{kind}.bin", folder / f"{kind}.tar.gz"
    with data.open("wb") as file:
        for chunk in _CONTENTS[kind](size):
            file.write(chunk)
    with archive.open("wb") as file:
        file.writelines(archive_chunks([entry_of_file("model.bin", str(data))], compress=kind != "noise"))
    data.unlink()
    return archive


def _weights(size: int) -> Iterator[bytes]:
    """Small floats around nothing, as trained weights are: the sign and fraction are noise, the exponent is not."""
    choose = random.Random(1)  # noqa: S311 - no secret
    block = array("f", (choose.gauss(0, 0.02) for _ in range(MIB // 4))).tobytes()
    mask = int.from_bytes(b"\xff\xff\x0f\x00" * (MIB // 4), "little")
    for _ in range(size // MIB):
        noise = int.from_bytes(os.urandom(MIB), "little") & mask
        yield (int.from_bytes(block, "little") ^ noise).to_bytes(MIB, "little")


def _noise(size: int) -> Iterator[bytes]:
    for _ in range(size // MIB):
        yield os.urandom(MIB)


def _text(size: int) -> Iterator[bytes]:
    choose = random.Random(2)  # noqa: S311 - no secret
    for _ in range(size // MIB):
        line = b",".join(b"feature_%d=%d" % (choose.randrange(500), choose.randrange(9)) for _ in range(2000))
        yield (line * (MIB // len(line) + 1))[:MIB]


_CONTENTS = {"weights": _weights, "noise": _noise, "text": _text}


# --- what is told ---

_BARE = ("inflate/zlib", "openssl sha256", "cp")
_SUM, _SLOWEST = "CPU beside", "wall beside the slowest of"
# What the issue asks for: whose seconds, which of them, beside whose, and the most that the ratio may be.
TARGETS = (
    ("one pass", "pass/zlib", _SUM, ("gzip -t", "sha256sum", "cp"), 0.55),
    ("one pass", "pass/zlib", _SUM, _BARE, 1.15),
    ("one pass", "pass/zlib", _SLOWEST, _BARE, 1.25),
    ("one pass, zlib-ng", "pass/fast", _SUM, ("igzip -t", *_BARE[1:]), 1.3),
    ("package, verifying", "package/zlib", _SUM, ("pass/zlib",), 1.3),
    ("package of a verified model", "splice/zlib", _SUM, _BARE[1:], 1.6),
)
LEAST_TIMES = 30


def told(found: Mapping[str, Any]) -> str:
    """What was found, as Markdown: the ratios first, with what is wanted, and then the seconds."""
    medians = {
        kind: {name: [statistics.median(column) for column in zip(*rounds, strict=True)] for name, rounds in of.items()}
        for kind, of in found["seconds"].items()
    }
    return "\n".join(
        [
            f"Archives of {found['megabytes']} MB unpacked; {found['rounds']} rounds, medians; {found['machine']}.",
            "",
            f"| ratio | {' | '.join(KINDS)} | wanted |",
            f"| --- | {' | '.join('---:' for _ in KINDS)} | ---: |",
            *(_ratio_row(medians, *target) for target in TARGETS),
            _repacking_row(found["repack"]),
            "",
            _told_of_memory(found["memory_mb"], found["megabytes"]),
            "",
            f"| CPU s (wall s) | {' | '.join(KINDS)} |",
            f"| --- | {' | '.join('---:' for _ in KINDS)} |",
            *(_seconds_row(medians, name) for name in medians[KINDS[0]]),
        ]
    )


def _repacking_row(found: Mapping[str, Mapping[str, float]]) -> str:
    times = [found[kind]["repack"] / found[kind]["package"] for kind in KINDS]
    cells = " | ".join(f"{one:.0f}" if one >= LEAST_TIMES else f"**{one:.0f}**" for one in times)
    what = f"extract and compress again at level 9 (`tarfile`, a {REPACKED_SHARE}th part): CPU beside `package/zlib`"
    return f"| {what} | {cells} | at least {LEAST_TIMES} |"


def _told_of_memory(peaks: Mapping[str, float], megabytes: int) -> str:
    told = (f"{peaks[name]:.1f} MB for {megabytes * share:,.0f} MB" for name, share in MEMORY_SHARES.items())
    return f"Peak memory of one pass: {', '.join(told)}; wanted: the same, ±10 %."


def _ratio_row(medians: Mapping[str, Any], what: str, ours: str, how: str, others: Sequence[str], most: float) -> str:
    cells = []
    for kind in KINDS:
        of = medians[kind]
        if not {ours, *others} <= set(of):
            cells.append("not measured")
            continue
        cpu, wall = of[ours]
        ratio = cpu / sum(of[one][0] for one in others) if how == _SUM else wall / max(of[one][1] for one in others)
        cells.append(f"{ratio:.2f}" if ratio <= most else f"**{ratio:.2f}**")
    return f"| {what}: {how} {' + '.join(f'`{one}`' for one in others)} | {' | '.join(cells)} | at most {most} |"


def _seconds_row(medians: Mapping[str, Any], name: str) -> str:
    cells = " | ".join("{:.2f} ({:.2f})".format(*medians[kind][name]) for kind in KINDS)
    return f"| {name} | {cells} |"


if __name__ == "__main__":
    main()
