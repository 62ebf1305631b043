"""STP124: a script loads a pickle."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.rules.step_sources import position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources

_LOADERS = (
    "pickle.",
    "cPickle.",
    "_pickle.",
    "dill.",
    "cloudpickle.",
    "joblib.",
    "shelve.",
    "pandas.read_pickle",
    "torch.load",
)
_NAMES = ("load", "loads", "Unpickler", "open", "read_pickle", "*")


def _check(declared: StepSources) -> Iterator[Finding]:
    script = declared.script
    if script is None:
        return
    stars = {name: node for name, node in script.parts.items() if name.endswith(".*")}
    for name, node in [*script.calls, *stars.items()]:
        if _loads(name, node):
            what = f"the script calls {name}, which runs what is in the file"
            fix = "keep the model in a format that holds data alone; or ignore this with the reason why it is trusted"
            yield RULE.finding(what, fix=fix, at=position_of(script.path, node))


def _loads(name: str, node: ast.AST) -> bool:
    """Whether a call loads objects, and not data alone as torch and NumPy can be told to."""
    told = {one.arg: one.value for one in node.keywords} if isinstance(node, ast.Call) else {}
    if name in ("numpy.load", "np.load"):
        return _is_true(told.get("allow_pickle"))
    is_loader = name.startswith(_LOADERS) and name.rpartition(".")[2] in _NAMES
    return is_loader and not _is_true(told.get("weights_only"))


def _is_true(value: ast.AST | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


RULE = Rule(
    code="STP124",
    title="A pickle that is loaded",
    why="Loading a pickle runs the code in it with the role of the job. A model from someone else could do "
    "whatever that role may. Formats that contain only data (JSON, ONNX, safetensors) cannot.",
    about=About.STEP,
    fix="Use a format that contains only data. If you trust the file, ignore the finding in a comment that says why.",
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        '    args = parse_args(argv)\n    import pickle\n\n    pickle.load(open(args.source_dir, "rb"))\n',
    ),
    check=_check,
)
