"""How two definitions differ, and the differences between ours and the SDK's that are known, each with its reason."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The members that name an item of a list, by which a path names it too.
NAMES = ("Name", "InputName", "OutputName", "ChannelName", "PropertyFileName")


class Absent:
    """What stands where one of two definitions has nothing."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()


class Difference(NamedTuple):
    """A place in which two definitions differ, and what each has there."""

    path: tuple[str, ...]
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: ours {self.ours!r}, theirs {self.theirs!r}"


class Told(NamedTuple):
    """A value that depends on ours: how the page tells it, and whether `theirs` is it, given `ours`."""

    words: str
    fits: Callable[[Any, Any], bool] = lambda _ours, _theirs: True


class Known(NamedTuple):
    """A known difference: of which SDKs, where (each part of the path a pattern), what each writes, and why."""

    sdks: tuple[str, ...]
    where: str
    ours: Any
    theirs: Any
    reason: str

    def covers(self, sdk: str, found: Difference) -> bool:
        """Whether a difference that was found is this one."""
        patterns = self.where.split(".")
        return (
            sdk in self.sdks
            and len(patterns) == len(found.path)
            and all(map(fnmatchcase, found.path, patterns))
            and all(
                told.fits(found.ours, found.theirs) if isinstance(told, Told) else same(told, value)
                for told, value in ((self.ours, found.ours), (self.theirs, found.theirs))
            )
        )


