"""Shared by all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import watching

if TYPE_CHECKING:
    from browser import Page

# A busy machine is no failure.
settings.register_profile("dindguard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dindguard")


def pytest_configure(config: pytest.Config) -> None:
    """Undo what ``nohup`` and background jobs hand down: ignored signals, which tests send and children inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    hands_out = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if not hands_out:  # else the processes that run the tests would be watched as what tests start
        watching.install()


@pytest.fixture(autouse=True)
def scans_only_read() -> Iterator[None]:
    """Fail a test in which a scan connects, starts a process or writes; ``watching`` names the exceptions.

    A scan of a command that the test runs as a process counts too.
    """
    watching.WATCH.taken()
    watching.told_by_processes()
    yield
    seen = [*watching.WATCH.taken(), *watching.told_by_processes()]
    assert not seen, f"a scan must not do that: {seen}"


@pytest.fixture(autouse=True)
def facts_stay_young(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the notice of old facts out of tests that have another subject, whatever the day."""
    from dindguard.model import engine_versions

    monkeypatch.setattr(engine_versions, "OLDEST", 1 << 20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    """One browser for the tests of a page."""
    from browser import browser  # it needs a Unix

    with browser() as page:
        yield page


@pytest.fixture
def page(chromium: Page) -> Page:
    """Return the browser's tab as a test expects it: scripts on, a wide screen, nothing asked for yet."""
    chromium.scripts(allowed=True)
    chromium.media()
    chromium.size(1280)
    chromium.requests.clear()
    chromium.errors.clear()
    return chromium
