# The types of the public names; `__init__.py` says where each is at run time.
from stepsmith import aws as aws
from stepsmith import local as local
from stepsmith.build.builder import StepBuilderBase as StepBuilderBase
from stepsmith.build.declaration import StepDeclaration as StepDeclaration
from stepsmith.build.processing import ProcessingStepBuilder as ProcessingStepBuilder
from stepsmith.build.step_request import BuiltStep as BuiltStep
from stepsmith.definition.assets import Asset as Asset
from stepsmith.definition.assets import Compiled as Compiled
from stepsmith.definition.parameters import Parameter as Parameter
from stepsmith.definition.references import Get as Get
from stepsmith.definition.references import Join as Join
from stepsmith.definition.references import JsonGet as JsonGet
from stepsmith.diagnostics import ArchiveError as ArchiveError
from stepsmith.diagnostics import AwsError as AwsError
from stepsmith.diagnostics import ConfigError as ConfigError
from stepsmith.diagnostics import DagError as DagError
from stepsmith.diagnostics import DefinitionError as DefinitionError
from stepsmith.diagnostics import DocumentError as DocumentError
from stepsmith.diagnostics import FaultsError as FaultsError
from stepsmith.diagnostics import Finding as Finding
from stepsmith.diagnostics import MissingFileError as MissingFileError
from stepsmith.diagnostics import ModelRegistryError as ModelRegistryError
from stepsmith.diagnostics import Position as Position
from stepsmith.diagnostics import ResolutionError as ResolutionError
from stepsmith.diagnostics import RunError as RunError
from stepsmith.diagnostics import SdkError as SdkError
from stepsmith.diagnostics import Severity as Severity
from stepsmith.diagnostics import StepError as StepError
from stepsmith.diagnostics import StepsmithError as StepsmithError
from stepsmith.diagnostics import Suggestion as Suggestion
from stepsmith.pipeline.dag import PipelineDAG as PipelineDAG
from stepsmith.pipeline.load import load_pipeline as load_pipeline
from stepsmith.pipeline.pipeline import Pipeline as Pipeline
from stepsmith.registry import (
    STEP_NAMES as STEP_NAMES,
)
from stepsmith.registry import (
    RegistryManager as RegistryManager,
)
from stepsmith.registry import (
    get_spec_step_type as get_spec_step_type,
)
from stepsmith.resolve.resolver import UnifiedDependencyResolver as UnifiedDependencyResolver
from stepsmith.step.config import (
    BasePipelineConfig as BasePipelineConfig,
)
from stepsmith.step.config import (
    ProcessingStepConfigBase as ProcessingStepConfigBase,
)
from stepsmith.step.contract import ScriptContract as ScriptContract
from stepsmith.step.specification import (
    DependencySpec as DependencySpec,
)
from stepsmith.step.specification import (
    DependencyType as DependencyType,
)
from stepsmith.step.specification import (
    NodeType as NodeType,
)
from stepsmith.step.specification import (
    OutputSpec as OutputSpec,
)
from stepsmith.step.specification import (
    StepSpecification as StepSpecification,
)
from stepsmith.steps.dummy_training.step import DUMMY_TRAINING_CONTRACT as DUMMY_TRAINING_CONTRACT
from stepsmith.steps.dummy_training.step import DUMMY_TRAINING_SPEC as DUMMY_TRAINING_SPEC
from stepsmith.steps.dummy_training.step import DummyTrainingConfig as DummyTrainingConfig
from stepsmith.steps.dummy_training.step import (
    DummyTrainingStep as DummyTrainingStep,
)
from stepsmith.steps.dummy_training.step import (
    DummyTrainingStepBuilder as DummyTrainingStepBuilder,
)
from stepsmith.steps.model_packaging.step import MODEL_PACKAGING_CONTRACT as MODEL_PACKAGING_CONTRACT
from stepsmith.steps.model_packaging.step import MODEL_PACKAGING_SPEC as MODEL_PACKAGING_SPEC
from stepsmith.steps.model_packaging.step import ModelPackagingConfig as ModelPackagingConfig
from stepsmith.steps.model_packaging.step import ModelPackagingStepBuilder as ModelPackagingStepBuilder
from stepsmith.steps.model_registration.step import (
    MODEL_REGISTRATION_SPEC as MODEL_REGISTRATION_SPEC,
)
from stepsmith.steps.model_registration.step import ModelRegistrationConfig as ModelRegistrationConfig
from stepsmith.steps.model_registration.step import (
    ModelRegistrationStepBuilder as ModelRegistrationStepBuilder,
)
from stepsmith.steps.payload.step import PAYLOAD_CONTRACT as PAYLOAD_CONTRACT
from stepsmith.steps.payload.step import PAYLOAD_SPEC as PAYLOAD_SPEC
from stepsmith.steps.payload.step import PayloadConfig as PayloadConfig
from stepsmith.steps.payload.step import PayloadStepBuilder as PayloadStepBuilder
from stepsmith.steps.tabular_preprocessing.step import (
    TABULAR_PREPROCESSING_CONTRACT as TABULAR_PREPROCESSING_CONTRACT,
)
from stepsmith.steps.tabular_preprocessing.step import (
    TABULAR_PREPROCESSING_SPEC as TABULAR_PREPROCESSING_SPEC,
)
from stepsmith.steps.tabular_preprocessing.step import (
    TabularPreprocessingConfig as TabularPreprocessingConfig,
)
from stepsmith.steps.tabular_preprocessing.step import (
    TabularPreprocessingStepBuilder as TabularPreprocessingStepBuilder,
)

__version__: str
