"""No value of a manifest, whatever it is, stops the reading of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml

from dindguard import budget
from dindguard.documents import json as reader
from dindguard.formats import Context, Document
from dindguard.formats.kubernetes import reader as kubernetes
from dindguard.records import replace
from dindguard.source import Source
from manifests import read as read_files

EVERYTHING = """
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: s, namespace: n, labels: {a: b}}
  spec:
    replicas: 2
    strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
    volumeClaimTemplates: [{metadata: {name: t}, spec: {storageClassName: c, resources: {requests: {storage: 1Gi}}}}]
    template:
      metadata: {labels: {app: s}, annotations: {io.kubernetes.cri-o.userns-mode: auto}}
      spec:
        hostPID: true
        hostUsers: false
        securityContext: {seccompProfile: {type: Localhost}, supplementalGroups: [1], seLinuxOptions: {type: t}}
        affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}
        nodeSelector: {a: b}
        tolerations: [{key: k}]
        hostAliases: [{ip: 127.0.0.1, hostnames: [docker]}]
        initContainers: [{name: i, image: x, restartPolicy: Always, startupProbe: {exec: {command: [sh, -c, ls]}}}]
        containers:
        - name: c
          image: docker:29-dind
          command: [sh, -c, "ls $(E)"]
          env: [{name: E, value: "$(F)"}, {name: G, valueFrom: {configMapKeyRef: {name: m, key: daemon.json}}}]
          envFrom: [{prefix: P, configMapRef: {name: m}}]
          ports: [{name: p, containerPort: 1, hostPort: 2}]
          resources: {limits: {memory: 1Gi}}
          lifecycle: {postStart: {exec: {command: [sh, -c, ls]}}}
          securityContext: {privileged: true, capabilities: {add: [X]}, windowsOptions: {hostProcess: true}}
          volumeMounts: [{name: h, mountPath: /h, subPathExpr: $(G), mountPropagation: None}, {name: q, mountPath: /etc/docker}]
          volumeDevices: [{name: d, devicePath: /dev/x}]
        volumes:
        - {name: h, hostPath: {path: /, type: Directory}}
        - {name: q, projected: {sources: [{configMap: {name: m, items: [{key: k, path: p}]}}]}}
        - {name: d, persistentVolumeClaim: {claimName: d}}
        - {name: e, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteMany]}}}}
        - {name: n, nfs: {server: s}}
        - {name: m, configMap: {name: m}}
- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: n},
   spec: {selector: {app: s}, externalIPs: [1.1.1.1], ports: [{port: 1, targetPort: p}]}}
- {kind: Ingress, apiVersion: v1, metadata: {namespace: n},
   spec: {rules: [{http: {paths: [{backend: {service: {name: s, port: {number: 1}}}}]}}]}}
- {kind: PersistentVolumeClaim, apiVersion: v1, metadata: {name: d, namespace: n}, spec: {accessModes: [x], storageClassName: z}}
- {kind: PersistentVolume, apiVersion: v1, metadata: {name: v},
   spec: {claimRef: {name: d, namespace: n}, csi: {driver: nfs.csi.k8s.io}}}
- {kind: HorizontalPodAutoscaler, apiVersion: v1, metadata: {namespace: n}, spec: {maxReplicas: 2, scaleTargetRef: {name: s}}}
- {kind: Namespace, apiVersion: v1, metadata: {name: n, labels: {x: y}}}
- {kind: ConfigMap, apiVersion: v1, metadata: {name: m, namespace: n}, data: {daemon.json: "{}"}}
- {kind: Secret, apiVersion: v1, metadata: {name: m}, data: {daemon.json: e30=}}
- {kind: List, apiVersion: v1, items: [{kind: Pod, apiVersion: v1, spec: {containers: [{image: x}]}}]}
- {kind: Template, apiVersion: v1, parameters: [{name: P, value: x}], objects: [{kind: Pod, apiVersion: v1}]}
- {kind: Runner, apiVersion: actions.summerwind.dev/v1alpha1, spec: {dockerEnabled: true, env: [], containerMode: x}}
- {kind: Task, apiVersion: tekton.dev/v1,
   spec: {params: [{name: p, default: d}], stepTemplate: {image: x}, steps: [{script: ls}], sidecars: [{}]}}
