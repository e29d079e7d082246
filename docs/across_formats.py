"""The headline dangers, written in every format that can express them: the same rule, at the place that causes it.

``tests/test_across_formats.py`` scans each of these files; ``docs/generate.py`` makes a page of them. A ``§`` stands before the
characters at which the finding begins, and is no part of the file.
"""

from __future__ import annotations

from typing import NamedTuple

from dindguard.formats import registry

Files = dict[str, str]


class Danger(NamedTuple):
    """What is dangerous in a few words, and the rule that says so in whatever format it is written."""

    title: str
    rule: str


DANGERS = {
    "privileged": Danger("A container with all privileges", "privileged-container"),
    "engine": Danger("A privileged nested engine", "privileged-engine"),
    "socket": Danger("The host's engine socket in a container", "host-engine-socket"),
    "open": Danger("An engine that anybody may command over TCP", "unauthenticated-engine-api"),
    "root": Danger("The host's root file system in a container", "host-root-mount"),
    "pid": Danger("The host's processes in a container", "host-pid-namespace"),
    "network": Danger("The host's network in a container", "host-network"),
    "capability": Danger("A capability that is as good as all of them", "dangerous-capability"),
    "data": Danger("One data root under several engines", "shared-data-root"),
    "unapproved": Danger("Sysbox without the approval that the policy asks for", "sysbox-without-approval"),
}
"""By a word for each."""

POLICY: Files = {".dindguard.yaml": "approval:\n  require: [privileged, socket, sysbox]\n"}
"""Beside the files of ``unapproved``: the organisation asks for approvals."""

OPTIONS = {
    "privileged": "§--privileged",
    "socket": "-v §/var/run/docker.sock:/var/run/docker.sock",
    "root": "-v §/:/host",
    "pid": "--pid §host",
    "network": "--network §host",
    "capability": "--cap-add §SYS_ADMIN",
    "unapproved": "--runtime §sysbox-runc",
}
"""Options of ``docker run``; many formats take them in one setting, or run such a command line."""

ENGINE = "docker run -d §--privileged docker:29.10.0-dind"
OPEN = "dockerd -H §tcp://0.0.0.0:2375"


_WITHIN = ("§/var/run/docker.sock:/var/run/docker.sock", "§/:/host", "§SYS_ADMIN")
"""Values that have parts: of one in quotes, the part is blamed and not the quotes."""

TWO = "docker run -d --privileged -v state:/var/lib/docker docker:29.10.0-dind"
TWO_ENGINES = f"{TWO} && {TWO.replace('state', '§state')}"


def command_lines(name: str, text: str, *, leave: tuple[str, ...] = (), opens: bool = False) -> dict[str, Files]:
    """Return the dangers of a file that runs command lines: ``text`` with ``COMMAND`` in place of each."""
    lines = {danger: f"docker run {option} registry.example/app:1" for danger, option in OPTIONS.items()}
    lines |= {"engine": ENGINE, "data": TWO_ENGINES}
    if opens:
        lines["open"] = OPEN
    return {danger: {name: text.replace("COMMAND", line)} for danger, line in lines.items() if danger not in leave}


def option_strings(name: str, text: str, *, leave: tuple[str, ...] = ()) -> dict[str, Files]:
    """Return the dangers of a file that takes options of ``docker run`` in one string, ``OPTIONS`` in ``text``."""
    return {
        danger: {name: text.replace("OPTIONS", option)} for danger, option in OPTIONS.items() if danger not in leave
    }


def arguments(option: str) -> str:
    """Return an option's words as a JSON list has them; of a value with parts, the part is blamed and not the quotes."""
    return ", ".join(
        f'"{word}"' if word in _WITHIN or "§" not in word else f'§"{word.replace("§", "")}"'
        for word in option.split()
    )


def settings(name: str, text: str, lines: dict[str, str]) -> dict[str, Files]:
    """Return the dangers of a file with a setting for each, ``SETTING`` in ``text``."""
    return {danger: {name: text.replace("SETTING", line)} for danger, line in lines.items()}


