"""A pipeline as rules look at it: as it is declared, what fills its inputs, and its steps as far as they were built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stepsmith.definition.digests import NO_DIGESTS
from stepsmith.diagnostics import StepsmithError
from stepsmith.pipeline.compiler import build_steps
from stepsmith.pipeline.explanation import explain_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepsmith.definition.digests import Digests
    from stepsmith.layers.built import BuiltStep
    from stepsmith.layers.explanation import Explanation
    from stepsmith.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class DeclaredPipeline:
    """A pipeline that could be read."""

    pipeline: Pipeline
    digests: Digests = NO_DIGESTS

    @cached_property
    def explained(self) -> Mapping[str, list[Explanation]]:
        """What fills each input, by step; nothing where the steps have no order."""
        try:
            return explain_pipeline(self.pipeline)
        except StepsmithError:
            return {}  # whoever compiles it says why

    @property
    def inputs(self) -> Iterator[tuple[str, Explanation]]:
        """Each input of each step, after the step's name."""
        return ((name, one) for name, found in self.explained.items() for one in found)

    @cached_property
    def built(self) -> list[BuiltStep]:
        """The steps.

        Raises: every fault of building them.
        """
        return build_steps(self.pipeline, self.digests)
