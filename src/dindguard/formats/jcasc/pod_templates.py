"""Templates of the kubernetes plugin as the pods that they make.

Source: jenkinsci/kubernetes-plugin, ``PodTemplate``, ``ContainerTemplate``, ``volumes/*`` and ``PodTemplateBuilder``: the volumes
of a template are mounted into each of its own containers and the agent's (``jnlp``), not into those that only its YAML has;
for a container that both have, the template's own settings win.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.documents import yaml
from dindguard.documents.built import mapping, word, words
from dindguard.documents.template.charts import overlaid
from dindguard.documents.tree import Node
from dindguard.model.values import Text
from dindguard.scripts.commands import split_words

_AGENT, _AGENT_IMAGE, _AGENT_FOLDER = "jnlp", "jenkins/inbound-agent", "/home/jenkins/agent"
_SOURCES = {
    "hostPathVolume": ("hostPath", {"path": "hostPath"}),
    "emptyDirVolume": ("emptyDir", {}),
    "persistentVolumeClaim": ("persistentVolumeClaim", {"claimName": "claimName"}),
    "dynamicPVC": ("ephemeral", {}),
    "genericEphemeralVolume": ("ephemeral", {}),
    "configMapVolume": ("configMap", {"name": "configMapName"}),
    "secretVolume": ("secret", {"secretName": "secretName"}),
    "nfsVolume": ("nfs", {"server": "serverAddress", "path": "serverPath"}),
}
"""Volumes of the plugin: what each is in a pod, and where its fields come from."""


def pod(template: Node) -> Node | None:
    """Return the pod that a template makes, as an object of the cluster; ``None`` for one that says nothing of one."""
    written = [each for each in map(_parsed, yaml_texts(template)) if each is not None]
    spec = _own_spec(template)
    below = None
    for document in written:
        below = document["spec"] if below is None else overlaid(below, document["spec"])
    if below is not None and below.is_mapping:
        spec = _both(below, spec)
    if not spec["containers"].items():
        return None
    name = next((template[key] for key in ("name", "label", "labels") if template[key].text), word(template, ""))
    metadata = next((each["metadata"] for each in written if each["metadata"].is_mapping), template.hole("metadata"))
    own = mapping(template, {"name": name})
    return mapping(
        template,
        {
            "apiVersion": word(template, "v1"),
            "kind": word(template, "Pod"),
            "metadata": overlaid(metadata, own) if metadata.present else own,
            "spec": spec,
        },
    )


def yaml_texts(template: Node) -> list[Node]:
    """Return the texts in which a template writes (parts of) its pod itself."""
    return [
        each for each in (template["yaml"], *template["yamls"].listed()) if each.is_scalar and each.content.strip()
    ]


def _parsed(text: Node) -> Node | None:
    """Return the first document of a text; ``None`` when it cannot be read."""
    tree = yaml.read(text.document("pod.yaml"))
    found = next(iter(tree.documents), None) if tree.readable else None
    return found.scoped(text.scope) if found is not None and found.is_mapping else None


def _own_spec(template: Node) -> Node:
    members = [each for each in template["containers"].items() if each.is_mapping]
    if not members and template["image"].is_scalar:
        members = [template]  # the settings of old: those of its one container
    mounts, volumes = _volumes(template)
    mounts = budget.fitting(budget.GIVEN_MOUNTS, mounts, len(members) + 1, template)
    variables = budget.fitting(budget.GIVEN_MOUNTS, [*_variables(template["envVars"])], len(members) + 1, template)
    containers = [_container(each, template, mounts, variables) for each in members]
    if containers and template["privileged"].present:
        containers[0] = _with_privilege(containers[0], template["privileged"])
    if (containers or mounts) and all(each["name"].content != _AGENT for each in containers):
        containers.append(_agent(template, mounts))
    return mapping(
        template,
        {
            "hostNetwork": template["hostNetwork"],
            "serviceAccountName": template["serviceAccount"],
            "securityContext": mapping(
                template, {key: template[key] for key in ("runAsUser", "runAsGroup") if template[key].content}
            ),
            "containers": template.with_items(containers),
            "volumes": template.with_items(volumes),
        },
    )


def _with_privilege(container: Node, privileged: Node) -> Node:
    """Return the first container with the privilege that stands at the template in files of old, unless it has its own."""
    context = overlaid(mapping(container, {"privileged": privileged}), container["securityContext"])
    return overlaid(container, mapping(container, {"securityContext": context}))


def _container(member: Node, template: Node, mounts: list[Node], variables: list[Node]) -> Node:
    context = {
        "privileged": member["privileged"],
        "runAsUser": member["runAsUser"],
        "runAsGroup": member["runAsGroup"],
    }
    limits = {"cpu": member["resourceLimitCpu"], "memory": member["resourceLimitMemory"]}
    return mapping(
        member,
        {
            "name": member["name"] if member["name"].is_scalar else word(member, _AGENT),
            "image": member["image"],
            "command": _words(member["command"]),
            "args": _words(member["args"]),
            "env": member.with_items([*_variables(member["envVars"]), *variables]),
            "securityContext": mapping(member, {key: node for key, node in context.items() if node.content}),
            "resources": mapping(member, {"limits": mapping(member, {k: v for k, v in limits.items() if v.content})}),
            "volumeMounts": template.with_items(mounts),
        },
    )


def _agent(template: Node, mounts: list[Node]) -> Node:
    """Return the container that the plugin adds to every pod, with the template's volumes."""
    at = template["name"] if template["name"].is_scalar else template
    return mapping(
        at,
        {"name": word(at, _AGENT), "image": word(at, _AGENT_IMAGE), "volumeMounts": template.with_items(mounts)},
    )


