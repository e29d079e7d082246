"""A command is run in a container with every capability.

## Why it matters
`docker exec --privileged`, and a hook's `privileged: true`, give one process all capabilities of the host's root,
in a container that was started without them. The container's seccomp and AppArmor profiles stay, its devices too;
but the process runs what the *image* holds at that moment: whoever changed the program in the container has it run
with `SYS_ADMIN`, `SYS_MODULE` and `DAC_READ_SEARCH`.

## Instead
Do it as root without the flag (`user: root` suffices for files and packages), or before the container starts:

```yaml
services:
  app:
    image: example/app:1
    post_start:
      - command: chown -R 1000:1000 /data
        user: root
```

## When it is fine
A kernel setting that the container itself can't make, in a script that an administrator runs by hand: an `exec` in a
script is *medium*, a hook runs at every start. A container that is privileged anyway is told of by itself.

## References
- https://docs.docker.com/reference/cli/docker/container/exec/
- https://docs.docker.com/compose/how-tos/lifecycle/
- CIS Docker Benchmark 1.6, 5.23; moby `daemon/exec_linux.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Invocation,
    InvocationKind,
    Model,
    Problem,
    Severity,
    Undecided,
    removal,
    rule,
)


@rule(
    "privileged-command",
    each=Model,
    severity=Severity.HIGH,
    category="privilege",
    cwe=250,
    since="0.1.0",
    asks=(
        "containers.privileged_commands",
        "invocations.kind is engine call",
    ),
    fixes=(removal("removes privileged mode from the command", unsafe=True),),
)
def check(model: Model) -> Iterator[Problem | Undecided]:
    """Report privileged hooks, and privileged exec commands in scripts."""
    for container in model.containers:
        for flag in () if container.privileged.on else container.privileged_commands:
            if flag.unknown:
                yield Undecided(flag, flag.variable)
            else:
                message = f"{container} runs a command with every capability of the host's root"
                yield Problem(flag, message, subject=container)
    for invocation in model.invocations:
        option = invocation.option("privileged")
        called = invocation.kind is InvocationKind.ENGINE_CALL and invocation.action.endswith("exec")
        if called and option is not None and option.value == "true" and not _gains_nothing(model, invocation):
            message = f"{invocation} runs with every capability of the host's root"
            yield Problem(option, message, severity=Severity.MEDIUM, subject=invocation)


def _gains_nothing(model: Model, invocation: Invocation) -> bool:
    """Whether all containers that the command may mean, by the name that it gives, are privileged themselves."""
    target = str(invocation.arguments[0]) if invocation.arguments else ""
    meant = [each for each in model.containers if each.started and target in _names(each)] if target else []
    beside = [each for each in meant if each.span.path == invocation.span.path]
    return bool(meant) and all(each.privileged.on for each in beside or meant)


def _names(container: Container) -> Iterator[str]:
    yield container.name
    yield from (str(alias) for alias in container.aliases)
