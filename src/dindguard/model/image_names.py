"""What of an image's repository tells the product: its last parts, without what mirrors and machines add."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def last_two(repository: str) -> str:
    """Return the owner and the name of an image; Rancher mirrors both in one name (``rancher/mirrored-calico-node``)."""
    *_, owner, name = ("", *repository.split("/"))
    if name.startswith("mirrored-"):
        owner, _, name = name.removeprefix("mirrored-").partition("-")
    return f"{owner}/{name}" if owner not in ("", "library") else name


_MACHINES = ("-amd64", "-arm64", "-arm", "-ppc64le", "-s390x")


def of_any_machine(name: str) -> str:
    """Return an image's name without the kind of machine that it is for: ``kube-proxy-amd64``."""
    return next((name.removesuffix(each) for each in _MACHINES if name.endswith(each)), name)
