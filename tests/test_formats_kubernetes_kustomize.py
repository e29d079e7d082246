"""Kustomize: what overlays build, and where each part of it is written."""

from __future__ import annotations

from functools import partial

import pytest

from manifests import containers, only, pod, read, text_at
from support import steps

BASE = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: agent}
        spec:
          replicas: 1
          template:
            metadata: {labels: {app: agent}}
            spec:
              containers:
              - name: dind
                image: docker:29-dind
                securityContext: {privileged: true}
                env: [{name: DOCKER_TLS_CERTDIR, value: /certs}]
              - name: client
                image: docker:29-cli
"""
PATCH = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: agent}
        spec:
          template:
            spec:
              containers:
              - name: dind
                securityContext: {privileged: false}
                env: [{name: DOCKER_TLS_CERTDIR, value: ""}]
"""
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def overlay(tmp_path, kustomization, **more):
    files = {
        "base/deployment.yaml": BASE,
        "base/kustomization.yaml": "resources: [deployment.yaml]\n",
        "overlays/prod/kustomization.yaml": HEAD + "resources: [../../base]\n" + kustomization,
        **{f"overlays/prod/{name.replace('_', '.')}": text for name, text in more.items()},
    }
    return containers(read(tmp_path, files))


PLAIN = "Deployment/-/agent.containers.dind"
PROD = "Deployment/-/agent@overlays/prod.containers.dind"


def test_a_strategic_merge_patch(tmp_path):
    for kustomization in ("patches: [{path: patch.yaml}]\n", "patchesStrategicMerge: [patch.yaml]\n"):
        found = overlay(tmp_path, kustomization, patch_yaml=PATCH)
        assert list(found) == [PLAIN, PLAIN.replace("dind", "client"), PROD, PROD.replace("dind", "client")]
        assert found[PLAIN].privileged.on
        assert found[PLAIN].environment.value("DOCKER_TLS_CERTDIR") == "/certs"
        patched = found[PROD]
        assert patched.privileged.off
        assert patched.environment.value("DOCKER_TLS_CERTDIR") == ""
        assert patched.privileged.span.path == "overlays/prod/patch.yaml"
        assert text_at(tmp_path, patched.privileged.span) == "false"
        assert [step.span.path for step in patched.privileged.span.trail] == ["base/deployment.yaml"]
        assert patched.span.path == "base/deployment.yaml"
        assert patched.image is not None
        assert patched.image.span.path == "base/deployment.yaml"


def test_a_json_patch_in_the_kustomization(tmp_path):
    found = overlay(
        tmp_path,
        """patches:
- target: {kind: Deployment, name: "age.*"}
  patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/securityContext/privileged
      value: false
    - {op: add, path: /spec/template/spec/hostPID, value: true}
    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: X, value: "1"}}
    - {op: remove, path: /spec/template/spec/containers/1}
    - {op: add, path: /nowhere/at/all, value: 1}
""",
    )
    assert list(found) == [PLAIN, PLAIN.replace("dind", "client"), PROD]
    patched = found[PROD]
    assert patched.privileged.off
    assert text_at(tmp_path, patched.privileged.span) == "false"
    assert patched.namespaces.pid is not None
    assert patched.environment.value("X") == "1"


@pytest.mark.parametrize(
    "kustomization",
    ["", "commonLabels: {a: b}\n", "patches: [{path: patch.yaml, target: {kind: StatefulSet}}]\n",
     "patches: [{path: patch.yaml, target: {name: ag}}]\n", "images: [{name: other, newTag: '1'}]\n"],
)  # fmt: skip
def test_an_overlay_that_changes_nothing_adds_nothing(tmp_path, kustomization):
    assert list(overlay(tmp_path, kustomization, patch_yaml=PATCH)) == [PLAIN, PLAIN.replace("dind", "client")]


def test_images_replicas_and_namespace(tmp_path):
    found = overlay(tmp_path, (
        "namespace: prod\nimages: [{name: docker, newName: registry.example.org/docker, newTag: 28-dind}]\n"
        "replicas: [{name: agent, count: 3}]\n"
    ))  # fmt: skip
    patched = found["Deployment/prod/agent@overlays/prod.containers.dind"]
    assert patched.image is not None
    assert patched.replicas is not None
    assert str(patched.image) == "registry.example.org/docker:28-dind"
    assert patched.image.span.path == "overlays/prod/kustomization.yaml"
    assert patched.replicas.count == 3
    assert str(found[PLAIN].image) == "docker:29-dind"


@pytest.mark.parametrize("name", ["agent", "agent # $(LATER)"])
@pytest.mark.parametrize(("tag", "variable"), [("${TAG}", "TAG"), ("28-dind", "")])
def test_a_tag_that_is_filled_in_later_is_unknown(tmp_path, name, tag, variable):
    files = {
        "p/deployment.yaml": BASE.replace("{name: agent}", f"{{name: agent}} # {name}"),
        "p/kustomization.yaml": HEAD + f"resources: [deployment.yaml]\nimages: [{{name: docker, newTag: '{tag}'}}]\n",
    }
    image = containers(read(tmp_path, files))["Deployment/-/agent.containers.dind"].image
    assert image is not None
    assert image.reference.variable == variable


