"""The folder in which a CI job works, as its own container names it: no path of the machine that runs the container."""

from __future__ import annotations

from dindguard.model.values import Text

_VARIABLES = frozenset({"PWD", "$(pwd)", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"})
_FOLDERS = ("/__w", "/builds/", "/github/workspace")
"""Where GitHub's runner and GitLab's mount it (actions/runner ``ContainerOperationProvider``, gitlab-runner docs)."""


def is_jobs_folder(path: Text) -> bool:
    """Whether a path is a job's working folder, or below it."""
    return path.variable in _VARIABLES or path.pattern.startswith((".", *_FOLDERS))
