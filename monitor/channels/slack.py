"""Slack: an incoming webhook, or a bot that can edit, thread and look up what it posted.

Untrusted text stands in `plain_text` and `rich_text` elements, which Slack shows literally; links are elements of
their own; the fallback `text` is escaped. Nothing is unfurled, no name is linked.
Sources: https://docs.slack.dev/reference/block-kit/blocks (limits), https://docs.slack.dev/messaging/formatting-message-text
(escaping), https://docs.slack.dev/apis/web-api/rate-limits, https://docs.slack.dev/reference/methods/chat.postMessage (errors)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, GoneError, Step, Style, Tools
from monitor.channels.status import Answer, ask, wait
from monitor.channels.text import cut, host_of
from monitor.channels.words import Words, fit, plain, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

HEADER = 150  # characters of a header block
TEXT = 3800  # of `text`; Slack advises 4,000 at most and cuts at 40,000
RICH = 3000  # of all text in our rich_text block: the limit of a section, kept here too as none is documented
SECTION = 3000
HISTORY = 100  # messages looked through for one that may have arrived

PERMANENT = frozenset({
    "account_inactive", "action_prohibited", "channel_is_archived", "channel_not_found", "ekm_access_denied", "invalid_auth",
    "invalid_token", "is_archived", "missing_scope", "no_active_hooks", "no_permission", "no_service", "no_service_id", "no_team",
    "not_allowed_token_type", "not_authed", "not_in_channel", "org_login_required", "posting_to_general_channel_denied",
    "restricted_action", "team_access_not_granted", "team_disabled", "team_not_found", "token_expired", "token_revoked",
    "two_factor_setup_required", "user_not_found",
})  # fmt: skip
RETRY = frozenset({"rate_limited", "ratelimited", "request_timeout", "service_unavailable", "message_limit_exceeded"})
UNKNOWN = frozenset({"fatal_error", "internal_error", "rollup_error"})
GONE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "cannot_reply_to_message"}
)
REJECTED = frozenset({
    "invalid_blocks", "invalid_blocks_format", "invalid_payload", "invalid_metadata_format", "msg_blocks_too_long", "msg_too_long",
    "no_text", "too_many_attachments", "invalid_arguments", "invalid_json", "json_not_object",
})  # fmt: skip


ONCE = Guarantee("reconcile", None, "once: a doubtful one is looked up in the channel before it is sent again")
MARKED = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (a webhook tells no more)")


class SlackSettings(ChannelSettings):
    url: Secret | None = Field(None, description="An incoming webhook's address. Either this, or token and channel.")
    token: Secret | None = Field(None, description="A bot's token (xoxb-…), scope chat:write; channels:history settles doubts.")
    channel: str | None = Field(None, min_length=1, description="The channel's id, C….")
    broadcast: bool = Field(default=True, description="Thread replies are shown in the channel too.")
    api: WebAddress = Field("https://slack.com/api", description="For a gateway of your own.")

    @model_validator(mode="after")
    def _one_way(self) -> SlackSettings:
        if (self.url is None) == (self.token is None) or (self.token is None) != (self.channel is None):
            raise ValueError("give either url (a webhook), or token and channel (a bot)")
        return self


class Slack(Base):
    """A webhook answers "ok" and no more; a bot gets the message's `ts`, edits and threads by it."""

    kind: ClassVar[str] = "slack"
    Settings = SlackSettings
    spacing: ClassVar[float] = 1.0  # one message a second and channel

    def __init__(self, name: str, settings: SlackSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.bot = settings.token is not None

    @classmethod
    def promise(cls, settings: SlackSettings) -> Guarantee:
        return ONCE if settings.token is not None else MARKED

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = words(message)
        w = fit(w, RICH if style == "rich" else TEXT, lambda x: len(self._text(x)))
        quiet = {"unfurl_links": False, "unfurl_media": False}
        if style == "rich":
            return {"text": escape(w.headline), "blocks": self._blocks(w), **quiet}
        return {"text": self._text(w), **quiet}

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if not self.bot or earlier is None:
            return super().steps(message, earlier, style)
        reply = {**self.compose(message, style), "thread_ts": earlier.thread or earlier.provider_id}
        if self.settings.broadcast:
            reply["reply_broadcast"] = True
        return self.edit_and_tell(message, earlier, style, {"do": "reply", "body": reply})

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        if not self.bot:
            answer = await ask(self.tools.http, "POST", self.secret(self.settings.url), body=step["body"])
            if answer.status == 200 and answer.text.strip() == "ok":
                return self.receipt(answer, None)
            raise self._refused(answer, answer.text.strip())
        body = {"channel": self.settings.channel, "mrkdwn": False, **step["body"]}
        if step["do"] == "edit":
            answer = await self._call("chat.update", {**body, "ts": step["id"]})
        else:
            body["metadata"] = {"event_type": "hotline_alert", "event_payload": {"delivery": delivery.key}}
            answer = await self._call("chat.postMessage", body)
        return self.receipt(answer, answer.at("ts"), body.get("thread_ts"))

    async def reconcile(self, delivery: Delivery) -> Receipt | None:
        threads = [s["body"]["thread_ts"] for s in delivery.payload["steps"] if "thread_ts" in s["body"]]
        method, where = ("conversations.replies", {"ts": threads[0]}) if threads else ("conversations.history", {})
        body = {"channel": self.settings.channel, "limit": str(HISTORY), "include_all_metadata": "true", **where}
        try:
            answer = await self._call(method, None, body)
        except DeliveryError as error:
            raise self._clean(error) from None
        for message in answer.at("messages") or []:
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("delivery") == delivery.key:
                return Receipt(str(message["ts"]), message.get("thread_ts"), "found in the channel")
        return None

    async def check(self) -> str:
        if not self.bot:
            self.secret(self.settings.url)
            return "a Slack webhook; not asked, as asking would post"
        answer = await self._call("auth.test", {})
        return f"Slack, {cut(str(answer.at('team')), 40)}, as {cut(str(answer.at('user')), 40)}"

    async def _call(self, method: str, body: Any, params: Mapping[str, str] | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.secret(self.settings.token)}"}
        verb = "GET" if params else "POST"
        answer = await ask(self.tools.http, verb, f"{self.settings.api}/{method}", body=body, params=params, headers=headers)
        if answer.status == 200 and answer.at("ok") is True and (method != "chat.postMessage" or answer.at("ts")):
            return answer
        raise self._refused(answer, str(answer.at("error") or ""))

    def _refused(self, answer: Answer, code: str) -> Exception:
        """Slack's own error code decides before the status: an HTTP 200 may carry any of them."""
        if code in GONE:
            return GoneError(code)
        for kind, codes in (("permanent", PERMANENT), ("retry", RETRY), ("unknown", UNKNOWN), ("rejected", REJECTED)):
            if code in codes:
                after = wait(answer, self.tools.clock()) if kind == "retry" else None
                return DeliveryError(kind, f"Slack says {code}", after)  # type: ignore[arg-type] # one of the four
        try:
            self.passed(answer)
        except DeliveryError as error:
            return error
        return DeliveryError("unknown", f"HTTP {answer.status} without Slack's word that it was accepted")

    def _blocks(self, w: Words) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = [{"type": "header", "text": _literal(cut(w.headline, HEADER))}]
        if len(w.headline) > HEADER:
            blocks.append({"type": "section", "text": _literal(cut(w.headline, SECTION))})
        elements: list[dict[str, Any]] = []
        if w.lines:
            items = [{"type": "rich_text_section", "elements": [_run(text)]} for text in w.lines]
            elements.append({"type": "rich_text_list", "style": "bullet", "elements": items})
        if w.quote:
            elements.append({"type": "rich_text_quote", "elements": _lit(w)})
            if w.note:
                elements.append({"type": "rich_text_section", "elements": [_run(w.note, italic=True)]})
        links: list[dict[str, Any]] = []
        for label, link in ((self.say["post"], w.link), (self.say["review"], w.review)):
            if link:
                links += [
                    *([_run("  ·  ")] if links else []),
                    {"type": "link", "url": link, "text": f"{label} ({host_of(link)})"},
                ]
        if links:
            elements.append({"type": "rich_text_section", "elements": links})
        if elements:
            blocks.append({"type": "rich_text", "elements": elements})
        if w.footer:
            blocks.append({"type": "context", "elements": [_literal(w.footer)]})
        return blocks

    def _text(self, w: Words) -> str:
        """The plain style: escaped, with links in Slack's own brackets."""
        return plain(w, self.say, literal=escape, address=lambda link: f"<{escape(link)}>")


def escape(text: str) -> str:
    """The three characters of Slack's control sequences: no mention, channel or link survives."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _literal(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _run(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _lit(w: Words) -> list[dict[str, Any]]:
    """The quote as runs, the evidence bold."""
    runs, at = [], 0
    for start, end in w.spans:
        if start > at:
            runs.append(_run(w.quote[at:start]))
        runs.append(_run(w.quote[start:end], bold=True))
        at = end
    if at < len(w.quote):
        runs.append(_run(w.quote[at:]))
    return runs
