"""DEF171 to DEF174: limits of the service on a whole definition, and names that have to be unique.

What a step's arguments may hold (inputs, arguments and their lengths, environment) the service's own model says of the
request that they become: see `arguments`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.emit import emit
from stepsmith.definition.model import all_steps
from stepsmith.definition.service import service
from stepsmith.diagnostics import DefinitionError, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition, Step

# Of which shape of the service's model each limit is the bound.
PARAMETERS_SHAPE, DEFINITION_SHAPE = "ParameterList", "PipelineDefinition"
# Past this many bytes the SDK hands a definition over by S3 (sagemaker.workflow.pipeline, `_create_args`): a request
# that holds it would be too large with all else in it.
BY_S3_BYTES = 100 << 10
# The quota that an account has to begin with; it can be raised, so it is for the user to say. Source: Service Quotas,
# https://docs.aws.amazon.com/sagemaker/latest/dg/regions-quotas.html
USUAL_STEPS = 50
_PORTS = (("ProcessingInputs", None, "InputName"), ("ProcessingOutputConfig", "Outputs", "OutputName"))


def check_limits(definition: PipelineDefinition, most_steps: int = USUAL_STEPS) -> list[Finding]:
    """Findings about the size of a definition, and about names that stand twice in a step; of many steps, a warning."""
    steps = list(all_steps(definition.steps))
    return [
        *_counts(definition, len(steps), most_steps),
        *(f for step in steps for f in _ports(step)),
    ]


def _counts(definition: PipelineDefinition, steps: int, most_steps: int) -> Iterator[Finding]:
    most = service().shape(PARAMETERS_SHAPE).most
    if most is not None and len(definition.parameters) > most:
        what = f"the pipeline has {len(definition.parameters)} parameters, and the service takes {most:.0f}"
        yield Finding("DEF171", what, ("parameters",), "leave some out, or join them in one text or file")
    if steps > most_steps:
        what = (
            f"the pipeline has {steps} steps, and an account may have {most_steps} in one unless its quota was raised"
        )
        fix = "see the quota of the account, or split the pipeline"
        yield Finding("DEF172", what, ("steps",), fix, severity=Severity.WARNING)


def size_of(definition: PipelineDefinition) -> int | None:
    """The bytes of a definition's JSON as it is sent to the service, or None if it has no JSON."""
    try:
        return len(emit(definition).encode())
    except (DefinitionError, UnicodeEncodeError):
        return None


def check_size(size: int) -> Iterator[Finding]:
    """A finding about a definition whose JSON has `size` bytes, if that is too long, or too long for a request."""
    most = service().shape(DEFINITION_SHAPE).most
    if most is not None and size > most:
        what = f"the definition has {size:,} bytes, and the service takes {most:,.0f}"
        yield Finding("DEF173", what, (), "split the pipeline, or move long arguments into files")
    elif size > BY_S3_BYTES:
        what = f"the definition has {size:,} bytes; past {BY_S3_BYTES:,} it has to be handed over by S3"
        fix = "name the object as PipelineDefinitionS3Location when the pipeline is created"
        yield Finding("DEF173", what, (), fix, severity=Severity.WARNING)


def _ports(step: Step) -> Iterator[Finding]:
    """Names that two inputs or outputs of a Processing step share: they are one name space."""
    if step.type != "Processing":
        return
    seen: set[str] = set()
    for member, within, key in _PORTS:
        for port in _list(step.arguments, member, within):
            name = port.get(key) if isinstance(port, dict) else None
            if isinstance(name, str) and name in seen:
                what = f"two inputs or outputs are named {name!r}; inputs and outputs share their names"
                yield Finding("DEF174", what, ("steps", step.name), "rename one of them")
            elif isinstance(name, str):
                seen.add(name)


def _list(arguments: Any, member: str, within: str | None) -> list[Any]:
    found = arguments.get(member)
    found = found.get(within) if within and isinstance(found, dict) else found
    return found if isinstance(found, list) else []
