"""What people do: silence, retract, merge and split contacts, resume channels, prove an alert.

A command writes an act; the running daemon carries it out within a second or two and answers in the log (`acts`).
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from monitor.cli.assemble import reveal
from monitor.cli.base import as_json, now, out, plain, print_json, read_config, table
from monitor.cli.log import database_option
from monitor.compose import contact_of
from monitor.compose import verify as verify_code
from monitor.config import ConfigError, Problem, seconds
from monitor.model import ActKind
from monitor.store import Reading, add_act
from monitor.store.codec import stamp
from monitor.store.database import Lock


def record(path: Path, kind: ActKind, target: str, value: Mapping[str, Any], *, as_json: bool) -> None:
    """Write the act and say what happens with it."""
    act = add_act(path, kind, target, value, getpass.getuser(), now())
    running = Lock(path).holder() is not None
    if as_json:
        print_json({"act": act, "kind": kind, "target": target, "value": value, "daemon": running})
    else:
        out.print(f"noted as act {act}; " + ("Hotline applies it within seconds" if running else "Hotline applies it when it runs next"))


@click.command()
@click.argument("what", type=click.Choice(["leader", "country", "pair", "account", "phrase", "contact", "list", "end"]))
@click.argument("values", nargs=-1)
@click.option("--for", "duration", metavar="TIME", help="How long: 90m, 12h, 7d. Without it: until ended.")
@click.option("--why", default="", help="Shown on what it suppressed.")
@as_json
@database_option
def silence(path: Path, *, what: str, values: tuple[str, ...], duration: str | None, why: str, as_json: bool) -> None:
    """Keep quiet about a leader, country, pair, account, phrase or contact for a time; list silences; end one.

    \b
    silence pair FR DE --for 12h --why "summit week"
    silence list
    silence end 17
    """  # noqa: D301 - \b keeps click from joining the lines
    if what == "list":
        _list_silences(path, as_json=as_json)
        return
    needed = 2 if what == "pair" else 1
    if len(values) != needed:
        raise click.UsageError(f"silence {what} takes {needed} value{'s' if needed > 1 else ''}")
    if what == "end":
        record(path, "end_silence", values[0], {}, as_json=as_json)
        return
    until = None if duration is None else stamp(now() + timedelta(seconds=_seconds(duration)))
    record(path, "silence", f"{what}:{'+'.join(values)}", {"until": until, "why": why}, as_json=as_json)


def _seconds(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise ConfigError([Problem("--for", f'"{text}"', str(error))]) from None


def _list_silences(path: Path, *, as_json: bool) -> None:
    with Reading(path) as reading:
        standing = reading.silences(now())
    rows = [{"act": s.act, "kind": s.kind, "values": list(s.values), "until": s.until, "who": s.who, "why": s.why} for s in standing]
    if as_json:
        print_json(rows)
    elif not rows:
        click.echo("nothing is silenced")
    else:
        cells = ([s.act, s.kind, " – ".join(s.values), f"{s.until:%Y-%m-%d %H:%M}" if s.until else "ended", s.who, s.why] for s in standing)
        table("", ["act", "kind", "what", "until", "who", "why"], cells)


@click.command()
@click.argument("contact")
@click.option("--why", default="", help="Told in the channels.")
@as_json
@database_option
def retract(path: Path, *, contact: str, why: str, as_json: bool) -> None:
    """Take back what was told of CONTACT: every channel that had word of it is told so."""
    record(path, "retract", _existing(path, contact), {"why": why}, as_json=as_json)


@click.group()
def contact() -> None:
    """Put contacts together, or take them apart."""


@contact.command()
@click.argument("keep")
@click.argument("other")
@as_json
@database_option
def merge(path: Path, *, keep: str, other: str, as_json: bool) -> None:
    """OTHER is the same event as KEEP. The posts are linked for good; OTHER's id leads to KEEP."""
    record(path, "merge", _existing(path, keep), {"with": _existing(path, other)}, as_json=as_json)


@contact.command()
@click.argument("contact")
@click.argument("posts", nargs=-1, required=True)
@as_json
@database_option
def split(path: Path, *, contact: str, posts: tuple[str, ...], as_json: bool) -> None:
    """POSTS (keys, as `show` prints them) tell of another event than the rest of CONTACT."""
    record(path, "split", _existing(path, contact), {"posts": list(posts)}, as_json=as_json)


def _existing(path: Path, contact: str) -> str:
    """The whole id of a contact; StoreError if there is none."""
    with Reading(path) as reading:
        return str(reading.contact(contact_of(contact))["contact"])


@click.command()
@click.argument("shown")
@as_json
@click.option("--database", metavar="FILE", help="The log to read; default: the one of config.toml.")
@click.pass_context
def verify(ctx: click.Context, shown: str, database: str | None, *, as_json: bool) -> None:
    """Prove that an alert is ours: SHOWN is the id at the foot of the alert. Exit status 0: it is; 1: it is not."""
    config, place = read_config(ctx.find_root().obj)
    if config.desk.signing_key is None:
        raise ConfigError([Problem("desk.signing_key", "", 'needed to verify; add { env = "NAME" } and restart Hotline')])
    path = Path(database) if database else place.parent / config.database.path
    with Reading(path) as reading:
        story = reading.contact(contact_of(shown))
    post = verify_code(shown, [row["post"] for row in story["posts"]], reveal(config.desk.signing_key))
    if as_json:
        print_json({"ours": post is not None, "contact": story["contact"], "post": post})
    elif post is None:
        out.print(f"[bold red]not ours[/]: the code does not belong to contact {plain(story['contact'])}")
    else:
        out.print(f"[bold green]ours[/]: {plain(story['names'])}, {story['mode']} {story['status']}  {plain(post)}")
    if post is None:
        raise SystemExit(1)
