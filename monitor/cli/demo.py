"""`demo`: the whole of Hotline on a story of two minutes, with no network, account or token."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from monitor.cli.assemble import check_parts, leaders_of, matcher_of, reveal
from monitor.cli.base import complain, err, now, out
from monitor.cli.run import world
from monitor.config import ConfigError, Problem, load
from monitor.daemon import Daemon, Plan, set_up

STORY = files("monitor.cli") / "story"
LAST_WORDS = 6.0
"""Seconds after the last post in which its alert is sent."""


def story() -> list[dict[str, Any]]:
    """The posts in order; `after` is the pause before each, in seconds."""
    return [json.loads(line) for line in (STORY / "posts.jsonl").read_text("utf-8").splitlines() if line]


@click.command()
@click.option("--database", default="hotline-demo.db", show_default=True, help="Where the story's log is kept; made anew.")
@click.option("--pace", default=1.0, show_default=True, help="Half a pace is twice as fast.")
@click.option("--verbose", "-v", is_flag=True, help="Show the daemon's log lines as well.")
def demo(database: str, *, pace: float, verbose: bool) -> None:
    """Watch a story unfold: a first word, a confirmation, readouts, an overdue one, a cancellation.

    The posts are invented; everything else is the real thing. It ends by itself and keeps the database.
    """
    path = Path(database)
    if path.suffix != ".db" or (path.exists() and not path.is_file()):
        raise ConfigError([Problem("--database", f'"{database}"', "name a file that ends in .db")])
    set_up("text", "INFO" if verbose else "ERROR")
    for old in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        old.unlink(missing_ok=True)
    out.print("[bold]Hotline demo[/]  eight invented posts by officials, in five languages; watch what becomes of them\n")
    with tempfile.TemporaryDirectory(prefix="hotline-demo-") as folder:
        asyncio.run(_play(Path(folder), path.absolute(), story(), pace))
    _farewell(path)


async def _play(folder: Path, database: Path, posts: Sequence[Mapping[str, Any]], pace: float) -> None:
    feed = folder / "posts.jsonl"
    feed.touch()
    daemon = Daemon(_plan(folder, database), world(), lambda: _plan(folder, database))
    running = asyncio.create_task(daemon.run())
    telling = asyncio.create_task(_tell(feed, posts, pace))
    await asyncio.wait({running, telling}, return_when=asyncio.FIRST_COMPLETED)
    if telling.done():
        daemon.stop()
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    await running


async def _tell(feed: Path, posts: Sequence[Mapping[str, Any]], pace: float) -> None:
    """Write each post when its time comes, dated now."""
    for post in posts:
        await asyncio.sleep(post["after"] * pace)
        said = {key: value for key, value in post.items() if key != "after"}
        said["created_at"] = now().astimezone(UTC).isoformat()
        with feed.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(said, ensure_ascii=False) + "\n")
        err.print(f"[dim]{now():%H:%M:%S}  @{post['account']} posts ({post['lang']})[/]")
    await asyncio.sleep(LAST_WORDS * pace)


def _plan(folder: Path, database: Path) -> Plan:
    text = (STORY / "config.toml").read_text("utf-8")
    config = load(text + f'\n[sources.jsonl]\npath = "{folder / "posts.jsonl"}"\n')
    parts = check_parts(config)
    registry = leaders_of(config)
    return Plan(config, folder / "config.toml", database, parts.sources, parts.channels, registry, matcher_of(config, registry), reveal)


def _farewell(path: Path) -> None:
    out.print("\n[bold]The story is over.[/]  The birthday greeting told of no contact, so it made no alert; the log has it:\n")
    for words in ("log", "log posts", "log alerts"):
        out.print(f"  python bot.py {words} --database {path}")
    out.print(f"  sqlite3 {path} .schema\n")
    if not path.is_file():
        complain(ConfigError([Problem("demo", "", "no database was written; run it again with --verbose")]))
