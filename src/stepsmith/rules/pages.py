"""The page of each rule, made of the rule itself, and the list of them. `python -m stepsmith.rules.pages FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stepsmith.rules.rule import About
from stepsmith.rules.table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepsmith.rules.rule import Rule

_ABOUT = {
    About.STEP: "a step: its contract, specification, config, builder and script",
    About.PIPELINE: "a pipeline.yaml",
    About.DEFINITION: "a pipeline definition, whoever wrote it; `stepsmith validate` finds it too",
}
_ABOUT_ALL = (
    "What can be seen of a step, of a pipeline and of a definition without running anything. Each page is made of its "
    "rule (`make rule-pages`), and says what is wrong, why it is, and how it looks with the fault and without."
)
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".json": "json"}
_MOST_CHARACTERS = 100


def page_of(rule: Rule) -> str:
    """A rule's page: what is wrong, why it is, and an example with it and without."""
    example = rule.example
    language = _LANGUAGES[PurePosixPath(example.file).suffix]
    parts = [
        f"# {rule.code}: {rule.title}",
        f"{'A warning' if rule.is_warning else 'An error'} about {_ABOUT[rule.about]}.",
        f"## Why\n\n{rule.why}",
        f"## Bad\n\n{_block(example.bad, example.file, language)}",
        f"## Good\n\n{_block(example.good, example.file, language)}",
        f"To ignore it where it is meant, with the reason: `# stepsmith: ignore {rule.code} because …`, on its line or "
        "alone on the one above."
        if rule.about is not About.DEFINITION
        else f"To leave it out: `stepsmith check --ignore {rule.code}`.",
    ]
    return "\n\n".join(parts) + "\n"


def index_of(rules: Iterable[Rule]) -> str:
    """The list of the rules, by what they are about."""
    rules = list(rules)
    parts = [
        "# The rules of `stepsmith check`",
        _ABOUT_ALL,
    ]
    for about, what in _ABOUT.items():
        rows = [
            f"| [{rule.code}]({rule.code}.md) | {rule.title} | {'warning' if rule.is_warning else 'error'} |"
            for rule in rules
            if rule.about is about
        ]
        heading = what.partition(":")[0].partition(",")[0]
        parts.append("\n".join([f"## About {heading}", "", "| code | the fault | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def write_pages(folder: Path) -> None:
    """Writes the pages and their list into a folder, and removes those of rules that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    for code, rule in RULES.items():
        (folder / f"{code}.md").write_text(page_of(rule), encoding="utf-8")
    (folder / "README.md").write_text(index_of(RULES.values()), encoding="utf-8")


def _block(text: str, file: str, language: str) -> str:
    """A part of a file, as it stands there; one with nothing in it is what is left out."""
    if not text.strip():
        return f"Without it, in `{PurePosixPath(file).name}`."
    told = "\n".join(_shortened(line) for line in text.strip("\n").split("\n"))
    return f"In `{PurePosixPath(file).name}`:\n\n```{language}\n{told}\n```"


def _shortened(line: str) -> str:
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}…"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
