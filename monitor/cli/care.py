"""`backup`, `recover`, `doctor`: looking after the log and the machine it lives on."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from monitor.cli.assemble import plan_of
from monitor.cli.base import as_json, now, out, plain, print_json, table
from monitor.cli.log import database_option
from monitor.config import ConfigError, SecretError
from monitor.store import Reading, StoreError
from monitor.store.backup import backups_of, rotated
from monitor.store.database import SQLITE_VERSION, Lock
from monitor.store.recover import recover as salvage

STALE_REGISTRY = timedelta(days=180)


@click.command()
@click.option("--to", "folder", metavar="DIR", help="Default: a folder `backups` beside the database.")
@click.option("--keep", default=7, show_default=True, help="Older backups in that folder are deleted.")
@as_json
@database_option
def backup(path: Path, *, folder: str | None, keep: int, as_json: bool) -> None:
    """Copy the log while the daemon writes. Each copy is checked before an older one is deleted."""
    made = rotated(path, Path(folder) if folder else path.parent / "backups", keep, now())
    if as_json:
        print_json({"backup": str(made), "bytes": made.stat().st_size})
    else:
        out.print(f"{plain(made)}  {made.stat().st_size / 1e6:,.1f} MB, checked")


@click.command()
@click.option("--backup", "named", multiple=True, metavar="FILE", help="Newest first; default: those in the folder `backups`.")
@as_json
@database_option
def recover(path: Path, *, named: tuple[str, ...], as_json: bool) -> None:
    """Save what can be read of a damaged log, take the rest from backups, and put the result in its place.

    The damaged file is kept beside it. Alerts that only a backup knows are sent again marked as a possible repeat.
    """
    lock = Lock(path)
    lock.take()
    try:
        result = salvage(path, [Path(name) for name in named] or backups_of(path, path.parent / "backups"), now())
    finally:
        lock.release()
    if as_json:
        print_json({"database": str(path), "damaged": str(result.damaged), "read": result.read, "restored": result.restored, "loose": result.loose})
        return
    table("", ["table", "read", "from backups"], ([name, count, result.restored.get(name, 0)] for name, count in result.read.items()))
    out.print(f"{result.loose} rows were cut loose and are left out; the damaged file is {plain(result.damaged)}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, or what is wrong and what to do."""

    what: str
    fine: bool
    says: str


@click.command()
@as_json
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Look at everything that can be wrong, and say what to do. Exit status 1 if something is."""
    found = list(examine(ctx.find_root().obj))
    if as_json:
        print_json([{"what": f.what, "fine": f.fine, "says": f.says} for f in found])
    else:
        table("", ["", "what", "says"], (["ok" if f.fine else "WRONG", f.what, f.says] for f in found))
    if not all(f.fine for f in found):
        raise SystemExit(1)


def examine(config_path: str | None) -> Iterator[Finding]:
    """Configuration, secrets, modes, database, disk, daemon, accounts, channels, registry, in this order."""
    yield Finding("python", sys.version_info >= (3, 11), f"{sys.version.split()[0]}, SQLite {SQLITE_VERSION}")
    try:
        plan = plan_of(config_path)
    except (ConfigError, SecretError) as error:
        yield from (Finding("configuration", fine=False, says=line) for line in str(error).splitlines())
        return
    yield Finding("configuration", fine=True, says=f"{plan.place}: {len(plan.config.account)} accounts, {len(plan.config.channels)} channels")
    yield _modes(plan.place)
    age = now().date() - plan.registry.as_of
    yield Finding("registry of leaders", age < STALE_REGISTRY, f"as of {plan.registry.as_of}" + ("" if age < STALE_REGISTRY else ": run `leaders refresh`"))
    free = shutil.disk_usage(plan.database.parent).free if plan.database.parent.exists() else 0
    yield Finding("disk", free > plan.config.health.disk_free, f"{free / 1e9:,.1f} GB free beside the database")
    if not plan.database.exists():
        yield Finding("database", fine=True, says=f"{plan.database} will be made at the first start")
        return
    yield from _database(plan.database)


def _modes(place: Path) -> Finding:
    mode = place.stat().st_mode
    fine = not mode & (stat.S_IWGRP | stat.S_IWOTH)
    return Finding("modes", fine, "config.toml is yours alone to change" if fine else f"others may change it: chmod go-w {place}")


def _database(path: Path) -> Iterator[Finding]:
    private = not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    yield Finding("database's mode", private, "readable by its owner alone" if private else f"others may read it: chmod 600 {path}")
    try:
        with Reading(path) as reading:
            whole = reading.quick_check()
            state, accounts, channels = reading.status(), reading.accounts(), reading.channels()
    except StoreError as error:
        yield Finding("database", fine=False, says=str(error))
        return
    yield Finding("database", whole is None, "whole" if whole is None else f"damaged: {whole}: stop Hotline, run `recover`")
    pid = Lock(path).holder()
    yield Finding("daemon", pid is not None, f"runs as process {pid}" if pid else "does not run: start it with `run`")
    for row in accounts:
        if row["held"] or (row["failures"] or 0) > 2:
            yield Finding(f"account {row['account']}", fine=False, says=row["held"] or f"{row['outcome']}: {row['detail']}")
    for row in channels:
        if row["suspended_at"]:
            yield Finding(f"channel {row['channel']}", fine=False, says=f"{row['suspended_why']}: mend it, then `channels resume {row['channel']}`")
    waits = state["oldest_waiting"]
    late = waits is not None and waits < (now() - timedelta(minutes=15)).isoformat()
    yield Finding("queue", not late, f"{state['waiting']} deliveries wait" + (f", the oldest since {waits}" if waits else ""))
    if state["set_aside"]:
        yield Finding("posts set aside", fine=False, says=f"{state['set_aside']} could not be decided on; they are tried again at the next start, and the log says why")
    for notice in state["notices"]:
        yield Finding(f"notice {notice['kind']}", fine=False, says=notice["text"])
