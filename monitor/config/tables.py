"""The tables of config.toml, each a model. Every key has a default or is needed; every key has a sentence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.config.values import Duration, Secret, Share, TimeZone, WebAddress
from monitor.model import AlertKind, Kind, Mode, Office, Status

FAST: tuple[Kind, ...] = ("presidency", "pm_office", "foreign_ministry")
EVERY_FAST, EVERY = 15.0, 60.0
"""Seconds between polls where the account does not say: those who announce contacts first are asked most often."""

Country = Annotated[str, Field(pattern=r"^[A-Z][A-Z_]{1,19}$", description="ISO 3166 alpha-2, or EU, UN, NATO, …")]
Pair = Annotated[list[Country], Field(min_length=2, max_length=2)]


class Table(BaseModel):
    """A table whose unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class OpenTable(Table):
    """A table that also holds keys of the part it is for, checked by that part."""

    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)

    @property
    def own(self) -> dict[str, Any]:
        """The keys that are not common ones."""
        return dict(self.model_extra or {})


class DatabaseTable(Table):
    path: str = Field("hotline.db", min_length=1, description="The SQLite log; relative to this file.")


class DeskTable(Table):
    name: str = Field("Hotline", max_length=40, description="Shown in alerts.")
    timezone: TimeZone = Field("UTC", description="For times in alerts and for what counts as this year.")
    language: Literal["en", "fr", "es", "hi"] = Field("en", description="Of the alerts' own words.")
    operator: str | None = Field(None, description="The channel that notices about Hotline itself go to; default: the first.")
    review_url: WebAddress | None = Field(None, description="Where the review desk is reached; alerts then link to it.")
    signing_key: Secret | None = Field(None, description="Proves with `verify` that an alert is ours.")
    emoji: bool = Field(default=True, description="Begin headlines with the emoji of the mode.")


class ScheduleTable(Table):
    every: Duration = Field(EVERY, description="Between polls of an account.")
    every_fast: Duration = Field(EVERY_FAST, description="The same for presidencies, PM offices and foreign ministries.")
    jitter: Share = Field(0.1, description="Share of the interval by which polls are spread.")
    concurrency: int = Field(50, ge=1, le=1000, description="Polls under way at once.")
    per_host: int = Field(8, ge=1, le=200, description="Polls of one host under way at once.")
    timeout: Duration = Field(15.0, gt=0, description="For one request.")
    reread: Duration = Field(60.0, gt=0, description="Between looks at posts behind open contacts: edited or deleted ones are news.")
    hot_every: Duration = Field(10.0, gt=0, description="Between polls of both governments after a new contact.")
    hot_for: Duration = Field(3 * 3600.0, description="For how long.")


class LimitsTable(Table):
    alert_age: Duration = Field(12 * 3600.0, description="A post older than this when first seen never alerts.")
    give_up: Duration = Field(24 * 3600.0, description="An alert not delivered for so long is given up, and the operator told.")
    escalate_after: Duration = Field(600.0, description="An alert not delivered for so long goes to the channel's fallback as well.")
    max_body: int = Field(8_000_000, ge=10_000, description="Bytes read of one answer.")
    flood: int = Field(30, ge=1, description="Alerts in ten minutes before a channel gets them as one digest.")


class HealthTable(Table):
    """How Hotline watches itself. Everything here is off until it is named."""

    listen: str | None = Field(None, pattern=r"^[^\s/]+:\d{1,5}$", description='Serves /healthz and /metrics: "127.0.0.1:9464".')
    heartbeat: str | None = Field(
        None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description='A line a day that Hotline is alive, at this time of the desk: "09:00".'
    )
    heartbeat_channel: str | None = Field(None, description="Where that line goes; default: the operator's channel.")
    ping: Secret | None = Field(None, description="An address asked once a minute while all is well: a dead man's switch.")
    disk_free: int = Field(500_000_000, ge=0, description="Bytes free on the database's disk below which the operator is told.")


class BackupTable(Table):
    """Copies of the log, made while the daemon runs. Off until `every` is set."""

    every: Duration | None = Field(None, ge=60, description='Between two backups: "24h".')
    folder: str = Field("backups", description="Relative to the database.")
    keep: int = Field(7, ge=1, le=1000, description="So many are kept.")


class ReadoutTable(Table):
    """How long a readout may take before it is overdue: for a pair, or for all."""

    pair: Pair | None = Field(None, description="Two countries; without it, the default for all.")
    after: Duration = Field(12 * 3600.0, description="Overdue after.")
    accounts: list[str] = Field(default_factory=list, description="Further accounts to watch closely, as source:handle.")


