"""The pass that makes a Pipeline of a document. A step's keys in pipeline.yaml are the fields of its config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stepsmith.definition.checks.names import check_pipeline_name
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Reference, Scalar, display_text
from stepsmith.diagnostics import (
    ABOUT_KEY,
    About,
    DocumentError,
    Example,
    Faults,
    Rule,
    StepsmithError,
    error_of,
    short_repr,
    suggest_names,
)
from stepsmith.pipeline.compilation import Compilation, StepEntry
from stepsmith.pipeline.include import PACKAGES, SHARED_KEYS, Document
from stepsmith.pipeline.positions import DEFAULTS, SHARED_FIELDS
from stepsmith.registry import default_registry, guard_step_code, table_at
from stepsmith.resolve.resolver import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.diagnostics.finding import Path
    from stepsmith.pipeline.pipeline import Pipeline
    from stepsmith.step.config import BasePipelineConfig

    # Takes values by their paths, and the paths of those that cannot be used.
    Construct = Callable[[Mapping[Path, Any], Collection[Path]], Any]

_TOP_KEYS = ("name", *SHARED_KEYS, "steps")
_STEP_KEYS = ("type", "after", "inputs")
_PARAMETER_KEYS = ("type", "default")
# The member of a parameter that a finding of its own is about.
_MEMBERS_OF_PARAMETERS = {"DEF010": ("type",), "DEF011": ("default",), "DEF012": ("default",)}
_UNNAMED = "unnamed"


def declare(compilation: Compilation) -> None:
    """Makes the pipeline that the document declares, as far as it can be read."""
    if compilation.pipeline is not None:
        compilation.steps = dict(compilation.pipeline.steps)
    elif compilation.document is not None:
        load_packages(compilation)
        _Declaration(compilation, compilation.document).declare()


def load_packages(compilation: Compilation) -> None:
    """Adds the steps of the packages that the document names by their folders to the registry."""
    document, registry = compilation.document, compilation.registry or default_registry()
    folders = document.data.get(PACKAGES) if document and isinstance(document.data, Mapping) else None
    if document and folders:
        tables = []
        with compilation.reporting():
            for index, folder in enumerate(_names(folders, PACKAGES, "folders")):
                with compilation.reporting(PACKAGES, *([index] if isinstance(folders, list) else [])):
                    tables.append(table_at(document.folder / folder))
        registry = registry.with_tables(tables)
    compilation.registry = registry


class _Declaration:
    def __init__(self, compilation: Compilation, document: Document) -> None:
        self._compilation, self._document = compilation, document
        self._reporting = compilation.reporting
        self._registry = compilation.step_registry

    def declare(self) -> None:
        top: Mapping[str, Any] = {}
        with self._reporting():
            top = _mapping(self._document.data, (), "the file")
            self._refuse_unknown(top, _TOP_KEYS)
            for key, example in (("name", "name: my-pipeline"), ("steps", "steps: {model: {type: DummyTraining}}")):
                if top.get(key) in (None, "", {}):
                    self._compilation.report_errors([_missing(key, example)])
        pipeline = self._empty_pipeline(top, self._name(top))
        with self._reporting():
            self._parameters(pipeline, _mapping(top.get("parameters"), ("parameters",), "parameters"))
        with self._reporting():
            for name, raw in _mapping(top.get("steps"), ("steps",), "steps").items():
                self._step(pipeline, name, raw)
        self._compilation.pipeline = pipeline

    def _name(self, top: Mapping[str, Any]) -> str:
        """The pipeline's name, or another if it has none that can be used."""
        name = top.get("name")
        with self._reporting():
            if isinstance(name, Reference):
                raise _not_known_yet(name, ("name",))
            if name is not None and not isinstance(name, str):
                message = f"name is to be text, and not {name!r}"
                raise DocumentError("YML005", message, where="name", fix="put it in quotes")
            if name and (findings := check_pipeline_name(name)):
                raise error_of(findings[0])
            return name or _UNNAMED
        return _UNNAMED

    def _empty_pipeline(self, top: Mapping[str, Any], name: str) -> Pipeline:
        """The pipeline with what all steps share, without the values of it that cannot be used."""
        values: dict[Path, Any] = {(key,): top.get(key) for key in SHARED_FIELDS}
        if self._compilation.role:
            values["role",] = self._compilation.role
        with self._reporting():
            defaults = _mapping(top.get(DEFAULTS), (DEFAULTS,), DEFAULTS)
            values |= {(DEFAULTS, key): value for key, value in defaults.items()}
        new_pipeline = self._compilation.new_pipeline
        assert new_pipeline is not None  # noqa: S101 - a compilation of a file has it

        def construct(values: Mapping[Path, Any], _: Collection[Path]) -> Pipeline:
            defaults = {str(path[1]): value for path, value in values.items() if len(path) > 1}
            shared = {str(path[0]): value for path, value in values.items() if len(path) == 1}
            document = self._document
            return new_pipeline(
                name, **shared, defaults=defaults, base_dir=document.folder, registry=self._registry, document=document
            )

        return self._constructed(construct, values) or construct({}, ())

    def _constructed(self, construct: Construct, values: Mapping[Path, Any], *outer: str) -> Any:
        """What `construct` returns for `values`, or else for those that can be used; None if it needs the others."""
        faults, further_faults = Faults(), Faults()
        with faults.collect():
            return construct(values, ())
        self._compilation.report_errors(faults.errors, *outer)
        faulty = {finding.path[:length] for finding in faults.findings for length in (1, 2)}
        with further_faults.collect():
            return construct({path: value for path, value in values.items() if path not in faulty}, faulty)
        return None

    def _parameters(self, pipeline: Pipeline, raw: Mapping[str, Any]) -> None:
        for name, value in raw.items():
            path: Path = ("parameters", name)
            with self._reporting():
                parameter = _mapping(value, path, "a parameter")
                self._refuse_unknown(parameter, _PARAMETER_KEYS, "parameters", name)
                try:
                    kind, default = parameter.get("type", "String"), parameter.get("default")
                    if isinstance(default, str) and default and kind != "String":
                        default = Parameter(name, kind).read(default)  # text from the environment, say
                    pipeline.parameter(name, kind, self._default_of(name, kind, default))
                except StepsmithError as error:
                    path += _MEMBERS_OF_PARAMETERS.get(error.code, ())
                    raise error.mapped(lambda finding, path=path: replace(finding, path=path)) from None  # type: ignore[misc]
        for name, default in self._document.defaults.items():
            if name not in raw:
                pipeline.parameter(name, "String", default)

    def _default_of(self, name: str, kind: str, declared: Scalar | None) -> Scalar | None:
        """A parameter's default: as it is declared, or where it is read."""
        if name not in self._document.defaults:
            return declared
        default = Parameter(name, kind).read(self._document.defaults[name])
        if declared not in (None, default):
            message = f"the parameter {name} has two defaults: {declared!r}, and {default!r} where it is read"
            fix = f"write the default once; elsewhere ${{param:{name}}} is enough"
            raise DocumentError("YML012", message, where=("parameters", name), fix=fix)
        return default

    def _step(self, pipeline: Pipeline, name: str, raw: Any) -> None:
        """Adds a step. If its type or its config cannot be used, the compilation has it, and the pipeline does not."""
        after: list[str] = []
        inputs: dict[str, str] = {}
        config, step_type = None, ""
        with self._reporting("steps", name):
            raw = _mapping(raw, (), "a step")
            with self._reporting("steps", name):
                after = _names(raw.get("after"), "after")
            with self._reporting("steps", name):
                inputs = _wires(raw.get("inputs"))
            step = self._type_of(name, raw)
            if step is not None:
                step_type = step.name
                config = self._config(name, step, raw)
        entry = StepEntry(name, step_type, config, tuple(after), inputs)
        self._compilation.steps[name] = entry
        if config is not None:
            pipeline.steps[name] = entry

    def _type_of(self, name: str, raw: Mapping[str, Any]) -> StepDeclaration | None:
        step_type = raw.get("type")
        if step_type is None:
            raise _missing("type", f"type: {next(iter(self._registry.names()), 'DummyTraining')}")
        if not isinstance(step_type, str):
            message = "type is to be the name of a step, known before the pipeline runs"
            raise DocumentError("YML005", message, where="type", fix="write it out")
        try:
            return self._registry.get(step_type)
        except StepsmithError as error:
            # It may be a step of a package that could not be loaded.
            error.inside("steps", name, "type").mapped(lambda finding: replace(finding, requires=((PACKAGES,),)))
            self._compilation.report_errors([error])
            return None

    def _config(self, name: str, step: StepDeclaration, raw: Mapping[str, Any]) -> BasePipelineConfig | None:
        fields = step.config_class.model_fields
        self._refuse_unknown(raw, (*fields, *_STEP_KEYS), "steps", name)

        def construct(values: Mapping[Path, Any], faulty: Collection[Path]) -> BasePipelineConfig:
            unknown = {key: UNKNOWN for key, field in fields.items() if (key,) in faulty and field.is_required()}
            with guard_step_code(step):
                return step.config_class(**unknown, **{str(path[0]): value for path, value in values.items()})

        values: dict[Path, Any] = {(key,): raw[key] for key in raw if key in fields and key not in _STEP_KEYS}
        config: BasePipelineConfig | None = self._constructed(construct, values, "steps", name)
        return config

    def _refuse_unknown(self, raw: Mapping[str, Any], known: Collection[str], *outer: str) -> None:
        self._compilation.report_errors(
            DocumentError(
                "YML006",
                f"the key {key!r} is not known here",
                where=(*outer, key),
                fix=suggest_names(key, known),
                data=ABOUT_KEY,
            )
            for key in raw
            if key not in known
        )


