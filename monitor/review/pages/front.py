"""The front page: the contacts of the last days, what needs a look, and whether the watch is well."""

from __future__ import annotations

import json
from datetime import timedelta

from monitor.review.desk import Answer, Ask
from monitor.review.questions import cards, health, needs_review, pulse
from monitor.review.render import render
from monitor.store import Filter

DAYS = 3
SHOWN, FEW = 60, 12
"""Where the last days had fewer contacts, the newest before them fill the page."""


def front(ask: Ask) -> Answer:
    days = ask.number("days", DAYS, 1, 90)
    since = ask.now - timedelta(days=days)
    shown = cards(ask.log, Filter(since=since), SHOWN)
    if len(shown) < FEW:
        shown = cards(ask.log, limit=FEW)
    upcoming = ask.log.ask(
        "SELECT id AS contact, names, mode, when_start, when_precision, place FROM contacts WHERE status = 'upcoming' AND lapsed = 0"
        " AND when_end > ? AND merged_into IS NULL AND retracted = 0 ORDER BY when_end LIMIT 8",
        [ask.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")],
    )
    return render(
        ask, "front.html", contacts=shown, days=days, review=needs_review(ask.log, ask.now - timedelta(days=14)),
        health=health(ask.log, ask.now), upcoming=upcoming, version=pulse(ask.log),
    )  # fmt: skip


def beat(ask: Ask) -> Answer:
    """What an open page asks every few seconds: has anything changed?"""
    return Answer(json.dumps({"version": pulse(ask.log)}), "application/json")
