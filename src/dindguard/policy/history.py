"""Who added, renewed and withdrew each waiver, in which commit: read from Git's objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.files import decode
from dindguard.policy import waiver_file
from dindguard.policy.config import WAIVER_FILE
from dindguard.policy.git import Repository
from dindguard.records import record
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.policy.waiver_file import Key, Waiver

SIGNATURES = {
    "G": "good",
    "B": "bad",
    "U": "good, of unknown validity",
    "X": "good, and expired since",
    "Y": "good, by an expired key",
    "R": "good, by a revoked key",
    "E": "not checked: key or program is missing",
    "N": "none",
}
"""What Git's ``%G?`` says of a commit's signature (gitformat: git-log, *pretty formats*)."""

_FIELDS = "%H%x00%ct%x00%an <%ae>%x00%G?%x00%s%x00"
_IRRELEVANT = ("line",)


@record(kw_only=True)
class Event:
    """One commit's change of one waiver: ``added``, ``renewed``, ``changed`` or ``withdrawn``.

    ``fields`` are those that it changed, ``signature`` what Git says of the commit's.
    """

    key: Key
    what: str
    commit: str
    date: str
    author: str
    signature: str
    subject: str
    fields: tuple[str, ...] = ()


def history(root: str) -> tuple[Event, ...]:
    """Return every change of the waiver file up to the commit that is checked out, the oldest first.

    Merges are left out: what they bring was committed on one of their sides. In a shallow clone the oldest commit
    seems to add what was there. Raises :class:`~dindguard.errors.UserError` without a repository.
    """
    with Repository(root, "--history") as repository:
        listed = repository.run_as_user(
            "log", "--full-history", "--no-merges", "--reverse", f"--format={_FIELDS}", "HEAD", "--", WAIVER_FILE
        )
        if listed is None:
            head = repository.commit("HEAD")
            raise UserError(
                f"--history: this clone lacks commits behind {head[:12]}: get them with 'git fetch --refetch --no-filter'"
            )
        fields = listed.decode("utf-8", "replace").split("\0")
        events: list[Event] = []
        for start in range(0, len(fields) - 5, 5):
            commit, seconds, author, sign, subject = fields[start : start + 5]
            date = dt.datetime.fromtimestamp(int(seconds), dt.UTC).date().isoformat()
            before, after = (_waivers(repository, name.strip()) for name in (f"{commit.strip()}^", commit))
            for key, what, changed in _changes(before, after):
                events.append(
                    Event(
                        key=key, what=what, commit=commit.strip(), date=date, author=author,
                        signature=_signature(repository, commit.strip(), sign), subject=subject, fields=changed,
                    )
                )  # fmt: skip
        return tuple(events)


def _signature(repository: Repository, commit: str, sign: str) -> str:
    """Return what Git says of a signature; it says that there is none when it cannot run what would check it."""
    if sign == "N":
        header = (repository.run("cat-file", "commit", commit) or b"").partition(b"\n\n")[0]
        sign = "E" if b"\ngpgsig" in header else "N"
    return SIGNATURES.get(sign, sign)


def _waivers(repository: Repository, commit: str) -> dict[Key, Waiver]:
    """Return the records of the waiver file in a commit; none when there is no such commit or file."""
    data = repository.run("cat-file", "blob", f"{commit}:{WAIVER_FILE}")
    text = decode(data) if data is not None else None
    if text is None:
        return {}
    return {waiver.key: waiver for waiver in waiver_file.read(Source(WAIVER_FILE, text)).waivers}


def _changes(before: dict[Key, Waiver], after: dict[Key, Waiver]) -> Iterator[tuple[Key, str, tuple[str, ...]]]:
    for key, waiver in after.items():
        if key not in before:
            yield key, "added", ()
            continue
        old, new = before[key].as_data(), waiver.as_data()
        changed = tuple(name for name in new if name not in _IRRELEVANT and old[name] != new[name])
        if changed:
            later = "expires" in changed and new["expires"] > old["expires"]
            yield key, "renewed" if later else "changed", changed
    for key in before:
        if key not in after:
            yield key, "withdrawn", ()
