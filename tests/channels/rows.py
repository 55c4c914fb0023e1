"""Every channel as a row: its settings against a far side, and a provider that behaves as its documents say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from monitor.channels import channels
from monitor.channels.base import Tools
from monitor.config import Secret
from monitor.http import Guard, channel_client
from monitor.model import Delivery, Message
from tests.channels.farside import Reply, Request

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SECRETS = {
    "TOKEN": "s3cr3t-t0ken-0123456789abcdef", "TELEGRAM": "123456789:AAs3cr3t-t0ken-0123456789abcdefghij", "PASSWORD": "s3cr3t-p4ssword",
    "KEY": "whsec_c2VjcmV0LXNpZ25pbmcta2V5LTAxMjM=", "ROUTING": "s3cr3troutingkey0123456789abcdef", "TOPIC": "s3cr3t-topic-0123",
}  # fmt: skip
HOOK = "s3cr3tHookPart0123456789abcdef"


def message(**more: Any) -> Message:
    values: dict[str, Any] = {
        "kind": "new",
        "id": "k7m2",
        "headline": "📞 🇺🇸 Trump – 🇮🇳 Modi: call, happened · very likely",
        "lines": ("First word by the US side; India has not spoken yet.", "No official readout yet."),
        "quote": "President Trump just spoke with Prime Minister Modi.\nSTAY TUNED…",
        "quote_spans": ((16, 26), (32, 51)),
        "quote_note": "English",
        "source": "Sergio Gor, ambassador · did:plc:abc · 22 Nov 2026 21:04 IST",
        "link": "https://bsky.app/profile/x/post/3k",
    }
    return Message(**{**values, **more})


def delivery(payload: Mapping[str, Any], key: str = "0123456789abcdef0123456789abcdef", **more: Any) -> Delivery:
    return Delivery(1, "desk", 1, key, payload, more.pop("attempt", 1), **more)


class Provider:
    """What the far side shows its readers: messages by id; a repeat under a known key is dropped where the provider does so."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}
        self.keys: dict[str, str] = {}
        self.edits = 0

    def post(self, body: Any, key: str | None = None) -> str:
        if key is not None and key in self.keys:
            return self.keys[key]
        ident = str(100_000_000_000_000_000 + len(self.shown))
        self.shown[ident] = body
        if key is not None:
            self.keys[key] = ident
        return ident

    def edit(self, ident: str, body: Any) -> bool:
        if ident not in self.shown:
            return False
        self.shown[ident] = body
        self.edits += 1
        return True


Accept = Callable[[Provider, Request], Reply]


def discord(p: Provider, r: Request) -> Reply:
    url = urlsplit(r.path)
    if r.method == "PATCH":
        ident = url.path.rsplit("/", 1)[1]
        return Reply(200, {"id": ident}) if p.edit(ident, r.data) else Reply(404, {"code": 10008, "message": "Unknown Message"})
    if "/webhooks/" in url.path and "wait" not in parse_qs(url.query):
        return Reply(204)
    data = r.data
    key = data.get("nonce") if data.get("enforce_nonce") and "/webhooks/" not in url.path else None
    return Reply(200, {"id": p.post(data, key)})


def slack_hook(p: Provider, r: Request) -> Reply:
    p.post(r.data)
    return Reply(200, "ok")


def slack_bot(p: Provider, r: Request) -> Reply:
    method = urlsplit(r.path).path.rsplit("/", 1)[1]
    if method.startswith("conversations."):
        found = [{"ts": ts, "metadata": body.get("metadata"), "thread_ts": body.get("thread_ts")} for ts, body in p.shown.items()]
        return Reply(200, {"ok": True, "messages": found})
    if method == "chat.update":
        ts = r.data["ts"]
        return (
            Reply(200, {"ok": True, "ts": ts}) if p.edit(ts, r.data) else Reply(200, {"ok": False, "error": "message_not_found"})
        )
    return Reply(200, {"ok": True, "ts": p.post(r.data), "channel": "C1"})


