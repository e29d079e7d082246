"""Files are known by their shape: what is ours, and the lookalikes that are not."""

from __future__ import annotations

import pytest

from dindguard.documents import readers
from dindguard.formats.recognition import Recogniser
from dindguard.source import Source


def format_of(path: str, text: str, hint: str = "") -> str | None:
    source = Source(path, text, hint=hint)
    recogniser = Recogniser()
    row = recogniser.text_format(source)
    if row is not None:
        return row.name
    written = recogniser.tree_syntax(source)
    documents = readers.reader(written)(source).documents if written else ()
    found = [row.name for node in documents[:1] for row in recogniser.formats_of(source, node)]
    assert len(found) < 2, f"{found} disagree"
    return found[0] if found else None


OURS = {
    "compose by its services": ("x.yml", "services: {web: {image: a}}", "compose"),
    "compose by two known keys": ("x.yml", "services: {web: {ports: [], restart: always}}", "compose"),
    "compose by extends": ("x.yml", "services: {web: {extends: {file: b.yml, service: c}}}", "compose"),
    "compose by name alone": ("compose.override.yaml", "services: {web: {environment: {A: b}}}", "compose"),
    "compose that only includes": ("compose.yaml", "include: [a.yaml]", "compose"),
    "compose with half of its services clear": ("x.yml", "services: {a: {image: x}, b: {labels: []}}", "compose"),
    "compose of version 1": ("docker-compose.yml", "web: {image: a, ports: ['1:1']}", "compose"),
    "compose of version 1 under another name": ("x.yml", "web: {image: a, volumes: ['/a:/b']}", "compose"),
    "compose as JSON": ("x.json", '{"services": {"web": {"image": "a"}}}', "compose"),
    "compose, an example": ("docker-compose.yml.example", "services: {web: {image: a}}", "compose"),
    "kubernetes": ("x.yml", "apiVersion: v1\nkind: Pod", "kubernetes"),
    "kubernetes without a kind": ("x.yml", "metadata: {name: a}\nspec: {containers: []}", "kubernetes"),
    "kustomization by name": ("kustomization.yaml", "resources: [a.yaml]", "kubernetes"),
    "a PodSpec in something else": (
        "values.yml",
        "worker: {spec: {containers: [{name: a, image: b}]}}",
        "kubernetes",
    ),
    "a PodSpec beside words in braces": (
        "values.yml",
        "about: 'for {{name}}'\nworker: {spec: {containers: [{name: a, image: b}]}}",
        "kubernetes",
    ),
    "a PodSpec whose key is an alias": (
        "values.yml",
        "word: &c containers\nworker: {spec: {*c : [{name: a, image: b}]}}",
        "kubernetes",
    ),
    "a PodSpec whose key is spelt by escapes": (
        "values.yml",
        'worker: {spec: {"\\x63ontainers": [{name: a, image: b}]}}',
        "kubernetes",
    ),
    "a workflow": (".github/workflows/x.yml", "on: push\njobs: {a: {runs-on: x}}", "github-actions"),
    "a workflow elsewhere": ("x.yml", "on: push\njobs: {a: {runs-on: x}}", "github-actions"),
    "a workflow of Gitea": (".gitea/workflows/x.yml", "on: push\njobs: {a: {steps: []}}", "github-actions"),
    "an action": ("action.yml", "runs: {using: docker, image: Dockerfile}", "github-actions"),
    "a pipeline by name": (".gitlab-ci.yml", "a: {trigger: b}", "gitlab-ci"),
    "a pipeline by its stages": ("x.yml", "stages: [a]\nb: {script: [c]}", "gitlab-ci"),
    "a pipeline by its jobs": ("x.yml", "b: {script: [c], stage: d}", "gitlab-ci"),
    "templates of a pipeline": ("x.yml", ".b: {script: [c]}", "gitlab-ci"),
    "templates without a script": ("x.yml", ".b: {image: a, services: [docker:dind]}", "gitlab-ci"),
    "templates with variables": ("x.yml", "variables: {A: b}\n.b: {image: a, variables: {C: d}}", "gitlab-ci"),
    "a job that only extends": ("x.yml", "build: {extends: .base, variables: {A: b}}", "gitlab-ci"),
    "a job that is called jobs": ("x.yml", "stages: [a]\njobs: {stage: a, script: [b]}", "gitlab-ci"),
    "TeamCity's settings": (".teamcity/settings.kts", 'version = "1"', "teamcity"),
    "TeamCity's settings in further files": (".teamcity/src/builds/X.kt", "object X : BuildType({})", "teamcity"),
    "TeamCity's settings in another folder": (
        "ci/teamcity/x.kt",
        "import jetbrains.buildServer.configs.kotlin.*",
        "teamcity",
    ),
    "Concourse": ("x.yml", "jobs: [{name: a, plan: [{get: b}]}]", "concourse"),
    "Concourse as JSON": ("x.json", '{"jobs": [{"name": "a", "plan": []}]}', "concourse"),
    "a task of Concourse": ("x.yml", "platform: linux\nrun: {path: a}", "concourse"),
    "a task of Concourse without a platform": ("x.yml", "image_resource: {type: a}\nrun: {path: b}", "concourse"),
    "a job of Nomad": ("x.hcl", 'job "a" { group "b" { task "c" { driver = "docker" } } }', "nomad"),
    "a job of Nomad without a group": ("x.nomad", 'job "a" { task "c" { driver = "docker" } }', "nomad"),
    "a job of Nomad's API": ("x.json", '{"Job": {"ID": "a", "TaskGroups": []}}', "nomad"),
    "a job of Nomad in a template": ("x.nomad.tpl", 'job "a" { group "b" {} }', "nomad"),
    "a kitchen of tests": (
        "x.yml",
        "driver: {name: docker}\nplatforms: [{name: a}]\nsuites: [{name: b}]",
        "test-kitchen",
    ),
    "a kitchen of tests by its name, beside one of Molecule": (
        "kitchen.local.yml",
        "driver: {name: docker, privileged: true}\nplatforms: [{name: a, image: b}]",
        "test-kitchen",
    ),
    "a kitchen of tests by its name": (
        ".kitchen.docker.yml",
        "driver: {name: docker}\nplatforms: [{name: a}]",
        "test-kitchen",
    ),
    "a playbook that includes another": ("x.yml", "- include: a.yml\n- hosts: b\n  tasks: []", "ansible"),
    "a playbook with a play that only asks": ("x.yml", "- hosts: all\n- hosts: b\n  roles: []", "ansible"),
    "an app of Home Assistant": ("config.yaml", "slug: a\nversion: 1\narch: [amd64]", "home-assistant-app"),
    "an agent of Nomad": ("client.hcl", 'data_dir = "/x"\nclient { enabled = true }', "nomad"),
    "a runner's configuration": ("config.toml", "[[runners]]\nexecutor = 'docker'", "gitlab-runner"),
    "an engine's configuration": ("etc/daemon.json", '{"hosts": []}', "daemon-json"),
    "a Dockerfile": ("Dockerfile", "FROM a", "dockerfile"),
    "a Dockerfile with a purpose": ("build/Dockerfile.dev", "FROM a", "dockerfile"),
    "a Dockerfile with a number": ("alpine/Dockerfile2", "FROM a", "dockerfile"),
    "a Dockerfile with a stroke": ("Dockerfile_dev", "FROM a", "dockerfile"),
    "a Dockerfile with a version": ("Dockerfile-3.9", "# a\nFROM a", "dockerfile"),
    "compose with an extension and a misspelt key": (
        "x.yml",
        "services: {web: {image: a, x-note: b}, db: {image: b, volume: c}, old: {image: c, cpu_shares: 1}}",
        "compose",
    ),
    "a Dockerfile for Python": ("Dockerfile.py", "# builds\n\nFROM a", "dockerfile"),
    "a Dockerfile for Go": ("build/Dockerfile-go", "ARG V=1\nFROM a:$V", "dockerfile"),
    "a Containerfile": ("x.containerfile", "FROM a", "dockerfile"),
    "a script": ("x.sh", "a", "shell"),
    "Buildkite": ("ci/x.yml", "steps: [{label: a, command: b}, wait]", "buildkite"),
    "Buildkite with plugins only": ("x.yaml", "steps: [{plugins: [{docker: {image: a}}]}]", "buildkite"),
    "Buildkite, a list in its folder": (".buildkite/x.yml", "[{command: a}]", "buildkite"),
    "a test of a Jenkinsfile": ("tests/jenkinsfile.bats", "a", "shell"),
    "CircleCI": ("x.yml", "version: 2.1\njobs: {a: {docker: [{image: b}], steps: [checkout]}}", "circleci"),
    "CircleCI by name": (".circleci/config.yml", "version: 2\nworkflows: {w: {jobs: [o/a]}}", "circleci"),
    "a script beside a Makefile": ("Makefile.sh", "a", "shell"),
    "a script by its first line": ("bin/run", "#!/usr/bin/env bash\na", "shell"),
    "Bitbucket": ("x.yml", "pipelines: {branches: {main: [{step: {script: [a]}}]}}", "bitbucket-pipelines"),
    "Bitbucket by name": ("bitbucket-pipelines.yml", "pipelines: {custom: {}}", "bitbucket-pipelines"),
    "a Makefile": ("GNUmakefile", "a:", "makefile"),
    "Drone": (".drone.yml", "kind: pipeline\ntype: docker\nsteps: [{name: a, image: b, commands: [c]}]", "drone"),
    "a PowerShell module": ("tools/x.PSM1", "a", "powershell"),
    "a batch file": ("x.cmd", "a", "batch"),
    "a package": ("web/package.json", '{"scripts": {"a": "docker run x"}}', "package-json"),
    "a Taskfile": ("Taskfile.dist.yml", "version: '3'\ntasks: {a: b}", "taskfile"),
    "a Taskfile under another name": ("x.yml", "version: '3'\ntasks: {a: {cmds: [b]}}", "taskfile"),
    "a justfile": (".justfile", "a:\n  b", "justfile"),
    "a justfile under another name": ("x.just", "a:\n  b", "justfile"),
    "a file of direnv": ("a/.envrc", "use flake", "envrc"),
    "servers of an agent": ("x.json", '{"mcpServers": {"a": {"command": "b"}}}', "mcp"),
    "servers of an editor": (".vscode/mcp.json", '{"servers": {"a": {"type": "stdio"}}}', "mcp"),
    "servers in TOML": ("x.toml", "[mcp_servers.a]\ncommand = 'b'", "mcp"),
    "a bake file": ("docker-bake.override.hcl", 'target "a" {\n}', "bake"),
    "a bake file in JSON": ("x.json", '{"target": {"a": {"tags": ["b"]}}}', "bake"),
    "an ECS task": ("x.json", '{"containerDefinitions": [{"name": "a", "image": "b"}]}', "ecs-task"),
    "an ECS task's containers": ("x.json", '[{"name": "a", "image": "b", "essential": true}]', "ecs-task"),
    "a template of an ECS task": ("x.json.tftpl", '[{"name": "a", "image": "${b}", "memory": ${m}}]', "ecs-task"),
    "an ECS task in CloudFormation": (
        "x.yml",
        "Resources: {A: {Type: 'AWS::ECS::TaskDefinition'}}",
        "cloudformation",
    ),
    "a machine in CloudFormation": (
        "x.yml",
        "Resources: {A: {Type: 'AWS::EC2::Instance', Properties: {UserData: a}}}",
        "cloudformation",
    ),
    "Azure Pipelines": (
        "azure-pipelines.yml",
        "trigger: [a]\njobs: [{job: a, steps: [{script: b}]}]",
        "azure-pipelines",
    ),
    "a template of Azure's steps": ("x.yml", "parameters: {a: b}\nsteps: [{script: c, name: d}]", "azure-pipelines"),
    "a template of Azure's jobs": ("x.yml", "jobs: [{template: a.yml}]", "azure-pipelines"),
    "Azure's jobs in a condition": ("x.yml", "jobs:\n- ${{ if a }}:\n  - job: b", "azure-pipelines"),
    "an Azure pipeline that extends": ("x.yml", "extends: {template: a.yml@b}", "azure-pipelines"),
    "a playbook": ("x.yml", "- hosts: all\n  tasks: [{shell: docker info}]", "ansible"),
    "a playbook of roles": ("x.yml", "- hosts: all\n  roles: [docker]\n- import_playbook: b.yml", "ansible"),
    "tasks": ("x.yml", "- {name: a, community.docker.docker_container: {name: b}}", "ansible"),
    "tasks of common modules": ("x.yml", "- {shell: docker info, register: a}", "ansible"),
    "tasks by their folder": ("tasks/main.yml", "- {name: a, command: docker info}", "ansible"),
    "tasks in a block": ("x.yml", "- {block: [{command: docker info}], when: a}", "ansible"),
    "a scenario of Molecule": ("x.yml", "driver: {name: docker}\nplatforms: [{name: a, image: b}]", "ansible"),
    "variables of an engine": ("group_vars/all.yml", "docker_daemon_options: {hosts: []}", "ansible"),
    "Quadlet": ("web.container", "[Container]\nImage=a", "quadlet"),
    "a drop-in of Quadlet": ("web.container.d/x.conf", "[Container]\nImage=a", "quadlet"),
    "a drop-in of all containers": ("container.d/x.conf", "[Container]\nImage=a", "quadlet"),
    "a Dockerfile by the name of a pod": ("Dockerfile.pod", "FROM a", "dockerfile"),
    "cloud-init by its first line": ("x.yaml", "#cloud-config\nruncmd: [a]", "cloud-init"),
    "cloud-init by its name": ("my-cloud-init.yml", "runcmd: [a]", "cloud-init"),
    "user data": ("machine/user-data", "#cloud-config\nruncmd: [a]", "user-data"),
    "user data under another name": ("machine/seed", "#cloud-config\nruncmd: [a]", "user-data"),
    "Butane": ("x.yaml", "variant: fcos\nversion: 1.5.0", "ignition"),
    "Ignition": ("x.ign", '{"ignition": {"version": "3.4.0"}}', "ignition"),
    "a Container Linux Config": ("x.yaml", "systemd: {units: [{name: a.service}]}", "ignition"),
    "Woodpecker": (".woodpecker.yml", "steps: {a: {image: b, commands: [c]}}", "drone"),
    "values of runner scale sets": ("x.yaml", "githubConfigUrl: a\ncontainerMode: {type: dind}", "helm"),
    "values of GitLab's runner": ("x.yaml", "runners: {config: '[[runners]]'}", "helm"),
    "values of Jenkins' chart": ("x.yaml", "controller: {installPlugins: []}\nagent: {}", "helm"),
    "values with a sidecar": ("values-prod.yaml", "a: {sidecars: [{name: b, image: c}]}", "helm"),
    "Helmfile": ("helmfile.yaml", "releases: [{name: a, chart: b/c}]", "helm"),
    "Jenkins configuration as code": ("x.yml", "jenkins: {clouds: [{docker: {name: a}}]}", "jcasc"),
    "Jenkins configuration without clouds": ("jenkins.yaml", "jenkins: {systemMessage: a}\njobs: []", "jcasc"),
}

