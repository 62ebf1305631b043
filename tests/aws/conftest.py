"""The servers that the tests ask, each started once on 127.0.0.1 and stopped by its own pid, and ways to them."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import io
import os
import random
import re
import secrets
import shutil
import sys
import tarfile
import urllib.request
from pathlib import Path

import boto3
import pytest

from stepsmith import DummyTrainingConfig, ModelRegistrationConfig, Pipeline
from stepsmith.aws import Account

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
# What differs from run to run, and with the code that is uploaded: the bucket of a test, times, digests, sizes.
VARYING = {
    re.compile(r"\bbucket-[0-9a-f]{12}\b"): "BUCKET",
    re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}(?=…)"): "SHA256",
    re.compile(r'"[0-9a-f]{32}"'): "ETAG",
    re.compile(r"\b\d{4}-\d\d-\d\d[T ]\S*"): "TIME",
    re.compile(r"\b\d+ objects?, [\d.]+ k?B\b"): "OBJECTS",
}
# The files beside this one are found by their names; nothing of it is a package.
sys.modules.setdefault("conftest", sys.modules[__name__])


def _beside(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


proxy_module, servers = _beside("proxy"), _beside("servers")
_beside("keys")


def pytest_collection_modifyitems(items):
    """Clients of boto3 leave their connections to the collector, which tells of each."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture
def snapshot(snapshot):
    """The same, with a word in capitals for what varies."""
    stable = snapshot.stable
    snapshot.stable = lambda text: functools.reduce(lambda so_far, one: one[0].sub(one[1], so_far),
                                                    VARYING.items(), stable(text))  # fmt: skip
    return snapshot


@functools.cache
def boto_session():
    """One session for all accounts and clients: what it reads of botocore's own data it reads once."""
    return boto3.Session()


def program(server, name):
    path = servers.program(server, name)
    if not path.exists():
        pytest.fail(f"{path} is missing: run tests/aws/install, as `make test-aws` does")
    return path


@pytest.fixture(scope="session")
def moto_url(tmp_path_factory):
    """SageMaker, STS, IAM, and an S3 of its own."""
    program("moto", "moto_server")
    with servers.moto(tmp_path_factory.mktemp("moto")) as server:
        yield server.url


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory):
    """S3 with conditional writes, checksums and parts that are copied, and CloudWatch's logs."""
    program("ministack", "ministack")
    with servers.ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server.url


@pytest.fixture(scope="session")
def juicefs_url(tmp_path_factory):
    """An S3 of another make: signatures are verified, and it has neither conditional writes nor checksums."""
    program("juicefs", "juicefs")
    with servers.juicefs(tmp_path_factory.mktemp("juicefs")) as server:
        yield server.url


class Cloud:
    """An account on the servers, and ways to them on which things can go wrong."""

    def __init__(self, s3_url, sagemaker_url, logs_url, monkeypatch):
        self.s3_proxy = proxy_module.Proxy(s3_url)
        self.sagemaker_proxy = proxy_module.Proxy(sagemaker_url)
        self.bucket = f"bucket-{secrets.token_hex(6)}"
        self.environment = {
            **servers.CREDENTIALS,
            "AWS_ENDPOINT_URL": self.sagemaker_proxy.url,
            "AWS_ENDPOINT_URL_S3": self.s3_proxy.url,
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": logs_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "2",
        }
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        self.s3 = boto_session().client("s3", endpoint_url=s3_url, region_name=REGION)
        self.sagemaker = boto_session().client("sagemaker", endpoint_url=sagemaker_url, region_name=REGION)
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def account(self, **settings):
        return Account(**{"region": REGION, "session": boto_session(), "sleep": lambda _: None, **settings})

    def objects(self):
        """The size of each object of the bucket, by its key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", ())}

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def uploads(self):
        """The uploads that were begun and not ended."""
        return self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

    def asked(self):
        """The operations that were asked since this was asked last, of S3 and of the rest."""
        found = [*self.s3_proxy.operations(), *self.sagemaker_proxy.operations()]
        self.s3_proxy.seen.clear()
        self.sagemaker_proxy.seen.clear()
        return found

    def fails(self, rule):
        """What goes wrong from now on, on all ways: `rule` is given each request and its number."""
        for proxy in (self.s3_proxy, self.sagemaker_proxy):
            proxy.seen.clear()
            proxy.rule = rule or (lambda _asked, _number: None)

    def pipeline(self, name):
        """A pipeline's description, or None where there is none."""
        try:
            return self.sagemaker.describe_pipeline(PipelineName=name)
        except self.sagemaker.exceptions.ClientError:
            return None

    def close(self):
        self.s3_proxy.close()
        self.sagemaker_proxy.close()


@pytest.fixture
def cloud_on(moto_url, ministack_url, monkeypatch):
    """Makes an account whose S3 is the server at a URL."""
    made = []

    def make(s3_url):
        for server in {moto_url, ministack_url}:
            reset = "moto-api/reset" if server == moto_url else "_ministack/reset"
            urllib.request.urlopen(urllib.request.Request(f"{server}/{reset}", method="POST"), timeout=10)  # noqa: S310
        made.append(Cloud(s3_url, moto_url, ministack_url, monkeypatch))
        return made[-1]

    make.made = made
    yield make
    for cloud in made:
        cloud.close()


@pytest.fixture
def cloud(cloud_on, ministack_url):
    """An account whose S3 is ministack's."""
    return cloud_on(ministack_url)


@pytest.fixture
def juicefs(cloud_on, juicefs_url):
    """An account whose S3 is JuiceFS."""
    return cloud_on(juicefs_url)


@pytest.fixture(scope="session")
def archive_of_noise(tmp_path_factory):
    """An archive of so many bytes that cannot be compressed; each size is made once, and is not to be changed."""
    folder = tmp_path_factory.mktemp("noise")

    @functools.cache
    def make(size_bytes):
        path = folder / f"{size_bytes}.tar.gz"
        content = random.Random(1).randbytes(size_bytes)  # noqa: S311 - the same bytes each time
        with gzip.GzipFile(path, "wb", 1, mtime=0) as file, tarfile.open(fileobj=file, mode="w") as archive:
            info = tarfile.TarInfo("weights.bin")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        return path

    return make


@pytest.fixture
def big_model(archive_of_noise, tmp_path):
    """A model.tar.gz of so many bytes, about, that cannot be compressed; the usual one is sent in three parts."""

    def make(size_bytes=17_000_000):
        return Path(shutil.copyfile(archive_of_noise(size_bytes), tmp_path / "model.tar.gz"))

    return make


@pytest.fixture
def pipeline_of(cloud_on, tmp_path):
    """Makes a pipeline of one model, as it is compiled, in the bucket of the account; `group` adds its registration."""

    def make(model, *, name="one", group=None, sha256=None, **facts):
        place = f"s3://{cloud_on.made[-1].bucket}/{name}"
        pipeline = Pipeline(name, region=REGION, role=ROLE, pipeline_s3_loc=place, base_dir=tmp_path)
        config = DummyTrainingConfig(pretrained_model_path=str(model), sha256=sha256, env=facts.pop("env", {}))
        step = pipeline.add("model", config)
        if group:
            registration = ModelRegistrationConfig(
                group=group,
                image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
                content_types=["text/csv"],
                instance_types=["ml.m5.large"],
            )
            pipeline.add("register", registration, after=step, inputs={"PackagedModel": "model.model_output"})
        return pipeline.compile()

    return make
