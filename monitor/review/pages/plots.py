"""The plots of a period: who talks to whom, when, how fast; each with the table it is drawn from."""

from __future__ import annotations

from datetime import timedelta

from monitor.review import figures
from monitor.review.desk import Answer, Ask
from monitor.review.pages.people import PERIODS
from monitor.review.render import render
from monitor.store.codec import stamp

DAYS = 90
YEAR = 371
"""Days of the calendar: 53 weeks."""

ACCOUNTS = 40


def plots(ask: Ask) -> Answer:
    """`/plots?days=90`"""
    days = ask.number("days", DAYS, 1, 36500)
    since, end = stamp(ask.now - timedelta(days=days)), stamp(ask.now + timedelta(days=1))
    year = stamp(ask.now - timedelta(days=min(max(days, YEAR), 366 * 3)))
    drawn = ask.desk.memory.get(
        ("plots", days, ask.shared),
        ask.now,
        lambda: {
            "matrix": figures.matrix(ask.log, since, end),
            "calendar": figures.calendar(ask.log, year, end),
            "readouts": figures.readouts(ask.log, since, end),
            "accounts": [] if ask.shared else figures.accounts(ask.log, since, ACCOUNTS),
            "latencies": None if ask.shared else figures.latencies(ask.log, since, end),
        },
    )
    return render(ask, "plots.html", days=days, periods=PERIODS, **drawn)