def telegram(p: Provider, r: Request) -> Reply:
    data = r.data
    if r.path.endswith("/editMessageText"):
        if p.edit(str(data["message_id"]), data):
            return Reply(200, {"ok": True, "result": {"message_id": data["message_id"]}})
        return Reply(400, {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"})
    return Reply(200, {"ok": True, "result": {"message_id": int(p.post(data))}})


def matrix(p: Provider, r: Request) -> Reply:
    transaction = unquote(r.path.rsplit("/", 1)[1])
    return Reply(200, {"event_id": "$" + p.post(r.data, transaction)})


def mattermost_bot(p: Provider, r: Request) -> Reply:
    if r.method == "PUT":
        ident = r.path.split("/")[-2]
        return Reply(200, {"id": ident}) if p.edit(ident, r.data) else Reply(404, {"id": "store.sql_post.get.app_error"})
    return Reply(201, {"id": p.post(r.data, r.data["pending_post_id"])})


def ntfy(p: Provider, r: Request) -> Reply:
    sequence = r.data["sequence_id"]
    if sequence in p.keys:
        p.edit(p.keys[sequence], r.data)
    else:
        p.post(r.data, sequence)
    return Reply(200, {"id": "abc", "event": "message", "topic": r.data["topic"], "sequence_id": sequence})


def pagerduty(p: Provider, r: Request) -> Reply:
    p.post(r.data, r.data["dedup_key"])
    return Reply(202, {"status": "success", "message": "Event processed", "dedup_key": r.data["dedup_key"]})


def alertmanager(p: Provider, r: Request) -> Reply:
    for alert in r.data:
        p.post(alert, str(sorted(alert["labels"].items())))
    return Reply(200)


def teams(p: Provider, r: Request) -> Reply:
    p.post(r.data)
    return Reply(202)


def webhook(p: Provider, r: Request) -> Reply:
    p.post(r.data, r.headers["webhook-id"])
    return Reply(204)


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    kind: str
    settings: Callable[[str], Mapping[str, Any]]
    accept: Accept
    error_200: Reply = field(
        default_factory=lambda: Reply(200, "<html>Welcome</html>")
    )  # what a broken provider or proxy says with a good status
    error_200_kind: str = "unknown"
    accepts_202: bool = False  # the provider's own word of acceptance


def env(name: str) -> dict[str, str]:
    return {"env": name}


def hook(base: str) -> dict[str, str]:
    return {"env": f"URL {base}"}


ROWS = {row.name: row for row in (
    Row("alertmanager", "alertmanager", lambda b: {"url": b, "token": env("TOKEN")}, alertmanager, Reply(203, "no"), "unknown"),
    Row("discord webhook", "discord", lambda b: {"url": hook(f"{b}/api/webhooks/1234567890123456/{HOOK}")}, discord,
        Reply(200, {"code": 10015, "message": "Unknown Webhook"}), "permanent"),
    Row("discord bot", "discord", lambda b: {"token": env("TOKEN"), "channel": "1234567890123456", "api": b + "/api/v10"}, discord,
        Reply(200, {"code": 50013, "message": "Missing Permissions"}), "permanent"),
    Row("matrix", "matrix", lambda b: {"homeserver": b, "room": "!room:chat.test", "token": env("TOKEN")}, matrix,
        Reply(200, {"errcode": "M_FORBIDDEN", "error": SECRETS["TOKEN"]}), "permanent"),
    Row("mattermost webhook", "mattermost", lambda b: {"url": hook(f"{b}/hooks/{HOOK}")}, slack_hook),
    Row("mattermost bot", "mattermost", lambda b: {"server": b, "token": env("TOKEN"), "channel": "a" * 26}, mattermost_bot),
    Row("ntfy", "ntfy", lambda b: {"server": b, "topic": env("TOPIC"), "token": env("TOKEN")}, ntfy),
    Row("pagerduty", "pagerduty", lambda b: {"routing_key": env("ROUTING"), "url": f"{b}/v2/enqueue"}, pagerduty,
        Reply(200, {"status": "invalid event"}), "unknown"),
    Row("slack webhook", "slack", lambda b: {"url": hook(f"{b}/services/T0/B0/{HOOK}")}, slack_hook, Reply(200, "no_service"), "permanent"),
    Row("slack bot", "slack", lambda b: {"token": env("TOKEN"), "channel": "C0123456789", "api": b + "/api"}, slack_bot,
        Reply(200, {"ok": False, "error": "ratelimited"}, {"Retry-After": "0.03"}), "retry"),
    Row("teams", "teams", lambda b: {"url": hook(f"{b}/workflows/{HOOK}?sig={HOOK}")}, teams,
        Reply(200, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x"), "retry",
        accepts_202=True),
    Row("telegram", "telegram", lambda b: {"token": env("TELEGRAM"), "chat": -100123, "api": b}, telegram,
        Reply(200, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}), "permanent"),
    Row("webhook", "webhook", lambda b: {"url": f"{b}/in", "secret": env("KEY")}, webhook, Reply(299, "odd"), "", accepts_202=True),
)}  # fmt: skip


def reveal(secret: Secret) -> str:
    name = secret.env or ""
    return name.removeprefix("URL ") if name.startswith("URL ") else SECRETS[name]


def tools(http: httpx.AsyncClient | None = None, **more: Any) -> Tools:
    return Tools(http or channel_client(Guard(True)), reveal, more.pop("clock", lambda: NOW), Guard(True), **more)


def make(kind: str, settings: Mapping[str, Any], given: Tools | None = None) -> Any:
    made = channels()[kind]
    return made("desk", made.Settings.model_validate(settings), given or tools())
