"""Each limit has an input that meets it, and the notice says where, what, and what was not looked at."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dindguard import Options, budget, scan
from dindguard.budget import Limit, Loss
from dindguard.records import replace

Files = dict[str, str]

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: docker:29-dind}]}\n"
COMPOSE = "services: {a: {image: docker:29-dind, privileged: true}}\n"


PACKED = base64.b64encode(gzip.compress(b" " * 500, mtime=0)).decode()


def compose(body: str, **more: str) -> Files:
    return {"compose.yaml": body, **{name.replace("__", "."): text for name, text in more.items()}}


def shell(text: str) -> Files:
    return {"run.sh": f"docker ps\n{text}\n"}


def chain(count: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(index) for index in range(count))


def nested_documents(levels: int) -> str:
    """A script that writes a script that writes a script."""
    text = "docker ps\n"
    for level in range(levels):
        text = f"docker ps\ncat > s{level}.sh <<'E{level}'\n{text}E{level}\n"
    return text


def gitlab(text: str) -> Files:
    return {".gitlab-ci.yml": text}


def azure(text: str) -> Files:
    return {"azure-pipelines.yml": text}


def workflow(step: str) -> str:
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{step}\n"


def overlay(patch: str) -> Files:
    return {
        "k/pod.yaml": POD,
        "k/kustomization.yaml": f"resources: [pod.yaml]\npatches: [{{target: {{kind: Pod}}, {patch}}}]\n",
    }


def chart(value: str) -> Files:
    return {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/values.yaml": "p: false\n",
        "c/templates/p.yaml": POD.replace("}]}", f", securityContext: {{privileged: {value}}}}}]}}"),
    }


def bitbucket(steps: str) -> Files:
    return {"bitbucket-pipelines.yml": f"pipelines:\n  default: {steps}\n"}


def playbook(variables: str, image: str = "{{ v }}") -> Files:
    return {
        "site.yml": f"- hosts: all\n  vars: {{{variables}}}\n  tasks:\n  - docker_container: {{name: a, image: '{image}'}}\n"
    }


def written_in(template: str, **more: str) -> Files:
    """A chart whose pod's image comes from this part of its template."""
    pod = POD.replace("docker:29-dind", '"{{ $i }}"')
    return chart("true") | {"c/templates/q.yaml": template + "\n" + pod} | more


STEP = "{step: {script: [docker ps]}}"

