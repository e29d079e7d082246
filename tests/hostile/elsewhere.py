"""The same hostility in formats that the shapes of growth leave out: dense calls, fans of aliases, loops, chains."""

from __future__ import annotations

from shapes import RUN, Files, Shape, lines, pod

DOZEN = "docker run a; "
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: a}\nspec:\n"
TEKTON = "apiVersion: tekton.dev/v1\nkind: {}\nmetadata: {{name: a}}\nspec:\n"


def _one(name: str, text: str) -> Files:
    return {name: text}


def _fan(count: int, first: str, item: str) -> str:
    """Return anchors in a chain, each a list of the one before nine times."""
    return f"a0: &a0 [{first}]\n" + lines(
        count, lambda i: f"a{i + 1}: &a{i + 1} [{', '.join([item.format(f'*a{i}')] * 9)}]"
    )


def _overlays(count: int, resource: str, more: str = "") -> Files:
    """Return overlays of one resource; ``{i}`` is which one it is."""
    return {f"o{i}/kustomization.yaml": f"resources: [{resource}]\n{more.format(i=i)}\n" for i in range(count)}


_ROWS = [
    ("Azure: steps", lambda n: _one("azure-pipelines.yml", "steps:\n" + f"- script: {RUN}\n" * n)),
    ("Azure: jobs", lambda n: _one("azure-pipelines.yml", "jobs:\n" + lines(n, lambda i: f"- {{job: j{i}, container: {{image: docker, options: --privileged}}, steps: [{{script: docker ps}}]}}"))),
    ("Azure: loops in loops", lambda n: _one("azure-pipelines.yml", "parameters: [{name: l, default: [1, 2, 3, 4]}]\nsteps:\n" + lines(min(n, 60), lambda i: "  " * i + f"- ${{{{ each v{i} in parameters.l }}}}:") + "  " * min(n, 60) + f"- script: {RUN}\n" + "# x\n" * n)),
    ("Azure: templates of variables", lambda n: {"azure-pipelines.yml": "variables:\n" + "- template: v.yml\n" * n + "steps: [{script: docker ps}]\n", "v.yml": "variables:\n" + "- template: v.yml\n" * n + lines(n, lambda i: f"- {{name: n{i}, value: docker}}")}),
    ("Azure: hooks by alias", lambda n: _one("azure-pipelines.yml", "x0: &a0 {steps: [{script: docker ps}]}\n" + lines(n, lambda i: f"x{i + 1}: &a{i + 1} {{{', '.join(f'k{k}: *a{i}' for k in range(9))}}}") + f"jobs: [{{deployment: d, strategy: *a{n}}}]\n")),
    ("Azure: many hooks by alias", lambda n: _one("azure-pipelines.yml", "x0: &a0 {steps: [{script: docker ps}]}\n" + lines(6, lambda i: f"x{i + 1}: &a{i + 1} {{{', '.join(f'k{k}: *a{i}' for k in range(n))}}}") + "jobs: [{deployment: d, strategy: *a6}]\n")),
    ("Bitbucket: steps", lambda n: _one("bitbucket-pipelines.yml", "pipelines:\n  default:\n" + f"  - step: {{image: docker, services: [docker], script: ['{RUN}']}}\n" * n)),
    ("Bitbucket: fans of aliases", lambda n: _one("bitbucket-pipelines.yml", _fan(n, "{step: {script: [docker ps]}}", "{{parallel: {0}}}") + f"pipelines: {{default: *a{n}}}\n")),
    ("Buildkite: steps", lambda n: _one(".buildkite/pipeline.yml", "steps:\n" + f"- command: {RUN}\n" * n)),
    ("Buildkite: fans of aliases", lambda n: _one(".buildkite/pipeline.yml", _fan(n, "{command: docker ps}", "{{group: g, steps: {0}}}") + f"steps: *a{n}\n")),
    ("TeamCity: steps", lambda n: _one(".teamcity/settings.kts", "object B : BuildType({ steps {\n" + lines(n, lambda i: f'script {{ id = "s{i}"; scriptContent = "{RUN}"; dockerImage = "docker:dind"; dockerRunParameters = "--privileged" }}') + "} })\n")),
    ("TeamCity: parameters", lambda n: _one(".teamcity/settings.kts", "project { params {\n" + lines(n, lambda i: f'param("env.DOCKER_X{i}", "v")') + "} }\n" + lines(n, lambda i: f'object B{i} : BuildType({{ steps {{ script {{ scriptContent = "docker ps %env.DOCKER_X{i}%" }} }} }})'))),
    ("Concourse: tasks", lambda n: _one("ci.yml", "jobs:\n- name: a\n  plan:\n" + lines(n, lambda i: f"  - {{task: t{i}, privileged: true, config: {{platform: linux, run: {{path: sh, args: [-c, '{RUN}']}}}}}}"))),
    ("Concourse: fans of aliases", lambda n: _one("ci.yml", _fan(n, "{task: t, privileged: true, config: {platform: linux, run: {path: a}}}", "{{do: {0}}}") + f"jobs: [{{name: a, plan: *a{n}}}]\n")),
    ("Concourse: a file of all tasks", lambda n: {"ci.yml": "jobs:\n- name: a\n  plan:\n" + lines(n, lambda i: f"  - {{task: t{i}, privileged: true, file: r/t.yml}}"), "t.yml": "platform: linux\nrun:\n  path: sh\n  args:\n  - -c\n  - |\n" + f"    {RUN}\n" * n}),
    ("CircleCI: jobs", lambda n: _one(".circleci/config.yml", "version: 2.1\njobs:\n" + lines(n, lambda i: f"  j{i}: {{docker: [{{image: docker}}], steps: [setup_remote_docker, {{run: '{RUN}'}}]}}"))),
    ("CircleCI: commands twice each", lambda n: _one(".circleci/config.yml", "version: 2.1\njobs: {a: {machine: true, steps: [c0]}}\ncommands:\n" + lines(n, lambda i: f"  c{i}: {{steps: [c{i + 1}, c{i + 1}]}}") + f"  c{n}: {{steps: [{{run: docker ps}}]}}\n")),
    ("Drone: steps", lambda n: _one(".drone.yml", "kind: pipeline\ntype: docker\nname: a\nsteps:\n" + lines(n, lambda i: f"- {{name: s{i}, image: 'docker:dind', privileged: true, commands: ['{RUN}']}}"))),
    ("Ansible: tasks", lambda n: _one("site.yml", "- hosts: all\n  tasks:\n" + lines(n, lambda i: f"  - docker_container: {{name: c{i}, image: x, privileged: true, volumes: ['/var/run/docker.sock:/s']}}"))),
    ("Ansible: variables that double", lambda n: _one("site.yml", "- hosts: all\n  vars:\n    v0: docker\n" + lines(n, lambda i: f"    v{i + 1}: '{{{{ v{i} }}}}{{{{ v{i} }}}}'") + f"  tasks:\n  - docker_container: {{name: a, image: '{{{{ v{n} }}}}', privileged: true}}\n")),
    ("Ansible: one list for all tasks", lambda n: _one("site.yml", "- hosts: all\n  vars: {v: [" + ", ".join(f"'/var/run/docker.sock:/m{i}'" for i in range(20)) + "]}\n  tasks:\n" + lines(n, lambda i: f"  - docker_container: {{name: c{i}, image: x, volumes: '{{{{ v }}}}'}}"))),
    ("Quadlet: mounts", lambda n: _one("a.container", "[Container]\nImage=docker.io/library/docker:dind\n" + lines(n, lambda i: f"Volume=/var/run/docker.sock:/m{i}"))),
    ("Bake: targets that inherit", lambda n: _one("docker-bake.hcl", lines(n, lambda i: f'target "t{i}" {{\n  inherits = ["t{i + 1}"]\n  network = "host"\n}}') + f'target "t{n}" {{\n  entitlements = ["security.insecure"]\n}}\n')),
    ("ECS: containers", lambda n: _one("task-definition.json", '{"family": "a", "containerDefinitions": [' + ", ".join(f'{{"name": "c{i}", "image": "docker:dind", "privileged": true}}' for i in range(n)) + "]}")),
    ("Jenkins configuration: templates", lambda n: _one("jenkins.yaml", "jenkins: {clouds: [{kubernetes: {templates: [\n" + lines(n, lambda i: f"{{name: t{i}, containers: [{{name: c, image: 'docker:dind', privileged: true}}]}},") + "]}}]}\n")),
    ("Taskfile: tasks", lambda n: _one("Taskfile.yml", "version: '3'\ntasks:\n" + lines(n, lambda i: f"  t{i}: {{cmds: ['{RUN}']}}"))),
    ("justfile: recipes", lambda n: _one("justfile", lines(n, lambda i: f"r{i}:\n    {RUN}"))),
    ("package.json: scripts", lambda n: _one("package.json", '{"name": "a", "scripts": {' + ", ".join(f'"s{i}": "{RUN}"' for i in range(n)) + "}}")),
    ("cloud-init: commands", lambda n: _one("cloud-init.yaml", "#cloud-config\nruncmd:\n" + f"- {RUN}\n" * n)),
    ("PowerShell: calls", lambda n: _one("run.ps1", f"{RUN}\n" * n)),
    ("batch: calls", lambda n: _one("run.bat", f"{RUN}\r\n" * n)),
    ("GitLab: variables seen by all jobs", lambda n: _one(".gitlab-ci.yml", "variables:\n" + lines(n, lambda i: f"  V{i}: a") + lines(n, lambda i: f"j{i}: {{image: docker, script: docker ps}}"))),
    ("GitLab: services of all jobs", lambda n: _one(".gitlab-ci.yml", "default:\n  image: docker\n  services:\n" + lines(n, lambda i: f"  - {{name: 'docker:dind', alias: a{i}}}") + lines(n, lambda i: f"j{i}: {{script: docker ps}}"))),
    ("Compose: variables of all services", lambda n: _one("compose.yaml", "x-e: &e\n" + lines(n, lambda i: f"  V{i}: a") + "services:\n" + lines(n, lambda i: f"  s{i}: {{image: 'docker:dind', privileged: true, environment: *e}}"))),
    ("Compose: an env file of all services", lambda n: {"compose.yaml": "services:\n" + lines(n, lambda i: f"  s{i}: {{image: 'docker:dind', privileged: true, env_file: e.env}}"), "e.env": lines(n, lambda i: f"V{i}=a")}),
    ("CircleCI: variables of all jobs", lambda n: _one(".circleci/config.yml", "version: 2.1\nexecutors: {e: {docker: [{image: docker}], environment: {" + ", ".join(f"V{i}: a" for i in range(n)) + "}}}\njobs:\n" + lines(n, lambda i: f"  j{i}: {{executor: e, steps: [{{run: docker ps}}]}}"))),
    ("Buildkite: variables of all steps", lambda n: _one(".buildkite/pipeline.yml", "env:\n" + lines(n, lambda i: f"  V{i}: a") + "steps:\n" + "- command: docker ps\n" * n)),
    ("variables of one ConfigMap in all pods", lambda n: _one("pods.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n" + lines(n, lambda i: f"  V{i}: a") + lines(n, lambda i: f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec: {{containers: [{{name: a, image: docker, envFrom: [{{configMapRef: {{name: c}}}}]}}]}}"))),
    ("GitLab: jobs that extend a big one", lambda n: _one(".gitlab-ci.yml", ".a:\n  image: docker\n  script:\n" + f"  - {RUN}\n" * 40 + lines(n, lambda i: f"j{i}: {{extends: .a}}"))),
    ("CircleCI: a command of all jobs", lambda n: _one(".circleci/config.yml", "version: 2.1\ncommands:\n  c:\n    steps:\n" + lines(n, lambda i: f"    - run: {RUN}") + "jobs:\n" + lines(n, lambda i: f"  j{i}: {{machine: true, steps: [c]}}"))),
    ("GitHub: variables of all jobs", lambda n: _one(".github/workflows/w.yml", "on: push\nenv:\n" + lines(n, lambda i: f"  V{i}: a") + "jobs:\n" + lines(n, lambda i: f"  j{i}: {{runs-on: x, env: {{A: b}}, container: docker, steps: [{{run: docker ps}}]}}"))),
    ("GitHub: services of all jobs", lambda n: _one(".github/workflows/w.yml", "on: push\nx: &s\n" + lines(n, lambda i: f"  s{i}: {{image: 'docker:dind', options: --privileged}}") + "jobs:\n" + lines(n, lambda i: f"  j{i}: {{runs-on: x, services: *s, steps: [{{run: docker ps}}]}}"))),
    ("GitHub: steps of all jobs", lambda n: _one(".github/workflows/w.yml", "on: push\nx: &s\n" + lines(n, lambda i: "- run: docker ps") + "jobs:\n" + lines(n, lambda i: f"  j{i}: {{runs-on: x, steps: *s}}"))),
    ("GitHub: mounts of all jobs", lambda n: _one(".github/workflows/w.yml", "on: push\nx: &s\n" + lines(n, lambda i: f"- /var/run/docker.sock:/s{i}") + "jobs:\n" + lines(n, lambda i: f"  j{i}: {{runs-on: x, container: {{image: docker, volumes: *s}}, steps: [{{run: docker ps}}]}}"))),
    ("Azure: variables of all jobs", lambda n: _one("azure-pipelines.yml", "variables:\n" + lines(n, lambda i: f"  V{i}: a") + "jobs:\n" + lines(n, lambda i: f"- {{job: j{i}, variables: {{W: b}}, container: docker, steps: [{{script: docker ps $(W)}}]}}"))),
    ("GitLab: a file included with ever other inputs", lambda n: {".gitlab-ci.yml": "include:\n" + lines(n, lambda i: f"- {{local: p.yml, inputs: {{a: b{i}}}}}"), "p.yml": "spec: {inputs: {a: {}}}\n---\n" + lines(n, lambda i: f"'j{i}-$[[ inputs.a ]]': {{image: docker, services: ['docker:dind'], script: docker ps}}")}),
    ("GitLab: includes with wildcards", lambda n: {".gitlab-ci.yml": "include:\n" + lines(n, lambda i: f"- {{local: '/c/*{i}.yml'}}") + "a: {script: docker ps}\n", **{f"c/{i}.yml": "x: {script: docker ps}\n" for i in range(n)}}),
    ("Kustomize: moves of a list", lambda n: {"kustomization.yaml": "resources: [pod.yaml]\npatches:\n" + lines(n, lambda i: "- {target: {kind: Pod}, patch: '[{op: move, from: /spec/containers, path: /spec/x}, {op: add, path: /spec/x/0/image, value: a}, {op: move, from: /spec/x, path: /spec/containers}]'}"), "pod.yaml": pod(0, lines(9 * n, lambda i: f"  - {{name: c{i}}}"))}),
    ("Kustomize: a long patch of one component", lambda n: _overlays(n, "p.yaml", "components: [../c]") | {f"o{i}/p.yaml": pod(i) for i in range(n)} | {"c/kustomization.yaml": "kind: Component\npatches:\n- {target: {kind: Pod}, patch: '[" + "{op: add, path: /spec/hostPID, value: true}, " * 4 * n + "]'}\n"}),
    ("Kustomize: a long merge of one component", lambda n: _overlays(n, "p.yaml", "components: [../c]") | {f"o{i}/p.yaml": pod(i) for i in range(n)} | {"c/kustomization.yaml": "kind: Component\npatches:\n- {target: {kind: Pod}, patch: 'metadata: {labels: {" + lines(9 * n, lambda i: f"l{i}: x", ", ") + "}}'}\n"}),
    ("Kustomize: one map in many namespaces", lambda n: _overlays(n, "../base", "namespace: n{i}") | {"base/kustomization.yaml": "resources: [m.yaml]\n", "base/m.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + lines(9 * n, lambda i: f"  a{i}: b")}),
    ("Kustomize: images of one pod in many overlays", lambda n: _overlays(n, "../base", "images: [{{name: docker, newTag: a}}]") | {"base/kustomization.yaml": "resources: [p.yaml]\n", "base/p.yaml": pod(0, lines(9 * n, lambda i: f"  - {{name: c{i}, image: docker}}"))}),
    ("Kustomize: labels that many overlays patch", lambda n: _overlays(n, "../base", "patches: [{{target: {{kind: Pod}}, patch: '[{{op: add, path: /metadata/labels/x, value: y}}]'}}]") | {"base/kustomization.yaml": "resources: [p.yaml]\n", "base/p.yaml": pod(0).replace("name: p0", "name: p0, labels: {" + lines(9 * n, lambda i: f"l{i}: x", ", ") + "}")}),
    ("Kustomize: one file in many overlays", lambda n: _overlays(n, "../p.yaml") | {"p.yaml": "apiVersion: v1\nkind: A\n---\n" * 2 * n}),
    ("Kustomize: one component of files that are not there", lambda n: _overlays(n, "../p.yaml", "components: [../c]") | {"p.yaml": pod(0), "c/kustomization.yaml": "kind: Component\nresources: [" + lines(4 * n, lambda i: f"a{i}.yaml", ", ") + "]\n"}),
    ("Kustomize: one file of patches", lambda n: _overlays(n, "../p.yaml", "patches: [{{path: ../q.yaml}}]") | {"p.yaml": pod(0), "q.yaml": "a: b\n---\n" * 4 * n}),
    ("Argo: one patch of all templates", lambda n: _one("w.yaml", ARGO + "  podSpecPatch: |\n    nodeSelector: {" + lines(9 * n, lambda i: f"a{i}: b", ", ") + "}\n  templates:\n" + lines(n, lambda i: f"  - {{name: t{i}, container: {{image: docker}}}}"))),
    ("Argo: a patch by alias in all templates", lambda n: _one("w.yaml", ARGO + "  x: &p |\n    tolerations: [" + "a, " * 9 * n + "a]\n  templates:\n" + lines(n, lambda i: f"  - {{name: t{i}, container: {{image: docker}}, podSpecPatch: *p}}"))),
    ("Argo: settings of all templates", lambda n: _one("w.yaml", ARGO + lines(9 * n, lambda i: f"  a{i}: b") + "  templates:\n" + lines(n, lambda i: f"  - {{name: t{i}, container: {{image: docker}}}}"))),
    ("Argo: sidecars of all templates", lambda n: _one("w.yaml", ARGO + "  templateDefaults:\n    sidecars:\n" + lines(n, lambda i: f"    - {{name: a{i}, image: docker}}") + "  templates:\n" + lines(n, lambda i: f"  - {{name: t{i}, container: {{image: docker}}}}"))),
    ("Argo: mounts that all sidecars mirror", lambda n: _one("w.yaml", ARGO + "  templates:\n  - container:\n      image: docker\n      volumeMounts:\n" + lines(n, lambda i: f"      - {{name: a{i}, mountPath: /a}}") + "    sidecars:\n" + lines(n, lambda i: f"    - {{name: t{i}, image: docker, mirrorVolumeMounts: true}}"))),
    ("Tekton: variables of all steps", lambda n: _one("w.yaml", TEKTON.format("Task") + "  stepTemplate: {env: [" + lines(3 * n, lambda i: f"{{name: V{i}, value: a}}", ", ") + "]}\n  steps:\n" + lines(n, lambda i: f"  - {{name: t{i}, image: docker, env: [{{name: A, value: b}}]}}"))),
    ("Tekton: settings of all steps", lambda n: _one("w.yaml", TEKTON.format("Task") + "  stepTemplate: {" + lines(5 * n, lambda i: f"V{i}: a", ", ") + "}\n  steps:\n" + lines(n, lambda i: f"  - {{name: t{i}, image: docker}}"))),
    ("Tekton: volumes of all tasks", lambda n: _one("w.yaml", TEKTON.format("Pipeline") + "  podTemplate: {volumes: [" + lines(2 * n, lambda i: f"{{name: v{i}, hostPath: {{path: /a}}}}", ", ") + "]}\n  tasks:\n" + lines(n, lambda i: f"  - {{name: t{i}, taskSpec: {{steps: [{{image: docker}}]}}}}"))),
    ("shell: a script in a variable", lambda n: _one("run.sh", "#!/bin/sh\nx=$(cat <<'E'\n" + "docker run a\n" * n + "E\n)\n" + 'sh -c "$x"\n' * n)),
    ("PowerShell: a script in a variable", lambda n: _one("run.ps1", f"$x = '{DOZEN * n}'\n" + "Invoke-Expression $x\n" * n)),
    ("justfile: a script in a variable", lambda n: _one("justfile", f"x := '{DOZEN * n}'\n" + lines(n, lambda i: f'r{i}:\n    sh -c "{{{{x}}}}"'))),
    ("GitHub: a script in a variable", lambda n: _one(".github/workflows/w.yml", f"on: push\nenv: {{X: '{DOZEN * n}'}}\njobs:\n  a:\n    runs-on: x\n    steps:\n" + "    - run: ${{ env.X }}\n" * n)),
    ("Azure: a script in a variable", lambda n: _one("azure-pipelines.yml", f"variables: {{X: '{DOZEN * n}'}}\nsteps:\n" + "- script: $(X)\n" * n)),
    ("Ansible: a script in a variable", lambda n: _one("site.yml", f"- hosts: all\n  vars: {{x: '{DOZEN * n}'}}\n  tasks:\n" + "  - shell: '{{ x }}'\n" * n)),
    ("Taskfile: a script in a variable", lambda n: _one("Taskfile.yml", f"version: '3'\nvars: {{X: '{DOZEN * n}'}}\ntasks:\n" + lines(n, lambda i: f"  t{i}: {{cmds: ['{{{{.X}}}}']}}"))),
    ("Jenkins: a script in a variable", lambda n: _one("Jenkinsfile", f"pipeline {{ agent any\n environment {{ X = '{DOZEN * n}' }}\n stages {{ stage('a') {{ steps {{\n" + 'sh "${X}"\n' * n + "} } } }\n")),
    ("CircleCI: a script in a parameter", lambda n: _one(".circleci/config.yml", f"version: 2.1\ncommands: {{c: {{parameters: {{x: {{type: string}}}}, steps: [run: << parameters.x >>]}}}}\nx: &x '{DOZEN * n}'\njobs: {{a: {{machine: true, steps: [\n" + "c: {x: *x},\n" * n + "]}}\n")),
    ("shell: a settings file in a variable", lambda n: _one("run.sh", "#!/bin/sh\nx='{\"hosts\": [" + ", ".join(f'"tcp://0.0.0.0:{i}"' for i in range(n)) + "]}'\n" + 'echo "$x" > /etc/docker/daemon.json\n' * n)),
    ("GitLab Runner: volumes of all services", lambda n: _one("config.toml", "[[runners]]\nexecutor='docker'\nenvironment=[" + ", ".join(f"'A{i}=b'" for i in range(n)) + "]\n[runners.docker]\nprivileged=true\nvolumes=[" + ", ".join(f"'/v{i}:/v{i}'" for i in range(n)) + "]\n" + "[[runners.docker.services]]\nname='docker:dind'\n" * n)),
    ("GitLab Runner: variables of all pods", lambda n: _one("config.toml", "[[runners]]\nexecutor='kubernetes'\nenvironment=[" + ", ".join(f"'A{i}=b'" for i in range(n)) + "]\n[runners.kubernetes]\nprivileged=true\nimage='docker'\n" + "[[runners.kubernetes.services]]\nname='docker:dind'\n" * n + lines(n, lambda i: f"[[runners.kubernetes.volumes.host_path]]\nname='v{i}'\nmount_path='/v{i}'\nhost_path='/v{i}'"))),
    ("Terraform: a list of all resources", lambda n: _one("main.tf", "locals {\n l = [" + lines(n, lambda i: f'"a{i}"', ", ") + "]\n}\n" + lines(n, lambda i: f'resource "docker_container" "c{i}" {{\n for_each = toset(local.l)\n image = each.value\n privileged = true\n}}'))),
    ("Jenkins: variables of all stages", lambda n: _one("Jenkinsfile", "pipeline { agent any\n environment {\n" + lines(n, lambda i: f"V{i} = 'a'") + "}\nstages {\n" + lines(n, lambda i: f"stage('s{i}') {{ agent {{ docker {{ image 'docker'\n args '--privileged' }} }}\n steps {{ sh 'docker ps' }} }}") + "}}\n")),
    ("Jenkins: variables one by one", lambda n: _one("Jenkinsfile", "node {\n" + lines(n, lambda i: f"env.V{i} = 'a'\nsh 'docker run a'") + "}\n")),
    ("Helm: labels of all pods", lambda n: {"c/templates/p.yaml": lines(n, lambda i: pod(i).replace("metadata:", "metadata: #").replace("spec:", "  labels:\n    {{- toYaml .Values.a | nindent 4 }}\nspec:"), ""), "c/Chart.yaml": "name: c\n", "c/values.yaml": "a:\n" + lines(n, lambda i: f"  v{i}: docker")}),
    ("Nomad: volumes and tasks of one group", lambda n: _one("a.nomad", 'job "a" {\n group "g" {\n' + lines(n, lambda i: f'  volume "v{i}" {{\n type="host"\n source="s{i}"\n }}') + lines(n, lambda i: f'  task "t{i}" {{\n driver="docker"\n config {{\n image="docker:dind"\n privileged=true\n }}\n }}') + " }\n}\n")),
    ("Helm: one list of many loops", lambda n: {"c/templates/p.yaml": lines(n, lambda i: "{{ range .Values.l }}\n" + pod(i).replace(f"p{i}", "'{{ . }}'") + "{{ end }}\n", ""), "c/Chart.yaml": "name: c\n", "c/values.yaml": "l: [" + lines(n, lambda i: f"a{i}", ", ") + "]\n"}),
]  # fmt: skip

FURTHER = [Shape("elsewhere", name, 1, files) for name, files in _ROWS]
