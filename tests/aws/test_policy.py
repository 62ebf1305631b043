"""The policies are such that cfn-lint, which knows IAM's actions and ARNs, finds nothing to say."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import program
from stepsmith import load_pipeline
from stepsmith.aws.iam.policy import policies_of

pytestmark = pytest.mark.aws
EXAMPLE = Path(__file__).parents[2] / "examples" / "pretrained-model"
REGIONS = ("eu-west-1", "us-gov-west-1", "cn-north-1")
ACCOUNTS = ("account-known", "account-open")


def resources_of(folder, region, account):
    """The policies of the example in a region, as a template has them."""
    text = (EXAMPLE / "pipeline.yaml").read_text().replace("eu-west-1", region)
    (folder / "pipeline.yaml").write_text(text)
    compiled = load_pipeline(folder / "pipeline.yaml").compile()
    partition = {"us": "aws-us-gov", "cn": "aws-cn"}.get(region[:2], "aws")
    key = f"arn:{partition}:kms:{region}:123456789012:key/00000000-0000-0000-0000-000000000000"
    role = f"arn:{partition}:iam::123456789012:role/Pipelines" if account == "account-known" else None
    found = policies_of(compiled, role=role, kms_key=key, has_tags=True)
    policies = {
        name: {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        for name, document in (("Deploy", found.deploy), ("Execution", found.execution))
    }
    return {**policies, "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": found.trust}}}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What cfn-lint finds in each template, by its name; all in one run, as it takes seconds to start."""
    folder = tmp_path_factory.mktemp("templates")
    example = Path(shutil.copytree(EXAMPLE, folder / "example", ignore=shutil.ignore_patterns(".stepsmith")))
    templates = {f"{region}-{account}": resources_of(example, region, account)
                 for region in REGIONS for account in ACCOUNTS}  # fmt: skip
    unknown = {"Effect": "Allow", "Action": ["sagemaker:CreateNothing"], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [unknown]}
    templates["unknown"] = {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}}
    for name, resources in templates.items():
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
        (folder / f"{name}.json").write_text(json.dumps(template))
    command = [program("moto", "cfn-lint"), "--regions", "eu-west-1", "--format", "json", "--"]
    done = subprocess.run(
        [*map(str, command), *(f"{name}.json" for name in templates)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    matches = json.loads(done.stdout)
    return {name: [one for one in matches if one["Filename"] == f"{name}.json"] for name in templates}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_cfn_lint_finds_nothing_in_them(found, region, account):
    assert found[f"{region}-{account}"] == []


def test_cfn_lint_would_find_an_action_that_is_none(found):
    """So that the test above can fail."""
    (match,) = found["unknown"]
    assert "createnothing" in match["Message"].lower()
