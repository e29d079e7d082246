"""A daemon is given an option that newer engines no longer know.

## Why it matters
`-g`/`--graph` (and `graph` in `daemon.json`) was deprecated in 17.05 and removed in 23.0: the daemon exits with
"unknown flag". Until then it moved the data root, so nobody notices until the next image update.

## Instead
Write `--data-root`, or its key in `daemon.json`:

```json
{"data-root": "/var/lib/docker"}
```

## When it is fine
With an engine below 23.0, which has been out of support for years.

## References
- https://docs.docker.com/engine/deprecated/
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Problem,
    Rename,
    Severity,
    rule,
)


def fix(_: Engine, problem: Problem) -> Iterator[Edit]:
    """Keep the value under the name that engines know."""
    yield Rename(problem.at, "graph", "data-root")


@rule(
    "removed-engine-option",
    each=Engine,
    severity=Severity.HIGH,
    category="operation",
    since="0.1.0",
    asks=("launch.settings", "configuration"),
    fixes=(Fixer("writes the option's new name, data-root", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the old name of the data root's option."""
    written = engine.configuration["graph"] if engine.configuration is not None else None
    for setting in (engine.launch["graph"], written):
        if setting is None:
            continue
        old = engine.version is not None and engine.version < (23,)
        message = f"{engine} is given 'graph', which {'23.0 removed' if old else 'it does not know since 23.0'}"
        yield Problem(setting, message, severity=Severity.LOW if old else Severity.HIGH)
