"""Makes sample requests for a model from CSV or JSON lines, as a payload.tar.gz of which each member is one request."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from stepsmith.container import entry
from stepsmith.container.archive.atomic import atomic_file
from stepsmith.container.archive.write import ArchiveEntry, archive_chunks, entry_of_bytes

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


class Sample(NamedTuple):
    """One row of samples by column; the values of a CSV are text, those of JSON lines are what JSON says."""

    values: Row
    is_text: bool


def read_samples(folder: str, count: int) -> List[Sample]:
    """The first `count` rows of the files in `folder`, without the label that `_schema.json` names.

    Raises: ScriptFailure when there is no file, no row, or a file that is neither CSV nor JSON lines.
    """
    label = _label(folder)
    samples = []  # type: List[Sample]
    for path in _sample_files(folder):
        for sample in _samples(path):
            values = {name: value for name, value in sample.values.items() if name != label}
            samples.append(sample._replace(values=values))
            if len(samples) == count:
                return samples
    if not samples:
        raise entry.ScriptFailure("the samples in {} hold no row".format(folder))
    entry.log.warning("%d requests were wanted, and the samples hold %d rows", count, len(samples))
    return samples


def request(sample: Sample, content_type: str, columns: List[str]) -> bytes:
    """The body of one request: a JSON object, or a CSV line without header in the order of `columns`.

    Raises: ScriptFailure when the row has no such line, or the body is over InvokeEndpoint's limit.
    """
    if content_type == "text/csv":
        body = _csv_line(sample, columns).encode("utf-8")
    else:
        typed = {name: _number(value) if sample.is_text else value for name, value in sample.values.items()}
        body = json.dumps(typed, ensure_ascii=False).encode("utf-8")
        body += b"\n" if content_type == "application/jsonlines" else b""
    if len(body) > REQUEST_BYTES:
        raise entry.ScriptFailure("a request has {} bytes, over the limit of {}".format(len(body), REQUEST_BYTES))
    return body


def payload_entries(samples: List[Sample], content_types: List[str]) -> List[ArchiveEntry]:
    """An entry for each sample in each content type, named by its number and the content type's suffix."""
    columns = list(samples[0].values)
    return [
        entry_of_bytes(
            "request_{:03d}{}".format(number, SUFFIXES[content_type]), request(sample, content_type, columns)
        )
        for content_type in content_types
        for number, sample in enumerate(samples, 1)
    ]


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    content_types = args.content_types.split(",")
    unknown = [name for name in content_types if name not in SUFFIXES]
    if unknown:
        raise entry.ScriptFailure("no request can be made of content type " + ", ".join(unknown))
    if len(set(content_types)) != len(content_types):
        raise entry.ScriptFailure("a content type stands twice in " + args.content_types)
    if not 1 <= args.count <= REQUESTS:
        raise entry.ScriptFailure("count is to be 1 to {}, and is {}".format(REQUESTS, args.count))
    entries = payload_entries(read_samples(args.samples_dir, args.count), content_types)
    path = os.path.join(args.output_dir, PAYLOAD_NAME)
    with atomic_file(path) as file:
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


def _samples(path: str) -> Iterator[Sample]:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".csv":
        return _csv_samples(path)
    if suffix in (".jsonl", ".json"):
        return _json_samples(path)
    raise entry.ScriptFailure("{} is neither .csv nor .jsonl".format(path))


def _csv_samples(path: str) -> Iterator[Sample]:
    csv.field_size_limit(1 << 30)
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            columns = reader.fieldnames or []
            if len(set(columns)) != len(columns):
                raise entry.ScriptFailure("{} has a column twice".format(path))
            for row in reader:
                if None in row or None in row.values():
                    message = "{}, line {}: its fields are not those of the header"
                    raise entry.ScriptFailure(message.format(path, reader.line_num))
                yield Sample(row, is_text=True)
        except (csv.Error, UnicodeDecodeError) as error:
            raise entry.ScriptFailure("{}: {}".format(path, error)) from error


def _json_samples(path: str) -> Iterator[Sample]:
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_constant=_refuse_constant)
            except ValueError as error:
                raise entry.ScriptFailure("{}, line {}: {}".format(path, number, error)) from error
            if not isinstance(row, dict):
                raise entry.ScriptFailure("{}, line {}: no JSON object".format(path, number))
            yield Sample(row, is_text=False)


def _csv_line(sample: Sample, columns: List[str]) -> str:
    if set(sample.values) != set(columns):
        raise entry.ScriptFailure(
            "a CSV request needs the same columns in every sample: {}, and not {}".format(
                ", ".join(columns), ", ".join(sample.values)
            )
        )
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_text(name, sample.values[name]) for name in columns])
    return line.getvalue()


def _text(name: str, value: Any) -> str:
    """A value as a field of a CSV."""
    if isinstance(value, (dict, list)):
        raise entry.ScriptFailure("the column {!r} holds {!r}, which has no place in a CSV".format(name, value))
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


def _number(text: str) -> Any:
    """A CSV's text as a JSON number where it is written as one (`007` is none), else as it is."""
    if not _NUMBER.fullmatch(text) or abs(float(text)) == float("inf"):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _refuse_constant(name: str) -> None:
    raise ValueError("{} is no number in JSON".format(name))


if __name__ == "__main__":
    sys.exit(main())
