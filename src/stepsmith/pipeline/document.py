"""pipeline.yaml as a Pipeline; its keys are the configs' field names. Every error has file and line."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stepsmith.definition.checks.names import check_pipeline_name
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Reference, described
from stepsmith.diagnostics import ABOUT_KEY, DocumentError, Faults, StepsmithError, error_of, nearest, shown
from stepsmith.pipeline.compiler import check_each
from stepsmith.pipeline.include import PACKAGES, SHARED_KEYS, read_document
from stepsmith.pipeline.pipeline import Pipeline
from stepsmith.registry import default_registry, own_code, table_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.definition.references import Scalar
    from stepsmith.diagnostics.finding import Path
    from stepsmith.layers.config import BasePipelineConfig
    from stepsmith.pipeline.include import Document
    from stepsmith.registry import RegistryManager

_TOP_KEYS = ("name", *SHARED_KEYS, "steps")
_STEP_KEYS = ("type", "after", "inputs")
# What is missing only because something else could not be read: of what steps share, and of a step's own inputs.
_OF_SHARED = ("STP204", "STP210")
_OF_INPUTS = ("RES001", "STP202")
_PARAMETER_KEYS = ("type", "default")
# The member of a parameter that a finding of its own is about.
_MEMBERS_OF_PARAMETERS = {"DEF010": ("type",), "DEF011": ("default",), "DEF012": ("default",)}


def load_pipeline(
    path: str | pathlib.Path, *, environment: Mapping[str, str] | None = None, registry: RegistryManager | None = None
) -> Pipeline:
    """The pipeline that the file at `path` says; relative paths in it are relative to its folder.

    Raises: MissingFileError when there is no such file; every fault of the document, together, each with its line.
    """
    document = read_document(pathlib.Path(path), os.environ if environment is None else environment)
    try:
        known = _with_packages(registry or default_registry(), document)
        pipeline = _Reader(known, document).pipeline(document.data)
    except StepsmithError as error:
        raise error.mapped(document.places.locate) from None
    pipeline.locate = document.places.locate
    pipeline.files = document.places.files
    return pipeline


def registry_of(path: str | pathlib.Path, environment: Mapping[str, str] | None = None) -> RegistryManager:
    """The steps that the file at `path` may name: those that are installed, and those of its `packages`.

    Raises: as `load_pipeline` does, of how the file is written, and of its packages.
    """
    document = read_document(pathlib.Path(path), os.environ if environment is None else environment)
    try:
        return _with_packages(default_registry(), document)
    except StepsmithError as error:
        raise error.mapped(document.places.locate) from None


def _with_packages(registry: RegistryManager, document: Document) -> RegistryManager:
    """The registry, and the steps of the packages that the document names by their folders."""
    folders = document.data.get(PACKAGES) if isinstance(document.data, Mapping) else None
    if not folders:
        return registry
    faults = Faults()
    tables = []
    for index, folder in enumerate(_names(folders, PACKAGES, "folders")):
        with faults.caught(PACKAGES, *([index] if isinstance(folders, list) else [])):
            tables.append(table_at(document.folder / folder))
    faults.raise_if_any()
    return registry.with_tables(tables)


class _Reader:
    def __init__(self, registry: RegistryManager, document: Document) -> None:
        self._registry = registry
        self._base_dir = document.folder
        # Of the parameters that have a default where they are read.
        self._defaults = document.defaults
        self._faults = Faults()
        # Whether what the steps share could not be read, so that nothing can be said of what they lack.
        self._shared_unknown = False

    def pipeline(self, data: Any) -> Pipeline:
        top = _mapping(data, (), "the file")
        self._known_keys(top, _TOP_KEYS, ())
        # A misspelt key at the top may be any of what the steps share.
        self._shared_unknown = bool(self._faults.errors)
        for key, example in (("name", "name: my-pipeline"), ("steps", "steps: {model: {type: DummyTraining}}")):
            if top.get(key) in (None, "", {}) and not any(
                key in finding.suggestion.values for finding in self._faults.findings
            ):
                self._faults.add(_missing(key, example))
        pipeline = self._empty_pipeline(top, self._name(top))
        with self._faults.caught():
            self._parameters(pipeline, _mapping(top.get("parameters"), ("parameters",), "parameters"))
        with self._faults.caught():
            for name, raw in _mapping(top.get("steps"), ("steps",), "steps").items():
                with self._faults.caught("steps", name):
                    self._step(pipeline, name, _mapping(raw, (), "a step"))
        # What was read is checked as well as it can be, so that its faults are told together with these.
        if self._faults.errors:
            found = Faults()
            with found.caught():
                steps = top.get("steps")
                if isinstance(steps, Mapping) and len(pipeline.steps) == len(steps):
                    pipeline.compile()
                else:
                    check_each(pipeline)
            unread = [finding.path for finding in self._faults.findings]
            for error in found.errors:
                self._add_what_does_not_follow(error, unread)
        self._faults.raise_if_any()
        return pipeline

    def _add_what_does_not_follow(self, error: StepsmithError, unread: list[Path]) -> None:
        """Keeps a fault that does not only follow from what could not be read, which is at the places `unread`."""
        (finding,) = error.findings
        steps = {path[:2] for path in unread if path[:1] == ("steps",)}
        follows = (
            (finding.code in _OF_SHARED and self._shared_unknown)
            or (finding.code in _OF_INPUTS and finding.path[:2] in steps)
            or (finding.code == "DEF110" and any(path[:1] == ("parameters",) for path in unread))
        )
        if not follows:
            self._faults.add(error)

    def _name(self, top: Mapping[str, Any]) -> str:
        """The pipeline's name, or another where it has none that will do."""
        name = top.get("name")
        with self._faults.caught():
            if isinstance(name, Reference):
                raise _not_known_yet(name, ("name",))
            if name is not None and not isinstance(name, str):
                raise DocumentError(
                    "YML005", f"name is to be text, and not {name!r}", where="name", fix="put it in quotes"
                )
            if name and (found := check_pipeline_name(name)):
                raise error_of(found[0])
            return name or "unnamed"
        return "unnamed"

    def _empty_pipeline(self, top: Mapping[str, Any], name: str) -> Pipeline:
        shared = {key: top.get(key) for key in ("region", "role", "pipeline_s3_loc")}
        own: dict[str, Any] = {"base_dir": self._base_dir, "registry": self._registry}
        with self._faults.caught():
            defaults = _mapping(top.get("defaults"), ("defaults",), "defaults")
            return Pipeline(name, **shared, defaults=defaults, **own)
        self._shared_unknown = True
        return Pipeline(name, **own)

    def _parameters(self, pipeline: Pipeline, raw: Mapping[str, Any]) -> None:
        for name, value in raw.items():
            with self._faults.caught():
                parameter = _mapping(value, ("parameters", name), "a parameter")
                self._known_keys(parameter, _PARAMETER_KEYS, ("parameters", name))
                try:
                    kind, default = parameter.get("type", "String"), parameter.get("default")
                    if isinstance(default, str) and default and kind != "String":
                        default = Parameter(name, kind).read(default)  # text from the environment, say
                    pipeline.parameter(name, kind, self._default_of(name, kind, default))
                except StepsmithError as error:
                    where = ("parameters", name, *_MEMBERS_OF_PARAMETERS.get(error.code, ()))
                    raise error.mapped(lambda f, where=where: replace(f, path=where)) from None  # type: ignore[misc]

        for name, default in self._defaults.items():
            if name not in raw:
                pipeline.parameter(name, "String", default)

    def _default_of(self, name: str, kind: str, declared: Scalar | None) -> Scalar | None:
        """A parameter's default: as it is declared, or where it is read."""
        if name not in self._defaults:
            return declared
        read = Parameter(name, kind).read(self._defaults[name])
        if declared not in (None, read):
            what = f"the parameter {name} has two defaults: {declared!r}, and {read!r} where it is read"
            fix = f"write the default once; elsewhere ${{param:{name}}} is enough"
            raise DocumentError("YML012", what, where=("parameters", name), fix=fix)
        return read

    def _step(self, pipeline: Pipeline, name: str, raw: Mapping[str, Any]) -> None:
        step_type = raw.get("type")
        if step_type is None:
            raise _missing("type", f"type: {next(iter(self._registry.names()), 'DummyTraining')}")
        if not isinstance(step_type, str):
            what = "type is to be the name of a step, known before the pipeline runs"
            raise DocumentError("YML005", what, where="type", fix="write it out")
        try:
            step = self._registry.get(step_type)
        except StepsmithError as error:
            raise error.inside("type") from None
        faults = Faults()
        after: list[str] = []
        inputs: dict[str, str] = {}
        with faults.caught():
            after = _names(raw.get("after"), "after")
        with faults.caught():
            inputs = _wires(raw.get("inputs"))
        fields = {key: value for key, value in raw.items() if key not in _STEP_KEYS}
        with faults.caught():
            self._known_keys(fields, step.config_class.model_fields, (), faults, _STEP_KEYS)
            known = {key: value for key, value in fields.items() if key in step.config_class.model_fields}
            with own_code(step):
                config = _without_what_follows(lambda: step.config_class(**known), faults)
            if config is not None:
                pipeline.add(name, config, after=after, inputs=inputs, step_type=step_type)
        faults.raise_if_any()

    def _known_keys(
        self, raw: Mapping[str, Any], known: Any, where: Path, faults: Faults | None = None, besides: Any = ()
    ) -> None:
        for key in raw:
            if key not in known:
                what = f"the key {key!r} is not known here"
                fix = nearest(key, [*known, *besides])
                fault = DocumentError("YML006", what, where=(*where, key), fix=fix, data=ABOUT_KEY)
                (faults or self._faults).add(fault)


