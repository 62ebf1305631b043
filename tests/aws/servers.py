"""The servers that the tests and the benchmark ask: each on 127.0.0.1, started once and stopped by its own pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testuser", "AWS_SECRET_ACCESS_KEY": "testpass123"}
_STARTS_SECONDS, _ENDS_SECONDS = 60, 10


@dataclass(frozen=True)
class Server:
    """A server that answers: where, and the process that it is."""

    url: str
    pid: int


def program(server, name):
    """Where a program of a server's environment is, which tests/aws/install makes."""
    return ROOT / f".venv-aws-{server}" / "bin" / name


@contextmanager
def moto(folder):
    """SageMaker, STS, IAM, and an S3 of its own."""
    port = free_port()
    with _started([program("moto", "moto_server"), "-H", "127.0.0.1", "-p", port], port, folder) as server:
        yield server


@contextmanager
def ministack(folder):
    """S3 with conditional writes, checksums and parts that are copied, and CloudWatch's logs."""
    port = free_port()
    said = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3,sts,kms,logs",
        "S3_PERSIST": "0",
        "LOG_LEVEL": "ERROR",
    }
    with _started([program("ministack", "ministack")], port, folder, **said) as server:
        yield server


@contextmanager
def juicefs(folder):
    """An S3 of another make: signatures are verified, and it has neither conditional writes nor checksums."""
    port, meta = free_port(), f"sqlite3://{folder}/meta.db"
    juicefs = program("juicefs", "juicefs")
    formatting = [juicefs, "format", "--storage", "file", "--bucket", f"{folder}/data/", meta, "test"]
    subprocess.run(formatting, check=True, capture_output=True, cwd=folder)
    said = {
        "MINIO_ROOT_USER": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "MINIO_ROOT_PASSWORD": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }
    options = ["--multi-buckets", "--keep-etag", "--object-tag", "--no-banner", "--log", folder / "gateway.log"]
    places = ["--cache-dir", folder / "cache", "--backup-meta", "0", "--metrics", f"127.0.0.1:{free_port()}"]
    command = [juicefs, "gateway", *options, *places, meta, f"127.0.0.1:{port}"]
    with _started(command, port, folder, **said) as server:
        yield server


def free_port():
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def _started(command, port, folder, **environment):
    """A server that answers something, ended by its own pid, with its group."""
    url, log = f"http://127.0.0.1:{port}", (folder / "server.log").open("wb")
    process = subprocess.Popen(
        list(map(str, command)),
        env={**os.environ, **environment},
        cwd=folder,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + _STARTS_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > until:
                said = (folder / "server.log").read_text()[-2000:]
                raise RuntimeError(f"{command[0]} does not start:\n{said}")
            time.sleep(0.05)
        yield Server(url, process.pid)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(_ENDS_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log.close()


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own server
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
