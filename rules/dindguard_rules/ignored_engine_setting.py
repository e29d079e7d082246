"""An engine's configuration file has a key that the engine ignores.

## Why it matters
`daemon.json` has names of its own where an option can be given several times: `hosts` for `--host`, `registry-mirrors`
for `--registry-mirror`, `authorization-plugins` for `--authorization-plugin`. dockerd accepts the option's name as a key,
because it knows it, and reads nothing from it: no error, no effect. A plugin that should check every call is then not
asked, a listener that should be there is not.

## Instead
Write the key that the file knows instead of the option's name: `hosts` for `host`, and mostly a list:

```json
{"authorization-plugins": ["opa-docker-authz"], "registry-mirrors": ["https://mirror.example.com"]}
```

`dockerd --validate --config-file /etc/docker/daemon.json` does not find it; `docker info` shows what is in force.

## When it is fine
Never: the line does nothing.

## References
- https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
- moby `daemon/config/config.go`, findConfigurationConflicts
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, rule


@rule(
    "ignored-engine-setting",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("configuration.ignored",),
    formats="only daemon.json has keys that are named otherwise than the options",
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report keys that are names of options."""
    for setting in engine.configuration.ignored if engine.configuration is not None else ():
        yield Problem(setting, f"{engine} ignores '{setting.name}': the file's key has another name")