def _mapping(value: Any, path: Path, subject: str) -> Mapping[str, Any]:
    if value is None and path:
        return {}
    if not isinstance(value, Mapping):
        kind = "empty" if value is None else "a list" if isinstance(value, list) else repr(value)
        message = f"{subject} is to be a mapping of keys to values, and is {kind}"
        raise DocumentError("YML005", message, where=path, fix="write key: value")
    return value


def _names(value: Any, key: str, plural: str = "steps") -> list[str]:
    """One name, or a list of names."""
    names = [value] if isinstance(value, str) else [] if value is None else value
    for index, name in enumerate(names if isinstance(names, list) else [names]):
        path = (key, index) if isinstance(value, list) else (key,)
        if isinstance(name, Reference):
            raise _not_known_yet(name, path)
        if not isinstance(name, str):
            message = f"{key} is to be a list of {plural}, each text, and not {short_repr(name)}"
            fix = f"put it in quotes, as it is written there: {key}: ['{name}']"
            fix = fix if isinstance(name, int | float) else f"write {key}: [{plural.removesuffix('s')}]"
            raise DocumentError("YML005", message, where=path, fix=fix)
    return list(names)


def _not_known_yet(value: Reference, path: Path) -> DocumentError:
    message = f"this must be known before the pipeline executes, so it cannot be {display_text(value)}"
    return DocumentError("YML005", message, where=path, fix="write it out, or as an environment variable: ${env:NAME}")


