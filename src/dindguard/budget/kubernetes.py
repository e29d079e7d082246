"""The limits in reading Kubernetes manifests, and charts of them."""

from __future__ import annotations

from dindguard.budget.limit import Limit, Loss

RELEASE_LAYERS = Limit(
    name="release-layers", most=200, what="a release is given more than {most} sets of values",
    lost="the rest was not read", remedy="give them in one file",
)  # fmt: skip
GIVEN_MOUNTS = Limit(
    name="given-mounts", most=20_000, what="what all containers of a pod are given comes to more than {most} mounts",
    lost="the last of it was not read", remedy="use fewer volumes or containers",
)  # fmt: skip
CHART_CONTAINERS = Limit(
    name="chart-containers", most=1_000, what="these values describe more than {most} containers", lost="the rest was not read",
    remedy="split the release",
)  # fmt: skip
VALUE_SETS = Limit(
    name="value-sets", most=20, what="this chart has more than {most} further files of values",
    lost="its templates were not read with the others",
)  # fmt: skip
LISTED_OBJECTS = Limit(
    name="listed-objects", most=20_000, what="this document lists more than {most} objects", lost="the rest was not read",
)  # fmt: skip
LIST_DEPTH = Limit(
    name="list-depth", most=20, what="lists lie in lists more than {most} levels deep", lost="the innermost were not read",
    remedy="use one list",
)  # fmt: skip
POD_SEARCH = Limit(
    name="pod-search", most=50_000, what="aliases and patches repeat more than {most:,} values of this object",
    lost="not all of them were searched for pods", remedy="use fewer aliases, or fewer copies in patches",
)  # fmt: skip
POD_OPENINGS = Limit(
    name="pod-openings", most=50_000, what="Services lead to the pods of this file in more than {most:,} ways",
    lost="the rest was not followed", remedy="use narrower selectors, or split the file",
)  # fmt: skip
POD_DEPTH = Limit(
    name="pod-depth", most=100, what="this document nests more than {most} levels",
    lost="what lies deeper was not searched for pods", remedy="end the alias that holds itself",
)  # fmt: skip
COMMON_SETTINGS = Limit(
    name="common-settings", most=2_000, what="the steps of this object are given more than {most:,} values that they have in "
    "common, and one for each 4 characters of it", lost="further steps were read without them",
    remedy="split the object, or write what few steps need with them",
)  # fmt: skip
PATCH_STEPS = Limit(
    name="patch-steps", most=20_000, what="a patch touches more than {most} places", lost="it was not applied",
    remedy="split the patch, or use fewer aliases",
)  # fmt: skip
PATCH_DEPTH = Limit(
    name="patch-depth", most=100, what="a patch goes deeper than {most} levels", lost="it was not applied",
    remedy="end the alias that holds itself",
)  # fmt: skip
PATCH_COPIES = Limit(
    name="patch-copies", most=8, what="a patch copies more than {most} times", lost="it was not applied",
    remedy="write what is copied",
)  # fmt: skip
PATCH_PATTERN = Limit(
    name="patch-pattern", most=200, what="a patch is for what fits a pattern of more than {most} characters, or of more than "
    "words, '.*' and one choice in '|'", lost="it is unknown what that is, and the patch was not applied",
    remedy="name what it is for", loss=Loss.UNKNOWN,
)  # fmt: skip
KUSTOMIZE_DEPTH = Limit(
    name="kustomize-depth", most=30, what="kustomizations refer to each other more than {most} levels deep",
    lost="those below were not built", remedy="use fewer levels",
)  # fmt: skip
OVERLAID_RESOURCES = Limit(
    name="overlaid-resources", most=10_000, what="kustomizations hand resources to overlays and patches more than {most:,} times "
    "and once for each 32 characters of all manifests, counting what they change by its length",
    lost="what further ones change was not looked at",
    remedy="scan fewer overlays at a time",
)  # fmt: skip
ENCODED_TEXT = Limit(
    name="encoded-text", most=100_000, what="a Secret's value is longer than {most} characters",
    lost="it was not decoded", remedy="mount it from a file of the image",
)  # fmt: skip
IMAGE_SEARCH = Limit(
    name="image-search", most=50_000, what="a resource has more than {most} values",
    lost="its images were not replaced", remedy="split the resource, or use fewer aliases",
)  # fmt: skip
IMAGE_DEPTH = Limit(
    name="image-depth", most=60, what="a resource nests more than {most} levels", lost="its images were not replaced there",
    remedy="end the alias that holds itself",
)  # fmt: skip
IMPORTED_VARIABLES = Limit(
    name="imported-variables", most=10_000, what="containers take more than {most:,} variables from ConfigMaps as a whole, or "
    "from lists that stand elsewhere (an alias, a template's values)", lost="those of further containers are unknown",
    remedy="scan fewer manifests at a time, or name the variables", loss=Loss.UNKNOWN,
)  # fmt: skip
