"""A step of ours as a step of the SDK: it holds the finished request, and shows the SDK what is in it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from stepsmith.definition.emit import step_as_json
from stepsmith.definition.model import COMPLETED, Step
from stepsmith.definition.references import Reference, references_in, replaced, step_of, to_json
from stepsmith.diagnostics import About, Rule, SdkError, suggest_names
from stepsmith.sagemaker.service_model import service
from stepsmith.sagemaker.step_types import branches_of, step_type
from stepsmith.sdk.installed import installed, sdk_dependencies
from stepsmith.sdk.upload import upload_assets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepsmith.definition.assets import Asset
    from stepsmith.sdk.installed import Sdk

# What the SDK's own class of a step writes; all else stands beside it as it is.
_WRITTEN_BY_THE_SDK = ("Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description")


class BuiltStep(Protocol):
    """A step as a builder makes it: the step of a definition, and the files that it needs on S3."""

    @property
    def definition_step(self) -> Step:
        """The step of a definition."""

    @property
    def assets(self) -> Iterable[Asset]:
        """What the step's arguments name on S3, and is on this machine."""


def as_sdk_step(step: BuiltStep, session: Any = None) -> Any:
    """A step of the SDK's, for `Pipeline(steps=[...])`, `depends_on`, `.properties` and all else the SDK does with one.

    With a session of the SDK's, the files that the step needs are uploaded now, those that are not on S3 yet; without
    one nothing is, and they have to be there when the pipeline executes (`upload_assets`). Writing the definition
    uploads nothing of this step. A parameter that the step reads the pipeline has to declare: `ExecutionRole` where
    neither the config nor the builder was given a role. Raises: SdkError when no SDK is installed, when it has no such
    step, or when a file cannot be uploaded.
    """
    described = step.definition_step
    if branches_of(described.type):
        message = f"{described.name!r} is a {described.type}, which holds other steps"
        fix = f"write the SDK's own {described.type}Step, and hand it `as_sdk_step` of each step that it holds"
        raise SdkError("SDK002", message, where=("steps", described.name), fix=fix)
    sdk = installed()
    known = {kind.value: kind for kind in sdk.step_types}
    if described.type not in known:
        message = f"the SDK that is installed has no steps of the type {described.type!r}"
        fix = f"install a later version of it; {suggest_names(described.type, known)}"
        raise SdkError("SDK003", message, where=("steps", described.name), fix=fix)
    made = _step_class(sdk)(step, known[described.type])
    if session is not None:
        upload_assets(step.assets, session)
    return made


@cache
def _step_class(sdk: Sdk) -> Any:
    variable = _variable_class(sdk)

    class StepsmithStep(sdk.step):  # type: ignore[misc, name-defined] # which SDK it is is known when it runs
        """A step that was built with Stepsmith."""

        def __init__(self, built_step: BuiltStep, kind: Any) -> None:
            step = built_step.definition_step
            request = step_as_json(step)
            after = [
                name if trigger in (None, COMPLETED) else sdk_dependencies(name, trigger)
                for name, trigger in step.dependencies
            ]
            super().__init__(step.name, request.get("DisplayName"), request.get("Description"), kind, after)
            # By which a builder knows it again, as a dependency that fills the inputs of its step.
            self.built_step = built_step
            self._step = step
            self._beside = {key: value for key, value in request.items() if key not in _WRITTEN_BY_THE_SDK}
            self._properties = _properties(sdk, step, self)
            # What the SDK holds its JsonGet functions against.
            self.property_files = [
                sdk.property_file(file.name, file.output_name, file.path) for file in step.property_files
            ]

        @property
        def arguments(self) -> Any:
            """The request that the step becomes, made anew, with the SDK's variables where a reference is."""
            return replaced(self._step.arguments, variable)

        @property
        def properties(self) -> Any:
            """What the service tells of the step when it has run."""
            return self._properties

        def to_request(self) -> Any:
            """The step's part of a definition."""
            return {**super().to_request(), **self._beside}

    return StepsmithStep


def _variable_class(sdk: Sdk) -> Any:
    class StepsmithVariable(sdk.variable):  # type: ignore[misc, name-defined] # as above
        """What only an execution knows, as Stepsmith's reference says it."""

        def __init__(self, reference: Reference) -> None:
            self._reference = reference

        @property
        def expr(self) -> Any:
            """The expression as the service reads it."""
            return to_json(self._reference)

        @property
        def _referenced_steps(self) -> list[str]:
            read = (step_of(one) for one in references_in(self._reference))
            return list(dict.fromkeys(name for name in read if name is not None))

    return StepsmithVariable


def _properties(sdk: Sdk, step: Step, made: Any) -> Any:
    """The SDK's properties of the answer that describes the step; of a type without one, those of nothing."""
    kind = step_type(step.type)
    shape = service(kind.service).output_of(kind.describe) if kind and kind.describe else None
    return sdk.properties(step_name=step.name, step=made, shape_name=shape and shape.name)


RULES = (
    Rule(
        "SDK002",
        "A step that contains other steps",
        "The SDK needs the inner steps as its own objects, so it cannot take a Condition step that Stepsmith built.",
        About.SDK,
        "Create the SDK's own step, such as `ConditionStep`, and pass it `as_sdk_step(...)` of each inner step.",
    ),
)