def differences(ours: Any, theirs: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Every place in which two JSON values differ; the order of an object's members is no difference.

    Objects with no member in common, as two kinds of references are, differ as wholes.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() & theirs.keys():
        for key in ours | theirs:
            yield from differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        for place, (one, other) in enumerate(zip_longest(ours, theirs, fillvalue=ABSENT)):
            yield from differences(one, other, (*path, _label(one, other, place)))
    elif not same(ours, theirs):
        yield Difference(path, ours, theirs)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same text: 1, 1.0 and true are three.

    >>> same(1, True), same({"a": [1]}, {"a": [1]})
    (False, True)
    """
    if one is ABSENT or other is ABSENT:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _label(one: Any, other: Any, place: int) -> str:
    item = other if one is ABSENT else one
    names = [item[name] for name in NAMES if isinstance(item, dict) and isinstance(item.get(name), str)]
    return names[0] if names else str(place)


def page_row(known: Known) -> str:
    """The row of docs/sdk.md that tells a known difference.

    >>> page_row(Known(("v2",), "Steps.*.A", ABSENT, False, "it is the default"))
    '| `Steps.*.A` | v2 | nothing | `false` | it is the default |'
    """
    cells = (f"`{known.where}`", ", ".join(known.sdks), _told(known.ours), _told(known.theirs), known.reason)
    return f"| {' | '.join(cells)} |"


def _told(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    return value.words if isinstance(value, Told) else f"`{json.dumps(value)}`"


def _script_of(uri: str, folder: str) -> bool:
    return folder.endswith("/") and uri.startswith(folder) and uri.endswith(".py") and "/" not in uri[len(folder) :]


TRAINING_OUTPUT = {
    "Std:Join": {"On": "/", "Values": ["s3://my-bucket/golden/training", {"Get": "Execution.PipelineExecutionId"}]}
}
NO = False
EMPTY = "an empty one says no more than none"
DEFAULT = "the default, by the API's page"
KNOWN = (
    Known(("v3",), "MlflowConfig", ABSENT, None, "the pipeline has none, and `null` says no more than that"),
    Known(
        ("v2", "v3"),
        "PipelineExperimentConfig",
        {"ExperimentName": {"Get": "Execution.PipelineName"}, "TrialName": {"Get": "Execution.PipelineExecutionId"}},
        None,
        "in a region that its table of those with Experiments lacks (here `eu-central-2`) the SDK writes `null`; we"
        " keep no such table, and `PipelineDefinition(experiment=None)` writes it",
    ),
    Known(("v2",), "Steps.*.Arguments.ProcessingInputs.*.AppManaged", ABSENT, NO, DEFAULT),
    Known(("v2",), "Steps.*.Arguments.ProcessingOutputConfig.Outputs.*.AppManaged", ABSENT, NO, DEFAULT),
    Known(
        ("v2", "v3"),
        "Steps.*.Arguments.NetworkConfig.EnableNetworkIsolation",
        ABSENT,
        NO,
        "nobody asked for isolation (the API's page states no default)",
    ),
    Known(
        ("v2", "v3"),
        "Steps.*.Arguments.ProcessingInputs.code.S3Input.S3Uri",
        Told("the folder of the code"),
        Told(
            "the script in that folder",
            lambda ours, theirs: isinstance(ours, str) and isinstance(theirs, str) and _script_of(theirs, ours),
        ),
        "`ScriptProcessor` brings one file; our scripts travel with `stepsmith/container`, in one folder. `Processor`"
        " with that folder as an input writes what we write",
    ),
    Known(
        ("v2",),
        "Steps.register.Name",
        Told("the step's name"),
        Told("the name and `-RegisterModel`", lambda ours, theirs: theirs == f"{ours}-RegisterModel"),
        "one `ModelStep` of v2 can become two steps, one that repacks and one that registers, told apart by a suffix;"
        " ours is one step, of the name that its user gave it",
    ),
    Known(
        ("v2", "v3"),
        "Steps.register.Arguments.SkipModelValidation",
        ABSENT,
        "None",
        "nobody asked to skip the validation (the API's page states no default)",
    ),
    Known(
        ("v2",),
        "Steps.register.Arguments.InferenceSpecification.Containers.0.Environment",
        ABSENT,
        {},
        EMPTY,
    ),
    Known(
        ("v3",),
        "Steps.register.Arguments.InferenceSpecification.Containers.0.Environment",
        ABSENT,
        {
            "SAGEMAKER_PROGRAM": "",
            "SAGEMAKER_SUBMIT_DIRECTORY": "",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "eu-west-1",
        },
        "`ModelBuilder` writes its settings for a script that it would bring, though it brings none, and two of them"
        " empty; we set in the environment of a serving container what the user says",
    ),
    Known(
        ("v3",),
        "Steps.register.Arguments.InferenceSpecification.Containers.0.Environment.SAGEMAKER_*",
        ABSENT,
        Told("the same four", lambda _ours, theirs: theirs in ("", "20", "eu-west-1")),
        "the same, beside variables of the user's own",
    ),
    Known(
        ("v3",),
        "Steps.register.Arguments.InferenceSpecification.Containers.0.Framework",
        "XGBOOST",
        ABSENT,
        "`ModelBuilder.register` has no argument for it",
    ),
    Known(("v2", "v3"), "Steps.register.Arguments.ModelMetrics.Bias", ABSENT, {}, EMPTY),
    Known(("v2", "v3"), "Steps.register.Arguments.ModelMetrics.Explainability", ABSENT, {}, EMPTY),
    Known(
        ("v3",),
        "Steps.train.Arguments.HyperParameters.rounds",
        {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Rounds"}]}},
        {"Get": "Parameters.Rounds"},
        "a hyperparameter is text to the service, and `Rounds` is an Integer; v2 joins it to be text, as we do",
    ),
    Known(
        ("v3",), "Steps.train.Arguments.InputDataConfig.train.InputMode", ABSENT, "File", "`TrainingInputMode` says it"
    ),
    Known(("v3",), "Steps.train.Arguments.OutputDataConfig.CompressionType", ABSENT, "GZIP", DEFAULT),
    Known(
        ("v2",),
        "Steps.train.Arguments.DebugHookConfig",
        ABSENT,
        {"S3OutputPath": TRAINING_OUTPUT, "CollectionConfigurations": []},
        "the Debugger, which v2 turns on unasked; `debugger_hook_config=False` leaves it out",
    ),
    Known(
        ("v2",),
        "Steps.train.Arguments.ProfilerConfig",
        ABSENT,
        {"S3OutputPath": TRAINING_OUTPUT, "DisableProfiler": False},
        "the Profiler, likewise; `disable_profiler=True` writes `DisableProfiler` instead",
    ),
)
