"""Parameters that are no text where the service wants text: made text when the pipeline executes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join, parameter_of
from stepsmith.sagemaker.service_model import service
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.parameters import Parameter
    from stepsmith.sagemaker.service_model import Service, Shape


def coerce_parameters(kind: str, arguments: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The arguments of a step of a type, in which each parameter fits where it stands.

    Its type is that of `parameters`, or else what the reference knows. One that is no String becomes text where the
    request, by SageMaker's own model, has text: by a `Join` of it alone, as the SDK's `to_string` does. What becomes no
    request that is known stays as it is.
    """
    known = step_type(kind)
    model = service()
    shape = model.input_of(known.request) if known and known.request else None
    return dict(arguments if shape is None else _Fit(model, parameters).value(arguments, shape))


@dataclass(frozen=True, slots=True)
class _Fit:
    service: Service
    parameters: Mapping[str, Parameter]

    def value(self, value: Any, shape: Shape) -> Any:
        """A value that stands where the shape does."""
        if isinstance(value, Get):
            is_number = shape.type == "string" and self._type_of(value) not in ("", "String")
            return Join("", [value]) if is_number else value
        if isinstance(value, dict) and shape.type == "structure":
            return {key: self._member(key, item, shape) for key, item in value.items()}
        if isinstance(value, dict) and shape.type == "map":
            return {key: self.value(item, self.service.shape(shape.item)) for key, item in value.items()}
        if isinstance(value, list | tuple) and shape.type == "list":
            return [self.value(item, self.service.shape(shape.item)) for item in value]
        return value

    def _member(self, name: str, value: Any, shape: Shape) -> Any:
        return self.value(value, self.service.shape(shape.members[name])) if name in shape.members else value

    def _type_of(self, reference: Get) -> str:
        parameter = self.parameters.get(parameter_of(reference) or "")
        return parameter.type if parameter else reference.type