def test_deleting_patches(tmp_path):
    found = overlay(
        tmp_path,
        """patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: agent}
    spec: {template: {spec: {containers: [{name: client, $patch: delete}, {name: extra, image: busybox}]}}}
""",
    )
    assert [c.name for address, c in found.items() if "@" in address] == ["dind", "extra"]


def test_a_file_beside_its_kustomization_is_read_once_as_built(tmp_path):
    container = only(read(tmp_path, {
        "k/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n",
        "k/patch.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true}\n",
        "k/kustomization.yaml": "resources: [pod.yaml]\nnamespace: ci\npatches: [{path: patch.yaml}]\n",
    }))  # fmt: skip
    assert container.address == "Pod/ci/p.containers.c"
    assert container.namespaces.pid is not None


def test_components_and_generated_config_maps(tmp_path):
    reading = read(tmp_path, {
        "base/pod.yaml": """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              containers:
              - name: c
                image: docker:29-dind
                envFrom: [{configMapRef: {name: env}}]
                volumeMounts: [{name: v, mountPath: /etc/docker}]
              volumes: [{name: v, configMap: {name: files}}]
            """,
        "base/daemon.json": '{"tls": false}',
        "base/kustomization.yaml": """
            resources: [pod.yaml]
            components: [../component]
            configMapGenerator:
            - {name: env, literals: [DOCKER_TLS_CERTDIR=]}
            - {name: files, files: [daemon.json]}
            """,
        "component/kustomization.yaml": HEAD.replace("Kustomization", "Component")
        + "patches: [{patch: '[{op: add, path: /spec/hostIPC, value: true}]', target: {kind: Pod}}]\n",
    })  # fmt: skip
    container = only(reading)
    assert container.namespaces.ipc is not None
    assert container.environment.value("DOCKER_TLS_CERTDIR") == ""
    (found,) = reading.embedded
    assert (found.source.hint, found.source.path, found.owner) == ("daemon.json", "base/daemon.json", container)


def test_what_lies_elsewhere_is_said(tmp_path):
    reading = read(
        tmp_path,
        {"k/kustomization.yaml": "resources: [https://example.org/x.yaml, ../../../etc, missing.yaml, ../k]\n"},
    )
    assert [notice.kind for notice in reading.notices] == ["unresolved"] * 3
    assert reading.workloads == []


def test_a_broken_inline_patch_is_said(tmp_path):
    reading = read(tmp_path, {"k/kustomization.yaml": "patches: [{patch: '[}'}]\n"})
    assert [notice.kind for notice in reading.notices] == ["unreadable"]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("(other|agent)", True),
        ("^(?:other|agent)$", True),
        ("a(gen|bc)t", True),
        ("a.*e.*t", True),
        ("other|ag.*", True),
        ("(other|gent)", False),
        ("a(gen|bc)", False),
        ("a.*t.*e", False),
        ("(other|agent)s", False),
    ],
)
def test_a_patch_for_names_that_fit_a_pattern(tmp_path, pattern, meant):
    """Flux' own instructions patch its controllers by such a choice."""
    target = f'patches: [{{path: patch.yaml, target: {{kind: Deployment, name: "{pattern}"}}}}]\n'
    assert (PROD in overlay(tmp_path, target, patch_yaml=PATCH)) is meant


def test_patches_of_both_kinds_see_what_those_before_have_made(tmp_path):
    patches = [
        "spec: {containers: [{name: a, $patch: delete}, {name: c, image: c}, {name: d, image: d}]}",
        "[{op: replace, path: /spec/containers/0/name, value: e}, {op: remove, path: /spec/containers/1}]",
        "spec: {containers: [{name: e, image: docker:29-dind, ports: [{containerPort: 1}]}, {name: c, image: new}]}",
        "[{op: add, path: /spec/containers/0, value: {name: f}}, {op: move, path: /spec/containers/-, from: /spec/containers/1}]",
        "spec: {containers: [{name: e, ports: [{containerPort: 1, hostPort: 2}], securityContext: {privileged: true}}]}",
        "[{op: copy, path: /spec/containers/-, from: /spec/containers/3}]",
        "[{op: replace, path: /spec/containers/4/name, value: g}]",
        "spec: {containers: [{name: g, securityContext: null}]}",
    ]
    written = "".join(f"- target: {{kind: Pod}}\n  patch: '{patch}'\n" for patch in patches)
    reading = read(tmp_path, {
        "k/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}, {name: b}, {name: x}]}\n",
        "k/kustomization.yaml": HEAD + "resources: [pod.yaml]\npatches:\n" + written,
    })  # fmt: skip
    found = {address.rpartition(".")[2]: container for address, container in containers(reading).items()}
    assert {name: str(container.image or "") for name, container in found.items()} == {
        "f": "", "d": "d", "c": "new", "e": "docker:29-dind", "g": "docker:29-dind",
    }  # fmt: skip
    assert found["e"].privileged.on
    assert found["g"].privileged.off
    assert [[port.host_port for port in found[name].ports] for name in "eg"] == [[2], [2]]


