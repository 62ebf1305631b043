"""Why an input is filled by what fills it, and by nothing else: the resolver's own rules, asked to their end.

What fills an input costs what it costs the resolver. What does not is computed only when someone asks: in a chain, each
step has all those before it to say no to.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from stepsmith.diagnostics import ResolutionError
from stepsmith.resolve.compatibility import mismatch
from stepsmith.resolve.resolver import (
    PRECEDENCE,
    WIRED,
    WRITTEN,
    Source,
    candidates_of,
    rule_for,
    select,
    shares_keyword,
    unresolved_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from stepsmith.definition.references import Reference
    from stepsmith.resolve.resolver import Candidates
    from stepsmith.resolve.upstream import Provider, Upstream
    from stepsmith.step.specification import DependencySpec, StepSpecification


@dataclass(frozen=True, slots=True)
class RejectedSource:
    """What could have filled an input and does not, and why."""

    source: str
    reason: str
    # The rule that would have it fill the input, "" where none would.
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An input, what fills it, and what is wrong where nothing does that has to."""

    dependency: DependencySpec
    source: Source | None
    error: ResolutionError | None
    upstream: Upstream
    is_written: bool
    # What the first rule takes that has something to say: one candidate, or several that tie, or an error.
    rank: Candidates | None

    def rejected(self, explained: Collection[str] = ()) -> list[RejectedSource]:
        """What does not fill the input and why, in the order of the rules.

        Leaves out the steps named in `explained`, unless they tie. Takes time linear in the others.
        """
        offered = (
            Source(rule_for(self.dependency, source, output), source, output)
            for source in self.upstream.without(explained)
            for output in source.specification.outputs
        )
        contenders = self.rank.candidates if self.rank else ()
        config_source = [Source(WRITTEN)] if self.is_written else []
        by_name: dict[str, Source] = {}
        for source in chain(contenders, config_source, offered):
            by_name.setdefault(str(source), source)
        by_name.pop(str(self.source), None)
        tied = {str(source) for source in contenders}
        losers = [
            RejectedSource(name, self._reason(source, is_tied=name in tied), source.rule)
            for name, source in by_name.items()
        ]
        return sorted(losers, key=lambda loser: (*PRECEDENCE, "").index(loser.rule))

    def rivals(self) -> Iterator[tuple[Source, int]]:
        """What would fill the input by a rule, were its value not written: the last of each kind, and how many it has.

        Nothing is listed one by one, so that it takes time linear in the kinds of steps.
        """
        for last, count in self.upstream.last_by_specification():
            for output in last.specification.outputs:
                if rule := rule_for(self.dependency, last, output):
                    yield Source(rule, last, output), count

    def _reason(self, source: Source, *, is_tied: bool) -> str:
        if self.rank is None or not source.rule:
            return _unranked(self.dependency, source)
        winner = self.rank.rule
        if is_tied:
            return "it is of no type that the input takes" if winner == WIRED else f"tied by {winner}"
        if source.rule == winner:
            return f"by {winner} too, and further away"
        return f"by {source.rule}, and {winner} goes before"


class NewRejections:
    """The losers of one explanation after the other, without those that an earlier one had for the same reason.

    Why an output does not fill an input depends on the input, the rule that wins and the output, not on the step. So of
    the inputs of one name and step type that one rule fills, only the first has to show it.
    """

    def __init__(self) -> None:
        # By step type, input, rule and error: the steps with nothing left to show, and all losers that were shown.
        self._explained_steps: dict[tuple[str, ...], set[str]] = {}
        self._printed: dict[tuple[str, ...], set[RejectedSource]] = {}
        self.has_repeats = False

    def of(self, step_type: str, explanation: Explanation) -> list[RejectedSource]:
        """The losers of an input that are new for a step of this type."""
        rule = explanation.rank.rule if explanation.rank else ""
        code = explanation.error.code if explanation.error else ""
        key = (step_type, explanation.dependency.logical_name, rule, code)
        explained, printed = self._explained_steps.setdefault(key, set()), self._printed.setdefault(key, set())
        losers = explanation.rejected(explained)
        new = [loser for loser in losers if loser not in printed]
        # What fills this input, or ties for it, may lose the next one for another reason.
        contenders = explanation.rank.candidates if explanation.rank else ()
        own = {source.provider.name for source in contenders if source.provider}
        others = explanation.upstream.predecessors - own
        self.has_repeats |= not explained.isdisjoint(others) or len(new) < len(losers)
        explained |= others
        printed.update(new)
        return new


def explain(
    specification: StepSpecification,
    upstream: Upstream,
    wired: Mapping[str, str | Reference],
    configured: Collection[str] = (),
    settable: Collection[str] = (),
    elsewhere: Callable[[], Iterable[Provider]] = tuple,
) -> list[Explanation]:
    """What fills each dependency, in the specification's order, and what does not. It takes what `resolve` does."""
    explanations = []
    for dependency in specification.dependencies:
        name = dependency.logical_name
        rank = next(candidates_of(dependency, upstream, wired.get(name), name in configured), None)
        source, error = None, None
        try:
            source = select([rank] if rank else [])
            if source is None and dependency.required:
                raise unresolved_error(dependency, upstream, settable, elsewhere)
        except ResolutionError as raised:
            error = raised
        explanations.append(Explanation(dependency, source, error, upstream, name in configured, rank))
    return explanations


def _unranked(dependency: DependencySpec, offered: Source) -> str:
    """Why no rule would have an output fill an input."""
    provider, output = offered.provider, offered.output
    if provider is None or output is None:
        return ""
    name = dependency.logical_name
    keywords = shares_keyword(dependency, output)
    shares_name = name == output.logical_name or name in output.aliases
    if (shares_name or keywords) and (reason := mismatch(dependency, output)):
        return reason
    if keywords and not dependency.required:
        return "it shares a keyword, which fills required inputs only"
    if keywords:
        sources = ", ".join(dependency.compatible_sources)
        return f"it shares a keyword, and {provider.specification.step_type} is none of the input's sources: {sources}"
    return "neither its name, nor an alias, nor a keyword is the input's"
