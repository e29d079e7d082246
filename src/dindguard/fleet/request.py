"""What a task is asked, and what it answers: short texts, which are checked by whoever gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dindguard.fleet.limits import Limits
from dindguard.fleet.schema import VERSION, Standing
from dindguard.records import field, record

_ANSWER = re.compile(
    r"(?P<key>[0-9a-f]{32}) (?P<standing>scanned|incomplete|quarantined)"
    r" (?P<worst>critical|high|medium|low|info|none) (?P<fresh>new|kept)"
)
LONGEST_ANSWER = 100


@record(kw_only=True)
class Asking:
    """What is the same for every repository of a run.

    ``out`` is the fleet's folder, ``policy`` the organisation's file, empty without one; ``rules`` and ``floor`` are the
    hashes of the rules and of that file, ``dindguard`` the version. ``today`` decides what has expired. ``retry`` scans what is
    quarantined once more. ``marker`` is a file that a worker must see in ``out``.
    """

    run: str
    out: str
    policy: str
    dindguard: str
    rules: str
    floor: str
    today: str
    marker: str = ""
    retry: bool = False
    limits: Limits = field(default_factory=Limits)


@record(kw_only=True)
class Request:
    """One repository to be scanned."""

    name: str
    path: str
    revision: str
    labels: Mapping[str, str]
    asking: Asking

    def text(self) -> str:
        """Return it as text."""
        common = {each: getattr(self.asking, each) for each in _COMMON}
        common["limits"] = self.asking.limits.as_data()
        own = {"name": self.name, "path": self.path, "revision": self.revision, "labels": dict(self.labels)}
        return json.dumps({**own, **common, "retry": self.asking.retry})

    @classmethod
    def of(cls, text: str) -> Request:
        """Return the request that a text holds."""
        data: dict[str, Any] = json.loads(text)
        common = {name: str(data[name]) for name in _COMMON}
        asking = Asking(**common, retry=bool(data["retry"]), limits=Limits.of(data["limits"]))
        labels = {str(name): str(value) for name, value in data["labels"].items()}
        return cls(
            name=str(data["name"]),
            path=str(data["path"]),
            revision=str(data["revision"]),
            labels=labels,
            asking=asking,
        )

    def key(self, content: str) -> str:
        """Return the key of the result for a content: 32 hexadecimal digits."""
        asking = self.asking
        labels = json.dumps(dict(self.labels), sort_keys=True)
        return digest(str(VERSION), self.name, labels, content, asking.dindguard, asking.rules, asking.floor)

    def key_of_source(self) -> str:
        """Return the key of a result that has no content: its source could not be read far enough to tell it."""
        return self.key(f"?{self.path}\0{self.revision}")


_COMMON = ("run", "out", "policy", "dindguard", "rules", "floor", "today", "marker")


@record
class Answer:
    """What a task says of a repository: the key of its result, and what came of it."""

    key: str
    standing: Standing
    worst: str
    fresh: bool

    def __str__(self) -> str:
        return f"{self.key} {self.standing} {self.worst or 'none'} {'new' if self.fresh else 'kept'}"

    @classmethod
    def of(cls, text: object) -> Answer | None:
        """Return the answer that a text is; ``None`` for anything else: workers are not trusted."""
        if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
            return None
        found = _ANSWER.fullmatch(text)
        if found is None:
            return None
        worst = "" if found["worst"] == "none" else found["worst"]
        return cls(found["key"], Standing(found["standing"]), worst, found["fresh"] == "new")


def digest(*texts: str) -> str:
    """Return a hash of texts: 32 hexadecimal digits."""
    import hashlib

    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
