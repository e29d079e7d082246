"""Which rules hold where, and with which severity: the configuration, its overrides, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dindguard import __version__
from dindguard import rules as engine
from dindguard.errors import UserError
from dindguard.policy.config import version
from dindguard.records import replace
from dindguard.rules import Problem, Profile, Rule, Severity, Undecided
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.policy.config import Config, Override


Lowered = Callable[[Rule, Any, Severity, Span], tuple[int, str]]
"""By how many levels a rule's findings about a subject are lowered, and why."""


class Regime:
    """What is asked of each path. ``overrides`` are those of nested configurations, the deepest last.

    ``active`` are the rules to run, ``muted`` the ids of policy's own rules that are off. Raises
    :class:`~dindguard.errors.UserError` for a rule that does not exist.
    """

    def __init__(
        self,
        config: Config,
        rules: tuple[Rule, ...],
        *,
        profile: Profile | None = None,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        overrides: Iterable[Override] = (),
    ) -> None:
        self.config = config
        self.overrides = (*config.overrides, *overrides)
        least = Profile.ALL if config.least_profile is Profile.ALL else None
        profile = least or profile
        self.profile = profile or config.profile
        self._by_path = profile is None
        select = select or config.selected
        self.narrowed = bool(select)
        if not (select or ignore or config.named_rules or self.overrides):
            self.active, self.muted = tuple(engine.selected(rules, profile=self.profile)), frozenset[str]()
            return
        from dindguard.policy.catalogue import GUARDS, RULES

        check_rules(config, rules)
        off = {*ignore, *config.disabled}
        guards = (rule for rule in GUARDS if off.isdisjoint((rule.id, rule.category)))
        widest = Profile.ALL if any(each.profile is Profile.ALL for each in self.overrides) else self.profile
        chosen = tuple(
            engine.selected(
                (*rules, *RULES.values()),
                profile=self.profile if profile is not None else widest,
                select=select,
                ignore=(*ignore, *config.disabled),
            )
        )
        on = {rule.id for rule in (*chosen, *guards, *filter(config.keeps, (*rules, *RULES.values())))}
        self.active = tuple(self._asked(rule) for rule in rules if rule.id in on)
        self.muted = frozenset(set(RULES) - on)

    def _asked(self, rule: Rule) -> Rule:
        """Return a rule that speaks only of files that it is asked of."""
        if not self.overrides:
            return rule

        def check(subject: Any) -> Iterator[Problem | Undecided]:
            return (said for said in rule.check(subject) if self.wants(rule, said.at.span.path))

        return replace(rule, check=check)

    def wants(self, rule: Rule, path: str) -> bool:
        """Whether a rule is asked of what stands in a file; one that the organisation keeps is asked everywhere."""
        if self.config.keeps(rule):
            return True
        profile = self.profile
        for each in self.overrides:
            if each.covers(path):
                if rule.id in each.disabled:
                    return False
                profile = each.profile or profile if self._by_path else profile
        return self.narrowed or profile is Profile.ALL or rule.profile is not Profile.ALL

    def holding(self, lowered: Lowered) -> Lowered:
        """Return how findings are lowered: as given, and those of rules newer than was agreed to down to the least.

        Raises :class:`~dindguard.errors.UserError` when that is newer than this program.
        """
        agreed = self.config.rules_as_of
        if not agreed:
            return lowered
        if agreed > version(__version__):
            problem = f"'rules-as-of' is above this dindguard's version, {__version__}: upgrade, or lower it"
            raise UserError(f"{self.config.origins['rules-as-of']}: {problem}")

        def graded(rule: Rule, subject: Any, severity: Severity, at: Span) -> tuple[int, str]:
            held = self.config.held(rule)
            return (int(Severity.CRITICAL), held) if held else lowered(rule, subject, severity, at)

        return graded

    def severity(self, rule: Rule, path: str) -> Severity | None:
        """Return the severity that a rule is given for what stands in a file; ``None`` for its own.

        A rule that the organisation keeps may be given a graver one only.
        """
        found = next(
            (o.severities[rule.id] for o in reversed(self.overrides) if rule.id in o.severities and o.covers(path)),
            self.config.severities.get(rule.id),
        )
        kept = found is not None and found < rule.severity and self.config.keeps(rule)
        return None if kept else found


def check_rules(config: Config, rules: Iterable[Rule]) -> None:
    """Raise :class:`~dindguard.errors.UserError` for a rule that a configuration names and that does not exist."""
    from dindguard.policy.catalogue import RULES

    config.check_rules({*RULES, *(rule.id for rule in rules)}, {rule.category for rule in (*rules, *RULES.values())})
