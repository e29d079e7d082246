"""The environment proves itself: answers are collected from the engine, then judged by pure functions."""

from __future__ import annotations

from dindguard.engine_client import Engine
from dindguard.environment.signals import Guard
from dindguard.environment.verify.answers import Answer, Answers
from dindguard.environment.verify.collect import collect
from dindguard.environment.verify.report import NotVerifiedError, Report, judge
from dindguard.environment.verify.result import Outcome, Result

__all__ = ["Answer", "Answers", "NotVerifiedError", "Outcome", "Report", "Result", "collect", "judge", "verify"]


def verify(engine: Engine, name: str, guard: Guard) -> Report:
    """Ask the environment ``name`` everything now, and judge the answers."""
    return judge(collect(engine, name, guard))
