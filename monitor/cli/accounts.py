"""`accounts`: who is watched and how it goes, the directory of official accounts, lists from elsewhere; `backfill`."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from monitor.cli.acts import record
from monitor.cli.assemble import plan_of
from monitor.cli.base import as_json, database_path, err, now, out, plain, print_json, read_config, table
from monitor.cli.log import database_option, moment
from monitor.cli.run import world
from monitor.config import Config, ConfigError, Problem, did_you_mean
from monitor.daemon import Plan
from monitor.daemon.crew import open_sources
from monitor.leaders import directory
from monitor.model import Account, Page
from monitor.sources.x_budget import PRICE as X_PRICE
from monitor.sources.x_budget import ROW as BUDGET_ROW
from monitor.sources.x_budget import Spent, read_spent
from monitor.store import Reading, Store


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def accounts(ctx: click.Context, *, as_json: bool) -> None:
    """List the accounts watched: pinned identity, cadence, health, last post, what they cost."""
    if ctx.invoked_subcommand is not None:
        return
    config, place = read_config(ctx.find_root().obj)
    rows = _rows(config, database_path(config, place))
    if as_json:
        print_json(rows)
        return
    heads = ["account", "country", "kind", "every", "pinned id", "state", "last post", "usual gap", "cost", "detail"]
    table("", heads, (
        [r["account"], r["country"], r["kind"], f"{r['every']:g} s", r["id"], r["state"], (r["last_post"] or "")[:16], _gap(r["usual_gap"]), _cost(r["dollars_a_month"]), r["detail"]]
        for r in rows
    ))  # fmt: skip
    if (spent := _spent(database_path(config, place))) is not None:
        out.print(f"x, {spent.day} (UTC): {spent.posts:,} posts and {spent.users:,} users read, ${spent.dollars:.2f}")


def _rows(config: Config, path: Path) -> list[dict[str, Any]]:
    seen: dict[str, Mapping[str, Any]] = {}
    if path.exists():
        with Reading(path) as reading:
            seen = {row["account"]: row for row in reading.accounts()}
    rows = []
    for account in config.accounts():
        row = seen.get(account.key, {})
        state = "held" if row.get("held") else row.get("outcome") or "not yet polled"
        rows.append({
            "account": account.key, "country": account.country, "kind": account.kind, "every": account.every, "id": account.id or row.get("pin"),
            "state": state, "last_post": row.get("last_post"), "last_success": row.get("last_success"), "usual_gap": row.get("usual_gap"),
            "dollars_a_month": _dollars(config, account.source, row.get("usual_gap")), "detail": row.get("held") or row.get("detail"),
        })  # fmt: skip
    return rows


def _dollars(config: Config, source: str, gap: float | None) -> float | None:
    """What an account costs in 30 days at its usual pace; 0 where nothing is charged, None where that is not known yet."""
    if source != "x":
        return 0.0
    price = config.sources.get("x", {}).get("price_per_post", X_PRICE)
    return round(30 * 86_400 / gap * price, 2) if gap else None


def _spent(path: Path) -> Spent | None:
    """What X has cost on the last day that it was read."""
    if not path.exists():
        return None
    with Reading(path) as reading:
        row = reading.cursor("x", BUDGET_ROW)
    return read_spent(row) if row is not None else None


def _cost(dollars: float | None) -> str:
    return "" if dollars is None else "free" if dollars == 0 else f"${dollars:,.2f} a month"


def _gap(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


@accounts.command()
@click.argument("country")
@click.option("--source", help="Only accounts of this source.")
@as_json
def find(country: str, *, source: str | None, as_json: bool) -> None:
    """Official accounts of COUNTRY (ISO code, or EU, UN, NATO) from the shipped directory, ready to paste into config.toml.

    None of them was checked live: add, then see what `check --online` says.
    """
    found = [entry for entry in directory.find(country.upper()) if source in (None, entry.source)]
    if as_json:
        print_json([{name: getattr(e, name) for name in ("source", "handle", "id", "country", "kind", "office", "name", "verified")} for e in found])
    elif not found:
        raise ConfigError([Problem("COUNTRY", f'"{country}"', "no accounts in the directory; " + "see `leaders list`")])
    else:
        for entry in found:
            mark = "" if entry.verified else "  (unverified)"
            click.echo(f"# {entry.name}{mark}\n{as_toml({'source': entry.source, 'handle': entry.handle, 'id': entry.id, 'country': entry.country, 'kind': entry.kind, 'office': entry.office})}")


def as_toml(values: Mapping[str, Any]) -> str:
    """An `[[account]]` table; keys without a value are left out."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value not in (None, "", "none")]
    return "\n".join(["[[account]]", *lines, ""])


