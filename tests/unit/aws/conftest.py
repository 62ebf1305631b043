"""An account of which every answer is told beforehand, held to the service's own model, and nothing else is asked."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from stepsmith.aws.client import Account

REGION = "eu-west-1"
NONE = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}


class Stubbed:
    """A session whose clients are stubbed, and the account that it is of."""

    region_name = REGION

    def __init__(self):
        self.stubbers = {}
        self.slept = []
        self.account = Account(session=self, sleep=self.slept.append)

    def client(self, service, **_):
        return self.of(service).client

    def of(self, service):
        if service not in self.stubbers:
            stubber = Stubber(boto3.client(service, region_name=REGION, **NONE))
            stubber.activate()
            self.stubbers[service] = stubber
        return self.stubbers[service]

    def answers(self, service, operation, answer, expected=None):
        """One answer of an operation, by its name in Python."""
        self.of(service).add_response(operation, answer, expected)

    def refuses(self, service, operation, code, status=400, expected=None):
        self.of(service).add_client_error(operation, code, "told to", http_status_code=status, expected_params=expected)


@pytest.fixture
def stubbed():
    made = Stubbed()
    yield made
    for stubber in made.stubbers.values():
        stubber.assert_no_pending_responses()
