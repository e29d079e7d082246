"""Kinds of files that configure containers or their hosts and that no format reads yet, known by name or first words.

Whatever a format reads is no longer looked up here. What is neither configuration nor script is known by name as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from dindguard.model.examples import is_left_over

NAMES = {
    "devcontainer.json": "dev container", ".devcontainer.json": "dev container",
    "jenkins.yaml": "Jenkins configuration", "jenkins.yml": "Jenkins configuration",
    "casc.yaml": "Jenkins configuration", "casc.yml": "Jenkins configuration",
    "helmfile.yaml": "Helmfile", "helmfile.yml": "Helmfile",
    "dockerrun.aws.json": "Elastic Beanstalk file", "terragrunt.hcl": "Terragrunt file",
    "containers.conf": "Podman configuration", "storage.conf": "Podman configuration",
    "registries.conf": "Podman configuration", "supervisord.conf": "supervisord configuration",
    "vagrantfile": "Vagrantfile", "preseed.cfg": "preseed file",
    ".drone.yml": "Drone pipeline", ".drone.yaml": "Drone pipeline", ".drone.jsonnet": "Drone pipeline",
    ".drone.star": "Drone pipeline", ".woodpecker.yml": "Woodpecker pipeline", ".woodpecker.yaml": "Woodpecker pipeline",
    "cloudbuild.yaml": "Cloud Build file",
    "cloudbuild.yml": "Cloud Build file", "cloudbuild.json": "Cloud Build file", "buildspec.yml": "CodeBuild file",
    "buildspec.yaml": "CodeBuild file", ".travis.yml": "Travis pipeline", "appveyor.yml": "AppVeyor pipeline",
    ".appveyor.yml": "AppVeyor pipeline", ".cirrus.yml": "Cirrus pipeline", ".cirrus.star": "Cirrus pipeline",
    "mise.toml": "mise configuration",
    ".mise.toml": "mise configuration", "procfile": "Procfile", "earthfile": "Earthfile", "tiltfile": "Tiltfile",
    ".testcontainers.properties": "Testcontainers configuration", "devfile.yaml": "devfile", ".devfile.yaml": "devfile",
    "skaffold.yaml": "Skaffold file", "devspace.yaml": "DevSpace file", "garden.yml": "Garden file",
    "okteto.yml": "Okteto file", "okteto.yaml": "Okteto file", "talosconfig": "Talos configuration",
}  # fmt: skip
"""File names in lower case."""

EXTENSIONS = {
    ".jenkinsfile": "Jenkinsfile", ".groovy": "Groovy script", ".tf": "Terraform file", ".tofu": "OpenTofu file",
    ".tfvars": "Terraform file", ".nomad": "Nomad job", ".hcl": "HCL file", ".service": "systemd unit",
    ".socket": "systemd unit", ".timer": "systemd unit", ".nix": "Nix file", ".cue": "CUE file", ".k": "KCL file",
    ".jsonnet": "Jsonnet file", ".libsonnet": "Jsonnet file", ".pp": "Puppet manifest", ".ks": "Kickstart file",
    ".j2": "Jinja template", ".jinja": "Jinja template",
    ".jinja2": "Jinja template", ".erb": "ERB template", ".gotmpl": "Go template", ".tpl": "template",
    ".tmpl": "template",
}  # fmt: skip

_BY_PATH = (
    ("vagrantfile", r"(^|/)vagrantfile[-_.][^/]*$", "Vagrantfile"),
    ("jenkinsfile", r"(^|/)jenkinsfile[^/]*$", "Jenkinsfile"),
    (".devcontainer", r"(^|/)\.devcontainer/([^/]+/)?devcontainer\.json$", "dev container"),
    ("values", r"(^|/)([^/]*[-.])?values([-.][^/]*)?\.ya?ml$", "Helm values"),
    (".tf.json", r"\.tf\.json$", "Terraform file"),
    (".d/", r"\.(service|socket)\.d/[^/]+\.conf$", "systemd drop-in"),
    ("docker", r"(^|/)(default|sysconfig|conf\.d)/docker(-storage|-network)?$", "engine's options file"),
    ("supervisor", r"(^|/)supervisor[^/]*(/.*)?\.(conf|ini)$", "supervisord configuration"),
    ("containerd", r"(^|/)containerd/[^/]*config\.toml$", "containerd configuration"),
    ("lxc", r"(^|/)lxc/[^/]+\.conf$", "LXC configuration"),
    ("act_runner", r"(^|/)(act_)?runner/config\.ya?ml$", "Gitea runner configuration"),
    ("runner", r"(^|/)(act_runner|(gitea|forgejo)?-?runner)[^/]*/?config[^/]*\.ya?ml$", "Gitea runner configuration"),
    ("woodpecker", r"(^|/)\.?woodpecker/.*\.ya?ml$", "Woodpecker pipeline"),
    ("circleci", r"(^|/)\.circleci/(?!config\.ya?ml$).*\.ya?ml$", "CircleCI pipeline"),
    ("semaphore", r"(^|/)\.semaphore/.*\.ya?ml$", "Semaphore pipeline"),
    ("concourse", r"(^|/)concourse/.*\.ya?ml$|(^|/)[^/]*concourse[^/]*\.ya?ml$", "Concourse pipeline"),
    ("cloudbuild", r"(^|/)[^/]*cloudbuild[^/]*\.(ya?ml|json)$", "Cloud Build file"),
    ("buildspec", r"(^|/)[^/]*buildspec[^/]*\.ya?ml$", "CodeBuild file"),
    ("tasks.json", r"(^|/)\.vscode/tasks\.json$", "VS Code tasks"),
    ("procfile", r"(^|/)procfile[^/]*$", "Procfile"),
    ("_vars/", r"(^|/)(group_vars|host_vars)/", "Ansible variables"),
    ("inventor", r"(^|/)(inventory|inventories)(/.*)?\.(ya?ml|ini)$|(^|/)inventor(y|ies)(/[^/.]+)+$", "Ansible inventory"),
    ("hosts.", r"(^|/)hosts\.(ya?ml|ini)$", "Ansible inventory"),
    ("roles/", r"(^|/)roles/[^/]+/(defaults|vars|templates|files)/", "Ansible role"),
    ("task", r"(^|/)[^/]*task-?_?def[^/]*\.json$", "ECS task definition"),
    ("vars/", r"(^|/)vars/[^/]+\.groovy$", "Jenkins library"),
    ("jupyterhub", r"(^|/)(jupyterhub|binderhub)[^/]*(/.*)?\.ya?ml$", "JupyterHub values"),
)  # fmt: skip
"""A literal of the path in lower case, the expression behind it, and what such a file is."""

_FIRST_WORDS = (
    ("[Service]", "systemd unit"), ("[Socket]", "systemd unit"), ("[Container]", "Quadlet"), ("[Kube]", "Quadlet"),
    ("[program:", "supervisord configuration"),
    ("AWSTemplateFormatVersion", "CloudFormation template"),
    ('"AWS::', "CloudFormation template"), ("Type: AWS::", "CloudFormation template"),
    ("AWS::Serverless", "CloudFormation template"),
    ("ontainerDefinitions", "ECS task definition"),
    ("kind: pipeline", "Drone pipeline"), ("valid_volumes", "Gitea runner configuration"),
    ("<Container", "Unraid template"), ("jenkins:", "Jenkins configuration"),

    ("githubConfigUrl", "runner scale set values"), ("imageBuilderType", "JupyterHub values"),
    ("pipeline {", "Jenkinsfile"), ("podTemplate(", "Jenkinsfile"),
    ("AWSEBDockerrunVersion", "Elastic Beanstalk file"), ("docker_api", "Home Assistant app"),
    ('"isMain"', "Runtipi app"),
)  # fmt: skip
"""Words that tell what a file is whose name does not; asked only about files that speak."""

_OTHERS = frozenset(
    {
        "back", "bak", "old", "orig",
        "md", "markdown", "mdx", "rst", "adoc", "asciidoc", "txt", "html", "htm", "xhtml", "ipynb", "csv", "tsv",
        "log", "sarif", "patch", "diff", "lock", "po", "pot", "tex", "org", "rtf", "svg", "css", "scss", "sass", "less", "go",
        "py", "pyi", "pyx", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "kts", "scala", "c", "h", "cc",
        "cpp", "cxx", "hpp", "hh", "cs", "fs", "vb", "swift", "m", "mm", "rs", "rb", "php", "pl", "pm", "lua", "r",
        "jl", "dart", "ex", "exs", "erl", "hrl", "hs", "elm", "clj", "cljs", "ml", "mli", "sql", "proto", "thrift",
        "graphql", "graphqls", "vue", "svelte", "astro", "zig", "nim", "d", "pas", "asm", "s", "v", "sv", "vhd", "gradle", "bzl",
        "star", "cmake", "snap", "sum", "mod", "map", "png", "jpg", "jpeg", "gif", "ico", "webp", "bmp", "tiff",
        "pdf", "zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "jar", "war", "ear", "class", "o", "a",
        "so", "dll", "exe", "dylib", "lib", "bin", "dat", "db", "sqlite", "woff", "woff2", "ttf", "eot", "otf", "mp3",
        "mp4", "mov", "avi", "wav", "ogg", "webm", "wasm", "pyc", "pem", "crt", "cer", "key", "der", "p12", "pfx",
        "jks", "gpg", "asc", "sig", "pub", "parquet", "avro", "onnx", "npy", "npz", "pt", "deb", "rpm", "apk", "iso",
        "img", "qcow2", "nsi", "nsh", "1", "2", "3", "4", "5", "6", "7", "8",
    }
)  # fmt: skip
_OTHER_PARTS = frozenset(
    {
        "vendor",
        "node_modules",
        "third_party",
        "test",
        "tests",
        "testdata",
        "test_data",
        "test-data",
        "fixtures",
        "mock",
        "mocks",
        "__mocks__",
        "__fixtures__",
        "__snapshots__",
        "unittests",
    }
)
_PROSE_NAMES = r"(?:readme|changelog|changes|contributing|licen[sc]e|notice|authors|todo)(?![a-z])"
"""How files for people begin, whatever their extension."""
_VALUES_FOR_TESTS = r"(^|/)ci/[^/]*values\.ya?ml$|(^|[/_.-])lint([-_.][^/]*)?\.ya?ml$"
_OTHER_PATHS = ("/.github/issue_template/", "swagger", "openapi")
_SCHEMAS = ("schema.json", "schema.yaml", "schema.yml")
_TEMPLATE = (
    ".j2",
    ".jinja",
    ".jinja2",
    ".erb",
    ".tmpl",
    ".tpl",
    ".gotmpl",
    ".in",
    ".template",
    ".example",
    ".sample",
)


_READ_BY_NAME = frozenset(
    {
        "dev container", "Drone pipeline", "Jenkinsfile", "Nomad job", "OpenTofu file", "Podman configuration",
        "supervisord configuration", "systemd unit", "Terraform file", "Woodpecker pipeline",
    }
)  # fmt: skip
_READ_BY_SHAPE = frozenset(
    {
        "Ansible role", "Ansible variables", "CircleCI pipeline", "Concourse pipeline", "ECS task definition",
        "engine's options file", "Gitea runner configuration", "Groovy script", "Helm values", "Helmfile",
        "Home Assistant app", "Jenkins configuration", "Jenkins library", "Quadlet", "ERB template", "Go template",
        "Jinja template", "runner scale set values", "systemd drop-in", "template",
    }
)  # fmt: skip
"""Kinds that formats read where their shape tells; what they do not recognise is still known by these names."""


def by_name(path: str) -> str:
    """Return what a file is that no format reads, by its path; ``""`` when the path does not tell."""
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    if name not in NAMES and _extension(name) in _OTHERS:
        return ""
    if is_beside(lowered) or lowered.endswith(_SCHEMAS) or _compiled(_VALUES_FOR_TESTS).search(lowered):
        return ""
    if _compiled(_PROSE_NAMES).match(name):
        return ""
    found = NAMES.get(name)
    if found is None:
        for literal, expression, what in _BY_PATH:
            if literal in lowered and _compiled(expression).search(lowered):
                found = what
                break
    if found is None:
        found = EXTENSIONS.get("." + name.rpartition(".")[2], "")
    return found


def is_read(what: str) -> bool:
    """Whether formats read files of a kind: one that they leave holds no container and no engine."""
    return what in _READ_BY_NAME or what in _READ_BY_SHAPE


def kinds(named: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the kinds of files that are known and not read; ``named`` tells whether a format reads files of a path."""
    endings = {f"x{ending}": what for ending, what in EXTENSIONS.items() if ending not in _TEMPLATE}
    samples = {**NAMES, **endings}
    read = {what for path, what in samples.items() if named(path)}
    others = {what for _, _, what in _BY_PATH} | {what for _, what in _FIRST_WORDS}
    return tuple(sorted((others | set(samples.values())) - read - _READ_BY_SHAPE, key=str.lower))


