"""Docker Compose."""

from __future__ import annotations

from textwrap import indent

from dindguard.environment.render import rootless
from dindguard.environment.render.template import common, fill, quoted
from dindguard.environment.spec import MIRROR_IMAGE, Isolation, Spec

_ISOLATION = {
    Isolation.SYSBOX: "runtime: sysbox-runc",
    Isolation.ROOTLESS: """\
# newuidmap and newgidmap need these two, as file capabilities, and nothing else does.
cap_drop: [ALL]
cap_add: [SETUID, SETGID]
security_opt:
  # The system calls that a nested engine needs, inside its user namespace; not `unconfined`.
  - seccomp=./seccomp-nested.json
  # The profile docker-default refuses every mount. Without AppArmor the line does nothing.
  - apparmor=unconfined
  # Inner containers mount a /proc of their own, which the kernel refuses below a masked one.
  - systempaths=unconfined
devices:
  - @{tun}:/dev/net/tun  # for the network of the user namespace; must be open to everyone""",
    Isolation.PRIVILEGED: "privileged: true",
}
_OWN_MIRROR = """\

# Pull once, not once per job: a mirror keeps what was pulled. It is the answer to slow pulls; sharing one
# /var/lib/docker between engines, or the host's engine through its socket, is not.
mirror:
  image: @{mirror_image}
  environment:
    REGISTRY_PROXY_REMOTEURL: https://registry-1.docker.io
  volumes:
    - mirror:/var/lib/registry
  networks: [engine]
  read_only: true
  cap_drop: [ALL]
  security_opt: [no-new-privileges:true]
  mem_limit: 512m
  pids_limit: 256
  logging: *logging
  restart: unless-stopped"""


def render(spec: Spec) -> dict[str, str]:
    """Return ``compose.yaml``, with a registry mirror of its own unless ``spec`` names one."""
    assert spec.isolation is not None
    own = not spec.mirror
    arguments = [f"--registry-mirror={spec.mirror or 'http://mirror:5000'}"]
    if spec.isolation is Isolation.ROOTLESS:  # which looks in its home by itself, where it also has to write
        arguments.append("--config-file=/etc/docker/daemon.json")
    image = f"image: {rootless.image(spec)}"
    if rootless.is_derived(spec):
        image += "\nbuild:\n  dockerfile_inline: |\n" + indent(rootless.dockerfile(spec), "    ")
    values = common(spec) | {
        "image": image,
        "arguments": ", ".join(map(quoted, arguments)),
        "isolation_block": _ISOLATION[spec.isolation].replace("@{tun}", spec.tun_device),
        "mirror_dependency": "depends_on: [mirror]" if own else "",
        "mirror_service": _OWN_MIRROR.replace("@{mirror_image}", MIRROR_IMAGE) if own else "",
        "mirror_volume": "mirror:" if own else "",
    }
    return {"compose.yaml": fill("compose.tmpl", values)}