- {kind: PipelineRun, apiVersion: tekton.dev/v1,
   spec: {podTemplate: {hostNetwork: true}, pipelineSpec: {tasks: [{name: t, taskSpec: {steps: [{image: x}]}}]}}}
- kind: Workflow
  apiVersion: argoproj.io/v1alpha1
  spec:
    podSpecPatch: "{a: b}"
    templateDefaults: {}
    templates:
    - {name: t, container: {image: x, volumeMounts: []}, sidecars: [{mirrorVolumeMounts: true, volumeMounts: []}]}
- {presubmits: {repo: [{name: p, spec: {containers: [{image: x}]}}]}}
"""  # fmt: skip

JUNK: tuple[Any, ...] = (
    None,
    "",
    "x",
    "${X}",
    -1,
    1.5,
    True,
    [],
    [None],
    [[]],
    {},
    {"": {}},
    [{"name": []}],
    {"name": {"a": 1}},
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*way, key)
        yield from places(child, (*way, key))


def replaced(value: Any, way: tuple[Any, ...], junk: Any) -> Any:
    copy = deepcopy(value)
    place = copy
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = junk
    return copy


def surroundings(files: dict[str, str]) -> Context:
    def open_file(path: str) -> Source | None:
        return Source(path, files[path]) if path in files else None

    def listing(path: str) -> tuple[str, ...]:
        return tuple(name.rpartition("/")[2] for name in files if name.rpartition("/")[0] == path)

    return Context(open_file, lambda path: reader.read(Source(path, files[path])) if path in files else None, listing)


def read(objects: Any) -> None:
    source = Source("all.json", json.dumps(objects))
    (root,) = reader.read(source).documents
    kubernetes.read([Document(source, node) for node in root.items()], surroundings({}))


OBJECTS = pyyaml.safe_load(EVERYTHING)


@pytest.mark.parametrize("index", range(len(OBJECTS)))
def test_junk_in_every_place(index):
    for number, way in enumerate(places(OBJECTS[index])):
        for junk in (JUNK[(number + offset) % len(JUNK)] for offset in (0, 5, 9)):
            objects = [*OBJECTS[:index], replaced(OBJECTS[index], way, junk), *OBJECTS[index + 1 :]]
            read(objects if number % 7 == 0 else [objects[index]])


KUSTOMIZATION = """
resources: [pod.json]
namespace: n
components: [c]
images: [{name: x, newName: y, newTag: z, digest: d}]
replicas: [{name: p, count: 1}]
configMapGenerator: [{name: m, namespace: n, literals: [A=b], files: [k=pod.json]}]
patchesStrategicMerge: [pod.json, "kind: Pod\\nmetadata: {name: p}\\n"]
patches:
- {target: {kind: Pod, name: "p.*", labelSelector: a=b}, patch: "[{op: add, path: /spec/x, value: 1}]"}
- {target: {kind: Pod}, path: ops.json}
"""
OPERATIONS = [
    {"op": op, "path": path, "from": "/spec/containers", "value": {"name": "x"}}
    for op in ("add", "replace", "remove", "move", "copy", "test", "?")
    for path in (*(f"/spec/containers/{last}" for last in ("0", "-", "x", "99999999")), "/spec", "/metadata/name/x", "", "/", "x")
]  # fmt: skip


def test_junk_in_a_kustomization():
    built = pyyaml.safe_load(KUSTOMIZATION)
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    }
    for way in places(built):
        for junk in JUNK:
            files = {
                "kustomization.yaml": json.dumps(replaced(built, way, junk)),
                "pod.json": json.dumps(pod),
                "ops.json": json.dumps(OPERATIONS[:9]),
            }
            source = Source("kustomization.yaml", files["kustomization.yaml"])
            documents = [Document(source, node) for node in reader.read(source).documents]
            kubernetes.read(documents, surroundings(files))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation['op']} {operation['path']}")
def test_any_json_patch_is_applied_or_left_out(operation):
    from dindguard.formats.kubernetes.drafts import finished, opened
    from dindguard.formats.kubernetes.patches import editing, operations

    def node(value: Any) -> Any:
        return reader.read(Source("x.json", json.dumps(value))).documents[0]

    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}
    patch = node([operation])
    patched = finished(editing(opened(node(pod)), operations(patch), patch)())
    assert patched.is_mapping
    list(patched.walk())


def test_kustomizations_that_include_each_other(tmp_path: Path):
    files = {f"{name}/kustomization.yaml": json.dumps({"resources": ["../a", "../b", "../c"]}) for name in "abc"}
    documents = [
        Document(source, node)
        for source in (Source(path, text) for path, text in files.items())
        for node in reader.read(source).documents
    ]
    assert kubernetes.read(documents, surroundings(files)).workloads == []


LEVELS = 40
ALIASES = "\n".join(f"l{n}: &l{n} {{a: *l{n - 1}, b: *l{n - 1}}}" for n in range(1, LEVELS))
BOMBS = {
    "lists of lists": (
        "apiVersion: v1\nkind: List\nmetadata: &l0 {kind: PodList, items: [{kind: Pod, spec: {containers: [{image: x}]}}]}\n"
        + "\n".join(f"l{n}: &l{n} {{kind: List, items: [*l{n - 1}, *l{n - 1}]}}" for n in range(1, 20))
        + "\nitems: [*l19]\n"
    ),
    "nested aliases": f"apiVersion: v1\nkind: Bomb\nmetadata: &l0 {{containers: 1}}\n{ALIASES}\n",
    "a cycle": "apiVersion: v1\nkind: Bomb\ncontainers: &a [*a]\nspec: &b {b: *b, template: *b, spec: *b}\n",
    "a podSpecPatch": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: &s\n  s: *s\n"
        '  podSpecPatch: "&s {s: *s}"\n  templates: [{container: {image: x}}]\n'
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_with_a_notice_or_nothing(tmp_path, monkeypatch, name):
    monkeypatch.setattr(budget, "LISTED_OBJECTS", replace(budget.LISTED_OBJECTS, most=500))
    monkeypatch.setattr(budget, "POD_SEARCH", replace(budget.POD_SEARCH, most=2_000))
    with budget.opened() as ledger:
        reading = read_files(tmp_path, BOMBS[name])
    assert reading.notices == []
    assert bool(ledger.notices) is (name == "lists of lists")  # where there is no pod, or no end, is known soon
    assert len(reading.workloads) < 500


def test_overlays_that_multiply(tmp_path):
    files = {
        f"k{n}/kustomization.yaml": f"resources: [../k{n + 1}, ../k{n + 1}/, ./../k{n + 1}]\n" for n in range(25)
    }
    files["k25/kustomization.yaml"] = "resources: [pod.yaml]\n"
    files["k25/pod.yaml"] = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n"
    )
    assert [w.address for w in read_files(tmp_path, files).workloads] == ["Pod/-/p"]


@pytest.mark.parametrize(("count", "notices"), [(8, []), (60, ["budget"])])
def test_a_patch_that_doubles_what_it_patches(tmp_path, count, notices):
    copies = ", ".join(f"{{op: copy, from: /spec, path: /spec/x{n}}}" for n in range(count))
    patches = f"patches: [{{target: {{kind: Pod}}, patch: '[{copies}]'}}]\n"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n"
    kustomization = "resources: [pod.yaml]\nimages: [{name: y, newTag: z}]\n" + patches
    with budget.opened() as ledger:
        reading = read_files(tmp_path, {"k/pod.yaml": pod, "k/kustomization.yaml": kustomization})
    assert [w.address for w in reading.workloads] == ["Pod/-/p"]
    assert [notice.kind for notice in ledger.notices] == notices
