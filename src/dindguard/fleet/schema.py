"""The dataset of a fleet: its tables and columns. ``docs/fleet-dataset.md`` is written from this module.

Nothing here needs Arrow: a scan process knows the columns too, and must start quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from dindguard.records import record

VERSION = 1
"""The dataset's version. Adding a column does not change it; changing or removing one does."""


class Kind(StrEnum):
    """What a column holds. No column is ever null but those of kinds that say so."""

    TEXT = "text"
    """UTF-8; empty for what nobody wrote or knows. Credentials and variables' values are masked as in reports."""
    INTEGER = "integer"
    REAL = "real"
    YES = "boolean"
    DATE = "date"
    """A day; null where none is known."""
    MOMENT = "timestamp"
    """Microseconds since 1970, UTC."""
    TEXTS = "list of texts"
    LABELS = "map of text to text"


class Standing(StrEnum):
    """What became of a repository."""

    SCANNED = "scanned"
    """All that was recognised was read."""
    INCOMPLETE = "incomplete"
    """Something recognised could not be read, or a rule failed (exit code 3 of a scan): ``notices`` says what."""
    QUARANTINED = "quarantined"
    """Its scan broke, or the source was refused: ``reason`` and ``evidence`` say why. Its findings are not known."""


@record
class Column:
    """One column: what it is called, what it holds, what that means."""

    name: str
    kind: Kind
    about: str


@record
class Table:
    """One table: what a row of it is, and its columns. ``measured`` ones differ between two equal runs."""

    name: str
    about: str
    columns: tuple[Column, ...]
    measured: frozenset[str] = frozenset()

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def _columns(kinds: Mapping[str, tuple[Kind, str]]) -> tuple[Column, ...]:
    return tuple(Column(name, kind, about) for name, (kind, about) in kinds.items())


_OF = {
    "run": (Kind.TEXT, "The run: the same for the same sources, dindguard, rules and policy."),
    "repository": (Kind.TEXT, "The repository's name, as the list of sources has it: the key to `repositories`."),
}
_WHERE = {
    "path": (Kind.TEXT, "The file, relative to the repository."),
    "line": (Kind.INTEGER, "The line where it starts, from 1; 0 without a place."),
    "column": (Kind.INTEGER, "The column where it starts, from 1; 0 without a place."),
}
_WAY = {
    "way_to_root": (
        Kind.TEXT,
        "The shortest way to root on the host, one step after another, joined by ` → `; empty where the files show none.",
    ),
    "way_length": (Kind.INTEGER, "How many steps the way has: the fewer, the graver; 0 without one."),
}
_OWNERS = {
    "owners": (Kind.TEXTS, "Who owns the file by the repository's CODEOWNERS, as written there; empty without any."),
}

REPOSITORIES = Table(
    "repositories",
    "One row for each source: what it is, what became of it, and its counts.",
    _columns(
        {
            **_OF,
            "labels": (Kind.LABELS, "The labels of the list of sources (`team`, `tier`, whatever you give)."),
            "team": (
                Kind.TEXT,
                "The label `team`; without one the owners of `*` by CODEOWNERS, joined by a comma; else empty.",
            ),
            "source": (Kind.TEXT, "The path that was read, as the list of sources has it."),
            "source_kind": (Kind.TEXT, "`tree`, `git` or `archive`; empty when it could not be told."),
            "revision": (Kind.TEXT, "The commit that was read (40 or 64 digits); empty for a tree or an archive."),
            "content": (Kind.TEXT, "The hash of what was read: the commit, or of the archive's or the tree's bytes."),
            "key": (
                Kind.TEXT,
                "What the result rests on: a hash of name, labels, content, dindguard's version, rules and policy.",
            ),
            "standing": (Kind.TEXT, "`scanned`, `incomplete` or `quarantined`."),
            "reason": (
                Kind.TEXT,
                "Why it is quarantined: `crash`, `signal`, `cpu-time`, `wall-time`, `memory`, `output`, `refused`; else empty.",
            ),
            "evidence": (Kind.TEXT, "The end of what its scan said on stderr, or why it was refused; masked."),
            "exit_code": (Kind.INTEGER, "The scan process's exit code; -1 when a signal ended it."),
            "signal": (Kind.TEXT, "The signal that ended it (`SIGKILL`); empty without one."),
            "notices": (Kind.TEXTS, "What could not be read and which rules failed, as `path:line: message`."),
            "scanned_at": (Kind.MOMENT, "When its scan ended."),
            "seconds": (Kind.REAL, "Wall time of its scan process."),
            "cpu_seconds": (Kind.REAL, "CPU time of its scan process and of the Git it reads by."),
            "peak_memory": (Kind.INTEGER, "The most memory that its scan process held, in bytes."),
            "dindguard": (Kind.TEXT, "The version of dindguard."),
            "rules": (Kind.TEXT, "A hash of the rules that ran."),
            "policy": (Kind.TEXT, "A hash of the organisation's policy; empty without one."),
            "files": (Kind.INTEGER, "All files of it, the left-out ones too (a folder left out counts as one)."),
            "files_read": (Kind.INTEGER, "Files that a format understood."),
            "files_unreadable": (Kind.INTEGER, "Files that are broken or closed."),
            "blind_spots": (Kind.INTEGER, "Files that nobody reads and that speak of engines."),
            "open_critical": (Kind.INTEGER, "Open findings that are critical: findings, not their subjects."),
            "open_high": (Kind.INTEGER, "The same, high."),
            "open_medium": (Kind.INTEGER, "The same, medium."),
            "open_low": (Kind.INTEGER, "The same, low."),
            "open_info": (Kind.INTEGER, "The same, info."),
            "ways_to_root": (Kind.INTEGER, "Containers with a way to root on the host."),
        }
    ),
    measured=frozenset({"scanned_at", "seconds", "cpu_seconds", "peak_memory"}),
)

