"""``gitlab-runner``: the chart of GitLab's runner. Its ``runners.config`` is a ``config.toml``; before that, settings were keys.

Source: gitlab-org/charts/gitlab-runner, ``values.yaml`` and ``templates/`` (0.25 for the keys, 0.80 for today).
"""

from __future__ import annotations

from dindguard.documents.built import held, mapping, word
from dindguard.documents.tree import Node
from dindguard.formats.helm.release import Found, Release, image_of
from dindguard.source import Embedded

_NAME = "gitlab-runner"
_OF_NO_EFFECT = ("hostNetwork", "hostPID", "hostIPC")
"""What people give the chart and no template of its asks for (0.12, 0.45, 0.86)."""


def read(release: Release) -> Found:
    """Return the runners' configuration, and the pod of the runner itself where it has volumes or privileges."""
    values = release.values
    runners = values["runners"]
    config = runners["config"]
    found = Found()
    found.hand_on(config, "config.toml")
    if "privileged" not in config.content and (runners["privileged"].present or runners["image"].is_scalar):
        found.embedded.append(_of_old(runners))
    found.taken += [runners["privileged"], runners["image"], *(values[key] for key in _OF_NO_EFFECT)]
    found.add(_manager(release))
    return found


def _of_old(runners: Node) -> Embedded:
    """Return the keys of old as the configuration that they become."""
    executor = mapping(runners, {key: runners[key] for key in ("privileged", "image", "namespace")})
    runner = mapping(
        runners, {"executor": word(runners, "kubernetes"), "kubernetes": executor, "name": runners["name"]}
    )
    made = mapping(runners, {"runners": runners.with_items([runner])})
    return Embedded(held(made, "gitlab-runner"), content=made)


def _manager(release: Release) -> Found:
    values = release.values
    context, volumes, mounts = values["securityContext"], values["volumes"], values["volumeMounts"]
    if not context.is_mapping and not volumes.items():
        return Found()
    name = release.named(word(values, _NAME))
    image = image_of(values["image"])
    container = mapping(
        values,
        {
            "name": word(context if context.is_mapping else values, _NAME),
            "image": image if image.present else word(values, "registry.gitlab.com/gitlab-org/gitlab-runner"),
            "securityContext": context,
            "volumeMounts": mounts,
        },
    )
    spec = mapping(
        values,
        {
            "containers": values.with_items([container]),
            "volumes": volumes,
            "securityContext": values["podSecurityContext"],
        },
    )
    return Found([release.workload("Deployment", name, spec)], [context, volumes, mounts])
