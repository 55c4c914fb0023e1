"""config.toml: read, checked, and turned into values. Pure: text in, `Config` or `ConfigError` out.

Keys that belong to a source or a channel (`[sources.x]`, `[channels.x]`, an account's own options) are checked by
that part's own model when Hotline is put together; see `monitor.cli.assemble`.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

from pydantic import Field, ValidationError

from monitor.config.errors import ConfigError, Problem, did_you_mean, explain, path_of
from monitor.config.tables import (
    FAST,
    AccountTable,
    BackupTable,
    ChannelTable,
    DatabaseTable,
    DeskTable,
    HealthTable,
    LeaderTable,
    LimitsTable,
    MatchTable,
    ReadoutTable,
    RetentionTable,
    ReviewTable,
    RouteTable,
    ScheduleTable,
    Table,
)
from monitor.config.values import Duration, Secret, SecretError, TimeZone, WebAddress, seconds, time_zone
from monitor.model import Account

__all__ = [
    "AccountTable", "ChannelTable", "Config", "ConfigError", "Duration", "Problem", "Secret", "SecretError", "TimeZone",
    "WebAddress", "did_you_mean", "explain", "load", "path_of", "seconds", "time_zone",
]  # fmt: skip


class Config(Table):
    """The whole of config.toml."""

    database: DatabaseTable = Field(default_factory=DatabaseTable)
    desk: DeskTable = Field(default_factory=DeskTable)
    schedule: ScheduleTable = Field(default_factory=ScheduleTable)
    limits: LimitsTable = Field(default_factory=LimitsTable)
    backup: BackupTable = Field(default_factory=BackupTable)
    health: HealthTable = Field(default_factory=HealthTable)
    match: MatchTable = Field(default_factory=MatchTable)
    review: ReviewTable = Field(default_factory=ReviewTable)
    retention: RetentionTable = Field(default_factory=RetentionTable)
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    channels: dict[str, ChannelTable] = Field(default_factory=dict)
    account: list[AccountTable] = Field(default_factory=list)
    route: list[RouteTable] = Field(default_factory=list)
    readout: list[ReadoutTable] = Field(default_factory=list)
    leader: list[LeaderTable] = Field(default_factory=list)

    @property
    def operator(self) -> str:
        """The channel that notices go to."""
        return self.desk.operator or next(iter(self.channels))

    def accounts(self) -> tuple[Account, ...]:
        """The accounts as values, cadence filled in."""
        return tuple(self._account(table) for table in self.account)

    def _account(self, t: AccountTable) -> Account:
        every = t.every or (self.schedule.every_fast if t.kind in FAST else self.schedule.every)
        common = t.model_dump(include={"source", "handle", "id", "country", "kind", "office", "holder", "timezone", "tier"})
        return Account(**common, every=every, options=t.own)


def load(text: str) -> Config:
    """Parse and check. Raises ConfigError with everything that is wrong, not only the first thing."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem("config.toml", "", f"not valid TOML: {error}")]) from None
    try:
        config = Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None
    problems = _cross_checks(config)
    if problems:
        raise ConfigError(problems)
    return config


def _cross_checks(config: Config) -> list[Problem]:
    """What no table can see by itself: names that point to one another."""
    problems: list[Problem] = []
    for key, count in Counter(f"{a.source}:{a.handle}" for a in config.account).items():
        if count > 1:
            problems.append(Problem("account", f'"{key}"', f"stands {count} times; keep one"))

    def need_channel(path: str, name: str) -> None:
        if name not in config.channels:
            known = did_you_mean(name, config.channels) if config.channels else "add a table [channels.NAME]"
            problems.append(Problem(path, f'"{name}"', f"no such channel; {known}"))

    if config.health.heartbeat_channel:
        need_channel("health.heartbeat_channel", config.health.heartbeat_channel)
    for i, route in enumerate(config.route):
        for j, name in enumerate(route.channels):
            need_channel(path_of(("route", i, "channels", j)), name)
    for name, channel in config.channels.items():
        if channel.fallback == name:
            problems.append(Problem(f"channels.{name}.fallback", f'"{name}"', "a channel cannot stand in for itself"))
        elif channel.fallback:
            need_channel(f"channels.{name}.fallback", channel.fallback)
    if config.desk.operator:
        need_channel("desk.operator", config.desk.operator)
    if not config.channels:
        problems.append(Problem("channels", "", 'no channel to post to; add [channels.console] with type = "console"'))
    return problems


