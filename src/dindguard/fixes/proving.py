"""The proof of a fix: a scan of the edited files shows that the finding is gone, and that none is new or graver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dindguard import budget
from dindguard.fixes.blaming import Fault, Key, layers, to_blame
from dindguard.fixes.planning import Planned, Planner
from dindguard.fixes.splices import apply
from dindguard.records import record, replace
from dindguard.report import Report
from dindguard.source import Gravity

Texts = dict[str, str]
Rescan = Callable[[Mapping[str, str]], Report]


@record(eq=False)
class Proven:
    """What holds after the fixes that are proven together, and which are not, each with the reason."""

    texts: Texts
    report: Report
    kept: tuple[Planned, ...]
    dropped: tuple[tuple[Planned, str], ...]


class Effort:
    """How much has been scanned to prove the fixes of a tree, in containers."""

    def __init__(self) -> None:
        self._scanned = 0

    def add(self, report: Report) -> None:
        """Count a scan."""
        self._scanned += max(1, len(report.model.containers))

    @property
    def spent(self) -> bool:
        """Whether no more is to be tried."""
        return self._scanned > budget.FIX_PROOFS.most


def prove(
    plans: Sequence[Planned],
    texts: Texts,
    report: Report,
    rescan: Rescan,
    planner: Planner,
    effort: Effort | None = None,
) -> Proven:
    """Return what is left of ``plans`` when each group is only taken if the scan of its result says that it mends.

    ``texts`` are the files as they were edited before, ``report`` is the scan of them, ``planner`` made the plans.
    A group that fails is halved until the fix is found that fails, so that the scans are few when most plans hold. Of a
    large one those go together of whom the scan says that they fail: it may be hundreds. What no ``effort`` is left for
    is dropped.
    """
    return _Proof(texts, report, rescan, planner, effort or Effort()).of(plans)


class _Proof:
    """Proves plans that were all made of one state of a tree."""

    def __init__(self, texts: Texts, report: Report, rescan: Rescan, planner: Planner, effort: Effort) -> None:
        self._texts = texts
        self._report = report
        self._rescan = rescan
        self._planner = planner
        self._effort = effort

    def of(self, plans: Sequence[Planned]) -> Proven:
        """Return which of some plans hold, and why others do not."""
        if not plans or self._effort.spent:
            limit = budget.FIX_PROOFS
            return self._none_of({plan: f"{limit.what.format(most=limit.most)}; {limit.lost}" for plan in plans})
        self._effort.add(self._report)
        faults = [Fault("more would change than is meant")]
        if self._planner.keeps_the_rest(plans):
            edited = _edited(plans, self._texts, self._report)
            after = self._rescan(edited)
            faults = _faults(plans, self._report, after)
            if not faults:
                return Proven(edited, after, tuple(plans), ())
        if len(plans) == 1:
            return self._none_of({plans[0]: faults[0].why})
        return self._parts(plans, to_blame(plans, faults) if len(plans) > _FEW else {})

    def _parts(self, plans: Sequence[Planned], blamed: Mapping[Planned, str]) -> Proven:
        """Prove the parts of a group that fails as a whole."""
        if not blamed:
            middle = len(plans) // 2
            return self._one_by_one([plans[:middle], plans[middle:]])
        rest = [plan for plan in plans if plan not in blamed]
        if rest:
            return self._one_by_one([rest, [*blamed]])
        apart = layers(plans)  # two fixes of one container: only one of them may fail
        return self._none_of(blamed) if len(apart) == 1 else self._one_by_one(apart)

    def _one_by_one(self, groups: Sequence[Sequence[Planned]]) -> Proven:
        dropped: list[tuple[Planned, str]] = []
        for group in groups:
            found = self.of(group)
            if found.kept:  # the others were planned for other offsets: their turn comes in the next round
                return replace(found, dropped=(*dropped, *found.dropped))
            dropped += found.dropped
        return Proven(self._texts, self._report, (), tuple(dropped))

    def _none_of(self, why: Mapping[Planned, str]) -> Proven:
        return Proven(self._texts, self._report, (), tuple(why.items()))


_FEW = 32
"""Of so many fixes each that fails is found by itself."""


def _edited(plans: Iterable[Planned], texts: Texts, report: Report) -> Texts:
    made = dict(texts)
    splices: dict[str, dict[object, None]] = {}
    for plan in plans:
        for path, each in plan.splices.items():
            splices.setdefault(path, {}).update(dict.fromkeys(each))
    for path, found in splices.items():
        old = texts[path] if path in texts else report.sources[path].text
        made[path] = apply(old, found)  # type: ignore[arg-type]  # the keys are splices
    return made


def _faults(plans: Sequence[Planned], before: Report, after: Report) -> list[Fault]:
    """Return why a scan does not show that plans mend; nothing if it does."""
    old, new = _told(before), _told(after)
    brought = {name for plan in plans for name in plan.fixer.brings}
    found = [
        Fault("a scan of the result still shows the finding", plan=plan)
        for plan in plans
        if any(len(new.get(each.key, ())) >= len(old.get(each.key, ())) for each in plan.finding.subjects)
    ]
    cut = {path for kind, path in _errors(before) if kind == "budget"}
    for key, severities in new.items():
        was = old.get(key, [])
        if not was and key[1] in cut:
            continue  # a rule that had said enough of the file says more now: it may have been there before
        if key[0] not in brought and (len(severities) > len(was) or max(severities) > max(was)):
            found.append(Fault(f"it would bring {key[0]} at {key[2]} in {key[1]}", key))
    if _errors(after) - _errors(before):
        found.append(Fault("the result cannot be read"))
    return found


def _told(report: Report) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for finding in report.findings:
        for subject in finding.subjects:
            found.setdefault(subject.key, []).append(int(finding.severity))
    return found


def _errors(report: Report) -> set[tuple[str, str]]:
    errors = (each for each in report.notices if each.gravity is Gravity.ERROR)
    return {(each.kind, place.path) for each in errors for place in (each.span, *each.also)}
