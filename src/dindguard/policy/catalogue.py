"""The rules that policy itself speaks through: what is wrong with allows, waivers and the baseline."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.policy.pages import PAGES
from dindguard.rules import Profile, Rule, Severity


def _nothing(_: object) -> Iterable[object]:
    """Policy emits these findings; no model object is asked."""
    return ()


def _rule(id: str, severity: Severity) -> Rule:  # noqa: A002 - it is the rule's id
    return Rule(
        id, object, severity, "policy", "0.1.0", _nothing, 1059,  # type: ignore[arg-type]  # never run over a model
        profile=Profile.RECOMMENDED, formats="it speaks of the policy's own files", text=PAGES[id],
    )  # fmt: skip


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        _rule("allow-malformed", Severity.HIGH),
        _rule("allow-expired", Severity.HIGH),
        _rule("allow-unused", Severity.LOW),
        _rule("allow-not-enough", Severity.LOW),
        _rule("waiver-malformed", Severity.HIGH),
        _rule("waiver-expired", Severity.HIGH),
        _rule("waiver-too-long", Severity.HIGH),
        _rule("waiver-self-approved", Severity.HIGH),
        _rule("waiver-lacks-role", Severity.HIGH),
        _rule("waiver-approver-unknown", Severity.HIGH),
        _rule("waiver-changed", Severity.HIGH),
        _rule("waiver-unused", Severity.LOW),
        _rule("waiver-twice", Severity.MEDIUM),
        _rule("policy-weakened", Severity.MEDIUM),
        _rule("baseline-entry-gone", Severity.INFO),
        _rule("baseline-grace-over", Severity.MEDIUM),
    )
}

GUARDS = (RULES["policy-weakened"],)
"""What a selection of rules leaves on: it says what containers are asked, not who may loosen that."""
