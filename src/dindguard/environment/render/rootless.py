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
    """Tell whether the official image is to be changed; an image of the user's own is taken as it is."""
    return spec.isolation is Isolation.ROOTLESS and (
        not spec.daemon_image or spec.daemon_image.startswith(f"{Isolation.ROOTLESS.daemon_image}@")
    )


def dockerfile(spec: Spec) -> str:
    """Return the Dockerfile of the changed image."""
    return _DOCKERFILE.replace("@{base}", spec.image_for(Isolation.ROOTLESS))


def image(spec: Spec) -> str:
    """Return the image to start: the changed one, or what ``spec`` says."""
    assert spec.isolation is not None
    return DERIVED_IMAGE if is_derived(spec) else spec.image_for(spec.isolation)