INPUTS: dict[str, tuple[int | None, Files]] = {
    "bitbucket-levels": (2, bitbucket("[{parallel: [{stage: {steps: [{parallel: [" + STEP + "]}]}}]}]")),
    "bitbucket-steps": (3, bitbucket("[" + ", ".join([STEP] * 5) + "]")),
    "buildkite-levels": (2, {".buildkite/pipeline.yml": "steps: [{group: a, steps: [{group: b, steps: [{command: docker ps}]}]}]\n"}),
    "buildkite-steps": (3, {".buildkite/pipeline.yml": "steps: [" + "{command: docker ps}, " * 5 + "]\n"}),
    "concourse-steps": (3, {"ci.yml": "jobs: [{name: a, plan: [" + "{task: t, privileged: true, config: {platform: linux, run: {path: a}}}, " * 5 + "]}]\n"}),
    "downloads-run": (2, {"site.yml": "- hosts: all\n  tasks:\n" + "".join(f"  - get_url: {{url: 'https://example.org/{n}.sh', dest: /a{n}.sh}}\n" for n in range(3)) + "  - shell: sh /a0.sh && sh /a1.sh && sh /a2.sh && docker ps\n"}),
    "matrix-values": (3, {".github/workflows/w.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {v: [26, 27, 28, 29, 30]}}\n    container: 'docker:${{ matrix.v }}'\n    steps: [{run: docker ps}]\n"}),
    "matrix-levels": (2, {".github/workflows/w.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {v: [{a: {b: {c: {d: 29}}}}]}}\n    container: 'docker:${{ matrix.v.a.b.c.d }}'\n    steps: [{run: docker ps}]\n"}),
    "git-index": (20, compose(COMPOSE) | {".gitignore": "compose.yaml\n", ".git/index": "DIRC" + "x" * 40}),
    "azure-calls": (2, azure("parameters: [{name: a, default: b}]\nsteps:\n- ${{ if not(not(not(eq(parameters.a, 'b')))) }}:\n  - script: docker ps\n")),
    "azure-hooks": (2, azure("jobs: [{deployment: a, strategy: {runOnce: {deploy: {steps: [{script: docker ps}]}, on: {failure: {steps: [{script: docker ps}]}}}}}]\n")),
    "azure-hook-levels": (2, azure("jobs: [{deployment: a, strategy: {runOnce: {on: {failure: {steps: [{script: docker ps}]}}}}}]\n")),
    "variable-depth": (3, playbook(", ".join(f"v{n}: '{{{{ v{n + 1} }}}}'" for n in range(6)) + ", v6: docker", "{{ v0 }}")),
    "expression-parts": (5, playbook("v: docker", "{{ v" + " | default(v)" * 60 + " }}")),
    "joined-lists": (3, {"site.yml": "- hosts: all\n  vars: {v: [/a:/a, /b:/b, /c:/c]}\n  tasks:\n  - docker_container: {name: a, image: docker, volumes: '{{ v + v }}'}\n"}),
    "locals-depth": (2, {"main.tf": "locals {\n" + "".join(f"  v{n} = local.v{n + 1}\n" for n in range(5)) + '  v5 = "docker"\n}\nresource "docker_container" "a" {\n  image = local.v0\n}\n'}),
    "cloudformation-functions": (1, {"s.yaml": "Resources: {A: {Type: 'AWS::EC2::Instance', Properties: {UserData: " + "{'Fn::Base64': " * 4 + "docker" + "}" * 4 + "}}}\n"}),
    "terraform-repeated": (3, {"main.tf": 'resource "docker_container" "a" {\n  for_each = toset([' + ", ".join(f'"c{n}"' for n in range(60)) + "])\n" + "".join(f"  k{n} = each.value\n" for n in range(20)) + "}\n"}),
    "dockerfile-nesting": (None, {"Dockerfile": "FROM docker:29-dind\nENV A=" + "${A:-" * 60 + "}" * 60 + "\n"}),
    "action-length": (50, chart("{{ .Values.p" + " | default true" * 8 + " }}")),
    "expression-nesting": (3, written_in("{{ $i := " + "(" * 7 + ".Values.p" + ")" * 7 + " }}")),
    "template-depth": (4, written_in('{{ define "d0" }}x{{ end }}\n' + "".join(f'{{{{ define "d{n + 1}" }}}}{{{{ include "d{n}" . }}}}{{{{ end }}}}\n' for n in range(9)) + '{{ $i := include "d9" . }}')),
    "template-text": (20, written_in('{{ $i := print "docker:29-dind" "docker:29-dind" }}')),
    "template-actions": (3, written_in('{{ define "d" }}{{ 1 }}{{ 2 }}{{ 3 }}{{ 4 }}{{ end }}\n{{ $i := include "d" . }}')),
    "template-branches": (2, written_in("{{ $i := 1 }}\n" + "{{ if .Values.p }}" + "{{ else if .Values.q }}" * 4 + "{{ end }}\n")),
    "template-loops": (2, chart("true") | {"c/templates/r.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n" + "{{ range .Values.l }}\n" * 4 + "  - {name: c, image: docker:29-dind}\n" + "{{ end }}\n" * 4}),
    "template-conditions": (2, written_in("{{ $i := 1 }}\n" + "{{ if .Values.p }}\n" * 4 + POD + "{{ end }}\n" * 4 + "---")),
    "variable-changes": (2, written_in('{{ $i := dict "a" "b" }}\n' + "".join(f'{{{{ $_ := set $i "k{n}" "v" }}}}\n' for n in range(4)))),
    "chart-depth": (1, {f"c{'/charts/s' * n}/Chart.yaml": f"name: {'s' if n else 'c'}\nversion: 1.0.0\n" for n in range(4)} | {f"c{'/charts/s' * 3}/templates/p.yaml": POD.replace("docker:29-dind", "'{{ .Values.image }}'")}),
    "template-folders": (1, chart('{{ include "a.b" . }}') | {"c/templates/a/b/_h.tpl": '{{ define "a.b" }}true{{ end }}\n'}),
    "template-files": (1, chart('{{ include "a.b" . }}') | {"c/templates/_h.tpl": '{{ define "a.c" }}true{{ end }}\n'}),
    "compose-variables": (3, compose("x-e: &e {A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8}\nservices: {a: {image: docker, environment: *e}, b: {image: docker, environment: *e}, c: {image: docker, environment: *e}}\n")),
    "imported-variables": (3, {"pods.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: x, B: y}\n" + "".join(f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{containers: [{{name: a, image: docker, envFrom: [{{configMapRef: {{name: c}}}}]}}]}}\n" for n in range(3))}),
    "pipeline-variables": (5, {".circleci/config.yml": "version: 2.1\nexecutors: {e: {docker: [{image: docker}], environment: {A: 1, B: 2}}}\njobs:\n" + chain(4, lambda n: f"  j{n}: {{executor: e, steps: [{{run: docker ps}}]}}") + "\n", ".buildkite/pipeline.yml": "env: {A: 1, B: 2}\nsteps:\n" + "- command: docker ps\n" * 4}),
    "gitlab-job-variables": (3, gitlab("variables: {A: 1, B: 2}\n" + chain(3, lambda n: f"j{n}: {{image: docker, script: docker ps, variables: {{C: c}}}}") + "\n")),
    "gitlab-services": (2, gitlab("default: {image: docker, services: [docker:dind, redis]}\n" + chain(3, lambda n: f"j{n}: {{script: docker ps}}") + "\n")),
    "compose-mounts": (3, compose("x-v: &v [/a:/a, /b:/b]\nservices: {a: {image: docker, volumes: *v}, b: {image: docker, volumes: *v}}\n")),
    "pod-openings": (1, {"k.yaml": POD.replace("name: p", "name: p, labels: {a: b}") + "".join(f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\nspec: {{selector: {{a: b}}, ports: [{{port: 2375}}]}}\n" for n in range(2))}),
    "role-uses": (2, {"site.yml": "".join(f"- hosts: g{n}\n  roles: [a]\n" for n in range(3)), "roles/a/tasks/main.yml": "- docker_container: {name: a, image: '{{ x }}'}\n"}),
    "inherited-targets": (2, {"docker-bake.hcl": "".join(f'target "t{n}" {{\n  network  = "host"\n  inherits = ["t{n + 1}"]\n}}\n' for n in range(4)) + "# security.insecure\n"}),
    "unpacked": (50, {"cloud-init.yaml": "#cloud-config\nwrite_files:\n- path: /etc/docker/daemon.json\n  encoding: gz+b64\n  content: " + PACKED + "\n"}),
    "release-layers": (2, {"helmfile.yaml": "releases: [{name: docker, chart: a, values: [{a: 1}, {b: 1}, {c: 1}]}]\n"}),
    "given-mounts": (2, {"jenkins.yaml": "jenkins: {clouds: [{kubernetes: {templates: [{name: docker, volumes: [" + "{hostPathVolume: {hostPath: /a, mountPath: /b}}, " * 3 + "], containers: [{name: c, image: d}]}]}}]}\n"}),
    "chart-containers": (1, {"v.yaml": "controllers: {a: {containers: {c: {image: docker}}}, b: {containers: {c: {image: docker}}}}\n"}),
    "value-sets": (1, chart("{{ .Values.p }}") | {f"c/values-{n}.yaml": "p: false\n" for n in "ab"}),
    "file-size": (100, compose(COMPOSE + "#" * 200)),
    "expression-values": (5, compose("services: {" + ", ".join(f"s{n}: {{image: x}}" for n in range(9)) + "}\n", __dindguard__yaml="rules: [{id: a-b, each: workload, when: 'workload.containers.exists(c, c.privileged)', message: m}]\n")),
    "aliased-values": (100, {".github/workflows/w.yml": "on: push\nx: &s [" + "{run: docker ps}, " * 20 + "]\njobs:\n" + chain(5, lambda n: f"  j{n}: {{runs-on: x, steps: *s}}") + "\n"}),
    "merged-keys": (50, compose("x: &a {" + ", ".join(f"k{n}: 1" for n in range(60)) + "}\nservices: {a: {image: docker, environment: {<<: *a}}}\n")),
    "merge-levels": (3, compose("x-0: &a0 {A: b}\n" + chain(6, lambda n: f"x-{n + 1}: &a{n + 1} {{<<: *a{n}}}") + "\nservices: {a: {image: docker, environment: {<<: *a6}}}\n")),
    "yaml-nesting": (50, compose(COMPOSE + "x: " + "[" * 300 + "]" * 300)),
    "task-values": (5, {"site.yml": "- hosts: all\n  vars: {v: [/a:/a, /b:/b, /c:/c, /d:/d, /e:/e, /f:/f]}\n  tasks:\n  - docker_container: {name: a, volumes: '{{ v }}'}\n"}),
    "json-nesting": (None, {"daemon.json": '{"hosts": ' + "[" * 300 + "]" * 300 + "}"}),
    "searched-nodes": (20, {"x.yaml": "docker: true\na: &a [" + "1," * 40 + "]\n" + chain(30, lambda n: f"k{n}: *a") + "\nspec: {containers: [{image: docker:29-dind}]}\n"}),
    "embedded-depth": (None, {"run.sh": nested_documents(8)}),
    "dockerfile-text": (1_000, {"Dockerfile": "FROM docker:29-dind\nENV A=xxxxxxxx\n" + "ENV A=$A$A\n" * 10}),
    "dockerfile-inherited": (5, {"Dockerfile": "FROM docker AS s0\nENV A=1 B=2 C=3\n" + chain(6, lambda n: f"FROM s{n} AS s{n + 1}\nENV D{n}=1")}),
    "steps-shown": (3, shell(chain(6, lambda n: f"v{n + 1}=$v{n}").replace("$v0", "docker") + "\n$v6 run --privileged x")),
    "word-fields": (10, shell("v='" + "a " * 40 + "'\ndocker run $v")),
    "repeated-calls": (3, shell("f() { docker run $1; }\n" + chain(6, lambda n: f"f a{n}"))),
    "script-nesting": (None, shell("$(" * 200)),
    "scripts-in-scripts": (2, shell("""sh -c "sh -c 'bash -c \\"docker ps\\"'" """)),
    "exports": (3, shell(chain(6, lambda n: f"export DOCKER_V{n}=1"))),
    "value-pieces": (5, shell("a=x$B\nB=x\n" + "a=$a$a$B\n" * 6 + "docker run $a")),
    "value-text": (200, shell("a=" + "x" * 60 + "\n" + "a=$a$a\n" * 4 + "docker run $a")),
    "overlaid-resources": (3, {"o.yaml": "#" * 10, **{f"o{n}/kustomization.yaml": "resources: [../b]\nnamespace: a\n" for n in range(40)}, "b/kustomization.yaml": "resources: [p.yaml]\n", "b/p.yaml": "---\n".join(POD.replace("name: p", f"name: p{n}") for n in range(5))}),
    "shared-files": (10, {"t.yml": "steps:\n- script: docker ps\n" + "#" * 2_000, **{f"azure-pipelines-{n}.yml": "extends: {template: t.yml}\n" for n in range(8)}}),
    "expansions": (20, shell("a=x\n" + "docker run $a$a$a$a$a$a\n" * 40)),
    "runner-services": (3, {"config.toml": "[[runners]]\nexecutor='docker'\nenvironment=[" + "'A=b', " * 90 + "]\n[runners.docker]\nprivileged=true\n" + "[[runners.docker.services]]\nname='docker:dind'\n" * 9}),
    "inserted-text": (20, azure("variables: {X: '" + "docker ps; " * 9 + "'}\nsteps:\n" + "- script: $(X)\n" * 40)),
    "wrappers": (None, shell("sudo " * 30 + "docker ps")),
    "make-expansions": (20, {"Makefile": "V = a b c d e f g h\nall:\n" + "\tdocker run $(V) $(V) $(V) x\n" * 40}),
    "make-variables": (4, {"Makefile": chain(12, lambda n: f"V{n + 1} = $(V{n})") + "\nV0 = docker\nall:\n\t$(V12) run --privileged x\n"}),
    "compose-services": (3, compose("services: {" + ", ".join(f"s{n}: {{image: docker}}" for n in range(6)) + "}")),
    "compose-shared": (100, {f"{n}/compose.yaml": "include: [../c.yaml]\n" for n in "abcdefghij"} | {"c.yaml": COMPOSE + "#" * 900 + "\n"}),
    "compose-files": (2, compose("include: [a.yaml, b.yaml, c.yaml]\n" + COMPOSE, a__yaml=COMPOSE, b__yaml="services: {b: {image: docker}}", c__yaml="services: {c: {image: docker}}")),
    "compose-chain": (3, compose("services:\n" + chain(9, lambda n: f"  s{n}: {{extends: {{service: s{n + 1}}}}}") + "\n  s9: {image: docker}\n")),
    "compose-keys": (10, compose("services: {" + ", ".join(f"s{n}: {{image: docker}}" for n in range(30)) + "}", compose__override__yaml="services: {" + ", ".join(f"s{n}: {{user: a}}" for n in range(30)) + "}")),
    "compose-depth": (None, compose("services: {a: {image: docker, x: " + "{b: " * 12 + "c" + "}" * 14, compose__override__yaml="services: {a: {image: docker, x: " + "{b: " * 12 + "c" + "}" * 14)),
    "compose-words": (3, compose("services: {a: {image: '" + "${A:-" * 8 + "docker" + "}" * 8 + "'}}")),
    "volumes-from": (3, compose("services:\n" + chain(9, lambda n: f"  s{n}: {{image: docker, volumes_from: [s{n + 1}]}}") + "\n  s9: {image: docker}\n")),
    "further-settings": (2, compose("services: {a: {image: docker, sysctls: {a: 1, b: 2, c: 3}}}")),
    "setting-levels": (None, compose("services: {a: {image: docker, annotations: " + "{b: " * 12 + "c" + "}" * 12 + "}}")),
    "listed-objects": (3, {"list.yaml": "apiVersion: v1\nkind: List\nitems:\n" + "".join("- " + POD.replace("\n", "\n  ").rstrip(" ") for _ in range(8))}),
    "list-depth": (None, {"list.yaml": "apiVersion: v1\nkind: List\nitems: " + "[{kind: List, items: " * 40 + "[{kind: Pod, spec: {containers: [{image: docker}]}}]" + "}]" * 40}),
    "pod-search": (20, {"x.yaml": "apiVersion: example.org/v1\nkind: X\nspec:\n  docker: {containers: 1}\n  a: &a [{containers: [{image: docker}]}]\n  b: &b [" + "*a," * 9 + "]\n  c: &c [" + "*b," * 9 + "]\n  d: [" + "*c," * 9 + "]\n"}),
    "pod-depth": (10, {"x.yaml": "apiVersion: example.org/v1\nkind: X\nspec: {docker: {containers: 1}, x: " + "{docker: " * 30 + "1" + "}" * 31}),
    "common-settings": (3, {"t.yaml": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  stepTemplate: {env: [" + "{name: A, value: b}, " * 30 + "]}\n  steps: [" + "{image: docker}, " * 20 + "]\n"}),
    "patch-steps": (5, overlay("patch: '{kind: Pod, metadata: {labels: {a: 1, b: 2, c: 3, d: 4, e: 5}}}'") | {"k/pod.yaml": POD.replace("name: p", "name: p, labels: {a: 0, b: 0, c: 0, d: 0, e: 0}")}),
    "patch-depth": (5, overlay("patch: '{kind: Pod, spec: {a: {b: {c: {d: {e: {f: {g: 1}}}}}}}}'") | {"k/pod.yaml": POD.replace("containers:", "a: {b: {c: {d: {e: {f: {g: 2}}}}}}, containers:")}),
    "patch-copies": (2, overlay("patch: '[" + ", ".join(f"{{op: copy, from: /spec, path: /spec/x{n}}}" for n in range(6)) + "]'")),
    "patch-pattern": (2, overlay("patch: '[{op: add, path: /spec/hostPID, value: true}]'") | {"k/kustomization.yaml": "resources: [pod.yaml]\npatches: [{target: {kind: Pod, name: '(p|q)'}, patch: '[{op: add, path: /spec/hostPID, value: true}]'}]\n"}),
    "kustomize-depth": (3, {f"k{n}/kustomization.yaml": f"resources: [../k{n + 1}]\n" for n in range(9)} | {"k9/kustomization.yaml": "resources: [pod.yaml]\n", "k9/pod.yaml": POD}),
    "encoded-text": (20, {"s.yaml": POD.replace("spec:", "spec: &x").replace("}]}", ", volumeMounts: [{name: v, mountPath: /etc/docker}]}], volumes: [{name: v, secret: {secretName: s}}]}") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {daemon.json: eyJob3N0cyI6IFsidGNwOi8vMC4wLjAuMDoyMzc1Il19}\n"}),
    "image-search": (3, {"k/pod.yaml": POD.replace("spec: {", "spec: {a: {b: {}, c: {}}, "), "k/kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: docker, newTag: 29-dind}]\n"}),
    "image-depth": (3, {"k/pod.yaml": POD.replace("spec: {", "spec: {a: {b: {c: {d: {}}}}, "), "k/kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: docker, newTag: 29-dind}]\n"}),
    "composite-levels": (2, {".github/workflows/a.yml": workflow("      - run: docker ps\n      - uses: ./a0")} | {f"a{n}/action.yml": f"name: a\nruns:\n  using: composite\n  steps:\n    - uses: ./a{n + 1}\n" for n in range(6)}),
    "local-actions": (2, {".github/workflows/a.yml": workflow("      - run: docker ps\n" + "      - uses: ./a\n" * 6), "a/action.yml": "name: a\nruns:\n  using: composite\n  steps:\n    - run: docker ps\n      shell: bash\n"}),
    "gitlab-extends": (None, gitlab("j0: {script: docker ps, image: docker}\n" + chain(15, lambda n: f"j{n + 1}: {{extends: j{n}}}"))),
    "gitlab-reference-levels": (None, gitlab(".a: &a [docker ps]\nb: {script: " + "[" * 20 + "docker ps" + "]" * 20 + "}\n")),
    "gitlab-references": (2, gitlab("a: {script: docker ps}\n" + chain(6, lambda n: f"j{n}: {{script: [!reference [a, script]]}}"))),
    "gitlab-merge-levels": (3, gitlab("a: &a\n  script: docker ps\n  variables: {a: {b: {c: {d: {e: 1}}}}}\nb:\n  extends: a\n  variables: {a: {b: {c: {d: {e: 2}}}}}\n")),
    "gitlab-items": (3, gitlab("a: {script: [docker ps, docker ps, docker ps, docker ps, docker ps]}\n")),
    "gitlab-includes": (2, gitlab("include: [a.yml, b.yml, c.yml]\na: {script: docker ps}\n") | {f"{n}.yml": f"{n}: {{script: docker ps}}\n" for n in "abc"}),
    "gitlab-jobs": (2, gitlab(chain(5, lambda n: f"j{n}: {{script: docker ps}}") + "\n")),
    "jenkins-templates": (2, {"jenkins.yaml": "jenkins: {clouds: [{kubernetes: {templates: [" + ", ".join(f"{{name: t{n}, containers: [{{name: c, image: x, privileged: true}}]}}" for n in range(5)) + "]}}]}\n"}),
    "gitlab-settings": (5, gitlab(".a: {image: docker, variables: {A: 1, B: 2}}\n" + chain(3, lambda n: f"j{n}: {{extends: .a, script: docker ps}}") + "\n")),
    "gitlab-compared": (5, gitlab("include: ['/c/*.yml', '/d/*.yml']\na: {script: docker ps}\n") | {f"{folder}/{n}.yml": "x: {script: docker ps}\n" for folder in "cd" for n in range(2)}),
    "gitlab-wildcards": (None, gitlab("include: '/*/*/*/*/*.yml'\na: {script: docker ps}\n")),
    "azure-items": (5, azure("steps:\n" + "- script: docker ps\n" * 9)),
    "azure-templates": (2, azure("steps: [{script: docker ps}, {template: a.yml}, {template: a.yml}, {template: a.yml}]") | {"a.yml": "steps: [{script: docker ps}]"}),
    "azure-template-levels": (2, azure("steps: [{script: docker ps}, {template: t0.yml}]") | {f"t{n}.yml": f"steps: [{{script: docker ps}}, {{template: t{n + 1}.yml}}]" for n in range(5)}),
    "circleci-steps": (3, {".circleci/config.yml": "version: 2.1\njobs: {a: {machine: true, steps: [b, b, b]}}\ncommands: {b: {steps: [{run: docker ps}]}}\n"}),
    "repeated-scripts": (20, azure("steps:\n- ${{ each a in parameters.b }}:\n  - script: docker ps\nparameters: {b: [c, d, e]}\n")),
    "repeated-texts": (3, gitlab(".a: {image: docker, script: docker ps}\n" + chain(5, lambda n: f"j{n}: {{extends: .a}}") + "\n")),
    "matrix-images": (2, gitlab("a: {image: 'docker:$V', script: docker ps, parallel: {matrix: [{V: ['26', '27', '28']}]}}\n")),
    "gitlab-variable-text": (3_000, gitlab("variables:\n  V0: " + "docker" * 50 + "\n" + chain(6, lambda n: f"  V{n + 1}: $V{n}$V{n}") + "\na: {image: $V6, script: docker ps}\n")),
    "gitlab-variables": (3, gitlab("variables:\n" + chain(9, lambda n: f"  V{n + 1}: $V{n}") + "\n  V0: docker\na: {image: $V9, script: docker ps}\n")),
    "image-chain": (3, {"Dockerfile": "FROM docker:29-dind AS s0\n" + chain(6, lambda n: f"FROM s{n} AS s{n + 1}\nRUN docker ps")}),
    "toml-nesting": (None, {"buildkitd.toml": "a." * 200 + "b = 1\n"}),
    "way-steps": (3, compose("services: {a: {image: docker, privileged: true}, b: {image: docker:29-dind, privileged: true, environment: {DOCKER_TLS_CERTDIR: ''}}, c: {image: docker:29-cli}}")),
    "open-neighbours": (2, compose("services: {" + ", ".join(f"e{n}: {{image: docker:29-dind, privileged: true, environment: {{DOCKER_TLS_CERTDIR: ''}}}}" for n in range(5)) + "}")),
    "copied-files": (3, {"Dockerfile": "FROM docker AS a\nCOPY a b c d e f g /x/\nFROM a\nRUN /x/a\n"}),
    "snapshot-containers": (1, {"inspect.json": json.dumps([{"Id": str(n), "Name": f"/c{n}", "Config": {"Image": "docker"}, "HostConfig": {"Privileged": True}} for n in range(4)])}),
    "described-containers": (2, shell("docker run a\n" * 5)),
    "rule-findings": (2, compose("services: {" + ", ".join(f"e{n}: {{image: x, privileged: true}}" for n in range(5)) + "}")),
    "rule-subjects": (2, compose("x-a: &a {image: x, privileged: true}\nservices: {" + ", ".join(f"e{n}: {{<<: *a}}" for n in range(5)) + "}")),
    "configuration-nesting": (2, {"daemon.json": '{"features": {"a": {"b": {"c": {"d": true}}}}}'}),
}  # fmt: skip
"""By limit: the lowered bound to test with (``None``: the real one), and files that go beyond it."""


READERS = {
    "fix-proofs": "tests/test_fixes.py",
    "git-file": "tests/test_policy_git.py",
    "groovy-nesting": "tests/test_documents_groovy.py",
    "hcl-nesting": "tests/test_documents_hcl.py",
    "template-rounds": "tests/test_documents_template_hostile.py",
    "template-calls": "tests/test_documents_template_hostile.py",
}
"""Limits that a scan of files alone does not meet, and where they are tested."""


def test_every_limit_has_an_input() -> None:
    assert {limit.name for limit in budget.limits()} == set(INPUTS) | set(READERS)


def name_of(limit: Limit) -> str:
    name = limit.name.upper().replace("-", "_")
    assert getattr(budget, name) is limit
    return name


@pytest.mark.parametrize(
    "limit", [limit for limit in budget.limits() if limit.name in INPUTS], ids=lambda limit: limit.name
)
def test_a_limit_that_is_met_is_said(limit: Limit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lowered, files = INPUTS[limit.name]
    if lowered is not None:
        limit_now = replace(limit, most=lowered)
        monkeypatch.setattr(budget, name_of(limit), limit_now)
        limit = limit_now
    (tmp_path / ".git").mkdir()
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    report = scan(Options(paths=(tmp_path,)))
    said = [notice for notice in report.notices if notice.message.startswith(limit.what.format(most=limit.most))]
    assert said, [notice.message for notice in report.notices]
    assert said[0].kind == "budget"
    assert limit.lost in said[0].message
    assert said[0].span.path in files
    assert said[0].gravity is limit.gravity
    if limit.loss is Loss.UNREAD:
        assert report.incomplete


@pytest.mark.parametrize("limit", budget.limits(), ids=lambda limit: limit.name)
def test_a_limit_says_what_to_do(limit: Limit) -> None:
    assert limit.lost
    assert limit.remedy or limit.loss is Loss.UNSHOWN


@pytest.mark.parametrize("limit", budget.limits(), ids=lambda limit: limit.name)
def test_what_is_lost_is_what_the_words_say(limit: Limit) -> None:
    """How grave a limit is follows from what is lost, and nobody is told one thing and charged for another."""
    said = {loss for word, loss in LOST.items() if word in f"{limit.what}; {limit.lost}"}
    assert said == ({limit.loss} if limit.loss is not Loss.UNREAD else set()), limit.lost


LOST = {
    "unknown": Loss.UNKNOWN,
    "own limit": Loss.REFUSED,
    "not listed": Loss.UNSHOWN,
    "shown only": Loss.UNSHOWN,
}
