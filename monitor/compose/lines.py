"""The lines of an alert: what changed, who has spoken, the readout, when and where, how often before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from monitor.compose.catalogue import Catalogue
from monitor.compose.values import Desk, Setting
from monitor.compose.words import clean, country_name, day, duration, interval, listed, person
from monitor.contacts import FAMILIES, Change, Detail, active, conflicts, first_word, official, readouts, sides, silent, spoken
from monitor.model import Contact, ContactPost, Participant

SHOWN_PLANS = 3  # ids of planned contacts of the same parties


def handle(account: str) -> str:
    """@handle of an account's key."""
    return "@" + clean(account.partition(":")[2] or account)


def changed(change: Change, around: Setting, words: Catalogue) -> Iterator[str]:
    """What is new, for everything but a first word."""
    before, after = change.before, change.after
    if before is not None and before.status != after.status:
        yield words("line.status", what=words(f"mode.{after.mode}.{after.status}"), was=words(f"mode.{before.mode}.{before.status}"))
    for detail in change.details:
        line = _detail(detail, change, around, words)
        if line:
            yield line
    if change.kind == "overdue":
        yield words("line.overdue", after=_since_held(after, around.now, words))
    elif change.kind == "lapsed" and after.when:
        yield words("line.lapsed", when=interval(after.when, around.desk.timezone, words))
    elif change.kind == "retracted":
        yield words("line.retracted", why=clean(change.reason, 200))
    if after.posts and not active(after):
        yield words("line.no_source_left")


def _detail(detail: Detail, change: Change, around: Setting, words: Catalogue) -> str:
    after, side = change.after, country_name(detail.value, words)
    told = _since_first(after, change.entry.seen_at if change.entry else around.now, words)
    match detail.kind:
        case "confirmed" if change.before is not None:
            later = first_word(after) is not change.entry
            return words("line.confirmed_after", side=side, after=told) if later else words("line.confirmed_first", side=side)
        case "readout" if change.entry is not None:
            account = handle(change.entry.account)
            if change.before is None:
                return words("line.readout_first", account=account)
            return words("line.readout_after", after=_since_held(after, change.entry.seen_at, words), account=account)
        case "deleted":
            return words("line.deleted", account=handle(detail.value), after=_since_first(after, around.now, words))
        case "withdrawn" | "restored":
            return words(f"line.{detail.kind}", account=handle(detail.value))
        case "again" if change.entry is not None:
            return words("line.again", account=handle(change.entry.account))
        case "named" | "joined":
            return words(f"line.{detail.kind}", name=clean(detail.value) if detail.kind == "named" else _joined(detail.value, after, words))
        case "moved" if change.before and change.before.when and after.when and not conflicts(after):
            zone = around.desk.timezone
            return words("line.moved", old=interval(change.before.when, zone, words), new=interval(after.when, zone, words))
        case "dated" if after.when:
            return words("line.dated", new=interval(after.when, around.desk.timezone, words))
        case "split":
            return words("line.split", other=detail.value)
        case "merged":
            return words("line.merged", into=detail.value)
    return ""


def _joined(value: str, contact: Contact, words: Catalogue) -> str:
    known = next((p for p in contact.parties if value in (p.name, p.country)), None)
    return person(known, words) if known else clean(value)


def _since_first(contact: Contact, at: datetime, words: Catalogue) -> str:
    return duration(at - contact.opened_at, words)


def _since_held(contact: Contact, at: datetime, words: Catalogue) -> str:
    """Since the first word that it took place: a plan may have been known for weeks."""
    held = [e.seen_at for e in contact.posts if e.claim.status in ("happened", "ongoing")]
    return duration(at - min(held, default=contact.opened_at), words)


def disagreements(contact: Contact, desk: Desk, words: Catalogue) -> Iterator[str]:
    """What the sides say differently."""
    for c in conflicts(contact):
        a, b = country_name(c.a, words), country_name(c.b, words)
        if c.kind == "denied":
            yield words("line.conflict_denied", a=a, b=b)
        elif c.kind == "mode":
            yield words("line.conflict_mode", a=a, b=b, a_mode=_mode(c.a_says, words), b_mode=_mode(c.b_says, words))
        else:
            yield words("line.conflict_day", a=a, b=b, a_day=_day(c.a_says, desk, words), b_day=_day(c.b_says, desk, words))


