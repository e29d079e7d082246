"""Releases of charts: the values that a task gives one, handed on as a list of releases.

Source: kubernetes.core, ``plugins/modules/helm.py``.
"""

from __future__ import annotations

from dindguard.documents.built import held, mapping
from dindguard.formats.ansible.tasks import Task
from dindguard.source import Embedded


def release_of(task: Task) -> Embedded | None:
    """Return the release that a task makes, if its values stand in the play; ``None`` for one that it takes away."""
    values = task.around.variables.mapping(task.first("release_values", "values"))
    chart = task["chart_ref"]
    if not values.is_mapping or not chart.is_scalar or task.first("release_state", "state").content == "absent":
        return None
    parts = {
        "name": task.first("release_name", "name"),
        "chart": chart,
        "namespace": task.first("release_namespace", "namespace"),
        "values": values.with_items([values]),
    }
    release = mapping(task.place, {key: part for key, part in parts.items() if part.present})
    made = mapping(task.place, {"releases": task.place.with_items([release])})
    return Embedded(held(made, "helm"), content=made)
