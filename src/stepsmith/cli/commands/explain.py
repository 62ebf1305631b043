"""`stepsmith explain`: what fills each input of a pipeline, by which rule, and what does not, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.console.screen import print_json, print_line, print_wrapped
from stepsmith.cli.options import json_option, pipeline_argument
from stepsmith.diagnostics import About, ResolutionError, Rule, finding_as_json, render_text, suggest_names
from stepsmith.pipeline.load import resolved_pipeline
from stepsmith.resolve.explanation import NewRejections

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.compilation import Compilation
    from stepsmith.resolve.explanation import Explanation, RejectedSource

_DEEPER = 4


@click.command("explain")
@pipeline_argument
@click.argument("place", metavar="[STEP[.INPUT]]", required=False)
@click.option("--all", "shows_all", is_flag=True, help="Show everything that does not fill each input, of every step.")
@json_option
def command(pipeline: Path, place: str | None, shows_all: bool, as_json: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Show what fills each input, by which rule, and what does not and why.

    The rules, the first that has a source: wired, exact name, written, alias, keyword. Exits with 1 when a required
    input is not filled.

    For a whole pipeline, what does not fill an input is shown once: a later step of the same type, whose input the same
    rule fills, shows only what is new. With STEP or --all everything is shown. JSON has "losers" only with STEP or
    --all.

    \b
    Example: stepsmith explain pipeline.yaml package.model_input
    """
    compilation = resolved_pipeline(pipeline)
    selected = _select(compilation.resolved, place)
    shows_all = shows_all or place is not None
    if as_json:
        inputs = [
            _as_json(compilation, step, explanation, shows_all)
            for step, explanations in selected.items()
            for explanation in explanations
        ]
        print_json({"inputs": inputs})
    else:
        _say(compilation, selected, None if shows_all else NewRejections())
    return int(any(explanation.error is not None for explanations in selected.values() for explanation in explanations))


def _select(explained: dict[str, list[Explanation]], place: str | None) -> dict[str, list[Explanation]]:
    """What was asked of: a step, one of its inputs, or all."""
    if place is None:
        return explained
    step, _, name = place.partition(".")
    if step not in explained:
        raise ResolutionError("RES006", f"no step is named {step!r}", fix=suggest_names(step, explained))
    explanations = [explanation for explanation in explained[step] if name in ("", explanation.dependency.logical_name)]
    if name and not explanations:
        names = [explanation.dependency.logical_name for explanation in explained[step]]
        raise ResolutionError("RES006", f"the step {step!r} has no input {name!r}", fix=suggest_names(name, names))
    return {step: explanations}


def _say(compilation: Compilation, selected: dict[str, list[Explanation]], new: NewRejections | None) -> None:
    """Says all about each input; of its losers only the new ones, if so asked."""
    for step, explanations in selected.items():
        if not explanations:
            print_line(f"{step} needs nothing from other steps")
        for explanation in explanations:
            losers = new.of(compilation.steps[step].step_type, explanation) if new else explanation.rejected()
            _print_input(compilation, step, explanation, losers)
    if new and new.has_repeats:
        print_line("Repeated reasons are left out. To see them, name a STEP or add --all.")


def _print_input(
    compilation: Compilation, step: str, explanation: Explanation, losers: Iterable[RejectedSource]
) -> None:
    head = f"{step}.{explanation.dependency.logical_name}"
    if explanation.source:
        print_wrapped(f"{head}: {explanation.source}, by {explanation.source.rule}", indent=_DEEPER)
    else:
        print_wrapped(
            f"{head}: nothing{'' if explanation.dependency.required else ', and nothing has to'}", indent=_DEEPER
        )
    if explanation.error:
        for line in render_text(_located(compilation, step, explanation, explanation.error)).splitlines():
            print_wrapped(f"    {line}", indent=_DEEPER + 2)
    reasons: dict[str, list[str]] = {}
    for loser in losers:
        reasons.setdefault(loser.reason, []).append(loser.source)
    for reason, sources in reasons.items():
        print_wrapped(f"    not {', '.join(sources)}: {reason}", indent=_DEEPER + 2)


def _located(compilation: Compilation, step: str, explanation: Explanation, error: ResolutionError) -> list[Finding]:
    field = explanation.dependency.logical_name
    return [compilation.locate(finding.inside("steps", step, field)) for finding in error.findings]


def _as_json(
    compilation: Compilation,
    step: str,
    explanation: Explanation,
    shows_all: bool,  # noqa: FBT001 - inside
) -> dict[str, Any]:
    located = _located(compilation, step, explanation, explanation.error) if explanation.error else ()
    return {
        "step": step,
        "input": explanation.dependency.logical_name,
        "required": explanation.dependency.required,
        "source": str(explanation.source) if explanation.source else None,
        "rule": explanation.source.rule if explanation.source else None,
        **({"losers": [asdict(loser) for loser in explanation.rejected()]} if shows_all else {}),
        "findings": [finding_as_json(finding) for finding in located],
    }


RULES = (
    Rule(
        "RES006",
        "An unknown step or input",
        "`stepsmith explain` was asked about a step or an input that the pipeline does not have.",
        About.PIPELINE,
        "Correct the name. Without a name, the command explains every input.",
    ),
)
