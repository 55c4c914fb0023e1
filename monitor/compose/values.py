"""What composition is told besides the change itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitor.leaders import Registry
from monitor.model import Account, Evidence, Finding, History, Post
from monitor.suspicion import Doubt


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose alerts these are. `signing_key` never shows; `leaders` gives the titles of offices."""

    language: str = "en"
    timezone: str = "UTC"
    emoji: bool = True
    review_url: str | None = None
    signing_key: str | None = field(default=None, repr=False)
    leaders: Registry | None = field(default=None, repr=False)
    name: str = "Hotline"


@dataclass(frozen=True, slots=True)
class Cause:
    """The post behind an alert, its account and what the matcher says of it."""

    post: Post
    account: Account
    finding: Finding
    doubts: tuple[Doubt, ...] = ()  # why it may not be the account's own words

    def evidence(self, index: int) -> tuple[Evidence, ...]:
        """The spans of the claim that the alert is about; the finding's own where the claim has none."""
        claims = self.finding.contacts
        own = claims[index].evidence if index < len(claims) else ()
        return own or self.finding.evidence


@dataclass(frozen=True, slots=True)
class Setting:
    """One alert's surroundings. `cause` None: time or a person caused it."""

    desk: Desk
    now: datetime
    history: History = field(default_factory=History)
    cause: Cause | None = None
