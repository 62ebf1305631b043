"""Writes card.yaml, which says what a packaged model is, and who answers for it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Dict, List, Optional

import yaml

from stepsmith.container import entry
from stepsmith.container.archive.atomic import atomic_file

# What of package.json the card repeats.
FACTS = ("package_sha256", "package_size_bytes", "files")


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """The script's arguments.

    Raises: ScriptFailure when one is missing or unknown.
    """
    parser = entry.ArgumentParser(description=__doc__)
    parser.add_argument("--package-dir", required=True, help="the folder that holds package.json")
    parser.add_argument("--title", required=True, help="what the model is called")
    parser.add_argument("--owner", required=True, help="who answers for it")
    parser.add_argument("--intended-use", help="what it is for")
    parser.add_argument("--output-dir", required=True, help="the folder to put card.yaml into")
    return parser.parse_args(argv)


def read_package(folder: str) -> Dict[str, Any]:
    """What ModelPackaging recorded of the package.

    Raises: ScriptFailure when there is no package.json.
    """
    path = os.path.join(folder, "package.json")
    if not os.path.isfile(path):
        raise entry.ScriptFailure("there is no {}: take the packaged model from ModelPackaging".format(path))
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))


def work(argv: Optional[List[str]]) -> None:
    """Does what the step is for."""
    args = parse_args(argv)
    package = read_package(args.package_dir)
    said = {"title": args.title, "owner": args.owner, "intended_use": args.intended_use}
    card = {**said, **{name: package[name] for name in FACTS}}
    target = os.path.join(args.output_dir, "card.yaml")
    with atomic_file(target) as file:
        yaml.safe_dump(card, file, sort_keys=False, allow_unicode=True, encoding="utf-8")
    entry.log.info("wrote %s of the package %s", target, card["package_sha256"])


def main(argv: Optional[List[str]] = None) -> int:
    """The exit status: 0 when the card was written whole, else 1."""
    return entry.run(work, argv)


if __name__ == "__main__":
    sys.exit(main())
