"""GitHub Actions: workflows, composite actions and Docker actions (and the same files of Gitea and Forgejo).

Source: GitHub's workflow and metadata syntax references. Whether a runner is hosted by GitHub or not is not decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.github_actions.actions import read_action
from dindguard.formats.github_actions.workflows import WorkflowReader, reusable_calls


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all workflows and actions of a scan.

    A composite action of the same repository is read as part of the jobs that use it, and by itself when none does.
    """
    reading = Reading()
    readable = [document for document in documents if isinstance(document.content, Node)]
    workflows = [document for document in readable if "jobs" in document.content]
    reader = WorkflowReader(reading, context, reusable_calls(workflows))
    for document in workflows:
        reader.read(document)
    for document in readable:
        if "jobs" not in document.content and document.source.path not in reader.used_actions:
            read_action(document, reading, context)
    return reading
