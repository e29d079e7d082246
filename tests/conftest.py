"""Shared by all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("dindguard", deadline=None)  # a busy machine is no failure
settings.load_profile("dindguard")


def pytest_configure() -> None:
    """Undo what ``nohup`` and background jobs hand down: ignored signals, which tests send and children inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
