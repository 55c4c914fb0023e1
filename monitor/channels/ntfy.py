"""ntfy: JSON to a topic, with a sequence id by which a later message replaces the earlier one.

Servers before 2.16 do not know sequence ids and post a second message: the proof is an answer that names ours.
Sources: https://docs.ntfy.sh/publish/ (publish as JSON, updating notifications, limitations)
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style
from monitor.channels.status import ask
from monitor.channels.text import cut, host_of, utf8
from monitor.channels.words import Words, fit, quoted, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

MESSAGE = 4096  # bytes; more becomes an attachment
TITLE = 250  # bytes; phones show less
REPLACED = Guarantee("same_key", None, "once: a repeat replaces the first (sequence id; servers from 2.16)")
MARKED = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (this server knows no sequence ids)")


class NtfySettings(ChannelSettings):
    server: WebAddress = Field(
        "https://ntfy.sh", description="Your own server, or the public one (whoever knows the topic reads it)."
    )
    topic: Secret | str = Field(description="The topic; on the public server its name is the password, so keep it secret.")
    token: Secret | None = Field(None, description="An access token, where the server wants one.")


class Ntfy(Base):
    """Later news replaces the first notification in silence, and comes as one of its own where it is worth a sound."""

    kind: ClassVar[str] = "ntfy"
    Settings = NtfySettings
    guarantee = REPLACED

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), MESSAGE, lambda x: utf8(self._text(x, style)), utf8)
        body: dict[str, Any] = {
            "title": cut(w.headline, TITLE, utf8),
            "message": self._text(w, style),
            "priority": 4 if w.urgent else 2,
        }
        if style == "rich":
            links = [(self.say["post"], w.link), (self.say["review"], w.review)]
            actions = [{"action": "view", "label": f"{label} ({host_of(link)})", "url": link} for label, link in links if link]
            body |= {"actions": actions} if actions else {}
        if w.link:
            body["click"] = w.link
        return body

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if earlier is None or self.guarantee is MARKED:
            return super().steps(message, earlier, style)
        steps = self.edit_and_tell(
            message, earlier, style, {"do": "post", "body": self.compose(self.naming(message, earlier), style)}
        )
        if message.urgent:
            steps[0]["body"]["priority"] = 1  # replaced without a sound; the news of its own has one
        return steps

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        topic, token = self.settings.topic, self.settings.token
        sequence = step["id"] if step["do"] == "edit" else re.sub(r"[^A-Za-z0-9_-]", "_", f"{delivery.key}_{number}")[-64:]
        body = {"topic": self.secret(topic) if isinstance(topic, Secret) else topic, "sequence_id": sequence, **step["body"]}
        headers = {"Authorization": f"Bearer {self.secret(token)}"} if token else {}
        answer = self.passed(
            await ask(self.tools.http, "POST", f"{self.settings.server.rstrip('/')}/", body=body, headers=headers)
        )
        if not answer.at("id") or answer.at("event") != "message":
            raise DeliveryError("unknown", f"HTTP {answer.status} without the id of a message")
        self.guarantee = REPLACED if answer.at("sequence_id") == sequence else MARKED
        return self.receipt(answer, sequence)

    async def check(self) -> str:
        answer = self.passed(await ask(self.tools.http, "GET", f"{self.settings.server.rstrip('/')}/v1/health"))
        if answer.at("healthy") is not True:
            raise DeliveryError("retry", "the server does not say that it is healthy")
        return "ntfy, server healthy; the topic is not asked, as asking would post"

    def _text(self, w: Words, style: Style) -> str:
        note = f"\n({w.note})" if w.note and w.quote else ""
        whole = utf8(w.headline) <= TITLE
        blocks = ["" if whole else w.headline, "\n".join(w.lines), quoted(w.quote, "│ ") + note, w.footer]
        if style != "rich" and w.link:
            blocks.insert(3, w.link)
        return "\n".join(block for block in blocks if block) or w.headline
