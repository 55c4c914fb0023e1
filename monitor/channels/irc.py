"""IRC: one connection, TLS, lines that cannot be broken out of.

A line is cut to the protocol's 512 bytes between visible characters; CR, LF and NUL cannot occur in it. IRC confirms
nothing, but it answers in order: a PING after the last line whose PONG comes back proves that the server read them all.
Sources: RFC 1459 and https://modern.ircdocs.horse/ (message length, numerics, SASL PLAIN by IRCv3)
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style, Tools
from monitor.channels.text import clusters, utf8
from monitor.channels.wire import connect, verified
from monitor.channels.words import Words, quoted, words
from monitor.config import Secret
from monitor.model import Delivery, Message, Receipt

LINE = 512  # bytes of a whole line with its CR LF
OVERHEAD = 120  # of it, for the ":nick!user@host PRIVMSG #channel :" that the server puts in front
LINES = 8  # of one alert
TIMEOUT = 15.0

SUSPENDING = {"404": "may not speak in the channel", "403": "no such channel", "442": "is not in the channel", "464": "wrong password",
              "465": "is banned from the server", "471": "channel is full", "473": "channel is invite only", "474": "is banned from the channel",
              "475": "wrong channel key", "477": "the channel wants a registered nick", "904": "login refused", "902": "login refused"}  # fmt: skip


class IrcSettings(ChannelSettings):
    host: str = Field(min_length=1)
    port: int = Field(6697, ge=1, le=65535)
    tls: bool = True
    ca: str | None = Field(None, description="File with the certificate authority of a server of your own.")
    nick: str = Field("hotline", pattern=r"^[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}$")
    channel: str = Field(pattern=r"^[#&+!][^\s,:\x07]{1,49}$", description="#newsroom")
    key: Secret | None = Field(None, description="The channel's key.")
    password: Secret | None = Field(None, description="The server's password.")
    user: str | None = Field(None, description="Account for SASL PLAIN.")
    login: Secret | None = Field(None, description="Its password.")
    line_delay: float = Field(0.3, ge=0, le=10, description="Seconds between lines: servers throttle faster ones.")


class Irc(Base):
    """Kept connected between alerts; whatever goes wrong closes the connection, and the next alert opens a new one."""

    kind: ClassVar[str] = "irc"
    Settings = IrcSettings
    styles: ClassVar[tuple[Style, ...]] = ("plain", "bare")
    guarantee = Guarantee("resend_marked", None, "at least once; a possible repeat is marked (IRC knows no ids)")
    spacing: ClassVar[float] = 2.0

    def __init__(self, name: str, settings: IrcSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self._line: Line | None = None

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        return {"lines": self._lines(words(message))}

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        line = await self._ready()
        token = hashlib.sha256(f"{delivery.key}.{delivery.attempt}".encode()).hexdigest()[:16]
        said = False
        try:
            async with asyncio.timeout(TIMEOUT + self.settings.line_delay * LINES):
                for text in step["body"]["lines"]:
                    await line.say(f"PRIVMSG {self.settings.channel} :{text}")
                    said = True
                    await line.listen(self.settings.line_delay)
                await line.say(f"PING :{token}")
                await line.until("PONG", token)
        except DeliveryError:
            await self.close()
            raise
        except (OSError, TimeoutError, EOFError, ValueError):
            await self.close()
            raise DeliveryError("unknown" if said else "retry", "the IRC server broke off") from None
        return Receipt()

    async def check(self) -> str:
        await self._ready()
        return f"IRC at {self.settings.host}, in {self.settings.channel}"

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def _ready(self) -> Line:
        """In the channel: on the old connection if it still answers, else on a new one."""
        if self._line is not None:
            try:
                await self._line.say("PING :still-there")
                async with asyncio.timeout(TIMEOUT):
                    await self._line.until("PONG", "still-there")
                return self._line
            except (OSError, TimeoutError, EOFError, ValueError, DeliveryError):
                await self.close()
        s = self.settings
        context = verified(s.ca) if s.tls else None
        reader, writer = await connect(s.host, s.port, self.tools.guard, context, TIMEOUT)
        self._line = line = Line(reader, writer)
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._register(line)
        except DeliveryError:
            await self.close()
            raise
        except (OSError, TimeoutError, EOFError, ValueError):
            await self.close()
            raise DeliveryError("retry", "the IRC server broke off while registering") from None
        return line

    async def _register(self, line: Line) -> None:
        s = self.settings
        if s.password:
            await line.say(f"PASS :{bare(self.secret(s.password))}")
        if s.user and s.login:
            await line.say("CAP REQ :sasl")
        await line.say(f"NICK {s.nick}")
        await line.say(f"USER {s.nick[:10]} 0 * :Hotline")
        if s.user and s.login:
            await line.until("CAP")
            await line.say("AUTHENTICATE PLAIN")
            await line.until("AUTHENTICATE")
            secret = base64.b64encode(f"\0{s.user}\0{self.secret(s.login)}".encode()).decode()
            await line.say(f"AUTHENTICATE {secret}")
            await line.until("903")
            await line.say("CAP END")
        line.nick = s.nick
        await line.until("001")
        key = f" {bare(self.secret(s.key))}" if s.key else ""
        await line.say(f"JOIN {s.channel}{key}")
        await line.until("366")

    def _lines(self, w: Words) -> list[str]:
        link = f"{self.say['post']}: {w.link}" if w.link else ""
        quote = quoted(w.quote, "│ ") + (f" ({w.note})" if w.note and w.quote else "")
        head = [w.headline, " · ".join(w.lines)]
        tail = [text for text in (link, w.footer) if text]
        room = LINE - 2 - OVERHEAD
        fixed = [part for text in head if text for part in split(text, room)][: LINES - len(tail) - 1]
        shown = [part for text in quote.split("\n") if text for part in split(text, room, "│ ")]
        kept = shown[: LINES - len(tail) - len(fixed)]
        if len(kept) < len(shown) and kept:
            kept[-1] = split(kept[-1], room - 4)[0] + " …"
        return [*fixed, *kept, *(split(text, room)[0] for text in tail)]


class Line:
    """Lines to and from the server. Answers its PING on the way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.nick = ""

    async def say(self, text: str) -> None:
        self._writer.write((bare(text) + "\r\n").encode("utf-8", "replace"))
        await self._writer.drain()

    async def until(self, command: str, token: str | None = None) -> None:
        """Read on until the server says this. DeliveryError for what it says against us; EOFError at its end."""
        while True:
            said, words_ = await self._next()
            if said == command and (token is None or token in words_):
                return

    async def listen(self, seconds: float) -> None:
        """Hear for so long whether the server objects."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> tuple[str, list[str]]:
        raw = await self._reader.readline()
        if not raw.endswith(b"\n"):
            raise EOFError
        words_ = raw.decode("utf-8", "replace").strip().split()
        if words_ and words_[0].startswith((":", "@")):
            words_ = words_[1:]
        if not words_:
            return "", []
        said, rest = words_[0].upper(), [word.removeprefix(":") for word in words_[1:]]
        if said == "PING":
            await self.say(f"PONG :{rest[0] if rest else ''}")
        elif said == "433":  # the nick is taken: another one
            self.nick = (self.nick or (rest[1] if len(rest) > 1 else "hotline"))[:28] + "_"
            await self.say(f"NICK {self.nick}")
        elif said in SUSPENDING:
            raise DeliveryError("permanent", f"the IRC server says: {SUSPENDING[said]} ({said})")
        elif said == "ERROR":
            raise EOFError
        return said, rest

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):  # gone already
            pass


def bare(text: str) -> str:
    """Nothing that ends or corrupts a line."""
    return re.sub(r"[\r\n\0]", " ", text)


def split(text: str, limit: int, again: str = "") -> list[str]:
    """Pieces of at most `limit` bytes, between visible characters; later ones begin with `again`."""
    pieces, current, size = [], "", 0
    for cluster in clusters(bare(text)):
        weight = utf8(cluster)
        if current and size + weight > limit:
            pieces.append(current)
            current, size = again, utf8(again)
        current, size = current + cluster, size + weight
    return [*pieces, current] if current else pieces or [""]
