"""DEF170: what looks like a credential, where everybody who may describe the pipeline or its jobs can read it.

Source: the warning in https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-pipeline.html: parameters and
fields of a definition are shown by DescribePipeline.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import all_steps
from stepsmith.definition.references import Reference
from stepsmith.diagnostics import About, Example, Finding, Key, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.diagnostics.finding import Path

# What a credential looks like by itself, and what it then is. Sources: the formats that their issuers publish (AWS:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids; GitHub's, Slack's
# and Hugging Face's token prefixes; RFC 7468 for private keys; RFC 7519 for JSON web tokens).
_FORMS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,})\b"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a token of Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    "a password in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s:/@]+@"),
}
# Names of which a value of some length is a credential, whatever it looks like.
_NAME = re.compile(
    r"(?:^|[_-])(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credentials?)$", re.IGNORECASE
)
_LEAST_CHARACTERS = 8
# What such a name may well hold: where the credential is, and not what it is.
_PLACE = re.compile(r"arn:|s3://|/|\{\{|\$\{")


def check_secrets(definition: PipelineDefinition) -> list[Finding]:
    """Warnings about parameters' defaults, arguments and environments that look like credentials."""
    defaults = ((one.name, one.default, ("parameters", one.name)) for one in definition.parameters)
    values = (found for step in all_steps(definition.steps) for found in _values(step))
    return [
        Finding(
            "DEF170",
            f"{name} looks like {what}; all who may describe it can read it",
            where,
            _FIX,
            severity=Severity.WARNING,
        )
        for name, value, where in (*defaults, *values)
        if (what := _is_secret(name, value))
    ]


_MEMBER = re.compile(r"\w+")
_FIX = "let the script read it where it is kept, by its name: in Secrets Manager, or in Parameter Store"


def _values(step: Step) -> Iterator[tuple[str, Any, Path]]:
    """The texts in a step's arguments, each with its name and place; of a list of arguments, the option before it."""
    yield from _texts("Arguments", step.own_arguments, ("steps", step.name, "Arguments"))


def _texts(name: str, value: Any, place: Path) -> Iterator[tuple[str, Any, Path]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key, item, (*place, key if _MEMBER.fullmatch(key) else Key(key)))
    elif isinstance(value, list | tuple):
        before = name
        for index, item in enumerate(value):
            yield from _texts(before if isinstance(item, str) else name, item, (*place, index))
            before = item.lstrip("-") if isinstance(item, str) and item.startswith("--") else name
    elif isinstance(value, str) and not isinstance(value, Reference):
        yield name, value, place


def _is_secret(name: str, value: Any) -> str:
    """What a value looks like; nothing where it looks like none."""
    if not isinstance(value, str):
        return ""
    for what, form in _FORMS.items():
        if form.search(value):
            return what
    is_named = _NAME.search(name) and len(value) >= _LEAST_CHARACTERS and not _PLACE.match(value)
    return "a credential" if is_named and not value.startswith("--") else ""


RULES = (
    Rule(
        "DEF170",
        "A possible credential in the definition",
        "Anyone who may describe the pipeline or its jobs can read environment variables, arguments and defaults.",
        About.DEFINITION,
        "Store the credential in Secrets Manager or Parameter Store, pass its name, and let the script read it.",
        Example(
            "definition.json",
            '"Environment": {"STAGE": "test"}',
            '"Environment": {"API_TOKEN": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}',
        ),
        is_warning=True,
    ),
)