FINDINGS = Table(
    "findings",
    "One row for each thing that a finding is about; several share a `fingerprint` when one written value concerns them all.",
    _columns(
        {
            **_OF,
            "fingerprint": (Kind.TEXT, "The finding: it stays when lines move. Count these, not rows."),
            "identity": (Kind.TEXT, "This subject of the finding: it stays when lines move."),
            "rule": (Kind.TEXT, "The rule's name (`dindguard explain RULE` shows its page)."),
            "title": (Kind.TEXT, "The rule's title."),
            "category": (Kind.TEXT, "The rule's category."),
            "severity": (Kind.TEXT, "`critical`, `high`, `medium`, `low` or `info`."),
            "severity_rank": (Kind.INTEGER, "The same as a number, to sort by: 4 is critical, 0 info."),
            "confidence": (Kind.TEXT, "`high`, `medium` or `low`."),
            "status": (
                Kind.TEXT,
                (
                    "`open`, or what silences it: `allowed`, `waived`, `in baseline`. A fleet obeys no repository, so what its "
                    "own files say is in `claimed`, and `status` is `open` unless the organisation's policy says otherwise."
                ),
            ),
            "claimed": (
                Kind.TEXT,
                (
                    "What the repository's own waivers and allows would make of it, judged by the organisation's policy: "
                    "`open`, `allowed` or `waived`."
                ),
            ),
            **_WHERE,
            "end_line": (Kind.INTEGER, "The line where it ends."),
            "end_column": (Kind.INTEGER, "The column behind its last character."),
            "subject": (Kind.TEXT, "What it is about, in words: `service 'runner'`."),
            "address": (Kind.TEXT, "The subject's named place in its file (`services.runner`): a waiver's `at`."),
            "message": (Kind.TEXT, "What is wrong there."),
            "instead": (Kind.TEXT, "What to write instead."),
            "containment": (Kind.TEXT, "The sandbox that lowered the severity, in words; empty when none did."),
            **_WAY,
            **_OWNERS,
        }
    ),
)

COVERAGE = Table(
    "coverage",
    "One row for each file of which more is to be said than that it is of no interest: what became of it.",
    _columns(
        {
            **_OF,
            "path": (Kind.TEXT, "The file; a folder that was left out ends with `/`."),
            "state": (
                Kind.TEXT,
                "`understood`, `broken`, `closed`, `blind-spot`, `known-not-read` or `left-out` (docs/formats.md).",
            ),
            "what": (
                Kind.TEXT,
                "The formats that read it; of a blind spot its kind; why it was left out or is broken.",
            ),
            "words": (Kind.TEXT, "The words by which a blind spot speaks of engines (`--privileged`)."),
            "line": (Kind.INTEGER, "Where it speaks or is broken; 0 without a place."),
            "column": (Kind.INTEGER, "Where it speaks or is broken; 0 without a place."),
            "undecided": (Kind.INTEGER, "How many things in it could not be decided (a variable, a template)."),
            **_OWNERS,
        }
    ),
)

