"""What is special about TabularPreprocessing: Parquet needs pyarrow, CSV needs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.references import Reference
from stepsmith.errors import ConfigError
from stepsmith.layers.processing import ProcessingStepBuilder, Staged
from stepsmith.steps.tabular_preprocessing.config import TabularPreprocessingConfig
from stepsmith.steps.tabular_preprocessing.contract import DATA
from stepsmith.steps.tabular_preprocessing.specification import TABULAR_PREPROCESSING_SPEC

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PARQUET = ".parquet"


class TabularPreprocessingStepBuilder(ProcessingStepBuilder):
    """Makes the step that splits a table."""

    specification = TABULAR_PREPROCESSING_SPEC
    config_class = TabularPreprocessingConfig
    single_instance = True

    def validate_inputs(self, provided: Collection[str]) -> None:  # noqa: ARG002 - no step provides the data
        """Raises: ConfigError when the data have no path."""
        if not isinstance(self.config.data, Reference) and not str(self.config.data).strip():
            raise ConfigError("CFG002", "no data are named", where=DATA, fix="set data to a file, folder or pattern")

    def requirements(self, staged: Mapping[str, Staged]) -> tuple[str, ...]:
        """Pyarrow, where the data are seen to be Parquet."""
        asset, written = staged[DATA].asset, self.config.data
        names = [item.name for item in asset.objects] if asset else [written] if isinstance(written, str) else []
        return super().requirements(staged) if any(name.lower().endswith(PARQUET) for name in names) else ()
