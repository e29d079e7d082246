"""Sysbox is used without the approval that the policy asks for.

## Why it matters
Sysbox is a community project on best effort: it needs root on the host, its own service, a recent kernel, and
shares one range of user ids among all its containers. Some organisations want architects and security to agree
before a team relies on it. The rule is silent unless the configuration lists `sysbox` under `approval.require`.

## Instead
Write the approval record, and have it approved:

```console
$ dindguard waive --rule sysbox-without-approval --file compose.yaml
```

## When it is fine
With a valid approval record, or where the policy doesn't ask.

## References
- https://github.com/nestybox/sysbox
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/security.md
"""

from collections.abc import Iterator

from dindguard.api import Model, Problem, Severity, Undecided, rule


@rule(
    "sysbox-without-approval",
    each=Model,
    severity=Severity.LOW,
    category="sandbox",
    since="0.1.0",
    asks=("policy.require_approval_for and containers.runtime",),
    needs_approval="sysbox",
)
def check(model: Model) -> Iterator[Problem | Undecided]:
    """Report every Sysbox container where the policy wants an approval record."""
    if "sysbox" not in model.policy.require_approval_for:
        return
    for container in model.containers:
        runtime = container.runtime
        if runtime is not None and runtime.unknown and container.runs_containers:
            yield Undecided(runtime, runtime.variable, container)
        if container.sysbox is not None:
            message = f"{container} runs under Sysbox, for which the policy requires an approval record"
            yield Problem(container.sysbox, message, subject=container)