def _wires(value: Any) -> dict[str, str]:
    wires = _mapping(value, ("inputs",), "inputs")
    for name, wire in wires.items():
        if isinstance(wire, Reference) or not isinstance(wire, str) or "." not in wire:
            message = f"the input {name!r} is to be wired to step.output, and not to {wire!r}"
            raise DocumentError("YML007", message, where=("inputs", name), fix=f"write inputs: {{{name}: step.output}}")
    return dict(wires)


def _missing(key: str, example: str) -> DocumentError:
    return DocumentError("YML008", f"{key} is missing", where=key, fix=f"write {example}")


RULES = (
    Rule(
        "YML005",
        "A value of the wrong form",
        "Each key takes one form of value: a mapping, a list, or text that is known before the pipeline runs.",
        About.PIPELINE,
        "Write the value in the form that the message asks for. Put text that looks like a number in quotes.",
        Example("pipeline.yaml", "    after: model\n", "    after: {model: 1}\n"),
    ),
    Rule(
        "YML006",
        "An unknown key",
        "A misspelled key would be a setting that silently has no effect.",
        About.PIPELINE,
        "Correct the spelling of the key, or remove it. `stepsmith schema` prints the keys that each step takes.",
        Example("pipeline.yaml", "    code: inference/\n", "    cod: inference/\n"),
    ),
    Rule(
        "YML007",
        "An invalid wire",
        "An input is wired to the output of a step, and both have a name.",
        About.PIPELINE,
        "Write `inputs: {input: step.output}`.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    inputs: {model_input: model}\n"),
    ),
    Rule(
        "YML008",
        "A missing key",
        "A pipeline needs a name and steps, and a step needs a type.",
        About.PIPELINE,
        "Add the key that the message names.",
        Example("pipeline.yaml", "    type: ModelPackaging\n", ""),
    ),
)
