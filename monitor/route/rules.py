"""Which channels an alert goes to, when, and why not. Pure: rules, silences and counts come in as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.decision import NewDelivery, Silence
from monitor.model import AlertKind, Contact
from monitor.route.values import WEEKDAYS, Facts, Plan, Quiet, Route, Rules

CORRECTIONS: frozenset[AlertKind] = frozenset(("retracted", "source_deleted", "cancelled", "denied", "conflict"))
"""Whoever was told of a contact hears of these, whatever the routes say."""

FLOOD_WINDOW = timedelta(minutes=10)
FLOOD = "flood"
"""Reason of deliveries that wait for the digest at the end of a flood."""

DIGEST = "digest "
"""Reason of deliveries that wait for a scheduled digest, before the schedule's own text."""


def deliveries(
    facts: Facts, rules: Rules, silences: Sequence[Silence], sent: Callable[[str], int], now: datetime
) -> tuple[NewDelivery, ...]:
    """One delivery for each channel that a route names, queued or suppressed with the reason.

    `sent` says how many alerts a channel was given within FLOOD_WINDOW. Where several routes name a channel, the one
    that tells soonest holds.
    """
    best: dict[str, Plan] = {}
    for plan in _plans(facts, rules, now):
        if plan.channel not in best or _rank(plan) < _rank(best[plan.channel]):
            best[plan.channel] = plan
    silence = next((s for s in silences if silenced(facts, s)), None)
    return tuple(_delivery(plan, facts, silence, rules, sent) for plan in best.values())


def _delivery(plan: Plan, facts: Facts, silence: Silence | None, rules: Rules, sent: Callable[[str], int]) -> NewDelivery:
    def not_sent(reason: str) -> NewDelivery:
        return NewDelivery(plan.channel, "suppressed", reason)

    if facts.quiet:
        return not_sent(facts.quiet)
    if silence:
        until = f" until {silence.until:%Y-%m-%d %H:%M} UTC" if silence.until else ""
        return not_sent(f"silence {silence.act}: {silence.kind} {', '.join(silence.values)}{until}")
    if plan.drop:
        return not_sent(plan.drop)
    if plan.digest:
        return not_sent(DIGEST + plan.digest)
    if sent(plan.channel) >= rules.flood:
        return not_sent(FLOOD)
    return NewDelivery(plan.channel, next_at=plan.later)


def _rank(plan: Plan) -> tuple[bool, bool, datetime]:
    return plan.drop is not None, plan.digest is not None, plan.later or datetime.min.replace(tzinfo=UTC)


def _plans(facts: Facts, rules: Rules, now: datetime) -> Iterable[Plan]:
    routes = rules.routes or (Route(channels=rules.channels),)
    named: set[str] = set()
    for route in routes:
        if not matches(route, facts):
            continue
        later, drop = _quiet_hours(route.quiet, now, rules.timezone)
        for channel in route.channels:
            if facts.account is None and channel not in facts.told and route.digest is None and facts.quiet is None:
                continue  # time or a person caused it: news only for those who know of the contact
            named.add(channel)
            yield Plan(channel, drop, route.digest.text if route.digest else None, later)
        if route.stop:
            break
    if facts.kind in CORRECTIONS:
        there = {*rules.channels, *(c for route in routes for c in route.channels)}
        for channel in sorted((facts.told & there) - named):
            quiet = next((r.quiet for r in routes if channel in r.channels and r.quiet and not r.quiet.drop), None)
            yield Plan(channel, later=_quiet_hours(quiet, now, rules.timezone)[0])  # never before what it corrects


def matches(route: Route, facts: Facts) -> bool:
    """Whether every field of the route that is set fits. What is not known of an alert (no post caused it) fits."""
    contact = facts.contact
    countries = {p.country for p in contact.parties if p.country}
    return (
        (not route.kinds or facts.kind in route.kinds)
        and (not route.leaders or any(p.leader in route.leaders for p in contact.parties))
        and (not route.countries or bool(countries & route.countries))
        and (not route.pairs or any(pair <= countries for pair in route.pairs))
        and (not route.modes or contact.mode in route.modes)
        and (not route.statuses or contact.status in route.statuses)
        and (not route.tiers or facts.tier is None or facts.tier in route.tiers)
        and (not route.accounts or any(e.account in route.accounts for e in contact.posts))
        and (not route.languages or facts.language is None or facts.language.split("-")[0] in route.languages)
        and route.min_confidence <= contact.confidence <= route.max_confidence
    )


def silenced(facts: Facts, silence: Silence) -> bool:
    """Whether a silence covers this alert."""
    contact, values = facts.contact, silence.values
    if silence.kind == "contact":
        return contact.id in values
    if silence.kind == "account":
        return facts.account in values
    if silence.kind == "phrase":
        return any(v.casefold() in facts.text.casefold() for v in values if v)
    if silence.kind == "leader":
        return any(p.leader in values for p in contact.parties if p.leader)
    known = _known(contact)
    return all(v in known for v in values) if silence.kind == "pair" else any(v in known for v in values)


def _known(contact: Contact) -> set[str]:
    return {v for p in contact.parties for v in (p.country, p.leader) if v}


def _quiet_hours(quiet: Quiet | None, now: datetime, timezone: str) -> tuple[datetime | None, str | None]:
    """When held alerts are released, or why they are dropped; (None, None) outside the hours."""
    if quiet is None:
        return None, None
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    over_midnight = quiet.end <= quiet.start
    for begins in (local.date(), local.date() - timedelta(days=1)):
        if quiet.days and WEEKDAYS[begins.weekday()] not in quiet.days:
            continue
        start = datetime.combine(begins, quiet.start, zone).astimezone(UTC)
        end = datetime.combine(begins + timedelta(days=int(over_midnight)), quiet.end, zone).astimezone(UTC)
        if start <= now < end:
            return (None, "quiet hours") if quiet.drop else (end, None)
    return None, None
