"""The folder in which a CI job works, as its own container names it: no path of the machine that runs the container."""

from __future__ import annotations

from dindguard.model.values import Text

_AZURE = ("Build.SourcesDirectory", "Build.Repository.LocalPath", "System.DefaultWorkingDirectory", "Pipeline.Workspace",
          "Agent.BuildDirectory")  # fmt: skip
_VARIABLES = frozenset(
    {
        "PWD", "$(pwd)", "GITHUB_WORKSPACE", "CI_PROJECT_DIR",
        *(f"$({name})" for name in _AZURE), *(name.replace(".", "_").upper() for name in _AZURE),
    }
)  # fmt: skip
_FOLDERS = ("/__w", "/builds/", "/github/workspace")
"""Where GitHub's runner, Azure's agent and GitLab's mount it (actions/runner ``ContainerOperationProvider``,
azure-pipelines-agent ``ContainerInfo``, gitlab-runner docs)."""


def is_jobs_folder(path: Text) -> bool:
    """Whether a path is a job's working folder, or below it."""
    return path.variable in _VARIABLES or path.pattern.startswith((".", *_FOLDERS))