class ReviewTable(Table):
    """The review desk (`review`). It is on this machine alone unless it has a password or a proxy that names people."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8642, ge=0, le=65535, description="0: any that is free.")
    password: Secret | None = Field(None, description="One for the whole desk; each gives a name when logging in.")
    user_header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{1,64}$", description="Header in which a proxy names the person: X-Forwarded-User.")
    proxies: list[str] = Field(default=["127.0.0.1", "::1"], description="Addresses of proxies that are believed.")
    hosts: list[str] = Field(default_factory=list, description="Names under which the desk is reached, besides localhost and review_url's.")


class RetentionTable(Table):
    """What `tidy` removes, after which time. Post keys, who, when and what was found stay for ever."""

    raw: Duration | None = Field(30 * 86400.0, description="Posts as the platform sent them, for replay.")
    unflagged: Duration | None = Field(None, description="The text of posts that told of no contact; default: kept.")
    flagged: Duration | None = Field(None, description="The text of posts of contacts, near misses and labelled ones; default: kept.")
    polls: Duration | None = Field(90 * 86400.0, description="How often accounts were asked, by the hour.")
    deleted: dict[str, Duration] = Field(
        default={"x": 86400.0}, description="By source: the text of posts deleted there. X's terms allow 24 hours."
    )


class AccountTable(OpenTable):
    source: str = Field(min_length=1, description="bluesky, jsonl, …")
    handle: str = Field(min_length=1, max_length=500)
    id: str | None = Field(None, min_length=1, description="The platform's own id (a DID). Pins the account; wins over the handle.")
    country: Country | None = None
    kind: Kind = "other"
    office: Office = "none"
    holder: str | None = Field(None, description="Who speaks here, where the registry would say someone else.")
    timezone: TimeZone | None = None
    every: Duration | None = Field(None, gt=0, description="Between polls; default by kind.")
    tier: int = Field(1, ge=1, le=9, description="For routes; 1 matters most.")


class ChannelTable(OpenTable):
    type: str = Field(min_length=1, description="console, webhook, slack, …")
    unknown: Literal["resend", "hold"] = Field("resend", description="When an alert may or may not have arrived.")
    min_interval: Duration = Field(0.0, description="At least this between two messages.")
    fallback: str | None = Field(None, description="Channel that takes over while this one is suspended or late.")
    allow_private: bool | list[str] = Field(default=False, description="Private addresses it may reach: true, or networks such as 10.0.0.0/8.")
    proxy: WebAddress | None = Field(None, description="HTTP proxy for this channel only.")


class QuietTable(Table):
    start: str = Field(alias="from", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM in the desk's time zone.")
    end: str = Field(alias="to", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(default_factory=list)
    then: Literal["release", "drop"] = Field("release", description="What happens to alerts held in between.")


class RouteTable(Table):
    """Which contacts go where. A key left out matches everything."""

    channels: list[str] = Field(min_length=1)
    leaders: list[str] = Field(default_factory=list, description="Slugs of the registry (`leaders search`).")
    countries: list[Country] = Field(default_factory=list, description="Any of them takes part.")
    pairs: list[Pair] = Field(default_factory=list, description="Both take part.")
    modes: list[Mode] = Field(default_factory=list)
    statuses: list[Status] = Field(default_factory=list)
    kinds: list[AlertKind] = Field(default_factory=list)
    tiers: list[int] = Field(default_factory=list)
    accounts: list[str] = Field(default_factory=list, description="source:handle")
    languages: list[str] = Field(default_factory=list)
    min_confidence: Share = 0.0
    max_confidence: Share = 1.0
    quiet: QuietTable | None = None
    digest: str | None = Field(None, description='"hourly", or five cron fields in the desk\'s time zone: "0 7 * * 1-5".')
    stop: bool = Field(default=False, description="Later routes are not looked at when this one matches.")


class LeaderTable(OpenTable):
    """An addition or correction to the registry; the registry checks the keys."""


class MatchTable(Table):
    near_miss: Share = Field(0.15, description="Confidence from which an unflagged post is kept for review.")
    watch: list[str] = Field(default_factory=list, description="Phrases (RE2 patterns) that flag a post by themselves.")
    ignore: list[str] = Field(default_factory=list, description="Phrases (RE2 patterns) that keep a post unflagged.")
    words: dict[Mode, list[str]] = Field(default_factory=dict, description='Further contact words by mode: { call = ["rang up"] }.')
    tiers: tuple[Literal["leader", "official"], ...] = Field(
        ("leader",), description="Whose contacts count; official: ministers and envoys too."
    )
    people: dict[str, Country] = Field(default_factory=dict, description='People below leader level that count: { "Jane Doe" = "US" }.')
