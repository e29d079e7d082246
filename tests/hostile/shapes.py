"""Inputs that somebody built to cost more than they weigh: small texts, each made for any size, the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

Files = dict[str, str]


@dataclass(frozen=True)
class Shape:
    """One kind of input. ``size`` is where its growth can first be measured; ``files`` writes it at any size."""

    group: str
    name: str
    size: int
    files: Callable[[int], Files]

    @property
    def id(self) -> str:
        return self.name.replace(" ", "-").replace("`", "").replace(",", "")


def weight(files: Files) -> int:
    """Return how many bytes are sent: texts, and the paths that their sender gives them."""
    return sum(len(path.encode()) + len(text.encode()) for path, text in files.items())


ENGINE = "image: docker:29-dind, privileged: true, environment: {DOCKER_TLS_CERTDIR: ''}"


def letters(number: int) -> str:
    """Return a name without digits, in which files of a series are taken for versions of each other."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))


def lines(count: int, line: Callable[[int], str], end: str = "\n") -> str:
    return "".join(line(index) + end for index in range(count))


def services(count: int, service: Callable[[int], str], after: str = "") -> Files:
    return {"compose.yaml": "services:\n" + lines(count, lambda n: f"  s{n}: {{{service(n)}}}") + after}


def compose(text: str) -> Files:
    return {"compose.yaml": text}


def gitlab(text: str) -> Files:
    return {".gitlab-ci.yml": text}


def shell(text: str) -> Files:
    return {"run.sh": "#!/bin/bash\ndocker ps\n" + text}


def dockerfile(text: str) -> Files:
    return {"Dockerfile": "FROM docker:29-dind\n" + text}


def makefile(text: str) -> Files:
    return {"Makefile": text}


def workflow(jobs: str) -> Files:
    return {".github/workflows/w.yml": f"on: push\njobs:\n{jobs}"}


def pod(number: int, more: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec:\n  containers:\n"
        f"  - {{name: c, image: docker:29-dind, securityContext: {{privileged: true}}}}\n{more}---\n"
    )


def snapshot(count: int) -> Files:
    parts = [
        {"Id": f"{n:064x}", "Name": f"/c{n}", "Config": {"Image": "docker:29-dind", "Env": ["DOCKER_TLS_CERTDIR="]},
         "HostConfig": {"Privileged": True, "Binds": ["/var/run/docker.sock:/s"]},
         "NetworkSettings": {"Networks": {"n": {"IPAddress": "10.0.0.1"}}}}
        for n in range(count)
    ]  # fmt: skip
    return {"inspect.json": json.dumps(parts)}


def doubling(count: int, first: str, line: str) -> str:
    """Return ``count`` lines, each of which holds the one before it twice."""
    return first + lines(count, lambda n: line.format(n=n, m=n + 1))


# -- who reaches whom -----------------------------------------------------------------------------------------

REACH = [
    ("engines on one network", 3, lambda n: services(n, lambda i: ENGINE)),
    ("clients and one engine", 3, lambda n: services(n, lambda i: "image: docker:29-cli, environment: {DOCKER_HOST: 'tcp://e:2375'}", f"  e: {{{ENGINE}}}\n")),
    ("engines in a chain of networks", 3, lambda n: services(n, lambda i: f"{ENGINE}, networks: [n{i}, n{i + 1}]", "networks:\n" + lines(n + 1, lambda i: f"  n{i}: {{}}"))),
    ("engines on every network", 3, lambda n: services(n, lambda i: f"{ENGINE}, networks: [{', '.join(f'n{k}' for k in range(4))}]", "networks: {n0: {}, n1: {}, n2: {}, n3: {}}\n")),
    ("engines that share each other's sockets", 3, lambda n: services(n, lambda i: f"{ENGINE}, volumes: ['v{i}:/var/run', 'v{i + 1}:/next']", "volumes:\n" + lines(n + 1, lambda i: f"  v{i}: {{}}"))),
    ("containers that share one socket volume", 12, lambda n: services(n, lambda i: "image: docker:29-cli, volumes: ['v:/var/run']", f"  e: {{{ENGINE}, volumes: ['v:/var/run']}}\nvolumes: {{v: {{}}}}\n")),
    ("networks taken from each other", 3, lambda n: services(n, lambda i: f"{ENGINE}, network_mode: 'service:s{i + 1}'", f"  s{n}: {{{ENGINE}}}\n")),
    ("volumes taken from each other", 1, lambda n: services(n, lambda i: f"{ENGINE}, volumes_from: [s{i + 1}], volumes: ['/var/run/docker.sock:/s{i}']", f"  s{n}: {{{ENGINE}}}\n")),
    ("host sockets beside each other", 6, lambda n: services(n, lambda i: "image: x, volumes: ['/var/run/docker.sock:/var/run/docker.sock']")),
    ("pods with an engine", 2, lambda n: {"pods.yaml": lines(n, pod, "")}),
    ("containers of one pod", 1, lambda n: {"pod.yaml": pod(0).replace("---\n", "") + lines(n, lambda i: f"  - {{name: c{i}, image: 'docker:29-dind', env: [{{name: DOCKER_HOST, value: 'tcp://localhost:2375'}}], securityContext: {{privileged: true}}}}")}),
    ("volumes of one pod", 5, lambda n: {"pod.yaml": pod(0, "  volumes:\n" + lines(n, lambda i: f"  - {{name: v{i}, hostPath: {{path: /var/run/docker.sock}}}}")).replace("privileged: true}", "privileged: true}, volumeMounts: [" + ", ".join(f"{{name: v{i}, mountPath: /m{i}}}" for i in range(n)) + "]")}),
    ("services that select pods", 2, lambda n: {"pods.yaml": lines(n, lambda i: pod(i).replace("name: p", "labels: {a: b}, name: p") + f"apiVersion: v1\nkind: Service\nmetadata: {{name: s{i}}}\nspec: {{selector: {{a: b}}, ports: [{{port: 2375}}]}}\n---\n", "")}),
    ("containers of a snapshot", 1, snapshot),
    ("jobs with an engine beside them", 3, lambda n: gitlab(lines(n, lambda i: f"j{i}: {{image: 'docker:29-cli', services: ['docker:29-dind'], variables: {{DOCKER_TLS_CERTDIR: ''}}, script: docker ps}}"))),
    ("jobs of a workflow", 1, lambda n: workflow(lines(n, lambda i: f"  j{i}: {{runs-on: self-hosted, container: {{image: docker, options: --privileged}}, services: {{d: {{image: 'docker:29-dind', options: --privileged}}}}, steps: [{{run: docker ps}}]}}"))),
    ("runners of one configuration", 6, lambda n: {"config.toml": lines(n, lambda i: f'[[runners]]\nname = "r{i}"\nexecutor = "docker"\n[runners.docker]\nprivileged = true\nvolumes = ["/var/run/docker.sock:/var/run/docker.sock"]')}),
    ("engines and published ports", 3, lambda n: services(n, lambda i: f"{ENGINE}, ports: ['{2000 + i}:2375']")),
    ("images built and used", 2, lambda n: services(n, lambda i: f"build: {{context: d{i}}}, privileged: true") | {f"d{i}/Dockerfile": "FROM docker:29-dind\nENV DOCKER_TLS_CERTDIR=\n" for i in range(n)}),
    ("one image used by all", 6, lambda n: services(n, lambda i: "build: d, image: mine, privileged: true") | {"d/Dockerfile": "FROM docker:29-dind\nRUN docker ps\n"}),
]  # fmt: skip

