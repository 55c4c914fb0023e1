"""`replay`: what the present matcher would make of the posts in the log, without touching it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import track

from monitor.cli.assemble import leaders_of, matcher_of
from monitor.cli.base import as_json, err, out, plain, print_json, read_config, table
from monitor.cli.log import database_option, moment
from monitor.match import MATCHER_VERSION, Matcher, resolve
from monitor.model import PARTS, Account, Finding
from monitor.store import Filter, Reading

ROWS = 60
"""Changes shown on a terminal; --json has them all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One post on which the present matcher and the logged finding differ."""

    post: str
    account: str
    change: str  # newly flagged, no longer flagged, changed
    before: str
    now: str
    text: str


@click.command()
@click.option("--since", help="A day, a time, or how long ago; default: all.")
@click.option("--account", help="Only this account.")
@as_json
@database_option
def replay(path: Path, *, since: str | None, account: str | None, as_json: bool) -> None:
    """Run the present matcher over the logged posts and show what would change. Alerts nothing and writes nothing."""
    config, _ = read_config(click.get_current_context().find_root().obj)
    registry = leaders_of(config)
    matcher = matcher_of(config, registry)
    chosen = Filter(since=moment(since, "--since"), account=account)
    with Reading(path) as reading:
        accounts = {row["account"]: _account(row) for row in reading.accounts(inactive=True)}
        total = reading.status()["posts"]
        posts: Iterable[Mapping[str, Any]] = reading.walk(chosen)
        shown = track(posts, "matching", total=total, console=err, transient=True, disable=as_json or not err.is_terminal)
        differences = list(compare(shown, accounts, matcher))
    if as_json:
        for one in differences:
            print_json({name: getattr(one, name) for name in Difference.__slots__})
        return
    counts = {kind: sum(d.change == kind for d in differences) for kind in ("newly flagged", "no longer flagged", "changed")}
    out.print(f"matcher {MATCHER_VERSION}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))
    table("", ["change", "account", "before", "now", "text"], ([d.change, d.account, d.before, d.now, d.text[:90]] for d in differences[:ROWS]))
    if len(differences) > ROWS:
        out.print(plain(f"… and {len(differences) - ROWS} more; --json shows all"))


def compare(posts: Iterable[Mapping[str, Any]], accounts: Mapping[str, Account], matcher: Matcher) -> Iterator[Difference]:
    """The posts whose finding would change, in the order given. Posts never matched, or deleted, are left out."""
    for row in posts:
        account = accounts.get(row["account"])
        parts = {part: row[part] for part in PARTS if row[part]}
        if account is None or row["flagged"] is None or not parts:
            continue
        at = datetime.fromisoformat(min(row["created_at"] or row["seen_at"], row["seen_at"]))
        finding = matcher.match(parts, resolve(account, matcher.registry, at.date()), at, row["said_lang"])
        change = _change(row, finding)
        if change:
            before = f"{row['confidence'] or 0:.0%} {row['reason'] or ''} {row['form'] or ''}"
            after = f"{finding.confidence:.0%} {finding.reason} {finding.form}"
            yield Difference(row["post"], row["account"], change, before, after, " ".join(str(row["title"] or row["text"] or "").split()))


def _change(row: Mapping[str, Any], finding: Finding) -> str | None:
    if finding.flagged != row["flagged"]:
        return "newly flagged" if finding.flagged else "no longer flagged"
    return "changed" if finding.flagged and finding.form != row["form"] else None


def _account(row: Mapping[str, Any]) -> Account:
    names = ("source", "handle", "country", "kind", "office", "holder")
    return Account(**{name: row[name] for name in names})
