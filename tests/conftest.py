"""Shared by all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

settings.register_profile("dindguard", deadline=None)  # a busy machine is no failure
settings.load_profile("dindguard")


def pytest_configure() -> None:
    """Undo what ``nohup`` and background jobs hand down: ignored signals, which tests send and children inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def facts_stay_young(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the notice of old facts out of tests that have another subject, whatever the day."""
    from dindguard.model import engine_versions

    monkeypatch.setattr(engine_versions, "OLDEST", 1 << 20)
