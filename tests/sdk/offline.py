"""Runs a program that builds with an SDK, where no network and no credentials are, and prints its answer as JSON.

`python offline.py build_v2`, by the SDK's interpreter, in which nothing of Stepsmith is installed. The facts come as
JSON by standard input.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

NO_TELEMETRY = str(Path(__file__).with_name("no-telemetry.yaml"))
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",  # v3 is not imported without
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": NO_TELEMETRY,
    "SAGEMAKER_USER_CONFIG_OVERRIDE": NO_TELEMETRY,
    "SAGEMAKER_VALIDATE_ROLE": "false",  # v3 asks IAM otherwise
}
asked: list[str] = []


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Stops whatever would reach another machine, and remembers which."""
    host = None
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if host is not None:
        asked.append(str(host))
        raise OSError(f"there is no network here: {host}")


def main() -> None:
    """Prints the program's definitions, the versions of its packages, and the hosts that it asked."""
    # The SDK talks on standard output, which is for the answer.
    out, sys.stdout = sys.stdout, sys.stderr
    warnings.simplefilter("ignore")
    sys.addaudithook(refuse)
    os.environ.update(ENVIRONMENT)
    program = importlib.import_module(sys.argv[1])
    definitions = program.build(json.load(sys.stdin))
    versions = {name: version(name) for name in program.PACKAGES}
    json.dump({"definitions": definitions, "versions": versions, "asked": asked}, out)


if __name__ == "__main__":
    main()
