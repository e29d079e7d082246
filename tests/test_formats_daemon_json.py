"""daemon.json: each key under its flag's name, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.documents import json as reader
from dindguard.formats import Document, Reading
from dindguard.formats.daemon_json import reader as daemon_json
from dindguard.model.container import Container, ContainerKind
from dindguard.source import Gravity, Source, Span
from support import context_of


def read(text: str, owner: Container | None = None) -> Reading:
    source = Source("etc/daemon.json", text)
    documents = [Document(source, node, owner) for node in reader.read(source).documents]
    return daemon_json.read(documents, context_of(Path()))


def test_keys_become_settings_under_the_names_of_their_flags():
    (configuration,) = read("""{
  "hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"],
  "tls": false, // no
  "tlsverify": true,
  "storage-driver": "vfs",
  "data-root": "/data",
  "graph": "/old",
  "insecure-registries": ["r.example.org:5000"],
  "exec-opts": ["native.cgroupdriver=systemd"],
  "storage-opts": ["dm.basesize=20G"],
  "log-opts": {"max-size": "10m"},
  "default-address-pools": [{"base": "172.30.0.0/16", "size": 24}],
  "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 64000, "Soft": 64000}},
  "features": {"containerd-snapshotter": true},
  "builder": {"gc": {"enabled": true}},
  "runtimes": {"sysbox-runc": {"path": "/usr/bin/sysbox-runc"}},
  "default-runtime": "sysbox-runc",
  "userns-remap": "default",
  "bip": "172.17.0.1/16",
  "iptables": false,
  "live-restore": true,
  "mtu": 1400,
}""").configurations
    assert [(setting.name, str(setting.value)) for setting in configuration.settings] == [
        ("host", "unix:///var/run/docker.sock"),
        ("host", "tcp://0.0.0.0:2375"),
        ("tls", "false"),
        ("tlsverify", "true"),
        ("storage-driver", "vfs"),
        ("data-root", "/data"),
        ("graph", "/old"),
        ("insecure-registry", "r.example.org:5000"),
        ("exec-opt", "native.cgroupdriver=systemd"),
        ("storage-opt", "dm.basesize=20G"),
        ("log-opt", "max-size=10m"),
        ("default-address-pool", "base=172.30.0.0/16,size=24"),
        ("default-ulimit", "nofile=64000"),
        ("features.containerd-snapshotter", "true"),
        ("builder.gc.enabled", "true"),
        ("add-runtime", "sysbox-runc=/usr/bin/sysbox-runc"),
        ("default-runtime", "sysbox-runc"),
        ("userns-remap", "default"),
        ("bip", "172.17.0.1/16"),
        ("iptables", "false"),
        ("live-restore", "true"),
        ("mtu", "1400"),
    ]
    assert {setting.source for setting in configuration.settings} == {"file"}
    tcp = configuration.settings[1]
    assert (tcp.span.line, tcp.span.column, tcp.span.end_column) == (2, 44, 64)
    assert (configuration.product, configuration.span.path, configuration.container) == (
        "docker",
        "etc/daemon.json",
        None,
    )


def test_the_owner_is_the_container_it_was_found_in():
    owner = Container(name="dind", address="a", kind=ContainerKind.SERVICE, span=Span("c", 1, 1, 1, 2))
    (configuration,) = read("{}", owner).configurations
    assert configuration.container is owner


@pytest.mark.parametrize("text", ["[]", '"x"', "1"])
def test_what_is_no_object_is_an_error(text):
    reading = read(text)
    assert reading.configurations == []
    assert [(notice.kind, notice.gravity) for notice in reading.notices] == [("unreadable", Gravity.ERROR)]


def test_odd_values_are_left_out_or_kept_as_typed():
    (configuration,) = read(
        '{"hosts": "tcp://:2375", "log-opts": ["a"], "builder": [], "tls": null, "x": [[1]]}'
    ).configurations
    found = [(setting.name, str(setting.value)) for setting in configuration.settings]
    assert found[:3] == [("host", "tcp://:2375"), ("log-opt", "a"), ("tls", "null")]
