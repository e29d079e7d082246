"""A daemon is given one setting as an option and in its configuration file.

## Why it matters
dockerd refuses to start: "the following directives are specified both as a flag and in the configuration file".
The classic is `hosts`: the official image's entry point always passes `--host`, so *any* `hosts` key in a mounted
`daemon.json` breaks it.

## Instead
Keep the setting in one place: remove the key from `daemon.json`, or pass `dockerd` without the option.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    command: ["--registry-mirror=https://mirror.example.com"]    # and no such key in daemon.json
```

## When it is fine
Never: equal values are refused as well.

## References
- https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
- moby `daemon/config/config.go`
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, Step, come_together, rule


@rule(
    "conflicting-engine-settings",
    each=Engine,
    severity=Severity.HIGH,
    category="daemon-api",
    since="0.1.0",
    asks=("configuration",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report settings that stand in the file and on the command line."""
    if engine.configuration is None:
        return
    for setting in {setting.name: setting for setting in reversed(engine.configuration.settings)}.values():
        given = engine.launch[setting.name]
        if given is not None and not come_together(given, setting):
            continue  # a template writes the one or the other
        if given is not None:
            step = Step("and as an option here", given.span)
        elif setting.name in engine.launch.implied:
            step = Step(f"the entry point always passes --{setting.name}", engine.launch.span)
        else:
            continue
        yield Problem(setting, f"{engine} is given '{setting.name}' twice and refuses to start", (step,))
