"""Reads Jenkins' configuration: clouds of the docker plugin are runners, templates of the kubernetes plugin pods."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.built import held
from dindguard.documents.remainder import Remainder
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.jcasc import docker_cloud
from dindguard.formats.jcasc.pod_templates import pod, yaml_texts
from dindguard.formats.jcasc.variables import Variables
from dindguard.source import Embedded


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration of a scan, and lists of pod templates that others hand on."""
    del context  # a configuration stands by itself
    reading = Reading()
    for document in documents:
        root = document.content.scoped(Variables())
        if root.is_sequence:
            _templates(root, reading)
        else:
            _configuration(root, reading)
    return reading


def _configuration(root: Node, reading: Reading) -> None:
    rest = Remainder(root)
    for index, item in enumerate(root["jenkins"]["clouds"].items()):
        docker, kubernetes = item["docker"], item["kubernetes"]
        if docker.is_mapping:
            name = docker["name"].text or str(index)
            reading.workloads += docker_cloud.workloads(docker, f"clouds.{name}")
        _templates(kubernetes["templates"], reading)
        rest.take(docker, kubernetes)
    reading.unread.append(Unread(rest.source(), "part of a Jenkins configuration", known=True))


def _templates(templates: Node, reading: Reading) -> None:
    for template in budget.fitting(budget.JENKINS_TEMPLATES, list(templates.items()), 1, templates):
        made = pod(template) if template.is_mapping else None
        if made is not None:
            reading.embedded.append(Embedded(held(made, "kubernetes"), content=made))
        elif template.is_mapping:
            reading.unread += [
                Unread(text.document(), "pod of a Jenkins template", True) for text in yaml_texts(template)
            ]
