"""Splits the rows of CSV or Parquet files into train, validation and test, the same way on every machine.

A row's place follows from the SHA-256 of the seed and the row's number, counted over all files in the order of their
names: there is no random generator. Each split is a CSV with a header; `_schema.json` beside it names the label.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from contextlib import ExitStack
from typing import Any, Dict, Iterator, List, Optional, Tuple

from stepsmith.container import entry

SPLITS = ("train", "validation", "test")
SCHEMA_NAME = "_schema.json"
_HASH_RANGE = 1 << 64


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True, help="the folder of CSV or Parquet files")
    parser.add_argument("--train-dir", required=True, help="the folder to put train.csv into")
    parser.add_argument("--validation-dir", required=True, help="the folder to put validation.csv into")
    parser.add_argument("--test-dir", required=True, help="the folder to put test.csv into")
    parser.add_argument("--label", required=True, help="the label's column")
    parser.add_argument("--train-ratio", type=float, required=True)
    parser.add_argument("--validation-ratio", type=float, required=True)
    parser.add_argument("--test-ratio", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--stratify", choices=("true", "false"), required=True)
    return parser.parse_args(argv)


def data_files(folder: str) -> List[str]:
    """The paths of the CSV or Parquet files below `folder`, sorted; names with `_` or `.` in front are passed over.

    Raises: ScriptFailure when there is none, or files of both kinds or of another.
    """
    paths = sorted(
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if not name.startswith(("_", "."))
    )
    kinds = {os.path.splitext(path)[1].lower() for path in paths}
    if not paths:
        raise entry.ScriptFailure("there are no data in " + folder)
    if len(kinds) > 1 or not kinds <= {".csv", ".parquet"}:
        raise entry.ScriptFailure(
            "the data are to be .csv files or .parquet files, and are " + ", ".join(sorted(kinds))
        )
    return paths


def read_rows(paths: List[str]) -> Iterator[List[str]]:
    """The header, and then each row of all files, as text.

    Raises: ScriptFailure when the files' headers differ or a row does not fit them.
    """
    header = None  # type: Optional[List[str]]
    for path in paths:
        rows = _parquet_rows(path) if path.lower().endswith(".parquet") else _csv_rows(path)
        own = next(rows, None)
        if own is None or len(set(own)) != len(own):
            raise entry.ScriptFailure("{} has no header, or a column twice".format(path))
        if header is None:
            header = own
            yield header
        elif own != header:
            raise entry.ScriptFailure("the columns of {} are not those of {}".format(path, paths[0]))
        for row in rows:
            yield row


def placement(args: argparse.Namespace, paths: List[str], label: int) -> Iterator[int]:
    """The split of each row, as an index into SPLITS, in the order of the rows."""
    if args.stratify == "true":
        return iter(_stratified(args, paths, label))
    return _by_hash(args)


def split(args: argparse.Namespace) -> Dict[str, int]:
    """Writes the three splits; the number of rows in each.

    Raises: ScriptFailure when the label is no column, or no row falls to train.
    """
    folders = {"train": args.train_dir, "validation": args.validation_dir, "test": args.test_dir}
    paths = data_files(args.data_dir)
    entry.log.info("reading %d files from %s", len(paths), args.data_dir)
    rows = read_rows(paths)
    header = next(rows)
    if args.label not in header:
        raise entry.ScriptFailure(
            "the label {!r} is no column of the data; they have: {}".format(args.label, ", ".join(header))
        )
    counts = dict.fromkeys(SPLITS, 0)
    with ExitStack() as stack:
        writers = {name: _writer(stack, folders[name], name) for name in SPLITS}
        for name in SPLITS:
            writers[name].writerow(header)
        for row, place in zip(rows, placement(args, paths, header.index(args.label))):  # noqa: B905 - Python 3.8
            writers[SPLITS[place]].writerow(row)
            counts[SPLITS[place]] += 1
    if not counts["train"]:
        raise entry.ScriptFailure("no row fell to train: the data have {} rows".format(sum(counts.values())))
    for name in SPLITS:
        _write_schema(folders[name], args.label, header, counts[name])
    return counts


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    counts = split(parse_args(argv))
    entry.log.info("rows: %s", ", ".join("{} {}".format(name, counts[name]) for name in SPLITS))
    for name in SPLITS:
        if not counts[name]:
            entry.log.warning("%s has no rows", name)


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the splits were written, else 1."""
    return entry.run(work, argv)


def _row_hash(seed: int, row: int) -> int:
    return int.from_bytes(hashlib.sha256("{}:{}".format(seed, row).encode()).digest()[:8], "big")


def _by_hash(args: argparse.Namespace) -> Iterator[int]:
    bounds = _bounds(args, _HASH_RANGE)
    row = 0
    while True:
        yield _place(_row_hash(args.seed, row), bounds)
        row += 1


def _stratified(args: argparse.Namespace, paths: List[str], label: int) -> bytearray:
    rows = read_rows(paths)
    next(rows)
    by_label = {}  # type: Dict[str, List[Tuple[int, int]]]
    total = 0
    for total, row in enumerate(rows, 1):
        by_label.setdefault(row[label], []).append((_row_hash(args.seed, total - 1), total - 1))
    places = bytearray(total)
    for hashed in by_label.values():
        bounds = _bounds(args, len(hashed))
        for rank, (_, number) in enumerate(sorted(hashed)):
            places[number] = _place(rank, bounds)
    return places


def _bounds(args: argparse.Namespace, whole: int) -> Tuple[int, int]:
    return round(whole * args.train_ratio), round(whole * (args.train_ratio + args.validation_ratio))


def _place(value: int, bounds: Tuple[int, int]) -> int:
    return 0 if value < bounds[0] else 1 if value < bounds[1] else 2


def _csv_rows(path: str) -> Iterator[List[str]]:
    csv.field_size_limit(1 << 30)
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        width = 0
        try:
            for row in reader:
                if not row:
                    continue
                width = width or len(row)
                if len(row) != width:
                    message = "{}, line {}: {} fields, and the header has {}"
                    raise entry.ScriptFailure(message.format(path, reader.line_num, len(row), width))
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise entry.ScriptFailure("{}, line {}: {}".format(path, reader.line_num + 1, error)) from error


def _parquet_rows(path: str) -> Iterator[List[str]]:
    try:
        import pyarrow.parquet as parquet  # noqa: PLC0415, PLR0402 - for Parquet alone
    except ImportError as error:
        raise entry.ScriptFailure("{} needs pyarrow, which this image does not have".format(path)) from error
    try:
        file = parquet.ParquetFile(path)
        yield list(file.schema_arrow.names)
        for batch in file.iter_batches():
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns):  # noqa: B905 - Python 3.8
                yield [_text(value, path) for value in values]
    except (OSError, ValueError) as error:  # what pyarrow raises derives from one of these
        raise entry.ScriptFailure("{} cannot be read as Parquet: {}".format(path, error)) from error


def _text(value: Any, path: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, list, dict)):
        raise entry.ScriptFailure("{}: a column of {} has no place in a CSV".format(path, type(value).__name__))
    return str(value)


def _writer(stack: ExitStack, folder: str, name: str) -> Any:
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".csv")
    return csv.writer(stack.enter_context(open(path, "w", encoding="utf-8", newline="")), lineterminator="\n")


def _write_schema(folder: str, label: str, columns: List[str], rows: int) -> None:
    with open(os.path.join(folder, SCHEMA_NAME), "w", encoding="utf-8") as file:
        json.dump({"label": label, "columns": columns, "rows": rows}, file, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
