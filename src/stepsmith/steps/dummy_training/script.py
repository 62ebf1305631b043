"""Verifies a pretrained model.tar.gz to its last byte and puts it where a training step would have left its model."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, Optional

from stepsmith.container import entry
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.container.archive.read import ArchiveRecord, file_digest, find_archive, read_archive


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--pretrained-model-path", required=True, help="the archive, or a folder that holds it")
    parser.add_argument("--output-dir", required=True, help="the folder to put model.tar.gz into")
    return parser.parse_args(argv)


def copy_model(source: str, target: str, expected_digest: str = "") -> ArchiveRecord:
    """The record of the archive at `source`, of which `target` then holds a copy that was read back and compared.

    Raises: ArchiveFault when it is not sound, or not the expected one; nothing is left at `target` then.
    """
    record = read_archive(source, target, expected_digest)
    copied = file_digest(target)
    if copied != record.digest:
        os.unlink(target)
        raise ArchiveFault("ARC012", "the copy's SHA-256 is {}, not {}".format(copied, record.digest), target)
    return record


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    source = find_archive(args.pretrained_model_path)
    target = os.path.join(args.output_dir, MODEL_NAME)
    entry.log.info("reading %s, %d bytes", source, os.path.getsize(source))
    record = copy_model(source, target, os.environ.get("EXPECTED_MODEL_SHA256", ""))
    entry.log.info("sha256 %s, %d members", record.digest, len(record.members))
    entry.log.info("wrote %s, %d bytes, and read it back", target, record.size_bytes)


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the model was copied whole, else 1."""
    return entry.run(work, argv)


if __name__ == "__main__":
    sys.exit(main())