def _mode(entry: ContactPost, words: Catalogue) -> str:
    return words(f"modes.{entry.claim.mode}")


def _day(entry: ContactPost, desk: Desk, words: Catalogue) -> str:
    return interval(entry.claim.when, desk.timezone, words) if entry.claim.when else "?"


def who(contact: Contact, at: datetime, desk: Desk, words: Catalogue) -> str:
    """Everybody with office and country; empty where that adds nothing to the headline."""
    people = [_with_office(p, at, desk, words) for p in contact.parties]
    return words("line.who", people=" – ".join(people)) if any(p.name for p in contact.parties) else ""


def _with_office(p: Participant, at: datetime, desk: Desk, words: Catalogue) -> str:
    country = country_name(p.country, words)
    if not p.name:
        return person(p, words)
    term = desk.leaders.term(p.leader, at.date()) if desk.leaders and p.leader else None
    office = clean(term.title) if term and desk.language == "en" else ""
    if not office:
        held = term.office if term else p.office
        office = words(f"office.{held}") if held and words.has(f"office.{held}") else ""
    inside = ", ".join(part for part in (office, country) if part)
    return f"{clean(p.name)} ({inside})" if inside else clean(p.name)


def when_where(contact: Contact, desk: Desk, words: Catalogue) -> str:
    when = interval(contact.when, desk.timezone, words) if contact.when and contact.when.precision != "unknown" else ""
    where = ", ".join(x for x in (clean(contact.place.name), country_name(contact.place.country, words)) if x) if contact.place else ""
    if when and where:
        return words("line.when_where", when=when, where=where)
    return words("line.when", when=when) if when else words("line.where", where=where) if where else ""


def heard(contact: Contact, words: Catalogue) -> str:
    """Which side has spoken and which has not; of what is denied, who denies it."""
    if contact.status == "denied":
        deniers = [country_name(e.side, words) for e in active(contact) if e.claim.status == "denied" and official(e)]
        return words("line.denied", side=listed(list(dict.fromkeys(deniers)), words)) if deniers else ""
    said = [country_name(s, words) for s in spoken(contact)]
    not_said = [country_name(s, words) for s in silent(contact)]
    first = first_word(contact)
    if not said:
        return words("line.spoken_none", account=handle(first.account)) if first and sides(contact) else ""
    if not not_said:
        if len(sides(contact)) == 1:
            return ""
        return words("line.spoken_all") if len(said) == 2 else words("line.spoken_every")
    return words("line.spoken_some", spoken=listed(said, words), silent=listed(not_said, words))


def readout(contact: Contact, words: Catalogue) -> str:
    """The state of the readout; nothing where none is to be expected."""
    if contact.readout == "published":
        by = list(dict.fromkeys(country_name(e.side, words) for e in readouts(contact)))
        return words("line.readout_by", sides=listed(by, words)) if by else ""
    if contact.readout == "overdue":
        return words("line.readout_overdue")
    expected = contact.status == "happened" and FAMILIES[contact.mode] != "letter"
    return words("line.readout_none") if expected and active(contact) else ""


def history(around: Setting, words: Catalogue) -> str:
    """3rd contact this year; 5 in the last 12 months before it; last: call, 2 May."""
    past = around.history
    parts = []
    if not past.last_at and not past.last_12_months:
        parts.append(words("line.history_first"))
    else:
        number = past.this_year + 1
        parts.append(words("line.history_year", number, ordinal=words.ordinal(number)))
        if past.last_12_months > past.this_year:
            parts.append(words("line.history_12", past.last_12_months))
        if past.last_at:
            mode = words(f"modes.{past.last_mode or 'unspecified'}")
            parts.append(words("line.history_last", mode=mode, date=day(past.last_at, around.desk.timezone, words)))
    if past.upcoming:
        parts.append(words("line.history_upcoming", len(past.upcoming), ids=", ".join(past.upcoming[:SHOWN_PLANS])))
    return words("line.history", text="; ".join(parts))
