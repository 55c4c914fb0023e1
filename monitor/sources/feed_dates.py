"""Dates as feeds write them: RFC 822, ISO 8601, and what offices type by hand. Pure.

A date without zone is the office's local time. Numbers alone are year first where they can be (2016/6/29), else as the
account says: day first unless told otherwise. What cannot be read is None: the time of first sight counts then.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo

from monitor.sources.shaping import NEWEST, OLDEST

MONTHS = {name: number for number, name in enumerate(("jan feb mar apr may jun jul aug sep oct nov dec").split(), 1)}
_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:GMT|UTC?|Z|[ECMP][SD]T))\s*(?:\([^)]*\))?$", re.IGNORECASE)
"""The zones of RFC 822. Another name (IST is three zones) is taken for the office's own zone; email.utils would take it for UTC."""
_NUMBERS = re.compile(r"(\d{1,4})[./\-年](\d{1,2})[./\-月](\d{1,4})日?(?:\D{1,6}(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_WORDS = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?\.?\s+([a-z]{3})[a-z]*\.?,?|([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?)\s+(\d{4})(?:\D{1,4}(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.IGNORECASE)  # fmt: skip
_KOREAN = re.compile(r"(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.?")


def read_date(text: str, zone: str | None = None, *, day_first: bool = True) -> datetime | None:
    """The moment in UTC. `zone` is the IANA name that a date without zone is meant in; `@1790000000` is epoch seconds."""
    text = text.strip()[:100]
    local = ZoneInfo(zone) if zone else UTC
    for read in (_epoch, _iso, _mail):
        if (found := read(text, local)) is not None:
            return _sane(found)
    found = _typed(text, local, day_first=day_first)
    return _sane(found) if found is not None else None


def _sane(found: datetime) -> datetime | None:
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if OLDEST <= found <= NEWEST else None


def _epoch(text: str, _: tzinfo) -> datetime | None:
    if not text.startswith("@"):
        return None
    try:
        number = float(text[1:])
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _iso(text: str, local: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=local)


def _mail(text: str, local: tzinfo) -> datetime | None:
    try:
        parts = parsedate_tz(text)
        if parts is None:
            return None
        year, month, day, hour, minute, second = parts[:6]
        if not re.search(r"[a-z]{3}", text, re.IGNORECASE):
            return None  # numbers alone: not RFC 822, and email.utils guesses
        if _ZONE.search(text) is None:
            return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=local)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _typed(text: str, local: tzinfo, *, day_first: bool) -> datetime | None:
    try:
        if (found := _WORDS.search(text)) is not None:
            day, month = (found[1], found[2]) if found[1] else (found[4], found[3])
            date = (int(found[5]), MONTHS[month.lower()], int(day))
            clock = found.groups()[5:]
        elif (found := _KOREAN.search(text)) is not None:
            date, clock = (int(found[1]), int(found[2]), int(found[3])), (None, None, None)
        elif (found := _NUMBERS.search(text)) is not None:
            date, clock = _ordered(int(found[1]), int(found[2]), int(found[3]), day_first=day_first), found.groups()[3:]
        else:
            return None
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(*date, hour, minute, second, tzinfo=local)
    except (ValueError, KeyError, OverflowError):
        return None


def _ordered(a: int, b: int, c: int, *, day_first: bool) -> tuple[int, int, int]:
    """Year, month, day of three numbers: a number above 31 is the year, one above 12 is no month."""
    if a > 31:
        return a, b, c
    year = c + 2000 if c < 70 else c
    if b > 12 or (not day_first and a <= 12):
        return year, a, b
    return year, b, a
