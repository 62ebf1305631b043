"""What looks like a credential is told as a warning, wherever it stands, and what does not is not."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks.secrets import check_secrets
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get

KEY = "AKIA" + "IOSFODNN7EXAMPLE"


def found(arguments=None, *parameters, kind="Processing"):
    return check_secrets(PipelineDefinition((Step("s", kind, arguments or {}),), parameters))


@pytest.fixture
def expect_warning(snapshot):
    """Expects one warning of a credential at a place."""

    def call(findings, where):
        (finding,) = findings
        assert (finding.code, finding.where, finding.is_warning) == ("DEF170", where, True)
        snapshot(finding)

    return call


CREDENTIALS = {
    "AWS access key": KEY,
    "AWS access key in an argument": f"--key={KEY}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMII",
    "token of GitHub": "ghp_" + "a" * 36,
    "token of Slack": "xoxb-1234567890-abc",
    "token of Hugging Face": "hf_" + "a" * 34,
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "password in a URL": "postgres://me:hunter2@host/db",
}


@pytest.mark.parametrize("value", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_value_of_a_credential_s_form_is_told_wherever_it_stands(expect_warning, value):
    expect_warning(found({"Environment": {"SETTING": value}}), "steps.s.Arguments.Environment.SETTING")
    expect_warning(
        found({"AppSpecification": {"ContainerArguments": ["--x", value]}}),
        "steps.s.Arguments.AppSpecification.ContainerArguments[1]",
    )
    expect_warning(found(None, Parameter("P", "String", value)), "parameters.P")
    expect_warning(
        found({"IfSteps": [Step("inner", "Fail", {"ErrorMessage": value})]}, kind="Condition"),
        "steps.inner.Arguments.ErrorMessage",
    )


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DB_PASSWORD", "api-key", "HF_TOKEN", "aws_secret_access_key", "client_secret"]
)
def test_a_value_is_told_by_its_name(expect_warning, name):
    member = name if "-" not in name else f"['{name}']"
    place = f"steps.s.Arguments.Environment{'.' * ('-' not in name)}{member}"
    expect_warning(found({"Environment": {name: "correct horse"}}), place)
    expect_warning(found(None, Parameter(name, "String", "correct horse")), f"parameters.{name}")
    expect_warning(
        found({"ContainerArguments": [f"--{name}", "correct horse"]}), "steps.s.Arguments.ContainerArguments[1]"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD", "short"),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"),
        ("TOKEN", "/run/secrets/token"),
        ("TOKEN", Get("Parameters.Token")),
        ("TOKENIZER", "bert-base-uncased"),
        ("MAX_TOKENS", "1000000000"),
        ("S3Uri", "s3://bucket/" + "a" * 64),
        ("digest", "c409abbd126fc3098daf32535a3c32f06ae0b4ec8d68c3847057650ba4c3bd5d"),
    ],
)
def test_what_is_no_credential_is_not_told(name, value):
    assert found({"Environment": {name: value}}) == []
