from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.model import _engine_versions
from dindguard.model import engine_versions as versions
from dindguard.model.image import Image
from dindguard.model.values import Text
from dindguard.source import Span

VERSIONS = st.lists(st.integers(0, 40), min_size=1, max_size=3).map(tuple)


@pytest.mark.parametrize(
    ("version", "line", "image_over"),
    [
        ((1, 13), "1.13", True),
        ((17, 3, 2), "17.03", True),
        ((18,), "18.09", True),
        ((18, 9, 1), "18.09", True),
        ((19, 3, 14), "19.03", True),
        ((20, 10), "20.10", True),
        ((25, 0, 5), "25.0", True),
        ((26, 0, 1), "26.0", True),
        ((26,), "26.1", True),
        ((28, 5, 2), "28", True),
        ((29,), "29", False),
        ((29, 12, 0), "29", False),
    ],
)
def test_lifecycle(version: tuple[int, ...], line: str, image_over: bool) -> None:
    life = versions.lifecycle(version)
    assert life is not None
    assert (life.line, life.image_over) == (line, image_over)


@pytest.mark.parametrize("version", [(22,), (30,), (30, 1), (18, 7), (20, 11)])
def test_lines_that_are_not_known(version: tuple[int, ...]) -> None:
    assert versions.lifecycle(version) is None


def test_a_line_that_others_maintain_is_not_over() -> None:
    life = versions.lifecycle((25, 0))
    assert life is not None
    assert life.maintained_by
    assert not life.over
    assert life.newest > life.newest_image


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((18, 9, 1), {"CVE-2019-5736"}),
        ((18, 9, 2), {"not CVE-2019-5736", "CVE-2020-15257"}),
        ((19, 3, 14), {"not CVE-2020-15257", "not CVE-2024-21626", "CVE-2025-31133"}),
        ((20, 10, 24), {"CVE-2024-21626"}),
        ((24, 0, 8), {"CVE-2024-21626"}),
        ((24, 0), {"not CVE-2024-21626", "CVE-2025-31133"}),
        ((25, 0, 1), {"CVE-2024-21626"}),
        ((25, 0, 2), {"not CVE-2024-21626"}),
        ((26, 1, 4), {"CVE-2024-41110"}),
        ((26, 1, 5), {"not CVE-2024-41110"}),
        ((28, 5, 1), {"CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"}),
        ((28, 5, 2), {"not CVE-2025-31133", "CVE-2026-41567"}),
        ((28,), {"not CVE-2025-31133", "CVE-2026-41567"}),
        ((28, 3), {"CVE-2025-31133", "not CVE-2025-54388"}),
        ((29, 5, 0), {"CVE-2026-41567", "not CVE-2026-33747"}),
        ((29, 5, 1), {"not CVE-2026-41567", "CVE-2026-41579"}),
        ((29, 5), {"not CVE-2026-41567"}),
    ],
)
def test_vulnerabilities(version: tuple[int, ...], expected: set[str]) -> None:
    found = {hole.id for hole in versions.vulnerabilities(version)}
    wanted = {name for name in expected if not name.startswith("not ")}
    assert wanted <= found
    assert not {name.removeprefix("not ") for name in expected - wanted} & found


@pytest.mark.parametrize("version", [(29,), (29, 9, 0), (29, 10), (30,), (30, 0, 0)])
def test_a_floating_or_new_tag_has_none(version: tuple[int, ...]) -> None:
    assert versions.vulnerabilities(version) == ()


def test_the_first_versions_without_holes() -> None:
    assert versions.breakouts((29, 5, 0))
    assert versions.breakouts((29, 5, 1)) == ()
    assert versions.vulnerabilities((29, 8, 0))
    assert versions.vulnerabilities((29, 9, 0)) == ()


@given(VERSIONS)
def test_every_version_has_an_answer(version: tuple[int, ...]) -> None:
    assert set(versions.breakouts(version)) <= set(versions.vulnerabilities(version))
    life = versions.lifecycle(version)
    assert life is None or life.newest >= life.newest_image


