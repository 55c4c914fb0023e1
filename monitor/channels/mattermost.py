"""Mattermost: an incoming webhook, or a bot that edits and threads.

Untrusted text is backslash-escaped, and a word joiner breaks what Mattermost reads by itself (@name, #tag, ~channel,
:emoji:, $latex$, bare hosts).
Sources: https://developers.mattermost.com/integrate/webhooks/incoming/, https://developers.mattermost.com/api-documentation/ (posts),
https://docs.mattermost.com/collaborate/format-messages.html; the limit is model.PostMessageMaxRunesV2 of the server
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field, model_validator

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, GoneError, Step, Style, Tools
from monitor.channels.status import Answer, ask
from monitor.channels.text import JOINER, cut, host_of
from monitor.channels.words import Words, fit, plain, quoted, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

TEXT = 16_383
WINDOW = 30.0  # seconds the server remembers pending_post_id; its documents do not promise it

_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+\-!|>~<$&])|^(\s*\d+)\.(?=\s)", re.MULTILINE)
_BY_ITSELF = re.compile(r"(?<=[:~$@#])(?=[\w+-])")


ONCE = Guarantee("same_key", WINDOW, "once within 30 s (pending post id); later a possible repeat is marked")
MARKED = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (a webhook tells no more)")


class MattermostSettings(ChannelSettings):
    url: Secret | None = Field(None, description="An incoming webhook's address. Either this, or server, token and channel.")
    server: WebAddress | None = Field(None, description="https://mattermost.example.org")
    token: Secret | None = Field(None, description="A bot's token.")
    channel: str | None = Field(None, pattern=r"^[a-z0-9]{26}$", description="The channel's id (26 letters).")

    @model_validator(mode="after")
    def _one_way(self) -> MattermostSettings:
        bot = (self.server, self.token, self.channel)
        if (self.url is None) == all(v is None for v in bot) or (self.url is None and None in bot):
            raise ValueError("give either url (a webhook), or server, token and channel (a bot)")
        return self


class Mattermost(Base):
    """A webhook answers "ok"; a bot gets the post's id."""

    kind: ClassVar[str] = "mattermost"
    Settings = MattermostSettings
    spacing: ClassVar[float] = 0.1  # ten a second by default

    def __init__(self, name: str, settings: MattermostSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.bot = settings.token is not None

    @classmethod
    def promise(cls, settings: MattermostSettings) -> Guarantee:
        return ONCE if settings.token is not None else MARKED

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        lay = self._rich if style == "rich" else self._plain
        w = fit(words(message), TEXT, lambda x: len(lay(x)))
        return {"message" if self.bot else "text": lay(w)}

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if not self.bot or earlier is None:
            return super().steps(message, earlier, style)
        reply = {**self.compose(message, style), "root_id": earlier.thread or earlier.provider_id}
        return self.edit_and_tell(message, earlier, style, {"do": "reply", "body": reply})

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        if not self.bot:
            answer = self.passed(await ask(self.tools.http, "POST", self.secret(self.settings.url), body=step["body"]))
            if answer.text.strip() != "ok":
                raise DeliveryError("unknown", f"HTTP {answer.status} without Mattermost's word that it was accepted")
            return self.receipt(answer, None)
        if step["do"] == "edit":
            answer = await self._call("PUT", f"posts/{step['id']}/patch", step["body"])
            if answer.status in (400, 403, 404):  # deleted, or past the time in which a post may be edited
                raise GoneError
        else:
            pending = f"{delivery.key}.{number}"
            answer = await self._call(
                "POST", "posts", {"channel_id": self.settings.channel, "pending_post_id": pending, **step["body"]}
            )
            if step["do"] == "reply" and answer.status == 400 and "root" in str(answer.at("id")):
                raise GoneError
        found = self.passed(answer).at("id")
        if not found:
            raise DeliveryError("unknown", f"HTTP {answer.status} without the id of a post")
        return self.receipt(answer, found, step["body"].get("root_id"))

    async def check(self) -> str:
        if not self.bot:
            self.secret(self.settings.url)
            return "a Mattermost webhook; not asked, as asking would post"
        answer = self.passed(await self._call("GET", f"channels/{self.settings.channel}", None))
        return f"Mattermost, channel {cut(str(answer.at('display_name')), 40)}"

    async def _call(self, verb: str, path: str, body: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.secret(self.settings.token)}"}
        return await ask(self.tools.http, verb, f"{self.settings.server.rstrip('/')}/api/v4/{path}", body=body, headers=headers)

    def _rich(self, w: Words) -> str:
        blocks = [f"**{escape(w.headline)}**", "\n".join(f"* {escape(text)}" for text in w.lines)]
        if w.quote:
            parts, at = [], 0
            for start, end in w.spans:
                inner = w.quote[start:end]
                bold = f"**{escape(inner)}**" if inner == inner.strip() and "\n" not in inner else escape(inner)
                parts += [escape(w.quote[at:start]), bold]
                at = end
            blocks.append(quoted("".join([*parts, escape(w.quote[at:])]), "> "))
            if w.note:
                blocks.append(f"({escape(w.note)})")
        links = [(self.say["post"], w.link), (self.say["review"], w.review)]
        shown = [f"[{escape(label)} ({host_of(link)})]({link})" for label, link in links if link]
        return "\n\n".join(block for block in [*blocks, " · ".join(shown), escape(w.footer)] if block)

    def _plain(self, w: Words) -> str:
        """The plain style: everything escaped but our own links."""
        return plain(w, self.say, literal=escape, address=lambda link: f"<{link}>")


def escape(text: str) -> str:
    """Literal in Mattermost's markdown, and nothing in it that Mattermost reads by itself."""
    return _BY_ITSELF.sub(JOINER, _ESCAPED.sub(lambda m: "\\" + m[1] if m[1] else m[2] + "\\.", text))
