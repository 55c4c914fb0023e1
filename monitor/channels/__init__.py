"""Where alerts go: one file a channel, one line in `CHANNELS` each.

To add a channel: write `channels/NAME.py` with a class that satisfies `Channel`, its limits as constants with the
vendor's document beside them, its rows in the shared channel test, and a line in `CHANNELS`. A channel renders a
`Message` into a payload (pure) and sends a frozen payload (the only waiting); it knows no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel

from monitor.model import Delivery, Earlier, Message, Receipt

Payload = Mapping[str, Any]
"""JSON-able. Holds everything `send` needs except secrets and addresses: it is stored."""


class DeliveryError(Exception):
    """The one way a send fails. Its text is for people and never holds an address, a token or a response body.

    retry      it did not arrive; try again after `after` seconds (None: the stage's own back-off)
    rejected   this message was refused, the channel is fine: degrade it (rich, plain, headline and link)
    permanent  the channel itself is refused (revoked, deleted, kicked): suspend it, keep its queue
    unknown    the request may have arrived
    """

    def __init__(self, kind: Literal["retry", "rejected", "permanent", "unknown"], text: str, after: float | None = None):
        super().__init__(text)
        self.kind, self.text, self.after = kind, text, after


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a channel promises about repeats, printed by `channels`."""

    unknown: Literal["same_key", "reconcile", "resend_marked"]  # what settles an unknown, unless configured `hold`
    window: float | None  # seconds the provider remembers our key; None: for ever or not applicable
    words: str  # "exactly once within 24 h (transaction id)"


class Channel(Protocol):
    """Built as `cls(name, settings, tools)` (`channels.base.Tools`). One object a configured channel, one worker each."""

    kind: ClassVar[str]
    Settings: ClassVar[type[BaseModel]]
    guarantee: Guarantee  # of this object: a bot promises more than a webhook
    spacing: ClassVar[float]  # seconds between two messages by the provider's rules; `min_interval` may ask for more
    name: str

    def render(self, message: Message, earlier: Earlier | None) -> Payload:
        """The payload in full. `earlier` is the contact's first message here: edit it, thread on it, or name it."""
        ...

    def degrade(self, payload: Payload) -> Payload | None:
        """One step plainer after a rejection: rich, plain, headline and link; None when nothing plainer is left."""
        ...

    async def send(self, delivery: Delivery) -> Receipt:
        """Send it. A Receipt only on the provider's own proof; raises DeliveryError otherwise and nothing else."""
        ...

    async def reconcile(self, delivery: Delivery) -> Receipt | None:
        """Whether an unknown delivery arrived after all, where the provider can tell (guarantee.unknown == "reconcile")."""
        ...

    async def probe(self) -> str:
        """One line about the destination without posting; raises DeliveryError."""
        ...

    async def close(self) -> None: ...


def channels() -> Mapping[str, type[Any]]:
    """The registry."""
    from monitor.channels.alertmanager import Alertmanager
    from monitor.channels.apprise import Apprise
    from monitor.channels.console import Console
    from monitor.channels.discord import Discord
    from monitor.channels.email import Email
    from monitor.channels.irc import Irc
    from monitor.channels.matrix import Matrix
    from monitor.channels.mattermost import Mattermost
    from monitor.channels.ntfy import Ntfy
    from monitor.channels.pagerduty import PagerDuty
    from monitor.channels.slack import Slack
    from monitor.channels.teams import Teams
    from monitor.channels.telegram import Telegram
    from monitor.channels.webhook import Webhook

    return {
        "alertmanager": Alertmanager,
        "apprise": Apprise,
        "console": Console,
        "discord": Discord,
        "email": Email,
        "irc": Irc,
        "matrix": Matrix,
        "mattermost": Mattermost,
        "ntfy": Ntfy,
        "pagerduty": PagerDuty,
        "slack": Slack,
        "teams": Teams,
        "telegram": Telegram,
        "webhook": Webhook,
    }