def test_the_data_are_sound() -> None:
    ids = [hole.id for hole in versions.vulnerabilities((18, 9, 0))]
    assert len(ids) == len(set(ids))
    assert len(versions.as_of()) == len("2026-11-23")
    for hole in versions.vulnerabilities((25, 0, 1)):
        assert hole.severity in ("high", "low")
        assert hole.why


@pytest.mark.parametrize(
    ("version", "minimum", "is_below"),
    [
        ((29, 5, 1), (29, 6), True),
        ((29, 6, 0), (29, 6), False),
        ((29,), (29, 6), False),
        ((28,), (28, 5, 2), False),
        ((28, 5), (28, 5, 2), False),
        ((28, 5, 1), (28, 5, 2), True),
        ((20, 10), (29,), True),
    ],
)
def test_below(version: tuple[int, ...], minimum: tuple[int, ...], is_below: bool) -> None:
    assert versions.below(version, minimum) is is_below


@pytest.mark.parametrize(
    ("engine", "client", "refused"),
    [
        ("docker:29.0.0-dind", "docker:24", True),
        ("docker:29.0.0-dind", "docker:24-dind", True),
        ("docker:29.0.0-dind", "team/docker:24-dind", False),
        ("docker:29.2-dind", "docker:24.0.9", True),
        ("docker:29.2-dind", "docker:25.0", False),
        ("docker:29.3.0-dind", "docker:20.10", False),
        ("docker:29-dind", "docker:24", False),
        ("docker:dind", "docker:20.10", False),
        ("docker:dind", "docker:18.09", True),
        ("docker:29.10.0-dind", "docker:stable", False),
        ("docker:dind", "docker:25.0", False),
        ("docker:28-dind", "docker:20.10", False),
        ("docker:dind@sha256:0", "docker:20.10", False),
        ("docker:29-dind", "docker:cli", False),
        ("example/dind:29", "docker:20.10", False),
        ("moby/buildkit:latest", "docker:20.10", False),
    ],
)
def test_refused_clients(engine: str, client: str, refused: bool) -> None:
    span = Span("compose.yaml", 1, 1, 1, 2)
    one, two = (Image.parse(Text(name, span)).engine for name in (engine, client))
    assert versions.refuses(one, two) is refused


def test_the_date_of_the_facts_is_that_of_their_file() -> None:
    assert versions._data()["as_of"] == versions.as_of()
    dt.date.fromisoformat(versions.as_of())


def test_old_facts_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    day = dt.date.fromisoformat(versions.as_of())
    assert versions.stale(day + dt.timedelta(180)) == ()
    (notice,) = versions.stale(day + dt.timedelta(181))
    assert notice.message.endswith(f"is of {versions.as_of()}, 181 days ago")
    assert notice.remedy == "upgrade dindguard"


@pytest.mark.parametrize("missing", ["engine", "client", "both"])
def test_an_image_without_an_engine_refuses_nobody(missing: str) -> None:
    engine, client = (
        Image.parse(Text(name, Span("f", 1, 1, 1, 1))).engine for name in ("docker:29.0.0-dind", "docker:20.10-cli")
    )
    assert versions.refuses(engine, client)
    assert not versions.refuses(None if missing != "client" else engine, None if missing != "engine" else client)


@pytest.mark.parametrize(
    ("version", "told"),
    [((18, 9), "ended "), ((25, 0), "has not been rebuilt since "), ((29,), "is maintained")],
)
def test_what_became_of_a_line_is_told_in_words_that_fit_its_ends(version: tuple[int, ...], told: str) -> None:
    line = versions.lifecycle(version)
    assert line is not None
    assert line.end.startswith(told)
    assert line.over is told.startswith("ended")


def test_the_module_of_facts_holds_what_their_file_does() -> None:
    file = Path(_engine_versions.__file__).with_name("engine_versions.json")
    assert json.loads(file.read_text("utf-8")) == _engine_versions.DATA, "python docs/generate.py"
