"""What a page is given and what it gives back: plain values, so that a page is a function that a test can call."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.leaders import Registry, load
from monitor.review.links import Links
from monitor.review.login import Session
from monitor.store import Reading

Row = dict[str, Any]


class NotFound(Exception):  # noqa: N818 - what the page answers, not a fault
    """There is no such thing: answered 404 with these words."""


class Refused(Exception):  # noqa: N818 - what the page answers, not a fault
    """What a person sent cannot be done: answered 400 with these words."""


class Memory:
    """Figures that cost a while, kept for a minute."""

    LASTS = timedelta(minutes=1)
    MOST = 64

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[datetime, Row]] = {}

    def get(self, key: Hashable, now: datetime, make: Callable[[], Row]) -> Row:
        """What was made for the key within the last minute, else what `make` gives."""
        kept = self._kept.get(key)
        if kept is not None and timedelta(0) <= now - kept[0] < self.LASTS:
            return kept[1]
        if len(self._kept) >= self.MOST:
            self._kept.clear()
        made = make()
        self._kept[key] = (now, made)
        return made


@dataclass(frozen=True)
class Desk:
    """One review desk. `clock` gives the time in UTC; `chance` draws samples; `who` acts where nobody logs in."""

    path: Path
    clock: Callable[[], datetime]
    name: str = "Hotline"
    timezone: str = "UTC"
    who: str = "desk"
    registry: Registry = field(default_factory=load, repr=False)
    chance: random.Random = field(default_factory=random.Random, repr=False)
    base: str = ""  # path in front of every address, where a proxy serves the desk below one
    address: str = ""  # where the desk is reached from outside, for feeds; "": where it was asked
    memory: Memory = field(default_factory=Memory, repr=False)
    session: Session | None = field(default=None, repr=False)  # None: nobody logs in


@dataclass(frozen=True)
class Ask:
    """One request: what was asked, on one open log."""

    desk: Desk
    log: Reading
    now: datetime
    who: str
    links: Links
    args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    csrf: str = ""
    path: str = "/"
    origin: str = ""  # https://host of this request
    logged_in: bool = False
    shared: bool = False  # a page for a static site: nothing of the desk's own, no forms

    def arg(self, name: str, default: str = "") -> str:
        values = self.args.get(name)
        return values[0].strip() if values else default

    def sent(self, name: str, default: str = "") -> str:
        values = self.form.get(name)
        return values[0].strip() if values else default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the address, held within bounds."""
        text = self.arg(name)
        return min(max(int(text), low), high) if text.isascii() and text.isdigit() and len(text) < 10 else default


@dataclass(frozen=True)
class Answer:
    """What goes back: a body, or a place to go to."""

    body: str | bytes = ""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str | None = None
    filename: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Page = Callable[..., Answer]
"""`page(ask, **parts of the address)`; runs in a worker thread."""