PATCHES = {
    "operations": lambda n: f"[{{op: add, path: /metadata/labels/l{n}, value: x}}]",
    "merges": lambda n: f"metadata: {{labels: {{l{n}: x}}}}",
    "merges of a list": lambda n: f"spec: {{containers: [{{name: c{n}, image: x}}]}}",
    "merges and operations": lambda n: PATCHES["merges of a list" if n % 2 else "operations of a list"](n // 2),
    "operations of a list": lambda n: f"[{{op: add, path: /spec/containers/{n}/tty, value: true}}]",
}


@pytest.mark.parametrize("kind", PATCHES)
def test_the_work_of_patches_grows_with_them_however_large_their_object(tmp_path, kind):
    def work(size):
        patches = "".join(f"- {{target: {{kind: Pod}}, patch: '{PATCHES[kind](n)}'}}\n" for n in range(size))
        return partial(read, tmp_path, {
            "pod.yaml": pod("", metadata="name: p, labels: {a: b}"),
            "kustomization.yaml": HEAD + "resources: [pod.yaml]\npatches:\n" + patches,
        })  # fmt: skip

    small, large = (steps(work(size)) for size in (100, 400))
    assert large < 4 * small * 1.1, f"{small} steps became {large}"


def test_the_work_of_images_and_replicas_grows_with_them_however_many_resources_there_are(tmp_path):
    def work(size):
        listed = "".join(f"- {{name: i{n}, newTag: a, count: 2}}\n" for n in range(10 * size))
        return partial(read, tmp_path, {
            "pods.yaml": "---\n".join(pod("", metadata=f"name: p{n}") for n in range(size)),
            "kustomization.yaml": f"{HEAD}resources: [pods.yaml]\nimages:\n{listed}replicas:\n{listed}",
        })  # fmt: skip

    small, large = (steps(work(size)) for size in (50, 200))
    assert large < 4 * small * 1.1, f"{small} steps became {large}"


def revisions(tmp_path, **kustomizations):
    """Return who revises each workload, of a base and of folders that build upon it."""
    files = {"base/deployment.yaml": BASE, "base/kustomization.yaml": "resources: [deployment.yaml]\n"}
    files |= {f"{name.replace('__', '/')}/kustomization.yaml": HEAD + text for name, text in kustomizations.items()}
    return {each.address: each.revised_by for each in read(tmp_path, files).workloads}


PATCHED = 'patches: [{target: {kind: Deployment}, patch: "[{op: replace, path: /spec/replicas, value: 2}]"}]\n'
ON_BASE = "resources: [../base]\n"


def test_a_base_is_revised_where_all_that_build_upon_it_change_it(tmp_path):
    first = "Deployment/-/agent"
    assert revisions(tmp_path / "a") == {first: ()}
    assert revisions(tmp_path / "b", prod=ON_BASE + PATCHED) == {first: ("prod",), f"{first}@prod": ()}
    both = revisions(tmp_path / "c", prod=ON_BASE + PATCHED, dev=ON_BASE + "namespace: dev\n")
    assert both == {first: ("dev", "prod"), f"{first}@prod": (), "Deployment/dev/agent@dev": ()}
    assert revisions(tmp_path / "d", prod=ON_BASE + PATCHED, dev=ON_BASE) == {first: (), f"{first}@prod": ()}


def test_a_base_is_revised_where_it_is_left_out(tmp_path):
    gone = 'patches: [{patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: agent}, $patch: delete}"}]\n'
    assert revisions(tmp_path, prod=ON_BASE + gone) == {"Deployment/-/agent": ("prod",)}


def test_a_base_is_not_revised_by_what_hands_it_on(tmp_path):
    between = {"shared": ON_BASE, "prod": "resources: [../shared]\n"}
    assert revisions(tmp_path / "a", **between) == {"Deployment/-/agent": ()}
    between["prod"] += PATCHED
    assert revisions(tmp_path / "b", **between)["Deployment/-/agent"] == ("shared",)


def test_only_a_folder_that_is_called_so_is_a_base(tmp_path):
    files = {
        "app/deployment.yaml": BASE,
        "app/kustomization.yaml": "resources: [deployment.yaml]\n",
        "app/dev/kustomization.yaml": HEAD + "resources: [..]\n" + PATCHED,
    }
    assert [each.revised_by for each in read(tmp_path, files).workloads] == [(), ()]


def test_a_component_changes_a_base_for_those_that_take_it_in(tmp_path):
    component = HEAD.replace("Kustomization", "Component") + PATCHED
    files = {
        "base/deployment.yaml": BASE,
        "base/kustomization.yaml": "resources: [deployment.yaml]\n",
        "more/kustomization.yaml": component,
        "prod/kustomization.yaml": HEAD + "resources: [../base]\ncomponents: [../more]\n",
    }
    assert [each.revised_by for each in read(tmp_path, files).workloads] == [("prod",), ()]
