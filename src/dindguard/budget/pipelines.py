"""The limits in reading pipelines of CI systems."""

from __future__ import annotations

from dindguard.budget.limit import Limit, Loss

COMPOSITE_LEVELS = Limit(
    name="composite-levels", most=10, what="actions use actions more than {most} levels deep, GitHub's own limit",
    lost="the innermost were not read", remedy="use fewer levels", loss=Loss.REFUSED,
)  # fmt: skip
LOCAL_ACTIONS = Limit(
    name="local-actions", most=300, what="a job uses local actions more than {most} times", lost="the rest was not read",
    remedy="split the job",
)  # fmt: skip
GITLAB_EXTENDS = Limit(
    name="gitlab-extends", most=10, what="jobs extend each other more than {most} levels deep, GitLab's own limit",
    lost="what lies deeper was not read", remedy="use fewer levels", loss=Loss.REFUSED,
)  # fmt: skip
GITLAB_REFERENCE_LEVELS = Limit(
    name="gitlab-reference-levels", most=10, what="!reference tags nest more than {most} levels, GitLab's own limit",
    lost="what lies deeper was not read", remedy="use fewer levels", loss=Loss.REFUSED,
)  # fmt: skip
GITLAB_REFERENCES = Limit(
    name="gitlab-references", most=100_000, what="this pipeline refers (!reference) more than {most} times",
    lost="the rest was not read", remedy="use fewer references",
)  # fmt: skip
GITLAB_MERGE_LEVELS = Limit(
    name="gitlab-merge-levels", most=30, what="a setting lies more than {most} levels deep", lost="it was not merged",
    remedy="end the alias that holds itself",
)  # fmt: skip
GITLAB_ITEMS = Limit(
    name="gitlab-items", most=50_000, what="the lists of this pipeline have more than {most} items",
    lost="the rest was not read", remedy="split the list, or use fewer aliases",
)  # fmt: skip
GITLAB_INCLUDES = Limit(
    name="gitlab-includes", most=150, what="this pipeline includes more than {most} files, GitLab's own limit",
    lost="the rest was not read", remedy="include fewer files", loss=Loss.REFUSED,
)  # fmt: skip
GITLAB_WILDCARDS = Limit(
    name="gitlab-wildcards", most=3, what="an include has more than {most} wildcards", lost="it was not looked up",
    remedy="name the folder",
)  # fmt: skip
GITLAB_SETTINGS = Limit(
    name="gitlab-settings", most=100_000, what="this pipeline merges more than {most:,} settings",
    lost="the rest was not merged", remedy="extend smaller jobs, or split the pipeline",
)  # fmt: skip
GITLAB_COMPARED = Limit(
    name="gitlab-compared", most=500_000, what="includes with wildcards are compared with files more than {most:,} times",
    lost="the further ones were not looked up", remedy="use fewer wildcards, or name the files",
)  # fmt: skip
GITLAB_JOBS = Limit(
    name="gitlab-jobs", most=2_000, what="this pipeline has more than {most} jobs", lost="the rest was not read",
    remedy="split the pipeline",
)  # fmt: skip
PIPELINE_VARIABLES = Limit(
    name="pipeline-variables", most=100_000, what="the jobs of this pipeline have more than {most:,} variables, each its own",
    lost="the rest was not read", remedy="split the pipeline, or set fewer variables for all jobs",
)  # fmt: skip
GITLAB_JOB_VARIABLES = Limit(
    name="gitlab-job-variables", most=500_000,
    what="the jobs of this pipeline that set variables see more than {most:,} of the pipeline's",
    lost="those were not read for further jobs", remedy="split the pipeline, or set fewer variables for all jobs",
)  # fmt: skip
GITLAB_SERVICES = Limit(
    name="gitlab-services", most=5_000, what="the jobs of this pipeline have more than {most:,} services",
    lost="the rest was not read", remedy="split the pipeline",
)  # fmt: skip
JENKINS_TEMPLATES = Limit(
    name="jenkins-templates", most=1_000, what="this configuration has more than {most} pod templates",
    lost="the rest was not read",
)  # fmt: skip
AZURE_ITEMS = Limit(
    name="azure-items", most=50_000, what="this pipeline's loops and templates come to more than {most} items",
    lost="the rest was not read", remedy="split the pipeline, or use fewer aliases",
)  # fmt: skip
AZURE_TEMPLATES = Limit(
    name="azure-templates", most=3_000, what="this pipeline uses templates more than {most} times",
    lost="the rest was not read", remedy="split the pipeline",
)  # fmt: skip
AZURE_TEMPLATE_LEVELS = Limit(
    name="azure-template-levels", most=20, what="templates use templates more than {most} levels deep",
    lost="the innermost were not read", remedy="use fewer levels",
)  # fmt: skip
MATRIX_IMAGES = Limit(
    name="matrix-images", most=20, what="the matrix of this job gives its images more than {most} values",
    lost="the rest was not read", remedy="use a smaller matrix, or literal images",
)  # fmt: skip
GITLAB_VARIABLES = Limit(
    name="gitlab-variables", most=20, what="variables are made of each other more than {most} levels deep",
    lost="their values are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
CIRCLECI_STEPS = Limit(
    name="circleci-steps", most=30_000, what="the jobs of this file, with their commands, come to more than {most:,} steps",
    lost="the rest was not read", remedy="split the file, or use fewer commands",
)  # fmt: skip
SCRIPT_COSTS = 2_000
"""A repeated script counts as at least so many characters: to read a short one costs more than its length."""

REPEATED_SCRIPTS = Limit(
    name="repeated-scripts", most=4_000_000, what="the scripts that this file's loops, templates and commands repeat come to "
    "more than {most} characters", lost="the rest was not read", remedy="split the pipeline",
)  # fmt: skip
REPEATED_TEXTS = Limit(
    name="repeated-texts", most=2_000, what="the texts of this file that aliases, extends or loops hand out again, or other "
    "files take in, name engines more than once for each 64 characters, and those of all files more than {most:,} times beyond",
    lost="they were not read for the last that have them", remedy="split the file, or scan fewer files at a time",
)  # fmt: skip
SHARED_FILES = Limit(
    name="shared-files", most=200_000, what="what pipelines, or releases, of this scan share comes to more than {most:,} "
    "characters and to four times all of them, counted for each further use", lost="what it is to further ones is unknown",
    remedy="scan fewer files at a time, or share smaller ones", loss=Loss.UNKNOWN,
)  # fmt: skip
BITBUCKET_LEVELS = Limit(
    name="bitbucket-levels", most=4, what="stages and parallel steps lie in each other more than {most} levels deep",
    lost="the innermost were not read", remedy="use fewer levels",
)  # fmt: skip
BUILDKITE_LEVELS = Limit(
    name="buildkite-levels", most=4, what="groups of steps lie in each other more than {most} levels deep",
    lost="the innermost were not read", remedy="use fewer levels",
)  # fmt: skip
MATRIX_VALUES = Limit(
    name="matrix-values", most=10_000, what="the matrix of this job has more than {most:,} values",
    lost="the rest was not read", remedy="use a smaller matrix",
)  # fmt: skip
MATRIX_LEVELS = Limit(
    name="matrix-levels", most=6, what="the entries of this job's matrix nest more than {most} levels",
    lost="the innermost are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
AZURE_CALLS = Limit(
    name="azure-calls", most=30, what="a condition has more than {most} calls",
    lost="it is taken for unknown, and both of its branches were read", remedy="split it", loss=Loss.UNKNOWN,
)  # fmt: skip
AZURE_HOOK_LEVELS = Limit(
    name="azure-hook-levels", most=4, what="a deployment's strategy nests more than {most} levels",
    lost="what lies deeper was not read", remedy="end the alias that holds itself",
)  # fmt: skip
AZURE_HOOKS = Limit(
    name="azure-hooks", most=10_000, what="the strategies of this pipeline's deployments come to more than {most} hooks",
    lost="the rest was not read", remedy="split the pipeline, or use fewer aliases",
)  # fmt: skip
BITBUCKET_STEPS = Limit(
    name="bitbucket-steps", most=2_000, what="this file has more than {most:,} steps, with those of aliases",
    lost="the rest was not read", remedy="split the file, or use fewer aliases",
)  # fmt: skip
BUILDKITE_STEPS = Limit(
    name="buildkite-steps", most=2_000, what="this pipeline has more than {most:,} steps, with those of aliases",
    lost="the rest was not read", remedy="split the pipeline, or use fewer aliases",
)  # fmt: skip
CONCOURSE_STEPS = Limit(
    name="concourse-steps", most=5_000, what="this pipeline has more than {most:,} steps, with those of aliases",
    lost="the rest was not read", remedy="split the pipeline, or use fewer aliases",
)  # fmt: skip
GITLAB_VARIABLE_TEXT = Limit(
    name="gitlab-variable-text", most=4_000_000, what="the long values of this pipeline's variables come to more than {most:,} "
    "characters", lost="further ones are taken for unknown", remedy="use shorter variables", loss=Loss.UNKNOWN,
)  # fmt: skip
RUNNER_SERVICES = Limit(
    name="runner-services", most=20_000,
    what="the services of a runner's jobs are given more settings than one for each 4 characters of the configuration, and those "
    "of all runners more than {most:,} beyond that", lost="the rest was not read", remedy="use fewer services or volumes",
)  # fmt: skip