@accounts.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--country", help="For entries that name none.")
def import_accounts(file: io.TextIOBase, *, country: str | None) -> None:
    """Turn FILE (OPML of feeds, or CSV with a header such as source,handle,country,kind,office) into [[account]] tables.

    They are printed: `accounts import feeds.opml >> config.toml`.
    """
    text = file.read()
    entries = from_opml(text) if "<opml" in text[:2000].lower() else from_csv(text)
    made = [entry | ({"country": country} if country and not entry.get("country") else {}) for entry in entries]
    if not made:
        raise ConfigError([Problem(str(getattr(file, "name", "FILE")), "", "holds no accounts: no outline with xmlUrl, no CSV rows")])
    for entry in made:
        click.echo(as_toml(entry))


_OUTLINE = re.compile(r"<outline\s[^>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(\w{1,40})\s{0,20}=\s{0,20}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def from_opml(text: str) -> list[dict[str, str]]:
    """The feeds of an OPML file (opml.org/spec2.opml). Read as text, so that no entity is ever expanded."""
    found = []
    for tag in _OUTLINE.findall(text):
        values = {name.lower(): _entities(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}
        if values.get("xmlurl"):
            found.append({"source": "feed", "handle": values["xmlurl"]})
    return found


def _entities(text: str) -> str:
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text


def from_csv(text: str) -> list[dict[str, str]]:
    """Rows of a CSV file whose header names keys of an account. Raises ConfigError, naming the row and column."""
    needed = {"source", "handle"}
    rows = list(csv_rows(text, "accounts", needed))
    found = []
    for number, row in rows:
        entry = {key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()}
        if not needed <= set(entry):
            raise ConfigError([Problem(f"line {number}", "", "source and handle must not be empty")])
        found.append(entry)
    return found


def csv_rows(text: str, name: str, needed: Set[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and row of a CSV file with a header. ConfigError if it is none, or lacks a column that is needed."""
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""))
        if not needed <= set(rows.fieldnames or ()):
            words = "the header needs " + " and ".join(sorted(needed))
            raise ConfigError([Problem(name, ",".join(rows.fieldnames or ())[:80], words)])
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise ConfigError([Problem(name, "", f"is no CSV: {error}")]) from None


@accounts.command()
@click.argument("account")
@as_json
@database_option
@click.pass_context
def release(ctx: click.Context, path: Path, *, account: str, as_json: bool) -> None:
    """The held ACCOUNT (source:handle) is who it should be: pin its present identity and let its posts through."""
    _one(read_config(ctx.find_root().obj)[0], account)
    record(path, "resume", f"account:{account}", {}, as_json=as_json)


def _one(config: Config, key: str) -> Account:
    known = {name: a for a in config.accounts() for name in (a.key, a.handle)}
    if key not in known:
        raise ConfigError([Problem("--account", f'"{key}"', "no such account in config.toml; " + did_you_mean(key, [a.key for a in config.accounts()]))])
    return known[key]


@click.command()
@click.option("--account", "names", multiple=True, help="source:handle; several are possible; default: all that can.")
@click.option("--since", required=True, help="How far back: a day, or 30d.")
@click.pass_context
def backfill(ctx: click.Context, *, names: Sequence[str], since: str) -> None:
    """Read older posts into the log, so that the history of a pair is known. Never alerts; broken off, it goes on where it was.

    The daemon must not run meanwhile. Hotline matches what was read at its next start.
    """
    plan = plan_of(ctx.find_root().obj)
    chosen = [_one(plan.config, name) for name in names] or list(plan.config.accounts())
    start = moment(since, "--since")
    assert start is not None
    asyncio.run(_backfill(plan, chosen, start))


async def _backfill(plan: Plan, chosen: Iterable[Account], since: datetime) -> None:
    store = await Store.open(plan.database, run="backfill", clock=now)
    try:
        rows = await store.sync_accounts(plan.config.accounts(), now())
        async with open_sources(plan, world()) as sources:
            with Progress(console=err, transient=True) as progress:
                for account in chosen:
                    source = sources[account.source]
                    if not hasattr(source, "backfill"):
                        err.print(f"[yellow]{plain(account.key)}[/]: {account.source} cannot be read backwards")
                        continue
                    pinned = account if account.id else _pinned(account, rows[account.key].pin)
                    task = progress.add_task(account.key, total=None)
                    pages = source.backfill(pinned, since, await store.cursors(account.source), now())
                    out.print(f"{plain(account.key)}: {await _read(pages, store, progress, task)} posts")
    finally:
        await store.close()


def _pinned(account: Account, pin: str | None) -> Account:
    return Account(**{name: getattr(account, name) for name in Account.__slots__} | {"id": pin})


async def _read(pages: AsyncIterator[Page], store: Store, progress: Progress, task: Any) -> int:
    count = 0
    async for page in pages:
        await store.save_page(page, now())
        count += len(page.posts)
        oldest = min((post.at for post in page.posts), default=None)
        progress.update(task, description=f"{count} posts, back to {oldest:%Y-%m-%d}" if oldest else f"{count} posts")
        for key, outcome in page.outcomes.items():
            if not outcome.fine:
                err.print(f"[yellow]{plain(key)}[/]: {plain(outcome.detail or outcome.kind)}")
    return count