# -- text that grows when it is read --------------------------------------------------------------------------

GROWTH = [
    ("doubling in .env", 384, lambda n: {".env": doubling(n, "V0=docker\n", "V{m}=$V{n}$V{n}\n"), **compose(f"services: {{a: {{image: '$V{n}', privileged: true}}}}\n")}),
    ("doubling in GitLab variables", 40, lambda n: gitlab("variables:\n" + doubling(n, "  V0: docker\n", "  V{m}: $V{n}$V{n}\n") + f"a: {{image: $V{n}, services: ['docker:dind'], script: docker ps}}\n")),
    ("doubling in ENV", 16, lambda n: dockerfile(doubling(n, "ENV V0=docker\n", "ENV V{m}=$V{n}$V{n}\n") + f"RUN $V{n} ps\n")),
    ("doubling in a script", 32, lambda n: shell(doubling(n, "V0=docker\n", "V{m}=$V{n}$V{n}\n") + f"$V{n} ps\n")),
    ("doubling in one variable of a script", 16, lambda n: shell("V=docker\n" + "V=$V$V\n" * n + "$V ps\n")),
    ("doubling in a Makefile", 448, lambda n: makefile(doubling(n, "V0 = docker\n", "V{m} = $(V{n})$(V{n})\n") + f"a:\n\t$(V{n}) ps\n")),
    ("doubling in a unit", 320, lambda n: {"docker.service": "[Service]\n" + doubling(n, "Environment=V0=x\n", "Environment=V{m}=$V{n}$V{n}\n") + f"ExecStart=/usr/bin/dockerd $V{n}\n"}),
    ("doubling in Terraform locals", 112, lambda n: {"main.tf": "locals {\n" + doubling(n, '  v0 = "docker"\n', '  v{m} = "${{local.v{n}}}${{local.v{n}}}"\n') + f'}}\nresource "docker_container" "a" {{\n  image = local.v{n}\n  privileged = true\n}}\n'}),
    ("dynamic blocks in Terraform", 24, lambda n: {"main.tf": 'resource "docker_container" "a" {\n  image = "x"\n  privileged = true\n  dynamic "mounts" {\n    for_each = [' + lines(n, lambda i: f'{{ s = "/a{i}" }},') + "]\n    content {\n" + lines(n, lambda i: f"      k{i} = mounts.value.s") + "    }\n  }\n}\n"}),
    ("resources for each in Terraform", 12, lambda n: {"main.tf": 'resource "docker_container" "a" {\n  for_each = {\n' + lines(n, lambda i: f'    c{i} = {{ image = "docker:dind" }}') + "  }\n  image = each.value.image\n  privileged = true\n}\n"}),
    ("doubling in a workflow's env", 256, lambda n: {".github/workflows/w.yml": "on: push\nenv:\n" + doubling(n, "  V0: docker\n", "  V{m}: '${{{{ env.V{n} }}}}${{{{ env.V{n} }}}}'\n") + f"jobs: {{a: {{runs-on: x, steps: [{{run: '${{{{ env.V{n} }}}} run --privileged x'}}]}}}}\n"}),
    ("doubling in a template", 512, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": "{{ $a := `x` }}\n" + "{{ $a = print $a $a }}\n" * n + pod(0).replace("p0", "'{{ $a }}'")}),
    ("nested defaults", 560, lambda n: compose("services: {a: {privileged: true, image: '" + "${A:-" * n + "docker" + "}" * n + "'}}\n")),
    ("unclosed defaults", 1600, lambda n: compose("services: {a: {privileged: true, image: '" + "${A:-" * n + "'}}\n")),
    ("unclosed defaults in a Dockerfile", 2560, lambda n: dockerfile("ENV A=" + "${A:-" * n + "\n")),
    ("nested defaults in a script", 640, lambda n: shell("docker run " + "${A:-" * n + "x" + "}" * n + "\n")),
    ("unclosed defaults in a script", 640, lambda n: shell("docker run " + "${A:-" * n + "\n")),
    ("values made of each other", 280, lambda n: {".env": "V0=docker\n" + lines(n, lambda i: f"V{i + 1}=$V{i}"), **compose(f"services: {{a: {{image: '$V{n}', privileged: true}}}}\n")}),
    ("values made of each other in a script", 160, lambda n: shell("V0=docker\n" + lines(n, lambda i: f"V{i + 1}=$V{i}") + f"$V{n} run --privileged x\n")),
    ("aliases of sequences", 192, lambda n: compose("x-a0: &a0 [x, x]\n" + lines(n, lambda i: f"x-a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]") + f"services: {{a: {{image: docker:dind, privileged: true, command: *a{n}, volumes: *a{n}, environment: *a{n}}}}}\n")),
    ("aliases of sequences in GitLab", 8, lambda n: gitlab(".a0: &a0 [docker ps]\n" + lines(n, lambda i: f".a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]") + f"a: {{image: docker, services: ['docker:dind'], script: *a{n}, before_script: *a{n}}}\n")),
    ("aliases of mappings in Kubernetes", 8, lambda n: {"x.yaml": "apiVersion: example.org/v1\nkind: X\na0: &a0 {image: docker:dind}\n" + lines(n, lambda i: f"a{i + 1}: &a{i + 1} {{{', '.join(f'k{k}: *a{i}' for k in range(9))}}}") + f"spec: {{containers: [{{image: docker:dind, x: *a{n}}}]}}\n"}),
    ("merge keys", 8, lambda n: compose("x-a0: &a0 {" + ", ".join(f"k{i}: x" for i in range(9)) + "}\n" + lines(n, lambda i: f"x-a{i + 1}: &a{i + 1} {{<<: [{', '.join([f'*a{i}'] * 9)}], y{i}: x}}") + f"services: {{a: {{image: docker:dind, privileged: true, environment: {{<<: *a{n}}}}}}}\n")),
    ("one anchor merged everywhere", 5, lambda n: compose("x-a: &a {image: docker:dind, privileged: true, environment: {A: b}}\nservices:\n" + lines(n, lambda i: f"  s{i}: {{<<: *a, user: u{i}}}"))),
    ("a chain of merge keys", 20, lambda n: compose("x-a0: &a0 {privileged: true}\n" + lines(n, lambda i: f"x-a{i + 1}: &a{i + 1} {{<<: *a{i}}}") + f"services: {{a: {{<<: *a{n}, image: docker:dind}}}}\n")),
    ("extends fans in GitLab", 24, lambda n: gitlab(".a0: {script: docker ps, image: docker}\n" + lines(n, lambda i: f".a{i + 1}: {{extends: [{', '.join([f'.a{i}'] * 9)}]}}") + f"a: {{extends: .a{n}}}\n")),
    ("jobs that extend one", 10, lambda n: gitlab(".a: {image: docker, services: ['docker:dind'], script: [docker ps], variables: {A: b}}\n" + lines(n, lambda i: f"j{i}: {{extends: .a}}"))),
    ("references fans in GitLab", 8, lambda n: gitlab(".a0: {script: [docker ps]}\n" + lines(n, lambda i: f".a{i + 1}: {{script: [{', '.join([f'!reference [.a{i}, script]'] * 9)}]}}") + f"a: {{image: docker, script: [!reference [.a{n}, script]]}}\n")),
    ("services that extend each other", 5, lambda n: services(n, lambda i: f"extends: {{service: s{i + 1}}}, volumes: ['/var/run/docker.sock:/m{i}']", f"  s{n}: {{image: docker}}\n")),
    ("services that extend one, with its mounts", 2, lambda n: services(n, lambda i: "extends: {service: b}", "  b: {image: docker, volumes: [" + ", ".join(f"'/var/run/docker.sock:/m{i}'" for i in range(20)) + "]}\n")),
    ("one list of mounts for all", 1, lambda n: compose("x-v: &v [" + ", ".join(f"'/var/run/docker.sock:/m{i}'" for i in range(20)) + "]\nservices:\n" + lines(n, lambda i: f"  s{i}: {{image: docker, volumes: *v}}"))),
    ("projects that include one file", 12, lambda n: {f"d{i}/compose.yaml": "include: [../c.yaml]\n" for i in range(n)} | {"c.yaml": services(n, lambda i: ENGINE)["compose.yaml"]}),
    ("projects that extend services of one file", 6, lambda n: {f"d{i}/compose.yaml": f"services: {{a: {{extends: {{file: ../c.yaml, service: s{i}}}}}}}\n" for i in range(n)} | {"c.yaml": services(n, lambda i: ENGINE)["compose.yaml"]}),
    ("a text appended to and used in each line", 16, lambda n: shell("x=a\n" + 'x="$x a"; docker run $x b\n' * n)),
    ("a list appended to and used in each line", 8, lambda n: shell("x=()\n" + 'x+=(-v /var/run/docker.sock:/s); docker run "${x[@]}" b\n' * n)),
    ("mounts in one variable of all calls", 6, lambda n: shell("x='" + "-v /a:/b " * n + "'\n" + "docker run $x b\n" * n)),
    ("a variable of Make used by all recipes", 8, lambda n: makefile("X := a\n" + "X += -v /a:/b\n" * n + "a:\n" + "\tdocker run $(X) b\n" * n)),
    ("pipelines that include one file", 15, lambda n: {f"d{i}/.gitlab-ci.yml": "include: [{local: /c.yml}]\n" for i in range(n)} | {"c.yml": lines(n, lambda i: f"j{i}: {{image: docker, script: docker ps}}")}),
    ("pipelines that extend one template", 15, lambda n: {f"azure-pipelines-{i}.yml": f"extends: {{template: t.yml, parameters: {{a: b{i}}}}}\n" for i in range(n)} | {"t.yml": "parameters: [{name: a}]\nsteps:\n" + "- script: docker run ${{ parameters.a }}\n" * n}),
    ("pipelines with the variables of one template", 15, lambda n: {f"azure-pipelines-{i}.yml": "variables: [{template: t.yml}]\nsteps: [{script: docker ps}]\n" for i in range(n)} | {"t.yml": "variables:\n" + lines(n, lambda i: f"  V{i}: a")}),
    ("images that copy one script", 15, lambda n: {f"d{i}.Dockerfile": 'FROM docker:dind\nCOPY c.sh /c.sh\nENTRYPOINT ["/c.sh"]\n' for i in range(n)} | {"c.sh": "#!/bin/sh\n" + lines(n, lambda i: f"docker run --privileged a{i}")}),
    ("overlays that patch one base", 10, lambda n: {f"o{i}/kustomization.yaml": "resources: [../base]\npatches: [{target: {kind: Pod}, patch: '[{op: add, path: /spec/hostPID, value: true}]'}]\n" for i in range(n)} | {"base/kustomization.yaml": "resources: [p.yaml]\n", "base/p.yaml": lines(n, pod, "")}),
    ("patches of one component", 20, lambda n: {f"o{i}/kustomization.yaml": "resources: [p.yaml]\ncomponents: [../c]\n" for i in range(n)} | {f"o{i}/p.yaml": pod(i) for i in range(n)} | {"c/kustomization.yaml": "kind: Component\npatches:\n" + "- {target: {kind: Pod}, patch: '[{op: add, path: /spec/hostPID, value: true}]'}\n" * n}),
    ("releases of one file of values", 40, lambda n: {"helmfile.yaml": "releases:\n" + lines(n, lambda i: f"- {{name: r{i}, chart: ./s, values: [v.yaml]}}"), "v.yaml": lines(n, lambda i: f"v{i}: a"), "s/Chart.yaml": "name: s\n", "s/templates/p.yaml": pod(0)}),
    ("projects with one env file", 20, lambda n: {f"d{i}/compose.yaml": "services: {a: {image: 'docker:dind', env_file: ../e.env, privileged: true}}\n" for i in range(n)} | {"e.env": lines(n, lambda i: f"V{i}=a")}),
    ("variables of a chart's values in all pods", 12, lambda n: {"c/Chart.yaml": "name: c\n", "c/values.yaml": "e:\n" + lines(n, lambda i: f"- {{name: V{i}, value: a}}"), "c/templates/p.yaml": lines(n, lambda i: f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec:\n  containers:\n  - name: c\n    image: docker:dind\n    env:\n    {{{{- toYaml .Values.e | nindent 4 }}}}\n---")}),
    ("one matrix of all jobs", 30, lambda n: gitlab(".r: &r {matrix: [{V: [" + ",".join(f"j{i}" for i in range(n)) + "]}]}\n" + lines(n, lambda i: f"j{i}: {{image: 'docker:$V', script: docker ps, parallel: *r}}"))),
    ("env files that are not there", 20, lambda n: compose("x-n: &n [" + ", ".join(f"a{i}" for i in range(n)) + "]\nservices:\n" + lines(n, lambda i: f"  s{i}: {{image: 'docker:dind', privileged: true, env_file: *n}}"))),
    ("long variables of many scripts", 4, lambda n: {f"r{i}.sh": "x='" + "-v /a:/b " * 36 + "'\n" + "docker run $x b\n" * 36 for i in range(n)}),
    ("services by alias in many files", 20, lambda n: {f"d{k}/compose.yaml": "x: &a {image: docker, privileged: true}\nservices:\n" + lines(min(n, 100), lambda i: f" s{i}: *a") for k in range(max(1, n // 100))}),
    ("pods by alias in many files", 20, lambda n: {f"p{k}.yaml": "apiVersion: v1\nkind: List\nitems:\n- &a {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: 'docker:dind'}]}}\n" + "- *a\n" * min(n, 100) for k in range(max(1, n // 100))}),
    ("variables of all steps", 128, lambda n: workflow("  a:\n    runs-on: x\n    env: &e\n" + lines(n, lambda i: f"      V{i}: a") + "    steps:\n" + "    - {run: docker ps, env: *e}\n" * n)),
    ("images of one executor", 40, lambda n: {".circleci/config.yml": "version: 2.1\nexecutors: {e: {docker: [" + ", ".join(f"{{image: 'docker:dind', name: a{i}}}" for i in range(n)) + "]}}\njobs:\n" + lines(n, lambda i: f"  j{i}: {{executor: e, steps: [{{run: docker ps}}]}}")}),
    ("brace expansions", 16, lambda n: shell("docker run --privileged " + "{a,b}" * n + "\n")),
    ("loops in a script", 256, lambda n: shell(lines(n, lambda i: f"for v{i} in a b c d; do") + "docker run --privileged $v0\n" + "done\n" * n)),
    ("functions that call each other twice", 144, lambda n: shell("f0() { docker run --privileged x; }\n" + lines(n, lambda i: f"f{i + 1}() {{ f{i}; f{i}; }}") + f"f{n}\n")),
    ("makefile calls that call each other twice", 384, lambda n: makefile("f0 = docker run --privileged x;\n" + lines(n, lambda i: f"f{i + 1} = $(call f{i},$(1)) $(call f{i},$(1))") + f"a:\n\t$(call f{n},x)\n")),
    ("composite actions used twice each", 12, lambda n: {f"a{i}/action.yml": f"name: a\nruns: {{using: composite, steps: [{{uses: ./a{i + 1}}}, {{uses: ./a{i + 1}}}]}}\n" for i in range(n)} | {f"a{n}/action.yml": "name: a\nruns: {using: composite, steps: [{run: docker run --privileged x, shell: sh}]}\n"} | workflow("  a: {runs-on: x, steps: [{uses: ./a0}]}\n")),
    ("files included twice each", 10, lambda n: {f"c{i}/compose.yaml": f"include: [../c{i + 1}/compose.yaml, ../c{i + 1}/compose.yaml]\n" for i in range(n)} | {f"c{n}/compose.yaml": "services: {a: {image: docker:dind, privileged: true}}\n"}),
    ("kustomizations built twice each", 16, lambda n: {f"k{i}/kustomization.yaml": f"resources: [../k{i + 1}, ../k{i + 1}]\n" for i in range(n)} | {f"k{n}/kustomization.yaml": "resources: [pod.yaml]\n", f"k{n}/pod.yaml": pod(0)}),
    ("matrix of many axes", 10, lambda n: workflow("  a:\n    runs-on: x\n    strategy: {matrix: {" + ", ".join(f"v{i}: [a, b, c, d]" for i in range(n)) + "}}\n    container: {image: 'docker:${{ matrix.v0 }}', options: --privileged}\n    steps: [{run: docker ps}]\n")),
    ("templates included twice each", 14, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": "{{ define `d0` }}x{{ end }}\n" + lines(n, lambda i: f"{{{{ define `d{i + 1}` }}}}{{{{ include `d{i}` . }}}}{{{{ include `d{i}` . }}}}{{{{ end }}}}") + pod(0).replace("p0", f"'{{{{ include `d{n}` . }}}}'")}),
    ("ranges in ranges", 7, lambda n: {"c/Chart.yaml": "name: c\n", "c/values.yaml": "l: [1, 2, 3, 4]\n", "c/templates/p.yaml": "{{ range $.Values.l }}\n" * n + pod(0) + "{{ end }}\n" * n}),
]  # fmt: skip

# -- scripts and the containers that they start ---------------------------------------------------------------

RUN = "docker run --privileged -v /var/run/docker.sock:/s x"
SCRIPTS = [
    ("calls in a script", 12, lambda n: shell(lines(n, lambda i: f"docker run --privileged --name c{i} x{i}"))),
    ("calls of a function, each of many commands", 4, lambda n: shell("f() {\n" + f"{RUN} $1\n" * 2 * n + "}\n" + lines(2 * n, lambda i: f"f a{i}"))),
    ("builds and runs in a script", 12, lambda n: shell(lines(n, lambda i: f"docker build -t t{i} .\ndocker run --privileged t{i}"))),
    ("commands that a variable names", 240, lambda n: shell("$a b\n" * n)),
    ("containers named and entered", 5, lambda n: shell(lines(n, lambda i: f"docker run -d --privileged --name c{i} docker:dind\ndocker exec c{i} docker ps"))),
    ("hosts set and used", 12, lambda n: shell(lines(n, lambda i: f"export DOCKER_HOST=tcp://h{i}:2375\ndocker ps"))),
    ("calls on one line of a script", 4, lambda n: shell(f"{RUN}; " * n + "\n")),
    ("calls in one RUN", 4, lambda n: dockerfile("RUN " + f"{RUN} && " * n + "true\n")),
    ("calls in one line of a recipe", 4, lambda n: makefile("a:\n\t" + f"{RUN}; " * n + "\n")),
    ("calls in a recipe", 7, lambda n: makefile("a:\n" + lines(n, lambda i: f"\t{RUN} {i}"))),
    ("recipes", 7, lambda n: makefile(lines(n, lambda i: f"t{i}: t{i + 1}\n\t{RUN}"))),
    ("calls in one job", 3, lambda n: gitlab("a:\n  image: docker\n  services: ['docker:dind']\n  script:\n" + lines(n, lambda i: f"  - {RUN} {i}"))),
    ("jobs with a call", 4, lambda n: gitlab(lines(n, lambda i: f"j{i}: {{image: docker, services: ['docker:dind'], script: ['{RUN}']}}"))),
    ("steps with a call", 7, lambda n: workflow("  a:\n    runs-on: self-hosted\n    steps:\n" + lines(n, lambda i: f"    - run: {RUN}"))),
    ("services and the calls that start them", 3, lambda n: services(n, lambda i: ENGINE) | shell(lines(n, lambda i: f"docker compose up s{i}"))),
    ("scripts of a runner", 12, lambda n: {"config.toml": '[[runners]]\nexecutor = "docker"\npre_build_script = """\n' + f"{RUN}\n" * n + '"""\n[runners.docker]\nprivileged = true\n'}),
    ("stages of a Jenkinsfile", 7, lambda n: {"Jenkinsfile": "pipeline {\n agent any\n stages {\n" + lines(n, lambda i: f"  stage('s{i}') {{ steps {{ sh '{RUN}' }} }}") + " }\n}\n"}),
    ("containers in Terraform", 7, lambda n: {"main.tf": lines(n, lambda i: f'resource "docker_container" "c{i}" {{\n  image = "docker:dind"\n  privileged = true\n}}')}),
    ("programs of a supervisor", 12, lambda n: {"supervisord.conf": lines(n, lambda i: f"[program:p{i}]\ncommand=dockerd -H tcp://0.0.0.0:{2000 + i}")}),
    ("units", 8, lambda n: {f"u{i}.service": f"[Service]\nExecStart=/usr/bin/docker run --privileged --name u{i} x\n" for i in range(n)}),
    ("mounts of one call", 9, lambda n: shell("docker run " + lines(n, lambda i: f"-v /var/run/docker.sock:/m{i}", " ") + "x\n")),
    ("environment of one call", 119, lambda n: shell("docker run --privileged " + lines(n, lambda i: f"-e PASSWORD{i}=hunter{i}", " ") + "x\n")),
    ("build stages in a chain", 12, lambda n: {"Dockerfile": "FROM docker:29-dind AS s0\n" + lines(n, lambda i: f"FROM s{i} AS s{i + 1}\nRUN docker run --privileged x")}),
    ("build stages that copy from each other", 12, lambda n: {"Dockerfile": "FROM docker:29-dind AS s0\n" + lines(n, lambda i: f"FROM docker AS s{i + 1}\nCOPY --from=s{i} /a /a\nRUN docker ps")}),
    ("wrappers before a command", 320, lambda n: shell("sudo " * n + "docker ps\n")),
    ("nested substitutions", 32, lambda n: shell("docker run " + "$(" * n + "docker ps" + ")" * n + "\n")),
    ("nested shells", 24, lambda n: shell("sh -c '" + "sh -c " * n + "docker ps'\n")),
    ("ifs in ifs", 80, lambda n: shell("if a; then\n" * n + "docker ps\n" + "fi\n" * n)),
    ("heredocs", 8, lambda n: shell(lines(n, lambda i: f"cat > f{i}.sh <<'E{i}'\n{RUN}\nE{i}"))),
    ("unclosed heredocs", 160, lambda n: shell("docker ps <<A <<B\n" * n)),
    ("quotes", 226, lambda n: shell("docker run '\"`" * n + "\n")),
    ("pipes", 240, lambda n: shell("docker ps" + " | docker ps" * n + "\n")),
    ("pipes of variables", 240, lambda n: shell("$a|$b\n" * n)),
    ("backticks", 240, lambda n: shell("`a`\n" * n)),
    ("evals of a variable", 240, lambda n: shell("eval $a\n" * n)),
    ("assignments", 13, lambda n: shell(lines(n, lambda i: f"V{i}=x") + lines(n, lambda i: f"docker run --privileged $V{i}"))),
    ("case branches", 8, lambda n: shell("case $1 in\n" + lines(n, lambda i: f"  c{i}) {RUN};;") + "esac\n")),
    ("files written and run", 12, lambda n: shell(lines(n, lambda i: "echo '{\"hosts\": [\"tcp://0.0.0.0:2375\"]}' > /etc/docker/daemon.json\ndockerd &"))),
    ("configurations appended to", 64, lambda n: shell(lines(n, lambda i: "echo '{\"debug\": true}' >> /etc/docker/daemon.json"))),
]  # fmt: skip

# -- long texts -----------------------------------------------------------------------------------------------

TEXTS = [
    ("continuations in a Dockerfile", 909, lambda n: dockerfile("RUN docker ps \\\n" + "  a \\\n" * n + "  b\n")),
    ("empty continuations in a Dockerfile", 3200, lambda n: dockerfile("RUN docker ps \\\n" + "\\\n" * n + "\n")),
    ("continuations in a script", 3200, lambda n: shell("docker run --privileged \\\n" + "\\\n" * n + "x\n")),
    ("continuations in a Makefile", 3200, lambda n: makefile("a:\n\tdocker run --privileged \\\n" + "\\\n" * n + "x\n")),
    ("continuations in a unit", 400, lambda n: {"docker.service": "[Service]\nExecStart=/usr/bin/dockerd \\\n" + " --debug \\\n" * n + "\n"}),
    ("one long word", 12486, lambda n: compose(f"services: {{a: {{image: docker:dind, privileged: true, command: '{'x' * n}'}}}}\n")),
    ("one long value that could be a secret", 4162, lambda n: compose(f"services: {{a: {{image: docker:dind, privileged: true, environment: {{PASSWORD: '{'aB3' * n}'}}, ports: ['2375:2375']}}}}\n")),
    ("one long line with a finding", 256, lambda n: compose("services: {a: {image: 'docker:dind', privileged: true, environment: {" + ", ".join(f"K{i}: v" for i in range(n)) + "}}}\n")),
    ("findings on one line", 3, lambda n: compose("services: {" + ", ".join(f"s{i}: {{image: docker:dind, privileged: true}}" for i in range(n)) + "}\n")),
    ("blanks behind an open placeholder", 1481, lambda n: compose("services: {a: {privileged: true, image: 'docker:{{" + " " * n + "'}}\n")),
    ("blanks in an image of Kubernetes", 200, lambda n: {"pod.yaml": pod(0).replace("docker:29-dind", "'docker:{{" + " " * n + "'")}),
    ("blanks in a script", 3200, lambda n: shell("docker run" + " " * n + "x\n" + " " * n + "\n")),
    ("blank lines", 3117, lambda n: compose("services:\n  a:\n    image: docker:dind\n" + "   \n" * n + "    privileged: true\n")),
    ("comments", 1135, lambda n: compose("services:\n  a:\n    image: docker:dind\n" + "    # x: y\n" * n + "    privileged: true\n")),
    ("allows", 3, lambda n: compose("services:\n" + lines(n, lambda i: f"  s{i}:\n    image: docker:dind\n    privileged: true # dindguard: allow[privileged-engine] until=2099-01-01 for a reason"))),
    ("allows above one another", 12, lambda n: compose("services:\n  s:\n    image: docker:dind\n" + "    # dindguard: allow[privileged-engine] until=2099-01-01 for a reason\n" * n + "    privileged: true\n")),
    ("dots and dashes in names", 1600, lambda n: compose(f"services: {{a: {{image: 'docker{'.-' * n}:dind', privileged: true}}}}\n")),
    ("slashes in a mount", 1600, lambda n: compose(f"services: {{a: {{image: docker, volumes: ['{'/.' * n}/var/run/docker.sock:/s']}}}}\n")),
    ("steps back in a mount", 800, lambda n: compose(f"services: {{a: {{image: docker, volumes: ['{'/a' * n}{'/..' * n}/var/run/docker.sock:/s']}}}}\n")),
    ("commas in a mount", 588, lambda n: shell("docker run --mount type=bind" + ",a=b" * n + ",src=/var/run/docker.sock,dst=/s x\n")),
    ("digits in a port", 1600, lambda n: compose(f"services: {{a: {{{ENGINE}, ports: ['{'2' * n}:2375']}}}}\n")),
    ("ports", 129, lambda n: compose(f"services: {{a: {{{ENGINE}, ports: [{', '.join(repr(f'{i}:2375') for i in range(n))}]}}}}\n")),
    ("addresses of an engine", 12, lambda n: {"daemon.json": '{"hosts": [' + ", ".join(f'"tcp://0.0.0.0:{i}"' for i in range(n)) + "]}"}),
    ("registries of an engine", 9, lambda n: {"daemon.json": '{"insecure-registries": [' + ", ".join(f'"r{i}:5000"' for i in range(n)) + "]}"}),
    ("escapes in JSON", 1454, lambda n: {"daemon.json": '{"hosts": ["' + "\\u0074" * n + '", "tcp://0.0.0.0:2375"]}'}),
    ("escapes in YAML", 1600, lambda n: compose('services: {a: {image: "docker:dind' + "\\x41" * n + '", privileged: true}}\n')),
    ("a folded text", 200, lambda n: compose("services:\n  a:\n    image: docker:dind\n    privileged: true\n    command: >-\n" + "      docker run x\n" * n)),
    ("a script in a block", 6, lambda n: gitlab("a:\n  image: docker\n  script:\n  - |\n" + f"    {RUN}\n" * n)),
    ("a workflow's expressions", 131, lambda n: workflow("  a: {runs-on: x, steps: [{run: 'docker run --privileged " + "${{ github.sha }} " * n + "x'}]}\n")),
    ("text after an open quote", 1249, lambda n: shell("docker run 'x\n" + "docker ps\n" * n)),
    ("an open placeholder in a template", 8, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": pod(0) + "{{ " * n + "\n"}),
    ("strings in Groovy", 60, lambda n: {"Jenkinsfile": "pipeline { agent any; stages { stage('a') { steps { sh \"" + "${a} " * n + "docker run --privileged x\" } } } }\n"}),
    ("an open string in Groovy", 480, lambda n: {"Jenkinsfile": "node { sh 'docker ps'\n" + '"""${' * n + "\n"}),
    ("an open string in Terraform", 480, lambda n: {"main.tf": 'resource "docker_container" "a" {\n  image = "' + '${"' * n + "\n"}),
]  # fmt: skip

# -- depth and breadth ----------------------------------------------------------------------------------------

BREADTH = [
    ("folders in folders", 20, lambda n: {"d/" * n + "compose.yaml": "services: {a: {image: docker:dind, privileged: true}}\n"}),
    ("folders beside each other", 6, lambda n: {f"d{i}/compose.yaml": "services: {a: {image: docker:dind, privileged: true}}\n" for i in range(n)}),
    ("files of one folder", 6, lambda n: {f"compose.{i}.yaml": "services: {a: {image: docker:dind, privileged: true}}\n" for i in range(n)}),
    ("Dockerfiles", 20, lambda n: {f"d{i}/Dockerfile": "FROM docker:29-dind\nRUN docker ps\n" for i in range(n)}),
    ("Dockerfiles that differ", 150, lambda n: {f"{letters(i)}/Dockerfile": f"FROM docker:29-dind\nRUN docker ps\n# {letters(i)}\n" for i in range(n)}),
    ("scripts", 7, lambda n: {f"s{i}.sh": f"{RUN}\n" for i in range(n)}),
    ("parts of a TOML key", 160, lambda n: {"config.toml": "[[runners]]\nexecutor='docker'\n" + "a." * n + "b = 1\n"}),
    ("tables of TOML", 480, lambda n: {"config.toml": "[[runners]]\nexecutor='docker'\n[runners.docker]\nprivileged=true\n" + lines(n, lambda i: f"[t.t{i}]\na = 1")}),
    ("keys of one table of TOML", 480, lambda n: {"config.toml": "[[runners]]\nexecutor='docker'\n[runners.docker]\nprivileged=true\n" + lines(n, lambda i: f"k{i} = 'v'")}),
    ("documents of one file", 8, lambda n: {"k.yaml": lines(n, lambda i: f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\ndata: {{daemon.json: '{{\"hosts\": [\"tcp://0.0.0.0:2375\"]}}'}}\n---", "\n")}),
    ("pods of one list", 1, lambda n: {"k.yaml": "apiVersion: v1\nkind: List\nitems:\n" + lines(n, lambda i: f"- {{apiVersion: v1, kind: Pod, metadata: {{name: p{i}}}, spec: {{containers: [{{name: c, image: docker:dind, securityContext: {{privileged: true}}}}]}}}}")}),
    ("documents with a placeholder", 2, lambda n: {"k.yaml": lines(n, lambda i: pod(i).replace("p" + str(i), "'{{ .Values.a }}'"), "")}),
    ("pods that mount maps", 3, lambda n: {"k.yaml": lines(n, lambda i: pod(i, f"  volumes: [{{name: v, configMap: {{name: m{i}}}}}]\n").replace("privileged: true}", "privileged: true}, volumeMounts: [{name: v, mountPath: /etc/docker}]") + f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{i}}}\ndata: {{daemon.json: '{{}}'}}\n---\n", "")}),
    ("patches of a kustomization", 47, lambda n: {"kustomization.yaml": "resources: [pod.yaml]\npatches:\n" + lines(n, lambda i: f"- {{target: {{kind: Pod}}, patch: '[{{op: add, path: /metadata/labels/l{i}, value: x}}]'}}"), "pod.yaml": pod(0).replace("name: p0", "name: p0, labels: {a: b}")}),
    ("merges of a kustomization", 250, lambda n: {"kustomization.yaml": "resources: [pod.yaml]\npatches:\n" + lines(n, lambda i: f"- {{target: {{kind: Pod}}, patch: 'metadata: {{labels: {{l{i}: x}}}}'}}"), "pod.yaml": pod(0).replace("name: p0", "name: p0, labels: {a: b}")}),
    ("merges and removals of a kustomization", 20, lambda n: {"kustomization.yaml": "resources: [pod.yaml]\npatches:\n" + lines(n, lambda i: "- {target: {kind: Pod}, patch: '[{op: remove, path: /spec/containers/0}]'}\n- {target: {kind: Pod}, patch: 'spec: {containers: [{name: c, image: x}]}'}"), "pod.yaml": pod(0, lines(9 * n, lambda i: f"  - {{name: c{i}}}"))}),
    ("resources of a kustomization", 3, lambda n: {"kustomization.yaml": "resources:\n" + lines(n, lambda i: f"- p{i}.yaml"), **{f"p{i}.yaml": pod(i) for i in range(n)}}),
    ("overlays of one base", 31, lambda n: {f"o{i}/kustomization.yaml": "resources: [../base]\n" for i in range(n)} | {"base/kustomization.yaml": "resources: [pod.yaml]\n", "base/pod.yaml": pod(0)}),
    ("brackets", 60, lambda n: compose("services: {a: {image: docker:dind, privileged: true}}\nx: " + "[" * n + "]" * n + "\n")),
    ("brackets in JSON", 60, lambda n: {"daemon.json": '{"hosts": ["tcp://0.0.0.0:2375"], "x": ' + "[" * n + "]" * n + "}"}),
    ("open brackets", 250, lambda n: compose("services: {a: {image: docker:dind, privileged: true, command: " + "[" * n + "\n")),
    ("brackets in Groovy", 80, lambda n: {"Jenkinsfile": "node { sh 'docker run --privileged x'\n a = " + "[" * n + "]" * n + " }\n"}),
    ("brackets in Terraform", 80, lambda n: {"main.tf": 'resource "docker_container" "a" {\n privileged = true\n image = ' + "(" * n + '"x"' + ")" * n + "\n}\n"}),
    ("brackets in a template", 19, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": pod(0).replace("p0", "{{ " + "(" * n + ".a" + ")" * n + " }}")}),
    ("keys of one mapping", 800, lambda n: compose("services:\n  a:\n    image: docker:dind\n    privileged: true\n" + lines(n, lambda i: f"    x-k{i}: 1"))),
    ("equal keys of one mapping", 594, lambda n: compose("services:\n  a:\n    image: docker:dind\n" + "    privileged: true\n" * n)),
    ("equal services", 160, lambda n: compose("services:\n" + "  a: {image: docker:dind, privileged: true}\n" * n)),
    ("anchors and their aliases", 5, lambda n: compose(lines(n, lambda i: f"x-{i}: &a{i} true") + "services:\n" + lines(n, lambda i: f"  s{i}: {{image: docker:dind, privileged: *a{i}}}"))),
    ("capabilities", 320, lambda n: compose("services:\n  a:\n    image: docker\n    cap_add:\n" + lines(n, lambda i: "    - SYS_ADMIN"))),
    ("devices", 320, lambda n: compose("services:\n  a:\n    image: docker\n    devices:\n" + lines(n, lambda i: f"    - /dev/sd{i}:/dev/sda"))),
    ("profiles", 3, lambda n: services(n, lambda i: f"{ENGINE}, profiles: [p{i}]")),
    ("needs of a service", 3, lambda n: services(n, lambda i: f"{ENGINE}, depends_on: [s{(i * 7 + 1) % n}]")),
    ("environment files", 65, lambda n: compose("services: {a: {image: docker:dind, privileged: true, env_file: [" + ", ".join(f"e{i}.env" for i in range(n)) + "]}}\n") | {f"e{i}.env": "DOCKER_TLS_CERTDIR=\n" for i in range(n)}),
    ("features of a dev container", 75, lambda n: {".devcontainer/devcontainer.json": '{"image": "x", "privileged": true, "features": {' + ", ".join(f'"ghcr.io/devcontainers/features/docker-in-docker:{i}": {{}}' for i in range(n)) + "}}"}),
    ("includes of a pipeline", 6, lambda n: gitlab("include:\n" + lines(n, lambda i: f"- {{local: 'p{i}.yml'}}") + "a: {script: docker ps}\n") | {f"p{i}.yml": f"j{i}: {{image: docker, script: docker ps}}\n" for i in range(n)}),
    ("conditions in a chart", 29, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": "{{ if .Values.a }}\n" * n + pod(0) + "{{ end }}\n" * n}),
    ("alternatives in a chart", 31, lambda n: {"c/Chart.yaml": "name: c\n", "c/templates/p.yaml": pod(0).replace("---\n", "") + lines(n, lambda i: f"{{{{ if .Values.v{i} }}}}\n  hostPID: true\n{{{{ else }}}}\n  hostPID: false\n{{{{ end }}}}")}),
    ("values looked up", 2, lambda n: {"c/Chart.yaml": "name: c\n", "c/values.yaml": lines(n, lambda i: f"v{i}: true"), "c/templates/p.yaml": lines(n, lambda i: pod(i).replace("privileged: true", f"privileged: {{{{ .Values.v{i} }}}}"), "")}),
    ("ignore rules", 145, lambda n: {".dindguardignore": lines(n, lambda i: f"**/a{i}*/**/b"), "compose.yaml": "services: {a: {image: docker:dind, privileged: true}}\n", **{f"x{i}/y.sh": "docker ps\n" for i in range(8)}}),
    ("expressions of a wildcard", 32, lambda n: gitlab(f"include: '/{'*a' * n}*.yml'\na: {{script: docker ps}}\n") | {"a" * 100 + ".yml": "b: {script: docker ps}\n"}),
]  # fmt: skip

GROUPS = {
    "who reaches whom": REACH,
    "text that grows when it is read": GROWTH,
    "scripts and what they start": SCRIPTS,
    "long texts": TEXTS,
    "depth and breadth": BREADTH,
}

SHAPES = [Shape(group, name, size, files) for group, rows in GROUPS.items() for name, size, files in rows]


def table() -> str:
    """Return the shapes as a Markdown table."""
    rows = ["| shape | size | bytes at 16 times the size |", "|---|---|---|"]
    for group, shapes in GROUPS.items():
        rows.append(f"| **{group}** | | |")
        for name, size, files in shapes:
            rows.append(f"| {name} | {size} | {weight(files(16 * size)):,} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(), end="")