def _without_what_follows(make: Callable[[], BasePipelineConfig], faults: Faults) -> BasePipelineConfig | None:
    """The config that `make` returns; of its faults, those are left out that a misspelt key has said already."""
    meant = {(value,) for finding in faults.findings for value in finding.suggestion.values}
    found = Faults()
    with found.caught():
        return make()
    for error in found.errors:
        if not error.findings[0].data.get("missing") or error.findings[0].path not in meant:
            faults.add(error)
    return None


def _mapping(value: Any, where: Path, what: str) -> Mapping[str, Any]:
    if value is None and where:
        return {}
    if not isinstance(value, Mapping):
        kind = "empty" if value is None else "a list" if isinstance(value, list) else repr(value)
        raise DocumentError(
            "YML005",
            f"{what} is to be a mapping of keys to values, and is {kind}",
            where=where,
            fix="write key: value",
        )
    return value


def _names(value: Any, where: str, what: str = "steps") -> list[str]:
    """One name, or a list of names."""
    names = [value] if isinstance(value, str) else [] if value is None else value
    for index, name in enumerate(names if isinstance(names, list) else [names]):
        place = (where, index) if isinstance(value, list) else (where,)
        if isinstance(name, Reference):
            raise _not_known_yet(name, place)
        if not isinstance(name, str):
            told = f"{where} is to be a list of {what}, each text, and not {shown(name)}"
            fix = f"put it in quotes, as it is written there: {where}: ['{name}']"
            fix = fix if isinstance(name, int | float) else f"write {where}: [{what.removesuffix('s')}]"
            raise DocumentError("YML005", told, where=place, fix=fix)
    return list(names)


def _not_known_yet(value: Reference, where: Path) -> DocumentError:
    what = f"this must be known before the pipeline executes, so it cannot be {described(value)}"
    return DocumentError("YML005", what, where=where, fix="write it out, or as an environment variable: ${env:NAME}")


def _wires(value: Any) -> dict[str, str]:
    wires = _mapping(value, ("inputs",), "inputs")
    for name, wire in wires.items():
        if isinstance(wire, Reference) or not isinstance(wire, str) or "." not in wire:
            what = f"the input {name!r} is to be wired to step.output, and not to {wire!r}"
            raise DocumentError("YML007", what, where=("inputs", name), fix=f"write inputs: {{{name}: step.output}}")
    return dict(wires)


def _missing(key: str, example: str) -> DocumentError:
    return DocumentError("YML008", f"{key} is missing", fix=f"write {example}")
