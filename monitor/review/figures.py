"""Figures for the plots: each a table of rows, of a period."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from monitor.review.desk import Row
from monitor.review.people import COUNTED, often
from monitor.review.words import between, party
from monitor.store import Reading

MATRIX = 18
"""Leaders on a side of the matrix."""

BINS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
"""Upper ends of the latency bins in seconds; the last bin is open."""

MOST_ALERTS, MOST_READOUTS = 5_000, 20_000
"""Of the newest contacts: enough for percentiles."""


def matrix(log: Reading, since: str, until: str) -> dict[str, Any]:
    """Who talks to whom: `names` (party, name, country), `cells` (a, b, n, last_at, modes), of those most in contact."""
    named = often(log, since, until, MATRIX)
    shown = {row["party"] for row in named}
    cells = [
        row
        for row in log.ask(
            "SELECT x.party AS a, y.party AS b, COUNT(*) AS n, MAX(c.took_place) AS last_at, GROUP_CONCAT(DISTINCT c.mode) AS modes"
            " FROM contacts c INDEXED BY contacts_figures JOIN contact_parties x ON x.contact = c.id JOIN contact_parties y ON y.contact = c.id AND x.party < y.party"
            f" WHERE c.took_place >= ? AND c.took_place < ? AND {COUNTED} GROUP BY 1, 2 ORDER BY n DESC",
            [since, until],
        )
        if row["a"] in shown and row["b"] in shown
    ]
    return {"names": [{**row, "name": party(row)} for row in named], "cells": cells}


def calendar(log: Reading, since: str, until: str) -> list[Row]:
    """day, n: contacts by the day they took place (UTC)."""
    return log.ask(
        f"SELECT substr(c.took_place, 1, 10) AS day, COUNT(*) AS n FROM contacts c INDEXED BY contacts_figures WHERE c.took_place >= ? AND c.took_place < ? AND {COUNTED}"
        " GROUP BY 1 ORDER BY 1",
        [since, until],
    )


def readouts(log: Reading, since: str, until: str) -> list[Row]:
    """Seconds from first word to each government's first readout: side, n, low, q1, median, q3, high; fastest median first."""
    rows = log.ask(
        "SELECT cp.side, c.opened_at, MIN(p.seen_at) AS at FROM contacts c INDEXED BY contacts_first_words JOIN contact_posts cp ON cp.contact = c.id AND cp.form = 'readout'"
        " JOIN posts p ON p.id = cp.post WHERE c.opened_at >= ? AND c.opened_at < ? AND c.origin = 'live' AND c.merged_into IS NULL"
        " AND c.retracted = 0 AND cp.side IN (SELECT country FROM contact_parties WHERE contact = c.id) GROUP BY c.id, cp.side LIMIT ?",
        [since, until, MOST_READOUTS],
    )
    taken: dict[str, list[float]] = {}
    for row in rows:
        seconds = between(row["opened_at"], row["at"])
        if seconds is not None:
            taken.setdefault(row["side"], []).append(max(0.0, seconds))
    found = [{"side": side, "n": len(values), **five(values)} for side, values in taken.items()]
    return sorted(found, key=lambda row: (row["median"], row["side"]))


def five(values: Sequence[float]) -> dict[str, float]:
    """The five numbers of a box plot."""
    ordered = sorted(values)
    q1, median, q3 = statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else [ordered[0]] * 3
    return {"low": ordered[0], "q1": q1, "median": median, "q3": q3, "high": ordered[-1]}


def latencies(log: Reading, since: str, until: str) -> dict[str, Any]:
    """Seconds from a first word seen to its first alert received: `bins` (label, n) and the percentiles `p50`, `p95`, `p99`."""
    rows = log.ask(
        "SELECT (julianday(MIN(d.sent_at)) - julianday(c.opened_at)) * 86400 AS s FROM contacts c INDEXED BY contacts_first_words JOIN deliveries d INDEXED BY deliveries_sent ON d.contact = c.id"
        " WHERE c.opened_at >= ? AND c.opened_at < ? AND c.origin = 'live' AND d.state = 'sent' GROUP BY c.opened_at, c.id ORDER BY c.opened_at DESC LIMIT ?",
        [since, until, MOST_ALERTS],
    )
    values = sorted(max(0.0, row["s"]) for row in rows if row["s"] is not None)
    bins = []
    low = 0.0
    for high in (*BINS, float("inf")):
        bins.append({"low": low, "high": high, "n": sum(low <= value < high for value in values)})
        low = high
    return {"bins": bins, "n": len(values), **{f"p{p}": _percentile(values, p) for p in (50, 95, 99)}}


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    """By nearest rank."""
    return ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def accounts(log: Reading, since: str, limit: int) -> list[Row]:
    """account, country, posts, flags: those with most flags."""
    return log.ask(
        "SELECT a.key AS account, a.country, SUM(d.posts) AS posts, SUM(d.flagged) AS flags FROM daily d JOIN accounts a ON a.id = d.account"
        " WHERE d.day >= ? GROUP BY a.id ORDER BY flags DESC, posts DESC, account LIMIT ?",
        [since[:10], limit],
    )
