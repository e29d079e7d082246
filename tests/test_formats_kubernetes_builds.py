"""OpenShift's builds: what they hold for other formats, and what a custom one is started as."""

from __future__ import annotations

import json

import pytest

from dindguard import Options, scan
from manifests import only, read, text_at
from support import write_files

BUILD = "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: b}}\nspec: {{{spec}}}\n"
CUSTOM = "strategy: {customStrategy: {from: {kind: DockerImage, name: 'a/b:1'}, exposeDockerSocket: true}}"


def build(spec: str, version: str = "build.openshift.io/v1", kind: str = "BuildConfig") -> str:
    return BUILD.format(version=version, kind=kind, spec=spec)


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        ("strategy: {jenkinsPipelineStrategy: {jenkinsfile: 'node { }'}}", [("jenkinsfile", "node { }")]),
        ("strategy: {jenkinsPipelineStrategy: {jenkinsfilePath: ci/Jenkinsfile}}", []),
        ("source: {dockerfile: FROM a}, strategy: {dockerStrategy: {}}", [("dockerfile", "FROM a")]),
        ("postCommit: {script: docker ps}", [("shell", "docker ps")]),
        ("source: {dockerfile: null}, postCommit: {args: [a]}", []),
    ],
)
@pytest.mark.parametrize(
    ("version", "kind"),
    [("build.openshift.io/v1", "BuildConfig"), ("build.openshift.io/v1", "Build"), ("v1", "BuildConfig")],
)
def test_other_formats_read_what_a_build_holds(tmp_path, spec, held, version, kind):
    reading = read(tmp_path, build(spec, version, kind))
    assert [(each.source.hint, each.source.text) for each in reading.embedded] == held
    assert not reading.workloads
    assert not reading.unread


def test_a_build_of_somebody_else_holds_nothing(tmp_path):
    reading = read(tmp_path, build("postCommit: {script: docker ps}", "build.example.com/v1"))
    assert not reading.embedded
    (unread,) = reading.unread
    assert unread.what == "BuildConfig of build.example.com"


def test_a_custom_build_is_privileged_whatever_it_says(tmp_path):
    container = only(read(tmp_path, build(CUSTOM.replace("true", "false"))))
    assert container.address == "BuildConfig/-/b.customStrategy"
    assert container.privileged.on
    assert not container.privileged.set
    assert container.added_by == "OpenShift"
    assert text_at(tmp_path, container.privileged.span) == "customStrategy"
    assert container.image is not None
    assert container.image.reference.value == "a/b:1"
    assert not container.mounts


def test_a_custom_build_gets_the_socket_that_it_asks_for(tmp_path):
    (mount,) = only(read(tmp_path, build(CUSTOM))).mounts
    assert mount.host_path == "/run/docker.sock"
    assert str(mount.target.value) == "/var/run/docker.sock"
    assert text_at(tmp_path, mount.span) == "true"


def test_a_tag_of_an_image_stream_is_no_image_of_a_registry(tmp_path):
    container = only(
        read(tmp_path, build("strategy: {customStrategy: {from: {kind: ImageStreamTag, name: 'docker:dind'}}}"))
    )
    assert container.image is None


def test_the_variables_and_limits_of_a_custom_build_are_its_containers(tmp_path):
    spec = "resources: {limits: {memory: 1Gi}}, strategy: {customStrategy: {env: [{name: DOCKER_HOST, value: 'tcp://a:2375'}]}}"
    container = only(read(tmp_path, build(spec)))
    assert container.environment.value("DOCKER_HOST") == "tcp://a:2375"
    assert container.limits.memory is not None
    assert container.limits.memory.value == "1Gi"


@pytest.mark.parametrize("holder", ["List", "Template"])
def test_builds_of_lists_and_templates_in_json(tmp_path, holder):
    one = {"kind": "BuildConfig", "apiVersion": "v1", "metadata": {"name": "${NAME}"}}
    one["spec"] = {"strategy": {"customStrategy": {"from": {"kind": "DockerImage", "name": "a/b:1"}}}}
    whole = {"apiVersion": "v1", "kind": holder, "items" if holder == "List" else "objects": [one]}
    write_files(tmp_path, {"b.json": json.dumps(whole)})
    assert [each.rule.id for each in scan(Options(paths=(str(tmp_path),))).open] == ["privileged-container"]


def test_a_custom_build_is_read_though_no_other_word_of_ours_stands_there(tmp_path):
    write_files(tmp_path, {"b.yaml": build("strategy: {customStrategy: {from: {kind: ImageStreamTag, name: x}}}")})
    assert [each.rule.id for each in scan(Options(paths=(str(tmp_path),))).open] == ["privileged-container"]


def test_nothing_is_taken_away_that_nobody_wrote(tmp_path):
    from dindguard.fixes import mending  # few tests need it

    write_files(tmp_path, {"b.yaml": build("strategy: {customStrategy: {from: {kind: ImageStreamTag, name: x}}}")})
    mended = mending.mend(Options(paths=(str(tmp_path),)), unsafe=True)
    assert [each.why for each in mended.refused] == ["nobody wrote it: it is so by itself"]
