"""Counts the files in a folder of samples."""

from __future__ import annotations

import os
import sys
from typing import List, Optional

from stepsmith.container import entry


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--samples-dir", required=True, help="the folder of samples")
    parser.add_argument("--output-dir", required=True, help="the folder to put count.txt into")
    args = parser.parse_args(argv)
    with open(os.path.join(args.output_dir, "count.txt"), "w", encoding="utf-8") as file:
        file.write("{}\n".format(len(os.listdir(args.samples_dir))))


if __name__ == "__main__":
    sys.exit(entry.run(work))
