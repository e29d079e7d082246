"""What is fuzzed: each reader, and the masking of values, by the name of the file that it would read."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "fixtures"


@dataclass(frozen=True)
class Target:
    """One reader. ``name`` is the file it reads; ``like`` are patterns of fixtures to start from."""

    name: str
    like: tuple[str, ...]
    words: tuple[str, ...] = ()

    def seeds(self) -> list[Path]:
        """Return the fixtures to start from, smallest first."""
        found = {path for pattern in self.like for path in FIXTURES.rglob(pattern) if path.is_file()}
        return sorted(found, key=lambda path: (path.stat().st_size, path))


TEMPLATE = (
    "{{ if .Values.a }}",
    "{{ else }}",
    "{{ end }}",
    "{{ range .l }}",
    "{{ include `x` . }}",
    "{{- ",
    " -}}",
    "${A:-",
    "}",
)
YAML = (
    "&a ",
    "*a",
    "<<: ",
    "!reference [",
    "!!binary ",
    "|\n",
    ">-\n",
    "? ",
    "---\n",
    "%YAML 1.1\n",
    "\t",
    "\\x73",
    "{",
    "[",
)
JINJA = (
    "{{ a }}",
    "{{ a | default(b) }}",
    "{% if a %}",
    "{% endif %}",
    "{{ a[0].b }}",
    "{{ lookup('env', 'A') }}",
    "loop: ",
    "vars: ",
    "include_tasks: ",
    "with_items: ",
)
SHELL = ("$(", "`", "<<E\n", "<<<", "&& ", "| ", "sudo ", "env -i ", "sh -c '", "${A:-", "$((", "case x in ", "if ", "; do ",
         "docker run --privileged ", "-v /:/h ", "eval ", "trap '", "exec ", "function f { ", "\\\n", "{1..9}")  # fmt: skip

TARGETS = {
    "compose": Target("compose.yaml", ("*.compose.yaml", "*compose*.y*ml"), YAML + TEMPLATE),
    "kubernetes": Target("pod.yaml", ("*.kubernetes.yaml",), YAML + TEMPLATE),
    "chart": Target("chart/templates/pod.yaml", ("templates/*.yaml", "*.kubernetes.yaml"), YAML + TEMPLATE),
    "kustomize": Target("kustomization.yaml", ("kustomization.y*ml",), YAML),
    "gitlab": Target(".gitlab-ci.yml", ("*.gitlab-ci.yml",), YAML + SHELL),
    "github": Target(".github/workflows/w.yml", ("workflows/*.y*ml", "*.github.yaml"), YAML + SHELL),
    "drone": Target(".woodpecker.yml", ("*woodpecker*", ".woodpecker/*"), YAML),
    "dockerfile": Target("Dockerfile", ("*Dockerfile",), ("RUN ", "FROM ", "COPY --from=", "<<E\n", "ENV ", "ONBUILD ", *SHELL)),
    "shell": Target("run.sh", ("*.sh",), SHELL),
    "makefile": Target("Makefile", ("Makefile*", "*.mk"), ("$(shell ", "define x\n", "endef\n", "\t", "ifeq (", "$(call x,", *SHELL)),
    "jenkinsfile": Target("Jenkinsfile", ("*jenkinsfile", "Jenkinsfile"), ("'''", '"""', "sh ", "${", "node {", "agent {", "$/", "/$")),
    "terraform": Target("main.tf", ("*.tf",), ("<<-E\n", "${", "%{ if ", "resource ", "dynamic ", "jsonencode(", "heredoc")),
    "toml": Target("config.toml", ("*.toml",), ("[[", "]]", "'''", '"""', "a.b.c = ", "0x", "1979-05-27", "{", "\\u0041")),
    "daemon": Target("daemon.json", ("daemon.json", "*.daemon.json"), ('"hosts": [', "\\u0073", "1e999", "{", "[", "//")),
    "snapshot": Target("inspect.json", ("*inspect.json",), ('"HostConfig": {', '"Privileged": true', "[", "{", "null")),
    "devcontainer": Target("devcontainer.json", ("*devcontainer.json",), ("//", "/*", "${localEnv:", "features", "[", "{")),
    "unit": Target("docker.service", ("*.service", "*.conf", "*.socket"), ("ExecStart=", "Environment=", "%i", "\\\n", "[Service]\n")),
    "supervisord": Target("supervisord.conf", ("supervisord*",), ("command=", "environment=", "%(ENV_A)s", "[program:x]\n")),
    "runner": Target("act-runner.yaml", ("*act-runner.yaml",), YAML),
    "containers": Target("containers.conf", ("containers.conf",), ("[containers]\n", "[engine]\n", "privileged = true")),
    "dotenv": Target(".env", ("*.env", ".env"), ("${A:-", "}", "export ", '"', "'", "\\n", "$A")),
    "ansible": Target("site.yml", ("site.yml", "playbook*.yml", "roles/*/tasks/main.yml"), YAML + JINJA),
    "azure": Target("azure-pipelines.yml", ("*azure-pipelines.yml",), ("${{ each x in parameters.a }}:", "${{ if eq(a, b) }}:", "$(A)", *YAML, *SHELL)),
    "bitbucket": Target("bitbucket-pipelines.yml", ("*bitbucket-pipelines.yml",), ("parallel:\n", "definitions:", "pipe: ", *YAML, *SHELL)),
    "buildkite": Target(".buildkite/pipeline.yml", ("*buildkite*", ".buildkite/*", "pipeline.yml"), ("plugins:", "docker#v5.0.0:", "$$A", *YAML, *SHELL)),
    "teamcity": Target(".teamcity/settings.kts", (".teamcity/*.kts",), ('"""', "${'$'}", "%a%", "steps {", "script {", "scriptContent = ", 'param("', ".trimIndent()", "object B : BuildType({", *SHELL)),
    "concourse": Target("ci/pipeline.yml", ("ci/pipeline.yml", "ci/tasks/*.yml"), ("jobs:\n- plan:\n", "task: ", "config: ", "in_parallel:", "((a))", *YAML, *SHELL)),
    "nomad": Target("app.nomad", ("*.nomad", "*.nomad.hcl"), ("<<-E\n", "${", "job ", "group ", "task ", "config {", "volume_mount {", "heredoc", "[[ ")),
    "test-kitchen": Target("kitchen.yml", ("kitchen*.yml", ".kitchen*.yml"), ("driver:", "platforms:", "<%= ENV['A'] %>", *YAML)),
    "home-assistant": Target("app/config.yaml", ("*home-assistant*/**/config.yaml", "app/config.yaml"), ("docker_api: true\n", "privileged: [", "devices:", "arch: [", *YAML)),
    "circleci": Target(".circleci/config.yml", (".circleci/*", "config.yml"), ("<< parameters.a >>", "<<#x>>", "orbs:", "when:", *YAML, *SHELL)),
    "bake": Target("docker-bake.hcl", ("*docker-bake.hcl",), ("target ", "group ", "inherits = [", "${", "function ", "matrix = {")),
    "cloud-init": Target("cloud-init.yaml", ("*cloud-init.yaml", "user-data"), ("#cloud-config\n", "write_files:", "encoding: gz+b64", "runcmd:", *YAML, *SHELL)),
    "mime-user-data": Target("user-data", ("user-data", "*.sh"), ("Content-Type: multipart/mixed; boundary=", "--b\n", "MIME-Version: 1.0\n", *SHELL)),
    "ignition": Target("worker.bu", ("*.bu",), ("variant: fcos", "storage:", "data:;base64,", *YAML)),
    "quadlet": Target("agent.container", ("*.container",), ("[Container]\n", "PodmanArgs=", "Volume=", "\\\n", "%t", "Exec=")),
    "ecs": Target("task-definition.json", ("*ecs.json",), ('"containerDefinitions": [', '"Fn::Sub": "', '"mountPoints": [', "[", "{")),
    "cloudformation": Target("stack.yaml", ("*ecs*",), ("AWSTemplateFormatVersion: x\n", "!Sub '", "!If [", "!FindInMap [", "Fn::Join: ", *YAML)),
    "values": Target("values.yaml", ("*values*.yaml",), YAML + TEMPLATE),
    "helmfile": Target("helmfile.yaml", ("helmfile*.yaml",), YAML + TEMPLATE),
    "jcasc": Target("jenkins.yaml", ("*jcasc.yaml",), ("jenkins: {clouds: ", "${A:-", *YAML)),
    "kind": Target("kind.yaml", ("cluster.yaml", "kind*"), YAML),
    "mcp": Target("mcp.json", ("*mcp.json",), ('"mcpServers": {', '"command": "docker"', '"args": [', "[", "{")),
    "package": Target("package.json", ("*package.json",), ('"scripts": {', "docker run ", "&& ", "[", "{")),
    "justfile": Target("justfile", ("justfile",), ("{{", "}}", "a := `x`", "set shell := [", "@", "\t", *SHELL)),
    "taskfile": Target("Taskfile.yml", ("Taskfile.yml",), ("tasks:", "cmds:", "vars:", "sh: ", *YAML, *TEMPLATE, *SHELL)),
    "envrc": Target(".envrc", (".envrc",), ("export ", "source_env ", *SHELL)),
    "powershell": Target("run.ps1", ("*.ps1",), ("`\n", "$env:A", "@'\n", "'@", "& ", "Start-Process ", "-ArgumentList ", "$(", "@(", "<#", "#>")),
    "batch": Target("run.bat", ("*.bat", "*.cmd"), ("^\n", "%A%", "%~dp0", "!A!", "call :x", "for %%i in (", "&& ", "if exist ", "set A=", ") else (")),
    "buildkitd": Target("buildkitd.toml", ("*buildkitd.toml",), ("[worker.oci]\n", "[[", "insecure-entitlements = [", "a.b = ")),
}  # fmt: skip
"""By name: what is read. ``.env`` is read through the Compose file that takes its values from there."""

