"""Verifies a pretrained model.tar.gz to its last byte and puts it where a training step would have left its model."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import List, Optional

from stepsmith.container import entry
from stepsmith.container.archive.limits import limits_of
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.container.archive.read import ArchiveRecord, find_archive
from stepsmith.container.archive.verified_copy import copy_verified


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--pretrained-model-path", required=True, help="the archive, or a folder that holds it")
    parser.add_argument("--output-dir", required=True, help="the folder to put model.tar.gz into")
    return parser.parse_args(argv)


def copy_model(source: str, target: str, expected_digest: str = "") -> ArchiveRecord:
    """The record of the archive at `source`, which is whole at `target` then, too.

    Raises: ArchiveFault when it is not sound, or not the expected one; nothing is left at `target` then.
    """
    record, way = copy_verified(source, target, expected_digest, limits_of(os.environ), _is_of_this_job(source))
    entry.log.info("wrote %s, %d bytes: %s", target, record.size_bytes, way)
    return record


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    source = find_archive(args.pretrained_model_path)
    target = os.path.join(args.output_dir, MODEL_NAME)
    entry.log.info("reading %s, %d bytes", source, os.path.getsize(source))
    record = copy_model(source, target, _expected_digest())
    for member in record.privileged:
        entry.log.warning("the directory %s has %s set in its mode", member.name, member.privileges)
    entry.log.info("sha256 %s, %d members", record.digest, len(record.members))


def _expected_digest() -> str:
    digest = os.environ.get("EXPECTED_MODEL_SHA256")
    if digest is not None and not re.fullmatch("[0-9a-f]{64}", digest):
        raise entry.ScriptFailure("EXPECTED_MODEL_SHA256 is {!r}, which is no SHA-256 in lower-case hex".format(digest))
    return digest or ""


def _is_of_this_job(path: str) -> bool:
    """Whether a file is an input that was brought for this job alone, so that nobody else writes to it."""
    inputs = os.path.join(os.path.realpath(entry.ml_root()), "processing", "input", "")
    return os.path.realpath(path).startswith(inputs)


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the model was copied whole, else 1."""
    return entry.run(work, argv)


if __name__ == "__main__":
    sys.exit(main())
