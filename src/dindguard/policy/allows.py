"""The register of allows: which of them cover a finding, and which silence nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.documents.syntax import TREES
from dindguard.findings import Finding, Status, Subject
from dindguard.model.container import Container
from dindguard.policy import allow_text
from dindguard.policy.before import Before
from dindguard.policy.complaints import Complaint, Standing
from dindguard.rules import blamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dindguard.policy.allow_text import Allow
    from dindguard.policy.surroundings import Surroundings
    from dindguard.source import Notice, Source, Span


class Allows:
    """The allows of the scanned texts and of the sidecars beside JSON files."""

    def __init__(self, around: Surroundings, sidecars: Iterable[Source]) -> None:
        self.around = around
        self.allows = list(_read(around, sidecars)) if around.trusted else []
        self._by_rule: dict[str, list[Allow]] = {}
        for each in self.allows:
            for rule in dict.fromkeys(each.rules):
                self._by_rule.setdefault(rule, []).append(each)
        self._used: set[tuple[Span, str]] = set()
        self._not_enough: list[Complaint] = []
        self._before = Before(around.trust.before, around.stamped) if around.trust is not None else None
        self._proposed: dict[tuple[str, str, str, str], Allow] = {}

    def standing(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return *allowed* when an allow in force covers any place of a subject's part of a finding."""
        excuse = self._covering(finding, subject)
        if excuse is None:
            return None
        if finding.rule.needs_approval not in self.around.config.approval.modes:
            if self._before is None or self._before.allowed(finding, subject):
                return Standing(Status.ALLOWED, excuse.reason)
            self._proposed[*subject.key, subject.mark] = excuse
            return None
        message = f"an allow does not silence {finding.rule.id}, which needs an approval record (dindguard waive)"
        at = f"{finding.rule.id}|{subject.address}"
        self._not_enough.append(Complaint("allow-not-enough", excuse.span, message, at))
        return None

    def followed(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return *allowed* when a trusted allow was moved with its file; to be asked once all have been looked up."""
        own = (*subject.key, subject.mark)
        if self._before is None or own not in self._proposed or not self._before.moved(finding, subject):
            return None
        return Standing(Status.ALLOWED, self._proposed.pop(own).reason)

    def _covering(self, finding: Finding, subject: Subject) -> Allow | None:
        candidates = self._by_rule.get(finding.rule.id)
        if not candidates:
            return None
        shared = finding.places if len(finding.subjects) == 1 else (finding.span,)
        places = (*shared, *subject.places, subject.span)
        named = blamed(subject.about)
        owner = named.span if isinstance(named, Container) else subject.span
        for each in candidates:
            if each.covers(finding.rule.id, places, owner):
                self._used.add((each.span, finding.rule.id))
                if each.until is None or each.until >= self.around.today:
                    return each
        return None

    def complaints(self) -> Iterator[Complaint]:
        """Yield the allows that are malformed, have run out, silence nothing, or would need to be a waiver."""
        yield from self._not_enough
        for (rule, _, at, _), each in self._proposed.items():
            message = f"the allow of {rule} for {at}: proposed, not in force"
            yield Complaint("policy-weakened", each.span, message, f"{rule}|{at}")
        for each in self.allows:
            names = ", ".join(each.rules)
            unused = [r for r in each.rules if r in self.around.active and (each.span, r) not in self._used]
            if each.fault:
                message = f"this allow silences nothing: {each.fault}"
                yield Complaint("allow-malformed", each.span, message, names)
            elif each.until is not None and each.until < self.around.today:
                message = f"the allow of {names} ran out on {each.until}"
                yield Complaint("allow-expired", each.span, message, names)
            elif unused:
                yield Complaint(
                    "allow-unused", each.span, f"the allow of {', '.join(unused)} silences nothing", names
                )

    def notices(self) -> Iterator[Notice]:
        """Yield nothing: an allow that holds needs no words."""
        return iter(())


def _read(around: Surroundings, sidecars: Iterable[Source]) -> Iterator[Allow]:
    scripts: dict[str, set[int]] = {}
    for source in around.embedded:
        if around.syntax_of(source) not in ("", *TREES) and source.text:
            # The indicator of a block scalar stands on the line before its text.
            line = source.position(0)[0]
            scripts.setdefault(source.path, set()).update((line, line - 1))
    starts = {path: frozenset(lines) for path, lines in scripts.items()}
    texts = (*around.sources.values(), *around.embedded)
    yield from allow_text.find(texts, around.syntax_of, around.known, starts)
    for sidecar in sidecars:
        yield from allow_text.in_sidecar(sidecar, around.known)
