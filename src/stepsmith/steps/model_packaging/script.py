"""Adds inference code under code/ to a model.tar.gz, and proves that the package holds both."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import List, Optional

from stepsmith.container import entry
from stepsmith.container.archive.atomic import atomic_file
from stepsmith.container.archive.limits import limits_of
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.container.archive.package import PackageRecord, code_entries, package_model
from stepsmith.container.archive.read import find_archive

PACKAGE_NAME = "package.json"


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--model-path", required=True, help="the model's archive, or a folder that holds it")
    parser.add_argument("--code-dir", required=True, help="the folder of inference code")
    parser.add_argument("--entry-point", required=True, help="the script in it that serving starts with")
    parser.add_argument("--output-dir", required=True, help="the folder to put model.tar.gz and package.json into")
    return parser.parse_args(argv)


def write_record(record: PackageRecord, path: str) -> None:
    """Writes what later steps read: both digests, sizes and the number of files."""
    facts = {
        "source_sha256": record.model.digest,
        "source_size_bytes": record.model.size_bytes,
        "package_sha256": record.package.digest,
        "package_size_bytes": record.package.size_bytes,
        "files": len(record.package.files),
    }
    with atomic_file(path) as file:
        file.write(json.dumps(facts, indent=2).encode("utf-8"))


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    model = find_archive(args.model_path)
    entries = code_entries(args.code_dir, args.entry_point)
    target = os.path.join(args.output_dir, MODEL_NAME)
    entry.log.info("packaging %s, %d bytes, with %d files of code", model, os.path.getsize(model), len(entries))
    record = package_model(model, entries, target, limits_of(os.environ))
    for name in record.replaced:
        entry.log.warning(
            "the model held %s already; it was replaced, and the package written anew, uncompressed", name
        )
    for member in record.model.privileged:
        entry.log.warning("the model's directory %s has %s set in its mode", member.name, member.privileges)
    parts = len(record.model.gzip_members)
    if parts > 1 and not record.replaced:
        entry.log.info("the model is of %d gzip members; the code is in the first that holds anything", parts)
    write_record(record, os.path.join(args.output_dir, PACKAGE_NAME))
    entry.log.info("source sha256 %s", record.model.digest)
    entry.log.info("package sha256 %s, %d files", record.package.digest, len(record.package.files))
    entry.log.info("wrote %s, %d bytes", target, record.package.size_bytes)


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the package was written whole, else 1."""
    return entry.run(work, argv)


if __name__ == "__main__":
    sys.exit(main())
