"""An AWS account as one's own credentials see it; the only import of boto3. No credential is read, logged or stored.

Profiles, single sign-on, assumed roles and `AWS_ENDPOINT_URL*` are boto3's: what it finds is used, and in its order.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from stepsmith import __version__
from stepsmith.aws.errors import translate_errors
from stepsmith.diagnostics import AwsError, StepsmithError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Where neither the environment nor the profile says how often a request is tried. Adaptive: a client that is throttled
# sends less. Source: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_ATTEMPTS, _MODE = 8, "adaptive"
_CONNECTIONS = 32
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
# The domains of AWS's own endpoints, by partition.
# Source: https://docs.aws.amazon.com/general/latest/gr/rande.html, and botocore's partitions.json
_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn", "c2s.ic.gov",
            "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov", "amazonaws.eu")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: the account, the ARN of the user or role, the region, and the partition that it is in."""

    account: str
    arn: str
    region: str
    partition: str

    def __str__(self) -> str:
        return f"account {self.account}, region {self.region}, as {self.arn}"


class Account:
    """An AWS account in one region. Every request goes through its clients; one is made when it is first asked for.

    `session` is a boto3.Session, or whatever has its `client` and `region_name`; without one, boto3 makes it of
    `profile` and its own configuration. `sleep` is how it waits. Raises: AwsError when there is no such profile.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        region: str | None = None,
        session: Any = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        with _usable("no session can be made"):
            self._session = session or boto3.Session(profile_name=profile)
        self._named_region = region
        self._clients: dict[str, Any] = {}
        self.sleep = sleep

    @property
    def region(self) -> str:
        """The region that was named, or the one that boto3 is configured with.

        Raises: AwsError when there is neither.
        """
        region: str | None = self._named_region or self._session.region_name
        if not region:
            fix = "name one: --region, `region` in pipeline.yaml, or AWS_REGION"
            raise AwsError("AWS011", "no region is named", fix=fix)
        return region

    @property
    def partition(self) -> str:
        """The partition of the region: `aws`, `aws-cn`, `aws-us-gov` and others."""
        return partition_of(self.region)

    @cached_property
    def identity(self) -> Identity:
        """Who asks, as STS answers it.

        Raises: AwsError when there are no credentials, or they are refused.
        """
        with _usable("who asks is not known"):
            answer = self.client("sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"], self.region, self.partition)

    def client(self, service: str) -> Any:
        """The client of a service, which tries again what failed by throttling or a lost connection."""
        if service not in self._clients:
            with _usable(f"no client of {service} can be made"):
                self._clients[service] = self._session.client(
                    service, region_name=self.region, config=_config(self._session)
                )
        return self._clients[service]


@contextmanager
def _usable(what: str) -> Iterator[None]:
    """A block in which what the environment or a profile says, and nobody can use, is told as that."""
    try:
        with translate_errors(what):
            yield
    except (ValueError, OSError) as error:
        if isinstance(error, StepsmithError):
            raise
        fix = "correct what AWS_* variables and the profile say: endpoints, attempts, credential_process"
        raise AwsError("AWS019", f"{what}: {error}", fix=fix) from error


def is_of_aws(client: Any) -> bool:
    """Whether a client speaks to AWS itself, and not to another implementation of its interface."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)


@cache
def partition_of(region: str) -> str:
    """The partition that a region is in; `aws` of one that nobody knows.

    >>> partition_of("eu-west-1"), partition_of("cn-north-1"), partition_of("us-gov-west-1")
    ('aws', 'aws-cn', 'aws-us-gov')
    """
    try:
        partition: str = botocore.session.get_session().get_partition_for_region(region)
    except BotoCoreError:
        return "aws"
    return partition


def _config(session: Any) -> Config:
    """How requests are made; how often they are tried is left to the user where the user says it."""
    retries = {
        "total_max_attempts": int(_setting_of(session, "max_attempts") or _ATTEMPTS),
        "mode": _setting_of(session, "retry_mode") or _MODE,
    }
    return Config(
        retries=retries,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        user_agent_extra=f"stepsmith/{__version__}",
        # The checksums that are worth something are given by us, of bytes that were verified.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _setting_of(session: Any, name: str) -> str | None:
    """What the environment, or else the profile, says of a setting; botocore's own look-up would answer its default."""
    inner = getattr(session, "_session", None)  # boto3 has no public way to botocore's
    setting: str | None = os.environ.get(f"AWS_{name.upper()}") or (inner and inner.get_scoped_config().get(name))
    return setting
