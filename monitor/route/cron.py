"""Times of digests: "hourly", or five cron fields in the desk's time zone (minute, hour, day, month, weekday).

Fields as in crontab(5): `*`, numbers, ranges, lists, steps; weekdays 0 to 7 (0 and 7 are Sunday) or names. If both day
and weekday are restricted, either is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DAYS_BACK = 366 * 5  # the 29th of February comes round within these
NAMES = {name: str(i) for i, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule; `text` is as configured and names it."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    either_day: bool

    def last(self, now: datetime, timezone: str) -> datetime | None:
        """The newest time at or before `now`, in UTC; None if there was none within five years."""
        zone = ZoneInfo(timezone)
        local = now.astimezone(zone)
        for back in range(DAYS_BACK):
            day = (local - timedelta(days=back)).date()
            if not self._on(day.day, day.month, day.isoweekday() % 7):
                continue
            for hour in sorted(self.hours, reverse=True):
                for minute in sorted(self.minutes, reverse=True):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(now.tzinfo)
                    if moment <= now:
                        return moment
        return None

    def _on(self, day: int, month: int, weekday: int) -> bool:
        if month not in self.months:
            return False
        if self.either_day:
            return day in self.days or weekday in self.weekdays
        return day in self.days and weekday in self.weekdays


def parse(text: str) -> Cron:
    """Raises ValueError that says what is wrong with which field."""
    given = "0 * * * *" if text.strip() == "hourly" else "0 7 * * *" if text.strip() == "daily" else text
    fields = given.lower().split()
    if len(fields) != len(FIELDS):
        raise ValueError(f'"{text}": a digest is "hourly", "daily" or five cron fields: minute hour day month weekday')
    sets = [_field(part, *limits) for part, limits in zip(fields, FIELDS, strict=True)]
    weekdays = frozenset(d % 7 for d in sets[4])
    return Cron(text.strip(), sets[0], sets[1], sets[2], sets[3], weekdays, either_day=fields[2] != "*" and fields[4] != "*")


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if name == "weekday":
            first, last = NAMES.get(first, first), NAMES.get(last, last)
        if span == "*":
            first, last = str(low), str(high)
        elif step and not last:
            last = str(high)
        numbers = (first, last or first, step or "1")
        if not all(n.isascii() and n.isdigit() and len(n) < 4 for n in numbers):
            raise ValueError(f'"{text}": the {name} of a digest is numbers from {low} to {high}, ranges, lists or *')
        a, b, by = (int(n) for n in numbers)
        if not (low <= a <= b <= high) or by == 0:
            raise ValueError(f'"{text}": the {name} of a digest lies between {low} and {high}')
        found.update(range(a, b + 1, by))
    return frozenset(found)
