"""`stats` and `status`: figures of the log as sparklines and tables, and how the daemon is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from monitor.cli.base import as_json, now, out, plain, print_json, table
from monitor.cli.log import database_option, moment
from monitor.store import Reading
from monitor.store.database import Lock

Row = Mapping[str, Any]
BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """One bar a value, zero being the lowest."""
    top = max(values, default=0)
    return "".join(BARS[round(v / top * (len(BARS) - 1))] if top else BARS[0] for v in values)


@click.command()
@click.option("--since", default="30d", show_default=True, help="A day, a time, or how long ago.")
@click.option("--limit", default=20, show_default=True, help="Pairs and accounts at most.")
@as_json
@database_option
def stats(path: Path, *, since: str, limit: int, as_json: bool) -> None:
    """Posts, flags, contacts and alerts per day; who talks to whom; which accounts have the first word."""
    start = moment(since, "--since") or now() - timedelta(days=30)
    with Reading(path) as reading:
        days, pairs = reading.per_day(start, now()), reading.per_pair(start, now(), limit)
        accounts = reading.per_account(start, now())[:limit]
    if as_json:
        print_json({"days": days, "pairs": pairs, "accounts": accounts})
        return
    for name in ("posts", "flagged", "contacts", "alerts"):
        values = [row[name] or 0 for row in days]
        out.print(f"{name:<9} {sparkline(values)}  {sum(values)}")
    if pairs:
        rows = ([p["a_name"], p["b_name"], p["contacts"], (p["last_at"] or "")[:10], p["modes"]] for p in pairs)
        table("\nWho talks to whom", ["a", "b", "contacts", "last", "modes"], rows)
    if accounts:
        table("\nAccounts", ["account", "posts", "flagged", "first words"], ([a["account"], a["posts"], a["flags"], a["first_words"]] for a in accounts))


@click.command()
@as_json
@database_option
def status(path: Path, *, as_json: bool) -> None:
    """How Hotline is doing: alive or not, queues, silent accounts, standing notices. Exit status 1 if it is not well."""
    with Reading(path) as reading:
        state, accounts, channels, notices = reading.status(), reading.accounts(), reading.channels(), reading.notices()
    pid = Lock(path).holder()
    failing = [a for a in accounts if (a["failures"] or 0) > 2 or a["held"]]
    suspended = [c for c in channels if c["suspended_at"]]
    well = pid is not None and not failing and not suspended
    if as_json:
        print_json({"pid": pid, "well": well, **state, "failing": failing, "channels": channels, "notices": notices})
    else:
        out.print(f"[bold]{'running' if pid else 'not running'}[/]{f' (process {pid})' if pid else ''}  {plain(path)}")
        facts = [(key, value) for key, value in state.items() if not isinstance(value, list | dict) and value not in (None, 0)]
        out.print("  ".join(f"[dim]{key.replace('_', ' ')}[/] {plain(value)}" for key, value in facts))
        last = [a["last_success"] for a in accounts if a["last_success"]]
        out.print(f"{len(accounts)} accounts, {len(failing)} failing or held; newest success {_ago(max(last)) if last else 'none yet'}")
        _unwell(failing, channels, notices)
    if not well:
        raise SystemExit(1)


def _unwell(failing: Sequence[Row], channels: Sequence[Row], notices: Sequence[Row]) -> None:
    """What needs somebody: accounts in trouble, queues, standing notices."""
    if failing:
        table("\nIn trouble", ["account", "state", "detail"], ([a["account"], "held" if a["held"] else a["outcome"], a["held"] or a["detail"]] for a in failing[:20]))
    if channels:
        table("\nChannels", ["channel", "waiting", "state"], ([c["channel"], c["waiting"], c["suspended_why"] or "working"] for c in channels))
    if notices:
        table("\nNotices", ["since", "text"], ([n["opened_at"][:16].replace("T", " "), n["text"]] for n in notices))


def _ago(text: str) -> str:
    past = (now() - datetime.fromisoformat(text)).total_seconds()
    return f"{past:.0f} s ago" if past < 120 else f"{past / 60:.0f} min ago" if past < 7200 else f"{past / 3600:.0f} h ago"
