"""Discord: a channel webhook, or a bot whose enforced nonce makes a message appear once.

Untrusted text is backslash-escaped; `allowed_mentions` is empty on every send and edit; the only link is ours.
A message counts when Discord answers with its id (`wait=true` for webhooks: without it a lost message looks accepted).
Sources: https://discord.com/developers/docs/resources/webhook, …/resources/message (limits, nonce, allowed mentions),
…/topics/rate-limits, …/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar

from pydantic import Field, model_validator

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, GoneError, Step, Style, Tools
from monitor.channels.status import Answer, ask, wait
from monitor.channels.text import cut, host_of
from monitor.channels.words import Words, fit, plain, quoted, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

CONTENT, DESCRIPTION, FOOTER, TITLE, NONCE = 2000, 4096, 2048, 256, 25
NONCE_WINDOW = 120.0  # "past few minutes" is all Discord says
SUPPRESS_EMBEDS = 4

PERMANENT = frozenset(
    {10003, 10004, 10015, 40001, 40002, 40333, 50001, 50007, 50013, 50014, 50027, 50083, 220001, 220002, 220003}
)
"""Unknown channel, guild or webhook; not authorised; no access or permission; bad token; archived; a forum's thread keys."""
GONE = frozenset({10008, 30046, 50005, 50021, 160002})
"""Unknown message; too many edits of an old one; another's; a system message; reply without reading history."""

_ESCAPED = re.compile(r"([\\*_~`|>#\[\]()<@:{}!+=-])|^(\s*\d+)\.(?=\s)", re.MULTILINE)


ONCE = Guarantee("same_key", NONCE_WINDOW, "once within two minutes (enforced nonce); later a possible repeat is marked")
MARKED = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (webhooks know no key)")


class DiscordSettings(ChannelSettings):
    url: Secret | None = Field(None, description="A webhook's address. Either this, or token and channel.")
    token: Secret | None = Field(None, description="A bot's token; it may see the channel and send messages.")
    channel: str | None = Field(None, pattern=r"^\d{15,25}$", description="The channel's (or thread's) id.")
    thread: str | None = Field(None, pattern=r"^\d{15,25}$", description="For a webhook: the thread to post in.")
    api: WebAddress = Field("https://discord.com/api/v10", description="For a gateway of your own.")

    @model_validator(mode="after")
    def _one_way(self) -> DiscordSettings:
        if (self.url is None) == (self.token is None) or (self.token is None) != (self.channel is None):
            raise ValueError("give either url (a webhook), or token and channel (a bot)")
        return self


