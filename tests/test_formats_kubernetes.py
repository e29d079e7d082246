"""Kubernetes pods: every field that a rule asks for, and its safe twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dindguard.model.container import ContainerKind
from dindguard.model.mount import Medium, MountKind
from dindguard.model.values import How
from manifests import containers, only, pod, read, text_at

SPEC = """
          containers: [{name: dind, image: docker:29-dind, securityContext: {privileged: true}}]
"""


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("kind: Pod\nmetadata: {name: a}\nspec:", "Pod/-/a"),
        ("kind: Deployment\nmetadata: {name: a, namespace: ci}\nspec:\n  template:\n    spec:", "Deployment/ci/a"),
        ("kind: StatefulSet\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "StatefulSet/-/a"),
        ("kind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "DaemonSet/-/a"),
        ("kind: ReplicaSet\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "ReplicaSet/-/a"),
        ("kind: ReplicationController\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "ReplicationController/-/a"),
        ("kind: Job\nmetadata: {generateName: a-}\nspec:\n  template:\n    spec:", "Job/-/a-*"),
        ("kind: CronJob\nmetadata: {name: a}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:", "CronJob/-/a"),
        ("kind: PodTemplate\nmetadata: {name: a}\ntemplate:\n  spec:", "PodTemplate/-/a"),
        ("kind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:", "Pod/-/a"),
        ("kind: Rollout\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "Rollout/-/a"),
        ("kind: DeploymentConfig\nmetadata: {name: a}\nspec:\n  template:\n    spec:", "DeploymentConfig/-/a"),
    ],
)  # fmt: skip
def test_every_workload_kind(tmp_path, head, address):
    container = only(read(tmp_path, f"apiVersion: v1\n{head}{SPEC}"))
    assert container.address == f"{address}.containers.dind"
    assert container.privileged.on
    assert not container.workload.wrapped
    assert text_at(tmp_path, container.span) == "dind"
    assert text_at(tmp_path, container.privileged.span) == "true"


@pytest.mark.parametrize(("second", "found"), [("*a", 1), ("{<<: *a, metadata: {name: b}}", 2)])
def test_what_a_list_repeats_by_an_alias_is_one_object(second: str, found: int, tmp_path: Path) -> None:
    item = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: x}]}}"
    text = f"apiVersion: v1\nkind: List\nitems:\n- &a {item}\n- {second}\n- *a\n"
    assert sum(len(each.containers) for each in read(tmp_path, {"p.yaml": text}).workloads) == found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "presubmits: {kubernetes/test: [{name: pull, spec: {containers: [{image: docker:29-dind}]}}]}",
            "presubmits.kubernetes/test.pull.spec.containers[0]",
        ),
        (
            (
                "apiVersion: beat.example.io/v1\nkind: Beat\nmetadata: {name: b}\n"
                "spec: {daemonSet: {podTemplate: {spec: {containers: [{name: x, image: docker:29-dind}]}}}}"
            ),
            "Beat/-/b.spec.daemonSet.podTemplate.spec.containers.x",
        ),
        (
            "metadata: {name: p}\nspec: {containers: [{name: x, securityContext: {privileged: true}}]}",
            "-/-/p.spec.containers.x",
        ),
    ],
)
def test_a_pod_spec_is_known_by_its_shape(tmp_path, text, address):
    container = only(read(tmp_path, text))
    assert container.address == address
    assert container.workload.wrapped


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {{containers: {0}}}",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {{rules: [{{validate: {{pattern: {{containers: {0}}}}}}}]}}",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPrivileged\nspec: {{containers: {0}}}",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nspec: {{containers: {0}}}",
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nspec: {{containers: {0}}}",
        "apiVersion: v1\nkind: Config\nspec: {{containers: {0}}}",
        "suite: s\ntests: [{{set: {{containers: {0}}}}}]",
        "apiVersion: v1\nkind: List\nitems: [{{apiVersion: kyverno.io/v1, kind: Policy, spec: {{containers: {0}}}}}]",
        "resources: {{containers: [{{container: build, image: docker:29-dind}}]}}",
    ],
)
def test_policies_and_definitions_are_no_workloads(tmp_path, text):
    assert (
        read(
            tmp_path, text.format("[{name: x, image: 'docker:29-dind', securityContext: {privileged: true}}]")
        ).workloads
        == []
    )


def test_kinds_of_containers_and_their_order(tmp_path):
    found = containers(
        read(
            tmp_path,
            """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          initContainers:
            - {name: once, image: busybox}
            - {name: dind, image: "docker:29-dind", restartPolicy: Always, startupProbe: {exec: {command: [docker, info]}}}
          containers: [{name: main, image: "docker:29-cli", readinessProbe: {httpGet: {port: 80}}}]
          ephemeralContainers: [{name: debug, image: busybox}]
        """,
        )
    )
    once, dind, main, debug = found.values()
    assert [c.kind for c in (once, dind, main, debug)] == [
        ContainerKind.INIT, ContainerKind.POD_MEMBER, ContainerKind.POD_MEMBER, ContainerKind.EPHEMERAL,
    ]  # fmt: skip
    assert dind.address == "Pod/-/p.initContainers.dind"
    assert dind.health is not None
    assert dind.health.gates_start
    assert main.health is not None
    assert not main.health.gates_start
    assert [(d.name, d.condition) for d in main.depends_on] == [("once", "completed"), ("dind", "healthy")]
    assert [d.name for d in dind.depends_on] == ["once"]
    assert debug.depends_on == ()
    assert once.workload.shared_network


@pytest.mark.parametrize(
    ("value", "state", "non_portable"),
    [("true", True, False), ("yes", True, True), ('"true"', True, True), ("false", False, False),
     ("'false'", False, True), ("'{{ .x }}'", None, False)],
)  # fmt: skip
def test_booleans(tmp_path, value, state, non_portable):
    flag = only(read(tmp_path, pod(f"securityContext: {{ privileged: {value} }}"))).privileged
    assert flag.state is state
    assert flag.non_portable is non_portable


def test_an_unknown_privilege_names_its_variable(tmp_path):
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    securityContext:\n      privileged: ${PRIV}\n"
    flag = only(read(tmp_path, text)).privileged
    assert flag.unknown
    assert flag.variable == "PRIV"


SECURITY = [
    ("securityContext: {allowPrivilegeEscalation: false}", "", lambda c: c.confinement.no_new_privileges.on),
    ("securityContext: {allowPrivilegeEscalation: true}", "", lambda c: c.confinement.no_new_privileges.off),
    ("", "", lambda c: c.confinement.no_new_privileges is None),
    ("securityContext: {capabilities: {add: [SYS_ADMIN], drop: [ALL]}}", "",
     lambda c: (str(c.capabilities.added[0]), str(c.capabilities.dropped[0])) == ("SYS_ADMIN", "ALL")),
    ("securityContext: {seccompProfile: {type: Unconfined}}", "", lambda c: c.confinement.seccomp.value == "unconfined"),
    ("", "securityContext: {seccompProfile: {type: Unconfined}}", lambda c: c.confinement.seccomp.value == "unconfined"),
    ("securityContext: {seccompProfile: {type: RuntimeDefault}}", "securityContext: {seccompProfile: {type: Unconfined}}",
     lambda c: c.confinement.seccomp.value == "default"),
    ("securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}", "",
     lambda c: c.confinement.seccomp.value == "a.json"),
    ("securityContext: {appArmorProfile: {type: Unconfined}}", "", lambda c: c.confinement.apparmor.value == "unconfined"),
    ("securityContext: {seLinuxOptions: {type: spc_t}}", "", lambda c: str(c.confinement.selinux[0]) == "type:spc_t"),
    ("securityContext: {procMount: Unmasked}", "", lambda c: c.confinement.system_paths.value == "unconfined"),
    ("securityContext: {procMount: Default}", "", lambda c: c.confinement.system_paths is None),
    ("", "hostPID: true", lambda c: c.namespaces.pid.value == "host"),
    ("", "hostPID: false", lambda c: c.namespaces.pid is None),
    ("", "hostIPC: true", lambda c: c.namespaces.ipc.value == "host"),
    ("", "hostNetwork: true", lambda c: c.namespaces.network.value == "host"),
    ("", "hostNetwork: '{{ x }}'", lambda c: c.namespaces.network.unknown),
    ("", "hostUsers: false", lambda c: c.user_namespace.on),
    ("", "hostUsers: true", lambda c: c.user_namespace.off),
    ("", "", lambda c: c.user_namespace is None),
    ("", "runtimeClassName: sysbox-runc", lambda c: str(c.runtime) == "sysbox-runc"),
    ("", "shareProcessNamespace: true", lambda c: c.workload.shared_processes.on),
    ("securityContext: {runAsUser: 1000}", "securityContext: {runAsUser: 0}", lambda c: str(c.user) == "1000"),
    ("", "securityContext: {runAsUser: 0, runAsNonRoot: true}", lambda c: str(c.user) == "0" and c.run_as_non_root.on),
    ("", "securityContext: {fsGroup: 121, supplementalGroups: [999]}", lambda c: [str(g) for g in c.groups] == ["121", "999"]),
    ("securityContext: {readOnlyRootFilesystem: true}", "", lambda c: c.read_only_root.on),
    ("securityContext: {privileged: true}", "",
     lambda c: (str(c.namespaces.cgroup), c.namespaces.cgroup.how) == ("host", How.INHERITED)),
    ("securityContext: {privileged: false}", "", lambda c: c.namespaces.cgroup is None),
    ("securityContext: {windowsOptions: {hostProcess: true}}", "",
     lambda c: c.privileged.on and c.privileged.name == "hostProcess"),
    ("", "securityContext: {privileged: true}",
     lambda c: not c.privileged.on and c.ignored_settings == ("securityContext.privileged",)),
    ("resources: {limits: {memory: 2Gi, ephemeral-storage: 9Gi}}", "",
     lambda c: (str(c.limits.memory), str(c.limits.ephemeral_storage)) == ("2Gi", "9Gi")),
    ("resources: {requests: {memory: 2Gi}}", "", lambda c: c.limits.memory is None),
    ("command: []", "", lambda c: c.entrypoint is None),
    ("command: [dockerd]", "", lambda c: str(c.entrypoint.words[0]) == "dockerd" and c.command is None),
    ("args: [dockerd]", "", lambda c: str(c.command.words[0]) == "dockerd" and c.entrypoint is None),
    ("", "automountServiceAccountToken: false", lambda c: c.workload.placement.service_account_token.off),
    ("", "", lambda c: c.workload.placement.service_account_token.on and not c.workload.placement.service_account_token.set),
    ("", "nodeSelector: {ci: 'true'}, tolerations: [{key: ci}]",
     lambda c: str(c.workload.placement.node_selector["ci"]) == "true" and len(c.workload.placement.tolerations) == 1),
]  # fmt: skip


@pytest.mark.parametrize(("container", "spec", "holds"), SECURITY)
def test_security_settings(tmp_path, container, spec, holds):
    assert holds(only(read(tmp_path, pod(container, spec))))


@pytest.mark.parametrize(
    ("annotation", "holds"),
    [
        (
            "container.apparmor.security.beta.kubernetes.io/c: unconfined",
            lambda c: c.confinement.apparmor.value == "unconfined",
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/other: unconfined",
            lambda c: c.confinement.apparmor is None,
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/c: runtime/default",
            lambda c: c.confinement.apparmor.value == "default",
        ),
        (
            "seccomp.security.alpha.kubernetes.io/pod: unconfined",
            lambda c: c.confinement.seccomp.value == "unconfined",
        ),
        ("seccomp.security.alpha.kubernetes.io/pod: runtime/default", lambda c: c.confinement.seccomp is None),
        ("io.kubernetes.cri-o.userns-mode: 'auto:size=65536'", lambda c: c.user_namespace.on),
        ("io.kubernetes.cri-o.userns-mode: host", lambda c: c.user_namespace.off),
    ],
)
def test_annotations(tmp_path, annotation, holds):
    assert holds(only(read(tmp_path, pod("", metadata=f"name: a, annotations: {{{annotation}}}"))))


def test_a_pods_setting_has_one_place_for_all_containers(tmp_path):
    reading = read(
        tmp_path,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          hostPID: true
          containers: [{name: a, image: a}, {name: b, image: b}]
        """,
    )
    a, b = containers(reading).values()
    assert a.namespaces.pid is not None
    assert b.namespaces.pid is not None
    assert a.namespaces.pid.span == b.namespaces.pid.span
    assert text_at(tmp_path, a.namespaces.pid.span) == "true"