COMPOSE = "services:\n  app:\n    image: registry.example/app:1\n    SETTING\n"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  SPEC\n  containers:\n    - name: app\n"
    "      image: registry.example/app:1\n      SETTING\n"
)
HOST_PATH = "volumes: [{name: v, hostPath: {path: §PATH}}]"
MOUNT = "volumeMounts: [{name: v, mountPath: TARGET}]"
JOB = "on: push\njobs:\n  job:\n    runs-on: [self-hosted]\n    container:\n      image: registry.example/app:1\n      SETTING\n"
PIPELINE = "pool:\n  name: Own\nsteps:\n  - script: COMMAND\n"

PLAY = (
    "- hosts: all\n  tasks:\n    - community.docker.docker_container:\n        name: dind\n        image: docker:29.10.0-dind\n"
    "        {setting}\n"
)


def pod(spec: str = "hostname: app", setting: str = "args: [run]") -> Files:
    """Return a pod with a setting of its own, or of its container."""
    return {"pod.yaml": POD.replace("SPEC", spec).replace("SETTING", setting)}


STATES = {
    "kubernetes": {
        "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  volumes: [{name: state, emptyDir: {}}]\n  containers:\n"
        + "".join(
            f"    - name: {name}\n      image: docker:29.10.0-dind\n      securityContext: {{privileged: true}}\n"
            f"      volumeMounts:\n        - {{name: state, mountPath: {mark}/var/lib/docker}}\n"
            for name, mark in (("one", ""), ("two", "§"))
        )
    },
    "ansible": {
        "site.yml": "- hosts: all\n  tasks:\n"
        + "".join(
            f"    - community.docker.docker_container:\n        name: {name}\n        image: docker:29.10.0-dind\n"
            f"        privileged: true\n        volumes:\n          - {mark}/srv/state:/var/lib/docker\n"
            for name, mark in (("one", ""), ("two", "§"))
        )
    },
    "github-actions": {
        ".github/workflows/job.yml": "on: push\njobs:\n  job:\n    runs-on: [self-hosted]\n    services:\n"
        + "".join(
            f"      {name}:\n        image: docker:29.10.0-dind\n        options: --privileged\n        volumes:\n"
            f"          - {mark}/srv/state:/var/lib/docker\n"
            for name, mark in (("one", ""), ("two", "§"))
        )
        + "    steps:\n      - run: docker ps\n"
    },
    "azure-pipelines": {
        "azure-pipelines.yml": "pool:\n  name: Own\nresources:\n  containers:\n"
        + "".join(
            f"    - container: {name}\n      image: docker:29.10.0-dind\n      options: --privileged\n      volumes:\n"
            f"        - {mark}/srv/state:/var/lib/docker\n"
            for name, mark in (("one", ""), ("two", "§"))
        )
        + "services:\n  one: one\n  two: two\nsteps:\n  - script: docker ps\n"
    },
    "drone": {
        ".drone.yml": "kind: pipeline\nname: ci\nsteps:\n  - name: app\n    image: docker:29.10.0-cli\n    commands: [docker ps]\nservices:\n"
        + "".join(
            f"  - name: {name}\n    image: docker:29.10.0-dind\n    privileged: true\n    volumes:\n"
            f"      - name: {mark}state\n        path: /var/lib/docker\n"
            for name, mark in (("one", ""), ("two", "§"))
        )
        + "volumes:\n  - name: state\n    temp: {}\n"
    },
}
"""Two engines with one data root, by format."""

