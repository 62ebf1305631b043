"""DEF170: what looks like a credential, where everybody who may describe the pipeline or its jobs can read it.

Source: the warning in https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-pipeline.html: parameters and
fields of a definition are shown by DescribePipeline.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import all_steps
from stepsmith.diagnostics import ABOUT_SECRET, About, Example, Finding, Key, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics.finding import Path

# What a credential looks like by itself, and what it then is. Sources: the formats that their issuers publish (AWS:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids; GitHub's, Slack's
# and Hugging Face's token prefixes; RFC 7468 for private keys; RFC 7519 for JSON web tokens).
# Each has a word that it cannot be without: looking for that first is much faster than looking for the whole form.
_FORMS = (
    ("an AWS access key", "AKIA", re.compile(r"\bAKIA[A-Z2-7]{16}\b")),
    ("an AWS access key", "ASIA", re.compile(r"\bASIA[A-Z2-7]{16}\b")),
    ("a private key", "PRIVATE KEY", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a token of GitHub", "gh", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b")),
    ("a token of GitHub", "github_pat_", re.compile(r"\bgithub_pat_[A-Za-z0-9_]{36,}\b")),
    ("a token of Slack", "xox", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a token of Hugging Face", "hf_", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("a JSON web token", "eyJ", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    ("a password in a URL", "://", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s:/@]+@")),
)
# Names of which a value of some length is a credential, whatever it looks like.
_NAME = re.compile(
    r"(?:^|[_-])(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credentials?)$", re.IGNORECASE
)
_LEAST_CHARACTERS = 8
# What such a name may well hold: where the credential is, and not what it is.
_PLACE = re.compile(r"arn:|s3://|/|\{\{|\$\{")


def check_secrets(definition: PipelineDefinition) -> list[Finding]:
    """Warnings about parameters' defaults, arguments and environments that look like credentials."""
    return [
        *(found for one in definition.parameters for found in _search(one.name, one.default, ("parameters", one.name))),
        *(
            found
            for step in all_steps(definition.steps)
            for found in _search("Arguments", step.own_arguments, ("steps", step.name, "Arguments"))
        ),
    ]


_MEMBER = re.compile(r"\w+")
_FIX = "let the script read it where it is kept, by its name: in Secrets Manager, or in Parameter Store"


def _search(name: str, value: Any, path: Path) -> Iterator[Finding]:
    """A warning for each text in a value that looks like a credential; a list's texts have the option before them."""
    if isinstance(value, str) and (looks_like := _secret_form(name, value)):
        message = f"{name} looks like {looks_like}; all who may describe it can read it"
        yield Finding("DEF170", message, path, _FIX, severity=Severity.WARNING, data=ABOUT_SECRET)
    elif isinstance(value, dict):
        for key, item in value.items():
            # The path of a text is made only if there is something to say of it: there are many of them.
            if not isinstance(item, str) or _secret_form(key, item):
                yield from _search(key, item, (*path, key if _MEMBER.fullmatch(key) else Key(key)))
    elif isinstance(value, list | tuple):
        before = name
        for index, item in enumerate(value):
            option = before if isinstance(item, str) else name
            if not isinstance(item, str) or _secret_form(option, item):
                yield from _search(option, item, (*path, index))
            before = item.lstrip("-") if isinstance(item, str) and item.startswith("--") else name


def _secret_form(name: str, value: str) -> str:
    """What a value looks like; nothing where it looks like none."""
    for looks_like, word, form in _FORMS:
        if word in value and form.search(value):
            return looks_like
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
