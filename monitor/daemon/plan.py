"""What a daemon runs on: the checked configuration and everything built from it that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

from pydantic import BaseModel

from monitor import compose, correlate, route
from monitor.config import Config, ConfigError, Problem, Secret
from monitor.config.tables import QuietTable, RouteTable
from monitor.leaders import Registry
from monitor.match import Matcher
from monitor.route import cron
from monitor.store import tidy


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration that was found good. `sources` and `channels` are the parts' checked settings, by name."""

    config: Config
    place: Path  # of config.toml
    database: Path
    sources: Mapping[str, BaseModel]
    channels: Mapping[str, BaseModel]
    registry: Registry
    matcher: Matcher
    reveal: Callable[[Secret], str]

    def follow(self) -> correlate.Settings:
        """How long things take."""
        limits, readouts = self.config.limits, self.config.readout
        default = next((timedelta(seconds=r.after) for r in readouts if r.pair is None), correlate.Settings().readout_after)
        pairs = {frozenset(r.pair): timedelta(seconds=r.after) for r in readouts if r.pair}
        return correlate.Settings(alert_age=timedelta(seconds=limits.alert_age), readout_after=default, readout_pairs=pairs)

    def desk(self) -> compose.Desk:
        """Whose alerts these are."""
        desk = self.config.desk
        key = self.reveal(desk.signing_key) if desk.signing_key else None
        return compose.Desk(desk.language, desk.timezone, desk.emoji, desk.review_url, key, self.registry, desk.name)

    def rules(self) -> route.Rules:
        """Where alerts go. Without routes, everywhere but to a channel that is the operator's alone."""
        config = self.config
        everyone = [name for name in config.channels if name != config.desk.operator] or list(config.channels)
        routes = tuple(_route(i, table) for i, table in enumerate(config.route))
        return route.Rules(routes, tuple(everyone), config.desk.timezone, config.limits.flood)


def retention(config: Config) -> tidy.Rules:
    """The retention table as the store takes it."""
    table = config.retention

    def span(seconds: float | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    deleted = {source: timedelta(seconds=age) for source, age in table.deleted.items()}
    return tidy.Rules(span(table.raw), span(table.unflagged), span(table.flagged), span(table.polls), deleted)


def _route(index: int, table: RouteTable) -> route.Route:
    return route.Route(
        channels=tuple(table.channels),
        leaders=frozenset(table.leaders),
        countries=frozenset(table.countries),
        pairs=frozenset(frozenset(pair) for pair in table.pairs),
        modes=frozenset(table.modes),
        statuses=frozenset(table.statuses),
        kinds=frozenset(table.kinds),
        tiers=frozenset(table.tiers),
        accounts=frozenset(table.accounts),
        languages=frozenset(table.languages),
        min_confidence=table.min_confidence,
        max_confidence=table.max_confidence,
        quiet=_quiet(table.quiet) if table.quiet else None,
        digest=_schedule(index, table.digest) if table.digest else None,
        stop=table.stop,
    )


def _quiet(table: QuietTable) -> route.Quiet:
    return route.Quiet(
        time.fromisoformat(table.start), time.fromisoformat(table.end), frozenset(table.days), drop=table.then == "drop"
    )


def _schedule(index: int, text: str) -> cron.Cron:
    try:
        return cron.parse(text)
    except ValueError as error:
        raise ConfigError([Problem(f"route[{index + 1}].digest", f'"{text}"', str(error))]) from None
