"""Matrix: a transaction id that makes a message appear once, edits, threads.

Transaction ids hold for one device, so the device and its token are kept in a file (mode 0600) when Hotline logs in by
password. Everything untrusted is escaped in `formatted_body`, and `m.mentions` is empty: no old push rule matches.
Sources: https://spec.matrix.org/v1.13/client-server-api/ (send, login, m.replace, m.thread, m.mentions, rate limits)
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, model_validator

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, GoneError, Step, Style, Tools
from monitor.channels.status import Answer, ask
from monitor.channels.text import cut, host_of, utf8
from monitor.channels.words import Words, fit, plain, words
from monitor.config import Secret, WebAddress
from monitor.model import Delivery, Earlier, Message, Receipt

EVENT = 65_536  # bytes of a whole event
BODY = 12_000  # bytes of ours; an edit carries its text twice, each plain and formatted
WINDOW = 86_400.0  # a homeserver may forget a transaction after a day (Synapse does)
PERMANENT = frozenset(
    {"M_FORBIDDEN", "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_GUEST_ACCESS_FORBIDDEN", "M_CONSENT_NOT_GIVEN"}
)
REJECTED = frozenset({"M_BAD_JSON", "M_NOT_JSON", "M_TOO_LARGE", "M_INVALID_PARAM"})


class MatrixSettings(ChannelSettings):
    homeserver: WebAddress = Field(description="https://matrix.example.org")
    room: str = Field(pattern=r"^[!#].+", description="The room's id (!…) or an alias (#…:server).")
    token: Secret | None = Field(None, description="An access token. Either this, or user and password.")
    user: str | None = Field(None, description="@alerts:example.org, for login by password.")
    password: Secret | None = None
    device_id: str = Field(
        "HOTLINE", pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Kept the same: repeats are recognised by it."
    )
    state: str | None = Field(None, description="File that keeps the login; default matrix-NAME.json beside the log.")
    notice: bool = Field(default=True, description="Send as m.notice, which other bots leave alone; false: m.text.")

    @model_validator(mode="after")
    def _one_way(self) -> MatrixSettings:
        if (self.token is None) == (self.password is None) or (self.password is None) != (self.user is None):
            raise ValueError("give either token, or user and password")
        return self


class Matrix(Base):
    """PUT with a transaction id made from the delivery's key: the homeserver answers a repeat with the first event."""

    kind: ClassVar[str] = "matrix"
    Settings = MatrixSettings
    guarantee = Guarantee(
        "same_key", WINDOW, "exactly once within 24 h (transaction id and device); later a possible repeat is marked"
    )

    def __init__(self, name: str, settings: MatrixSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self._token: str | None = None
        self._room: str | None = settings.room if settings.room.startswith("!") else None
        self._login = asyncio.Lock()

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), BODY, lambda x: max(utf8(plain(x, self.say)), utf8(self._html(x))), utf8)
        body: dict[str, Any] = {
            "msgtype": "m.notice" if self.settings.notice else "m.text",
            "body": plain(w, self.say, mark="> "),
            "m.mentions": {},
        }
        if style == "rich":
            body |= {"format": "org.matrix.custom.html", "formatted_body": self._html(w)}
        return body

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        if earlier is None:
            return super().steps(message, earlier, style)
        root = earlier.thread or earlier.provider_id
        thread = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": earlier.provider_id},
        }
        reply = {**self.compose(message, style), "m.relates_to": thread}
        steps = self.edit_and_tell(message, earlier, style, {"do": "reply", "body": reply})
        for step in steps:
            if step["do"] == "edit":
                new = step["body"]
                step["body"] = {
                    **new, "body": f"* {new['body']}", "m.new_content": new,
                    "m.relates_to": {"rel_type": "m.replace", "event_id": step["id"]},
                }  # fmt: skip
                if "formatted_body" in new:
                    step["body"]["formatted_body"] = f"* {new['formatted_body']}"
        return steps

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        room = await self._room_id()
        transaction = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{delivery.key}.{number}.{step['do']}")
        path = f"rooms/{quote(room, safe='')}/send/m.room.message/{quote(transaction, safe='')}"
        answer = await self._call("PUT", path, step["body"])
        if answer.status == 403 and answer.at("errcode") == "M_FORBIDDEN":  # perhaps only invited so far
            joined = await self._call("POST", f"join/{quote(room, safe='')}", {})
            if joined.status == 200:
                answer = await self._call("PUT", path, step["body"])
        if (
            step["do"] != "post"
            and answer.at("errcode") in ("M_NOT_FOUND", "M_UNKNOWN", "M_INVALID_PARAM")
            and answer.status in (400, 404)
        ):
            raise GoneError
        self._refuse(answer)
        event = answer.at("event_id")
        if not event:
            raise DeliveryError("unknown", f"HTTP {answer.status} without the id of an event")
        return self.receipt(answer, event, (step["body"].get("m.relates_to") or {}).get("event_id"))

    async def check(self) -> str:
        answer = await self._call("GET", "account/whoami")
        self._refuse(answer)
        room = await self._room_id()
        return (
            f"Matrix, {cut(str(answer.at('user_id')), 60)}, device {cut(str(answer.at('device_id')), 30)}, room {cut(room, 60)}"
        )

    def _refuse(self, answer: Answer) -> None:
        code = answer.at("errcode")
        if code in PERMANENT:
            raise DeliveryError("permanent", f"the homeserver says {code} (HTTP {answer.status})")
        if code in REJECTED:
            raise DeliveryError("rejected", f"the homeserver says {code} (HTTP {answer.status})")
        self.passed(answer)

    async def _room_id(self) -> str:
        if self._room is None:
            answer = await self._call("GET", f"directory/room/{quote(self.settings.room, safe='')}")
            self._refuse(answer)
            found = answer.at("room_id")
            if not isinstance(found, str):
                raise DeliveryError("retry", "the homeserver did not say which room the alias means")
            self._room = found
        return self._room

    async def _call(self, verb: str, path: str, body: Any = None) -> Answer:
        answer = await self._raw(verb, path, body, await self._access())
        if answer.at("errcode") == "M_UNKNOWN_TOKEN" and self.settings.password is not None:
            await self._access(refused=self._token)  # the same device: its transactions are still known
            answer = await self._raw(verb, path, body, await self._access())
        return answer

    async def _raw(self, verb: str, path: str, body: Any, token: str | None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await ask(
            self.tools.http, verb, f"{self.settings.homeserver.rstrip('/')}/_matrix/client/v3/{path}", body=body, headers=headers
        )

    async def _access(self, refused: str | None = None) -> str:
        """The token: given, kept, or got by a login whose device never changes."""
        if self.settings.token is not None:
            return self.secret(self.settings.token)
        async with self._login:
            if self._token is None:
                self._token = await asyncio.to_thread(self._kept)
            if self._token is None or (refused is not None and self._token == refused):
                self._token = await self._log_in()
        self._scrub.add(self._token)
        return self._token

    async def _log_in(self) -> str:
        assert self.settings.password is not None
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.settings.user},
            "password": self.secret(self.settings.password),
            "device_id": self.settings.device_id,
            "initial_device_display_name": "Hotline",
        }
        answer = await self._raw("POST", "login", body, None)
        self._refuse(answer)
        token = answer.at("access_token")
        if not isinstance(token, str) or not token:
            raise DeliveryError("retry", "the homeserver gave no token")
        await asyncio.to_thread(self._keep, token)
        return token

    @property
    def _file(self) -> Path:
        return self.tools.folder / (self.settings.state or f"matrix-{re.sub(r'[^A-Za-z0-9_-]', '_', self.name)}.json")

    def _kept(self) -> str | None:
        try:
            kept = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        same = isinstance(kept, dict) and all(kept.get(k) == v for k, v in self._whose().items())
        return str(kept["token"]) if same and kept.get("token") else None

    def _keep(self, token: str) -> None:
        """Written beside and moved into place, readable by its owner only."""
        fresh = self._file.with_name(self._file.name + ".new")
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump({**self._whose(), "token": token}, file)
            fresh.replace(self._file)
        except OSError as error:
            raise DeliveryError(
                "permanent", f"the file that keeps the login cannot be written ({type(error).__name__}): set state"
            ) from None

    def _whose(self) -> dict[str, str | None]:
        return {"homeserver": self.settings.homeserver, "user": self.settings.user, "device_id": self.settings.device_id}

    def _html(self, w: Words) -> str:
        blocks = [f"<p><strong>{escape(w.headline)}</strong></p>"]
        if w.lines:
            blocks.append("<ul>" + "".join(f"<li>{escape(text)}</li>" for text in w.lines) + "</ul>")
        if w.quote:
            parts, at = [], 0
            for start, end in w.spans:
                parts += [escape(w.quote[at:start]), f"<strong>{escape(w.quote[start:end])}</strong>"]
                at = end
            blocks.append(f"<blockquote>{''.join(parts)}{escape(w.quote[at:])}</blockquote>".replace("\n", "<br>"))
            if w.note:
                blocks.append(f"<p><em>{escape(w.note)}</em></p>")
        links = [(self.say["post"], w.link), (self.say["review"], w.review)]
        shown = [f'<a href="{escape(link)}">{escape(label)} ({escape(host_of(link))})</a>' for label, link in links if link]
        blocks += [f"<p>{' · '.join(shown)}</p>"] if shown else []
        return "".join([*blocks, f"<p><sub>{escape(w.footer)}</sub></p>"])


def escape(text: str) -> str:
    return html.escape(text, quote=True)
