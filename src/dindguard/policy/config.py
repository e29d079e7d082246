"""The configuration of a scanned tree: data that can silence, and never runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.model.policy import Fact, Policy
from dindguard.patterns import decimal
from dindguard.records import field, record
from dindguard.rules import Profile, Rule, Severity, nearest
from dindguard.source import Span

if TYPE_CHECKING:
    import pathspec

    from dindguard.policy.declared import Declared

FILE_NAME = ".dindguard.yaml"
BASELINE_FILE = ".dindguard/baseline.json"
WAIVER_FILE = ".dindguard/waivers.yaml"
SIDECAR = ".allow.yaml"
"""``FILE`` with this behind it holds the allows of a JSON file, which has no comments."""
MISNAMED = ".dindguard.yml"
PROJECT = "pyproject.toml"
SEVERITIES = {severity.word: severity for severity in Severity}
LOOSENED = ("profile", "severity", "disable")
"""What configurations in folders may be let loosen."""
MODES = ("privileged", "socket", "sysbox")
A_YEAR = 366
"""The longest waiver, in days, that somebody may give themselves."""


def version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version of dindguard, without what follows them."""
    return tuple(number for number in map(decimal, text.split(".")) if number is not None)


@record(kw_only=True)
class Approval:
    """What an approval record must hold.

    ``modes`` are those that only a waiver may silence; ``roles`` must each be among the approvers;
    ``max_days`` is the longest time from approval to expiry, ``max_days_critical`` for critical findings;
    ``warn_days`` before the expiry a notice appears; ``codeowners`` asks that approvers be owners of the
    waiver file. ``alone`` is for a repository of one person: owners approve for themselves, and that is said.
    ``people`` gives the spellings of each person, ``holders`` the people of each role, where somebody says who.
    """

    modes: tuple[str, ...] = ("privileged", "socket")
    roles: tuple[str, ...] = ("architecture", "security")
    max_days: int = 180
    max_days_critical: int = 90
    warn_days: int = 14
    codeowners: bool = False
    alone: bool = False
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@record(kw_only=True)
class Override:
    """What holds for some paths in place of the rest.

    ``paths`` are patterns as in ``.gitignore``, for the folder ``base``; ``profile`` is ``None`` where it stays.
    """

    paths: tuple[str, ...]
    disabled: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    profile: Profile | None = None
    base: str = ""
    span: Span = Span("")

    def covers(self, path: str) -> bool:
        """Whether it is about a file."""
        if self.base and not path.startswith(f"{self.base}/"):
            return False
        return self._patterns.match_file(path.removeprefix(f"{self.base}/" if self.base else ""))

    @property
    def said(self) -> tuple[object, ...]:
        """What it says, wherever that is written."""
        return self.base, self.paths, self.disabled, tuple(self.severities.items()), self.profile

    @property
    def loosens(self) -> bool:
        """Whether it may silence or lower anything."""
        return bool(self.disabled or self.severities) or self.profile is Profile.RECOMMENDED

    @cached_property
    def _patterns(self) -> pathspec.GitIgnoreSpec:
        import pathspec

        return pathspec.GitIgnoreSpec.from_lines(self.paths)


@record(kw_only=True)
class Config:
    """What holds for one scan. ``origins`` says where each value that is not a default was written.

    ``nested`` names the settings that configurations in folders may loosen. ``kept``, ``least_…``, ``runners``
    and ``runtime_classes`` come from an organisation's floor only.
    ``rules`` are the repository's own, without code.
    ``rules_as_of`` is the version whose rules the repository has agreed to: newer ones are told, and fail nothing.
    """

    profile: Profile = Profile.RECOMMENDED
    fail_on: Severity = Severity.HIGH
    severities: Mapping[str, Severity] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    rules: tuple[Declared, ...] = ()
    nested: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allowed_registries: tuple[str, ...] = ()
    first_party_socket_users: tuple[str, ...] = ()
    minimum_engine: tuple[int, ...] = ()
    rules_as_of: tuple[int, ...] = ()
    approval: Approval = field(default_factory=Approval)
    baseline: str = ""
    kept: tuple[str, ...] = ()
    least_profile: Profile | None = None
    least_fail_on: Severity | None = None
    runners: Mapping[str, Fact] = field(default_factory=dict)
    runtime_classes: Mapping[str, Fact] = field(default_factory=dict)
    origins: Mapping[str, Span] = field(default_factory=dict)
    file: str = ""
    """The file it comes from; empty when there is none."""

    def rule_policy(self) -> Policy:
        """Return what rules are told of it."""
        return Policy(
            allowed_registries=self.allowed_registries,
            first_party_socket_users=self.first_party_socket_users,
            require_approval_for=frozenset(self.approval.modes),
            minimum_engine=self.minimum_engine,
            runners=self.runners,
            runtime_classes=self.runtime_classes,
        )

    def threshold(self, asked: Severity | None) -> Severity:
        """Return the severity from which the gate fails: the one asked for, as long as the organisation lets it."""
        least = self.least_fail_on
        wanted = self.fail_on if asked is None else asked
        return wanted if least is None else min(wanted, least)

    def keeps(self, rule: Rule) -> bool:
        """Whether the organisation wants a rule on, and as grave as it is."""
        return rule.id in self.kept or rule.category in self.kept

    def held(self, rule: Rule) -> str:
        """Return why a rule's findings are information only: it is newer than what was agreed to. Else nothing."""
        if not self.rules_as_of or self.keeps(rule) or "/" in rule.id or version(rule.since) <= self.rules_as_of:
            return ""
        return f"the rule came with {rule.since}, after rules-as-of {'.'.join(map(str, self.rules_as_of))}"

    @property
    def summary(self) -> tuple[str, ...]:
        """What a report says about it, in words."""
        count = len(self.disabled)
        return (f"{count} rule{'s' * (count != 1)} off by configuration",) if count else ()

    @property
    def named_rules(self) -> tuple[str, ...]:
        """The rules and categories that it names."""
        own = (*self.selected, *self.kept, *self.disabled, *self.severities)
        return (*own, *(name for each in self.overrides for name in (*each.disabled, *each.severities)))

    def check_rules(self, known: Collection[str], categories: Collection[str]) -> None:
        """Raise :class:`UserError` for a rule id, or a category to select, that does not exist."""
        for name in self.named_rules:
            if name not in known and not (name in (*self.selected, *self.kept) and name in categories):
                keys = (
                    f"disable.{name}",
                    f"severity.{name}",
                    f"select.{name}",
                    f"keep.{name}",
                    f"overrides.{name}",
                    FILE_NAME,
                )
                place = next((self.origins[key] for key in keys if key in self.origins), self.file)
                raise UserError(f"{place}: there is no rule '{name}'{nearest(name, known)}")