TABLE: dict[str, dict[str, Files]] = {
    "compose": settings(
        "compose.yaml",
        COMPOSE,
        {
            "privileged": "privileged: §true",
            "socket": "volumes:\n      - §/var/run/docker.sock:/var/run/docker.sock",
            "root": "volumes:\n      - §/:/host",
            "pid": "pid: §host",
            "network": "network_mode: §host",
            "capability": "cap_add:\n      - §SYS_ADMIN",
            "unapproved": "runtime: §sysbox-runc",
        },
    )
    | {
        "engine": {"compose.yaml": "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: §true\n"},
        "open": {
            "compose.yaml": "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: true\n    environment:\n"
            '      DOCKER_TLS_CERTDIR: §""\n'
        },
        "data": {
            "compose.yaml": "services:\n  one:\n    image: docker:29.10.0-dind\n    privileged: true\n    volumes:\n"
            "      - state:/var/lib/docker\n  two:\n    image: docker:29.10.0-dind\n    privileged: true\n    volumes:\n"
            "      - §state:/var/lib/docker\nvolumes:\n  state:\n"
        },
    },
    "kubernetes": {
        "privileged": pod(setting="securityContext:\n        privileged: §true"),
        "socket": pod(
            HOST_PATH.replace("PATH", "/var/run/docker.sock"), MOUNT.replace("TARGET", "/var/run/docker.sock")
        ),
        "root": pod(HOST_PATH.replace("PATH", "/"), MOUNT.replace("TARGET", "/host")),
        "pid": pod("hostPID: §true"),
        "network": pod("hostNetwork: §true"),
        "capability": pod(setting="securityContext:\n        capabilities:\n          add: [§SYS_ADMIN]"),
        "unapproved": pod("runtimeClassName: §sysbox-runc"),
        "engine": {
            "pod.yaml": POD.replace("registry.example/app:1", "docker:29.10.0-dind")
            .replace("SPEC", "hostname: app")
            .replace("SETTING", "securityContext:\n        privileged: §true")
        },
        "open": {
            "pod.yaml": POD.replace("registry.example/app:1", "docker:29.10.0-dind")
            .replace("SPEC", "hostname: app")
            .replace("SETTING", 'env:\n        - name: DOCKER_TLS_CERTDIR\n          value: §""')
        },
    },
    "gitlab-ci": command_lines(
        ".gitlab-ci.yml", "job:\n  image: docker:29.10.0-cli\n  script:\n    - COMMAND\n", opens=True
    ),
    "gitlab-runner": settings(
        "config.toml",
        '[[runners]]\n  executor = "docker"\n  [runners.docker]\n    image = "alpine:3.22"\n    SETTING\n',
        {
            "socket": 'volumes = ["§/var/run/docker.sock:/var/run/docker.sock"]',
            "root": 'volumes = ["§/:/host"]',
            "network": 'network_mode = §"host"',
            "capability": 'cap_add = ["§SYS_ADMIN"]',
            "unapproved": 'runtime = §"sysbox-runc"',
        },
    ),
    "github-actions": option_strings(".github/workflows/job.yml", JOB.replace("SETTING", "options: OPTIONS"))
    | {
        "open": {
            ".github/workflows/job.yml": "on: push\njobs:\n  job:\n    runs-on: [self-hosted]\n    services:\n      dind:\n"
            '        image: docker:29.10.0-dind\n        options: --privileged\n        env:\n          DOCKER_TLS_CERTDIR: §""\n'
            "    steps:\n      - run: docker ps\n"
        },
        "engine": {
            ".github/workflows/job.yml": "on: push\njobs:\n  job:\n    runs-on: [self-hosted]\n    services:\n      dind:\n"
            "        image: docker:29.10.0-dind\n        options: §--privileged\n    steps:\n      - run: docker ps\n"
        },
    },
    "shell": command_lines("run.sh", "#!/bin/sh\nCOMMAND\n", opens=True),
    "makefile": command_lines("Makefile", "run:\n\tCOMMAND\n", opens=True),
    "powershell": command_lines("run.ps1", "COMMAND\n"),
    "batch": command_lines("run.cmd", "@echo off\nCOMMAND\n"),
    "justfile": command_lines("justfile", "run:\n    COMMAND\n", opens=True),
    "taskfile": command_lines(
        "Taskfile.yml", "version: '3'\ntasks:\n  run:\n    cmds:\n      - COMMAND\n", opens=True
    ),
    "package-json": command_lines("package.json", '{"scripts": {\n"run": "COMMAND"}}\n', opens=True),
    "envrc": command_lines(".envrc", "COMMAND\n", opens=True),
    "mcp": {
        danger: {
            ".mcp.json": '{"mcpServers": {"app": {"command": "docker", "args":\n["run", '
            + arguments(option)
            + ', "app"]}}}\n'
        }
        for danger, option in OPTIONS.items()
    },
    "devcontainer": {
        danger: {
            ".devcontainer/devcontainer.json": '{\n  "image": "registry.example/dev:1",\n  "runArgs": ['
            + ", ".join(
                f'§"{word[1:]}"' if word.startswith("§") and word not in _WITHIN else f'"{word}"'
                for word in option.split()
            )
            + "]\n}\n"
        }
        for danger, option in OPTIONS.items()
    },
    "jenkinsfile": option_strings(
        "Jenkinsfile",
        "pipeline {\n  agent {\n    docker {\n      image 'registry.example/app:1'\n      args 'OPTIONS'\n    }\n  }\n"
        "  stages { stage('a') { steps { sh 'make' } } }\n}\n",
    ),
    "drone": settings(
        ".drone.yml",
        "kind: pipeline\nname: ci\nsteps:\n  - name: app\n    image: registry.example/app:1\n    commands: [make]\n    SETTING\n",
        {
            "privileged": "privileged: §true",
            "socket": "volumes: [{name: v, path: /var/run/docker.sock}]\nvolumes:\n  - name: v\n    host:\n      path: §/var/run/docker.sock",
            "root": "volumes: [{name: v, path: /host}]\nvolumes:\n  - name: v\n    host:\n      path: §/",
            "network": "network_mode: §host",
        },
    )
    | {
        "engine": {
            ".drone.yml": "kind: pipeline\nname: ci\nsteps:\n  - name: app\n    image: docker:29.10.0-cli\n    commands: [docker ps]\n"
            "services:\n  - name: docker\n    image: docker:29.10.0-dind\n    privileged: §true\n"
        },
        "open": {
            ".drone.yml": "kind: pipeline\nname: ci\nsteps:\n  - name: app\n    image: docker:29.10.0-cli\n    commands: [docker ps]\n"
            "services:\n  - name: docker\n    image: docker:29.10.0-dind\n    privileged: true\n    environment:\n"
            '      DOCKER_TLS_CERTDIR: §""\n'
        },
    },
    "act-runner": option_strings(
        "config.yaml",
        "log:\n  level: info\nrunner:\n  capacity: 1\ncontainer:\n  network: bridge\n  docker_host: '-'\n  options: OPTIONS\n",
        leave=("privileged",),
    ),
    "azure-pipelines": option_strings(
        "azure-pipelines.yml",
        "pool:\n  name: Own\ncontainer:\n  image: registry.example/app:1\n  options: OPTIONS\nsteps:\n"
        "  - script: make\n",
    )
    | {
        "open": {
            "azure-pipelines.yml": "pool:\n  name: Own\nresources:\n  containers:\n    - container: dind\n"
            '      image: docker:29.10.0-dind\n      options: --privileged\n      env:\n        DOCKER_TLS_CERTDIR: §""\n'
            "services:\n  dind: dind\nsteps:\n  - script: docker ps\n"
        },
        "engine": {
            "azure-pipelines.yml": "pool:\n  name: Own\nresources:\n  containers:\n    - container: dind\n"
            "      image: docker:29.10.0-dind\n      options: §--privileged\nservices:\n  dind: dind\nsteps:\n  - script: docker ps\n"
        },
    },
    "buildkite": settings(
        ".buildkite/pipeline.yml",
        "steps:\n  - command: make\n    plugins:\n      - docker#v5.13.0:\n          image: registry.example/app:1\n          SETTING\n",
        {
            "privileged": "privileged: §true",
            "socket": "volumes:\n            - §/var/run/docker.sock:/var/run/docker.sock",
            "root": "volumes:\n            - §/:/host",
            "pid": "pid: §host",
            "network": "network: §host",
            "capability": "add-caps:\n            - §SYS_ADMIN",
            "unapproved": "runtime: §sysbox-runc",
        },
    )
    | command_lines(".buildkite/pipeline.yml", "steps:\n  - command: COMMAND\n", leave=tuple(OPTIONS), opens=True),
    "circleci": command_lines(
        ".circleci/config.yml",
        "version: 2.1\njobs:\n  job:\n    machine: true\n    resource_class: acme/own\n    steps:\n      - run: COMMAND\n",
        opens=True,
    ),
    "bitbucket-pipelines": settings(
        "bitbucket-pipelines.yml",
        "image: registry.example/app:1\npipelines:\n  default:\n    - step:\n        runs-on: [self.hosted]\n        runtime:\n"
        "          self-hosted:\n            volumes:\n              - SETTING\n        script:\n          - make\n",
        {"socket": "§/var/run/docker.sock:/var/run/docker.sock", "root": "§/:/host"},
    )
    | command_lines(
        "bitbucket-pipelines.yml",
        "pipelines:\n  default:\n    - step:\n        runs-on: [self.hosted, linux.shell]\n        script:\n          - COMMAND\n",
        leave=("socket", "root"),
        opens=True,
    ),
    "kind": settings(
        "cluster.yaml",
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n  - role: control-plane\n    extraMounts:\n"
        "      - hostPath: SETTING\n        containerPath: /host\n",
        {"socket": "§/var/run/docker.sock", "root": "§/"},
    ),
    "terraform": settings(
        "main.tf",
        'resource "docker_container" "app" {\n  name  = "app"\n  image = "registry.example/app:1"\n  SETTING\n}\n',
        {
            "privileged": "privileged = §true",
            "socket": 'volumes {\n    host_path      = §"/var/run/docker.sock"\n    container_path = "/var/run/docker.sock"\n  }',
            "root": 'volumes {\n    host_path      = §"/"\n    container_path = "/host"\n  }',
            "pid": 'pid_mode = §"host"',
            "network": 'network_mode = §"host"',
            "capability": 'capabilities {\n    add = ["§SYS_ADMIN"]\n  }',
            "unapproved": 'runtime = §"sysbox-runc"',
        },
    )
    | {
        "open": {
            "main.tf": 'resource "docker_container" "dind" {\n  name       = "dind"\n  image      = "docker:29.10.0-dind"\n'
            '  privileged = true\n  env        = ["DOCKER_TLS_CERTDIR=§"]\n}\n'
        },
        "data": {
            "main.tf": "".join(
                f'resource "docker_container" "{name}" {{\n  name       = "{name}"\n  image      = "docker:29.10.0-dind"\n'
                f'  privileged = true\n  volumes {{\n    host_path      = {mark}"/srv/state"\n'
                '    container_path = "/var/lib/docker"\n  }\n}\n'
                for name, mark in (("one", ""), ("two", "§"))
            )
        },
        "engine": {
            "main.tf": 'resource "docker_container" "dind" {\n  name       = "dind"\n  image      = "docker:29.10.0-dind"\n'
            "  privileged = §true\n}\n"
        },
    },
    "concourse": settings(
        "ci/pipeline.yml",
        "jobs:\n  - name: app\n    plan:\n      - task: app\n        SETTING\n        config:\n          platform: linux\n"
        "          image_resource:\n            type: registry-image\n            source:\n              repository: registry.example/app\n"
        "              tag: '1'\n          run:\n            path: app\n",
        {"privileged": "privileged: §true"},
    )
    | command_lines(
        "ci/pipeline.yml",
        "jobs:\n  - name: app\n    plan:\n      - task: app\n        config:\n          platform: darwin\n          run:\n"
        "            path: sh\n            args:\n              - -c\n              - COMMAND\n",
        leave=("privileged",),
        opens=True,
    ),
    "nomad": settings(
        "app.nomad",
        'job "app" {\n  group "app" {\n    task "app" {\n      driver = "docker"\n\n      config {\n'
        '        image = "registry.example/app:1"\n        SETTING\n      }\n    }\n  }\n}\n',
        {
            "privileged": "privileged = §true",
            "socket": 'volumes = ["§/var/run/docker.sock:/var/run/docker.sock"]',
            "root": 'volumes = ["§/:/host"]',
            "pid": 'pid_mode = §"host"',
            "network": 'network_mode = §"host"',
            "capability": 'cap_add = ["§SYS_ADMIN"]',
            "unapproved": 'runtime = §"sysbox-runc"',
        },
    ),
    "home-assistant-app": settings(
        "config.yaml",
        "name: App\nslug: app\nversion: 1.0.0\narch: [amd64]\nimage: registry.example/app-{arch}\nSETTING\n",
        {
            "socket": "docker_api: §true",
            "pid": "host_pid: §true",
            "network": "host_network: §true",
            "capability": "privileged: [§SYS_ADMIN]",
        },
    ),
    "test-kitchen": settings(
        "kitchen.yml",
        "driver:\n  name: docker\n  SETTING\n\nplatforms:\n  - name: app\n    driver:\n      image: registry.example/app:1\n",
        {
            "privileged": "privileged: §true",
            "socket": "volume: §/var/run/docker.sock:/var/run/docker.sock",
            "root": "volume: §/:/host",
            "pid": "run_options: --pid §host",
            "network": "network: §host",
            "capability": "cap_add: §SYS_ADMIN",
            "unapproved": "run_options: --runtime §sysbox-runc",
        },
    ),
    "ansible": settings(
        "site.yml",
        "- hosts: all\n  tasks:\n    - community.docker.docker_container:\n        name: app\n        image: registry.example/app:1\n"
        "        SETTING\n",
        {
            "privileged": "privileged: §true",
            "socket": "volumes:\n          - §/var/run/docker.sock:/var/run/docker.sock",
            "root": "volumes:\n          - §/:/host",
            "pid": "pid_mode: §host",
            "network": "network_mode: §host",
            "capability": "capabilities:\n          - §SYS_ADMIN",
            "unapproved": "runtime: §sysbox-runc",
        },
    )
    | {
        "engine": {"site.yml": PLAY.format(setting="privileged: §true")},
        "open": {
            "site.yml": PLAY.format(setting='privileged: true\n        env:\n          DOCKER_TLS_CERTDIR: §""')
        },
    },
    "ecs-task": {
        "privileged": {
            "taskdef.json": '{\n  "family": "app",\n  "containerDefinitions": [{\n    "name": "app",\n    "image": "registry.example/app:1",\n'
            '    "memory": 256,\n    "privileged": §true\n  }]\n}\n'
        },
        "pid": {
            "taskdef.json": '{\n  "family": "app",\n  "pidMode": §"host",\n  "containerDefinitions": [{\n    "name": "app",\n'
            '    "image": "registry.example/app:1",\n    "memory": 256\n  }]\n}\n'
        },
        "socket": {
            "taskdef.json": '{\n  "family": "app",\n  "containerDefinitions": [{\n    "name": "app",\n    "image": "registry.example/app:1",\n'
            '    "memory": 256,\n    "mountPoints": [{"sourceVolume": "v", "containerPath": "/var/run/docker.sock"}]\n  }],\n'
            '  "volumes": [{"name": "v", "host": {"sourcePath": §"/var/run/docker.sock"}}]\n}\n'
        },
    },
    "dockerfile": {
        "open": {"Dockerfile": 'FROM docker:29.10.0-dind\nENV DOCKER_TLS_CERTDIR=§""\n'},
    },
    "daemon-json": {"open": {"etc/docker/daemon.json": '{\n  "hosts": [§"tcp://0.0.0.0:2375"]\n}\n'}},
    "engine-options": {"open": {"etc/default/docker": 'DOCKER_OPTS="-H §tcp://0.0.0.0:2375"\n'}},
    "systemd-unit": command_lines(
        "etc/systemd/system/app.service",
        "[Unit]\nDescription=app\n\n[Service]\nExecStart=/usr/bin/COMMAND\n",
        leave=("data",),
    )
    | {
        "open": {
            "etc/systemd/system/docker.service": "[Unit]\nDescription=engine\n\n[Service]\nExecStart=/usr/bin/dockerd -H §tcp://0.0.0.0:2375\n"
        }
    },
    "supervisord": {
        "open": {
            "supervisord.conf": "[program:engine]\ncommand=dockerd --host=§tcp://0.0.0.0:2375\n",
            "Dockerfile": 'FROM debian:13\nCOPY supervisord.conf /etc/supervisord.conf\nCMD ["supervisord", "-n"]\n',
        }
    },
    "service-run": {
        "open": {
            "rootfs/etc/services.d/engine/run": "#!/bin/sh\nexec dockerd -H §tcp://0.0.0.0:2375\n",
            "Dockerfile": 'FROM alpine:3.22\nRUN apk add --no-cache docker s6-overlay\nCOPY rootfs/ /\nENTRYPOINT ["/init"]\n',
        }
    },
    "quadlet": settings(
        "app.container",
        "[Unit]\nDescription=app\n\n[Container]\nImage=registry.example/app:1\nSETTING\n",
        {
            "privileged": "PodmanArgs=§--privileged",
            "socket": "Volume=§/run/podman/podman.sock:/run/podman/podman.sock",
            "root": "Volume=§/:/host",
            "pid": "PodmanArgs=--pid §host",
            "network": "Network=§host",
            "capability": "AddCapability=§SYS_ADMIN",
        },
    ),
    "cloud-init": command_lines("cloud-init.yaml", "#cloud-config\nruncmd:\n  - COMMAND\n", opens=True),
    "user-data": command_lines("user-data", "#!/bin/sh\nCOMMAND\n", opens=True),
}
"""By the name of the format, and the word of the danger: the files, with the place of the finding marked."""

