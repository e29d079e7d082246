"""What a platform does by itself: one line each, whole."""

from __future__ import annotations

import pytest

from build import span, text
from dindguard.model.launch import Configuration, Launch, Setting, part_after
from dindguard.model.workload import Platform
from dindguard.vocabulary import EngineProduct

PLATFORMS = """
                adds_mounts hides_workspaces jobs_own_localhost only_starts all_or_nothing
ENGINE          -           -                -                  yes         -
SWARM           -           -                -                  yes         -
KUBERNETES      -           -                -                  yes         -
GITLAB          yes         yes              -                  -           -
GITHUB          -           yes              yes                yes         -
AZURE           -           yes              yes                yes         -
DRONE           yes         -                -                  yes         -
CONCOURSE       -           -                -                  yes         yes
OTHER_CI        yes         -                -                  -           -
NONE            -           -                -                  -           -
"""
COLUMNS, *ROWS = (line.split() for line in PLATFORMS.strip().splitlines())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_platform_does_by_itself(row: list[str]) -> None:
    platform = Platform[row[0]]
    assert [getattr(platform, column) for column in COLUMNS] == [word == "yes" for word in row[1:]]
    expected = EngineProduct.CONTAINERD if platform is Platform.KUBERNETES else EngineProduct.DOCKER
    assert platform.node_engine is expected


def test_every_platform_stands_in_the_table_above() -> None:
    assert {row[0] for row in ROWS} == {platform.name for platform in Platform}


def setting(name: str, value: str, source: str) -> Setting:
    return Setting(name, text(value), span(), source)


def launched(*settings: Setting) -> Launch:
    return Launch(wrapper=False, arguments=(), settings=settings, span=span())


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ([], None),
        ([("mtu", "1", "flag")], "1"),
        ([("mtu", "1", "file")], "1"),
        ([("mtu", "1", "flag"), ("mtu", "2", "flag")], "2"),
        ([("mtu", "1", "file"), ("mtu", "2", "file")], "2"),
        ([("mtu", "1", "flag"), ("mtu", "2", "file")], "1"),
        ([("mtu", "1", "file"), ("mtu", "2", "flag")], "2"),
        ([("bip", "1", "flag")], None),
    ],
)
def test_an_option_counts_before_the_file_and_the_last_of_several(
    settings: list[tuple[str, str, str]], value: str | None
) -> None:
    launch = launched(*(setting(*each) for each in settings))
    found = launch["mtu"]
    assert (found.value.pattern if found is not None else None) == value
    assert len(launch.all("mtu")) == sum(each[0] == "mtu" for each in settings)


def test_the_last_key_of_a_file_counts() -> None:
    settings = (setting("mtu", "1", "file"), setting("mtu", "2", "file"))
    configuration = Configuration(product=EngineProduct.DOCKER, settings=settings, span=span())
    assert configuration["mtu"] is settings[1]
    assert configuration["bip"] is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("type=volume,source=a", "a"),
        ("source=a,type=volume", "a"),
        ("type=volume, source=a", "a"),
        ("type=volume,resource=a", None),
        ("type=volume", None),
        ("", None),
    ],
)
def test_what_stands_after_a_key_in_a_list_of_fields(written: str, found: str | None) -> None:
    value = text(written)
    part = part_after(value, "source=")
    assert (part.pattern if part is not None else None) == found
