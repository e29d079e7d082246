"""What infer concludes is settled once, and what was read stays as it is."""

from __future__ import annotations

import pytest

from build import bind, container, model, on, span
from dindguard.formats import Reading
from dindguard.infer import infer
from dindguard.model.container import ContainerKind, Role
from dindguard.model.facts import Contact, Origin, SettledTwiceError
from dindguard.model.workload import Platform, Workload, WorkloadKind


def test_each_kind_of_fact_comes_once() -> None:
    it = container("docker:29-dind")
    engine = model(it).engines[0]
    assert it.role is Role.ENGINE
    with pytest.raises(SettledTwiceError, match="origin"):
        it.settle(Origin())
    with pytest.raises(SettledTwiceError, match="contact"):
        engine.settle(Contact())


def test_an_object_that_nobody_concluded_about_has_no_facts_and_can_be_asked() -> None:
    it = container("docker:29-dind")
    assert it.engine is None
    assert it.as_root.unknown
    assert it.accesses == ()


def test_a_runners_default_is_a_layer_above_the_job_that_was_read() -> None:
    default = container(
        name="default", kind=ContainerKind.RUNNER_DEFAULT, privileged=on(), mounts=(bind("/cache", "/cache"),)
    )
    job = container("alpine:3.22", name="build", kind=ContainerKind.JOB)
    runner = Workload(
        name="r",
        address="r",
        kind=WorkloadKind.RUNNER,
        platform=Platform.GITLAB,
        serves=Platform.GITLAB,
        span=span(),
        containers=(default,),
    )
    pipeline = Workload(
        name="p", address="p", kind=WorkloadKind.JOB, platform=Platform.GITLAB, span=span(), containers=(job,)
    )
    found = infer([Reading(workloads=[runner, pipeline])])
    (layered,) = (each for each in found.containers if each.kind is ContainerKind.JOB)
    assert layered.privileged.on
    assert layered.given_by is default
    assert layered.workload.runner is runner
    assert runner.jobs == (layered.workload,)
    assert len(layered.mounts) == 1
    assert job.privileged.off
    assert job.mounts == ()