for _name, _files in STATES.items():
    TABLE[_name]["data"] = _files

NOTHING = {
    "bake": "builds; what they ask for is the subject of `insecure-build-entitlement`",
    "containers-conf": "defaults for Podman's containers, which have rules of their own",
    "buildkitd-toml": "a builder's configuration, the subject of `insecure-build-entitlement`",
    "engine-snapshot": "what an engine reports about existing containers; the same rules judge it",
    "helm": "values; they count in what the chart makes of them",
    "jcasc": "clouds of agents, the subject of `privileged-runner`",
    "ignition": "units and files, which are read as what they are",
}
"""Formats that express none of these dangers in words of their own, and why."""

WITHOUT_COMMENTS = ("ecs-task", "systemd-unit")
"""Formats in which no comment stands beside what is allowed, or none is read."""

COMMENT = {"batch": "rem", "devcontainer": "//", "jenkinsfile": "//", "mcp": "//", "package-json": "//"}
"""How a comment begins where it is not with a hash."""


def marked(files: Files) -> tuple[Files, str, int, int]:
    """Return files without the mark, and path, line and column at which it stood."""
    found = {name: text.replace("§", "") for name, text in files.items()}
    path = next(name for name, text in files.items() if "§" in text)
    before = files[path].partition("§")[0]
    return found, path, before.count("\n") + 1, len(before) - before.rfind("\n")


