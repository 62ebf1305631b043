"""A definition as a command reads it: a pipeline.yaml, compiled, or JSON, alone or in what tells of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepsmith.definition.parse import parse
from stepsmith.definition.strict_json import parse_json
from stepsmith.diagnostics import About, DefinitionError, MissingFileError, Position, Rule, StepsmithError
from stepsmith.pipeline.load import compilation_of
from stepsmith.pipeline.passes import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics import Finding

# The service takes 1 MiB; what is far larger is no definition, and is not read to its end.
LIMIT_BYTES = 64 << 20
_YAML = (".yaml", ".yml")
_STDIN = "-"
_SHOWN_CHARACTERS = 20
_FORMS = "name a definition's JSON, or a pipeline that ends with .yaml"


@dataclass(frozen=True, slots=True)
class DefinitionFile:
    """A definition that was read: the name of what it was read from, its size as JSON, and its records.

    If it was compiled, it was checked on the way, and `findings` has the warnings.
    """

    name: str
    size_bytes: int
    definition: PipelineDefinition
    findings: list[Finding] | None = None


def definition_argument(name: str) -> Callable[[Any], Any]:
    """An argument that names a file which holds a definition; `-` is standard input."""
    kind = click.Path(path_type=Path, allow_dash=True, readable=False)
    return click.argument(name, metavar="FILE" if name == "file" else name.upper(), type=kind)


def read_definition(path: Path) -> DefinitionFile:
    """The definition in a file: a pipeline.yaml, compiled; or JSON: a definition, alone or in what tells of it.

    Raises: every fault that is found, each with the name of the file.
    """
    if path.suffix.lower() in _YAML:
        compilation = compilation_of(path, check)
        text = compilation.result().definition
        return DefinitionFile(str(path), len(text.encode()), parse(text), compilation.findings)
    name = "standard input" if str(path) == _STDIN else str(path)
    try:
        return _read_json(name, _text(path))
    except RecursionError:
        raise nesting_error(name) from None
    except StepsmithError as error:
        raise error.mapped(lambda finding: replace(finding, position=finding.position or Position(name))) from None


def _read_json(name: str, text: str) -> DefinitionFile:
    if not text.strip():
        raise DefinitionError("DEF030", "there is nothing in it", fix=_FORMS)
    if text.lstrip()[0] not in "{[":
        begins = text.strip()[:_SHOWN_CHARACTERS].splitlines()[0]
        raise DefinitionError("DEF030", f"not JSON: it begins with {begins!r}", fix=_FORMS)
    inner, member = _inside(parse_json(text))
    try:
        definition = parse(text if inner is None else inner)
    except StepsmithError as error:
        raise (error.inside(member) if member else error) from None
    return DefinitionFile(name, len((text if inner is None else inner).encode()), definition)


def _inside(document: Any) -> tuple[str | None, str]:
    """The text of a definition in a document that tells of it, and the member that it is; None where it is alone."""
    if isinstance(document, dict) and "Version" not in document:
        if isinstance(answer := document.get("PipelineDefinition"), str):
            return answer, "PipelineDefinition"
        if isinstance(compiled := document.get("definition"), dict):
            return json.dumps(compiled, ensure_ascii=False, separators=(",", ":")), "definition"
    return None, ""


def _text(path: Path) -> str:
    content = _content(path)
    if len(content) > LIMIT_BYTES:
        message = f"it is larger than {LIMIT_BYTES >> 20} MiB; the service takes 1 MiB"
        raise DefinitionError("DEF030", message, fix=_FORMS)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DefinitionError("DEF030", "it is UTF-16, as PowerShell writes", fix="save it as UTF-8")
    if content.startswith(b"\xef\xbb\xbf"):
        message = "it begins with a byte order mark, which JSON does not admit"
        raise DefinitionError("DEF030", message, fix="save it as UTF-8 without one")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"it is not UTF-8: byte 0x{content[error.start]:02x} on line {line}, {error.start:,} bytes in"
        raise DefinitionError("DEF030", message, fix="save it as UTF-8") from None


def _content(path: Path) -> bytes:
    try:
        if str(path) == _STDIN:
            if sys.stdin is None:
                raise DefinitionError("DEF030", "it is closed", fix="name a file")
            return sys.stdin.buffer.read(LIMIT_BYTES + 1)
        with path.open("rb") as file:
            return file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise MissingFileError("DEF030", "there is no such file", fix="correct the path") from None
    except OSError as error:
        raise DefinitionError("DEF030", f"it cannot be read: {error.strerror}", fix=_FORMS) from None


def nesting_error(name: str) -> DefinitionError:
    """The error that tells of a definition in a file that it is nested too deep."""
    return DefinitionError("DEF020", "not JSON that can be read: it is nested too deep", position=Position(name))


RULES = (
    Rule(
        "DEF030",
        "A file that does not contain a definition",
        "Commands that take a definition read a UTF-8 file of up to 64 MiB, with the definition itself or with "
        "an AWS response that contains it.",
        About.DEFINITION,
        "Pass a definition in JSON, a pipeline.yaml, or the output of `aws sagemaker describe-pipeline`. "
        "Save it as UTF-8 without a byte order mark.",
    ),
)
