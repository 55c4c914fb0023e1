"""Contacts and posts as lists with filters as links, and the same as Atom, iCalendar, CSV and JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.config import seconds
from monitor.review import feeds, people
from monitor.review.desk import Answer, Ask, Refused, Row
from monitor.review.links import without
from monitor.review.questions import cards, of_post
from monitor.review.render import render
from monitor.review.words import MODES, READOUTS, STATUSES
from monitor.store import Filter

SHOWN, EXPORTED = 60, 5_000
PERIODS = (("24h", "day"), ("7d", "week"), ("30d", "month"), ("365d", "year"))


def moment_of(text: str, now: datetime) -> datetime | None:
    """A day, a time, or how long ago. Refused for anything else."""
    if not text:
        return None
    try:
        return now - timedelta(seconds=seconds(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no time: write a day (2026-05-02), a time (2026-05-02T10:00Z) or how long ago (36h, 7d).") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def wanted(ask: Ask) -> Filter:
    """The filter in the address of a list of contacts."""
    return Filter(
        leader=ask.arg("leader") or None, country=ask.arg("country") or None, account=ask.arg("account") or None,
        since=moment_of(ask.arg("since"), ask.now), until=moment_of(ask.arg("until"), ask.now), mode=ask.arg("mode") or None,
        status=ask.arg("status") or None, readout=ask.arg("readout") or None, kind=ask.arg("kind") or None,
        channel=ask.arg("channel") or None, text=ask.arg("q") or None,
    )  # fmt: skip


def chosen(ask: Ask, limit: int) -> list[Row]:
    """The contacts that the address asks for: a list's filters, or those of `party` (one or two)."""
    parties = [key for key in ask.args.get("party", ()) if key][:2]
    if parties:
        return people.history(ask.log, parties, limit)
    return cards(ask.log, wanted(ask), limit)


def contacts(ask: Ask) -> Answer:
    """`/contacts?mode=call&country=IN&since=30d&q=…`"""
    shown = cards(ask.log, wanted(ask), SHOWN)
    given = asked(ask)
    groups: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = (
        ("since", "within", PERIODS),
        ("mode", "mode", [(mode, mode) for mode in MODES]),
        ("status", "status", [(status, status) for status in STATUSES]),
        ("readout", "readout", [(state, state) for state in READOUTS]),
    )
    older = {**given, "until": shown[-1]["opened_at"]} if len(shown) == SHOWN else None
    return render(ask, "contacts.html", contacts=shown, given=given, groups=groups, older=older, countries=countries(shown), without=drop)


def asked(ask: Ask) -> dict[str, str]:
    """The filters of the address; one that is not given is ""."""
    return defaultdict(str, {name: values[0] for name, values in ask.args.items() if values and values[0]})


def drop(given: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


def countries(shown: Sequence[Row]) -> list[str]:
    """Countries of the contacts shown, most often first: to narrow the list by."""
    counts: dict[str, int] = {}
    for contact in shown:
        for code in {p["country"] for p in contact["parties"] if p["country"]}:
            counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: (-counts[code], code))[:14]


def as_atom(ask: Ask) -> Answer:
    address = ask.origin + ask.desk.base
    itself = ask.origin + ask.links.page("contacts.atom", without(ask.args))
    body = feeds.atom(chosen(ask, 100), name=ask.desk.name, address=address, itself=itself, now=ask.now)
    return Answer(body, "application/atom+xml; charset=utf-8")


def as_calendar(ask: Ask) -> Answer:
    body = feeds.calendar(chosen(ask, 500), name=ask.desk.name, address=ask.origin + ask.desk.base)
    return Answer(body, "text/calendar; charset=utf-8", filename="contacts.ics")


def as_csv(ask: Ask) -> Answer:
    rows = (feeds.flat(contact) for contact in chosen(ask, EXPORTED))
    return Answer(feeds.table(rows, feeds.COLUMNS), "text/csv; charset=utf-8", filename="contacts.csv")


def as_json(ask: Ask) -> Answer:
    found = chosen(ask, ask.number("limit", 100, 1, EXPORTED))
    return Answer(json.dumps(found, ensure_ascii=False, default=str), "application/json; charset=utf-8")


def search(ask: Ask) -> Answer:
    """`/search?q=…&account=…&country=…&flagged=1&since=…`: posts, newest first."""
    flagged = {"1": True, "0": False}.get(ask.arg("flagged"))
    query = ask.arg("q")
    chosen_posts = Filter(
        account=ask.arg("account") or None, country=ask.arg("country") or None, contact=ask.arg("contact") or None,
        leader=ask.arg("leader") or None, since=moment_of(ask.arg("since"), ask.now), until=moment_of(ask.arg("until"), ask.now),
        flagged=flagged, near=True if ask.arg("near") == "1" else None, text=query or None,
    )  # fmt: skip
    posts = ask.log.posts(chosen_posts, SHOWN)
    evidence = _evidence(ask, posts)
    given = asked(ask)
    older = {**given, "until": posts[-1]["seen_at"]} if len(posts) == SHOWN else None
    return render(ask, "search.html", posts=posts, evidence=evidence, given=given, older=older, periods=PERIODS, without=drop,
                  labels=of_post(ask.log, [post["post"] for post in posts]))  # fmt: skip


def _evidence(ask: Ask, posts: Sequence[Row]) -> dict[int, list[Row]]:
    rows = ask.log.ask(
        "SELECT p.id, f.evidence FROM posts p JOIN findings f ON f.revision = p.newest AND f.current = 1"
        " WHERE p.id IN (SELECT value FROM json_each(?))",
        [json.dumps([post["id"] for post in posts])],
    )
    return {row["id"]: row["evidence"] for row in rows}
