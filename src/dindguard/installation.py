"""Where this dindguard came from: the address of its repository and the revision, as far as the installation knows."""

from __future__ import annotations

import os
import re
import sys
from functools import cache

from dindguard import __version__
from dindguard.records import record

VARIABLE = "DINDGUARD_HOME"
"""The environment variable with which the GitHub Action tells the address, as ``https://host/owner/name@ref``."""

_ADDRESS = re.compile(r"(https://[\w.-]+(?::\d+)?(?:/[\w.~-]+){2,})@([\w./-]+)")


@record
class Home:
    """A repository that can be looked at: its web address, and the revision that is installed."""

    address: str
    revision: str

    def page(self, path: str) -> str:
        """Return the web address of a file; GitHub, GitLab and Gitea understand this form."""
        return f"{self.address}/blob/{self.revision}/{path}"


@cache
def home() -> Home | None:
    """Return the repository: what the environment says, else what pip noted when it installed from Git."""
    return _named(os.environ.get(VARIABLE, "")) or _installed_from()


@cache
def source() -> str:
    """Return the Git address and commit that pip installed from (PEP 610), for pip again; else nothing."""
    origin = _origin()
    return f"git+{origin[0]}@{origin[1]}" if origin else ""


def _named(text: str) -> Home | None:
    match = _ADDRESS.fullmatch(text)
    return Home(match[1], match[2]) if match else None


def _installed_from() -> Home | None:
    origin = _origin()
    return _named(f"{origin[0].removesuffix('.git')}@{origin[1]}") if origin else None


@cache
def _origin() -> tuple[str, str] | None:
    for folder in sys.path:  # what importlib.metadata does, which costs as much as a scan
        try:
            with open(os.path.join(folder, f"dindguard-{__version__}.dist-info", "direct_url.json"), "rb") as file:
                text = file.read()
        except OSError:
            continue
        return _told(text)
    return None


def _told(text: bytes) -> tuple[str, str] | None:
    import json

    try:
        content = json.loads(text)
        return str(content["url"]), str(content["vcs_info"]["commit_id"])
    except (KeyError, TypeError, ValueError):
        return None
