"""The proof of a fix: a scan of the edited files shows that the finding is gone, and that none is new or graver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dindguard.fixes.planning import Planned, Planner
from dindguard.fixes.splices import apply
from dindguard.records import record
from dindguard.report import Report
from dindguard.source import Gravity

Texts = dict[str, str]
Key = tuple[str, str, str]
Rescan = Callable[[Mapping[str, str]], Report]


@record(eq=False)
class Proven:
    """What holds after the fixes that are proven together, and which are not, each with the reason."""

    texts: Texts
    report: Report
    kept: tuple[Planned, ...]
    dropped: tuple[tuple[Planned, str], ...]


def prove(plans: Sequence[Planned], texts: Texts, report: Report, rescan: Rescan, planner: Planner) -> Proven:
    """Return what is left of ``plans`` when each group is only taken if the scan of its result says that it mends.

    ``texts`` are the files as they were edited before, ``report`` is the scan of them, ``planner`` made the plans.
    A group that fails is halved until the
    fix is found that fails, so that the scans are few when most plans hold.
    """
    if not plans:
        return Proven(texts, report, (), ())
    why = "" if planner.keeps_the_rest(plans) else "more would change than is meant"
    if not why:
        edited = _edited(plans, texts, report)
        after = rescan(edited)
        why = _fault(plans, report, after)
        if not why:
            return Proven(edited, after, tuple(plans), ())
    if len(plans) == 1:
        return Proven(texts, report, (), ((plans[0], why),))
    middle = len(plans) // 2
    first = prove(plans[:middle], texts, report, rescan, planner)
    if first.kept:  # the others were planned for other offsets: their turn comes in the next round
        return first
    second = prove(plans[middle:], texts, report, rescan, planner)
    return Proven(second.texts, second.report, second.kept, (*first.dropped, *second.dropped))


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


def _fault(plans: Sequence[Planned], before: Report, after: Report) -> str:
    """Return why a scan does not show that plans mend, or ``""``."""
    old, new = _told(before), _told(after)
    brought = {name for plan in plans for name in plan.fixer.brings}
    for plan in plans:
        for subject in plan.finding.subjects:
            if len(new.get(subject.key, ())) >= len(old.get(subject.key, ())):
                return "a scan of the result still shows the finding"
    cut = {each.span.path for each in before.notices if each.kind == "budget" and each.gravity is Gravity.ERROR}
    for key, severities in new.items():
        was = old.get(key, [])
        if not was and key[1] in cut:
            continue  # a rule that had said enough of the file says more now: it may have been there before
        if key[0] not in brought and (len(severities) > len(was) or max(severities) > max(was)):
            return f"it would bring {key[0]} at {key[2]} in {key[1]}"
    if _errors(after) - _errors(before):
        return "the result cannot be read"
    return ""


def _told(report: Report) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for finding in report.findings:
        for subject in finding.subjects:
            found.setdefault(subject.key, []).append(int(finding.severity))
    return found


def _errors(report: Report) -> set[tuple[str, str]]:
    return {(each.kind, each.span.path) for each in report.notices if each.gravity is Gravity.ERROR}
