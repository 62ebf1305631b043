"""What every script shares: arguments, logging, failure reason and exit status.

Source of the paths and of the 1,024 bytes: ExitMessage of DescribeProcessingJob, and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from typing import Callable, List, NoReturn, Optional

FAILURE_REASON_BYTES = 1024

log = logging.getLogger("stepsmith")


class ScriptFailure(Exception):  # noqa: N818 - a script fails; what it met may be no error of its own
    """A step cannot do its work; the message is the reason that its user reads."""


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose complaint becomes the step's failure reason, not an exit status of its own."""

    def error(self, message: str) -> NoReturn:
        """Raises: ScriptFailure with what is wrong about the arguments."""
        raise ScriptFailure("arguments: " + message)


def run(work: Callable[[Optional[List[str]]], None], argv: Optional[List[str]] = None) -> int:
    """The exit status of `work(argv)`: 0, or 1 when it raised anything.

    A failure, and being asked to end, leaves a traceback in the log, one line that says what is wrong, and the failure
    reason where SageMaker looks for it.
    """
    _log_to_standard_output()
    signal.signal(signal.SIGTERM, _ended)
    try:
        work(argv)
    except Exception as error:
        said = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode("utf-8")
        named = not said or not isinstance(error, (ScriptFailure, OSError, ValueError))
        reason = ": ".join(filter(None, [type(error).__name__ if named else "", said]))
        log.debug("traceback of the failure", exc_info=True)
        write_failure_reason(reason)
        log.error("failed: %s", reason)  # noqa: TRY400 - the traceback stands above, the reason comes last
        return 1
    log.info("succeeded")
    return 0


def _ended(*_: object) -> NoReturn:
    """What a job that is stopped is sent, some time before it is killed: files that are not whole are removed."""
    raise ScriptFailure("asked to end (SIGTERM)")


def ml_root() -> str:
    """The folder that SageMaker calls /opt/ml, wherever this machine's sandbox put it."""
    return os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml")


def write_failure_reason(reason: str) -> None:
    """Writes `reason` to `output/message`, cut at a character to at most 1,024 bytes of UTF-8."""
    path = os.path.join(ml_root(), "output", "message")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(cut(reason, FAILURE_REASON_BYTES))
    except OSError as error:
        log.warning("the failure reason could not be written to %s: %s", path, error)


def cut(text: str, limit_bytes: int) -> bytes:
    """`text` as UTF-8, at most `limit_bytes` long, ending with a whole character.

    >>> cut("aé", 2)
    b'a'
    """
    return text.encode("utf-8", "replace")[:limit_bytes].decode("utf-8", "ignore").encode("utf-8")


def _log_to_standard_output() -> None:
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    # A path that is no UTF-8 must not cost the line that names it.
    getattr(sys.stdout, "reconfigure", lambda **_: None)(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    log.handlers[:] = [handler]
    log.setLevel(logging.DEBUG)
    log.propagate = False
