"""Every exception of Stepsmith, and `Finding`, which says one fault.

    StepsmithError
    ├── ConfigError (ValueError)             a value in a step's config cannot be used
    ├── MissingFileError (FileNotFoundError) a file or folder that a config names is not there
    ├── DocumentError (ValueError)           pipeline.yaml cannot be read as a pipeline
    ├── StepError                            a step cannot be declared, registered or named
    ├── DagError (ValueError)                the steps do not form a directed acyclic graph
    ├── ResolutionError (ValueError)         an input has no source, or more than one
    ├── DefinitionError (ValueError)         a pipeline definition cannot be written or read
    ├── ArchiveError (ValueError)            a model.tar.gz is not whole, or not safe
    ├── RunError                             a pipeline did not run to its end on this machine
    ├── ModelRegistryError                   a model package cannot be registered or found
    ├── AwsError                             something cannot be done in an AWS account
    ├── SdkError                             a step cannot be handed to SageMaker's Python SDK
    └── FaultsError                          several of these at once

A code's letters say what it is about: YML pipeline.yaml, STP a step (from 001 its declaration, from 101 its layers'
agreement, from 201 its config), DAG, RES resolution, DEF the definition, ARC an archive, RUN a run on this machine, REG
the model registry, AWS an AWS account, SDK SageMaker's Python SDK.
A code, once given, is never given to another fault. Exceptions and checks share the codes.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

_MOST_CHARACTERS_SHOWN = 60
_LINE_AND_COLUMN = re.compile(r":(\d+(?::\d+)?)$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its stable code, what is wrong, where, and what to do about it.

    `where` is the place inside a pipeline (`steps.model.pretrained_model_path`), `at` the place in a file
    (`pipeline.yaml:12:5`), and `excerpt` what stands there, with a caret below it; each may be empty. A warning is what
    may be meant, and stops nothing.
    """

    code: str
    what: str
    where: str = ""
    fix: str = ""
    at: str = ""
    is_warning: bool = False
    excerpt: str = ""

    @property
    def place(self) -> str:
        """The place in the file and the place in the pipeline, as far as they are known."""
        return " ".join(part for part in (self.at, self.where) if part)

    def __str__(self) -> str:
        return "\n".join(_told([self]))


class StepsmithError(Exception):
    """What every error of Stepsmith is: one `Finding`, or several in `FaultsError`."""

    def __init__(self, code: str, what: str, *, where: str = "", fix: str = "", at: str = "") -> None:
        self.findings: tuple[Finding, ...] = (Finding(code, what, where, fix, at),)
        super().__init__(code, what)

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its constructor takes: an error comes whole out of another process."""
        return _remade, (type(self), self.args, self.__dict__)

    @property
    def code(self) -> str:
        """The code of the first finding."""
        return self.findings[0].code

    def located(self, locate: Callable[[Finding], Finding]) -> StepsmithError:
        """This same error with each finding as `locate` returns it."""
        self.findings = tuple(locate(finding) for finding in self.findings)
        return self

    def inside(self, where: str) -> StepsmithError:
        """This same error with `where` put before the place of each finding."""
        return self.located(lambda f: replace(f, where=f"{where}.{f.where}" if f.where else where))

    def __str__(self) -> str:
        return "\n".join(_told(self.findings))


def _remade(kind: type[StepsmithError], args: tuple[Any, ...], state: dict[str, Any]) -> StepsmithError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(StepsmithError, ValueError):
    """A value in a step's config cannot be used."""


class MissingFileError(StepsmithError, FileNotFoundError):
    """A file or folder that a config names is not there."""


class DocumentError(StepsmithError, ValueError):
    """A pipeline.yaml cannot be read as a pipeline."""


class StepError(StepsmithError):
    """A step cannot be declared, registered or named."""


class DagError(StepsmithError, ValueError):
    """The steps do not form a directed acyclic graph."""


class ResolutionError(StepsmithError, ValueError):
    """An input has no source, or more than one."""


class DefinitionError(StepsmithError, ValueError):
    """A pipeline definition cannot be written or read."""


class ArchiveError(StepsmithError, ValueError):
    """A model archive is not whole, or not safe."""


