"""Leader, country and pair pages; the list of leaders."""

from __future__ import annotations

from datetime import timedelta

from monitor.review import people
from monitor.review.desk import Answer, Ask, NotFound, Row
from monitor.review.render import render
from monitor.store.codec import stamp

SHOWN = 30
PERIODS = ((30, "month"), (90, "quarter"), (365, "year"), (36500, "all"))


def leader(ask: Ask, party: str) -> Answer:
    """`/leader/SLUG`, also `/leader/IN` for all leaders of a country."""
    return _page(ask, [_known(ask, party)])


def pair(ask: Ask, a: str, b: str) -> Answer:
    """`/pair/A/B`: leaders' slugs or countries' codes, in any order."""
    first, second = sorted((a, b))
    if first == second:
        return Answer(location=ask.links.party(a))
    if (a, b) != (first, second):
        return Answer(location=ask.links.pair(first, second))
    return _page(ask, [_known(ask, first), _known(ask, second)])


def _known(ask: Ask, key: str) -> Row:
    who = people.person(ask.log, ask.desk.registry, key, ask.now.date())
    if who is None:
        raise NotFound(f"Neither the registry nor the log knows {key!r}.")
    return who


def _page(ask: Ask, who: list[Row]) -> Answer:
    keys = [str(one["key"]) for one in who]
    shown = people.history(ask.log, keys, SHOWN, ask.arg("before") or None)
    figures = ask.desk.memory.get(
        ("people", *keys),
        ask.now,
        lambda: {
            "months": people.months(ask.log, keys),
            "days": people.days(ask.log, keys, stamp(ask.now)),
            "partners": people.partners(ask.log, keys[0]) if len(keys) == 1 else [],
        },
    )
    every, modes, counts = people.by_month(figures["months"])
    found = figures["days"]
    return render(
        ask, "people.html", who=who, keys=keys, contacts=shown, months=every, modes=modes, counts=counts, days=found,
        gaps=people.gaps(found)[:5], total=sum(counts.values()), more=len(shown) == SHOWN,
        partners=figures["partners"], since_last=(ask.now.date() - found[-1]).days if found else None,
    )  # fmt: skip


def leaders(ask: Ask) -> Answer:
    """`/leaders?days=90`: who is in contact most."""
    period = ask.number("days", 90, 1, 36500)
    rows = people.often(ask.log, stamp(ask.now - timedelta(days=period)), stamp(ask.now + timedelta(days=36500)), 300)
    return render(ask, "leaders.html", rows=rows, days=period, periods=PERIODS)
