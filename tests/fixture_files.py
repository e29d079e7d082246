"""Fixtures are the specification of each rule: what they hold, and what they expect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dindguard.loading import load
from dindguard.scanning import Options, Report, scan

FIXTURES = Path(__file__).parent.parent / "fixtures"
_ONE = r"[a-z][\w-]*(?: \([a-z]+\))?"
MARKER = re.compile(rf"expect(-below)?:\s*({_ONE}(?:\s*,\s*{_ONE})*)")
RULES = {rule.id: rule for rule in load()}


@dataclass(frozen=True)
class Fixture:
    """One fixture: a file, or a folder that is scanned as a repository of its own."""

    rule: str
    path: Path

    @property
    def bad(self) -> bool:
        return self.path.name.startswith("bad")

    @property
    def id(self) -> str:
        return f"{self.rule}/{self.path.name}"

    @property
    def files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        files = (path for path in self.path.rglob("*") if path.is_file() and path.suffix != ".expect")
        return sorted(files, key=by_name)

    @property
    def root(self) -> Path:
        return self.path.parent if self.path.is_file() else self.path

    def expected(self) -> set[tuple[str, int, str]]:
        """Return ``(file, line, rule)`` of every marker: in comments, or as rows of a ``.expect`` file beside it."""
        return {expected[:3] for expected in self._markers()}

    def severities(self) -> set[tuple[str, int, str, str]]:
        """Return ``(file, line, rule, severity)`` of the markers that state one: ``expect: raw-device (high)``."""
        return {expected for expected in self._markers() if expected[3]}

    def _markers(self) -> Iterator[tuple[str, int, str, str]]:
        for file in self.files:
            name = file.relative_to(self.root).as_posix()
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                for match in MARKER.finditer(line):
                    for one in match[2].split(","):
                        yield name, number + 1 if match[1] else number, *_rule_and_severity(one)
            rows = file.with_name(f"{file.name}.expect")
            if rows.exists():
                for row in rows.read_text("utf-8").splitlines():
                    number_text, _, one = row.partition(" ")
                    yield name, int(number_text), *_rule_and_severity(one)

    def scan(self, **options: object) -> Report:
        """Scan it; a fixture that brings a configuration of its own is trusted with it."""
        untrusted = not (self.root / ".dindguard.yaml").exists()
        return scan(Options(paths=(self.path,), root=self.root, untrusted=untrusted, **options))  # type: ignore[arg-type]


def _rule_and_severity(marker: str) -> tuple[str, str]:
    rule, _, severity = marker.strip().partition(" ")
    return rule, severity.strip("()")


def by_name(path: Path) -> tuple[str, ...]:
    """Return the key of an order that is the same everywhere: paths of Windows ignore case when they are compared."""
    return path.parts


def fixtures() -> list[Fixture]:
    """Return every fixture of every rule."""
    return [
        Fixture(folder.name, path)
        for folder in sorted(FIXTURES.iterdir(), key=by_name)
        if folder.is_dir() and not folder.name.startswith("_")
        for path in sorted(folder.iterdir(), key=by_name)
        if path.suffix != ".expect" and path.name.startswith(("bad", "good"))
    ]
