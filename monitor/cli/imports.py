"""`import contacts`: seed the log with contacts known from elsewhere, so that an alert can say "the fourth this year"."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, TextIO, get_args

import click

from monitor.cli.accounts import csv_rows
from monitor.cli.assemble import leaders_of
from monitor.cli.base import as_json, database_path, now, out, print_json, read_config
from monitor.config import ConfigError, Problem
from monitor.correlate import contact_id
from monitor.decision import Decision, Reader
from monitor.leaders import Registry
from monitor.model import Contact, Interval, Mode, Participant, Status
from monitor.store import Store

COLUMNS = ("date", "parties", "mode", "status")
PARTY = re.compile(r"\s*(?P<name>[^()]{0,200}?)\s*(?:\((?P<country>[A-Z_]{2,20})\))?\s*")
TOGETHER = 200
"""Contacts written in one transaction."""


@click.group("import")
def import_() -> None:
    """Bring in what is known from elsewhere."""


@import_.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@as_json
@click.pass_context
def contacts(ctx: click.Context, file: TextIO, *, as_json: bool) -> None:
    """Seed the log with past contacts from FILE (CSV with a header, or JSON). Never alerts; the daemon must not run meanwhile.

    \b
    date,parties,mode,status
    2026-03-02,Narendra Modi (IN); Emmanuel Macron (FR),call,happened

    mode and status may be left out (unspecified, happened). Importing a file again changes nothing.
    """  # noqa: D301 - \b keeps click from joining the lines
    config, place = read_config(ctx.find_root().obj)
    rows = list(read_rows(file.read(), file.name))
    made = [as_contact(number, row, leaders_of(config)) for number, row in rows] if rows else []
    count = asyncio.run(_write(str(database_path(config, place)), made))
    if as_json:
        print_json({"read": len(made), "written": count})
    else:
        out.print(f"{count} contacts written, {len(made) - count} were there already")


def read_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line number and row of a CSV or JSON file. Raises ConfigError."""
    if text.lstrip().startswith(("[", "{")):
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError([Problem(name, "", f"is not JSON: {error}")]) from None
        for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
            if not isinstance(row, dict):
                raise ConfigError([Problem(f"{name}, entry {number}", "", "is no object with date and parties")])
            yield number, row
        return
    yield from csv_rows(text, name, {"date", "parties"})


def as_contact(number: int, row: Mapping[str, Any], registry: Registry) -> Contact:
    """A row as a contact of a day or moment. Raises ConfigError naming the line and the column."""

    def wrong(column: str, remedy: str) -> ConfigError:
        return ConfigError([Problem(f"line {number}, {column}", f'"{row.get(column) or ""}"', remedy)])

    try:
        moment = datetime.fromisoformat(str(row["date"]).strip())
    except (KeyError, ValueError):
        raise wrong("date", "write 2026-03-02 or 2026-03-02T15:00Z") from None
    whole_day = len(str(row["date"]).strip()) == 10
    start = (datetime.combine(moment.date(), time(), UTC) if whole_day else moment.replace(tzinfo=moment.tzinfo or UTC)).astimezone(UTC)
    when = Interval(start, start + (timedelta(days=1) if whole_day else timedelta(minutes=1)), "day" if whole_day else "minute")
    mode, status = str(row.get("mode") or "unspecified").strip(), str(row.get("status") or "happened").strip()
    if mode not in get_args(Mode):
        raise wrong("mode", "one of " + ", ".join(get_args(Mode)))
    if status not in get_args(Status):
        raise wrong("status", "one of " + ", ".join(get_args(Status)))
    given = row.get("parties")
    names = given if isinstance(given, list) else str(given or "").split(";")
    parties = tuple(_party(str(name), registry, start) for name in names if str(name).strip())
    if len(parties) < 2:
        raise wrong("parties", 'name two or more, as "Narendra Modi (IN); Emmanuel Macron (FR)"')
    key = f"import {start.isoformat()} {mode} {'; '.join(sorted(f'{p.name} {p.country}' for p in parties))}"
    known: Mode = mode  # type: ignore[assignment]  # checked above
    state: Status = status  # type: ignore[assignment]  # checked above
    return Contact(contact_id(key, 0, lambda _: True), parties, known, state, 1.0, start, start, when, told=False)


def _party(text: str, registry: Registry, at: datetime) -> Participant:
    """`Name (CC)`, with the leader where the registry knows that name in office on the day."""
    found = PARTY.fullmatch(text)
    name, country = (found["name"] or None, found["country"]) if found else (text.strip(), None)
    for slug in registry.by_name(name) if name else ():
        term = registry.term(slug, at.date())
        if term and country in (None, term.country):
            return Participant(term.name, term.country, slug, term.office)
    return Participant(name, country)


async def _write(path: str, made: Sequence[Contact]) -> int:
    store = await Store.open(path, run="import", clock=now)
    count = 0
    try:
        for first in range(0, len(made), TOGETHER):
            part = made[first : first + TOGETHER]

            def fresh(reader: Reader, part: Sequence[Contact] = part) -> Decision:
                return Decision(contacts=tuple(c for c in part if reader.contact(c.id) is None), origin="import")

            count += len((await store.apply(fresh, now())).contacts)
    finally:
        await store.close()
    return count
