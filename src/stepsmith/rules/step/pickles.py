"""STP124: a script loads a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared

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
_NAMES = ("load", "loads", "Unpickler", "open", "read_pickle")


def _check(declared: Declared) -> Iterator[Finding]:
    script = declared.script
    for name, node in script.calls if script else ():
        if script and name.startswith(_LOADERS) and name.rpartition(".")[2] in _NAMES:
            if any(keyword.arg == "weights_only" for keyword in node.keywords):
                continue  # torch reads no objects then
            what = f"the script calls {name}, which runs what is in the file"
            fix = "keep the model in a format that holds data alone; or ignore this with the reason why it is trusted"
            yield RULE.finding(what, fix=fix, at=at(script.path, node))


RULE = Rule(
    code="STP124",
    title="A pickle that is loaded",
    why="To load a pickle is to run what is in it, with the role of the job: a model that somebody else made can do whatever "
    "that role may. Formats that hold data alone (JSON, ONNX, safetensors) cannot.",
    about=About.STEP,
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        '    args = parse_args(argv)\n    import pickle\n\n    pickle.load(open(args.source_dir, "rb"))\n',
    ),
    check=_check,
)
