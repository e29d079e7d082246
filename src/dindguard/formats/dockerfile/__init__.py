"""Dockerfiles and Containerfiles."""

from __future__ import annotations

from dindguard.formats.row import SHELL_ENDINGS, FormatRow

FORMAT = FormatRow(
    name="dockerfile",
    title="Dockerfiles",
    syntaxes=("dockerfile",),
    apart=True,
    words=(
        "security=insecure",
        ("user", r"(?m)^[ \t]*user[ \t]+(?!root\b|0\b)"),  # who is no root, whatever it is given
        (
            "from",  # images that start as no root, likewise
            (
                r"(?m)^[ \t]*+from[ \t][^\n]*?\b(?:alertmanager|airflow|authentik|filebeat|fluent|grafana|heartbeat|jenkins|loki"
                r"|logstash|metricbeat|n8n|node-red|exporter|opentelemetry-collector|prometheus|pushgateway|renovate|telegraf|tempo"
                r"|zabbix-agent)"
            ),
        ),
    ),
    unmodelled=(
        (
            "DAPPER_",
            r"(?m)^[ \t]*ENV[ \t]+DAPPER_(?:RUN_ARGS[ =][^\n]*?(?:--privileged\b|docker\.sock)|DOCKER_SOCKET[ =][\"']?true\b)",
            "arguments of Dapper",
        ),
    ),
    names=r"(?i:(^|/)((Docker|Container)file(\d{1,2}|\d{0,2}(\.[^/]+|[_-][^/.]+))?|[^/]+\.(docker|container)file)$)",
    refuses=(
        rf"(?i:\.({SHELL_ENDINGS}|md|rst|txt|py|js|ts|go|rb|ya?ml|json|toml|dockerignore|orig|patch|html?|j2|in|erb|template|tmpl|m4)$)"
    ),
    perhaps=r"(?i:(^|/)(Docker|Container)file([._-][\w.-]*(py|js|ts|go|rb)|\d{0,2}[_-][^/.]*\.[^/]*)$)",
    beginning=r"\A(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+[ \t]*+(?:FROM|ARG)[ \t]+[\w$./{-]",
)
