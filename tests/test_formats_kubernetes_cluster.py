"""What other objects say about a pod: Services, claims, namespaces, autoscalers."""

from __future__ import annotations

import pytest

from dindguard.model.mount import Medium
from manifests import containers, only, read, text_at

DIND = """
        apiVersion: apps/v1
        kind: {kind}
        metadata: {{name: dind{namespace}}}
        spec:
          {extra}
          template:
            metadata: {{labels: {{app: dind}}}}
            spec:
              containers:
              - name: sidecar
                image: busybox
                ports: [{{name: http, containerPort: 80}}]
              - name: dind
                image: docker:29-dind
                ports: [{{name: api, containerPort: 2375}}]
                volumeMounts: [{{name: data, mountPath: /var/lib/docker}}]
              volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"""


def dind(kind: str = "Deployment", extra: str = "replicas: 1", namespace: str = "") -> str:
    return DIND.format(kind=kind, extra=extra, namespace=f", namespace: {namespace}" if namespace else "")


def service(kind: str = "ClusterIP", target: str = "api", namespace: str = "", selector: str = "app: dind") -> str:
    space = f", namespace: {namespace}" if namespace else ""
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: docker{space}}}\n"
        f"spec: {{type: {kind}, selector: {{{selector}}}, ports: [{{port: 2376, targetPort: {target}, nodePort: 30000}}]}}\n"
    )


def opened(tmp_path, files):
    found = {c.name: c for c in containers(read(tmp_path, files)).values()}
    return [(p.through, p.container_port, p.host_port, p.cluster_only) for p in found["dind"].ports], found


@pytest.mark.parametrize(
    ("kind", "port"),
    [
        ("ClusterIP", ("Service/ClusterIP", 2375, 2376, True)),
        ("NodePort", ("Service/NodePort", 2375, 30000, False)),
        ("LoadBalancer", ("Service/LoadBalancer", 2375, 2376, False)),
    ],
)
@pytest.mark.parametrize("target", ["api", "2375"])
def test_a_service_opens_the_port_of_the_container_that_declares_it(tmp_path, kind, port, target):
    ports, found = opened(tmp_path, dedented(dind()) + service(kind, target))
    assert ports == [port]
    assert found["sidecar"].ports == ()
    assert [str(alias) for alias in found["dind"].aliases] == ["docker"]
    assert found["sidecar"].aliases == ()


def dedented(text: str) -> str:
    from textwrap import dedent

    return dedent(text)


@pytest.mark.parametrize(
    "files",
    [
        dedented(dind()) + service(selector="app: other"),
        dedented(dind(namespace="ci")) + service(namespace="prod"),
        {"a/dind.yaml": dind(), "b/service.yaml": service()},
    ],
    ids=["another label", "another namespace", "another folder"],
)
def test_a_service_of_something_else_opens_nothing(tmp_path, files):
    assert opened(tmp_path, files)[0] == []


@pytest.mark.parametrize(
    "files",
    [
        {"a/dind.yaml": dind(namespace="ci"), "b/service.yaml": service(namespace="ci")},
        {"k8s/deployments/dind.yaml": dind(), "k8s/services/service.yaml": service()},
        {"k8s/dind.yaml": dind(), "k8s/service.yaml": service()},
    ],
    ids=["one namespace", "folders by kind", "one folder"],
)
def test_a_service_in_another_file_opens_a_port(tmp_path, files):
    assert opened(tmp_path, files)[0] == [("Service/ClusterIP", 2375, 2376, True)]


def test_names_inside_the_cluster(tmp_path):
    _, found = opened(tmp_path, dedented(dind(namespace="ci")) + service(namespace="ci"))
    assert [str(alias) for alias in found["dind"].aliases] == [
        "docker", "docker.ci", "docker.ci.svc", "docker.ci.svc.cluster.local",
    ]  # fmt: skip


def test_an_ingress_and_a_host_port(tmp_path):
    ingress = """---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: docker, port: {number: 2376}}}}]}}]}
"""
    assert opened(tmp_path, dedented(dind()) + service() + ingress)[0][1] == ("Ingress", 2375, None, False)
    container = only(
        read(
            tmp_path,
            {
                "pod.yaml": """
        apiVersion: v1
        kind: Pod
        spec:
          containers:
          - {name: c, image: x, ports: [{containerPort: 2375, hostPort: 2375, hostIP: 127.0.0.1}, {containerPort: 80}]}
        """
            },
        )
    )
    (port,) = container.ports
    assert (port.through, port.host_port, port.loopback) == ("hostPort", 2375, True)
    assert [str(exposed) for exposed in container.exposed_ports] == ["2375/tcp", "80/tcp"]


CLAIM = (
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
    "spec: {accessModes: [ReadWriteMany], storageClassName: %s}\n"
)
VOLUME = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {storageClassName: manual, %s}\n"


def storage(tmp_path, text):
    found = {c.name: c for c in containers(read(tmp_path, text)).values()}
    (mount,) = found["dind"].mounts
    return mount.storage


def test_a_claim_leads_to_its_volume(tmp_path):
    host = storage(tmp_path, dedented(dind()) + CLAIM % "manual" + VOLUME % "hostPath: {path: /var/lib/docker}")
    assert str(host.host_path) == "/var/lib/docker"
    assert host.medium is Medium.DISK
    assert [str(mode) for mode in host.access_modes] == ["ReadWriteMany"]
    network = storage(tmp_path, dedented(dind()) + CLAIM % "manual" + VOLUME % "nfs: {server: s, path: /}")
    assert (network.medium, str(network.file_system), network.host_path) == (Medium.NETWORK, "nfs", None)


