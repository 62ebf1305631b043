"""The page of each code, generated from its rule, and the index. `python -m stepsmith.rules.pages FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.diagnostics.catalogue import RETIRED, rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stepsmith.diagnostics.rule import RetiredRule

_INDEX = (
    "Every error and warning of Stepsmith has a code. `stepsmith check --explain CODE` prints the page of a code. The "
    "pages are generated from the source (`make rule-pages`)."
)
# A comment in a file can ignore findings about these.
_IGNORABLE = (About.PIPELINE, About.STEP, About.COMMENT)
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".json": "json"}
_MOST_CHARACTERS = 100
_RUFF = "https://docs.astral.sh/ruff/rules/#flake8-bandit-s"


def page_of(rule: Rule) -> str:
    """The page of a code: what is wrong, why it matters, how to fix it, and an example if there is one."""
    parts = [
        f"# {rule.code}: {rule.title}",
        f"{'A warning' if rule.is_warning else 'An error'} about {rule.about.value}.",
        f"## Why\n\n{rule.why}",
        f"## How to fix it\n\n{rule.fix}",
    ]
    if rule.example:
        parts += _example(rule.example)
        parts.append(_how_to_ignore(rule))
    return "\n\n".join(parts) + "\n"


def retired_page_of(rule: RetiredRule) -> str:
    """The page of a code that is no longer reported: what reports the problem now."""
    return (
        f"# {rule.code}: {rule.title}\n\nRetired: Stepsmith no longer reports this code. To find the problem, run "
        f"[Ruff]({_RUFF}) on your scripts: `ruff check --select {','.join(rule.ruff)}`.\n\n"
        f"A comment that ignores {rule.code} has no effect. You can remove it.\n"
    )


def index_of(listed: Collection[Rule]) -> str:
    """The list of the codes, by what they are about."""
    parts = ["# Codes", _INDEX]
    for about in About:
        rows = [
            f"| [{rule.code}]({rule.code}.md) | {rule.title} | {'warning' if rule.is_warning else 'error'} |"
            for rule in listed
            if rule.about is about
        ]
        heading = f"## About {about.value.partition(':')[0]}"
        parts.append("\n".join([heading, "", "| code | problem | severity |", "| --- | --- | --- |", *rows]))
    rows = [f"| [{rule.code}]({rule.code}.md) | {rule.title} | {', '.join(rule.ruff)} |" for rule in RETIRED.values()]
    parts.append(
        "\n".join(["## Retired", "", f"| code | problem | [Ruff's rules]({_RUFF}) |", "| --- | --- | --- |", *rows])
    )
    return "\n\n".join(parts) + "\n"


def write_pages(folder: Path) -> None:
    """Writes the pages and their index into a folder, and removes pages of codes that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    for code, rule in rules().items():
        (folder / f"{code}.md").write_text(page_of(rule), encoding="utf-8")
    for code, retired in RETIRED.items():
        (folder / f"{code}.md").write_text(retired_page_of(retired), encoding="utf-8")
    (folder / "README.md").write_text(index_of(rules().values()), encoding="utf-8")


def _example(example: Example) -> Iterator[str]:
    language = _LANGUAGES[PurePosixPath(example.file).suffix]
    yield f"## Bad\n\n{_block(example.bad, example.file, language)}"
    yield f"## Good\n\n{_block(example.good, example.file, language)}"


def _how_to_ignore(rule: Rule) -> str:
    if rule.about not in _IGNORABLE:
        return f"To ignore it: `stepsmith check --ignore {rule.code}`."
    comment = f"# stepsmith: ignore {rule.code} because ..."
    return (
        f"To ignore it, write a comment with the reason: `{comment}`, on the same line or on a line of its own above."
    )


def _block(text: str, file: str, language: str) -> str:
    """An excerpt of a file. If the text is empty, the other excerpt is missing from the file."""
    name = PurePosixPath(file).name
    if not text.strip():
        return f"Without it, in `{name}`."
    excerpt = "\n".join(_shortened(line) for line in text.strip("\n").split("\n"))
    return f"In `{name}`:\n\n```{language}\n{excerpt}\n```"


def _shortened(line: str) -> str:
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}…"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
