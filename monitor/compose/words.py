"""Times, durations, names and flags in the desk's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import timezone as Zone  # noqa: N812 - `timezone` is an IANA name in this room
from zoneinfo import ZoneInfo

from babel.dates import format_date

from monitor.compose.catalogue import Catalogue
from monitor.model import Interval, Mode, Participant

NAME_LENGTH = 80  # characters of a name that come from a post
SHOWN_PARTIES = 4
"""Names in a headline; a summit's others are counted."""

EMOJI: dict[Mode, str] = {
    "call": "☎️", "video": "🖥️", "meeting": "🤝", "visit": "✈️", "summit": "🌐", "letter": "✉️", "unspecified": "💬",
}  # fmt: skip

FARTHEST_WEST = timedelta(hours=10)
"""Whole days that begin later than this after UTC's midnight belong to the zones of the far east."""

SURE = ((0.95, "almost_certain"), (0.8, "very_likely"), (0.55, "likely"), (0.2, "possible"), (0.0, "doubtful"))
"""Confidence in words, after the bands of Intelligence Community Directive 203 (2015), section D.6.e(2)."""


def sure(confidence: float, words: Catalogue) -> str:
    return words("confidence." + next(name for floor, name in SURE if confidence >= floor))


def clean(text: str, length: int = NAME_LENGTH) -> str:
    """A name on one line: no control, bidirectional or invisible characters, not endless."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= length else kept[: length - 1] + "…"


def flag(country: str | None) -> str:
    """The flag's emoji for two-letter codes, else nothing."""
    if country is None or len(country) != 2 or not country.isascii() or not country.isupper():
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country)


def country_name(code: str | None, words: Catalogue) -> str:
    if code is None:
        return ""
    if words.has(f"place_of.{code}"):
        return words(f"place_of.{code}")
    return str(words.locale.territories.get(code) or code.replace("_", " "))


def person(p: Participant, words: Catalogue) -> str:
    """Name, or office and country, or country: as much as is known."""
    if p.name:
        return clean(p.name)
    country = country_name(p.country, words)
    office = words(f"office.{p.office}") if p.office and words.has(f"office.{p.office}") else ""
    return f"{country} ({office})" if country and office else country or office or "?"


def party_line(parties: Sequence[Participant], words: Catalogue) -> str:
    """The headline's parties: flags and names."""
    shown = [f"{flag(p.country)} {person(p, words)}".strip() for p in parties[:SHOWN_PARTIES]]
    if len(parties) > SHOWN_PARTIES:
        shown.append(words("head.more_parties", len(parties) - SHOWN_PARTIES))
    return " – ".join(shown)


def listed(items: Sequence[str], words: Catalogue) -> str:
    """a; a and b; a, b and c."""
    if len(items) < 2:
        return "".join(items)
    line = items[0]
    for item in items[1:-1]:
        line = words("list.more", a=line, b=item)
    return words("list.two" if len(items) == 2 else "list.last", a=line, b=items[-1])


def duration(span: timedelta, words: Catalogue) -> str:
    """1 h 52 min: two units at most, rounded down."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return words("duration.seconds", s=seconds)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return words("duration.minutes", m=minutes)
    if days >= 2:
        return words("duration.days", d=days, h=hours % 24)
    return words("duration.hours", h=hours, m=minutes % 60) if minutes % 60 else words("duration.hours_only", h=hours)


def moment(at: datetime, timezone: str, words: Catalogue) -> str:
    """A point in time with its zone."""
    return f"{day(at, timezone, words)}, {_clock(at, timezone)} {zone_name(at, timezone)}"


def there(at: datetime, timezone: str) -> str:
    """The clock of another place, with how far it is from UTC: abbreviations of zones mean different places to different people."""
    offset = at.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta(0)
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "−" if offset < timedelta(0) else "+"
    return f"{_clock(at, timezone)} UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}"


def zone_name(at: datetime, timezone: str) -> str:
    """How the desk calls its own zone: BST, CEST, IST; the offset where there is no such name."""
    name = at.astimezone(ZoneInfo(timezone)).tzname() or ""
    return name if name.isalpha() else there(at, timezone).partition(" ")[2]


def day(at: datetime, timezone: str, words: Catalogue) -> str:
    return str(format_date(at.astimezone(ZoneInfo(timezone)), "medium", locale=words.locale))


def interval(when: Interval, timezone: str, words: Catalogue) -> str:
    """A time as fine as it is known. Whole days are shown as the days that were meant, in whichever zone they begin at midnight."""
    if when.precision in ("minute", "hour"):
        return moment(when.start, timezone, words)
    own = _offset(when)
    inside = timedelta(hours=2) if own else timedelta(seconds=1)  # a day may have 25 hours
    first, last = when.start.astimezone(own or ZoneInfo(timezone)), (when.end - inside).astimezone(own or ZoneInfo(timezone))
    if when.precision == "part_of_day":
        hours = f"{_clock(when.start, timezone)}–{_clock(when.end, timezone)} {zone_name(when.end, timezone)}"
        return f"{day(when.start, timezone, words)}, {hours}"
    if when.precision == "month" and first.date().replace(day=1) == last.date().replace(day=1):
        return str(format_date(first, "LLLL y", locale=words.locale))
    if when.precision == "day" and when.end - when.start < timedelta(hours=23):  # what the days of two zones have in common
        return day(when.start + (when.end - when.start) / 2, timezone, words)
    one, other = (str(format_date(d, "medium", locale=words.locale)) for d in (first, last))
    return one if one == other else f"{one} – {other}"


def _clock(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%H:%M}"


def _offset(when: Interval) -> Zone | None:
    """The zone in which the interval begins at midnight; None for one that is no row of whole days."""
    length = when.end - when.start
    if length % timedelta(days=1) not in (timedelta(0), timedelta(hours=1), timedelta(hours=23)):
        return None
    start = when.start.astimezone(UTC)
    since = timedelta(hours=start.hour, minutes=start.minute)
    return Zone(timedelta(days=1) - since if since > FARTHEST_WEST else -since)
