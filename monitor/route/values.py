"""What routing works on: the rules as values, and what there is to know of an alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

from monitor.model import AlertKind, Contact, Mode, Status
from monitor.route.cron import Cron

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without alerts, in the desk's time zone; past midnight where `end` is not after `start`. No days: every day.

    `days` are those on which the hours begin.
    """

    start: time
    end: time
    days: frozenset[Weekday] = frozenset()
    drop: bool = False  # instead of sending when the hours end


@dataclass(frozen=True, slots=True)
class Route:
    """One rule. An empty field matches everything; `digest` gathers instead of sending."""

    channels: tuple[str, ...]
    leaders: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    pairs: frozenset[frozenset[str]] = frozenset()
    modes: frozenset[Mode] = frozenset()
    statuses: frozenset[Status] = frozenset()
    kinds: frozenset[AlertKind] = frozenset()
    tiers: frozenset[int] = frozenset()
    accounts: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    quiet: Quiet | None = None
    digest: Cron | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """All routes in order, and the limits of every channel. No routes: everything goes to `channels`."""

    routes: tuple[Route, ...] = ()
    channels: tuple[str, ...] = ()  # those that exist, without ones for the operator alone
    timezone: str = "UTC"
    flood: int = 30  # alerts in ten minutes before a channel gets the rest as one digest


@dataclass(frozen=True, slots=True)
class Facts:
    """What a route looks at. `account`, `tier`, `language` are None where no post caused the alert.

    `told` are channels that had word of this contact; `text` is what phrase silences are looked for in.
    """

    kind: AlertKind
    contact: Contact
    account: str | None = None
    tier: int | None = None
    language: str | None = None
    text: str = ""
    quiet: str | None = None
    told: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where one alert goes through one route, before channels' own limits. `later`: not before."""

    channel: str
    drop: str | None = None
    digest: str | None = None
    later: datetime | None = None
