"""The findings of any folders as a list, one a line, and what differs between two lists: for whoever moves code.

    python tests/findings_list.py write FOLDER... > before.tsv
    python tests/findings_list.py compare before.tsv after.tsv

A line holds rule, file, line, column, severity, and identity. Every folder is scanned by itself, with all rules and
untrusted, and stands in front of its files. The script knows the public API alone, so it also lists what an earlier
commit finds: run it with that checkout's own Python, or with its ``src`` and ``rules`` on ``PYTHONPATH``. Code that
only moves leaves the list as it is, byte for byte; ``compare`` exits with 1 when anything differs, tells the lines, and
counts them by kind:

* *new* and *gone*: in one list only;
* *severity*: the same finding, of another severity;
* *moved*: the same finding, at another line or column;
* *identity*: the same rule at the same place, known by another identity (waivers and baselines no longer match).
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dindguard import Options, scan

TODAY = dt.date(2026, 12, 1)
"""The same day for both lists, so that nothing expires in between."""


ESCAPED = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Row(NamedTuple):
    """One subject of one finding."""

    rule: str
    file: str
    line: str
    column: str
    severity: str
    identity: str

    @property
    def place(self) -> tuple[str, ...]:
        return self.rule, self.file, self.line, self.column


class Difference(NamedTuple):
    """What became of a row: ``before`` or ``after`` is missing where the finding is new or gone."""

    kind: str
    before: Row | None
    after: Row | None

    @property
    def shown(self) -> Row:
        row = self.after or self.before
        assert row is not None
        return row

    def __str__(self) -> str:
        was = f" (was {':'.join(self.before[2:])})" if self.before and self.after else ""
        rule, file, line, column, severity, identity = self.shown
        return f"{self.kind}\t{file}:{line}:{column}\t{rule}\t{severity} {identity}{was}"


def listed(folder: Path) -> list[Row]:
    """Return what is found in a folder, sorted."""
    report = scan(Options(paths=(folder,), root=folder, profile="all", untrusted=True, today=TODAY))
    return sorted(
        Row(
            finding.rule.id,
            f"{folder.name}/{finding.span.path}".translate(ESCAPED),
            str(finding.span.line),
            str(finding.span.column),
            str(finding.severity),
            subject.identity,
        )
        for finding in report.findings
        for subject in finding.subjects
    )


def read(text: str) -> list[Row]:
    """Read a list back; raises :class:`ValueError` for a line of another shape."""
    rows = [line.split("\t") for line in text.splitlines()]
    for number, row in enumerate(rows, 1):
        if len(row) != len(Row._fields):
            raise ValueError(f"line {number} is no finding: {len(Row._fields)} columns were expected, not {len(row)}")
    return [Row(*row) for row in rows]


def compare(before: Iterable[Row], after: Iterable[Row]) -> list[Difference]:
    """Return all differences of two lists, in the order of files and places."""
    old, new = _less(before, after), _less(after, before)
    found = []
    for same in (lambda row: (row.file, row.identity), lambda row: row.place):
        pairs, old, new = _paired(old, new, same)
        found += [Difference(_kind(*pair), *pair) for pair in pairs]
    found += [Difference("gone", row, None) for row in old]
    found += [Difference("new", None, row) for row in new]
    return sorted(found, key=lambda each: each.shown.place[1:])


def _less(rows: Iterable[Row], others: Iterable[Row]) -> list[Row]:
    """Return the rows that the other list does not have."""
    return sorted((Counter(rows) - Counter(others)).elements())


def _paired(
    old: Iterable[Row], new: Iterable[Row], same: Callable[[Row], object]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Return the pairs of rows that have something the same, and what is left of both lists."""
    waiting: defaultdict[object, list[Row]] = defaultdict(list)
    for row in old:
        waiting[same(row)].append(row)
    pairs, left = [], []
    for row in new:
        if rows := waiting[same(row)]:
            pairs.append((rows.pop(0), row))
        else:
            left.append(row)
    return pairs, [row for rows in waiting.values() for row in rows], left


def _kind(before: Row, after: Row) -> str:
    if before.identity != after.identity:
        return "identity"
    return "severity" if before.severity != after.severity else "moved"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="print the list of each folder").add_argument("folders", nargs="+", type=Path)
    comparing = commands.add_parser("compare", help="print what differs between two lists")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args(arguments)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if given.command == "write":
        for folder in given.folders:
            for row in listed(folder.resolve()):
                print(*row, sep="\t")
        return 0
    differences = compare(read(given.before.read_text("utf-8")), read(given.after.read_text("utf-8")))
    for each in differences:
        print(each)
    for (kind, rule), count in sorted(Counter((each.kind, each.shown.rule) for each in differences).items()):
        print(f"{count:6} {kind:9} {rule}")
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
