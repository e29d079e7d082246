"""All that a rule may import: the model, and the words in which a rule speaks. Version :data:`API`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dindguard.edits import (
    Argument,
    Await,
    Edit,
    EngineOptions,
    Fixer,
    Give,
    Remove,
    RemovePart,
    Rename,
    Set,
    SocketProxy,
    Variable,
    Volume,
    removal,
    replacement,
)
from dindguard.model.access import Access, EscapePath, Permit
from dindguard.model.build_grant import BuildGrant, Power
from dindguard.model.certificates import Certificates
from dindguard.model.condition import come_together, goes_with
from dindguard.model.container import (
    Confinement,
    Container,
    ContainerKind,
    Device,
    EnvVar,
    Namespaces,
    Port,
    Role,
    Sandbox,
)
from dindguard.model.engine import Backing, Endpoint, Engine, Exposure, Machine, Owner, Reach
from dindguard.model.engine_image import Variant
from dindguard.model.image import Image
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import Launch, Setting
from dindguard.model.model import Model
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.policy import Policy
from dindguard.model.values import Flag, How, Text
from dindguard.model.workload import Placement, Platform, Replicas, Workload, WorkloadKind
from dindguard.rules import (
    API,
    Confidence,
    Problem,
    Profile,
    Rule,
    Severity,
    Undecided,
    reason,
    rule,
)
from dindguard.source import HasSpan, Span, Step
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard import remedies
    from dindguard.model import capabilities, durations, engine_versions, paths, storage_drivers, subnets
    from dindguard.model.aggravations import aggravations, keeps_privilege
    from dindguard.model.container_logs import unbounded_driver
    from dindguard.model.defences import switched_off, writes_kernel_files
    from dindguard.model.devices import RawAccess, device_access, rule_access
    from dindguard.model.image_content import EngineSecret, engine_secret, preloads
    from dindguard.model.privilege import beyond_baseline, leads_to_host, root_outside
    from dindguard.model.programs import needs_no_engine, never_uses_engines, only_builds
    from dindguard.model.readiness import waits_for
    from dindguard.model.sandbox_storage import unfit_storage
    from dindguard.model.workspaces import is_jobs_folder

_WHEN_NAMED = {
    "EngineSecret": "image_content",
    "RawAccess": "devices",
    "aggravations": "aggravations",
    "beyond_baseline": "privilege",
    "capabilities": "capabilities",
    "device_access": "devices",
    "durations": "durations",
    "engine_secret": "image_content",
    "engine_versions": "engine_versions",
    "is_jobs_folder": "workspaces",
    "keeps_privilege": "aggravations",
    "leads_to_host": "privilege",
    "needs_no_engine": "programs",
    "never_uses_engines": "programs",
    "only_builds": "programs",
    "paths": "paths",
    "preloads": "image_content",
    "remedies": "remedies",
    "root_outside": "privilege",
    "rule_access": "devices",
    "storage_drivers": "storage_drivers",
    "subnets": "subnets",
    "switched_off": "defences",
    "unbounded_driver": "container_logs",
    "unfit_storage": "sandbox_storage",
    "waits_for": "readiness",
    "writes_kernel_files": "defences",
}
"""What few rules need, and the module of the model it lives in (or is): imported when a rule names it."""


def __getattr__(name: str) -> object:
    if name not in _WHEN_NAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = "dindguard" if name == "remedies" else "dindguard.model"
    module = importlib.import_module(f"{package}.{_WHEN_NAMED[name]}")
    return getattr(module, name, module)


__all__ = [
    "API",
    "Access",
    "Argument",
    "Await",
    "Backing",
    "BuildGrant",
    "Certificates",
    "Confidence",
    "Confinement",
    "Container",
    "ContainerKind",
    "Device",
    "Edit",
    "Endpoint",
    "Engine",
    "EngineOptions",
    "EngineProduct",
    "EngineSecret",
    "EnvVar",
    "EscapePath",
    "Exposure",
    "Fixer",
    "Flag",
    "Give",
    "HasSpan",
    "How",
    "Image",
    "Invocation",
    "InvocationKind",
    "Launch",
    "Machine",
    "Medium",
    "Model",
    "Mount",
    "MountKind",
    "Namespaces",
    "Owner",
    "Permit",
    "Placement",
    "Platform",
    "Policy",
    "Port",
    "Power",
    "Problem",
    "Profile",
    "RawAccess",
    "Reach",
    "Remove",
    "RemovePart",
    "Rename",
    "Replicas",
    "Role",
    "Rule",
    "Sandbox",
    "Set",
    "Setting",
    "Severity",
    "SocketProxy",
    "Span",
    "Step",
    "Storage",
    "Text",
    "Undecided",
    "Variable",
    "Variant",
    "Volume",
    "Workload",
    "WorkloadKind",
    "aggravations",
    "beyond_baseline",
    "capabilities",
    "come_together",
    "device_access",
    "durations",
    "engine_secret",
    "engine_versions",
    "goes_with",
    "is_jobs_folder",
    "keeps_privilege",
    "leads_to_host",
    "needs_no_engine",
    "never_uses_engines",
    "only_builds",
    "paths",
    "preloads",
    "reason",
    "remedies",
    "removal",
    "replacement",
    "root_outside",
    "rule",
    "rule_access",
    "storage_drivers",
    "subnets",
    "switched_off",
    "unbounded_driver",
    "unfit_storage",
    "waits_for",
    "writes_kernel_files",
]
