"""What bringing a model to S3 costs beside the AWS CLI, and what a second deploy costs: time, requests, reads, memory.

`make bench-deploy`; it needs the environments that `make test-aws` makes. All in one run, side by side, on servers on
127.0.0.1: medians, and the ratio of each pair.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import Any

import boto3

from stepsmith.container.archive.read import file_digest

ROOT = Path(__file__).parent.parent
REGION, BUCKET = "eu-west-1", "bench-bucket"
ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
# A process that does nothing but bring one object to S3, as `aws s3 cp` is one.
UPLOAD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stepsmith.aws import Account
from stepsmith.aws.deployment.plan import UploadObject
from stepsmith.aws.deployment.progress import Silent
from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.transfer import upload_file
from stepsmith.definition.assets import AssetObject, FileSource
path, uri, digest = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
item = AssetObject(path.name, digest, path.stat().st_size, FileSource(path))
with ThreadPoolExecutor(10) as pool:
    upload_file(Objects(Account(region="eu-west-1")), UploadObject(uri, item, item.size_bytes), pool, Silent())
"""


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "aws" / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


servers, proxies = _beside("servers"), _beside("proxy")


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("moto", "ministack", "juicefs", "model"):
            (folder / name).mkdir()
        moto = stack.enter_context(servers.moto(folder / "moto"))
        model = made_model(folder / "model" / "model.tar.gz", given.megabytes * 1_000_000)
        found = {"megabytes": given.megabytes, "upload": {}}
        for name in ("ministack", "juicefs"):
            with getattr(servers, name)(folder / name) as s3:
                environment = environment_of(s3.url, moto.url)
                found["upload"][name] = uploads(model, environment, given.rounds)
                if name == "ministack":
                    found["deploy"] = deploys(model, s3.url, moto.url)
    print(json.dumps(found) if given.json else told(found))  # noqa: T201 - a benchmark prints


def environment_of(s3_url: str, moto_url: str) -> dict[str, str]:
    """The environment of a process that asks these servers."""
    return {
        **os.environ,
        **servers.CREDENTIALS,
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_ENDPOINT_URL_S3": s3_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def made_model(path: Path, size_bytes: int) -> Path:
    """A model.tar.gz of so many bytes that cannot be compressed."""
    weights = path.with_name("weights.bin")
    generator = random.Random(1)  # noqa: S311 - the same bytes each time
    with weights.open("wb") as file:
        for _ in range(size_bytes // 1_000_000):
            file.write(generator.randbytes(1_000_000))
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(weights, "weights.bin")
    weights.unlink()
    return path


def uploads(model: Path, environment: dict[str, str], rounds: int) -> dict[str, list[tuple[float, float, float]]]:
    """Seconds, CPU seconds and peak MB of each upload by each way, in turns; the object is removed between two."""
    client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL_S3"], region_name=REGION,
                          aws_access_key_id=servers.CREDENTIALS["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=servers.CREDENTIALS["AWS_SECRET_ACCESS_KEY"])  # fmt: skip
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    digest = file_digest(str(model))
    uri = f"s3://{BUCKET}/model.tar.gz"
    ways = {
        "aws s3 cp": [servers.program("cli", "aws"), "s3", "cp", model, uri, "--only-show-errors"],
        "stepsmith": [sys.executable, "-c", UPLOAD, model, uri, digest],
    }
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, command in ways.items():
            found[way].append(measured(command, environment))
            client.delete_object(Bucket=BUCKET, Key="model.tar.gz")
    return found


def deploys(model: Path, s3_url: str, moto_url: str) -> dict[str, dict[str, float]]:
    """What a first deploy and a second one of a pipeline with the model cost, their requests and what they read."""
    folder = model.parent
    (folder / "pipeline.yaml").write_text(
        f"name: bench\nregion: {REGION}\nrole: {ROLE}\npipeline_s3_loc: s3://{BUCKET}/bench\n"
        "steps:\n  model: {type: DummyTraining, pretrained_model_path: model.tar.gz}\n"
    )
    found = {}
    for name in ("first", "second"):
        s3, sagemaker = proxies.Proxy(s3_url), proxies.Proxy(moto_url)
        environment = environment_of(s3.url, sagemaker.url)
        command = [sys.executable, "-m", "stepsmith", "deploy", folder / "pipeline.yaml", "--yes"]
        read_before = bytes_read()
        seconds, cpu, memory = measured(command, environment)
        found[name] = {
            "seconds": seconds,
            "cpu": cpu,
            "memory_mb": memory,
            "requests": len(s3.seen) + len(sagemaker.seen),
            "assets": sum(one == "ListObjectsV2" for one in s3.operations()),
            "read_mb": (bytes_read() - read_before) / 1e6,
        }
        s3.close()
        sagemaker.close()
    return found


def bytes_read() -> int:
    """How many bytes the processes that this one has waited for have asked for."""
    return _READ[0]


_READ = [0]


def measured(command: list[object], environment: dict[str, str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds, and peak MB of a command; what it read is added up."""
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL)
    io = Path(f"/proc/{process.pid}/io")
    last = 0
    while True:
        with suppress(OSError, IndexError):
            last = int(io.read_text().split("rchar: ")[1].split()[0])
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed with {process.returncode}")
    _READ[0] += last
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def told(found: dict[str, Any]) -> str:
    """What was found, as a person reads it."""
    lines = []
    for name, ways in found["upload"].items():
        lines.append(f"{found['megabytes']} MB to {name}: seconds, CPU seconds, peak MB (medians)")
        middle = {way: [median(one[index] for one in rounds) for index in range(3)] for way, rounds in ways.items()}
        for way, (seconds, cpu, memory) in middle.items():
            lines.append(f"  {way:<10} {seconds:7.2f} {cpu:7.2f} {memory:7.0f}")
        lines.append(f"  ours/theirs {middle['stepsmith'][0] / middle['aws s3 cp'][0]:6.2f} of the seconds")
    for name, facts in found["deploy"].items():
        lines.append(f"{name} deploy: " + ", ".join(f"{what} {value:.2f}" for what, value in facts.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
