"""Telegram: a bot, with entities instead of a parse mode.

Formatting is given as offsets (UTF-16 code units), so no text can be parsed as formatting and none can fail to parse.
Names after @, tags, commands and bare hosts are broken by a word joiner (`channels.text`), so that Telegram links none.
Sources: https://core.telegram.org/bots/api (10.1: sendMessage, editMessageText, MessageEntity, ResponseParameters),
https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, GoneError, Step, Style, Tools
from monitor.channels.status import Answer, ask
from monitor.channels.text import cut, host_of, utf16
from monitor.channels.words import Words, fit, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

TEXT = 4096  # characters after entities parsing; counted here in UTF-16 units, the stricter reading
ENTITIES = 100  # a message's entities beyond these are ignored by Telegram

PERMANENT = (
    "chat not found", "bot was blocked", "group chat was deleted", "user is deactivated", "bot was kicked", "bot is not a member",
    "have no rights to send", "not enough rights", "need administrator rights", "topic_closed", "topic_deleted", "message thread not found",
    "chat_write_forbidden", "channel_private", "peer_id_invalid", "can't initiate conversation", "can't send messages to",
)  # fmt: skip
GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to be replied not found",
    "replied message not found",
)


class TelegramSettings(ChannelSettings):
    token: Secret = Field(description="The bot's token, from @BotFather.")
    chat: int | str = Field(description="The chat's id (-100… for channels and large groups) or @name.")
    thread: int | None = Field(None, description="Topic of a forum group.")
    api: WebAddress = Field("https://api.telegram.org", description="For a Bot API server of your own.")


class Telegram(Base):
    """Nothing tells whether a doubtful message arrived: it is sent again, marked."""

    kind: ClassVar[str] = "telegram"
    Settings = TelegramSettings
    guarantee = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (Telegram knows no key)")
    spacing: ClassVar[float] = 1.0  # about one a second and chat; groups 20 a minute, which 429 tells

    def __init__(self, name: str, settings: TelegramSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.chat: int | str = settings.chat

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), TEXT, lambda x: utf16(self._laid(x)[0]), utf16)
        text, entities = self._laid(w)
        if style != "rich":
            entities = [e for e in entities if e["type"] == "text_link"]
        body: dict[str, Any] = {"text": text, "entities": entities[:ENTITIES], "link_preview_options": {"is_disabled": True}}
        return body

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if earlier is None:
            steps = super().steps(message, earlier, style)
        else:
            target = {"message_id": int(earlier.provider_id), "allow_sending_without_reply": True}
            reply = {**self.compose(message, style), "reply_parameters": target}
            steps = self.edit_and_tell(message, earlier, style, {"do": "reply", "body": reply})
        if not message.urgent:
            for step in steps:
                if step["do"] != "edit":
                    step["body"]["disable_notification"] = True
        return steps

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        answer = await self._try(step)
        moved = answer.at("parameters", "migrate_to_chat_id")
        if answer.status == 400 and isinstance(moved, int) and moved != self.chat:
            self.chat = moved  # the group became a supergroup: followed once
            answer = await self._try(step)
        return self._accepted(answer, step)

    async def check(self) -> str:
        answer = await self._call("getChat", {"chat_id": self.chat})
        if answer.at("ok") is not True:
            self._refuse(answer)
        return f"Telegram, {cut(str(answer.at('result', 'title') or answer.at('result', 'username')), 40)}"

    async def _try(self, step: Step) -> Answer:
        body = {"chat_id": self.chat, **step["body"]}
        if step["do"] == "edit":
            return await self._call("editMessageText", {**body, "message_id": int(step["id"])})
        if self.settings.thread is not None:
            body["message_thread_id"] = self.settings.thread
        return await self._call("sendMessage", body)

    async def _call(self, method: str, body: Any) -> Answer:
        token = self.secret(self.settings.token)
        return await ask(self.tools.http, "POST", f"{self.settings.api}/bot{token}/{method}", body=body)

    def _accepted(self, answer: Answer, step: Step) -> Receipt:
        found = answer.at("result", "message_id")
        if answer.status == 200 and answer.at("ok") is True and found is not None:
            detail = "" if self.chat == self.settings.chat else f"the group has a new id: set chat = {self.chat} in config.toml"
            return self.receipt(answer, found, detail=detail)
        if "message is not modified" in _said(answer):
            return Receipt(str(step.get("id")))
        self._refuse(answer)
        raise DeliveryError("unknown", f"HTTP {answer.status} without Telegram's word that it was accepted")

    def _refuse(self, answer: Answer) -> None:
        said = _said(answer)
        if any(phrase in said for phrase in GONE):
            raise GoneError
        for phrase in PERMANENT:
            if phrase in said and answer.status in (200, 400, 403):
                raise DeliveryError("permanent", f"Telegram says: {phrase}")
        self.passed(answer)

    def _laid(self, w: Words) -> tuple[str, list[dict[str, Any]]]:
        """The text and its entities, together: an offset is the length of what stands before."""
        pieces: list[str] = []
        entities: list[dict[str, Any]] = []
        at = 0

        def add(piece: str, kind: str | None = None, **more: Any) -> int:
            nonlocal at
            offset, length = at, utf16(piece)
            at += length
            pieces.append(piece)
            if kind and length:
                entities.append({"type": kind, "offset": offset, "length": length, **more})
            return offset

        add(w.headline, "bold")
        for fact in w.lines:
            add("\n")
            add(f"• {fact}")
        if w.quote:
            add("\n\n")
            start = add(w.quote, "blockquote")
            for a, b in w.spans:
                length = utf16(w.quote[a:b])
                entities.append({"type": "bold", "offset": start + utf16(w.quote[:a]), "length": length})
            if w.note:
                add("\n")
                add(f"({w.note})", "italic")
        for label, link in ((self.say["post"], w.link), (self.say["review"], w.review)):
            if link:
                add("\n")
                add(f"{label} ({host_of(link)})", "text_link", url=link)
        if w.footer:
            add("\n")
            add(w.footer)
        return "".join(pieces), entities


def _said(answer: Answer) -> str:
    return str(answer.at("description") or "").lower()
