"""`log`: the log as lists: contacts, posts, alerts, attempts; filtered, for people, as JSON or CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from monitor.cli.base import database_path, now, print_json, read_config, table
from monitor.config import ConfigError, Problem, seconds
from monitor.store import Filter, Reading

COLUMNS: Mapping[str, Sequence[tuple[str, str]]] = {
    "contacts": [
        ("contact", "contact"), ("first word", "opened_at"), ("who", "names"), ("mode", "mode"), ("status", "status"),
        ("sure", "confidence"), ("spoken", "sides"), ("readout", "readout"), ("posts", "posts"), ("alerts", "alerts"),
    ],
    "posts": [("seen", "seen_at"), ("account", "account"), ("flag", "flagged"), ("sure", "confidence"), ("reason", "reason"), ("text", "text")],
    "alerts": [("alert", "alert"), ("at", "created_at"), ("kind", "kind"), ("contact", "contact"), ("headline", "headline"), ("outcome", "outcome")],
    "attempts": [("at", "started_at"), ("channel", "channel"), ("result", "result"), ("took", "took"), ("headline", "headline"), ("detail", "detail")],
}  # fmt: skip
"""What a terminal shows of each list, by heading and column; --json and --csv give every column."""

SHOWN = 96
"""Characters of a text in a table."""


def moment(text: str | None, option: str) -> datetime | None:
    """`2026-05-02`, `2026-05-02T10:00Z`, or a time ago such as `36h` or `7d`."""
    if text is None:
        return None
    try:
        return now() - timedelta(seconds=seconds(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError([Problem(option, f'"{text}"', "write a day (2026-05-02), a time (2026-05-02T10:00Z), or how long ago (36h, 7d)")]) from None
    return found if found.tzinfo else found.replace(tzinfo=now().tzinfo)


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--database`, else the one of the configuration: handed on as `path`."""

    @click.option("--database", metavar="FILE", help="The log to read; default: the one of config.toml.")
    @wraps(command)
    def with_path(*given: Any, database: str | None, **more: Any) -> Any:
        return command(*given, path=log_path(click.get_current_context().find_root().obj, database), **more)

    return with_path


def log_path(config_path: str | None, database: str | None) -> Path:
    """Where the log is, by option or configuration."""
    if database:
        return Path(database)
    return database_path(*read_config(config_path))


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that narrow a list."""
    options = [
        click.option("--leader", help="Slug, name or part of it."),
        click.option("--country", help="ISO code of a party: FR."),
        click.option("--account", help="Handle, or source:handle."),
        click.option("--contact", help="A contact's id."),
        click.option("--since", help="A day, a time, or how long ago: 2026-05-02, 36h, 7d."),
        click.option("--until", help="The same."),
        click.option("--flagged/--not-flagged", default=None, help="Posts that were flagged, or were not."),
        click.option("--near", is_flag=True, default=None, help="Posts that were nearly flagged."),
        click.option("--kind", help="Of an alert: new, confirmed, readout, overdue, …"),
        click.option("--channel", help="Alerts or attempts of this channel."),
        click.option("--result", help="Of an attempt: sent, retry, unknown, …"),
        click.option("--mode", help="call, meeting, …"),
        click.option("--status", help="upcoming, happened, …"),
        click.option("--readout", help="awaited, published, overdue."),
        click.option("--text", help='Words the post must hold; "in quotes" in this order.'),
        click.option("--limit", default=50, show_default=True, help="Rows at most."),
        click.option("--json", "as_json", is_flag=True, help="Every column, one JSON object a line."),
        click.option("--csv", "as_csv", is_flag=True, help="Every column, as CSV."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("what", type=click.Choice(list(COLUMNS)), default="contacts")
@filters
@database_option
def log(path: Path, *, what: str, limit: int, as_json: bool, as_csv: bool, since: str | None, until: str | None, **wanted: Any) -> None:
    """List what was logged: contacts (default), posts, alerts or attempts; newest first.

    \b
    log --country IN --since 30d          contacts that India had in the last 30 days
    log posts --near                      posts that were nearly flagged
    log attempts --channel desk --json    every attempt to deliver to a channel
    """  # noqa: D301 - \b keeps click from joining the lines
    chosen = Filter(since=moment(since, "--since"), until=moment(until, "--until"), **wanted)
    with Reading(path) as reading:
        rows = getattr(reading, what)(chosen, limit)
    if as_json:
        for row in rows:
            print_json(row)
    elif as_csv:
        print_csv(rows)
    elif not rows:
        click.echo(f"no {what} in the log match" if _narrowed(chosen) else f"no {what} in the log yet")
    else:
        columns = COLUMNS[what]
        table("", [heading for heading, _ in columns], ([shown(name, row[name]) for _, name in columns] for row in rows))


def _narrowed(chosen: Filter) -> bool:
    return any(getattr(chosen, name) is not None for name in Filter.__slots__)


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """CSV on standard output. A cell that a spreadsheet would run as a formula is shown as text."""
    if rows:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _inert(value) for key, value in row.items()})


def _inert(value: object) -> object:
    text = str(value) if isinstance(value, str | list | dict) else value
    return "'" + text if isinstance(text, str) and text[:1] in "=+-@\t\r" else text


def shown(name: str, value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if name.endswith("_at") and isinstance(value, str):
        return value[:16].replace("T", " ")
    if name == "confidence":
        return f"{value:.0%}"
    if isinstance(value, bool):
        return "yes" if value else ""
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
