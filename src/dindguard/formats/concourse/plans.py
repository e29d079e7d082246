"""The tasks of a job's plan, however deep its steps lie in each other.

Source: Concourse's documentation ("Steps", "Jobs"): ``in_parallel`` (once ``aggregate``), ``do`` and ``try`` hold steps, and each
step, as the job itself, may have hooks.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.tree import Node

_HOOKS = ("on_success", "on_failure", "on_abort", "on_error", "ensure")
_AROUND = ("in_parallel", "aggregate", "do", "try")


class Plans:
    """Goes through the plans of one pipeline."""

    def __init__(self) -> None:
        self._met = 0

    def tasks(self, job: Node) -> Iterator[Node]:
        """Yield the task steps of a job, in the order in which they are written."""
        waiting = [*_steps_in(job["plan"]), *(job[hook] for hook in _HOOKS)][::-1]
        while waiting:
            step = waiting.pop()
            if not step.is_mapping:
                continue
            self._met += 1  # a step that an alias puts into itself never ends
            if not budget.within(budget.CONCOURSE_STEPS, self._met, step):
                return
            if "task" in step:
                yield step
            within = [each for key in _AROUND if key in step for each in _steps_in(step[key])]
            waiting += [*within, *(step[hook] for hook in _HOOKS if hook in step)][::-1]


def _steps_in(node: Node) -> list[Node]:
    """Return the steps that a list holds, or that stand under ``steps``; one step stands for itself."""
    if node.is_mapping:
        return node["steps"].items() if "steps" in node else [node]
    return node.items()
