"""Times, names, flags and states in words, for templates and exports."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from monitor.compose.catalogue import Catalogue, catalogue
from monitor.compose.words import country_name as named
from monitor.compose.words import flag, sure

MODES = ("call", "video", "meeting", "visit", "summit", "letter", "unspecified")
STATUSES = ("upcoming", "ongoing", "happened", "cancelled", "denied")
FORMS = ("announcement", "readout", "follow_up", "denial", "other")
READOUTS = ("awaited", "overdue", "published")
RELATIONS = {
    "announces": "first word", "confirms": "confirms", "readout": "readout", "follow_up": "follows up", "updates": "updates",
    "denies": "denies", "cancels": "calls off", "repeats": "repeats", "withdrawn": "withdrawn",
}  # fmt: skip
KINDS = {
    "new": "first word", "update": "update", "confirmed": "confirmed", "readout": "readout", "overdue": "readout overdue",
    "conflict": "accounts differ", "cancelled": "called off", "denied": "denied", "source_deleted": "post deleted",
    "lapsed": "date passed", "retracted": "retracted", "notice": "notice", "test": "test", "digest": "digest",
}  # fmt: skip
NAME_LENGTH = 80
FIVE = ((0.95, 5), (0.8, 4), (0.55, 3), (0.2, 2), (0.0, 1))
"""The bands of `compose.words.SURE`, as marks out of five."""


@cache
def english() -> Catalogue:
    return catalogue("en")


def moment(text: str | None) -> datetime | None:
    """A time of the log."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def local(text: str | None, timezone: str) -> datetime | None:
    at = moment(text)
    try:
        return at.astimezone(ZoneInfo(timezone)) if at else None
    except (OverflowError, ValueError):
        return at


def clock(text: str | None, timezone: str, *, exact: bool = False) -> str:
    at = local(text, timezone)
    return f"{at:%H:%M:%S}" if at and exact else f"{at:%H:%M}" if at else ""


def day(text: str | None, timezone: str) -> str:
    """2 May 2026."""
    at = local(text, timezone)
    return f"{at.day} {at:%b %Y}" if at else ""


def full(text: str | None, timezone: str) -> str:
    """Sat 2 May 2026, 10:00 UTC."""
    at = local(text, timezone)
    return f"{at:%a} {at.day} {at:%b %Y}, {at:%H:%M} {at.tzname()}" if at else ""


def short(text: str | None, timezone: str, now: datetime) -> str:
    """10:00 today, else 2 May, 10:00; with the year where it is another one."""
    at = local(text, timezone)
    if at is None:
        return ""
    here = now.astimezone(at.tzinfo)
    if at.date() == here.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}, {at:%H:%M}" if at.year == here.year else f"{at.day} {at:%b %Y}"


def ago(text: str | None, now: datetime) -> str:
    """5 min ago; in 2 days."""
    at = moment(text)
    if at is None:
        return ""
    past = (now - at).total_seconds()
    words = span(abs(past))
    return f"{words} ago" if past >= 0 else f"in {words}"


def span(seconds: float | None) -> str:
    """0.02 s, 45 s, 12 min, 3 h 20 min, 5 days: two units at most."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 and hours < 10 else f"{hours} h"
    return f"{hours // 24} days"


def between(first: str | None, last: str | None) -> float | None:
    """Seconds from one time of the log to another."""
    a, b = moment(first), moment(last)
    return (b - a).total_seconds() if a and b else None


def confidence(value: float | None) -> str:
    return sure(value, english()) if value is not None else ""


def marks(value: float | None) -> int:
    """Confidence out of five."""
    return next(mark for floor, mark in FIVE if (value or 0.0) >= floor)


@lru_cache(maxsize=1024)
def country_name(code: str | None) -> str:
    return clean(named(code, english())) if code else ""


def what(mode: str, status: str) -> str:
    """Call held, meeting planned."""
    words, key = english(), f"mode.{mode}.{status}"
    text = words(key) if words.has(key) and status in STATUSES else f"{mode} {status}"
    return text[:1].upper() + text[1:]


def mode_name(mode: str) -> str:
    words = english()
    return words(f"modes.{mode}") if mode in MODES else mode


def clean(text: str | None, length: int = NAME_LENGTH) -> str:
    """Text on one line without controls, direction marks or invisible characters, not endless."""
    text = text or ""
    if not text.isprintable():  # most names are, and need no look at each character
        text = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    kept = " ".join(text.split())
    return kept if len(kept) <= length else kept[: length - 1] + "…"


def party(row: Mapping[str, Any]) -> str:
    """A party by name, else country, else office."""
    office = f"office.{row.get('office')}"
    words = english()
    if row.get("name"):
        return clean(str(row["name"]))
    return country_name(row.get("country")) or (words(office) if words.has(office) else "") or "?"


def shift(now: datetime, days: float) -> datetime:
    return now - timedelta(days=days)


__all__ = [
    "FORMS", "KINDS", "MODES", "READOUTS", "RELATIONS", "STATUSES", "ago", "between", "clean", "clock", "confidence", "country_name",
    "day", "english", "flag", "full", "local", "marks", "mode_name", "moment", "party", "shift", "short", "span", "what",
]  # fmt: skip
