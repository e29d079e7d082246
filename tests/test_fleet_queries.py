"""The questions of ``docs/fleet-queries.md``, run as they stand there on datasets whose answers are known."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fleet_data as data

pytest.importorskip("pyarrow", reason=data.MISSING)
duckdb = pytest.importorskip("duckdb", reason=data.MISSING)

PAGE = (Path(__file__).parent.parent / "docs/fleet-queries.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TODAY = dt.date.today()
END_OF_MONTH = TODAY.replace(day=calendar.monthrange(TODAY.year, TODAY.month)[1])
SOCKET = "host-engine-socket"

NOW: dict[str, list[dict[str, Any]]] = {
    "repositories": [
        data.repository("api", "pay", ways_to_root=1, labels={"tier": "1"}),
        data.repository("web", "pay", ways_to_root=1, labels={"tier": "2"}),
        data.repository("ci", "ops", ways_to_root=2),
        data.repository("new", "ops"),
        data.repository("bomb", "", "quarantined", reason="memory"),
    ],
    "findings": [
        data.finding("api", SOCKET, "critical", owners=["@pay", "@ana"]),
        data.finding("api", SOCKET, "critical", owners=["@pay", "@ana"], identity="second", subject="service 'b'"),
        data.finding("web", SOCKET, "critical", owners=["@pay"]),
        data.finding("web", "old-engine", "high"),
        data.finding("ci", "privileged-engine", "high"),
        data.finding("ci", "floating-image", "low"),
        data.finding("ci", SOCKET, "critical", status="waived", owners=["@ops"]),
        data.finding("new", "old-engine", "high"),
    ],
    "containers": [
        data.container("api", "web", data.WAY, runner="build-1"),
        data.container("web", "web", data.LONG, runner="build-1", engine="docker", engine_version="9.1.0",
                       engine_version_sort="00009.00001.00000", image="docker:9.1.0-dind"),
        data.container("ci", "one", data.WAY, hosted=True, platform="GitHub", engine="docker", engine_version="24.0.7",
                       engine_version_sort="00024.00000.00007", open_to_anyone=True, listens=["tcp://0.0.0.0:2375"]),
        data.container("ci", "two", data.LONG, hosted=True, platform="GitHub", engine="docker", engine_version="29",
                       engine_version_sort="00029"),
        data.container("new", "web", engine="docker"),
        data.container("api", "pod", engine="podman", engine_version="5.2", engine_version_sort="00005.00002",
                       open_to_anyone=True),
    ],
    "accesses": [
        data.access("api"),
        data.access("web"),
        data.access("ci", via_kind="endpoint"),
        data.access("new", deliberate=False),
    ],
    "coverage": [
        data.file("api", "b.conf", "blind-spot", what="configuration", words="--privileged"),
        data.file("web", "a.conf", "blind-spot", what="configuration", words="--privileged"),
        data.file("web", "c.conf", "blind-spot", what="configuration", words="docker.sock"),
        data.file("web", "compose.yaml", "understood", what="compose"),
    ],
    "waivers": [
        data.waiver("api", SOCKET, END_OF_MONTH, address="services.web.access.mounts./var/run/docker.sock"),
        data.waiver("web", SOCKET, END_OF_MONTH + dt.timedelta(1), in_force=False),
        data.waiver("ci", "old-engine", TODAY.replace(day=1) - dt.timedelta(1), approvers=[], mode="other"),
        data.waiver("ci", "old-engine", None, faults=["expires is missing"], in_force=False),
    ],
}  # fmt: skip
BEFORE: dict[str, list[dict[str, Any]]] = {
    "repositories": [data.repository(name) for name in ("api", "web", "ci", "bomb")],
    "findings": [
        data.finding("api", SOCKET, "critical"),
        data.finding("web", "old-engine", "high"),
        data.finding("web", "missing-tls", "high"),
        data.finding("ci", "privileged-engine", "high"),
        data.finding("bomb", SOCKET, "critical"),
    ],
}

ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "Who can become root on which runner?": [
        ("build-1", False, "api", "pay", 1, data.WAY),
        ("build-1", False, "web", "pay", 1, data.LONG),
        ("GitHub", True, "ci", "ops", 2, data.WAY),
    ],
    "Which files does nobody look at?": [
        ("configuration", "--privileged", 2, 2, "api: b.conf"),
        ("configuration", "docker.sock", 1, 1, "web: c.conf"),
    ],
    "Is it getting better?": [("critical", 1, 2, 1), ("high", 3, 2, -1), ("low", 0, 1, 1)],
    "Which teams' waivers end this month?": [
        ("pay", "ops", "api", SOCKET, "compose.yaml", "services.web.access.mounts./var/run/docker.sock", END_OF_MONTH)
    ],
    "Which engines are older than 25.0?": [
        ("web", "pay", "compose.yaml", 2, "web", "docker:9.1.0-dind", "9.1.0"),
        ("ci", "ops", "compose.yaml", 2, "one", "", "24.0.7"),
    ],
    "Which repositories mount the host's socket and have no waiver for it?": [
        ("web", "pay", "compose.yaml", 4, "service 'web'", "/var/run/docker.sock")
    ],
    "Whose engine is open to anyone who can reach it?": [
        ("1", "api", "pay", "compose.yaml", 2, "pod", []),
        (None, "ci", "ops", "compose.yaml", 2, "one", ["tcp://0.0.0.0:2375"]),
    ],
    "Which rule, if fixed everywhere, would close the way to root in most repositories?": [
        (SOCKET, 1),
        ("privileged-engine", 1),
    ],
    "How much does each team silence, and who approved it?": [("ops", 2, 1, 1, 1), ("pay", 2, 1, 0, 0)],
    "Which code owners have critical findings in their files?": [("@pay", 2, 2), ("@ana", 1, 1)],
}


def questions() -> dict[str, str]:
    """Return the SQL below each heading of the ten questions."""
    part = PAGE.partition("## Ten questions in SQL\n")[2].partition("\n## ")[0]
    return {
        section.partition("\n")[0]: text
        for section in part.split("\n### ")[1:]
        for language, text in BLOCK.findall(section)
        if language == "sql"
    }


@pytest.fixture
def fleets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data.write(tmp_path / "fleet", NOW)
    data.write(tmp_path / "before", BEFORE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def connection(fleets: Path) -> Iterator[Any]:
    with duckdb.connect() as connection:
        connection.execute(BLOCK.findall(PAGE.partition("## Ten questions in SQL\n")[2])[0][1])
        yield connection


def test_there_are_ten_and_each_has_its_answer_here() -> None:
    assert len(ANSWERS) == 10
    assert list(questions()) == list(ANSWERS)


@pytest.mark.parametrize("heading", ANSWERS)
def test_a_question_has_its_answer(connection: Any, heading: str) -> None:
    assert connection.execute(questions()[heading]).fetchall() == ANSWERS[heading]


def test_the_quarantined_ones_are_not_forgotten(connection: Any) -> None:
    [question] = re.findall(r"`(SELECT repository, reason [^`]+)`", PAGE)
    assert connection.execute(question).fetchall() == [("bomb", "memory")]


def code_of(library: str) -> str:
    [code] = [text for language, text in BLOCK.findall(PAGE) if language == "python" and f"import {library}" in text]
    return code


def test_polars_says_the_same(fleets: Path) -> None:
    pytest.importorskip("polars", reason="polars is not installed")
    found: dict[str, Any] = {}
    exec(code_of("polars"), found)
    assert found["answer"].rows() == [row[:4] for row in ANSWERS["Which files does nobody look at?"]]


def test_pandas_says_the_same(fleets: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    found: dict[str, Any] = {}
    exec(code_of("pandas"), found)
    assert [tuple(row) for row in found["answer"].itertuples(index=False)] == [
        (repository, team, path, name, version)
        for repository, team, path, _, name, _, version in ANSWERS["Which engines are older than 25.0?"]
    ]


def test_polars_and_pandas_read_every_table_as_it_is(fleets: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    for table, rows in NOW.items():
        assert polars.read_parquet(f"fleet/dataset/{table}/part-*.parquet").height == len(rows)
        assert len(pandas.read_parquet(f"fleet/dataset/{table}")) == len(rows)