CONTAINERS = Table(
    "containers",
    "One row for each container that files start or describe, and for each engine of a machine that files configure.",
    _columns(
        {
            **_OF,
            **_WHERE,
            "name": (Kind.TEXT, "Its name in the file; a machine's engine has the machine's."),
            "address": (Kind.TEXT, "Its named place in the file (`services.dind`)."),
            "kind": (
                Kind.TEXT,
                "`service`, `job`, `container` (of a pod), `image`, …; `machine` for a machine's engine.",
            ),
            "workload": (Kind.TEXT, "What it lives in: the project's, pod's or job's name."),
            "workload_kind": (Kind.TEXT, "`project`, `pod`, `job`, `runner`, …"),
            "platform": (Kind.TEXT, "Who starts it: `container engine`, `Kubernetes`, `GitLab`, `GitHub`, …"),
            "runner": (Kind.TEXT, "The machine that runs it, as its labels choose it or its provider calls it."),
            "hosted": (Kind.YES, "Whether that is a CI provider's own machine, which ends with the job."),
            "role": (Kind.TEXT, "`engine`, `engine client`, `socket proxy`, `CI runner` or `other`."),
            "image": (Kind.TEXT, "Its image, as written."),
            "privileged": (Kind.TEXT, "`yes`, `no` or `unknown`."),
            "as_root": (Kind.TEXT, "Whether its main process runs as root: `yes`, `no` or `unknown`."),
            "sandbox": (Kind.TEXT, "`none`, `user namespace`, `gVisor` or `virtual machine`."),
            "engine": (Kind.TEXT, "The product of the engine that runs in it (`docker`); empty without one."),
            "engine_version": (
                Kind.TEXT,
                "As much of the engine's version as its image or the policy tells: `24.0.7`.",
            ),
            "engine_version_sort": (Kind.TEXT, "The same with padded numbers, to compare by: `00024.00000.00007`."),
            "engine_rootless": (
                Kind.TEXT,
                "Whether the engine runs as an ordinary user: `yes`, `no`, `unknown` or empty.",
            ),
            "listens": (Kind.TEXTS, "The addresses on which the engine listens."),
            "open_to_anyone": (Kind.YES, "Whether one of them is TCP and asks for no proof of who connects."),
            "storage_driver": (Kind.TEXT, "The driver that somebody asked for; empty for the engine's own choice."),
            "data_on": (Kind.TEXT, "What the engine's data lies on: `volume`, `host directory`, …"),
            **_WAY,
            **_OWNERS,
        }
    ),
)

ACCESSES = Table(
    "accesses",
    "One row for each engine that a container can command.",
    _columns(
        {
            **_OF,
            **_WHERE,
            "who": (Kind.TEXT, "The container, in words: `service 'runner'`."),
            "who_address": (Kind.TEXT, "Its named place: `containers.address`."),
            "who_path": (Kind.TEXT, "Its file: `containers.path`."),
            "to": (Kind.TEXT, "Whose engine it is, in words: a container's, or `the host`."),
            "to_address": (
                Kind.TEXT,
                "The named place of the engine, when a file has it; empty for a machine's own.",
            ),
            "to_machine": (Kind.YES, "Whether it is the engine of a machine: commanding it is being root there."),
            "engine": (Kind.TEXT, "Its product (`docker`)."),
            "via": (Kind.TEXT, "What grants it: a socket's path, an address, a variable."),
            "via_kind": (Kind.TEXT, "`mount`, `endpoint`, `variable`, `setting` or `flag`."),
            "permits": (
                Kind.TEXT,
                "How much of the engine's interface: `everything`, `creating containers`, `reading`, …",
            ),
            "proxy": (Kind.TEXT, "The socket proxy between them, in words; empty without one."),
            "rootless": (
                Kind.YES,
                "Whether the engine runs as an ordinary user: commanding it is that user, not root.",
            ),
            "deliberate": (Kind.YES, "Whether the socket itself was handed over, not merely a folder above it."),
            "assumed": (Kind.YES, "Whether it is told by where the socket is mounted, not by where it comes from."),
            "uses": (Kind.YES, "Whether the files show that it is used (a `DOCKER_HOST`, a docker command)."),
            **_OWNERS,
        }
    ),
)

WAIVERS = Table(
    "waivers",
    "One row for each record of `.dindguard/waivers.yaml`: read as a claim of the repository, never obeyed.",
    _columns(
        {
            **_OF,
            "rule": (Kind.TEXT, "The rule that it covers."),
            "path": (Kind.TEXT, "The file that it covers: `findings.path` of what is about that file."),
            "address": (Kind.TEXT, "The named place that it covers: `findings.address`."),
            "mode": (Kind.TEXT, "`privileged`, `socket`, `sysbox` or `other`."),
            "reason": (Kind.TEXT, "Why it is needed, as its owner wrote it."),
            "owner": (Kind.TEXT, "Who answers for it."),
            "approvers": (Kind.TEXTS, "Who approved it, as `name (role)`."),
            "ticket": (Kind.TEXT, "The ticket that it names; empty without one."),
            "approved": (Kind.DATE, "When it was approved."),
            "expires": (Kind.DATE, "When it runs out."),
            "line": (Kind.INTEGER, "Where the record stands in the waiver file."),
            "faults": (Kind.TEXTS, "What is malformed in it."),
            "covers": (Kind.INTEGER, "How many subjects of findings it names, in force or not; 0: it is not needed."),
            "in_force": (
                Kind.YES,
                "Whether it would silence them, judged by the organisation's policy on the day of the scan.",
            ),
        }
    ),
)

TABLES = {table.name: table for table in (REPOSITORIES, FINDINGS, COVERAGE, CONTAINERS, ACCESSES, WAIVERS)}
