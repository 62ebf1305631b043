"""DEF171 to DEF174: limits of the service on a whole definition, and names that have to be unique.

What a step's arguments may hold (inputs, arguments and their lengths, environment) the service's own model says of the
request that they become: see `arguments`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.emit import emit
from stepsmith.definition.model import all_steps
from stepsmith.diagnostics import About, DefinitionError, Example, Finding, Rule, Severity
from stepsmith.sagemaker.limits import DEFAULT_STEP_QUOTA, INLINE_DEFINITION_BYTES
from stepsmith.sagemaker.service_model import service
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition, Step

# Of which shape of the service's model each limit is the bound.
PARAMETERS_SHAPE, DEFINITION_SHAPE = "ParameterList", "PipelineDefinition"


def check_limits(definition: PipelineDefinition, most_steps: int = DEFAULT_STEP_QUOTA) -> list[Finding]:
    """Findings about the size of a definition, and about names that stand twice in a step; of many steps, a warning."""
    steps = list(all_steps(definition.steps))
    return [
        *_check_counts(definition, len(steps), most_steps),
        *(f for step in steps for f in _check_port_names(step)),
    ]


def _check_counts(definition: PipelineDefinition, steps: int, most_steps: int) -> Iterator[Finding]:
    most = service().shape(PARAMETERS_SHAPE).most
    if most is not None and len(definition.parameters) > most:
        message = f"the pipeline has {len(definition.parameters)} parameters, and the service takes {most:.0f}"
        yield Finding("DEF171", message, ("parameters",), "leave some out, or join them in one text or file")
    if steps > most_steps:
        message = (
            f"the pipeline has {steps} steps, and an account may have {most_steps} in one unless its quota was raised"
        )
        fix = "see the quota of the account, or split the pipeline"
        yield Finding("DEF172", message, ("steps",), fix, severity=Severity.WARNING)


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
        message = f"the definition has {size:,} bytes, and the service takes {most:,.0f}"
        yield Finding("DEF173", message, (), "split the pipeline, or move long arguments into files")
    elif size > INLINE_DEFINITION_BYTES:
        message = f"the definition has {size:,} bytes; past {INLINE_DEFINITION_BYTES:,} it has to be handed over by S3"
        fix = "name the object as PipelineDefinitionS3Location when the pipeline is created"
        yield Finding("DEF173", message, (), fix, severity=Severity.WARNING)


def _check_port_names(step: Step) -> Iterator[Finding]:
    """Names that two inputs or outputs of a step share, if its type has one set of names for both."""
    known = step_type(step.type)
    if known is None or not known.shares_port_names:
        return
    names_seen: set[str] = set()
    for ports in known.ports:
        entries = step.entries(ports)
        for port in entries if isinstance(entries, list) else ():
            name = port.get(ports.name) if isinstance(port, dict) else None
            if isinstance(name, str) and name in names_seen:
                message = f"two inputs or outputs are named {name!r}; inputs and outputs share their names"
                yield Finding("DEF174", message, ("steps", step.name), "rename one of them")
            elif isinstance(name, str):
                names_seen.add(name)


# Enough parameters and steps for the examples to exceed a limit.
_PARAMETERS = [f'{{"Name": "P{number}", "Type": "String"}}' for number in range(200)]
_FAIL_STEPS = [
    f'{{"Name": "stop-{number}", "Type": "Fail", "Arguments": {{"ErrorMessage": "it is over"}}}}'
    for number in range(50)
]

RULES = (
    Rule(
        "DEF171",
        "Too many parameters",
        "SageMaker accepts at most 200 parameters in a pipeline.",
        About.DEFINITION,
        "Remove parameters, or combine several in one file or text.",
        Example("definition.json", '"Parameters": [', f'"Parameters": [{", ".join(_PARAMETERS)},'),
    ),
    Rule(
        "DEF172",
        "More steps than the default quota",
        "An account may have 50 steps in a pipeline unless its quota was raised, which Stepsmith cannot see.",
        About.DEFINITION,
        "Check the quota of your account and have it raised, or split the pipeline.",
        Example("definition.json", '"ElseSteps": [', f'"ElseSteps": [{", ".join(_FAIL_STEPS)},'),
        is_warning=True,
    ),
    Rule(
        "DEF173",
        "A definition that is too large",
        "SageMaker accepts definitions of up to 1 MiB. Above 100 KiB, a definition must be passed through "
        "S3, which is reported as a warning.",
        About.DEFINITION,
        "Split the pipeline, or move long arguments into files. `stepsmith deploy` passes a large definition "
        "through S3 for you.",
        Example("definition.json", '"Metadata": {}', f'"Metadata": {{"note": "{"x" * 110_000}"}}'),
        is_warning=True,
    ),
    Rule(
        "DEF174",
        "An input and an output with the same name",
        "The inputs and outputs of a Processing job share one set of names.",
        About.DEFINITION,
        "Rename one of the two.",
        Example("definition.json", '"InputName": "model"', '"InputName": "report"'),
    ),
)
