"""When a contact is or was, as far as the words say: an interval in UTC with the precision of the words.

Words of days, weeks, weekdays and months in all languages are data (`data/calendar.json`; months and weekdays from CLDR). They are read
from the post's own time, in the account's zone.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.match.cues import Cue
from monitor.match.tokens import STOP, Tokens
from monitor.model import Holder, Interval, Status

CALENDAR = Path(__file__).parent / "data" / "calendar.json"
Found = tuple[Interval, tuple[int, int]]


class _Words:
    def __init__(self, data: dict[str, Any]) -> None:
        self.months: dict[str, int] = data["months"]
        self.weekdays: dict[str, int] = data["weekdays"]  # 0: Monday
        self.days = {word: int(shift) for shift, words in data["days"].items() for word in words}
        self.weeks = {tuple(_pieces(words)): int(shift) for shift, forms in data["weeks"].items() for words in forms}
        self.openers = frozenset(words[0] for words in self.weeks)
        self.parts = {word: _hours(span) for span, words in data["parts"].items() for word in words}
        self.any = frozenset((*self.months, *self.weekdays, *self.days, *self.openers, "月"))


def _pieces(words: str) -> list[str]:
    return words.split()


def _hours(span: str) -> tuple[int, int]:
    start, end = span.split("-")
    return int(start), int(end)


@cache
def _words() -> _Words:
    return _Words(json.loads(CALENDAR.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
def _zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def when_of(
    tokens: Tokens, trigger: Cue | None, status: Status, at: datetime, holder: Holder | None
) -> tuple[Interval | None, tuple[int, int] | None]:  # fmt: skip
    """The interval, and the tokens that tell it: from the trigger's sentence, else from the sentence before or behind it."""
    words = _words()
    if not words.any.intersection(tokens.words):
        return _moment(status, at, None), None
    zone = _zone(holder.timezone if holder else None)
    local = at.astimezone(zone or UTC)
    for first, last in _sentences(tokens, trigger)[: 2 if status in ("upcoming", "cancelled") else 1]:
        found = _in_span(tokens, first, last, words, status, local)
        if found is not None:
            return found
    return _moment(status, at, None), None


def _moment(status: Status, at: datetime, _: None) -> Interval | None:
    """What is under way is now; of what is told without a time, nothing is known."""
    return Interval(at - timedelta(hours=6), at + timedelta(hours=6), "part_of_day") if status == "ongoing" else None


def _sentences(tokens: Tokens, trigger: Cue | None) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for index, kind in enumerate(tokens.kinds):
        if kind == STOP:
            spans.append((start, index))
            start = index + 1
    spans.append((start, len(tokens)))
    if trigger is None:
        return spans[:2]
    return sorted(spans, key=lambda span: (not span[0] <= trigger.first < span[1], abs(span[0] - trigger.first)))[:2]


def _in_span(tokens: Tokens, first: int, last: int, words: _Words, status: Status, local: datetime) -> Found | None:
    best: Found | None = None
    for index in range(first, last):
        word = tokens.words[index].lstrip("#")
        found = None
        if word in words.months or word == "月":
            found = _date(tokens, index, first, last, words, status, local)
        elif word in words.days and not (words.days[word] > 0 and status in ("happened", "ongoing")):
            found = _day(tokens, index, first, last, words, local, local.date() + timedelta(days=words.days[word]))
        elif word in words.weekdays and status in ("upcoming", "happened", "cancelled"):
            found = _day(tokens, index, first, last, words, local, _weekday(local.date(), words.weekdays[word], status))
        else:
            found = _week(tokens, index, words, local)
        if found is not None and (best is None or _finer(found, best)):
            best = found
    return best


def _finer(one: Found, other: Found) -> bool:
    return one[0].end - one[0].start < other[0].end - other[0].start


def _weekday(today: date, weekday: int, status: Status) -> date:
    if status == "happened":
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _day(tokens: Tokens, index: int, first: int, last: int, words: _Words, local: datetime, day: date) -> Found:
    """A day, narrowed to its morning, afternoon or evening if a word beside it says so."""
    for near in range(max(first, index - 3), min(last, index + 4)):
        hours = words.parts.get(tokens.words[near])
        if hours is not None:
            return _bounds(local, day, hours, "part_of_day"), (min(index, near), max(index, near))
    return _bounds(local, day, (0, 24), "day"), (index, index)


def _bounds(local: datetime, day: date, hours: tuple[int, int], precision: Any) -> Interval:
    start = datetime.combine(day, time(0), local.tzinfo) + timedelta(hours=hours[0])
    end = datetime.combine(day, time(0), local.tzinfo) + timedelta(hours=hours[1])
    return Interval(start.astimezone(UTC), end.astimezone(UTC), precision)


def _week(tokens: Tokens, index: int, words: _Words, local: datetime) -> Found | None:
    if tokens.words[index] not in words.openers:
        return None
    for size in (3, 2, 1):
        shift = words.weeks.get(tuple(tokens.words[index : index + size])) if index + size <= len(tokens) else None
        if shift is not None:
            monday = local.date() - timedelta(days=local.weekday()) + timedelta(weeks=shift)
            start, end = _bounds(local, monday, (0, 24), "week"), _bounds(local, monday + timedelta(days=6), (0, 24), "week")
            return Interval(start.start, end.end, "week"), (index, index + size - 1)
    return None


def _date(tokens: Tokens, index: int, first: int, last: int, words: _Words, status: Status, local: datetime) -> Found | None:
    """A day and a month in either order, or a month alone, in the year that the status makes likely."""
    word = tokens.words[index].lstrip("#")
    if word == "月":
        number = _number(tokens, index - 1, 12) if index > first else None
        day = _number(tokens, index + 1, 31) if index + 1 < last else None
        span = (index - 1, min(index + 2, last - 1)) if day else (index - 1, index)
    else:
        number = words.months[word]
        day, span = None, (index, index)
        for near in (index - 1, index - 2, index + 1, index + 2):
            if first <= near < last and (day := _number(tokens, near, 31)) is not None:
                span = (min(index, near), max(index, near))
                break
    if number is None or (day is None and word in ("may", "march", "marzo", "mars", "mai", "set", "out")):
        return None
    return _dated(local, number, day, status, span)


def _dated(local: datetime, month: int, day: int | None, status: Status, span: tuple[int, int]) -> Found | None:
    today = local.date()
    for year in (today.year, today.year + 1) if status == "upcoming" else (today.year, today.year - 1):
        try:
            start = date(year, month, day or 1)
        except ValueError:
            continue
        end = start + timedelta(days=1) if day else (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        if (status == "upcoming" and end > today) or (status != "upcoming" and start <= today + timedelta(days=45)):
            low, high = _bounds(local, start, (0, 24), "day").start, _bounds(local, end, (0, 24), "day").start
            return Interval(low, high, "day" if day else "month"), span
    return None


def _number(tokens: Tokens, index: int, highest: int) -> int | None:
    word = tokens.words[index].rstrip("stndrhº°") if 0 <= index < len(tokens) else ""
    if word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= highest:
        return int(word)
    return None
