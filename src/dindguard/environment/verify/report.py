"""All checks over all answers, and the report of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from dindguard.environment import labels
from dindguard.environment.spec import Isolation
from dindguard.environment.verify import access, confinement, upkeep
from dindguard.environment.verify.answers import Answers
from dindguard.environment.verify.result import Outcome, Result
from dindguard.errors import INCOMPLETE, UserError
from dindguard.printable import printable

CHECKS = (*confinement.CHECKS, *access.CHECKS, *upkeep.CHECKS)
_MARKS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAILED",
    Outcome.UNKNOWN: "UNKNOWN",
    Outcome.NOT_APPLICABLE: "-",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What one verification found, and under whose consent."""

    environment: str
    isolation: Isolation
    consent: str
    taken: float
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every check that applies passed; one that could not be made counts as failed."""
        good = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
        return all(result.outcome in good for result in self.results)

    def headline(self) -> str:
        """Say in one line what was verified; a level is never called safe otherwise."""
        applicable = [result for result in self.results if result.outcome is not Outcome.NOT_APPLICABLE]
        good = sum(result.outcome is Outcome.PASSED for result in applicable)
        counted = f"{good} of {len(applicable)} checks passed"
        name = printable(self.environment)
        if not self.passed:
            return f"{name}: NOT VERIFIED as {self.isolation}, {counted}"
        if self.isolation is Isolation.PRIVILEGED:
            return f"{name}: privileged, accepted under {self.consent}; not isolated from the host, {counted}"
        return f"{name}: {self.isolation}, verified in this run, {counted}"

    def text(self, *, everything: bool = True) -> str:
        """Return the report for people; without ``everything``, only what did not pass."""
        lines = []
        for result in self.results:
            if not everything and result.outcome in {Outcome.PASSED, Outcome.NOT_APPLICABLE}:
                continue
            lines.append(f"  {_MARKS[result.outcome]:<8} {result.check:<28} {result.found}")
            if result.remedy:
                lines.append(f"  {'':<8} {'':<28} instead: {result.remedy}")
        return "\n".join([*lines, self.headline()])

    def json(self) -> str:
        """Return the report as a JSON document."""
        document = {
            "environment": self.environment,
            "isolation": self.isolation.value,
            "consent": self.consent or None,
            "taken": labels.timestamp(self.taken),
            "verified": self.passed and self.isolation is not Isolation.PRIVILEGED,
            "passed": self.passed,
            "checks": [asdict(result) for result in self.results],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)


class NotVerifiedError(UserError):
    """An environment did not pass; ``report`` says where."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.text(everything=False) + "\nthe environment was removed again", INCOMPLETE)
        self.report = report


def judge(answers: Answers) -> Report:
    """Judge recorded answers: a pure function."""
    return Report(
        environment=answers.labels[labels.ENVIRONMENT],
        isolation=answers.isolation,
        consent=printable(answers.labels.get(labels.CONSENT, "")),
        taken=answers.taken,
        results=tuple(check(answers) for check in CHECKS),
    )
