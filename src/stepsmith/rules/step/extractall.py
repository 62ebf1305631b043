"""STP123: a script unpacks an archive with no filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.rules.declared import at
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.errors import Finding
    from stepsmith.rules.declared import Declared


def _check(declared: Declared) -> Iterator[Finding]:
    script = declared.script
    for name, node in script.calls if script else ():
        is_tar = name.endswith((".extractall", ".extract")) and "zip" not in name.lower()
        keywords = {keyword.arg for keyword in node.keywords}
        if script and ((is_tar and "filter" not in keywords) or name == "shutil.unpack_archive"):
            what = f"the script unpacks an archive by {name.rpartition('.')[2]} with no filter"
            fix = "unpack by stepsmith.container.archive; or give tarfile filter='data'"
            yield RULE.finding(what, fix=fix, at=at(script.path, node))


RULE = Rule(
    code="STP123",
    title="An archive that is unpacked with no filter",
    why="Names in an archive may lead out of the folder that it is unpacked into, and overwrite what is there. Without a "
    "filter tarfile follows them, in every Python before 3.14. Source: PEP 706.",
    about=About.STEP,
    example=Example(
        "src/example_step/script.py",
        "    args = parse_args(argv)\n",
        "    args = parse_args(argv)\n    tarfile.open(args.source_dir).extractall(args.output_dir)\n",
    ),
    check=_check,
)
