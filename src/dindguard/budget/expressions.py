"""The limits in reading templates, expressions, variables and the values of settings, wherever they stand."""

from __future__ import annotations

from dindguard.budget.limit import Limit, Loss

ACTION_LENGTH = Limit(
    name="action-length", most=4_000, what="an action of this template has more than {most:,} characters",
    lost="what it prints or decides is taken for unknown", remedy="split it", loss=Loss.UNKNOWN,
)  # fmt: skip
EXPRESSION_NESTING = Limit(
    name="expression-nesting", most=40, what="an expression nests more than {most} levels",
    lost="its value is taken for unknown", remedy="split it", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_DEPTH = Limit(
    name="template-depth", most=24, what="templates, variables and conditions call for each other more than {most} levels deep",
    lost="what lies deeper is taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_TEXT = Limit(
    name="template-text", most=8_192, what="expressions make a text or a list longer than {most:,}",
    lost="it is taken for unknown", remedy="write it out, or split it", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_ACTIONS = Limit(
    name="template-actions", most=200, what="a text that is used as a value has more than {most} actions in it",
    lost="it is taken for unknown", remedy="split it", loss=Loss.UNKNOWN,
)  # fmt: skip
VARIABLE_CHANGES = Limit(
    name="variable-changes", most=24, what="a template changes one variable in more than {most} places",
    lost="its value is taken for unknown", remedy="use several variables", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_CONDITIONS = Limit(
    name="template-conditions", most=20, what="a place of this template stands under more than {most} conditions",
    lost="the outermost are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_BRANCHES = Limit(
    name="template-branches", most=50, what="an if of this template has more than {most} branches",
    lost="whether the last ones are taken is unknown", remedy="look the value up in a map", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_LOOPS = Limit(
    name="template-loops", most=3, what="loops of this template lie in each other more than {most} levels deep",
    lost="items of the outermost are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
CHART_DEPTH = Limit(
    name="chart-depth", most=6, what="charts lie in charts more than {most} levels deep",
    lost="the values that this one is given from above were not read", remedy="use fewer levels",
)  # fmt: skip
TEMPLATE_FOLDERS = Limit(
    name="template-folders", most=6, what="the folders of a chart's templates nest more than {most} levels",
    lost="named templates in those below are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_FILES = Limit(
    name="template-files", most=2_000, what="this chart has more than {most:,} files of templates",
    lost="named templates in the rest are taken for unknown", remedy="split the chart", loss=Loss.UNKNOWN,
)  # fmt: skip
VARIABLE_DEPTH = Limit(
    name="variable-depth", most=12, what="variables of a playbook are made of each other more than {most} levels deep",
    lost="their values are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
EXPRESSION_PARTS = Limit(
    name="expression-parts", most=100, what="an expression of a playbook has more than {most} parts",
    lost="its value is taken for unknown", remedy="split it", loss=Loss.UNKNOWN,
)  # fmt: skip
JOINED_LISTS = Limit(
    name="joined-lists", most=1_000, what="lists of a playbook are joined to more than {most:,} items",
    lost="they are taken for unknown", remedy="use shorter lists", loss=Loss.UNKNOWN,
)  # fmt: skip
LOCALS_DEPTH = Limit(
    name="locals-depth", most=12, what="locals are made of each other more than {most} levels deep",
    lost="their values are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
CLOUDFORMATION_FUNCTIONS = Limit(
    name="cloudformation-functions", most=20, what="functions of CloudFormation stand in each other more than {most} levels deep",
    lost="the innermost were not read", remedy="use fewer levels",
)  # fmt: skip
TERRAFORM_REPEATED = Limit(
    name="terraform-repeated", most=20_000, what="blocks that Terraform makes several times ('for_each', 'dynamic') come to more "
    "than {most:,} settings beyond one for each 8 characters of their modules", lost="the further ones were not read",
    remedy="split the collections, or scan fewer modules at a time",
)  # fmt: skip
TEMPLATE_ROUNDS = Limit(
    name="template-rounds", most=100, what="a loop goes over more than {most} items",
    lost="what is in it was read once, for an unknown item", loss=Loss.UNKNOWN,
)  # fmt: skip
TEMPLATE_CALLS = Limit(
    name="template-calls", most=5_000, what="a template calls named templates more than {most} times",
    lost="what further calls write was not read",
)  # fmt: skip
ROLE_USES = Limit(
    name="role-uses", most=1_000, what="plays, and groups of their hosts, use this role in more than {most} ways",
    lost="what they say of its variables was not read",
)  # fmt: skip
TASK_VALUES = Limit(
    name="task-values", most=10_000, what="loops and lists of variables bring more than {most} values into these tasks",
    lost="what they bring in further on is taken for unknown", loss=Loss.UNKNOWN,
)  # fmt: skip
DOWNLOADS_RUN = Limit(
    name="downloads-run", most=10, what="a script of this playbook names more than {most} files that it downloaded",
    lost="the first ones are not taken for what it runs", remedy="split the task",
)  # fmt: skip
DOCKERFILE_NESTING = Limit(
    name="dockerfile-nesting", most=40, what="defaults of variables nest more than {most} levels",
    lost="the text that holds them was not read", remedy="use fewer levels",
)  # fmt: skip
DOCKERFILE_TEXT = Limit(
    name="dockerfile-text", most=1_000_000, what="its variables expand to more than {most} characters",
    lost="some are taken for unknown", remedy="use shorter variables", loss=Loss.UNKNOWN,
)  # fmt: skip
DOCKERFILE_INHERITED = Limit(
    name="dockerfile-inherited", most=500_000, what="stages hand down more than {most} variables to each other",
    lost="those of later stages are taken for unknown", remedy="use fewer stages", loss=Loss.UNKNOWN,
)  # fmt: skip
FURTHER_SETTINGS = Limit(
    name="further-settings", most=200, what="this has more than {most} hooks, devices and the like", lost="the rest was not read",
)  # fmt: skip
SETTING_LEVELS = Limit(
    name="setting-levels", most=8, what="a setting lies deeper than any of a container ({most} levels)",
    lost="what lies deeper was not read", remedy="end the alias that holds itself",
)  # fmt: skip
CONFIGURATION_NESTING = Limit(
    name="configuration-nesting", most=5, what="a setting lies more than {most} levels deep", lost="it was not read",
    remedy="write it as the engine reads it",
)  # fmt: skip
