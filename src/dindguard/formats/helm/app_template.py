"""``app-template``: a chart for any application, whose values are controllers, containers and mounts by name.

Source: bjw-s-labs/helm-charts, ``charts/library/common/values.yaml`` (2 to 4): a volume without mounts is at its own path, or at
``/NAME``, in every container; pod options of a controller stand over the defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from dindguard import budget
from dindguard.documents.built import mapping, word, words
from dindguard.documents.template.charts import overlaid
from dindguard.documents.tree import Node
from dindguard.formats.helm.release import Found, Release, image_of

_Volume: TypeAlias = tuple[Node, Node]
_KINDS = {"daemonset": "DaemonSet", "statefulset": "StatefulSet", "cronjob": "CronJob", "job": "Job"}
_SAME = (
    "args", "envFrom", "securityContext", "resources", "ports", "lifecycle", "workingDir", "restartPolicy", "imagePullPolicy",
)  # fmt: skip
_VOLUMES = {
    "hostPath": ("hostPath", {"path": "hostPath", "type": "hostPathType"}),
    "emptyDir": ("emptyDir", {"medium": "medium", "sizeLimit": "sizeLimit"}),
    "configMap": ("configMap", {"name": "name"}),
    "secret": ("secret", {"secretName": "name"}),
    "nfs": ("nfs", {"server": "server", "path": "path"}),
    "persistentVolumeClaim": ("persistentVolumeClaim", {"claimName": "existingClaim"}),
}


def read(release: Release) -> Found:
    """Return the pods of all controllers."""
    values = release.values
    found = Found([], [values["controllers"], values["persistence"], values["defaultPodOptions"]])
    volumes = _mounted(values)
    several = sum(not _off(each) for each in values["controllers"].values()) > 1
    for count, (key, controller) in enumerate(values["controllers"].pairs(), 1):
        if not budget.within(budget.CHART_CONTAINERS, count, controller):
            break
        if controller["containers"].is_mapping and not _off(controller):
            kind = _KINDS.get(controller["type"].text.lower(), "Deployment")
            name = word(key, key.value) if several else release.named(key)
            found.embedded.append(release.workload(kind, name, _spec(values, key.content, controller, volumes)))
    return found


def _off(node: Node) -> bool:
    return node["enabled"].present and node["enabled"].flag("enabled").off


def _mounted(values: Node) -> list[_Volume]:
    """Return the volumes by name, as many as the containers of all controllers can be given."""
    volumes = [(key, item) for key, item in values["persistence"].pairs() if item.is_mapping and not _off(item)]
    groups = ("containers", "initContainers")
    members = sum(len(each[group].pairs()) for each in values["controllers"].values() for group in groups)
    return budget.fitting(budget.GIVEN_MOUNTS, volumes, max(members, 1), values["persistence"])


def _spec(values: Node, name: str, controller: Node, volumes: list[_Volume]) -> Node:
    options = values["defaultPodOptions"]
    own = controller["pod"]
    both = overlaid(options, own) if options.is_mapping and own.is_mapping else own if own.is_mapping else options
    pairs = {key.content: value for key, value in both.pairs()}
    for group in ("containers", "initContainers"):
        members = [
            _container(key, item, controller, [*_mounts(volumes, name, key.content)])
            for key, item in controller[group].pairs()
            if item.is_mapping and not _off(item)
        ]
        pairs[group] = controller.with_items(members)
    pairs["volumes"] = controller.with_items([_volume(key, item) for key, item in volumes])
    return mapping(controller, pairs)


def _container(key: Node, item: Node, controller: Node, mounts: list[Node]) -> Node:
    defaults = controller["defaultContainerOptions"]
    settings = overlaid(defaults, item) if defaults.is_mapping else item
    same = {name: settings[name] for name in _SAME}
    command = settings["command"]
    return mapping(
        item,
        {
            **same,
            "name": word(key, key.value),
            "image": image_of(settings["image"]),
            "command": words(command, [command.value]) if command.is_scalar and command.content else command,
            "env": _variables(settings["env"]),
            "volumeMounts": item.with_items(mounts),
        },
    )


def _variables(env: Node) -> Node:
    """Return variables as a pod lists them; here they are a list as well, or values by name."""
    if not env.is_mapping:
        return env
    found = []
    for key, value in env.pairs():
        if value.is_scalar:
            found.append(mapping(value, {"name": word(key, key.value), "value": value}))
        elif value.is_mapping:
            found.append(mapping(value, {"name": word(key, key.value), **{k.content: v for k, v in value.pairs()}}))
    return env.with_items(found)


def _volume(key: Node, item: Node) -> Node:
    name = word(key, key.value)
    kind = item["type"].text or "persistentVolumeClaim"
    if kind == "custom":
        return mapping(item, {"name": name, **{k.content: v for k, v in item["volumeSpec"].pairs()}})
    source, fields = _VOLUMES.get(kind, (kind, {}))
    return mapping(item, {"name": name, source: mapping(item, {to: item[given] for to, given in fields.items()})})


def _mounts(volumes: list[tuple[Node, Node]], controller: str, container: str) -> Iterator[Node]:
    for key, item in volumes:
        advanced = item["advancedMounts"]
        everywhere = item["globalMounts"].items()
        if not everywhere and not advanced.is_mapping:
            yield _mount(key, item, item)
        for given in (*everywhere, *advanced[controller][container].items()):
            yield _mount(key, item, given)


def _mount(key: Node, item: Node, given: Node) -> Node:
    path = next((each for each in (given["path"], item["hostPath"]) if each.is_scalar), word(key, f"/{key.content}"))
    fields = {name: given[name] for name in ("readOnly", "subPath", "mountPropagation")}
    return mapping(given, {"name": word(key, key.value), "mountPath": path, **fields})
