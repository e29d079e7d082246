"""A stranger's rule, checked by mypy --strict: the rule API keeps its types, and refuses what does not fit."""

from collections.abc import Iterator

from dindguard.api import Container, Engine, Problem, Severity, Undecided, reason, rule


@rule("acme-privileged", each=Container, severity=Severity.HIGH, category="acme", since="1.0.0")
def fits(container: Container) -> Iterator[Problem | Undecided]:
    """Take what was asked for."""
    if container.privileged.on:
        yield Problem(
            container.privileged, f"{container} is privileged", because=(reason("its image", container.image),)
        )


@rule("acme-mismatch", each=Engine, severity=Severity.HIGH, category="acme", since="1.0.0")  # type: ignore[arg-type]
def does_not_fit(container: Container) -> Iterator[Problem]:
    """Ask for daemons and take containers: mypy must refuse it, or the ignore above is unused and refused itself."""
    yield Problem(container, "never")


@rule("acme-place", each=Container, severity=Severity.HIGH, category="acme", since="1.0.0")
def gives_a_place_alone(container: Container) -> Iterator[Problem]:
    """Name a place without saying why it matters: refused as well."""
    yield Problem(container, "never", because=(container.image,))  # type: ignore[arg-type]