LOOKALIKES = {
    "jobs that have no plan": ("x.yml", "jobs: [{name: a, plan: weekly}, {name: b}]"),
    "what runs without a platform": ("x.yml", "run: {path: a, every: day}"),
    "a kubeconfig": ("x.yml", "apiVersion: v1\nkind: Config\nclusters: []"),
    "Tekton's steps": ("x.yml", "steps: [{name: a, image: b, command: [c]}]"),
    "commands in a list, outside of the folder": ("x.yml", "[{command: a}]"),
    "a chart": ("Chart.yaml", "apiVersion: v2\nname: a"),
    "a custom resource's definition": (
        "x.yml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition",
    ),
    "a policy": (
        "x.yml",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {containers: [{name: a, image: b}]}",
    ),
    "services of Symfony": ("services.yaml", "services: {a: {class: B, arguments: [c]}, d: {class: E}}"),
    "services of Symfony with defaults": ("config/services.yaml", "services: {_defaults: {autowire: true}}"),
    "services of Lando": (".lando.yml", "services: {cache: {type: redis}}"),
    "values of Helm": ("values.yaml", "web: {image: {repository: a, tag: b}}"),
    "values of Helm with image names": ("values.yaml", "web: {image: a, tag: b, ports: []}"),
    "hidden keys of something else": ("x.yml", ".defaults: &d {a: b}\n.more: {c: d}"),
    "a patch of a Compose file": ("docker-compose.yml.patch", "services: {a: {image: b}}"),
    "a Taskfile of version 2": ("x.yml", "version: '2'\ntasks: {a: [docker ps]}"),
    "pipelines of something else": ("x.yml", "pipelines: {default: [{processor: a}]}"),
    "Travis": (".travis.yml", "language: python\nscript: [make]\nservices: [docker]"),
    "a secret of Drone": (".drone.yml", "kind: secret\nname: a\ndata: b"),
    "a JSON schema": ("a.schema.json", '{"properties": {"podTemplate": {"type": "object"}}}'),
    "properties in YAML": ("a.yaml", "properties: {sh: docker run --privileged x}"),
    "steps of no pipeline": ("steps.yml", "steps: {a: {image: b, commands: [c]}}"),
    "Cloud Build with a script": ("x.yml", "steps: [{name: gcr.io/a/b, script: docker ps}]"),
    "stages of GitLab alone": ("x.yml", "stages: [build, test]"),
    "Cloud Build": ("cloudbuild.yaml", "steps: [{name: gcr.io/cloud-builders/docker, args: [build]}]"),
    "a patch of JSON": ("x.yml", "- {op: replace, path: /spec/replicas, value: 2}"),
    "automations of Home Assistant": (
        "automations.yaml",
        "- {alias: a, trigger: [{platform: state}], action: [{service: b}]}",
    ),
    "requirements of Ansible": ("requirements.yml", "- {src: geerlingguy.docker, version: 7.0.0}"),
    "a list of names and images in YAML": ("x.yml", "- {name: a, image: b}\n- {name: c, image: d}"),
    "a list of commands": ("x.yml", "- {name: a, command: docker ps}\n- {name: c, command: d}"),
    "variables of a role": ("roles/a/defaults/main.yml", "docker_version: 29\ndocker_edition: ce"),
    "a build script": ("meson.build", "project()"),
    "settings of systemd": ("x.conf", "[Container]"),
    "runcmd of something else": ("x.yaml", "runcmd: [a]\nusers: [b]"),
    "a Compose file's environment": ("cloud-init.yml", "version: 1\na: {b: c}"),
    "variants of something else": ("x.yaml", "variant: dark\nversion: 1.0.0"),
    "a file of systemd's settings": ("x.yaml", "storage: {files: [{name: a}]}"),
    "CloudFormation": ("x.yml", "AWSTemplateFormatVersion: a\nResources: {A: {Type: 'AWS::EC2::Instance'}}"),
    "a file that only ends like a batch file": ("x.cmd.txt", "docker run x"),
    "an inspected container": ("x.json", '[{"name": "a", "image": "b", "memory": 1, "HostConfig": {}}]'),
    "a list of names and images": ("x.json", '[{"name": "a", "image": "b"}]'),
    "OpenAPI": ("x.yml", "openapi: 3.0.0\npaths: {}\ncomponents: {}"),
    "sidecars of no values": ("x.yaml", "a: {sidecars: [{name: b, image: c}]}"),
    "values that only say privileged": ("values.yaml", "securityContext: {privileged: true}"),
    "values with a policy": ("values.yaml", "podSecurityPolicy: {privileged: true}"),
    "a controller and an agent of something else": ("values.yaml", "controller: {image: a}\nagent: {image: b}"),
    "releases of something else": ("x.yaml", "releases: [{name: a, version: b}]"),
    "a chart's values for Jenkins": ("x.yml", "jenkins: {controller: {image: a}, mode: b}"),
    "what only names Jenkins": ("x.yml", "jenkins: {url: a}"),
    "a package's lock": ("package-lock.json", '{"scripts": {"a": "docker run x"}}'),
    "servers of something else": ("x.json", '{"servers": {"a": {"command": "b", "args": []}}}'),
    "targets of something else": ("x.json", '{"target": {"a": {"scale": "b"}}}'),
    "a list that includes": ("x.yml", "- include: a.yml\n- include: b.yml"),
    "a list of hosts": ("x.yml", "- hosts: [a]\n- hosts: [b]"),
    "a kitchen": ("kitchen.yml", "sink: {tap: a}"),
    "an article": ("config.yaml", "slug: a\nversion: 1\ntitle: b"),
    "an agent of Consul": ("x.hcl", 'client_addr = "0.0.0.0"\nserver = true'),
    "a job of another tool": ("x.hcl", 'job { task "a" { driver = "docker" } }'),
    "a job of Nomad's without tasks": ("x.hcl", 'job "a" { type = "service" }'),
    "Packer": ("x.hcl", 'source "docker" "a" {\n  image = "b"\n}'),
    "tasks without a version": ("x.yml", "tasks: {a: {cmds: [b]}}"),
    "pyproject": ("pyproject.toml", "[tool.x]\nexecutor = 'docker'"),
    "code that makes Dockerfiles": ("dockerfile.go", "package dockerfile\n// FROM a"),
    "a folder's list of Dockerfiles": ("Dockerfiles", "FROM a"),
    "code of Dockerfiles": ("dockerfile_test.go", "package dockerfile\n// FROM a"),
    "code about TeamCity": ("src/teamcity/Client.kt", "package teamcity\n\nclass Client(val name: String)"),
    "a build of Gradle": ("build.gradle.kts", 'plugins { id("x") }'),
    "code about Dockerfiles": ("dockerfile.py", "from os import path\nFROM = 'a'"),
    "code of another language about Dockerfiles": ("lib/dockerfile_parser.ex", "defmodule Dockerfile do\nend"),
    "services that another program reads": (
        "services.yml",
        "services: {web: {image: a, ports: [], dns_record: true}, db: {image: b, dns_record: false}}",
    ),
    "a text about Dockerfiles": ("Dockerfile.md", "FROM a"),
    "a Dockerfile that a configure script makes": ("Dockerfile.in", "FROM @BASE@"),
    "a Python program": ("x.py", "services = 1"),
    "an ignore file": ("Dockerfile.dockerignore", "*"),
    "a program": ("bin/run", "#!/usr/bin/env python3\n"),
    "a text": ("x.yml", "docker"),
    "a list": ("x.yml", "[docker, dind]"),
}


