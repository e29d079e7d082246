"""Whether an engine's data root can hold images in the sandbox that its container runs in."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import bind, container, model, text, volume
from dindguard.model.mount import Mount, MountKind
from dindguard.model.sandbox_storage import unfit_storage
from dindguard.model.values import unset
from dindguard.scanning import Options, scan
from support import write_files

DIND = "docker:29.10.0-dind"
KATA = "keeps its data in the image's own volume, which Kata shares through virtiofs"
FOLDER = "keeps its data in a directory of the host, which Kata shares through virtiofs"
GVISOR = "keeps its data where gVisor mounts no overlay for the containerd store"


def in_memory() -> Mount:
    place = text("x").span
    return Mount(
        kind=MountKind.TMPFS,
        source=None,
        target=text("/var/lib/docker"),
        span=place,
        read_only=unset(place, "read_only"),
    )


@pytest.mark.parametrize(
    ("runtime", "fields", "why"),
    [
        ("kata", {}, KATA),
        ("kata", {"mounts": (bind("/srv", "/var/lib/docker"),)}, FOLDER),
        ("kata", {"mounts": (volume("data", "/var/lib/docker"),)}, ""),
        ("kata", {"command": ["--storage-driver=vfs"]}, ""),
        ("kata", {"command": ["--storage-driver=native"]}, ""),
        ("kata", {"command": ["--storage-driver=fuse-overlayfs"]}, ""),
        ("kata", {"command": ["--storage-driver=overlay2"]}, KATA),
        ("runsc", {}, GVISOR),
        ("runsc", {"mounts": (volume("data", "/var/lib/docker"),)}, GVISOR),
        ("runsc", {"mounts": (in_memory(),)}, ""),
        ("runsc", {"image": "docker:28.5.2-dind"}, ""),
        ("runsc", {"image": "docker:dind"}, GVISOR),
        ("runsc", {"image": "team/docker:29.10.0-dind"}, ""),  # nobody tells which volumes it declares
        ("runsc", {"command": ["--storage-driver=vfs"]}, ""),
        ("runsc", {"command": ["--storage-driver=overlayfs"]}, GVISOR),
        ("runsc", {"command": ["--feature", "containerd-snapshotter=false"]}, ""),
        ("runsc", {"command": ["--feature=containerd-snapshotter=false"]}, ""),
        ("runsc", {"command": ["--feature=containerd-snapshotter=true"]}, GVISOR),
        ("runsc", {"command": ["--feature=other=false"]}, GVISOR),
        ("runc", {}, ""),
        ("sysbox-runc", {}, ""),
        ("kata", {"image": "moby/buildkit:v0.26.0"}, ""),
    ],
)
def test_where_images_cannot_be_kept(runtime: str, fields: dict[str, object], why: str) -> None:
    found = model(container(**{"image": DIND, "runtime": text(runtime), **fields})).engines  # type: ignore[arg-type]
    assert [unfit_storage(engine) for engine in found] == [why]


SANDBOXED = """services:
  dind:
    image: docker:29.10.0-dind
    runtime: runsc
    volumes: ['{source}:/var/lib/docker']
    configs: [{{source: settings, target: /etc/docker/daemon.json}}]
volumes: {{data: {{}}}}
configs: {{settings: {{content: '{settings}'}}}}
"""


@pytest.mark.parametrize(
    ("source", "settings", "why"),
    [
        ("data", '{"debug": true}', GVISOR),
        ("data", '{"features": {"containerd-snapshotter": false}}', ""),
        ("data", '{"features": {"containerd-snapshotter": true}}', GVISOR),
        ("data", '{"features": {"buildkit": false}}', GVISOR),
        ("data", '{"storage-driver": "vfs"}', ""),
        ("data", '{"storage-driver": "overlayfs"}', GVISOR),
    ],
)
def test_what_a_configuration_file_makes_of_it(tmp_path: Path, source: str, settings: str, why: str) -> None:
    root = write_files(tmp_path, {"compose.yaml": SANDBOXED.format(source=source, settings=settings)})
    (engine,) = scan(Options(paths=(root,), root=root)).model.engines
    assert unfit_storage(engine) == why