USES_DOTENV = "services: {a: {image: $A, command: ${B}, privileged: '${C}', environment: {D: $D}, ports: ['$E']}}\n"


class Fault(Exception):
    """What must never come out of a scan, whatever went in."""


def put(target: Target, data: bytes, folder: Path) -> None:
    """Read ``data`` as a file of that name, judge it, and write reports; raises :class:`Fault` or what failed."""
    from dindguard import reports
    from dindguard.errors import UserError
    from dindguard.rules import Profile, Severity
    from dindguard.scanning import Options, scan

    root = folder
    if target.name == ".env":
        (folder / ".env").write_bytes(data)
        target, data = TARGETS["compose"], USES_DOTENV.encode()
    try:
        report = scan(Options(root=root, stdin=(target.name, data), profile=Profile.ALL, untrusted=True))
    except UserError:
        return
    for notice in report.notices:
        if notice.kind == "rule-crashed" or "fault of dindguard's own" in notice.message:
            raise Fault(notice.message)
    forms = (
        ("text", "json", "sarif") if zlib.crc32(data) % 40 == 0 else ("text",)
    )  # SARIF costs most, and differs little
    settings = reports.Options(verbose=True, silenced=True, fail_on=Severity.HIGH)
    for form in forms:
        reports.render(form, report, settings).encode("utf-8")
