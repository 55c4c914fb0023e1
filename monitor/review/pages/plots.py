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
    begin, until = ask.now - timedelta(days=days), ask.now + timedelta(days=1)
    since, end = stamp(begin), stamp(until)
    accounts = [] if ask.shared else ask.log.per_account(begin, until)[:ACCOUNTS]
    return render(
        ask, "plots.html", days=days, periods=PERIODS, matrix=figures.matrix(ask.log, since, end),
        calendar=figures.calendar(ask.log, stamp(ask.now - timedelta(days=min(max(days, YEAR), 366 * 3))), end),
        readouts=figures.readouts(ask.log, since, end), accounts=accounts,
        latencies=None if ask.shared else figures.latencies(ask.log, since, end),
    )  # fmt: skip
