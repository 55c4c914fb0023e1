"""The generic webhook: signed JSON for programs, after the Standard Webhooks specification.

Headers `webhook-id` (stable over retries: the receiver's idempotency key), `webhook-timestamp` (of this attempt) and
`webhook-signature` (`v1,` + base64 HMAC-SHA256 of `id.timestamp.body`). A 2xx is the receiver's word; 410 suspends.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style, first_of
from monitor.channels.status import ask, encode
from monitor.channels.words import plain, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

TYPE = "hotline.alert"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What Hotline posts to a webhook",
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"const": TYPE},
        "timestamp": {"type": "string", "format": "date-time", "description": "When the payload was made, UTC."},
        "data": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "kind", "headline", "lines", "quote", "quote_spans", "quote_note", "source", "link", "review_link",
                         "urgent", "follows", "text"],
            "properties": {
                "id": {"type": "string", "description": "Contact (or notice) id: the same for all alerts of one contact."},
                "kind": {"type": "string", "description": "new, update, confirmed, readout, overdue, …, notice, test, digest."},
                "headline": {"type": "string"},
                "lines": {"type": "array", "items": {"type": "string"}, "description": "One fact each."},
                "quote": {"type": "string", "description": "The post's words, without control characters."},
                "quote_spans": {
                    "type": "array",
                    "items": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2},
                    "description": "Evidence: start and end in code points of quote.",
                },
                "quote_note": {"type": "string"},
                "source": {"type": "string", "description": "Account, pinned identity, time with zone."},
                "link": {"type": ["string", "null"]},
                "review_link": {"type": ["string", "null"]},
                "urgent": {"type": "boolean"},
                "follows": {"type": ["string", "null"], "description": "webhook-id of the contact's first alert here."},
                "text": {"type": "string", "description": "All of it as plain text."},
            },
        },
    },
}  # fmt: skip


class WebhookSettings(ChannelSettings):
    url: Secret | WebAddress = Field(description="Where to POST; as a secret if the address itself lets anyone in.")
    secret: Secret | None = Field(None, description="Signs each message; the value is whsec_… (base64) or any text.")
    old_secret: Secret | None = Field(None, description="While a secret is changed: signed with both.")


class Webhook(Base):
    """Sends identical bytes under the same webhook-id however often it takes."""

    kind: ClassVar[str] = "webhook"
    Settings = WebhookSettings
    styles: ClassVar[tuple[Style, ...]] = ("rich", "bare")  # data is plain as it is
    guarantee = Guarantee("same_key", None, "at least once; a repeat carries the same webhook-id, by which the receiver drops it")

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = words(message, defang=False)
        data = {
            "id": w.id, "kind": w.kind, "headline": w.headline, "lines": list(w.lines), "quote": w.quote,
            "quote_spans": [list(span) for span in w.spans], "quote_note": w.note, "source": w.source, "link": w.link,
            "review_link": w.review, "urgent": w.urgent, "follows": None, "text": plain(words(message), self.say),
        }  # fmt: skip
        made = self.tools.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"type": TYPE, "timestamp": made, "data": data}

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        body = self.compose(message, style)
        body["data"]["follows"] = earlier.provider_id if first_of(earlier) and earlier else None
        return [{"do": "post", "body": body}]

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        content = encode(step["body"])
        ident = re.sub(r"[^A-Za-z0-9_-]", "_", delivery.key)
        headers = {"Content-Type": "application/json; charset=utf-8", "webhook-id": ident}
        headers["webhook-timestamp"] = moment = str(int(self.tools.clock().timestamp()))
        keys = [self.secret(s) for s in (self.settings.secret, self.settings.old_secret) if s]
        if keys:
            headers["webhook-signature"] = " ".join(sign(key, ident, moment, content) for key in keys)
        answer = self.passed(await ask(self.tools.http, "POST", self._url(), content=content, headers=headers))
        return self.receipt(answer, ident, detail=f"HTTP {answer.status}")

    async def check(self) -> str:
        url = self._url()
        return f"a webhook at {url.split('/')[2]}, {'signed' if self.settings.secret else 'not signed'}; not asked, as asking would post"

    def _url(self) -> str:
        url = self.settings.url
        return self.secret(url) if isinstance(url, Secret) else str(url)


def sign(secret: str, ident: str, moment: str, content: bytes) -> str:
    """One `v1` signature. A `whsec_` secret is base64; any other text is taken as it is."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # not base64 after all: as it is
    signed = hmac.new(key, f"{ident}.{moment}.".encode() + content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()
