"""Writes report.json, which says what is in a folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Dict, List, Optional

from stepsmith.container import entry
from stepsmith.container.archive.whole import whole_file


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--source-dir", required=True, help="the folder to report on")
    parser.add_argument("--title", required=True, help="what the report is called")
    parser.add_argument("--output-dir", required=True, help="the folder to put report.json into")
    return parser.parse_args(argv)


def sizes_of(folder: str) -> Dict[str, int]:
    """The size in bytes of each file below a folder, by its path.

    Raises: ScriptFailure when there is none.
    """
    paths = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    if not paths:
        raise entry.ScriptFailure("there is no file in {}".format(folder))
    return {os.path.relpath(path, folder): os.path.getsize(path) for path in sorted(paths)}


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    report = {"title": args.title, "files": sizes_of(args.source_dir)}
    target = os.path.join(args.output_dir, "report.json")
    with whole_file(target) as file:
        file.write(json.dumps(report, indent=2).encode())
    entry.log.info("wrote %s of %d files", target, len(report["files"]))


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the report was written whole, else 1."""
    return entry.run(work, argv)


if __name__ == "__main__":
    sys.exit(main())