VOLUMES = [
    ("hostPath: {path: /var/run/docker.sock, type: Socket}", MountKind.HOST,
     lambda m: (str(m.source), str(m.type_hint), m.host_path) == ("/var/run/docker.sock", "Socket", "/run/docker.sock")),
    ("hostPath: {path: '${HOME}/x'}", MountKind.HOST, lambda m: m.source.unknown and m.source.variable == "HOME"),
    ("emptyDir: {}", MountKind.EMPTY_DIR, lambda m: m.storage.per_replica and m.storage.medium is Medium.DISK),
    ("emptyDir: {medium: Memory, sizeLimit: 1Gi}", MountKind.EMPTY_DIR,
     lambda m: m.storage.medium is Medium.MEMORY and str(m.storage.size_limit) == "1Gi"),
    ("persistentVolumeClaim: {claimName: d, readOnly: true}", MountKind.CLAIM, lambda m: str(m.source) == "d" and m.read_only.on),
    ("ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}", MountKind.CLAIM,
     lambda m: m.storage.per_replica and [str(x) for x in m.storage.access_modes] == ["ReadWriteOnce"]),
    ("configMap: {name: d}", MountKind.CONFIG, lambda m: str(m.source) == "d"),
    ("secret: {secretName: d}", MountKind.SECRET, lambda m: str(m.source) == "d"),
    ("projected: {sources: [{serviceAccountToken: {path: t}}]}", MountKind.SECRET, lambda m: True),
    ("image: {reference: 'docker:29-cli'}", MountKind.IMAGE, lambda m: str(m.source) == "docker:29-cli"),
    ("nfs: {server: s, path: /x}", MountKind.OTHER,
     lambda m: m.storage.medium is Medium.NETWORK and str(m.storage.file_system) == "nfs"),
    ("csi: {driver: x}", MountKind.OTHER, lambda m: m.storage.medium is Medium.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("volume", "kind", "holds"), VOLUMES)
def test_volumes(tmp_path, volume, kind, holds):
    text = pod("volumeMounts: [{name: v, mountPath: /data}]", f"volumes: [{{name: v, {volume}}}]")
    (mount,) = only(read(tmp_path, text)).mounts
    assert mount.kind is kind
    assert holds(mount)
    assert text_at(tmp_path, mount.span) == "/data"


def test_mount_options(tmp_path):
    (mount,) = only(read(tmp_path, pod(
        "volumeMounts: [{name: v, mountPath: /d, readOnly: true, subPath: s, mountPropagation: Bidirectional}]",
        "volumes: [{name: v, hostPath: {path: /var/lib/x}}]",
    ))).mounts  # fmt: skip
    assert mount.read_only.on
    assert str(mount.propagation) == "rshared"
    assert mount.host_path == "/var/lib/x/s"
    assert mount.declared is not None
    assert text_at(tmp_path, mount.declared) == "/var/lib/x"


def test_a_mount_of_an_undeclared_volume_is_kept(tmp_path):
    (mount,) = only(read(tmp_path, pod("volumeMounts: [{name: v, mountPath: /d}]"))).mounts
    assert (mount.kind, mount.storage) == (MountKind.OTHER, None)


def test_a_sub_path_per_pod_is_storage_per_replica(tmp_path):
    mount = "volumeMounts: [{name: v, mountPath: /d, subPathExpr: $(POD)}]"
    variable = "env: [{name: POD, valueFrom: {fieldRef: {fieldPath: %s}}}]"
    for field, per_pod in (("metadata.name", True), ("spec.nodeName", False)):
        text = pod(f"{mount}, {variable % field}", "volumes: [{name: v, hostPath: {path: /x}}]")
        (found,) = only(read(tmp_path, text)).mounts
        assert found.storage is not None
        assert found.storage.per_replica is per_pod


def test_environment(tmp_path):
    environment = only(
        read(
            tmp_path,
            """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          containers:
          - name: c
            image: docker:29-cli
            args: ["--host=$(DOCKER_HOST)", "$(MISSING)", "$$(PORT)"]
            env:
            - {name: DOCKER_TLS_CERTDIR, value: ""}
            - {name: NOTHING}
            - {name: EMPTY, value: }
            - {name: PORT, value: "2375"}
            - {name: DOCKER_HOST, value: "tcp://localhost:$(PORT)"}
            - {name: SECRET, valueFrom: {secretKeyRef: {name: s, key: k}}}
        """,
        )
    )
    values = environment.environment
    assert {variable.name: variable.value.value for variable in values} == {
        "DOCKER_TLS_CERTDIR": "", "NOTHING": "", "EMPTY": "", "PORT": "2375", "DOCKER_HOST": "tcp://localhost:2375",
        "SECRET": None,
    }  # fmt: skip
    assert environment.command is not None
    assert [word.value for word in environment.command] == ["--host=tcp://localhost:2375", "$(MISSING)", "$(PORT)"]
    certificates = values["DOCKER_TLS_CERTDIR"]
    assert certificates is not None
    assert text_at(tmp_path, certificates.span) == '""'


def test_environment_from_a_config_map_of_the_scan(tmp_path):
    container = only(
        read(
            tmp_path,
            """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: engine}
        data: {DOCKER_TLS_CERTDIR: "", host: "tcp://dind:2375"}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          containers:
          - name: c
            image: docker:29-dind
            envFrom: [{configMapRef: {name: engine}}]
            env: [{name: DOCKER_HOST, valueFrom: {configMapKeyRef: {name: engine, key: host}}}]
        """,
        )
    )
    assert container.environment.value("DOCKER_TLS_CERTDIR") == ""
    host = container.environment["DOCKER_HOST"]
    assert host is not None
    assert (host.value.value, host.value.how) == ("tcp://dind:2375", How.VARIABLE)
    assert text_at(tmp_path, host.value.span) == '"tcp://dind:2375"'


def test_openshift_parameters_are_defaults(tmp_path):
    container = only(
        read(
            tmp_path,
            """
        apiVersion: template.openshift.io/v1
        kind: Template
        parameters: [{name: PRIVILEGED, value: "true"}, {name: TAG}]
        objects:
        - apiVersion: v1
          kind: Pod
          metadata: {name: p}
          spec: {containers: [{name: c, image: "docker:${TAG}", securityContext: {privileged: "${{PRIVILEGED}}"}}]}
        """,
        )
    )
    assert container.privileged.on
    assert container.privileged.how is How.DEFAULT
    assert container.image is not None
    assert container.image.reference.unknown


def test_json_manifests_read_like_yaml(tmp_path):
    from dindguard.documents import json as reader
    from dindguard.formats import Document
    from dindguard.formats.kubernetes import reader as kubernetes
    from dindguard.source import Source
    from support import context_of

    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
        "containers": [{"name": "c", "image": "docker:29-dind", "securityContext": {"privileged": True}}]}})  # fmt: skip
    source = Source("pod.json", text)
    (node,) = reader.read(source).documents
    container = only(kubernetes.read([Document(source, node)], context_of(tmp_path)))
    assert container.privileged.on
    assert not container.privileged.non_portable


def test_two_of_one_name_in_one_file_keep_addresses_of_their_own(tmp_path):
    text = pod("") + "---\n" + pod("securityContext: {privileged: true}")
    assert list(containers(read(tmp_path, text))) == ["Pod/-/agent.containers.c", "Pod/-/agent#2.containers.c"]


def test_a_variable_and_its_value_have_one_place(tmp_path):
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n"
    env = "    - {name: A, value: a}\n    - {name: B, value: $(A)}\n    - {name: C}\n    - {name: D, value: }\n"
    variables = [*only(read(tmp_path, head + env)).environment]
    assert variables[0].span is variables[0].value.span
    assert [text_at(tmp_path, each.span) for each in variables] == ["a", "$(A)", "C", "D"]
