"""Every exception of Stepsmith.

    StepsmithError
    ├── ConfigError (ValueError)             a value in a step's config cannot be used
    ├── MissingFileError (FileNotFoundError) a file or folder that a config names does not exist
    ├── DocumentError (ValueError)           pipeline.yaml cannot be read as a pipeline
    ├── StepError                            a step cannot be declared, registered or found by its name
    ├── DagError (ValueError)                the steps do not form a directed acyclic graph
    ├── ResolutionError (ValueError)         an input has no source, or more than one
    ├── DefinitionError (ValueError)         a pipeline definition cannot be written or read
    ├── ArchiveError (ValueError)            a model.tar.gz is not intact, or not safe
    ├── RunError                             a pipeline did not run to its end on this machine
    ├── ModelRegistryError                   a model package cannot be registered or found
    ├── AwsError                             something cannot be done in an AWS account
    ├── SdkError                             a step cannot be handed to the SageMaker Python SDK
    └── FaultsError                          several of these at once

`except StepsmithError` catches one problem and several. Either way, `findings` has the record of each.

A code's letters say what it is about: YML pipeline.yaml, STP a step (from 001 its declaration, from 101 how its layers
agree, from 201 its config), DAG, RES resolution, DEF the definition, ARC an archive, RUN a run on this machine, REG
the model registry, AWS an AWS account, SDK the SageMaker Python SDK, CHK a comment that ignores a finding.
A code is never reused for another problem. Exceptions and checks share the codes.
`catalogue` has the facts of each code, and lists the retired ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics.finding import NO_DATA, Finding, Path, Position, Suggestion, line_and_column
from stepsmith.diagnostics.rendering import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class StepsmithError(Exception):
    """The base class of every error of Stepsmith, whether it has one finding or several.

    `where` is the path of the problem, or its only name; `fix` is an instruction, or a `Suggestion`. See `Finding` for
    the others. `findings` has the record of each problem.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        where: str | Path = (),
        fix: str | Suggestion = "",
        position: Position | None = None,
        requires: Sequence[Path] = (),
        data: Mapping[str, Any] = NO_DATA,
    ) -> None:
        finding = Finding(code, message, where, fix, position, data=data, requires=requires)
        self.findings: tuple[Finding, ...] = (finding,)
        super().__init__(code, message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the error whole, whatever arguments its constructor takes."""
        return _unpickled, (type(self), self.args, self.__dict__)

    @property
    def code(self) -> str:
        """The code of the first finding."""
        return self.findings[0].code

    def mapped(self, change: Callable[[Finding], Finding]) -> StepsmithError:
        """This same error, with each finding replaced by what `change` returns for it."""
        self.findings = tuple(change(finding) for finding in self.findings)
        return self

    @property
    def each(self) -> tuple[StepsmithError, ...]:
        """The errors that it consists of, each with one finding."""
        return (self,)

    def inside(self, *outer: str | int) -> StepsmithError:
        """This same error, with the paths of its findings below `outer`."""
        return self.mapped(lambda finding: finding.inside(*outer))

    def __str__(self) -> str:
        return render_text(self.findings)


def _unpickled(kind: type[StepsmithError], args: tuple[Any, ...], state: dict[str, Any]) -> StepsmithError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(StepsmithError, ValueError):
    """A value in a step's config cannot be used."""


class MissingFileError(StepsmithError, FileNotFoundError):
    """A file or folder that a config names does not exist."""


class DocumentError(StepsmithError, ValueError):
    """A pipeline.yaml cannot be read as a pipeline."""


class StepError(StepsmithError):
    """A step cannot be declared, registered or found by its name."""


class DagError(StepsmithError, ValueError):
    """The steps do not form a directed acyclic graph."""


class ResolutionError(StepsmithError, ValueError):
    """An input has no source, or more than one."""


class DefinitionError(StepsmithError, ValueError):
    """A pipeline definition cannot be written or read."""


class ArchiveError(StepsmithError, ValueError):
    """A model archive is not intact, or not safe."""


class RunError(StepsmithError):
    """A pipeline did not run to its end on this machine."""


class ModelRegistryError(StepsmithError):
    """A model package cannot be registered or found."""


class AwsError(StepsmithError):
    """Something cannot be done in an AWS account."""


class SdkError(StepsmithError):
    """A step cannot be handed to the SageMaker Python SDK."""


class FaultsError(StepsmithError):
    """Several problems that are reported together, in the order in which they were found."""

    def __init__(self, errors: Iterable[StepsmithError]) -> None:
        self.errors = tuple(errors)
        findings = [finding for error in self.errors for finding in error.findings]
        super().__init__(findings[0].code, findings[0].message)
        self.findings = tuple(dict.fromkeys(findings))

    @property
    def each(self) -> tuple[StepsmithError, ...]:
        """The errors that it consists of, each with one finding."""
        return self.errors

    def mapped(self, change: Callable[[Finding], Finding]) -> StepsmithError:
        """This same error, with each finding of each of its errors replaced by what `change` returns for it."""
        for error in self.errors:
            error.mapped(change)
        super().mapped(change)
        self.findings = tuple(sorted(self.findings, key=line_and_column))
        return self


# The class that a finding is raised as, by the letters of its code; the first that fits.
_KINDS: dict[str, type[StepsmithError]] = {
    "YML": DocumentError,
    "STP2": ConfigError,
    "STP": StepError,
    "DAG": DagError,
    "RES": ResolutionError,
    "DEF": DefinitionError,
    "ARC": ArchiveError,
    "RUN": RunError,
    "REG": ModelRegistryError,
    "AWS": AwsError,
    "SDK": SdkError,
}


def error_of(finding: Finding, kind: type[StepsmithError] | None = None) -> StepsmithError:
    """A finding as an error of `kind`, or else of the class that its code belongs to."""
    kinds_of_code = (kind for letters, kind in _KINDS.items() if finding.code.startswith(letters))
    kind = kind or next(kinds_of_code, StepsmithError)
    return kind(finding.code, finding.message).mapped(lambda _: finding)
