"""What a container is allowed, and what it shares with its host: capabilities, namespaces, filters.

The facts: docs/engine-facts.md, "Privileged mode".
"""

from __future__ import annotations

from dindguard.model.values import Flag, Text
from dindguard.records import record


@record(kw_only=True, slots=True)
class Capabilities:
    """Capabilities added to and dropped from the engine's default set, as typed."""

    added: tuple[Text, ...] = ()
    dropped: tuple[Text, ...] = ()

    @property
    def effective(self) -> frozenset[str]:
        """The capabilities that are left of the default set with what is added, as far as the files tell."""
        from dindguard.model import capabilities  # few containers are given any

        return capabilities.effective(
            (text.value for text in self.added if text.value is not None),
            (text.value for text in self.dropped if text.value is not None),
        )

    def adding(self, *names: str) -> Text | None:
        """Return the first text that adds one of ``names`` (``SYS_ADMIN``, ``ALL``)."""
        if not self.added:
            return None
        from dindguard.model.capabilities import normalise

        return next((text for text in self.added if normalise(text.value or "") in names), None)

    def dropping(self, *names: str) -> Text | None:
        """Return the text that takes one of ``names`` away, if any of them is gone: the name itself, or ``ALL``."""
        from dindguard.model.capabilities import normalise

        missing = set(names) - self.effective
        dropped = (*missing, "ALL") if missing else ()
        return next((text for text in self.dropped if normalise(text.value or "") in dropped), None)


@record(kw_only=True, slots=True)
class Namespaces:
    """Whose namespaces a container lives in: ``host``, ``private``, ``container:x``, ``service:x``, a network's name.

    ``None`` means that nobody wrote it. ``cgroup`` is filled in by formats whose platform has a default of
    its own (Kubernetes leaves privileged containers in the host's cgroup namespace).
    """

    pid: Text | None = None
    ipc: Text | None = None
    network: Text | None = None
    uts: Text | None = None
    user: Text | None = None
    cgroup: Text | None = None

    def host(self, name: str) -> Text | None:
        """Return the text that makes the namespace ``name`` (``pid``, ``network`` …) the host's; else ``None``."""
        text: Text | None = getattr(self, name)
        return text if text is not None and text.value == "host" else None

    def undecided(self, name: str) -> Text | None:
        """Return the text of a namespace that the files do not decide."""
        text: Text | None = getattr(self, name)
        return text if text is not None and text.unknown else None


@record(kw_only=True, slots=True)
class Confinement:
    """Seccomp, AppArmor, SELinux and masked paths, as written: ``None`` is the engine's default.

    ``seccomp`` and ``apparmor`` hold ``unconfined``, a profile, or ``default``; ``selinux`` the label options
    (``disable``, ``type:spc_t``); ``system_paths`` ``unconfined`` when ``/proc`` and ``/sys`` are unmasked.
    """

    seccomp: Text | None = None
    apparmor: Text | None = None
    selinux: tuple[Text, ...] = ()
    system_paths: Text | None = None
    no_new_privileges: Flag | None = None
    writable_cgroups: Flag | None = None
    apparmor_again: Text | None = None
    """A second place that sets AppArmor, where a platform has two."""
    undecided: tuple[Text, ...] = ()
    """Whole options that the files do not decide: any of them may switch any of these off."""

    @property
    def seccomp_off(self) -> Text | None:
        """What switches the system call filter off, or may: the text is then unknown."""
        return _off(self.seccomp)

    @property
    def apparmor_off(self) -> Text | None:
        """What switches AppArmor off, or may: the text is then unknown."""
        return _off(self.apparmor)

    @property
    def masks_off(self) -> Text | None:
        """What opens the masked paths of ``/proc`` and ``/sys``, or may: the text is then unknown."""
        return _off(self.system_paths)

    def covers(self, path: str, target: str | None) -> bool:
        """Whether what is mounted of the host lies where the engine covers what changes the kernel with itself, read-only.

        The host's ``/proc`` at ``/proc`` is covered like the container's own (moby ``oci/defaults.go``, ``ReadonlyPaths``).
        """
        return path == target == "/proc" and self.masks_off is None

    @property
    def selinux_off(self) -> Text | None:
        """The label option that switches SELinux off: ``disable``, or the type of a privileged container."""
        return next((label for label in self.selinux if label.value in ("disable", "type:spc_t")), None)


def _off(text: Text | None) -> Text | None:
    if text is None or (text.value is not None and text.value.strip().lower() not in ("unconfined", "all")):
        return None
    return text
