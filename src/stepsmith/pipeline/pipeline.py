"""A pipeline as its user declares it: steps with their configs, edges, and parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.definition.checks.names import check_pipeline_name
from stepsmith.definition.known_digests import NO_DIGESTS, KnownDigests
from stepsmith.definition.parameters import Parameter
from stepsmith.diagnostics import About, DagError, DefinitionError, Faults, Finding, Rule, StepError, error_of
from stepsmith.pipeline.compilation import Compilation, StepEntry
from stepsmith.pipeline.passes import check, run
from stepsmith.registry import RegistryManager, default_registry
from stepsmith.step.config import BasePipelineConfig, ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.references import Get, Scalar
    from stepsmith.pipeline.include import Document


class Pipeline:
    """A pipeline. `region`, `role`, `pipeline_s3_loc` and `defaults` fill what a step's config does not set.

    `role` may be left out: the definition then reads a parameter `ExecutionRole`. Relative paths in the configs are
    relative to `base_dir`, which is the working directory unless it is given. Steps come from `registry`, or else
    from all that is installed. `document` is the file that it was read from, with the position of each value. Raises:
    ConfigError or DefinitionError, all errors together.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str | None = None,
        role: Any = None,
        pipeline_s3_loc: str | None = None,
        defaults: Mapping[str, Any] | None = None,
        base_dir: str | Path | None = None,
        registry: RegistryManager | None = None,
        document: Document | None = None,
    ) -> None:
        self.name = name
        self.base_dir = Path(base_dir) if base_dir is not None else Path.cwd()
        self.registry = registry or default_registry()
        self.steps: dict[str, StepEntry] = {}
        self.parameters: dict[str, Parameter] = {}
        self.document = document
        faults = Faults()
        for finding in check_pipeline_name(name):
            faults.add(error_of(finding))
        with faults.collect():
            pipeline_config = BasePipelineConfig(region=region, role=role, pipeline_s3_loc=pipeline_s3_loc)
        with faults.collect("defaults"):
            defaults_config = ProcessingStepConfigBase(**(defaults or {}))
        faults.raise_if_any()
        # What fills the fields that a step's config does not set: the defaults, and over them the pipeline's own.
        self.shared: dict[str, Any] = {
            name: getattr(config, name)
            for config in (defaults_config, pipeline_config)
            for name in config.model_fields_set
            if getattr(config, name) is not None
        }

    def parameter(self, name: str, type: str = "String", default: Scalar | None = None) -> Get:  # noqa: A002 - the field's word
        """A reference, usable in any field that may be known only at run time, to a parameter that this declares."""
        if name in self.parameters:
            raise DefinitionError("DEF102", f"two parameters are named {name!r}", where=("parameters", name))
        self.parameters[name] = Parameter(name, type, default)
        return self.parameters[name].reference

    def add(
        self,
        name: str,
        config: BasePipelineConfig,
        *,
        after: StepEntry | str | Iterable[StepEntry | str] = (),
        inputs: Mapping[str, Any] | None = None,
        step_type: str | None = None,
    ) -> StepEntry:
        """Adds a step after another, or after several; `inputs` maps an input to `step.output`, or to a reference.

        The step's type follows from its config, and need be named only where several steps take such a config. Raises:
        DagError when there is a step of that name; StepError when no step takes such a config, or several do.
        """
        if name in self.steps:
            raise DagError("DAG001", f"two steps are named {name!r}", where=("steps", name), fix="rename one of them")
        steps = [after] if isinstance(after, StepEntry | str) else after
        before = tuple(step if isinstance(step, str) else step.name for step in steps)
        entry = StepEntry(name, step_type or self._type_of(config), config, before, dict(inputs or {}))
        self.steps[name] = entry
        return entry

    def check(self) -> list[Finding]:
        """Every problem that can be found without running anything, errors and warnings, in the order of the passes.

        Reads the files that the configs name. Writes nothing, uploads nothing and needs no network.
        """
        return run(Compilation(pipeline=self)).findings

    def compile(self, digests: KnownDigests = NO_DIGESTS) -> Compiled:
        """The definition and its assets. Reads files, writes nothing, uploads nothing and needs no network.

        A file whose digest `digests` knows is not read; none is known unless a look-up is given.
        Raises: every error of the pipeline, together.
        """
        return run(Compilation(pipeline=self, digests=digests), check).result()

    def _type_of(self, config: BasePipelineConfig) -> str:
        kind = type(config).__name__
        names = self.registry.steps_for_config(type(config))
        if not names:
            broken = self.registry.broken()
            fix = f"repair what cannot be loaded: {', '.join(broken)}" if broken else "register the step's declaration"
            raise StepError("STP013", f"no step takes a {kind}", fix=fix)
        if len(names) > 1:
            message = f"several steps take a {kind}: {', '.join(names)}"
            raise StepError("STP014", message, fix=f"say which: step_type={names[0]!r}")
        return names[0]


RULES = (
    Rule(
        "STP013",
        "A config that no step takes",
        "`Pipeline.add` finds the type of a step from the class of its config. No registered step declares this class.",
        About.STEP,
        "Register the step's declaration, or install the package that provides it. If the message lists "
        "steps that cannot be loaded, repair those first.",
    ),
    Rule(
        "STP014",
        "A config that several steps take",
        "`Pipeline.add` finds the type of a step from the class of its config. With several candidates it "
        "does not guess.",
        About.STEP,
        'Name the type: `pipeline.add(name, config, step_type="...")`.',
    ),
)
