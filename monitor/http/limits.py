"""When to ask again, as servers say it: Retry-After, `ratelimit-*`, `x-rate-limit-*`, in every form they use.

One parser for all: seconds from now, epoch seconds or milliseconds, an HTTP date (RFC 9110), ISO 8601 (Mastodon).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST, LONGEST = 1.0, 900.0
"""What a server says is believed between one second and fifteen minutes: a wrong clock must not silence an account for days."""

_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_REMAINING = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that a reset or Retry-After value names, unclamped; None if it is no such value.

    A number below a million is seconds from `now`; larger ones are epoch seconds, or milliseconds above 10^11.
    """
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        return _dated(text)
    if not math.isfinite(number) or number < 0:
        return None
    try:
        if number < 1e6:
            return now + timedelta(seconds=number)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _dated(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def clamp(until: datetime, now: datetime, longest: float = LONGEST) -> datetime:
    """`until`, not sooner than a second from `now` and not later than `longest` seconds."""
    return min(max(until, now + timedelta(seconds=SHORTEST)), now + timedelta(seconds=longest))


def not_before(headers: Mapping[str, str], now: datetime, longest: float = LONGEST) -> datetime | None:
    """After a 429 or 503: the later of Retry-After and the reset header, clamped; None where the server said nothing."""
    named = [moment(headers[name], now) for name in ("retry-after", *_RESETS) if name in headers]
    known = [found for found in named if found is not None]
    return clamp(max(known), now, longest) if known else None


def exhausted(headers: Mapping[str, str], clock: Callable[[], datetime]) -> datetime | None:
    """When a server says with a good answer that this was the last one for now: the reset, clamped; else None."""
    if not any(headers.get(name, "").strip() == "0" for name in _REMAINING):
        return None
    return not_before(headers, clock())
