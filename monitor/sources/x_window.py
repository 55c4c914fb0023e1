"""How far an account of X was read, and a walk that is not finished yet. Pure.

A cursor row `since:ID` says up to which post id a user was read. While a walk back from the newest post is under way its
`since_id` stays as it is; the rows move only with the last page. A walk that breaks off is a row `window:…` of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.sources.shaping import mapping, text_of
from monitor.sources.x_posts import number

EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, UTC)
"""Of ids: the upper bits are milliseconds since (snowflake, 22 bits below)."""
SEARCHED = timedelta(days=6)
"""Search reaches back seven days and refuses ids from before: rows older than this are moved on over the timeline."""
SETTLED, OVERLAP = timedelta(minutes=5), timedelta(minutes=2)
"""A post may turn up in search after a later one: for five minutes after a post, two minutes before it are read again."""
UNSEEN = timedelta(minutes=1)
"""Where nothing was found, reading goes on from this long ago: search shows posts half a minute late."""

MARGIN = timedelta(minutes=10)
"""After a timeline was read, search goes on from this long ago: what both show is known by its key."""


@dataclass(frozen=True, slots=True)
class Window:
    """A walk under way: `since` it goes back to, the `newest` id it began with, where it goes on."""

    since: int
    newest: int
    token: str | None = None


def since_row(native: str) -> str:
    """Key of the row that says how far a user was read."""
    return f"since:{native}"


def window_row(words: str) -> str:
    """Key of the row of an unfinished walk of this query."""
    return f"window:{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def id_at(moment: datetime) -> int:
    """The lowest id that a post of this moment can have."""
    return max(1, int((moment - EPOCH) / timedelta(milliseconds=1)) << 22)


def moment_of(native: int) -> datetime:
    """When a post of this id was made; ids from before snowflakes (2010) count as that old."""
    return EPOCH + timedelta(milliseconds=min(native >> 22, 1 << 42))


def covered(rows: Mapping[str, str], ids: Sequence[str]) -> int:
    """Up to where all of these users were read; 0 if any never was."""
    return min((number(rows.get(since_row(native))) for native in ids), default=0)


def asked(since: int, now: datetime) -> int:
    """The `since_id` to send, with the overlap where the last post is fresh."""
    made = moment_of(since)
    return id_at(made - OVERLAP) if since and now - made < SETTLED else since


def long_quiet(since: int, now: datetime) -> bool:
    """Whether search would soon refuse this id."""
    return now - moment_of(since) > SEARCHED


def behind(since: int, now: datetime) -> bool:
    """Whether a row is old enough to be worth moving on without a post."""
    return now - moment_of(since) > timedelta(days=1)


def write(window: Window) -> str:
    """The window as a row."""
    return json.dumps({"since": str(window.since), "newest": str(window.newest), "token": window.token})


def read(row: str | None) -> Window | None:
    """The window of a row; None if there is none to go on with."""
    try:
        told = mapping(json.loads(row or ""))
    except (ValueError, RecursionError):
        return None
    token = text_of(told.get("token"))
    return Window(number(told.get("since")), number(told.get("newest")), token) if token else None


def finished(window: Window, rows: Mapping[str, str], ids: Sequence[str]) -> dict[str, str | None]:
    """The rows of these users once a walk came to its end: never back."""
    keys = (since_row(native) for native in ids)
    return {key: str(window.newest) for key in keys if window.newest > number(rows.get(key))}
