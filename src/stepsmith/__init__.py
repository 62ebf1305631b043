"""Stepsmith brings a model that already exists into Amazon SageMaker, through the pipeline that every model passes.

The public names; each is imported when it is first used, so that importing `stepsmith` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Where each public name is.
_HOMES = {
    "definition.assets": ("Asset", "Compiled"),
    "definition.parameters": ("Parameter",),
    "definition.references": ("Get", "Join", "JsonGet"),
    "diagnostics": (
        "ArchiveError",
        "AwsError",
        "ConfigError",
        "DagError",
        "DefinitionError",
        "DocumentError",
        "FaultsError",
        "Finding",
        "MissingFileError",
        "ModelRegistryError",
        "Position",
        "ResolutionError",
        "RunError",
        "SdkError",
        "Severity",
        "StepError",
        "StepsmithError",
        "Suggestion",
    ),
    "build.builder": ("StepBuilderBase",),
    "build.step_request": ("BuiltStep",),
    "step.config": ("BasePipelineConfig", "ProcessingStepConfigBase"),
    "step.contract": ("ScriptContract",),
    "build.declaration": ("StepDeclaration",),
    "build.processing": ("ProcessingStepBuilder",),
    "resolve.resolver": ("UnifiedDependencyResolver",),
    "step.specification": (
        "DependencySpec",
        "DependencyType",
        "NodeType",
        "OutputSpec",
        "StepSpecification",
    ),
    "pipeline.dag": ("PipelineDAG",),
    "pipeline.load": ("load_pipeline",),
    "pipeline.pipeline": ("Pipeline",),
    "registry": ("STEP_NAMES", "RegistryManager", "get_spec_step_type"),
    "steps.dummy_training.step": (
        "DUMMY_TRAINING_CONTRACT",
        "DUMMY_TRAINING_SPEC",
        "DummyTrainingConfig",
        "DummyTrainingStep",
        "DummyTrainingStepBuilder",
    ),
    "steps.model_packaging.step": (
        "MODEL_PACKAGING_CONTRACT",
        "MODEL_PACKAGING_SPEC",
        "ModelPackagingConfig",
        "ModelPackagingStepBuilder",
    ),
    "steps.model_registration.step": (
        "MODEL_REGISTRATION_SPEC",
        "ModelRegistrationConfig",
        "ModelRegistrationStepBuilder",
    ),
    "steps.payload.step": ("PAYLOAD_CONTRACT", "PAYLOAD_SPEC", "PayloadConfig", "PayloadStepBuilder"),
    "steps.tabular_preprocessing.step": (
        "TABULAR_PREPROCESSING_CONTRACT",
        "TABULAR_PREPROCESSING_SPEC",
        "TabularPreprocessingConfig",
        "TabularPreprocessingStepBuilder",
    ),
}
# Rooms that are used by their own names: `stepsmith.local.run`, `stepsmith.aws.deploy`.
_ROOMS = ("aws", "local")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the names are those of the table above
    "__version__",
    *_ROOMS,
    *_HOME_OF,
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"stepsmith.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stepsmith' has no attribute {name!r}")
    value = getattr(import_module(f"stepsmith.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
