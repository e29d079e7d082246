"""What a register says of its own entries: the findings and notices that policy emits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dindguard.findings import Finding, Subject
from dindguard.policy.catalogue import RULES
from dindguard.records import field, record
from dindguard.rules import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from dindguard.findings import Status
    from dindguard.rules import Severity
    from dindguard.source import Notice, Span


@record
class Complaint:
    """Something wrong with an entry: a rule of policy, the place, words, and what tells it from others.

    ``content`` is what an entry holds, where two of one name may hold different things.
    """

    rule: str
    span: Span
    message: str
    at: str
    content: str = ""

    def finding(self, severities: Mapping[str, Severity]) -> Finding:
        """Return it as a finding, with the severity that the configuration gives its rule."""
        rule = RULES[self.rule]
        return Finding(
            rule=rule,
            severity=severities.get(self.rule, rule.severity),
            confidence=Confidence.HIGH,
            message=self.message,
            span=self.span,
            subjects=(Subject(self.message, self.rule, self.at, self.span.path, self.span),),
        )


@record
class Standing:
    """What an entry makes of a subject: its status, the reason in its author's words, and the entry as data."""

    status: Status
    reason: str
    record: Mapping[str, Any] = field(default_factory=dict)


class Register(Protocol):
    """Entries that silence findings. Each subject is looked up once; then the register tells what is wrong with it."""

    def standing(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return what an entry makes of a subject; ``None`` when none is about it or it cannot be used."""

    def complaints(self) -> Iterator[Complaint]:
        """Yield what is wrong with the entries, once every subject has been looked up."""

    def notices(self) -> Iterator[Notice]:
        """Yield what people should know of entries that hold."""
