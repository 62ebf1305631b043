"""Whether contract, specification, config, builder and script of a step fit: what can still disagree, as findings."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.build.processing_request import CODE_FOLDER
from stepsmith.describe.script_analysis import Script
from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.specification import DependencyType, processing_output_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepsmith.build.builder import StepBuilderBase
    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.step.contract import ScriptContract

_ADDING = "add_argument"
_ENTRY_POINT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")
_ROOT = "/opt/ml/processing/"
_AGREE = "make the two agree"
_APART = f"give each port a folder of its own below {_ROOT}, none inside of another's"
# What of Stepsmith is beside a script in a container.
_TRAVELS = "stepsmith.container"


def align(step: StepDeclaration) -> list[Finding]:
    """Every disagreement between the layers of a step; none when it fits itself."""
    contract = step.specification.script_contract
    findings = list(_layers_belong_together(step))
    if contract is not None:
        for rule in _RULES:
            findings += rule(step, contract)
    return findings


def _layers_belong_together(step: StepDeclaration) -> Iterator[Finding]:
    builder = step.builder_class
    if not hasattr(builder, "specification"):
        yield _finding(
            "STP110", f"{builder.__name__} has no specification", step, "give it the step's", layer="builder"
        )
    elif builder.specification != step.specification:
        yield _finding("STP110", f"{builder.__name__} builds {builder.specification.step_type}", step, layer="builder")
    if not hasattr(builder, "config_class"):
        yield _finding("STP110", f"{builder.__name__} has no config_class", step, "give it the step's", layer="builder")
    elif builder.config_class is not step.config_class:
        what = f"{builder.__name__} takes {builder.config_class.__name__}, not {step.config_class.__name__}"
        yield _finding("STP110", what, step, layer="builder")
    if issubclass(builder, ProcessingStepBuilder) and not issubclass(step.config_class, ProcessingStepConfigBase):
        what = f"{step.config_class.__name__} has no fields of a Processing step"
        yield _finding("STP110", what, step, "derive it from ProcessingStepConfigBase", layer="config")
    if step.config_class.get_script_contract() != step.specification.script_contract:
        what = f"{step.config_class.__name__}.get_script_contract() is not the specification's contract"
        yield _finding("STP110", what, step, layer="config")
    if not step.description:
        yield _finding("STP110", "the step has no description", step, layer="declaration")


def _dependencies_are_inputs(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    for dependency in step.specification.dependencies:
        if dependency.logical_name not in contract.expected_input_paths:
            what = f"the dependency {dependency.logical_name!r} is no input of the contract"
            fix = "add it to expected_input_paths, or remove the dependency"
            yield _finding("STP101", what, step, fix, dependency.logical_name, layer="specification")


def _inputs_are_filled(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    dependencies = {dependency.logical_name for dependency in step.specification.dependencies}
    for port in contract.expected_input_paths:
        if port not in dependencies and _field(step, port) not in step.config_class.model_fields:
            what = f"nothing can fill the input {port!r}: no dependency and no field of the config has its name"
            yield _finding("STP102", what, step, f"declare a dependency {port!r}, or a field of that name", port)


def _outputs_agree(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    offered = {output.logical_name for output in step.specification.outputs}
    for name in sorted(offered ^ set(contract.expected_output_paths)):
        one, other_name = ("specification", "contract") if name in offered else ("contract", "specification")
        yield _finding(
            "STP103", f"the output {name!r} is in the {one} and not in the {other_name}", step, _AGREE, name, layer=one
        )


def _property_paths_lead_to_their_outputs(step: StepDeclaration, _: ScriptContract) -> Iterator[Finding]:
    for output in step.specification.outputs:
        expected = processing_output_path(output.logical_name)
        if output.output_type is DependencyType.PROCESSING_OUTPUT and output.property_path != expected:
            what = f"the property path of {output.logical_name!r} leads elsewhere: {output.property_path}"
            yield _finding(
                "STP104", what, step, f"leave it out, or write {expected}", output.logical_name, layer="specification"
            )


def _arguments_have_values(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    known = {*contract.ports, *step.config_class.model_fields}
    for name, meaning in contract.expected_arguments.items():
        if meaning not in known:
            what = f"the argument --{name} stands for {meaning!r}, which is neither a port nor a field of the config"
            yield _finding("STP105", what, step, _AGREE, f"--{name}", name, meaning)


def _script_fits(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    if not issubclass(step.builder_class, ProcessingStepBuilder):
        return
    script = step.builder_class.script()
    if not script.is_file():
        yield _finding(
            "STP106", f"the script {script} is not there", step, "put script.py beside the builder", layer="script"
        )
        return
    try:
        read = Script.of(Path(str(script)), script.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}" if line else ""
        what = f"the script is not Python: {getattr(error, 'msg', '') or str(error) or type(error).__name__}{where}"
        yield _finding(
            "STP106", what, step, f"correct {f'line {line} of ' if line else ''}{script}", layer="script", line=line
        )
        return
    yield from _arguments_agree(read, step, contract)
    yield from _imports_travel(read.tree, step, contract)


def _arguments_agree(script: Script, step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    parsed, is_complete = _parsed_arguments(script)
    declared = set(contract.expected_arguments)
    # An argument whose name is put together while the script runs may be any of those that are not seen.
    for name in sorted(parsed ^ declared if is_complete else parsed - declared):
        one, other_name = ("script", "contract") if name in parsed else ("contract", "script")
        what = f"the argument --{name} is in the {one} and not in the {other_name}"
        yield _finding("STP106", what, step, _AGREE, f"--{name}", name, layer=one)


def _imports_travel(tree: ast.Module, step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    for name in sorted(_imports_left_behind(tree, step.builder_class, contract)):
        what = f"the script imports {name}, which is not beside it in a container"
        fix = f"import {_TRAVELS}; or name your package in framework_requirements, where the image has it"
        yield _finding("STP111", what, step, fix, name, layer="script")


def _paths_are_apart(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    folders = {port: contract.folder(port) for port in contract.ports}
    folders_by_name = [*folders.items(), ("code", CODE_FOLDER)]
    for port, folder in folders.items():
        if not folder.startswith(_ROOT) or ".." in folder.split("/"):
            yield _finding("STP107", f"the path of {port!r} is not below {_ROOT}: {folder}", step, _APART, port)
    for index, (port, folder) in enumerate(folders_by_name):
        for other_name, where in folders_by_name[:index]:
            if f"{folder}/".startswith(f"{where}/") or f"{where}/".startswith(f"{folder}/"):
                what = f"{other_name!r} and {port!r} share a folder: {where}, {folder}"
                yield _finding("STP107", what, step, _APART, other_name, port)


def _output_names_are_apart(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    names = sorted(contract.expected_output_paths)
    for name, longer in ((one, other_name) for one in names for other_name in names if one != other_name):
        if longer.startswith(name):
            what = f"the output {name!r} is a prefix of {longer!r}: who reads the one would be given both"
            yield _finding("STP108", what, step, "rename one of them", name, longer)


def _entry_point_is_a_file_name(step: StepDeclaration, contract: ScriptContract) -> Iterator[Finding]:
    if not _ENTRY_POINT.fullmatch(contract.entry_point):
        what = f"the entry point {contract.entry_point!r} is no name of a Python file"
        yield _finding("STP109", what, step, "write a bare name, like dummy_training.py", contract.entry_point)


_RULES: tuple[Callable[[StepDeclaration, ScriptContract], Iterator[Finding]], ...] = (
    _dependencies_are_inputs,
    _inputs_are_filled,
    _outputs_agree,
    _property_paths_lead_to_their_outputs,
    _arguments_have_values,
    _script_fits,
    _paths_are_apart,
    _output_names_are_apart,
    _entry_point_is_a_file_name,
)


def _field(step: StepDeclaration, port: str) -> str:
    builder = step.builder_class
    return builder.fields_of_ports.get(port, port) if issubclass(builder, ProcessingStepBuilder) else port


def _parsed_arguments(script: Script) -> tuple[set[str], bool]:
    """The names, without dashes, of the arguments that a script adds to its parser; and whether all can be seen."""
    names_found: set[str] = set()
    called = {id(call.func) for _, call in script.calls}
    attributes = [node for node in ast.walk(script.tree) if isinstance(node, ast.Attribute) and node.attr == _ADDING]
    is_complete = all(id(node) in called for node in attributes)
    for name, call in script.calls:
        if not name.endswith(f".{_ADDING}") or _says_something(script, call):
            continue
        names = [text for text in map(script.text_of, call.args) if text is not None]
        if names:  # of several, the long one is the argument's
            names_found.add(next((one for one in names if one.startswith("--")), names[0]).lstrip("-"))
        is_complete = is_complete and bool(names)
    return names_found, is_complete


def _says_something(script: Script, call: ast.Call) -> bool:
    """Whether an argument only prints, and is given no value: `--version`, `--help`."""
    return any(one.arg == "action" and script.text_of(one.value) in ("version", "help") for one in call.keywords)


def _imports_left_behind(tree: ast.Module, builder: type[StepBuilderBase], contract: ScriptContract) -> set[str]:
    """What a script imports of Stepsmith, or of the packages that its builder comes from, and will not find."""
    owners = builder.__mro__[: builder.__mro__.index(ProcessingStepBuilder)]
    in_the_image = {re.sub(r"[-_.]+", "_", name).lower() for name in contract.framework_requirements}
    own = {owner.__module__.partition(".")[0] for owner in owners} - in_the_image
    # A relative import has no name before its first dot.
    absent = {"", "stepsmith", *own}
    imported = (name for name in _imported(tree) if name.partition(".")[0] in absent)
    return {name for name in imported if not f"{name}.".startswith(f"{_TRAVELS}.")}


def _imported(node: ast.AST) -> Iterator[str]:
    """The dotted name of each import below `node`, apart from those that only a type checker makes."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (f"{node.module}." if node.module else "")
        yield from (module + alias.name for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        for part in node.orelse:
            yield from _imported(part)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imported(child)


def _finding(
    code: str,
    what: str,
    step: StepDeclaration,
    fix: str = _AGREE,
    *names: str,
    layer: str = "contract",
    line: int | None = None,
) -> Finding:
    """A finding about `names`, the first of which that `layer` has says where it is; or about a line of the script."""
    return Finding(code, what, step.name, fix, data={"layer": layer, "names": names, "line": line})


RULES = (
    Rule(
        "STP101",
        "A dependency that is not an input of the contract",
        "What fills a dependency is copied to the path of the input with the same name. Without that input, "
        "it is not copied anywhere.",
        About.STEP,
        "Add the name to `expected_input_paths` in the contract, or remove the dependency.",
        Example("src/example_step/step.py", "logical_name=SOURCE", 'logical_name="sources"'),
    ),
    Rule(
        "STP102",
        "An input that nothing can fill",
        "Neither a dependency nor a config field has the input's name, so the input stays empty no matter "
        "what a user writes.",
        About.STEP,
        "Declare a dependency with the name of the input, add a config field with that name, or remove the input.",
        Example(
            "src/example_step/step.py",
            'expected_input_paths={SOURCE: "/opt/ml/processing/input/source"}',
            'expected_input_paths={SOURCE: "/opt/ml/processing/input/source", "labels": '
            '"/opt/ml/processing/input/labels"}',
        ),
    ),
    Rule(
        "STP103",
        "An output that only the specification or only the contract declares",
        "The script must write every output that the specification offers, and an output that only the "
        "contract declares is not offered to other steps.",
        About.STEP,
        "Declare the output in both layers, or remove it from the one that has it.",
        Example(
            "src/example_step/step.py",
            'expected_output_paths={REPORT: "/opt/ml/processing/output/report"}',
            'expected_output_paths={REPORT: "/opt/ml/processing/output/report", "charts": '
            '"/opt/ml/processing/output/charts"}',
        ),
    ),
    Rule(
        "STP104",
        "A property path that does not match its output",
        "The property path follows from the name of the output. Any other path reads another output or fails.",
        About.STEP,
        "Remove `property_path`, or write the path that the message gives.",
        Example(
            "src/example_step/step.py",
            'OutputSpec(logical_name=REPORT, description="The folder that holds report.json.")',
            "OutputSpec(logical_name=REPORT, "
            "property_path=\"properties.ProcessingOutputConfig.Outputs['a'].S3Output.S3Uri\")",
        ),
    ),
    Rule(
        "STP105",
        "An argument without a value",
        "An argument of the script takes the path of a port or the value of a config field. This one names neither.",
        About.STEP,
        "Set the argument to the name of a port or of a config field.",
        Example("src/example_step/step.py", '"title": "title"', '"title": "heading"'),
    ),
    Rule(
        "STP106",
        "Different arguments in the script and in the contract",
        "The builder calls the script with the arguments of the contract. An argument that the script does "
        "not parse makes the job fail, and one that only the script parses is never passed.",
        About.STEP,
        "Make the arguments in the script and in `expected_arguments` the same. If the script is missing or "
        "is not valid Python, correct that first.",
        Example(
            "src/example_step/script.py", '    parser.add_argument("--title"', '    parser.add_argument("--heading"'
        ),
    ),
    Rule(
        "STP107",
        "Ports that share a folder",
        "SageMaker mounts each port at its own folder below /opt/ml/processing/. If one folder contains "
        "another, their files mix.",
        About.STEP,
        "Give each port its own folder below /opt/ml/processing/, and do not nest them.",
        Example(
            "src/example_step/step.py", "/opt/ml/processing/output/report", "/opt/ml/processing/input/source/report"
        ),
    ),
    Rule(
        "STP108",
        "An output whose name is a prefix of another's",
        "Outputs are read by S3 prefix, so a step that reads `report` would also get the files of `reports`.",
        About.STEP,
        "Rename one of the two outputs.",
        Example(
            "src/example_step/step.py",
            'expected_output_paths={REPORT: "/opt/ml/processing/output/report"}',
            'expected_output_paths={REPORT: "/opt/ml/processing/output/report", "reports": '
            '"/opt/ml/processing/output/reports"}',
            (
                (
                    "src/example_step/step.py",
                    '(OutputSpec(logical_name=REPORT, description="The folder that holds report.json."),)',
                    '(OutputSpec(logical_name=REPORT), OutputSpec(logical_name="reports"))',
                ),
                (
                    "src/example_step/step.py",
                    '"output-dir": REPORT}',
                    '"output-dir": REPORT, "more-dir": "reports"}',
                ),
                (
                    "src/example_step/script.py",
                    '    parser.add_argument("--output-dir"',
                    '    parser.add_argument("--more-dir")\n    parser.add_argument("--output-dir"',
                ),
            ),
        ),
    ),
    Rule(
        "STP109",
        "An entry point that is not a Python file name",
        "The script is copied into the container under this name.",
        About.STEP,
        "Write a file name without a folder, such as `dummy_training.py`.",
        Example("src/example_step/step.py", 'entry_point="example_step.py"', 'entry_point="scripts/example-step.py"'),
    ),
    Rule(
        "STP110",
        "Layers that do not belong together",
        "The declaration joins the config, specification and builder of one step. If they refer to different "
        "contracts or classes, the step cannot be built.",
        About.STEP,
        "Make the layers refer to the same specification, config class and contract, as the message says.",
        Example(
            "src/example_step/step.py",
            "        return CONTRACT",
            '        return ScriptContract(entry_point="other.py")',
        ),
    ),
    Rule(
        "STP111",
        "An import that is not available in the container",
        "Only `stepsmith.container` is copied to the container with the script. The rest of Stepsmith and "
        "the step's own package are not available there.",
        About.STEP,
        "Import only `stepsmith.container`, or move the code into the script. If the image contains the "
        "package, list it in `framework_requirements`.",
        Example("src/example_step/script.py", "import json\n", "import json\n\nfrom example_step.step import REPORT\n"),
    ),
)
