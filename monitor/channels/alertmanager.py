"""Prometheus Alertmanager as a receiver: its own routes, silences and inhibitions then apply.

An alert is known by its labels; one of them is the delivery's key, so a repeat is the same alert. Alertmanager keeps
alerts in memory: accepted is not yet told.
Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (postAlerts)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style
from monitor.channels.status import ask
from monitor.channels.words import fit, plain, words
from monitor.config import Duration, Secret, WebAddress
from monitor.model import Delivery, Message, Receipt

TEXT = 8000  # of the description: ours, none is set there


class AlertmanagerSettings(ChannelSettings):
    url: WebAddress = Field(description="http://alertmanager.example.org:9093")
    lasts: Duration = Field(3600.0, gt=0, description="After this Alertmanager takes the alert for resolved.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels, for its routes.")
    token: Secret | None = Field(None, description="Bearer token, where a proxy wants one.")


class Alertmanager(Base):
    """POST /api/v2/alerts; group by `contact` there to hear of one contact together."""

    kind: ClassVar[str] = "alertmanager"
    Settings = AlertmanagerSettings
    guarantee = Guarantee(
        "same_key", None, "once: a repeat is the same alert (labels); Alertmanager's own sending is its own affair"
    )

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), TEXT, lambda x: len(plain(x, self.say)))
        alert: dict[str, Any] = {
            "labels": {
                **self.settings.labels,
                "alertname": "Hotline",
                "contact": w.id,
                "kind": w.kind,
                "urgent": str(w.urgent).lower(),
            },
            "annotations": {"summary": w.headline, **({"description": plain(w, self.say)} if style != "bare" else {})},
        }
        if w.link:
            alert["generatorURL"] = w.link
        return alert

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        # Counted from the sending: an end fixed when the alert was laid out would make it a resolved one after an outage.
        until = (self.tools.clock() + timedelta(seconds=self.settings.lasts)).strftime("%Y-%m-%dT%H:%M:%SZ")
        alert = {**step["body"], "labels": {**step["body"]["labels"], "delivery": delivery.key}, "endsAt": until}
        token = self.settings.token
        headers = {"Authorization": f"Bearer {self.secret(token)}"} if token else {}
        answer = self.passed(await ask(self.tools.http, "POST", f"{self._base}/api/v2/alerts", body=[alert], headers=headers))
        if answer.status != 200:
            raise DeliveryError("unknown", f"HTTP {answer.status}, where Alertmanager answers 200")
        return self.receipt(answer, delivery.key, detail="accepted")

    async def check(self) -> str:
        answer = self.passed(await ask(self.tools.http, "GET", f"{self._base}/api/v2/status"))
        return f"Alertmanager {str(answer.at('versionInfo', 'version'))[:20]}, {str(answer.at('cluster', 'status'))[:20]}"

    @property
    def _base(self) -> str:
        return str(self.settings.url).rstrip("/")
