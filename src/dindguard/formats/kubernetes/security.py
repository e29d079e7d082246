"""Security contexts of a pod and its containers: privileges, confinement, namespaces, users."""

from __future__ import annotations

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.values import boolean, meaning, negated, present
from dindguard.model.container import Capabilities, Confinement, Namespaces
from dindguard.model.values import Flag, Text, inherited
from dindguard.records import record, replace

_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_ANNOTATIONS = ("container.seccomp.security.alpha.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/pod")
_CRIO_USER_NAMESPACE = "io.kubernetes.cri-o.userns-mode"


@record
class Contexts:
    """What decides a container's privileges: its own context, its pod's, and the pod's annotations."""

    name: str
    own: Node
    spec: Node
    annotations: Node

    @property
    def pod(self) -> Node:
        """The pod's security context."""
        return self.spec["securityContext"]

    def either(self, key: str) -> Node:
        """Return a setting that the container's context takes over from its pod's."""
        own = self.own[key]
        return own if own.present and not own.is_null else self.pod[key]

    def privileged(self) -> Flag:
        """Return whether it is privileged: on Linux, or a host process on Windows, which is the same and more."""
        flag = boolean(self.own["privileged"], "privileged")
        if not flag.on:
            options = self.either("windowsOptions")
            process = boolean(options["hostProcess"], "hostProcess")
            if process.on:
                return process
        return flag

    def capabilities(self) -> Capabilities:
        """Return added and dropped capabilities."""
        capabilities = self.own["capabilities"]
        return Capabilities(
            added=present(*(written(item) for item in capabilities["add"].listed())),
            dropped=present(*(written(item) for item in capabilities["drop"].listed())),
        )

    def confinement(self) -> Confinement:
        """Return seccomp, AppArmor, SELinux and masked paths in the model's words."""
        options = self.either("seLinuxOptions")
        unmasked = self.own["procMount"]
        escalation = self.own["allowPrivilegeEscalation"]
        return Confinement(
            seccomp=_profile(self.either("seccompProfile")) or self._seccomp_annotation(),
            apparmor=_profile(self.either("appArmorProfile")) or self._apparmor_annotation(),
            apparmor_again=self._apparmor_annotation() if self.either("appArmorProfile").present else None,
            selinux=tuple(
                meaning(options[part], f"{part}:{options[part].content}")
                for part in ("user", "role", "type", "level")
                if options[part].is_scalar
            ),
            system_paths=meaning(unmasked, "unconfined") if unmasked.content == "Unmasked" else None,
            no_new_privileges=negated(boolean(escalation, "no_new_privileges"), "allowPrivilegeEscalation")
            if written(escalation)
            else None,
        )

    def _apparmor_annotation(self) -> Text | None:
        node = self.annotations[_APPARMOR_ANNOTATION + self.name]
        word = node.content
        if word == "unconfined":
            return meaning(node, word)
        if word.startswith("localhost/"):
            return meaning(node, word.removeprefix("localhost/"))
        return meaning(node, "default") if word == "runtime/default" else None

    def _seccomp_annotation(self) -> Text | None:
        """Return an old annotation's word, if it is *unconfined*: clusters since 1.27 apply no profile for one."""
        for key in (_SECCOMP_ANNOTATIONS[0] + self.name, _SECCOMP_ANNOTATIONS[1]):
            if self.annotations[key].content == "unconfined":
                return meaning(self.annotations[key], "unconfined")
        return None

    def namespaces(self) -> Namespaces:
        """Return the namespaces; a privileged container stays in the host's cgroup namespace.

        containerd and CRI-O unshare it only for containers that are not privileged
        (containerd internal/cri/server/container_create.go).
        """
        privileged = boolean(self.own["privileged"], "privileged")
        return Namespaces(
            pid=_host(self.spec["hostPID"]),
            ipc=_host(self.spec["hostIPC"]),
            network=_host(self.spec["hostNetwork"]),
            cgroup=inherited("host", privileged.span) if privileged.on else None,
        )

    def user_namespace(self) -> Flag | None:
        """Return whether the pod has a user namespace of its own, from its field or CRI-O's annotation."""
        users = self.spec["hostUsers"]
        if written(users):
            return negated(boolean(users, "hostUsers"), "hostUsers")
        mode = self.annotations[_CRIO_USER_NAMESPACE]
        if written(mode):
            word = mode.content.partition(":")[0]
            return Flag(word in ("auto", "private"), mode.span, name=_CRIO_USER_NAMESPACE)
        return None

    def user(self) -> Text | None:
        """Return the user it runs as; one that a chart leaves out by default is nobody's choice yet."""
        node = self.either("runAsUser")
        around = {*self.own.conditions, *self.pod.conditions}
        off = any(each.holds is False and each not in around for each in node.conditions)
        return None if off else written(node)

    def run_as_non_root(self) -> Flag | None:
        """Return whether the kubelet refuses to run it as root."""
        node = self.either("runAsNonRoot")
        return boolean(node, "runAsNonRoot") if written(node) else None

    def groups(self) -> tuple[Text, ...]:
        """Return its groups: the main one and the supplementary ones, the volumes' group among them."""
        return present(
            written(self.either("runAsGroup")),
            written(self.pod["fsGroup"]),
            *(written(item) for item in self.pod["supplementalGroups"]),
        )

    def ignored(self) -> tuple[str, ...]:
        """Return settings at the pod's level that exist for containers only; the API server drops them."""
        only = ("privileged", "capabilities", "allowPrivilegeEscalation", "procMount", "readOnlyRootFilesystem")
        return tuple(f"securityContext.{key}" for key in only if self.pod[key].present)


def _profile(node: Node) -> Text | None:
    kind = node["type"]
    if kind.content == "Unconfined":
        return meaning(kind, "unconfined")
    if kind.content == "RuntimeDefault":
        return meaning(kind, "default")
    if kind.content == "Localhost":
        return written(node["localhostProfile"]) or meaning(kind, "localhost")
    text = written(kind)
    return text if text is not None and text.unknown else None


def _host(node: Node) -> Text | None:
    flag = boolean(node, "")
    if not flag.set or flag.off:
        return None
    if flag.on:
        return meaning(node, "host")
    text = node.value
    return text if text.unknown else replace(text, value=None, partial="")