@pytest.mark.parametrize(("path", "text", "expected"), OURS.values(), ids=OURS.keys())
def test_ours(path: str, text: str, expected: str) -> None:
    assert format_of(path, text) == expected


@pytest.mark.parametrize(("path", "text"), LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_lookalikes(path: str, text: str) -> None:
    assert format_of(path, text) is None


@pytest.mark.parametrize(
    ("hint", "text", "expected"),
    [
        ("shell", "docker run x", "shell"), ("dockerfile", "FROM a", "dockerfile"), ("compose", "a: b", "compose"),
        ("kubernetes", "kind: Pod", "kubernetes"), ("gitlab-ci", "a: {}", "gitlab-ci"), ("daemon.json", "{}", "daemon-json"),
        ("config.toml", "[[runners]]\nexecutor='docker'", "gitlab-runner"), ("notes.txt", "docker run x", None),
        ("entrypoint.sh", "dockerd", "shell"), ("compose.yaml", "services: {a: {image: b}}", "compose"),
    ],
)  # fmt: skip
def test_what_the_surrounding_document_says_counts(hint: str, text: str, expected: str | None) -> None:
    assert format_of("whatever.yaml", text, hint) == expected


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("compose.yaml", True), ("a/docker-compose.prod.yml", True), (".github/workflows/x.yml", True), ("x.yml", False),
        (".gitlab-ci.yml", True), ("daemon.json", True), ("package.json", False), ("composer.yaml", False),
        ("docker-stack.yml", True), ("decompose.yaml", False),
    ],
)  # fmt: skip
def test_names_that_say_enough_for_an_error(path: str, ours: bool) -> None:
    assert Recogniser().name_says_enough(Source(path, "")) == ours
