"""What is special about TabularPreprocessing: Parquet needs pyarrow, CSV needs nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.definition.assets import FileSource
from stepsmith.definition.references import Reference
from stepsmith.diagnostics import About, ConfigError, Rule, suggest_names
from stepsmith.steps.tabular_preprocessing.config import TabularPreprocessingConfig
from stepsmith.steps.tabular_preprocessing.contract import DATA
from stepsmith.steps.tabular_preprocessing.specification import TABULAR_PREPROCESSING_SPEC

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CSV, PARQUET = ".csv", ".parquet"
# As long as the script takes a field to be.
FIELD_CHARACTERS = 1 << 30


class TabularPreprocessingStepBuilder(ProcessingStepBuilder):
    """Makes the step that splits a table."""

    specification = TABULAR_PREPROCESSING_SPEC
    config_class = TabularPreprocessingConfig
    single_instance = True
    requirements_by_suffix = ((PARQUET, "pyarrow"),)

    def stage(self, port: str, written: Any) -> ResolvedInput:
        """The data as an input.

        Raises: ConfigError when they are CSV on this machine and the label is no column of theirs.
        """
        staged = super().stage(port, written)
        objects = staged.asset.objects if staged.asset else ()
        sources = [item.source for item in objects if item.name.lower().endswith(CSV) and _is_read(item.name)]
        if sources and isinstance(sources[0], FileSource) and not isinstance(self.config.label, Reference):
            self._check_label(sources[0].path)
        return staged

    def _check_label(self, path: Path) -> None:
        csv.field_size_limit(FIELD_CHARACTERS)
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = next((row for row in csv.reader(file) if row), [])
        if self.config.label in header:
            return
        other = next((mark for mark in ";\t|" if len(header) == 1 and mark in header[0]), None)
        what = f"the label {self.config.label!r} is no column of {path.name}; it has: {', '.join(header)}"
        fix = (
            f"separate its fields by commas, and not by {other!r}"
            if other
            else suggest_names(self.config.label, header)
        )
        raise ConfigError("STP260", what, where="label", fix=fix)

    def requirements(self, staged: Mapping[str, ResolvedInput]) -> tuple[str, ...]:
        """Pyarrow, where the data are seen to be Parquet."""
        asset, written = staged[DATA].asset, self.config.data
        names = [item.name for item in asset.objects] if asset else [written] if isinstance(written, str) else []
        return super().requirements(staged) if any(name.lower().endswith(PARQUET) for name in names) else ()


def _is_read(name: str) -> bool:
    """Whether the script reads a file, and does not pass over its name."""
    return not name.rpartition("/")[2].startswith(("_", "."))


RULES = (
    Rule(
        "STP260",
        "A label that is not a column",
        "The step reads the label column from the data. A missing column would make the job fail.",
        About.PIPELINE,
        "Set `label` to a column of the file. Make sure that the fields are separated by commas.",
    ),
)
