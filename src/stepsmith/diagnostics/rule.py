"""`Rule`, the facts of one code: what the problem is, why it matters, how to fix it, and an example."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from stepsmith.diagnostics.finding import Finding, Path, Position, Severity, Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class About(str, Enum):
    """What a code is about. The value is the phrase that its page uses."""

    PIPELINE = "a pipeline.yaml"
    STEP = "a step: its contract, specification, config, builder or script"
    DEFINITION = "a pipeline definition"
    COMMENT = "a comment that ignores a finding"
    RULE = "a rule of another package"
    ARCHIVE = "a model archive"
    RUN = "a run or a file on this machine"
    MODEL_REGISTRY = "the model registry"
    AWS = "AWS: an account, its permissions, S3 or SageMaker"
    SDK = "the SageMaker Python SDK"


class Example(NamedTuple):
    """A piece of a file in the example project, without the problem (`good`) and with it (`bad`).

    The example project is what `stepsmith new` generates: a step named ExampleStep, or a pipeline. For a definition it
    is `rules/definition.json`.
    """

    file: str
    good: str
    bad: str
    # Other changes that leave this problem as the only one: file, old text, new text.
    also: tuple[tuple[str, str, str], ...] = ()


class RetiredRule(NamedTuple):
    """A code that is no longer reported, and the rules of Ruff that report the problem instead. Never reused."""

    code: str
    title: str
    ruff: tuple[str, ...]


class Rule(NamedTuple):
    """The facts of one code. `title` is a noun phrase, `why` says why it matters, and `fix` says how to fix it.

    Without `check`, the code is raised by the code that reads, builds or runs the subject. A rule is defined in the
    module that raises its code; `catalogue` collects all of them.
    """

    code: str
    title: str
    why: str
    about: About
    fix: str = ""
    example: Example | None = None
    is_warning: bool = False
    check: Callable[[Any], Iterator[Finding]] | None = None

    def finding(
        self,
        message: str,
        *,
        path: Path | str = (),
        fix: Suggestion | str = "",
        position: Position | None = None,
        requires: Iterable[Path] = (),
    ) -> Finding:
        """A finding of this rule."""
        severity = Severity.WARNING if self.is_warning else Severity.ERROR
        return Finding(self.code, message, path, fix, position, severity, requires=requires)
