"""A pod template into a workload with its containers."""

from __future__ import annotations

from dindguard.documents.nodes import further, written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes import commands, ports
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.environment import Variables
from dindguard.formats.kubernetes.network_policies import isolation
from dindguard.formats.kubernetes.openings import Opening, declared_ports
from dindguard.formats.kubernetes.placement import placement
from dindguard.formats.kubernetes.podspecs import TEKTON, Member, PodTemplate
from dindguard.formats.kubernetes.replicas import replicas
from dindguard.formats.kubernetes.security import Contexts
from dindguard.formats.kubernetes.values import boolean
from dindguard.formats.kubernetes.volumes import Volume, mounts, volumes
from dindguard.model.container import Container, ContainerKind, Dependency, Limits
from dindguard.model.image import Image
from dindguard.model.mount import Storage
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.records import record
from dindguard.source import Embedded

_OF_THE_POD = (
    ("serviceAccountName",), ("serviceAccount",), ("automountServiceAccountToken",), ("shareProcessNamespace",),
    ("securityContext", "sysctls"), ("securityContext", "windowsOptions"), ("resourceClaims",), ("nodeName",),
    ("nodeSelector",), ("tolerations",), ("affinity", "nodeAffinity"), ("hostAliases",),
)  # fmt: skip
_OF_A_MEMBER = (("resources", "claims"), ("securityContext", "windowsOptions"), ("lifecycle",))
_OF_A_RUNTIME = (
    "io.katacontainers.",
    "cdi.k8s.io/",
    "io.kubernetes.cri-o.",
    "io.kubernetes.cri.",
    "run.oci.",
    "dev.gvisor.",
)
"""Annotations that node runtimes obey; others only describe."""


@record
class Pod:
    """What all containers of one pod have in common."""

    template: PodTemplate
    cluster: Cluster
    volumes: dict[str, Volume]
    openings: tuple[Opening, ...]
    declared_ports: frozenset[str]
    replicas: Replicas | None
    further: tuple[Text, ...]


@record
class ReadPod:
    """A workload, the scripts in it, and its volumes by name."""

    workload: Workload
    embedded: tuple[Embedded, ...]
    volumes: dict[str, Volume]


def read_pod(template: PodTemplate, cluster: Cluster, openings: tuple[Opening, ...]) -> ReadPod:
    """Read one pod, which has these openings."""
    pod = _pod(template, cluster, openings)
    built: list[Container] = []
    embedded: list[Embedded] = []
    for member in template.members:
        container = _container(member, pod, _dependencies(template.members, member))
        if template.platform is not None:
            container = template.platform.adjusted(container)
        built.append(container)
        embedded.extend(Embedded(script, container) for script in commands.scripts(member.node))
        embedded.extend(_step_script(member, container))
    if template.platform is not None:
        built.extend(template.platform.added(template.address, tuple(built)))
    return ReadPod(_workload(pod, tuple(built)), tuple(embedded), pod.volumes)


def _pod(template: PodTemplate, cluster: Cluster, openings: tuple[Opening, ...]) -> Pod:
    spec, resource = template.spec, template.resource
    claims = template.claims if template.claims is not None else spec.hole("volumeClaimTemplates")
    return Pod(
        template=template,
        cluster=cluster,
        volumes=volumes(spec, claims, template.address, resource, cluster),
        openings=openings,
        declared_ports=declared_ports([member.node for member in template.members]),
        replicas=replicas(resource, cluster),
        further=(*further(spec, *_OF_THE_POD), *_of_a_runtime(template.metadata["annotations"])),
    )


def _of_a_runtime(annotations: Node) -> tuple[Text, ...]:
    keys = [(key.content,) for key, _ in annotations.pairs() if key.content.startswith(_OF_A_RUNTIME)]
    return further(annotations, *keys)


def _devices(node: Node) -> tuple[Text, ...]:
    """Return the devices that a plugin picks (``nvidia.com/gpu: 1``): their resources have a domain."""
    limits = node["resources"]["limits"]
    return further(limits, *((key.content,) for key, _ in limits.pairs() if "/" in key.content))


def _workload(pod: Pod, containers: tuple[Container, ...]) -> Workload:
    template = pod.template
    shared = template.spec["shareProcessNamespace"]
    storages: dict[str, Storage] = {volume.storage.identity: volume.storage for volume in pod.volumes.values()}
    for container in containers:
        storages.update({mount.storage.identity: mount.storage for mount in container.mounts if mount.storage})
    return Workload(
        name=template.name,
        address=template.address,
        kind=WorkloadKind.POD,
        platform=Platform.KUBERNETES,
        span=template.span,
        containers=containers,
        storages=tuple(storages.values()),
        shared_network=True,
        shared_processes=boolean(shared, "shareProcessNamespace") if written(shared) else None,
        replicas=pod.replicas,
        isolation=isolation(template.metadata["labels"], template.resource, pod.cluster),
        placement=placement(template.spec, template.resource, pod.cluster),
        ends_with_its_containers=template.resource.kind in ("Job", "CronJob"),
        wrapped=template.wrapped,
        told_as=_told_as(template),
        revised_by=template.resource.revised_by,
    )


