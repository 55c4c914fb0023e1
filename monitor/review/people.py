"""What the log says of a leader, a country, a pair: when, how, how often, after which gaps."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from monitor.leaders import Registry
from monitor.review.desk import Row
from monitor.review.questions import dressed
from monitor.review.words import country_name, party
from monitor.store import Reading

COUNTED = "c.merged_into IS NULL AND c.retracted = 0 AND c.status NOT IN ('cancelled', 'denied')"
"""Contacts that figures count: those that took place or are planned."""


def column(key: str) -> str:
    """Which column a party's key is of: a code in capitals is a country, everything else a leader or a name."""
    return "country" if key.isascii() and key.isupper() and key.replace("_", "").isalpha() else "party"


def among(keys: Sequence[str]) -> str:
    """A condition on `contacts c`: all of these take part. The keys are bound in order."""
    return " AND ".join(f"c.id IN (SELECT contact FROM contact_parties WHERE {column(key)} = ?)" for key in keys)


def history(log: Reading, keys: Sequence[str], limit: int, before: str | None = None) -> list[Row]:
    """Their contacts as cards, newest first, by when they took place; those called off and denied included."""
    found = log.ask(
        "SELECT v.* FROM v_contacts v WHERE v.contact IN (SELECT c.id FROM contacts c INDEXED BY contacts_figures_by_id WHERE "
        f"{among(keys)} AND c.merged_into IS NULL AND (? IS NULL OR c.took_place < ?) ORDER BY c.took_place DESC LIMIT ?)"
        " ORDER BY v.took_place DESC",
        [*keys, before, before, limit],
    )
    return dressed(log, found)


def months(log: Reading, keys: Sequence[str]) -> list[Row]:
    """Month (YYYY-MM), mode, n; oldest first."""
    return log.ask(
        f"SELECT substr(c.took_place, 1, 7) AS month, c.mode, COUNT(*) AS n FROM contacts c INDEXED BY contacts_figures_by_id WHERE {among(keys)} AND {COUNTED}"
        " GROUP BY 1, 2 ORDER BY 1",
        keys,
    )


def days(log: Reading, keys: Sequence[str], until: str) -> list[date]:
    """The days, up to a time, on which they were in contact, oldest first."""
    rows = log.ask(
        f"SELECT DISTINCT substr(c.took_place, 1, 10) AS day FROM contacts c INDEXED BY contacts_figures_by_id WHERE {among(keys)} AND {COUNTED} AND c.took_place <= ?"
        " ORDER BY 1",
        [*keys, until],
    )
    return [date.fromisoformat(row["day"]) for row in rows]


def gaps(found: Sequence[date]) -> list[tuple[int, date, date]]:
    """Pauses between days of contact in days, longest first: (days, last before, first after)."""
    pauses = [((b - a).days, a, b) for a, b in itertools.pairwise(found)]
    return sorted(pauses, key=lambda pause: -pause[0])


def partners(log: Reading, key: str, limit: int = 40) -> list[Row]:
    """With whom, most often first: party, name, country, office, n, last_at, modes."""
    return log.ask(
        "SELECT y.party, y.name, y.country, y.office, COUNT(DISTINCT c.id) AS n, MAX(c.took_place) AS last_at,"
        " GROUP_CONCAT(DISTINCT c.mode) AS modes FROM contact_parties x JOIN contact_parties y ON y.contact = x.contact"
        f" AND y.number <> x.number JOIN contacts c INDEXED BY contacts_figures_by_id ON c.id = x.contact WHERE x.{column(key)} = ? AND {COUNTED}"
        " GROUP BY y.party ORDER BY n DESC, last_at DESC LIMIT ?",
        [key, limit],
    )


def often(log: Reading, since: str, until: str, limit: int) -> list[Row]:
    """Who is in contact most: party, name, country, office, leader, n, last_at."""
    return log.ask(
        "SELECT x.party, x.leader, MAX(x.name) AS name, x.country, x.office, COUNT(DISTINCT c.id) AS n, MAX(c.took_place) AS last_at"
        f" FROM contacts c INDEXED BY contacts_figures JOIN contact_parties x ON x.contact = c.id WHERE c.took_place >= ? AND c.took_place < ? AND {COUNTED}"
        " GROUP BY x.party ORDER BY n DESC, x.party LIMIT ?",
        [since, until, limit],
    )


def person(log: Reading, registry: Registry, key: str, on: date) -> Row | None:
    """Who stands behind a key: name, country, title, key; None if neither the registry nor the log knows it."""
    if column(key) == "country":
        name = country_name(key)
        known = log.ask("SELECT 1 AS yes FROM contact_parties WHERE country = ? LIMIT 1", [key])
        return {"key": key, "name": name, "country": key, "title": "all leaders", "known": True} if known or name != key else None
    row = next(iter(log.ask("SELECT name, country, office FROM contact_parties WHERE party = ? ORDER BY span_end DESC LIMIT 1", [key])), None)
    leader = registry.get(key)
    if leader is None and row is None:
        return None
    term = (registry.term(key, on) or registry.former(key, on)) if leader else None
    return {
        "key": key,
        "name": leader.name if leader else party(row or {}),
        "country": term.country if term else row["country"] if row else None,
        "title": title(term.title, term.holds(on)) if term else "",
        "known": row is not None,
    }


def title(words: str, holds: bool) -> str:
    return words if holds else f"formerly {words}"


def by_month(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str], dict[tuple[str, str], int]]:
    """Months without a hole between the first and last, the modes that occur, and the counts."""
    counts = {(row["month"], row["mode"]): row["n"] for row in rows}
    named = sorted({month for month, _ in counts})
    every: list[str] = []
    if named:
        year, month = map(int, named[0].split("-"))
        while (at := f"{year:04}-{month:02}") <= named[-1] and len(every) < 1200:
            every.append(at)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return every, sorted({mode for _, mode in counts}), counts