def _words(node: Node) -> Node:
    """Return a command line as the words that the plugin splits it into."""
    if not node.is_scalar or not node.content.strip():
        return node.hole("")
    parts: tuple[Text, ...] = split_words(node.value)
    return words(node, parts)


def _variables(items: Node) -> Iterator[Node]:
    for item in items.items():
        call = next((item[name] for name in ("envVar", "containerEnvVar") if item[name].is_mapping), item)
        if call["key"].is_scalar and call["value"].is_scalar:
            yield mapping(call, {"name": call["key"], "value": call["value"]})


def _volumes(template: Node) -> tuple[list[Node], list[Node]]:
    """Return the mounts of a template's volumes, and the volumes."""
    mounts, volumes = [], []
    for index, (kind, volume) in enumerate(_listed(template)):
        key, fields = _SOURCES[kind]
        name = word(volume, f"volume-{index}")
        source = {field: volume[given] for field, given in fields.items()}
        if kind == "emptyDirVolume" and volume["memory"].flag("memory").on:
            source["medium"] = word(volume, "Memory")
        mounts.append(
            mapping(volume, {"name": name, "mountPath": volume["mountPath"], "readOnly": volume["readOnly"]})
        )
        volumes.append(mapping(volume, {"name": name, key: mapping(volume, source)}))
    return mounts, volumes


def _listed(template: Node) -> Iterator[tuple[str, Node]]:
    for item in template["volumes"].items():
        for key, volume in item.pairs():
            if key.content in _SOURCES and volume["mountPath"].is_scalar:
                yield key.content, volume
    workspace = template["workspaceVolume"]["hostPathWorkspaceVolume"]
    if workspace["hostPath"].is_scalar:
        target = word(workspace, _AGENT_FOLDER)
        yield "hostPathVolume", mapping(workspace, {"hostPath": workspace["hostPath"], "mountPath": target})


def _both(below: Node, own: Node) -> Node:
    """Return a pod's specification with the template's own settings on top, container by container."""
    values = {key.content: value for key, value in below.pairs()}
    for key, value in own.pairs():
        given = values.get(key.content)
        if given is None or not given.present:
            values[key.content] = value
        elif key.content in ("containers", "volumes"):
            values[key.content] = _joined(given, value)
        elif value.pairs() or value.is_scalar:
            values[key.content] = overlaid(given, value)
    return mapping(below, values)


def _joined(below: Node, own: Node) -> Node:
    """Return the items of two lists, those of one name as one: the second's settings win, mounts and variables add up."""
    named = {item["name"].content: item for item in below.items() if item.is_mapping}
    for item in own.items():
        name = item["name"].content
        given = named.get(name)
        if given is None:
            named[name] = item
            continue
        lists = {
            key: item.with_items([*given[key].items(), *item[key].items()])
            for key in ("volumeMounts", "env")
            if given[key].items() or item[key].items()
        }
        image = item["image"]
        if name == _AGENT and image.filled is not None and given["image"].present:
            lists["image"] = given["image"]  # the one that the plugin takes where nobody names another
        named[name] = overlaid(overlaid(given, item), mapping(item, lists))
    return own.with_items(list(named.values()))
