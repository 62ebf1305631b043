"""What looks like a credential is told as a warning, wherever it stands, and what does not is not."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks.secrets import check_secrets
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get

KEY = "AKIA" + "IOSFODNN7EXAMPLE"


def told(arguments=None, *parameters, kind="Processing"):
    definition = PipelineDefinition((Step("s", kind, arguments or {}),), parameters)
    return [
        (finding.where, finding.what.split(" looks like ")[1].split(";")[0]) for finding in check_secrets(definition)
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (KEY, "an AWS access key"),
        (f"--key={KEY}", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "a private key"),
        ("ghp_" + "a" * 36, "a token of GitHub"),
        ("xoxb-1234567890-abc", "a token of Slack"),
        ("hf_" + "a" * 34, "a token of Hugging Face"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "a JSON web token"),
        ("postgres://me:hunter2@host/db", "a password in a URL"),
    ],
)
def test_a_value_of_a_credential_s_form_is_told_wherever_it_stands(value, what):
    assert told({"Environment": {"SETTING": value}}) == [("steps.s.Arguments.Environment.SETTING", what)]
    assert told({"AppSpecification": {"ContainerArguments": ["--x", value]}}) == [
        ("steps.s.Arguments.AppSpecification.ContainerArguments[1]", what)
    ]
    assert told(None, Parameter("P", "String", value)) == [("parameters.P", what)]
    assert told({"IfSteps": [Step("inner", "Fail", {"ErrorMessage": value})]}, kind="Condition") == [
        ("steps.inner.Arguments.ErrorMessage", what)
    ]


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DB_PASSWORD", "api-key", "HF_TOKEN", "aws_secret_access_key", "client_secret"]
)
def test_a_value_is_told_by_its_name(name):
    member = name if "-" not in name else f"['{name}']"
    place = f"steps.s.Arguments.Environment{'.' * ('-' not in name)}{member}"
    assert told({"Environment": {name: "correct horse"}}) == [(place, "a credential")]
    assert told(None, Parameter(name, "String", "correct horse")) == [(f"parameters.{name}", "a credential")]
    assert told({"ContainerArguments": [f"--{name}", "correct horse"]}) == [
        ("steps.s.Arguments.ContainerArguments[1]", "a credential")
    ]


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
    assert told({"Environment": {name: value}}) == []


def test_it_is_a_warning():
    (finding,) = check_secrets(PipelineDefinition((), (Parameter("P", "String", KEY),)))
    assert (finding.code, finding.is_warning, "Secrets Manager" in finding.fix) == ("DEF170", True, True)
