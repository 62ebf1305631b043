"""Makes sample requests for a model from CSV or JSON lines, as a payload.tar.gz of which each member is one request."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import sys
from typing import Any, Dict, Iterator, List, Optional

from stepsmith.container import entry
from stepsmith.container.archive.whole import whole_file
from stepsmith.container.archive.write import Entry, archive_chunks, entry_of_bytes

PAYLOAD_NAME = "payload.tar.gz"
SCHEMA_NAME = "_schema.json"
SUFFIXES = {"text/csv": ".csv", "application/json": ".json", "application/jsonlines": ".jsonl"}
# Source: the shape BodyBlob in botocore's sagemaker-runtime/2017-05-13 service model (InvokeEndpoint).
REQUEST_BYTES = 6291456
# How many requests of a content type are samples still.
REQUESTS = 1000
_NUMBER = re.compile(r"-?(?=\.?[0-9])(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")

Row = Dict[str, Any]


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--samples-dir", required=True, help="the folder of CSV or JSON lines")
    parser.add_argument("--content-types", required=True, help="with commas: " + ", ".join(SUFFIXES))
    parser.add_argument("--count", type=int, required=True, help="how many requests of each content type")
    parser.add_argument("--output-dir", required=True, help="the folder to put payload.tar.gz into")
    return parser.parse_args(argv)


def read_samples(folder: str, count: int) -> List[Row]:
    """The first `count` rows of the files in `folder`, by column, without the label that `_schema.json` names.

    Raises: ScriptFailure when there is no file, no row, or a file that is neither CSV nor JSON lines.
    """
    label = _label(folder)
    rows = []  # type: List[Row]
    for path in _sample_files(folder):
        for row in _rows(path):
            rows.append({name: value for name, value in row.items() if name != label})
            if len(rows) == count:
                return rows
    if not rows:
        raise entry.ScriptFailure("the samples in {} hold no row".format(folder))
    entry.log.warning("%d requests were wanted, and the samples hold %d rows", count, len(rows))
    return rows


def request(row: Row, content_type: str) -> bytes:
    """The body of one request: a CSV line without header, or a JSON object.

    Raises: ScriptFailure when it is over InvokeEndpoint's limit.
    """
    if content_type == "text/csv":
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row.values())
        body = line.getvalue().encode("utf-8")
    else:
        typed = {name: _number(value) for name, value in row.items()}
        body = json.dumps(typed, ensure_ascii=False).encode("utf-8")
        body += b"\n" if content_type == "application/jsonlines" else b""
    if len(body) > REQUEST_BYTES:
        raise entry.ScriptFailure("a request has {} bytes, over the limit of {}".format(len(body), REQUEST_BYTES))
    return body


def payload_entries(rows: List[Row], content_types: List[str]) -> List[Entry]:
    """An entry for each row in each content type, named by its number and the content type's suffix."""
    return [
        entry_of_bytes("request_{:03d}{}".format(number, SUFFIXES[content_type]), request(row, content_type))
        for content_type in content_types
        for number, row in enumerate(rows, 1)
    ]


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    content_types = args.content_types.split(",")
    unknown = [name for name in content_types if name not in SUFFIXES]
    if unknown:
        raise entry.ScriptFailure("no request can be made of content type " + ", ".join(unknown))
    if not 1 <= args.count <= REQUESTS:
        raise entry.ScriptFailure("count is to be 1 to {}, and is {}".format(REQUESTS, args.count))
    entries = payload_entries(read_samples(args.samples_dir, args.count), content_types)
    path = os.path.join(args.output_dir, PAYLOAD_NAME)
    with whole_file(path) as file:
        for chunk in archive_chunks(entries):
            file.write(chunk)
    entry.log.info("wrote %s, %d requests", path, len(entries))


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the payload was written, else 1."""
    return entry.run(work, argv)


def _sample_files(folder: str) -> List[str]:
    names = sorted(name for name in os.listdir(folder) if not name.startswith(("_", ".")))
    if not names:
        raise entry.ScriptFailure("there are no samples in " + folder)
    return [os.path.join(folder, name) for name in names]


def _label(folder: str) -> Optional[str]:
    path = os.path.join(folder, SCHEMA_NAME)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file).get("label")  # type: ignore[no-any-return]


def _rows(path: str) -> Iterator[Row]:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".csv":
        return _csv_rows(path)
    if suffix in (".jsonl", ".json"):
        return _json_rows(path)
    raise entry.ScriptFailure("{} is neither .csv nor .jsonl".format(path))


def _csv_rows(path: str) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    what = "{}, line {}: its fields are not those of the header"
                    raise entry.ScriptFailure(what.format(path, reader.line_num))
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise entry.ScriptFailure("{}: {}".format(path, error)) from error


def _json_rows(path: str) -> Iterator[Row]:
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise entry.ScriptFailure("{}, line {}: {}".format(path, number, error)) from error
            if not isinstance(row, dict):
                raise entry.ScriptFailure("{}, line {}: no JSON object".format(path, number))
            yield row


def _number(value: Any) -> Any:
    """A CSV's text as a JSON number where it is written as one (`007` is none), else as it is."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return value
    number = float(value)
    if abs(number) == float("inf"):
        return value
    return int(value) if value.lstrip("-").isdigit() else number


if __name__ == "__main__":
    sys.exit(main())
