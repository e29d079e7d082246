"""The row of each format, without importing its package. Written by docs/generate.py."""

from __future__ import annotations

from typing import Any

# fmt: off
ROWS: tuple[dict[str, Any], ...] = (
    {'name': 'buildkitd-toml', 'title': 'buildkitd.toml', 'package': 'buildkitd_toml', 'syntaxes': ('toml',), 'names': '(^|/)buildkitd[^/]*\\.toml$', 'always': True, 'evidence': 1},
    {'name': 'compose', 'title': 'Docker Compose', 'package': 'compose', 'syntaxes': ('yaml', 'json'), 'names': '(?i:(^|/)(docker-)?(compose|stack)([-._][^/]*)?\\.ya?ml(\\.\\w+)?$)', 'always': True, 'beginning': '(?m)^services:[ \\t]*$\\s+^[ \\t]+[\\w.-]+:[ \\t]*$\\s+^[ \\t]+(image|build|privileged|volumes|command):', 'words': ('sys_admin', 'cap_add', 'security_opt', 'network_mode', 'devices:', 'device_cgroup', 'unconfined', 'cgroup', 'userns', 'runtime:', 'include:', 'extends:', ('pid:', '\\bpid:'), ('ipc:', '\\bipc:'), ('uts:', '\\buts:'), ('build:', '\\bbuild:'), ('/run', '/run\\b'), ('source:', 'source:\\s*[\\"\']?/'), ('device:', 'device:\\s*[\\"\']?/'), (':/', '(?<![\\w.])/[\\w./-]*:/')), 'shape': 'is_compose', 'evidence': 2},
    {'name': 'daemon-json', 'title': 'daemon.json', 'package': 'daemon_json', 'syntaxes': ('json', 'yaml'), 'names': '(^|/)daemon\\.json$', 'always': True, 'evidence': 1},
    {'name': 'devcontainer', 'title': 'Dev containers', 'package': 'devcontainer', 'syntaxes': ('json',), 'names': '(^|/)\\.?devcontainer\\.json$', 'always': True, 'keys': ('image', 'build', 'dockerFile', 'dockerComposeFile', 'features', 'name', 'privileged', 'mounts', 'runArgs'), 'shape': 'is_dev_container', 'evidence': 1},
    {'name': 'dockerfile', 'title': 'Dockerfiles', 'package': 'dockerfile', 'syntaxes': ('dockerfile',), 'names': '(?i:(^|/)((Docker|Container)file([.-][^/]+)?|[^/]+\\.(docker|container)file)$)', 'refuses': '(?i:\\.(md|rst|txt|sh|py|js|ts|go|rb|ya?ml|json|toml|dockerignore|orig|patch|html?|j2|in|erb|template|tmpl|m4)$)', 'words': ('security=insecure',), 'evidence': 2},
    {'name': 'engine-snapshot', 'title': 'docker inspect, docker info', 'package': 'engine_snapshot', 'syntaxes': ('json', 'yaml'), 'keys': ('HostConfig', 'DockerRootDir', 'info', 'containers'), 'shape': 'tells_of_an_engine', 'evidence': 1},
    {'name': 'github-actions', 'title': 'GitHub Actions', 'package': 'github_actions', 'syntaxes': ('yaml', 'json'), 'names': '(^|/)\\.(github|gitea|forgejo)/workflows/[^/]+\\.ya?ml$', 'keys': ('jobs', 'runs'), 'shape': 'is_workflow_or_action', 'evidence': 2},
    {'name': 'gitlab-ci', 'title': 'GitLab CI', 'package': 'gitlab_ci', 'syntaxes': ('yaml', 'json'), 'names': '(?i:(^|/)[^/]*\\.?gitlab-ci[^/]*\\.ya?ml$)', 'always': True, 'words': ('include:', 'extends:'), 'shape': 'is_pipeline', 'evidence': 2},
    {'name': 'gitlab-runner', 'title': 'GitLab Runner', 'package': 'gitlab_runner', 'syntaxes': ('toml', 'yaml', 'json'), 'keys': ('runners',), 'words': ('[[runners',), 'shape': 'configures_runners', 'evidence': 1},
    {'name': 'jenkinsfile', 'title': 'Jenkins pipelines', 'package': 'jenkinsfile', 'syntaxes': ('groovy',), 'names': '(?i:(^|/)jenkinsfile([-._][^/]*)?$|\\.jenkinsfile$)', 'refuses': '(?i:\\.(md|rst|txt|ya?ml|json|png|html?|j2|tmpl|template)$)', 'words': ('hostpathvolume', 'podtemplate', 'containertemplate', 'withrun'), 'shape': 'is_pipeline', 'evidence': 2},
    {'name': 'kubernetes', 'title': 'Kubernetes', 'package': 'kubernetes', 'syntaxes': ('yaml', 'json'), 'names': '(^|/)kustomization\\.ya?ml$', 'always': True, 'beginning': '(?ms)^apiVersion: *\\S+\\s*$.*^kind: *\\w+\\s*$|^kind: *\\w+\\s*$.*^apiVersion: *\\S+\\s*$', 'keys': ('apiVersion', 'metadata'), 'words': ('hostpath', 'hostpid', 'hostnetwork', 'hostipc', 'hostusers', 'hostport', 'sys_admin', 'capabilities', 'securitycontext', 'unconfined', 'runtimeclass', 'persistentvolume', 'horizontalpodautoscaler', 'pod-security', 'cgroup', 'userns', ('/run', '/run\\b')), 'shape': 'is_manifest', 'part': 'holds_pod_spec', 'idle': 'is_rule_or_definition', 'evidence': 1},
    {'name': 'makefile', 'title': 'Makefiles', 'package': 'makefile', 'syntaxes': ('makefile',), 'names': '(^|/)(GNUm|[Mm])akefile([.-][^/]*)?$|\\.mk$', 'evidence': 2},
    {'name': 'shell', 'title': 'Shell scripts', 'package': 'shell', 'syntaxes': ('shell',), 'names': '(?i:\\.(sh|bash|zsh|ksh|bats|envrc)$)', 'first_line': '#!.*\\b(ba|da|z|k|a)?sh\\b', 'evidence': 2},
)