def by_first_words(text: str) -> str:
    """Return what a text is by the words at its beginning; ``""`` when they do not tell."""
    head = text[:65536]
    return next((what for words, what in _FIRST_WORDS if words in head), "")


def is_other(path: str) -> bool:
    """Whether a file is code, prose or binary by its name, our own policy, or belongs to tests or somebody else's code."""
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    if path.startswith(".dindguard/") or name == ".dindguard.yaml" or name.endswith(".json.allow.yaml"):
        return True
    return (
        _extension(name) in _OTHERS
        or is_beside(lowered)
        or is_left_over(lowered)
        or lowered.endswith(_SCHEMAS)
        or any(part in f"/{lowered}" for part in _OTHER_PATHS)
        or _compiled(_PROSE_NAMES).match(name) is not None
        or _compiled(_VALUES_FOR_TESTS).search(lowered) is not None
    )


_SCALARS = r"(?:\s*\"[^\"\\]{0,80}\"\s*:\s*(?:\"[^\"\\]{0,200}\"|[\d.]{1,40}|true|false)\s*,){0,6}\s*"
_REPORTS = (
    r"(?:<\?xml[^>]{0,200}\?>\s*)?<testsuites?[\s>]"
    r"|\[?\s*\{"
    + _SCALARS
    + r"(?:\"\$schema\"\s*:\s*\"[^\"]{0,200}sarif|\"tool\"\s*:\s*\{\s*\"name\"\s*:\s*\"dindguard\""
    r"|\"scan\"\s*:\s*\{\s*\"(?:analyzer|scanner)\"|\"(?:check_name|check_type|kics_version|ArtifactName|bomFormat|spdxVersion)\"\s*:)"
)
"""How reports begin: ours, JUnit, SARIF, GitLab's, Checkov's, KICS' and Trivy's, and bills of materials.

What tells is the first key whose value is no word or number, so that it stands nowhere inside of something else.
"""


def is_report(text: str) -> bool:
    """Whether a text is what a tool found in other files: what it quotes was written there."""
    return text.startswith(("{", "[", "<")) and _compiled(_REPORTS).match(text) is not None


def is_beside(path: str) -> bool:
    """Whether a path in lower case lies below tests or somebody else's code."""
    return not _OTHER_PARTS.isdisjoint(path.split("/")[:-1])


def _extension(name: str) -> str:
    """Return the extension of a file, of what it becomes if it is a template."""
    if name.endswith(_TEMPLATE):
        for suffix in _TEMPLATE:
            name = name.removesuffix(suffix)
    stem, dot, extension = name.rpartition(".")
    return extension if dot and stem else ""


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