class RunError(StepsmithError):
    """A pipeline did not run to its end on this machine."""


class ModelRegistryError(StepsmithError):
    """A model package cannot be registered or found."""


class AwsError(StepsmithError):
    """Something cannot be done in an AWS account."""


class SdkError(StepsmithError):
    """A step cannot be handed to SageMaker's Python SDK."""


class FaultsError(StepsmithError):
    """Several faults that were found together, in the order in which they were found."""

    def __init__(self, errors: Iterable[StepsmithError]) -> None:
        self.errors = tuple(errors)
        found = [finding for error in self.errors for finding in error.findings]
        super().__init__(found[0].code, found[0].what)
        self.findings = tuple(dict.fromkeys(found))

    def located(self, locate: Callable[[Finding], Finding]) -> StepsmithError:
        """This same error with each finding, of each of its errors, as `locate` returns it."""
        for error in self.errors:
            error.located(locate)
        super().located(locate)
        self.findings = tuple(sorted(self.findings, key=_line))
        return self


def _line(finding: Finding) -> tuple[int, ...]:
    place = _LINE_AND_COLUMN.search(finding.at)
    return tuple(int(number) for number in place[1].split(":")) if place else ()


# What kind of error tells a finding, by the letters of its code; the first that fits.
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


def error_of(finding: Finding) -> StepsmithError:
    """The error that tells a finding."""
    kind = next((kind for letters, kind in _KINDS.items() if finding.code.startswith(letters)), StepsmithError)
    return kind(finding.code, finding.what).located(lambda _: finding)


def together(errors: Sequence[StepsmithError]) -> StepsmithError:
    """The one error as it is, or several as one."""
    return errors[0] if len(errors) == 1 else FaultsError(errors)


class Faults:
    """A collector: each fault is kept, and all are raised together at the end."""

    def __init__(self) -> None:
        self.errors: list[StepsmithError] = []

    def add(self, error: StepsmithError) -> None:
        """Keeps a fault, or each of several, unless it is kept already."""
        for one in error.errors if isinstance(error, FaultsError) else (error,):
            if all(one.findings != kept.findings for kept in self.errors):
                self.errors.append(one)

    def caught(self, where: str = "") -> AbstractContextManager[None, bool]:
        """A block whose StepsmithError is kept and not raised; `where` is put before its place."""
        return _Caught(self, where)

    def raise_if_any(self) -> None:
        """Raises the one fault as it is, several as `FaultsError`, and nothing when there is none."""
        if self.errors:
            raise together(self.errors)


class _Caught:
    """A class, because every check of every step stands in such a block, and a generator takes four times as long."""

    __slots__ = ("_faults", "_where")

    def __init__(self, faults: Faults, where: str) -> None:
        self._faults, self._where = faults, where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, StepsmithError):
            return False
        self._faults.add(error.inside(self._where) if self._where else error)
        return True


def _told(findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding as lines of text; one that stands at several places is told once, with all of them."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.code, finding.what, finding.fix), []).append(finding)
    for (code, what, fix), found in alike.items():
        told = ", ".join(finding.place for finding in found if finding.place)
        yield f"{code} {told}: {what}" if told else f"{code} {what}"
        yield from (f"  | {line}" for line in found[0].excerpt.splitlines())
        if fix:
            yield f"  fix: {fix}"


def shown(value: object) -> str:
    """A value as an error shows it, of which nobody knows what it is: its beginning.

    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
    """
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS_SHOWN else f"{text[:_MOST_CHARACTERS_SHOWN]}…"


def seen_from_here(path: Path) -> str:
    """A path as it is seen from the working directory, where it is below that, and else the whole of it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names what is close to `name`, or else all that is known.

    >>> nearest("DumyTraining", ["DummyTraining", "Payload"])
    "did you mean 'DummyTraining'?"
    >>> nearest("x", ["b", "a"])
    'known: a, b'
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in reversed(names)}
    close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]
    if close:
        return "did you mean " + " or ".join(repr(candidate) for candidate in close) + "?"
    return "known: " + ", ".join(names) if names else "none is known"