@pytest.mark.parametrize(
    ("name", "medium"),
    [("efs-sc", Medium.NETWORK), ("nfs-client", Medium.NETWORK), ("gp3", Medium.UNKNOWN), ("info", Medium.UNKNOWN)],
)
def test_the_name_of_a_storage_class_tells_of_the_network(tmp_path, name, medium):
    assert storage(tmp_path, dedented(dind()) + CLAIM % name).medium is medium


def test_a_storage_class_of_the_scan_decides(tmp_path):
    classes = "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: efs.csi.aws.com\n"
    assert storage(tmp_path, dedented(dind()) + CLAIM % "fast" + classes).medium is Medium.NETWORK


def test_one_claim_is_one_storage_with_evidence_only(tmp_path):
    def identities(name, *files):
        reading = read(tmp_path / name, dict(files))
        return [w.containers[1].mounts[0].storage.identity for w in reading.workloads]

    assert identities("folder", ("x/a.yaml", dind()), ("x/b.yaml", dind())) == ["kubernetes:-@x:pvc:data"] * 2
    assert (
        identities("namespace", ("x/a.yaml", dind(namespace="ci")), ("y/b.yaml", dind(namespace="ci")))
        == ["kubernetes:ci:pvc:data"] * 2
    )
    assert len(set(identities("neither", ("x/a.yaml", dind()), ("y/b.yaml", dind())))) == 2


def test_host_paths_of_two_workloads_are_two_storages(tmp_path):
    text = dedented(dind()).replace("persistentVolumeClaim: {claimName: data}", "hostPath: {path: /cache}")
    both = containers(read(tmp_path, text + "---" + text.replace("name: dind}", "name: other}"))).values()
    first, second = (c.mounts[0].storage for c in both if c.mounts)
    assert first.identity == "kubernetes:-@.:Deployment/-/dind:data"
    assert first.identity != second.identity
    assert str(first.host_path) == str(second.host_path) == "/cache"


def test_a_stateful_set_has_a_volume_for_each_replica(tmp_path):
    templates = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]"
    text = dedented(dind("StatefulSet", "replicas: 3\n          " + templates)).replace("volumes: [", "unused: [")
    found = storage(tmp_path, text)
    assert found.per_replica
    assert not storage(tmp_path, dedented(dind(extra="replicas: 3")) + CLAIM % "gp3").per_replica


@pytest.mark.parametrize(
    ("kind", "extra", "count", "per_node", "overlap"),
    [
        ("Deployment", "replicas: 3", 3, False, True),
        ("Deployment", "selector: {}", 1, False, True),
        ("Deployment", "strategy: {type: Recreate}", 1, False, False),
        ("Deployment", "strategy: {rollingUpdate: {maxSurge: 0}}", 1, False, False),
        ("Deployment", "replicas: ${N}", None, False, True),
        ("StatefulSet", "replicas: 2", 2, False, False),
        ("DaemonSet", "selector: {}", 1, True, False),
        ("Job", "parallelism: 4", 4, False, False),
        ("Job", "completions: 4", 1, False, False),
    ],
)
def test_replicas(tmp_path, kind, extra, count, per_node, overlap):
    (workload,) = read(tmp_path, dind(kind, extra)).workloads
    assert workload.replicas is not None
    assert (workload.replicas.count, workload.replicas.per_node, workload.replicas.overlap) == (
        count,
        per_node,
        overlap,
    )
    assert workload.containers[0].replicas is workload.replicas


def test_runs_of_a_cron_job_may_overlap(tmp_path):
    for policy, overlap in (("", True), ("concurrencyPolicy: Forbid,", False)):
        job = "jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: x}]}}}}"
        text = f"kind: CronJob\napiVersion: batch/v1\nspec: {{{policy} {job}}}"
        replicas = only(read(tmp_path, text)).replicas
        assert replicas is not None
        assert replicas.per_run is overlap


def test_an_autoscaler_makes_several(tmp_path):
    scaler = (
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
        "spec: {scaleTargetRef: {kind: Deployment, name: %s}, maxReplicas: 5}\n"
    )
    (workload,) = read(tmp_path, dedented(dind()) + scaler % "dind").workloads
    assert workload.replicas is not None
    assert workload.replicas.several
    assert text_at(tmp_path, workload.replicas.span) == "5"
    (workload,) = read(tmp_path, dedented(dind()) + scaler % "other").workloads
    assert workload.replicas is not None
    assert not workload.replicas.several


def test_the_labels_of_the_namespace(tmp_path):
    space = (
        "---\napiVersion: v1\nkind: Namespace\n"
        "metadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: privileged}}\n"
    )
    files = {"a.yaml": dind(namespace="ci"), "other/namespaces.yaml": space % "ci" + space % "prod"}
    (workload,) = read(tmp_path, files).workloads
    placement = workload.placement
    assert placement is not None
    assert str(placement.namespace_labels["pod-security.kubernetes.io/enforce"]) == "privileged"
    assert placement.namespace_span is not None
    assert text_at(tmp_path, placement.namespace_span) == "ci"
    files["a.yaml"] = dind(namespace="qa")
    (workload,) = read(tmp_path, files).workloads
    assert workload.placement is not None
    assert workload.placement.namespace_labels == {}


def test_the_service_account_decides_about_the_token(tmp_path):
    account = (
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nautomountServiceAccountToken: false\n"
    )
    (workload,) = read(tmp_path, dedented(dind()) + account).workloads
    assert workload.placement is not None
    assert workload.placement.service_account_token is not None
    assert workload.placement.service_account_token.off
