"""Why an input is filled by what fills it, and by nothing else: the resolver's own rules, asked to their end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from stepsmith.diagnostics import ResolutionError
from stepsmith.layers.compatibility import mismatch
from stepsmith.layers.resolver import WIRED, Source, first, ranks_of, shares_keyword, unfilled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from stepsmith.definition.references import Reference
    from stepsmith.layers.offers import Provider, Upstream
    from stepsmith.layers.resolver import Rank
    from stepsmith.layers.specification import DependencySpec, StepSpecification


@dataclass(frozen=True, slots=True)
class Loser:
    """What could have filled an input and does not, and why."""

    source: str
    reason: str
    # The rule that would have it fill the input, "" where none would.
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An input, what fills it, what does not and why, and what is wrong where nothing does that has to."""

    dependency: DependencySpec
    source: Source | None
    losers: tuple[Loser, ...] = ()
    error: ResolutionError | None = None


def explain(
    specification: StepSpecification,
    upstream: Upstream,
    wired: Mapping[str, str | Reference],
    written: Collection[str] = (),
    settable: Collection[str] = (),
    elsewhere: Callable[[], Iterable[Provider]] = tuple,
) -> list[Explanation]:
    """What fills each dependency, in the specification's order, and what does not. It takes what `resolve` does."""
    found = []
    for dependency in specification.dependencies:
        name = dependency.logical_name
        ranks = list(ranks_of(dependency, upstream, wired.get(name), name in written))
        nothing = partial(unfilled, dependency, upstream, settable, elsewhere)
        found.append(_explained(dependency, upstream, ranks, nothing))
    return found


def _explained(
    dependency: DependencySpec, upstream: Upstream, ranks: Sequence[Rank], unfilled: Callable[[], ResolutionError]
) -> Explanation:
    source, error = None, None
    try:
        source = first(ranks)
        if source is None and dependency.required:
            raise unfilled()
    except ResolutionError as raised:
        error = raised
    candidates = [(rank, one) for rank in ranks for one in rank.candidates]
    losers = [
        Loser(str(one), _reason(rank, ranks[0]), rank.rule) for rank, one in candidates if str(one) != str(source)
    ]
    ranked = {str(one) for _, one in candidates}
    losers += [
        Loser(str(offered), _unranked(dependency, offered))
        for offered in (Source("", one, output) for one in upstream for output in one.specification.outputs)
        if str(offered) not in ranked
    ]
    by_source = {loser.source: loser for loser in reversed(losers)}  # of two rules that have one, the first is told
    return Explanation(dependency, source, tuple(reversed(by_source.values())), error)


def _reason(rank: Rank, winner: Rank) -> str:
    """Why a candidate does not fill an input, though a rule would have it."""
    if rank is winner:
        return "it is of no type that the input takes" if rank.rule == WIRED else f"tied by {rank.rule}"
    if rank.rule == winner.rule:
        return f"by {rank.rule} too, and further away"
    return f"by {rank.rule}, and {winner.rule} goes before"


def _unranked(dependency: DependencySpec, offered: Source) -> str:
    """Why no rule would have an output fill an input."""
    provider, output = offered.provider, offered.output
    if provider is None or output is None:
        return ""
    name = dependency.logical_name
    keywords = shares_keyword(dependency, output)
    named = name == output.logical_name or name in output.aliases
    if (named or keywords) and (reason := mismatch(dependency, output)):
        return reason
    if keywords and not dependency.required:
        return "it shares a keyword, which fills required inputs only"
    if keywords:
        sources = ", ".join(dependency.compatible_sources)
        return f"it shares a keyword, and {provider.specification.step_type} is none of the input's sources: {sources}"
    return "neither its name, nor an alias, nor a keyword is the input's"
