"""The options of the container engines' command lines: which take no value, and what the short ones mean.

The tables follow the command-line references of Docker (CLI 29, with Buildx and Compose), Podman 5 and
nerdctl 2. An option that is not in ``switches`` takes a value, as almost all of them do.
"""

from __future__ import annotations

from dindguard.model.engine_settings import BOOLEANS, SHORT
from dindguard.named_tuples import NamedTuple


def names(text: str) -> frozenset[str]:
    """Return the words of ``text`` as a set."""
    return frozenset(text.split())


def _letters(text: str) -> dict[str, str]:
    return {pair[0]: pair[2:] for pair in text.split()}


class Flags(NamedTuple):
    """The options of one action.

    ``switches`` take no value unless ``=`` gives one; ``letters`` maps short options to long ones. With
    ``interspersed``, options may follow the first argument.
    """

    switches: frozenset[str]
    letters: dict[str, str]
    interspersed: bool = False


ALIASES = {
    "net": "network",
    "net-alias": "network-alias",
    "graph": "data-root",
    "storage-opts": "storage-opt",
}
"""Old names of options, and today's."""

GLOBAL = Flags(
    names("debug tls tlsverify version help experimental remote insecure-registry debug-full"),
    _letters("c=context D=debug H=host l=log-level v=version a=address n=namespace h=help"),
)

_RUN_SWITCHES = names(
    "detach interactive tty rm read-only privileged publish-all no-healthcheck oom-kill-disable init sig-proxy"
    " quiet use-api-socket help disable-content-trust"
    # Podman
    " env-host http-proxy read-only-tmpfs replace rootfs rmi unsetenv-all tls-verify no-hosts no-hostname passwd"
)
_RUN_LETTERS = _letters(
    "a=attach c=cpu-shares d=detach e=env h=hostname i=interactive l=label m=memory p=publish P=publish-all"
    " q=quiet t=tty u=user v=volume w=workdir"
)
_BUILD_SWITCHES = names(
    "no-cache pull rm force-rm quiet squash compress push load check help disable-content-trust debug layers"
    " tls-verify no-hosts stdin all-platforms"
)
_BUILD_LETTERS = _letters("t=tag f=file c=cpu-shares m=memory o=output q=quiet D=debug v=volume")
_SERVICE = Flags(
    names(
        "detach quiet tty no-healthcheck init read-only with-registry-auth no-resolve-image force rollback help"
        " insecure"
    ),
    _letters("d=detach e=env l=label p=publish q=quiet t=tty u=user w=workdir"),
)

ACTIONS: dict[str, Flags] = {
    "run": Flags(_RUN_SWITCHES, _RUN_LETTERS),
    "create": Flags(_RUN_SWITCHES, _RUN_LETTERS),
    "exec": Flags(
        names("detach interactive tty privileged help latest"),
        _letters("d=detach e=env i=interactive t=tty u=user w=workdir l=latest"),
    ),
    "build": Flags(_BUILD_SWITCHES, _BUILD_LETTERS, interspersed=True),
    "buildx build": Flags(_BUILD_SWITCHES, _BUILD_LETTERS, interspersed=True),
    "buildx bake": Flags(
        names("check load push no-cache pull print debug help"),
        _letters("f=file D=debug o=output"),
        interspersed=True,
    ),
    "buildx create": Flags(names("append bootstrap leave use debug help"), _letters("D=debug"), interspersed=True),
    "service create": _SERVICE,
    "service update": Flags(_SERVICE.switches, _SERVICE.letters, interspersed=True),
    "volume create": Flags(names("help ignore"), _letters("d=driver o=opt l=label"), interspersed=True),
    "network create": Flags(
        names("attachable ingress internal ipv6 ipv4 config-only help ignore disable-dns"),
        _letters("d=driver o=opt"),
        interspersed=True,
    ),
    "context create": Flags(names("help"), {}, interspersed=True),
    "context update": Flags(names("help"), {}, interspersed=True),
    "stack deploy": Flags(
        names("prune with-registry-auth detach quiet help"),
        _letters("c=compose-file d=detach q=quiet"),
        interspersed=True,
    ),
    "plugin install": Flags(
        names("disable disable-content-trust grant-all-permissions help"), {}, interspersed=False
    ),
    "login": Flags(names("password-stdin help tls-verify"), _letters("u=username p=password"), interspersed=True),
    "compose": Flags(
        names(
            "verbose dry-run compatibility all-resources no-ansi debug version help tls tlsverify skip-hostname-check"
        ),
        _letters("f=file p=project-name c=context D=debug H=host v=version h=help"),
    ),
    "compose up": Flags(
        names(
            "abort-on-container-exit abort-on-container-failure always-recreate-deps build detach force-recreate menu"
            " no-build no-color no-deps no-log-prefix no-recreate no-start quiet-build quiet-pull remove-orphans"
            " renew-anon-volumes timestamps wait watch yes help"
        ),
        _letters("d=detach V=renew-anon-volumes t=timeout w=watch y=yes"),
        interspersed=True,
    ),
    "compose create": Flags(
        names("build force-recreate no-build no-recreate quiet-pull remove-orphans yes help"),
        _letters("y=yes"),
        interspersed=True,
    ),
    "compose run": Flags(
        names(
            "detach rm no-TTY no-deps service-ports interactive build quiet quiet-build quiet-pull use-aliases"
            " remove-orphans tty help"
        ),
        _letters(
            "d=detach e=env i=interactive l=label p=publish P=service-ports q=quiet T=no-TTY t=tty u=user"
            " v=volume w=workdir"
        ),
    ),
    "compose exec": Flags(
        names("detach no-TTY privileged interactive tty help"),
        _letters("d=detach e=env T=no-TTY u=user w=workdir i=interactive t=tty"),
    ),
    "system service": Flags(names("help"), _letters("t=time"), interspersed=True),
}
"""The actions whose options are read; ``container run`` is ``run``, ``image build`` is ``build``."""

MANAGEMENT = names(
    "builder buildx checkpoint compose config container context image manifest network node plugin secret service"
    " stack swarm system trust volume machine pod kube generate"
)
"""Words after which a second word completes the action."""

SHORT_ACTIONS = {
    "container run": "run",
    "container create": "create",
    "container exec": "exec",
    "image build": "build",
    "builder build": "build",
    "buildx b": "buildx build",
}
"""Long forms of an action, and the one that :data:`ACTIONS` knows."""

DAEMON = Flags(BOOLEANS, {**SHORT, "p": "pidfile", "h": "help"}, interspersed=True)
"""The options of ``dockerd``; ``buildkitd`` shares their form (``--addr``, ``--allow-insecure-entitlement``)."""

DAEMON_PROGRAMS = names(
    "dockerd docker-daemon dockerd-entrypoint.sh dockerd-rootless.sh buildkitd dockerd-ce balenad"
)
"""Programs that are an engine, or start one with the options they are given."""
