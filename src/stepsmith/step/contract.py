"""The script contract: what a step's script, in its container, reads and writes."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from stepsmith.step.model_base import ListOf, Typed


class ScriptContract(Typed):
    """What the script of a step reads and writes.

    `expected_input_paths` and `expected_output_paths` map each port to its path in the container; a path whose last
    part has a suffix is a file in the port's folder. `expected_arguments` maps each argument, without its dashes, to
    the port whose path or the config field whose value it is given. `optional_env_vars` and `framework_requirements`
    map a name to what it is for and to the versions that will do; a requirement is one that some inputs need. `python`
    is the oldest Python that the script runs on, and `uses` says what it does that a reader would not expect of it. Of
    these, `stepsmith check` checks `network`; the others are for readers.
    """

    entry_point: str
    expected_input_paths: dict[str, str] = {}
    expected_output_paths: dict[str, str] = {}
    expected_arguments: dict[str, str] = {}
    required_env_vars: ListOf[str] = ()
    optional_env_vars: dict[str, str] = {}
    framework_requirements: dict[str, str] = {}
    python: Annotated[str, Field(pattern=r"3\.\d{1,2}")] = "3.8"
    uses: ListOf[Literal["network", "subprocess", "pip"]] = ()
    description: str = ""

    @cached_property
    def ports(self) -> dict[str, str]:
        """Every port with its path, inputs first."""
        return {**self.expected_input_paths, **self.expected_output_paths}

    def folder(self, port: str) -> str:
        """The folder at which the service mounts a port: a ProcessingInput's LocalPath is always a folder."""
        return _folder(self.ports[port])


@cache
def _folder(path: str) -> str:
    container_path = PurePosixPath(path)
    return str(container_path.parent if container_path.suffix else container_path)
