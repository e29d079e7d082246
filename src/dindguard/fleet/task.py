"""What a worker does for one repository: a short text goes in, a short text comes out, whatever happens."""

from __future__ import annotations

import os
import platform

FAILED = "failed: "


def task(text: str) -> str:
    """Return the answer for a request; what keeps it from being scanned at all is told after ``failed:``."""
    from dindguard.fleet.process import run
    from dindguard.fleet.request import Request

    try:
        request = Request.of(text)
        marker = request.asking.marker
        if marker and not os.path.exists(marker):
            return f"{FAILED}{platform.node()[:30]} does not see the folder of --out"
        return str(run(request))
    except Exception as error:
        return f"{FAILED}{type(error).__name__}: {error}"[:100]


def probe(text: str) -> str:
    """Return what a worker has: its dindguard, its rules, and the first of some paths that it does not see, if any.

    ``text`` holds the paths, one a line.
    """
    from dindguard import __version__
    from dindguard.fleet.identity import rules_hash

    try:
        missing = next((path for path in text.splitlines() if not os.path.exists(path)), "")
        return f"{__version__} {rules_hash()} {missing}"[:400]
    except Exception as error:
        return f"{FAILED}{type(error).__name__}: {error}"[:100]
