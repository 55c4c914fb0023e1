"""A static site of the log for sharing: contacts, leaders, pairs, plots, the feed and the calendar.

The same pages as the desk's, without anything of the desk's own: no judgements, alerts, channels or accounts' health.
"""

# ruff: noqa: S608  what is put together is written in this package; values are always bound

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.review import feeds, people
from monitor.review.desk import Ask, Desk
from monitor.review.links import SiteLinks, file_name, pair_name
from monitor.review.pages import people as pages
from monitor.review.pages import plots
from monitor.review.questions import cards
from monitor.review.render import render
from monitor.store import Filter, Reading, StoreError
from monitor.store.codec import stamp

STATIC = Path(__file__).parent / "static"
FILES = ("desk.css", "theme.js", "plots.js", "icon.svg")
MARK = "hotline-site"
"""A file that says that a folder is ours to overwrite."""

LEADERS, PAIRS, FRONT = 300, 1000, 200


@dataclass(frozen=True)
class Site:
    """Which leaders and pairs have pages."""

    parties: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def export_site(desk: Desk, folder: Path, days: int, told: Callable[[int], None] = lambda _: None) -> int:
    """Write the site of the last `days` into `folder`; returns the number of pages. StoreError where that cannot be."""
    _check(folder)
    with Reading(desk.path) as log:
        since, until = stamp(desk.clock() - timedelta(days=days)), stamp(desk.clock() + timedelta(days=36500))
        site = chosen(log, since, until)
        written = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in _pages(desk, log, site, days):
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, "utf-8")
                written += 1
                told(written)
            (folder / "static").mkdir(exist_ok=True)
            for name in FILES:
                shutil.copyfile(STATIC / name, folder / "static" / name)
            (folder / f".{MARK}").write_text("made by hotline export site; overwritten by the next one\n", "utf-8")
        except OSError as error:
            raise StoreError(f"{folder} cannot be written: {error.strerror}. Name a folder of your own.") from error
    return written


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is no folder.")
    if folder.exists() and any(folder.iterdir()) and not (folder / f".{MARK}").exists():
        raise StoreError(f"{folder} holds other files. Name a new or empty folder, or one that an earlier export made.")


def chosen(log: Reading, since: str, until: str) -> Site:
    """Those most in contact within the period."""
    parties = {row["party"] for row in people.often(log, since, until, LEADERS)}
    pairs = log.ask(
        "SELECT x.party AS a, y.party AS b, COUNT(*) AS n FROM contacts c JOIN contact_parties x ON x.contact = c.id"
        " JOIN contact_parties y ON y.contact = c.id AND x.party < y.party"
        f" WHERE c.took_place >= ? AND c.took_place < ? AND {people.COUNTED} GROUP BY 1, 2 ORDER BY n DESC LIMIT ?",
        [since, until, PAIRS],
    )
    return Site(frozenset(parties), frozenset((row["a"], row["b"]) for row in pairs if {row["a"], row["b"]} <= parties))


def _pages(desk: Desk, log: Reading, site: Site, days: int) -> Iterator[tuple[str, str]]:
    """(file, text) of every page."""

    def ask(depth: int) -> Ask:
        return Ask(desk, log, desk.clock(), "", SiteLinks(depth, site.parties, site.pairs), {"days": [str(days)]}, shared=True)

    shown = cards(log, Filter(since=desk.clock() - timedelta(days=days)), FRONT)
    yield "index.html", str(render(ask(0), "site.html", contacts=shown, days=days).body)
    yield "leaders.html", str(pages.leaders(ask(0)).body)
    yield "plots.html", str(plots.plots(ask(0)).body)
    for party in sorted(site.parties):
        yield f"leader/{file_name(party)}.html", str(pages.leader(ask(1), party).body)
    for a, b in sorted(site.pairs):
        yield f"pair/{pair_name(a, b)}.html", str(pages.pair(ask(1), a, b).body)
    address = desk.address or "https://localhost"
    yield "contacts.atom", feeds.atom(shown, name=desk.name, address=address, itself=f"{address}/contacts.atom", now=desk.clock())
    yield "contacts.ics", feeds.calendar(shown, name=desk.name, address=address)
