"""What a change would weaken: its policy files compared with those of the revision that is trusted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.policy import owners, waiver_file
from dindguard.policy.complaints import Complaint
from dindguard.policy.config import FILE_NAME, WAIVER_FILE
from dindguard.records import replace
from dindguard.rules import Profile, Severity
from dindguard.source import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from dindguard.files import Files
    from dindguard.policy.baseline_file import BaselineFile
    from dindguard.policy.config import Approval, Config
    from dindguard.policy.surroundings import Surroundings
    from dindguard.policy.waiver_file import Waiver

RULE = "policy-weakened"


def weakenings(around: Surroundings) -> Iterator[Complaint]:
    """Yield what the change would weaken once it is merged: each setting, record and entry at its line.

    A tree that is behind the trusted revision lacks what came there since. That is nothing it proposes, and a merge
    keeps it.
    """
    assert around.trust is not None
    found = list(_weaker(around))
    start = around.trust.start() if found else None
    if start is not None:
        try:
            began_with = {(each.at, each.content) for each in _weaker(replace(around, files=start))}
        finally:
            start.close()
        found = [each for each in found if (each.at, each.content) not in began_with]
    yield from found


def _weaker(around: Surroundings) -> Iterator[Complaint]:
    """Yield what is weaker in the files than in the trusted revision."""
    assert around.trust is not None
    try:
        config, baseline = around.trust.proposed(around.files)
    except UserError as error:
        yield _complaint(f"the policy cannot be read: {error}", Span(around.config.file or FILE_NAME))
        return
    for what, key in (*_settings(around.config, config, around.known), *_approval(around.config, config)):
        yield _complaint(what, config.origins.get(key, Span(config.file or around.config.file)))
    yield from _waivers(around)
    yield from _known(around.baseline, baseline)
    yield from _owners(around)
    yield from _ignored(around)


def _complaint(what: str, span: Span, content: str = "") -> Complaint:
    return Complaint(RULE, span, f"{what}: proposed, not in force", what, content)


# -- the configuration ------------------------------------------------------------------------------


def _settings(old: Config, new: Config, known: Mapping[str, Severity]) -> Iterator[tuple[str, str]]:
    """Yield each setting that is weaker than before, in words, with its key."""
    if old.profile is Profile.ALL and new.profile is not Profile.ALL:
        yield "fewer rules run (profile)", "profile"
    if new.fail_on > old.fail_on:
        yield f"the gate fails from {new.fail_on.word} up only, not from {old.fail_on.word}", "fail-on"
    for rule in dict.fromkeys((*new.severities, *old.severities)):
        usual = known.get(rule, Severity.INFO)
        before, after = old.severities.get(rule, usual), new.severities.get(rule, usual)
        if after < before:
            yield f"{rule} is {after.word}, no more {before.word}", f"severity.{rule}"
    yield from _added("the rule is turned off", "disable", old.disabled, new.disabled)
    yield from _added("is not read any more", "exclude", old.exclude, new.exclude)
    yield from _added("images may command a socket", "socket-users", old.first_party_socket_users,
                      new.first_party_socket_users)  # fmt: skip
    if old.allowed_registries:
        yield from _added("images may come from there", "allowed-registries", old.allowed_registries,
                          new.allowed_registries)  # fmt: skip
        if not new.allowed_registries:
            yield "images may come from anywhere", "allowed-registries"
    yield from _selection(old, new)
    yield from _declared(old, new)
    if new.minimum_engine < old.minimum_engine:
        yield "older engines are accepted", "minimum-engine"
    if new.rules_as_of and (not old.rules_as_of or new.rules_as_of < old.rules_as_of):
        yield f"rules newer than {'.'.join(map(str, new.rules_as_of))} fail nothing", "rules-as-of"
    if new.baseline != old.baseline:
        yield f"the baseline is another file, '{new.baseline}'", "baseline"


def _selection(old: Config, new: Config) -> Iterator[tuple[str, str]]:
    """Yield that fewer rules are selected, that some paths are asked less, and that folders may loosen more."""
    for name in old.selected if new.selected else ():
        if name not in new.selected:
            yield f"{name} is selected no more", "select"
    if new.selected and not old.selected:
        yield f"only {', '.join(new.selected)} run", "select"
    yield from _added("may be loosened in folders", "nested", old.nested, new.nested)
    before = [each.said for each in old.overrides]
    for each in new.overrides:
        if each.loosens and each.said not in before:
            yield f"{' '.join(each.paths)}: fewer or lower findings", "overrides"


def _declared(old: Config, new: Config) -> Iterator[tuple[str, str]]:
    """Yield the rules without code that are gone, ask something else, or are less grave."""
    now = {each.id: each for each in new.rules}
    for each in old.rules:
        after = now.get(each.id)
        if after is None:
            yield f"{each.id}: there is no such rule any more", "rules"
        elif after.asked != each.asked:
            yield f"{each.id}: the rule asks something else", f"rules.{each.id}"
        elif after.severity < each.severity:
            yield f"{each.id} is {after.severity.word}, no more {each.severity.word}", f"rules.{each.id}"


def _added(what: str, key: str, old: Collection[str], new: Collection[str]) -> Iterator[tuple[str, str]]:
    for each in dict.fromkeys(new):
        if each not in old:
            yield f"{each}: {what} ({key})", f"{key}.{each}"


def _approval(before: Config, after: Config) -> Iterator[tuple[str, str]]:
    old, new = before.approval, after.approval
    for mode in old.modes:
        if mode not in new.modes:
            yield f"{mode} needs no approval any more", "approval.require"
    for role in old.roles:
        if role.casefold() not in {each.casefold() for each in new.roles} and not new.alone:
            yield f"{role} need not approve any more", "approval.roles"
    if new.alone and not old.alone:
        yield "owners approve for themselves", "approval.alone"
    yield from _longer(old, new)
    if old.codeowners and not new.codeowners and not new.alone:
        yield "approvers need not be code owners", "approval.codeowners"
    if old.people != new.people:
        yield "people are told apart in another way", "approval.people"


def _longer(old: Approval, new: Approval) -> Iterator[tuple[str, str]]:
    if new.max_days > old.max_days:
        yield f"waivers last {new.max_days} days, not {old.max_days}", "approval.max-days"
    if new.max_days_critical > old.max_days_critical:
        days = f"{new.max_days_critical} days, not {old.max_days_critical}"
        yield f"waivers of critical findings last {days}", "approval.max-days-critical"


# -- records ----------------------------------------------------------------------------------------


def _waivers(around: Surroundings) -> Iterator[Complaint]:
    """Yield the waivers that are new, or cover or promise something else than before."""
    old = {waiver.key: waiver for waiver in _records(around.authority)}
    for waiver in _records(around.files):
        before = old.get(waiver.key)
        changed = [] if before is None else _differences(before, waiver)
        content = repr([value for key, value in waiver.as_data().items() if key != "line"])
        if before is None:
            yield _complaint(str(waiver), waiver.span, content)
        elif changed:
            yield _complaint(f"{waiver} has another {', '.join(changed)}", waiver.place(changed[0]), content)


def _records(files: Files) -> tuple[Waiver, ...]:
    source = files.open(WAIVER_FILE)
    return () if source is None else waiver_file.read(source).waivers


def _differences(old: Waiver, new: Waiver) -> list[str]:
    before, after = old.as_data(), new.as_data()
    return [key for key in before if key not in ("line", "notes", "ticket", "reason") and before[key] != after[key]]


def _known(old: BaselineFile | None, new: BaselineFile | None) -> Iterator[Complaint]:
    """Yield that findings come into the baseline, and that grace is given or lasts longer."""
    if new is None:
        return
    had = Counter((e.key, e.grace) for e in old.entries) if old is not None else Counter()
    gone = Counter((e.move, e.grace) for e in old.entries if e.content) if old is not None else Counter()
    gone.subtract(Counter((e.move, e.grace) for e in new.entries if (e.key, e.grace) in had))
    fresh = []
    for entry in new.entries:
        had[entry.key, entry.grace] -= 1
        if had[entry.key, entry.grace] < 0:
            gone[entry.move, entry.grace] -= 1
            if gone[entry.move, entry.grace] < 0:
                fresh.append(entry)
    if fresh:
        count = f"{len(fresh)} finding{'s come' if len(fresh) != 1 else ' comes'}"
        content = repr(sorted(repr(entry.key) for entry in fresh))
        yield _complaint(f"{count} into the baseline", Span(new.name, fresh[0].line, 1, fresh[0].line, 1), content)
    before = old.grace if old is not None else None
    if new.grace is not None and (before is None or new.grace.until > before.until):
        span = Span(new.name, new.grace.line, 1, new.grace.line, 1)
        yield _complaint(f"grace lasts until {new.grace.until}", span)


# -- who owns, what is read -------------------------------------------------------------------------


def _owners(around: Surroundings) -> Iterator[Complaint]:
    """Yield that others come to own the files by which people approve."""
    for path in (WAIVER_FILE, FILE_NAME):
        old, new = owners.ownership(path, around.authority), owners.ownership(path, around.files)
        if old is None:
            continue
        if new is None:
            yield _complaint("CODEOWNERS is gone", Span(old.span.path))
            return
        fresh = sorted(new.owners - old.owners)
        if fresh or (old.owners and not new.owners):
            who = ", ".join(fresh) or "nobody"
            yield _complaint(f"{path} is owned by {who}", new.span)


def _ignored(around: Surroundings) -> Iterator[Complaint]:
    """Yield the lines of ignore files that would leave out what is read now."""
    from dindguard.walking import IGNORE_FILES, ignoring_line

    folders = {"/".join(path.split("/")[:depth]) for path in around.given for depth in range(path.count("/") + 1)}
    names = [f"{folder}/{name}".lstrip("/") for folder in folders for name in IGNORE_FILES]
    changed = [name for name in names if _content(around.files, name) != _content(around.authority, name)]
    if not changed:
        return
    found: dict[Span, list[str]] = {}
    for path in sorted({*around.given}):
        span = ignoring_line(path, around.files)
        if span is not None and span.path in changed:
            found.setdefault(span, []).append(path)
    for span, paths in found.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield _complaint(f"{paths[0]}{more} would be ignored", span)


def _content(files: Files, name: str) -> str:
    source = files.open(name)
    return "" if source is None else source.text
