"""Layers of a step that disagree, which `layers/alignment` finds when the step is registered."""

from __future__ import annotations

from stepsmith.rules.rule import About, Example, Rule

_FOLDER = "src/example_step"
_CONTRACT, _SPECIFICATION, _SCRIPT = (f"{_FOLDER}/{name}.py" for name in ("contract", "specification", "script"))
_SOURCE_PORT = 'expected_input_paths={SOURCE: "/opt/ml/processing/input/source"}'
_REPORT_PORT = 'expected_output_paths={REPORT: "/opt/ml/processing/output/report"}'
_OUTPUT = 'OutputSpec(logical_name=REPORT, description="The folder that holds report.json.")'


def _rule(code: str, title: str, why: str, file: str, good: str, bad: str, *also: tuple[str, str, str]) -> Rule:
    return Rule(code, title, why, About.STEP, Example(file, good, bad, also))


RULES = (
    _rule(
        "STP012", "A step that cannot be loaded",
        "A table of steps maps each name to the place of its declaration. Where that is not there, cannot be imported, or "
        "is of another step, the step is known to nobody.",
        f"{_FOLDER}/step.py", "STEP = StepDeclaration(", "STEPS = StepDeclaration(",
    ),
    _rule(
        "STP101", "A dependency that is no input of the contract",
        "What fills a dependency is brought to the container at the path of a port. A dependency with no port of its "
        "name goes nowhere.",
        _SPECIFICATION, "logical_name=SOURCE", 'logical_name="sources"',
    ),
    _rule(
        "STP102", "An input that nothing can fill",
        "No dependency and no field of the config has the port's name, so it stays empty whatever a user writes.",
        _CONTRACT, _SOURCE_PORT, f'{_SOURCE_PORT[:-1]}, "labels": "/opt/ml/processing/input/labels"}}',
    ),
    _rule(
        "STP103", "An output in the specification alone, or in the contract alone",
        "What the specification offers the script has to write, and what the script writes somebody has to be offered.",
        _CONTRACT, _REPORT_PORT, f'{_REPORT_PORT[:-1]}, "charts": "/opt/ml/processing/output/charts"}}',
    ),
    _rule(
        "STP104", "A property path that leads elsewhere",
        "The path follows from the output's name. Any other reads another output, or nothing.",
        _SPECIFICATION, _OUTPUT,
        "OutputSpec(logical_name=REPORT, property_path=\"properties.ProcessingOutputConfig.Outputs['a'].S3Output.S3Uri\")",
    ),
    _rule(
        "STP105", "An argument that stands for nothing",
        "An argument is given the path of a port, or the value of a field of the config.",
        _CONTRACT, '"title": "title"', '"title": "heading"',
    ),
    _rule(
        "STP106", "Arguments of the script that are not the contract's",
        "The builder calls the script with the arguments of the contract: one that it does not parse fails the job, and "
        "one that only it parses is never given.",
        _SCRIPT, '    parser.add_argument("--title"', '    parser.add_argument("--heading"',
    ),
    _rule(
        "STP107", "Ports that are not apart",
        "A port has a folder of its own below /opt/ml/processing/: the service mounts folders, and what two share is "
        "mixed.",
        _CONTRACT, "/opt/ml/processing/output/report", "/opt/ml/processing/input/source/report",
    ),
    _rule(
        "STP108", "An output whose name begins another's",
        "Outputs are read by the beginnings of their keys: who reads `report` would be given `reports` too.",
        _CONTRACT, _REPORT_PORT, f'{_REPORT_PORT[:-1]}, "reports": "/opt/ml/processing/output/reports"}}',
        (_SPECIFICATION, f"({_OUTPUT},)", '(OutputSpec(logical_name=REPORT), OutputSpec(logical_name="reports"))'),
        (_CONTRACT, '"output-dir": REPORT}', '"output-dir": REPORT, "more-dir": "reports"}'),
        (_SCRIPT, '    parser.add_argument("--output-dir"', '    parser.add_argument("--more-dir")\n    parser.add_argument("--output-dir"'),
    ),
    _rule(
        "STP109", "An entry point that is no name of a Python file",
        "The script stands in the container under this name.",
        _CONTRACT, 'entry_point="example_step.py"', 'entry_point="scripts/example-step.py"',
    ),
    _rule(
        "STP110", "Layers that are not of one step",
        "Builder, config and specification are joined in one declaration, and each says which step it is of.",
        f"{_FOLDER}/config.py", "        return CONTRACT", '        return ScriptContract(entry_point="other.py")',
    ),
    _rule(
        "STP111", "An import that is not beside the script in a container",
        "A script travels with stepsmith.container and nothing else: neither its own package nor the rest of Stepsmith "
        "is there.",
        _SCRIPT, "import json\n", "import json\n\nfrom example_step.contract import REPORT\n",
    ),
)  # fmt: skip