def blamed_line(files: Files) -> str:
    """Return the line that is blamed, as a reader of the page sees it."""
    text = next(text for text in files.values() if "§" in text)
    return next(line for line in text.splitlines() if "§" in line).replace("§", "").strip()


def page() -> str:
    """Return the page: which danger is read in which format, and which line is blamed there."""
    titles = {row.name: row.title for row in registry.rows()}
    names = sorted(TABLE, key=lambda name: titles[name].lower())
    lines = ["# The same danger in every format\n", _INTRODUCTION]
    lines.append("| format | " + " | ".join(DANGERS) + " |\n|---" + "|---" * len(DANGERS) + "|")
    lines += [
        f"| {titles[name]} | " + " | ".join("✓" if each in TABLE[name] else "" for each in DANGERS) + " |"
        for name in names
    ]
    lines.append("")
    lines.append("Formats that have no words of their own for any of them:\n")
    lines += [f"* {titles[name]}: {why}." for name, why in sorted(NOTHING.items())]
    for word, danger in DANGERS.items():
        lines.append(
            f"\n## {danger.title}\n\n*{word}*: [{danger.rule}](rules/{danger.rule}.md)\n\n| format | what is blamed |\n|---|---|"
        )
        lines += [f"| {titles[name]} | `{blamed_line(TABLE[name][word])}` |" for name in names if word in TABLE[name]]
    return "\n".join(lines) + "\n"


_INTRODUCTION = """Rules are written once, for one model of containers and engines, so the same rule works in every format. The tests write each of
these dangers in each format that can express it, and expect the same rule to point at the characters that cause it. Where the
policy requires an approval, a comment beside the line must not count as one. The words in the table's head are explained in the
sections below it.
"""
