"""Microsoft Teams: a Workflows webhook that posts an Adaptive Card.

Untrusted text stands in TextRuns, which Teams shows literally (a TextBlock would parse Markdown); there is no
`msteams.entities`, so nobody is mentioned. 202 means accepted: whether the flow then posts it, nobody says.
Sources: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using (size, rates, errors in
the body), https://adaptivecards.io/explorer/RichTextBlock.html, https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style
from monitor.channels.status import Answer, ask, encode
from monitor.channels.text import host_of
from monitor.channels.words import Words, fit, plain, words
from monitor.config import Secret
from monitor.model import Delivery, Message, Receipt

CARD = "1.5"  # the highest that Teams shows
SIZE = 26_000  # bytes of the whole message; Teams refuses about 28 KB
_INNER = re.compile(r"HTTP error (\d{3})")


class TeamsSettings(ChannelSettings):
    url: Secret = Field(description="The address of a workflow 'When a Teams webhook request is received'.")


class Teams(Base):
    """No id comes back: no edit, no thread, and a doubtful one is sent again, marked."""

    kind: ClassVar[str] = "teams"
    Settings = TeamsSettings
    guarantee = Guarantee(
        "resend_marked", None, "accepted at least once; a possible repeat is marked (the flow may still fail unseen)"
    )
    spacing: ClassVar[float] = 0.5  # four a second, sixty in thirty seconds for connectors

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), SIZE, lambda x: len(encode(self._wrapped(x, style))))
        return self._wrapped(w, style)

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        answer = self.passed(await ask(self.tools.http, "POST", self.secret(self.settings.url), body=step["body"]))
        text = answer.text.strip()
        if answer.status == 202 or (answer.status == 200 and text == "1"):
            return self.receipt(answer, None, detail="accepted")
        inner = _INNER.search(text)
        if inner:  # an old connector: HTTP 200, and the error of Teams itself in the body
            self.passed(Answer(int(inner[1]), answer.headers, ""))
        raise DeliveryError("unknown", f"HTTP {answer.status} without Teams' word that it was accepted")

    async def check(self) -> str:
        self.secret(self.settings.url)
        return "a Teams workflow; not asked, as asking would post"

    def _wrapped(self, w: Words, style: Style) -> dict[str, Any]:
        card = self._card(w) if style == "rich" else self._plain(w)
        return {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]}

    def _card(self, w: Words) -> dict[str, Any]:
        body = [_block([_run(w.headline, size="Large", weight="Bolder")])]
        body += [_block([_run(f"• {text}")], spacing="Small") for text in w.lines]
        if w.quote:
            items = [_block(_lit(part)) for part in _by_line(w)]
            if w.note:
                items.append(_block([_run(w.note, italic=True, isSubtle=True)], spacing="Small"))
            body.append({"type": "Container", "style": "emphasis", "items": items})
        if w.footer:
            body.append(_block([_run(w.footer, isSubtle=True, size="Small")]))
        links = [(self.say["post"], w.link), (self.say["review"], w.review)]
        actions = [
            {"type": "Action.OpenUrl", "title": f"{label} ({host_of(link)})", "url": link} for label, link in links if link
        ]
        return {**_HEAD, "fallbackText": w.headline, "body": body, **({"actions": actions} if actions else {})}

    def _plain(self, w: Words) -> dict[str, Any]:
        lines = plain(w, self.say).split("\n")
        return {**_HEAD, "fallbackText": w.headline, "body": [_block([_run(text or " ")], spacing="None") for text in lines]}


_HEAD: dict[str, Any] = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": CARD}


def _block(inlines: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": inlines, **more}


def _run(text: str, **style: str | bool) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}


def _by_line(w: Words) -> list[list[tuple[str, bool]]]:
    """The quote line by line, each as runs of (text, evidence); a TextRun shows no line breaks."""
    lines: list[list[tuple[str, bool]]] = [[]]
    at = 0
    for start, end, lit in [*((a, b, True) for a, b in w.spans), (len(w.quote), len(w.quote), False)]:
        for text, bold in ((w.quote[at:start], False), (w.quote[start:end], lit)):
            first, *rest = text.split("\n")
            if first:
                lines[-1].append((first, bold))
            lines += [[(part, bold)] if part else [] for part in rest]
        at = end
    return [line or [(" ", False)] for line in lines]


def _lit(line: list[tuple[str, bool]]) -> list[dict[str, Any]]:
    return [_run(text, weight="Bolder") if bold else _run(text) for text, bold in line]
