"""PagerDuty: Events API v2. One alert a contact: later news joins it by its dedup key, a withdrawn one resolves it.

Sources: https://developer.pagerduty.com/docs/send-alert-event (fields, lengths), https://developer.pagerduty.com/docs/events-api-v2-overview
(202 and status "success"; 403 and 429 are to be tried again)
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style
from monitor.channels.status import ask, wait
from monitor.channels.text import cut, host_of
from monitor.channels.words import plain, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

SUMMARY, DEDUP = 1024, 255
OVER = frozenset({"retracted", "lapsed", "cancelled"})
"""Kinds after which nobody needs to be woken: they resolve the alert."""


class PagerDutySettings(ChannelSettings):
    routing_key: Secret = Field(description="The integration key of an Events API v2 integration.")
    severity: Literal["critical", "error", "warning", "info"] = "info"
    url: WebAddress = Field("https://events.pagerduty.com/v2/enqueue", description="Another region: events.eu.pagerduty.com.")


class PagerDuty(Base):
    """The dedup key makes any number of sends one alert."""

    kind: ClassVar[str] = "pagerduty"
    Settings = PagerDutySettings
    guarantee = Guarantee("same_key", None, "once: a repeat joins the same alert (dedup key)")
    spacing: ClassVar[float] = 0.5  # 120 events a minute and key

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = words(message)
        payload: dict[str, Any] = {"summary": cut(w.headline, SUMMARY), "source": "Hotline", "severity": self.settings.severity}
        body: dict[str, Any] = {"event_action": "trigger", "client": "Hotline", "payload": payload}
        if style == "rich":
            payload["custom_details"] = {"facts": list(w.lines), "quote": w.quote, "note": w.note, "source": w.source, "id": w.id}
        else:
            payload["custom_details"] = {"text": plain(w, self.say)}
        links = [(self.say["post"], w.link), (self.say["review"], w.review)]
        shown = [{"href": link, "text": f"{label} ({host_of(link)})"} for label, link in links if link]
        if shown:
            body["links"] = shown
        return body

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        body = self.compose(message, style)
        if earlier is None:
            return [{"do": "post", "body": body}]
        if message.kind in OVER:
            body["event_action"] = "resolve"
        return [{"do": "edit", "id": earlier.provider_id, "body": body}]

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        dedup = str(step.get("id") or delivery.key)[:DEDUP]
        body = {"routing_key": self.secret(self.settings.routing_key), "dedup_key": dedup, **step["body"]}
        answer = await ask(self.tools.http, "POST", self.settings.url, body=body)
        if answer.status == 403:
            raise DeliveryError("retry", "PagerDuty asks to wait (HTTP 403)", wait(answer, self.tools.clock()))
        self.passed(answer)
        if answer.at("status") != "success":
            raise DeliveryError("unknown", f"HTTP {answer.status} without PagerDuty's word that it was accepted")
        return self.receipt(answer, dedup)

    async def check(self) -> str:
        self.secret(self.settings.routing_key)
        return "PagerDuty; not asked, as asking would alert"
