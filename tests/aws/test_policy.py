"""The policies are such that cfn-lint, which knows IAM's actions and ARNs, finds nothing to say."""

from __future__ import annotations

import json
import subprocess

import pytest

from conftest import program
from stepsmith import load_pipeline
from stepsmith.aws.policy import policies_of

pytestmark = pytest.mark.aws


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("known", [True, False], ids=["account-known", "account-open"])
def test_cfn_lint_finds_nothing_in_them(tmp_path, example, region, known):
    text = (example / "pipeline.yaml").read_text().replace("eu-west-1", region)
    (example / "pipeline.yaml").write_text(text)
    compiled = load_pipeline(example / "pipeline.yaml").compile()
    partition = {"us": "aws-us-gov", "cn": "aws-cn"}.get(region[:2], "aws")
    key = f"arn:{partition}:kms:{region}:123456789012:key/00000000-0000-0000-0000-000000000000"
    role = f"arn:{partition}:iam::123456789012:role/Pipelines" if known else None
    found = policies_of(compiled, role=role, kms_key=key, has_tags=True)
    policies = {
        name: {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        for name, document in (("Deploy", found.deploy), ("Execution", found.execution))
    }
    trusted = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": found.trust}}
    template = tmp_path / "template.json"
    template.write_text(
        json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {**policies, "Role": trusted}})
    )
    command = [str(program("moto", "cfn-lint")), "--regions", "eu-west-1", "--", str(template)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_cfn_lint_would_find_an_action_that_is_none(tmp_path):
    """So that the test above can fail."""
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sagemaker:CreateNothing"], "Resource": "*"}]}  # fmt: skip
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Policy": policy}}))
    command = [str(program("moto", "cfn-lint")), "--regions", "eu-west-1", "--", str(template)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CreateNothing" in done.stdout + done.stderr or "createnothing" in done.stdout