class Discord(Base):
    """Headline as content, so that a phone shows it; the rest as one embed."""

    kind: ClassVar[str] = "discord"
    Settings = DiscordSettings
    spacing: ClassVar[float] = 0.5  # five in two seconds is usual; the answer's own figures rule

    def __init__(self, name: str, settings: DiscordSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.bot = settings.token is not None

    @classmethod
    def promise(cls, settings: DiscordSettings) -> Guarantee:
        return ONCE if settings.token is not None else MARKED

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = words(message)
        silent = {"parse": [], "replied_user": False} if self.bot else {"parse": []}
        if style != "rich":
            w = fit(w, CONTENT, lambda x: len(self._text(x)))
            return {"content": self._text(w), "embeds": [], "allowed_mentions": silent, "flags": SUPPRESS_EMBEDS}
        headline = cut(w.headline, 600)
        w = fit(w, DESCRIPTION, lambda x: len(self._description(x)))
        embed: dict[str, Any] = {"description": self._description(w) or escape(headline), "color": w.colour}
        if w.link:
            embed["title"] = cut(f"{self.say['post']} ({host_of(w.link)})", TITLE)
            embed["url"] = w.link
        if w.footer:
            embed["footer"] = {"text": cut(w.footer, FOOTER)}
        return {"content": f"**{escape(headline)}**", "embeds": [embed], "allowed_mentions": silent}

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if earlier is None:
            return super().steps(message, earlier, style)
        if not self.bot:
            named = {"do": "post", "body": self.compose(self.naming(message, earlier), style)}
            return self.edit_and_tell(message, earlier, style, named)
        reply = {
            **self.compose(message, style),
            "message_reference": {"message_id": earlier.provider_id, "fail_if_not_exists": False},
        }
        return self.edit_and_tell(message, earlier, style, {"do": "reply", "body": reply})

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        if self.bot:
            base, params = f"{self.settings.api}/channels/{self.settings.channel}", {}
            headers = {"Authorization": f"Bot {self.secret(self.settings.token)}"}
        else:
            base, headers = self.secret(self.settings.url).split("?")[0].rstrip("/"), {}
            params = {"thread_id": self.settings.thread} if self.settings.thread else {}
        body = step["body"]
        if step["do"] == "edit":
            url, verb = f"{base}/messages/{step['id']}", "PATCH"
        else:
            url, verb = (f"{base}/messages" if self.bot else base), "POST"
            if self.bot:
                body = {**body, "nonce": nonce(delivery.key, number), "enforce_nonce": True}
            else:
                params = {"wait": "true", **params}
        answer = await ask(self.tools.http, verb, url, body=body, params=params or None, headers=headers)
        self._refuse(answer, editing=step["do"] == "edit")
        found = answer.at("id")
        if not found:
            raise DeliveryError("unknown", f"HTTP {answer.status} without the id of a message")
        return self.receipt(answer, found)

    async def check(self) -> str:
        if self.bot:
            headers = {"Authorization": f"Bot {self.secret(self.settings.token)}"}
            answer = await ask(self.tools.http, "GET", f"{self.settings.api}/channels/{self.settings.channel}", headers=headers)
        else:
            answer = await ask(self.tools.http, "GET", self.secret(self.settings.url).split("?")[0])
        self._refuse(answer, editing=False)
        return f"Discord, {'channel' if self.bot else 'webhook'} {cut(str(answer.at('name')), 40)}"

    def _refuse(self, answer: Answer, *, editing: bool) -> None:
        """Raise what Discord's own code says, else what the status says."""
        code = answer.at("code")
        if answer.status < 300 and not (isinstance(code, int) and code and "id" not in answer.data):
            return
        if editing and code in GONE:
            raise GoneError
        if code in PERMANENT:
            raise DeliveryError("permanent", f"Discord refuses the channel (code {code}, HTTP {answer.status})")
        if answer.status < 300:
            raise DeliveryError("unknown", f"HTTP {answer.status} with an error (code {code})")
        if answer.status == 429 and answer.at("global"):
            raise DeliveryError("retry", "too many requests of this bot (HTTP 429)", wait(answer, self.tools.clock()))
        self.passed(answer)

    def _description(self, w: Words) -> str:
        quote = escape(w.quote)
        if w.spans:
            parts, at = [], 0
            for start, end in w.spans:
                bold = w.quote[start:end]
                inner = escape(bold.strip())
                marked = f"**{inner}**" if inner and "\n" not in inner else escape(bold)
                parts += [escape(w.quote[at:start]), bold[: len(bold) - len(bold.lstrip())], marked, bold[len(bold.rstrip()) :]]
                if "\n" in inner or not inner:
                    parts[-3:] = [escape(bold)]
                at = end
            quote = "".join([*parts, escape(w.quote[at:])])
        blocks = ["\n".join(f"• {escape(text)}" for text in w.lines), quoted(quote, "> ")]
        if w.note and w.quote:
            blocks.append(f"-# {escape(w.note)}")
        if w.review:
            blocks.append(f"{escape(self.say['review'])} <{w.review}>")
        return "\n".join(block for block in blocks if block)

    def _text(self, w: Words) -> str:
        """The plain style: everything escaped but our own links."""
        return plain(w, self.say, literal=escape, address=lambda link: f"<{link}>")


def escape(text: str) -> str:
    """Backslashes before everything Discord's markdown reads, numbered lists included."""
    return _ESCAPED.sub(lambda m: "\\" + m[1] if m[1] else m[2] + "\\.", text)


def nonce(key: str, number: int) -> str:
    """A delivery's step in Discord's 25 characters."""
    return hashlib.sha256(f"{key}.{number}".encode()).hexdigest()[:NONCE]
