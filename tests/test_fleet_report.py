"""The report over a fleet's dataset: its answers where they are known, and what is said of a dataset that is not whole."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import fleet_data as data
from dindguard.cli import cli, fleet_report
from dindguard.errors import CLEAN, INCOMPLETE, USAGE, UserError
from dindguard.fleet import layout
from dindguard.fleet.dataset import Dataset, opened
from dindguard.fleet.report import FORMATS, pieces
from dindguard.fleet.report.answers import Report, prepare
from dindguard.fleet.report.csv import cell
from dindguard.fleet.report.prometheus import MOST_TEAMS, OTHERS
from dindguard.fleet.report.questions import SECTIONS
from fleet_data import EVIL, FLEET, LONG, TODAY, WAY, changed, hostile

pytest.importorskip("duckdb", reason=data.MISSING)
pytest.importorskip("pyarrow", reason=data.MISSING)
parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")


@contextmanager
def report_of(folder: Path, against: Path | None = None, section: str = "") -> Iterator[Report]:
    with opened(str(folder), str(against) if against else None) as dataset:
        prepare(dataset, TODAY, 30)
        yield Report(folder.name, TODAY, dataset, 30, section, against.name if against else "")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return data.write(tmp_path / "fleet", FLEET)


def rows(folder: Path, section: str, against: Path | None = None) -> list[dict[str, Any]]:
    with report_of(folder, against) as report:
        return list(report.data(SECTIONS[section]))


def picked(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["fleet", "report", *map(str, words)], standalone_mode=False)


# --- the answers ---


def test_the_machines_whose_root_can_be_taken_come_with_ones_own_first(fleet: Path) -> None:
    assert picked(
        rows(fleet, "machines"), "machine", "hosted", "repositories", "containers", "teams", "shortest"
    ) == [
        ("build-1", False, 2, 2, ["payments"], WAY),
        ("not told (GitHub)", True, 2, 2, ["ops", "payments"], WAY),
    ]


def test_the_gravest_ways_come_first_and_the_shorter_before_the_longer(fleet: Path) -> None:
    assert picked(rows(fleet, "ways"), "severity", "repository", "container", "way_to_root") == [
        ("critical", "pay/api", "service 'web'", WAY),
        ("critical", "pay/web", "service 'web'", WAY),
        ("high", "ops/ci", "service 'web'", WAY),
        ("high", "pay/api", "service 'dind'", LONG),
    ]


def test_a_finding_with_two_subjects_is_one_and_a_silenced_one_is_none(fleet: Path) -> None:
    names = ("rule", "severity", "findings", "claimed", "repositories", "teams")
    assert picked(rows(fleet, "rules"), *names) == [
        ("host-engine-socket", "critical", 2, 0, 2, 1),
        ("old-engine", "high", 2, 1, 2, 2),
    ]


def test_teams_and_labels_are_counted_by_repository(fleet: Path) -> None:
    names = ("repositories", "not_known", "rooted", "critical", "high", "claimed", "blind_spots")
    assert picked(rows(fleet, "teams"), "team", *names) == [
        ("payments", 2, 0, 2, 2, 1, 1, 1),
        ("ops", 2, 0, 1, 0, 1, 0, 0),
        ("", 2, 1, 0, 0, 0, 0, 0),
    ]
    assert picked(rows(fleet, "labels"), "label", "value", *names) == [
        ("tier", "1", 3, 0, 2, 1, 2, 1, 0),
        ("tier", "2", 1, 0, 1, 1, 0, 0, 1),
    ]


def test_it_says_where_nobody_looks(fleet: Path) -> None:
    assert picked(rows(fleet, "unread"), "state", "what", "words", "files", "example") == [
        ("blind-spot", "configuration", "--privileged", 1, "pay/web: run.conf"),
        ("known-not-read", "drone starlark", "", 1, "pay/web: ci.star"),
    ]
    assert picked(rows(fleet, "blind-spots"), "repository", "path", "line", "state") == [
        ("pay/web", "run.conf", 4, "blind-spot"),
        ("lost", "compose.yaml", 3, "broken"),
    ]
    assert picked(rows(fleet, "not-whole"), "repository", "standing", "reason", "evidence", "notices") == [
        ("bomb", "quarantined", "memory", "killed", []),
        ("lost", "incomplete", "", "", ["compose.yaml:3: not YAML"]),
    ]


def test_versions_of_engines_are_in_the_order_of_numbers(fleet: Path) -> None:
    assert picked(rows(fleet, "engines"), "product", "version", "containers", "open_to_anyone") == [
        ("docker", "9.1", 1, 1),
        ("docker", "24.0.7", 1, 0),
        ("podman", "", 1, 0),
    ]


def test_waivers_that_need_somebody_are_told_with_their_state(fleet: Path) -> None:
    assert picked(rows(fleet, "waivers"), "state", "repository", "rule", "days") == [
        ("ran out", "ops/ci", "floating-image", -22),
        ("due", "pay/api", "old-engine", 8),
        ("not in force", "ops/ci", "old-engine", 190),
        ("not needed", "ops/ci", "open-engine", 190),
        ("faulty", "ops/ci", "missing-tls", None),
    ]


def test_the_totals_are_those_of_the_repositories(fleet: Path) -> None:
    with report_of(fleet) as report:
        assert report.totals() == {
            "repositories": 6, "scanned": 4, "incomplete": 1, "quarantined": 1, "critical": 2, "high": 2, "medium": 0,
            "low": 0, "info": 0, "ways_to_root": 4, "rooted": 3, "blind_spots": 1, "unreadable": 1, "waivers": 6,
            "waivers_due": 1, "waivers_run_out": 1,
        }  # fmt: skip
        assert report.before() == {}


# --- what came and what went ---


def test_what_came_and_went_is_told_of_repositories_that_both_know(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    assert picked(rows(new, "came", old), "repository", "rule", "subjects") == [
        ("stays", "fresh", ["service 'b'", "service 'web'"])
    ]
    assert picked(rows(new, "went", old), "repository", "rule", "now") == [
        ("stays", "mended", "gone"),
        ("stays", "silenced", "allowed"),
    ]
    assert picked(rows(new, "sources", old), "change", "repository") == [
        ("new in the list", "joined"),
        ("no longer in the list", "left"),
        ("no longer quarantined", "heals"),
        ("quarantined now", "breaks"),
    ]


def test_a_change_is_a_column_only_where_there_is_something_to_compare_with(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    assert "change" not in rows(new, "rules")[0]
    assert picked(rows(new, "rules", old), "rule", "findings", "change") == [
        ("fresh", 1, 1),
        ("mended", 0, -1),
        ("kept", 3, 0),
        ("moved", 1, 0),
        ("silenced", 0, -1),
    ]


def test_a_teams_change_is_that_of_its_grave_findings(tmp_path: Path) -> None:
    new = data.write(
        tmp_path / "new",
        {"repositories": [data.repository("a", "pay", open_critical=2, open_low=9, labels={"tier": "1"})]},
    )
    old = data.write(
        tmp_path / "old", {"repositories": [data.repository("a", "pay", open_high=5, labels={"tier": "1"})]}
    )
    assert picked(rows(new, "teams", old), "team", "change") == [("pay", -3)]
    assert picked(rows(new, "labels", old), "label", "value", "change") == [("tier", "1", -3)]
    assert picked(rows(new, "repositories", old), "repository", "change") == [("a", 6)]


def test_a_label_with_a_value_for_each_repository_hides_no_other(tmp_path: Path) -> None:
    found = [
        data.repository(f"r{n}", labels={"address": f"https://example.org/{n}", "tier": str(n % 2)}) for n in range(5)
    ]
    labels = rows(data.write(tmp_path / "fleet", {"repositories": found}), "labels")
    assert [row["label"] for row in labels] == ["tier"] * 2 + ["address"] * 5


def test_what_became_of_a_dockers_line_is_told_and_of_no_other_engines(tmp_path: Path) -> None:
    engines = [("docker", "20.10.24"), ("docker", "moby"), ("podman", "20.10.24")]
    found = [
        data.container("r", f"c{n}", engine=name, engine_version=version) for n, (name, version) in enumerate(engines)
    ]
    folder = data.write(tmp_path / "fleet", {"repositories": [data.repository("r")], "containers": found})
    said = {(row["product"], row["version"]): row["maintained"] for row in rows(folder, "engines")}
    assert said["docker", "20.10.24"].startswith("ended on ")
    assert said["docker", "moby"] == said["podman", "20.10.24"] == ""


def test_it_says_when_other_rules_judged(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    with report_of(new, old) as report:
        assert report.unlike() == []
    old = data.write(tmp_path / "older", {"repositories": [data.repository("stays", rules="rules-0")]})
    with report_of(new, old) as report:
        assert report.unlike() == ["the rules"]


# --- the formats ---


def test_json_has_every_section_and_csv_the_one_that_is_asked_for(fleet: Path, tmp_path: Path) -> None:
    done = run(fleet, "-f", "json")
    assert done.exit_code == CLEAN
    document = json.loads(done.stdout)
    assert set(document["sections"]) == {name for name, section in SECTIONS.items() if not section.against}
    assert document["totals"]["rooted"] == 3
    done = run(fleet, "-f", "csv", "--section", "ways", "-o", tmp_path / "ways.csv")
    assert done.exit_code == CLEAN
    table = list(csv.DictReader(io.StringIO((tmp_path / "ways.csv").read_text("utf-8"))))
    assert [row["repository"] for row in table] == ["pay/api", "pay/web", "ops/ci", "pay/api"]
    assert next(csv.reader(io.StringIO(run(fleet, "-f", "csv").stdout)))[:2] == ["repository", "team"]


def test_the_text_has_the_numbers_and_the_first_rows_of_what_needs_somebody(fleet: Path, tmp_path: Path) -> None:
    text = run(fleet).stdout
    assert text.startswith(
        "fleet: 4 scanned, 1 incomplete, 1 quarantined, 2026-11-20\n2 critical, 2 high\n3 repositories with a way"
    )
    assert "\n  critical  pay/api     service 'web'   compose.yaml:2\n" in text
    assert re.search(r"\n +0 +0 +0 +0  nobody is named\n", text)
    assert "By label" not in text
    alone = run(fleet, "--section", "labels").stdout
    assert alone.splitlines()[1:] == [
        "By label",
        "  critical  high  with a way to root  blind spots  label  value",
        "         1     2                   2            0  tier   1",
        "         1     0                   1            1  tier   2",
    ]
    assert run(data.write(tmp_path / "none", {}), "--section", "labels").stdout == "\nBy label\n  nothing\n"
    rooted = {"repositories": [data.repository("r", ways_to_root=1)]}
    assert "\n1 repository with a way to root\n" in run(data.write(tmp_path / "one", rooted)).stdout
    many = {"repositories": [data.repository(f"r{n}", standing="incomplete") for n in range(9)]}
    assert "\n  and 4 more\n" in run(data.write(tmp_path / "many", many)).stdout


def test_the_text_of_changes_has_their_sign_and_no_name_reaches_the_terminal_raw(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    text = run(new, "--against", old).stdout
    assert "8 high (+4)" in text
    assert "\nWhat went\n" in text
    long = {"repositories": [data.repository("r")], "findings": [], "containers": [
        data.container("r", "n" * 99, data.WAY, f"{'p/' * 60}compose.yaml")]}  # fmt: skip
    for folder in (hostile(tmp_path / "evil"), data.write(tmp_path / "long", long)):
        text = run(folder).stdout
        assert all(char.isprintable() or char == "\n" for char in text)
        assert max(map(len, text.splitlines())) < 200
    assert re.search(r"  (…|\.\.\.)[p/]+/compose", text)
    assert "/compose.yaml:2\n" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'=1"), ("a\nb", "a b"),
        (-3, -3), (True, "yes"), (None, ""), ({"b": "2", "a": "1"}, "a=1; b=2"), (["=x", "y"], "'=x; y"),
        (dt.date(2026, 1, 2), "2026-01-02"), ("\x1b[31m", "␛[31m"),
    ],
)  # fmt: skip
def test_a_cell_of_a_table_is_never_a_formula(value: Any, shown: Any) -> None:
    assert cell(value) == shown


def series(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return what a scraper makes of a text, by the official parser."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_the_file_and_finds_the_totals(fleet: Path, tmp_path: Path) -> None:
    assert run(fleet, "-f", "prometheus", "-o", tmp_path / "dindguard.prom").exit_code == CLEAN
    text = (tmp_path / "dindguard.prom").read_text("utf-8")
    found = series(text)
    labels: Mapping[str, str]
    for name, labels, value in (
        ("repositories", {"standing": "quarantined"}, 1),
        ("open_findings", {"severity": "critical", "team": "payments"}, 2),
        ("open_findings", {"severity": "info", "team": "ops"}, 0),
        ("ways_to_root", {"team": "payments"}, 3),
        ("blind_spots", {"team": "payments"}, 1),
        ("rule_open_findings", {"rule": "old-engine", "severity": "high"}, 2),
        ("waivers", {"state": "ran out"}, 1),
        ("last_scan_timestamp_seconds", {}, data.SCANNED.timestamp()),
        ("info", {"dindguard": "0.1.0", "rules": "rules-1", "policy": ""}, 1),
    ):
        assert found[f"dindguard_fleet_{name}", frozenset(labels.items())] == value, name
    assert sorted(tmp_path.glob(".*.tmp")) == []
    assert all(family.documentation for family in parser.text_string_to_metric_families(text))


def test_prometheus_is_told_of_changes_only_when_something_is_compared(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    assert "changed_findings" not in run(new, "-f", "prometheus").stdout
    found = series(run(new, "--against", old, "-f", "prometheus").stdout)
    assert found["dindguard_fleet_changed_findings", frozenset({("change", "came")})] == 1
    assert found["dindguard_fleet_changed_findings", frozenset({("change", "went")})] == 2


def test_no_name_breaks_out_of_a_label_and_many_teams_stay_few(tmp_path: Path) -> None:
    text = run(hostile(tmp_path / "evil"), "-f", "prometheus").stdout
    assert {name.removeprefix("dindguard_fleet_") for name, _ in series(text)} == {
        "repositories", "open_findings", "ways_to_root", "blind_spots", "rule_open_findings", "waivers",
        "first_scan_timestamp_seconds", "last_scan_timestamp_seconds", "info",
    }  # fmt: skip
    many = [data.repository(f"r{n}", f"team-{n}", open_low=1, ways_to_root=1) for n in range(MOST_TEAMS + 7)]
    found = series(run(data.write(tmp_path / "many", {"repositories": many}), "-f", "prometheus").stdout)
    assert found["dindguard_fleet_ways_to_root", frozenset({("team", OTHERS)})] == 7
    assert sum(value for (name, _), value in found.items() if name.endswith("open_findings")) == MOST_TEAMS + 7


def test_names_that_look_alike_on_one_line_share_a_series(tmp_path: Path) -> None:
    teams = ["a b", "a  b", "a\nb", "x" * 200 + "1", "x" * 200 + "2", OTHERS]
    many = [data.repository(f"r{n}", team, ways_to_root=1) for n, team in enumerate(teams)]
    text = run(data.write(tmp_path / "alike", {"repositories": many}), "-f", "prometheus").stdout
    lines = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    assert series(text)["dindguard_fleet_ways_to_root", frozenset({("team", "a b")})] == 3


@pytest.mark.parametrize("form", FORMATS)
def test_two_reports_are_the_same_bytes(fleet: Path, form: str) -> None:
    with report_of(fleet) as first, report_of(fleet) as second:
        assert "".join(pieces(form, first)) == "".join(pieces(form, second))


# --- what is not whole ---


def refused(folder: Path, against: Path | None = None) -> tuple[str, int]:
    with pytest.raises(UserError) as error, report_of(folder, against) as report:
        list(pieces("json", report))
    return str(error.value), error.value.exit_code


def test_an_empty_fleet_and_an_empty_repository_have_reports(tmp_path: Path) -> None:
    empty = data.write(tmp_path / "empty", {})
    one = data.write(tmp_path / "one", {"repositories": [data.repository("only")]})
    for folder in (empty, one):
        for form in FORMATS:
            assert run(folder, "-f", form).exit_code == CLEAN


def test_a_folder_without_a_dataset_says_what_makes_one(tmp_path: Path) -> None:
    message, code = refused(tmp_path)
    assert (code, "dindguard fleet scan SOURCES --out" in message) == (USAGE, True)
    message, code = refused(tmp_path / "nowhere")
    assert (code, "No such file" in message) == (USAGE, True)
    (tmp_path / "file").touch()
    message, code = refused(tmp_path / "file")
    assert (code, "not a file" in message) == (USAGE, True)
    (tmp_path / layout.STAGED).mkdir()
    message, code = refused(tmp_path)
    assert (code, "has not been finished" in message) == (INCOMPLETE, True)


@pytest.mark.parametrize(
    ("version", "said"), [(0, "an older dindguard wrote"), (99, "upgrade dindguard"), ("x", "does not say")]
)
def test_another_version_of_the_dataset_is_refused(tmp_path: Path, version: Any, said: str) -> None:
    message, code = refused(data.write(tmp_path, {}, version=version))
    assert (code, said in message) == (USAGE, True)


@pytest.mark.parametrize("harm", ["cut", "empty", "middle", "missing", "link"])
def test_a_damaged_part_is_named(fleet: Path, harm: str) -> None:
    part = Path(layout.part(str(fleet), "findings", layout.Shard()))
    content = part.read_bytes()
    if harm == "cut":
        part.write_bytes(content[:-20])
    elif harm == "empty":
        part.write_bytes(b"")
    elif harm == "middle":
        part.write_bytes(content[:60] + b"\xff" * 400 + content[460:])
    else:
        part.unlink()
        if harm == "link":
            elsewhere = fleet.parent / "elsewhere.parquet"
            elsewhere.write_bytes(content)
            part.symlink_to(elsewhere)
    message, code = refused(fleet)
    assert str(part) in message
    assert code == (USAGE if harm == "link" else INCOMPLETE)


def test_a_damaged_part_of_the_old_dataset_is_named_too(tmp_path: Path) -> None:
    new, old = changed(tmp_path)
    part = Path(layout.part(str(old), "findings", layout.Shard()))
    part.write_bytes(part.read_bytes()[:-9])
    assert str(part) in refused(new, old)[0]


def test_a_damaged_manifest_is_named(fleet: Path) -> None:
    manifest = Path(layout.manifest(str(fleet), layout.Shard()))
    for text in ("{", "[]", "[" * 100_000):
        manifest.write_text(text)
        message, code = refused(fleet)
        assert (code, str(manifest) in message) == (INCOMPLETE, True)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    data.write(tmp_path, {})
    (tmp_path / "manifest.json").rename(tmp_path / "manifest-2-of-3.json")
    message, code = refused(tmp_path)
    assert (code, "1/3, 3/3" in message) == (INCOMPLETE, True)


def test_shards_of_different_runs_are_not_mixed(tmp_path: Path) -> None:
    for index in (1, 2):
        manifest = {"version": 1, "run": f"r{index}", "parts": []}
        Path(layout.manifest(str(tmp_path), layout.Shard(index, 2))).write_text(json.dumps(manifest))
    message, code = refused(tmp_path)
    assert (code, "different runs" in message) == (INCOMPLETE, True)


def test_a_column_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    old = data.write(tmp_path / "old", FLEET, without=["claimed", "engine_version_sort", "owners", "expires"])
    with report_of(old) as report:
        assert json.loads("".join(pieces("json", report)))["totals"]["rooted"] == 3


def test_a_column_of_another_type_is_no_dataset_of_ours(fleet: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    part = layout.part(str(fleet), "coverage", layout.Shard())
    pq.write_table(pa.table({"line": ["x"]}), part)
    assert "coverage.line is VARCHAR, not BIGINT" in refused(fleet)[0]


# --- what DuckDB may do ---


def test_no_question_leaves_the_folder(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with opened(str(fleet)) as dataset:
        for question in (
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
            f"SELECT * FROM read_text('{fleet}/manifest.json')",
            "SELECT * FROM glob('/etc/*')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SELECT * FROM 'http://127.0.0.1:9/x.parquet'",
            f"ATTACH '{tmp_path}/x.db'",
            "SET enable_external_access = true",
            "SET autoinstall_known_extensions = true",
        ):
            with pytest.raises(UserError):
                dataset.rows(question)
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    folder = data.write(tmp_path / "it's [a] *?", FLEET)
    assert len(rows(folder, "ways")) == 4


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    folder = hostile(tmp_path / "evil")
    with report_of(folder) as report:
        assert report.totals()["rooted"] == 1
        document = json.loads("".join(pieces("json", report)))
    assert document["sections"]["ways"][0]["repository"] == EVIL
    table = list(csv.reader(io.StringIO(run(folder, "-f", "csv").stdout)))
    assert len(table) == 2
    assert table[1][0].startswith("'=cmd")


def test_an_interrupt_is_no_damage() -> None:
    class Interrupted:
        def cursor(self) -> Interrupted:
            return self

        def close(self) -> None: ...

        def execute(self, *_: Any) -> None:
            raise RuntimeError("Query interrupted")  # what DuckDB makes of one

    dataset = Dataset(Interrupted(), OSError, {}, "")
    for ask in (dataset.rows, lambda question: list(dataset.stream(question))):
        with pytest.raises(KeyboardInterrupt):
            ask("SELECT 1")


# --- the command line ---


def test_the_command_says_what_is_wrong_with_a_section(fleet: Path) -> None:
    for words, said in (
        (["--section", "way"], "did you mean 'ways'"),
        (["--section", "came"], "--against OLD"),
        (["-f", "prometheus", "--section", "ways"], "has no sections"),
        (["-f", "pdf"], "there is no 'pdf'"),
    ):
        done = run(fleet, *words)
        assert done.exception is not None
        assert said in str(getattr(done.exception, "message", done.exception)), words


def test_the_day_and_the_days_decide_what_is_due(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Day(dt.date):
        @classmethod
        def today(cls) -> dt.date:
            return TODAY

    monkeypatch.setattr(fleet_report.dt, "date", Day)
    states = [
        [
            row["state"]
            for row in csv.DictReader(io.StringIO(run(fleet, "-f", "csv", "--section", "waivers", *given).stdout))
        ]
        for given in ([], ["--due", "0"], ["--due", "365"])
    ]
    assert [found.count("due") for found in states] == [1, 0, 2]


def test_without_the_extra_the_command_says_what_to_install(fleet: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['duckdb'] = None\n"
        "from dindguard.cli import main\n"
        "main(['fleet', 'report', sys.argv[1]])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(fleet)], capture_output=True, text=True, check=False)
    assert done.returncode == USAGE
    assert done.stderr == (
        "dindguard: error: a fleet's report needs DuckDB: install dindguard with the extra 'fleet' (dindguard[fleet])\n"
    )


def test_help_loads_neither_duckdb_nor_arrow() -> None:
    code = (
        "import sys; from dindguard.cli import main\n"
        "try: main(['fleet', 'report', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'duckdb', 'pyarrow', 'dask', 'distributed'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["[]"]