def _told_as(template: PodTemplate) -> str:
    """Return what tells its containers from others: names repeat in a cluster's list, and Prow's jobs give them none."""
    resource = template.resource
    if resource.node.route.startswith("items["):
        where = f"{resource.namespace}/" if resource.namespace else ""
        return f"{resource.kind or 'item'} '{where}{resource.name}'"
    nameless = template.wrapped and not all(member.name for member in template.members)
    return f"'{template.name}'" if nameless and template.name else ""


def _container(member: Member, pod: Pod, depends_on: tuple[Dependency, ...]) -> Container:
    node, template = member.node, pod.template
    spec = template.spec
    variables = Variables(node, template.resource, pod.cluster)
    contexts = Contexts(member.name, node["securityContext"], spec, template.metadata["annotations"])
    image = written(node["image"])
    return Container(
        name=member.name,
        address=f"{template.address}.{member.step}",
        kind=ContainerKind.POD_MEMBER if member.always else member.kind,
        span=member.span,
        conditions=node.conditions,
        image=Image.parse(image) if image is not None else None,
        privileged=contexts.privileged(),
        capabilities=contexts.capabilities(),
        confinement=contexts.confinement(),
        namespaces=contexts.namespaces(),
        mounts=tuple(mounts(node, pod.volumes, variables)),
        environment=variables.environment(),
        ports=tuple(ports.ports(node, pod.declared_ports, pod.openings)),
        exposed_ports=tuple(ports.exposed(node)),
        entrypoint=commands.words(node["command"], variables),
        command=commands.words(node["args"], variables),
        user=contexts.user(),
        run_as_non_root=contexts.run_as_non_root(),
        groups=contexts.groups(),
        runtime=written(spec["runtimeClassName"]),
        limits=_limits(node, spec),
        health=commands.health(node, _holding(member, template.resource.group), variables),
        depends_on=depends_on,
        read_only_root=boolean(node["securityContext"]["readOnlyRootFilesystem"], "readOnlyRootFilesystem"),
        restart=written(node["restartPolicy"]) or written(spec["restartPolicy"]),
        stop_grace_period=written(spec["terminationGracePeriodSeconds"]),
        aliases=tuple(ports.aliases(node, spec, pod.declared_ports, pod.openings)),
        outer_names=tuple(ports.outer_names(node, pod.declared_ports, pod.openings, template.resource)),
        scopes=ports.scopes(template.resource),
        hostname=written(spec["hostname"]),
        replicas=pod.replicas,
        user_namespace=contexts.user_namespace(),
        further=(*pod.further, *further(node, *_OF_A_MEMBER), *_devices(node)),
        ignored_settings=contexts.ignored(),
    )


def _holding(member: Member, group: str) -> tuple[str, ...]:
    """Return the probes for which others wait: a native sidecar's first one, and those of what Tekton starts beside steps.

    Tekton's first step begins when all sidecars are ready (tektoncd/pipeline ``pkg/pod/entrypoint.go``).
    """
    if group == TEKTON and member.group == "sidecars":
        return ("startupProbe", "readinessProbe")
    return ("startupProbe",) if member.always else ()


def _limits(node: Node, spec: Node) -> Limits:
    # Tekton calls them computeResources, so that nobody takes them for its own resources.
    own = (node["resources"] if node["resources"].present else node["computeResources"])["limits"]
    shared = spec["resources"]["limits"]
    return Limits(
        memory=written(own["memory"]) or written(shared["memory"]),
        cpus=written(own["cpu"]) or written(shared["cpu"]),
        ephemeral_storage=written(own["ephemeral-storage"]) or written(shared["ephemeral-storage"]),
    )


def _dependencies(members: tuple[Member, ...], member: Member) -> tuple[Dependency, ...]:
    """Return what must have happened before a container starts: init containers end, native sidecars start."""
    if member.kind is ContainerKind.EPHEMERAL:
        return ()
    found = []
    for other in members:
        if other is member or other.kind is not ContainerKind.INIT:
            break
        if other.always:
            condition = "healthy" if other.node["startupProbe"].is_mapping else "started"
        else:
            condition = "completed"
        found.append(Dependency(other.name, condition, other.span))
    return tuple(found)


def _step_script(member: Member, container: Container) -> list[Embedded]:
    """Return the script of a Tekton step or of an Argo script template."""
    script = member.node["script" if member.group != "script" else "source"]
    if not script.is_scalar or not commands.is_shell(script.content):
        return []
    interpreter = member.node["command"][0].content
    if member.group == "script" and not commands.names_shell(interpreter):
        return []
    return [Embedded(script.document("shell"), container)]
