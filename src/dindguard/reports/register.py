"""The register of waivers as text, JSON, CSV, Markdown and HTML: every field of each, its state, its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dindguard.reports import plural, safe
from dindguard.reports.masking import Masks

Row = dict[str, Any]
"""One waiver: its fields, ``state``, ``faults``, ``days_left``, ``covers`` and, when asked for, ``history``."""

COLUMNS = (
    "rule", "file", "at", "mode", "state", "days_left", "approved", "expires", "owner", "approvers", "reason",
    "alternatives", "poc", "ticket", "notes", "covers", "faults", "fingerprint", "line",
)  # fmt: skip
"""The columns in the order of tables."""


def render(form: str, rows: Sequence[Row]) -> str:
    """Return the register as ``text``, ``json``, ``csv``, ``markdown`` or ``html``."""
    masked = Masks(None).text
    return _FORMS[form]([{name: _without_secrets(value, masked) for name, value in row.items()} for row in rows])


def _without_secrets(value: Any, masked: Callable[[str], str]) -> Any:
    """Return a field as it may be shown: what people write as a reason or a link may hold a token."""
    if isinstance(value, dict):
        return {name: _without_secrets(each, masked) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(each, masked) for each in value]
    return masked(value) if isinstance(value, str) else value


def _text(rows: Sequence[Row]) -> str:
    if not rows:
        return "no waivers\n"
    return safe.log("".join(f"{safe.visible(line)}\n" for row in rows for line in _lines(row)))


def _lines(row: Row) -> Iterable[str]:
    blank = " " * 22
    yield f"{left(row):>22}  {row['rule']}  {row['file']}  {row['at']}"
    if row["state"] != "withdrawn":
        yield f"{blank}  owner {row['owner']}, approved by {_people(row)}, until {row['expires']}"
        yield f"{blank}  {row['reason']}"
    if row["covers"]:
        yield f"{blank}  covers {'; '.join(row['covers'])}"
    yield from (f"{blank}  not in force: {fault}" for fault in row["faults"])
    yield from (f"{blank}  {_event(event)}" for event in row.get("history", ()))


def left(row: Row) -> str:
    """Return in words how long a waiver still holds."""
    days = row["days_left"]
    if days is None:
        return str(row["state"]) if row["state"] == "withdrawn" else "no end"
    return f"{plural(days, 'day')} left" if days >= 0 else f"ran out {plural(-days, 'day')} ago"


def _people(row: Row) -> str:
    return ", ".join(f"{each['name']} ({each['role']})" for each in row["approvers"]) or "nobody"


def _event(event: Row) -> str:
    fields = f" ({', '.join(event['fields'])})" if event["fields"] else ""
    signed = "unsigned" if event["signature"] == "none" else f"signature {event['signature']}"
    what, commit = f"{event['what']}{fields}", event["commit"][:12]
    return f"{event['date']} {what} by {event['author']} in {commit}, {signed}: {event['subject']}"


def _cell(row: Row, column: str) -> str:
    """Return a field as text."""
    value = row[column]
    if column == "approvers":
        return _people(row) if value else ""
    if isinstance(value, list):
        return "; ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    return (*COLUMNS, "history") if any("history" in row for row in rows) else COLUMNS


def _value(row: Row, column: str) -> str:
    return "; ".join(map(_event, row.get("history", ()))) if column == "history" else _cell(row, column)


def _json(rows: Sequence[Row]) -> str:
    from dindguard.reports.json import dumps

    return dumps({"version": 1, "waivers": list(rows)})


def _csv(rows: Sequence[Row]) -> str:
    """Return RFC 4180, with what a spreadsheet would take for a formula behind an apostrophe."""
    import csv
    import io

    out = io.StringIO()
    columns = _columns(rows)
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        cells = (safe.one_line(_value(row, column)) for column in columns)
        writer.writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@") and not _number(cell) else cell for cell in cells]
        )
    return safe.log(out.getvalue())


def _number(cell: str) -> bool:
    return cell.removeprefix("-").isdigit()


def _markdown(rows: Sequence[Row]) -> str:
    columns = _columns(rows)
    lines = ["# Waivers", "", _counted(rows), ""]
    if rows:
        lines.append(f"| {' | '.join(columns)} |")
        lines.append(f"|{'---|' * len(columns)}")
    lines += [f"| {' | '.join(safe.markdown(_value(row, column)) for column in columns)} |" for row in rows]
    return safe.log("\n".join([*lines, ""]))


def _counted(rows: Sequence[Row]) -> str:
    counts = {state: sum(row["state"] == state for row in rows) for state in dict.fromkeys(r["state"] for r in rows)}
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"{plural(len(rows), 'waiver')}{f': {said}' if said else ''}"


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}"
    "article{border:1px solid #8886;border-radius:8px;padding:0 1rem;margin:1rem 0;overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:9rem 1fr;gap:.2rem 1rem}dt{opacity:.7}dd{margin:0}"
    "@media(max-width:40rem){dl{grid-template-columns:1fr}}@media print{article{break-inside:avoid}}"
)


def _html(rows: Sequence[Row]) -> str:
    """Return one page that loads nothing and runs nothing."""
    import base64

    from dindguard.digests import sha256

    digest = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Waivers (dindguard)</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<main>\n<h1>Waivers</h1>\n<p>{safe.markup(_counted(rows))}</p>",
    ]
    for row in rows:
        state = row["state"] if row["state"] == "withdrawn" else f"{row['state']}, {left(row)}"
        title = safe.markup(f"{row['rule']} · {state}")
        facts = ((column, safe.markup(safe.one_line(_value(row, column)))) for column in _columns(rows))
        listed = "".join(f"<dt>{column.replace('_', ' ')}</dt><dd>{fact}</dd>" for column, fact in facts if fact)
        parts.append(f"<article><h2>{title}</h2><dl>{listed}</dl></article>")
    return safe.log_markup("\n".join([*parts, "</main>\n</body>\n</html>", ""]))


_FORMS: dict[str, Callable[[Sequence[Row]], str]] = {
    "text": _text,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "html": _html,
}
FORMATS = tuple(_FORMS)
"""The forms of the register."""
