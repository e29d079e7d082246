"""The official rootless image, changed so that two capabilities are enough."""

from __future__ import annotations

from dindguard.environment.spec import ENGINE_VERSION, Isolation, Spec

DERIVED_IMAGE = f"nested-engine:{ENGINE_VERSION}-dind-rootless"
_DOCKERFILE = """\
# newuidmap and newgidmap are setuid programs in the official image, and the kernel would ask for SYS_ADMIN. With
# file capabilities they do with SETUID and SETGID.
FROM @{base}
USER root
RUN command -v setcap >/dev/null || apk add --no-cache libcap-setcap; \\
    chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap && \\
    setcap cap_setuid+ep /usr/bin/newuidmap && \\
    setcap cap_setgid+ep /usr/bin/newgidmap
USER rootless"""


def is_derived(spec: Spec) -> bool:
    """Tell whether the image is to be changed: the official one, or a mirror's copy of it; another is taken as it is.

    A copy is told by its name: ``docker`` as the repository's last part, and ``dind-rootless`` at the end of the tag.
    """
    if spec.isolation is not Isolation.ROOTLESS:
        return False
    name, _, tag = spec.image_for(Isolation.ROOTLESS).partition("@")[0].rpartition(":")
    return name.rpartition("/")[2] == "docker" and tag.endswith("dind-rootless")


def dockerfile(spec: Spec) -> str:
    """Return the Dockerfile of the changed image."""
    return _DOCKERFILE.replace("@{base}", spec.image_for(Isolation.ROOTLESS))


def image(spec: Spec) -> str:
    """Return the image to start: the changed one, or what ``spec`` says."""
    assert spec.isolation is not None
    return DERIVED_IMAGE if is_derived(spec) else spec.image_for(spec.isolation)
