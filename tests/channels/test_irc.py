"""IRC against a server of the test's own: registration, lines, order, and what it says against us."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels import DeliveryError
from monitor.channels.base import Tools
from monitor.channels.irc import split
from monitor.channels.text import utf8
from monitor.http import Guard
from tests.channels.hostile import TEXT
from tests.channels.rows import NOW, SECRETS, delivery, env, make, message, reveal

TOOLS = Tools(None, reveal, lambda: NOW, Guard(True))  # type: ignore[arg-type] # IRC needs no HTTP


class Ircd:
    """As much of a server as a client that joins and speaks needs."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.connections = 0
        self.port = 0
        self.taken: set[str] = set()
        self.deny: dict[str, str] = {}  # command -> reply instead
        self.cut_at = ""  # close the connection at this command
        self.login = ""
        self.negotiating = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        nick = ""
        try:
            while raw := await reader.readline():
                assert len(raw) <= 512
                text = raw.decode().rstrip("\r\n")
                command, _, rest = text.partition(" ")
                if command == self.cut_at:
                    self.cut_at = ""
                    writer.transport.abort()
                    return
                if command in self.deny:
                    writer.write(f":far {self.deny[command]} {nick} :no\r\n".encode())
                elif command == "NICK":
                    nick = rest
                    if not self.negotiating:
                        writer.write(f":far {'433 * ' + nick if nick in self.taken else '001 ' + nick} :.\r\n".encode())
                elif command == "JOIN":
                    writer.write(f":{nick}!u@h JOIN {rest}\r\n:far 366 {nick} {rest} :End\r\nPING :are-you-there\r\n".encode())
                elif command == "PING":
                    writer.write(f":far PONG far {rest}\r\n".encode())
                elif command == "PRIVMSG":
                    self.said.append(rest)
                elif command == "CAP" and rest == "END":
                    writer.write(f":far 001 {nick} :.\r\n".encode())
                elif command == "CAP":
                    self.negotiating = True
                    writer.write(b":far CAP * ACK :sasl\r\n")
                elif command == "AUTHENTICATE":
                    writer.write(b"AUTHENTICATE +\r\n" if rest == "PLAIN" else b":far 903 x :ok\r\n")
                    self.login = rest if rest != "PLAIN" else ""
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def ircd() -> AsyncIterator[tuple[Ircd, dict[str, Any]]]:
    far = Ircd()
    server = await asyncio.start_server(far.talk, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    try:
        yield far, {"host": "127.0.0.1", "port": far.port, "tls": False, "channel": "#desk", "line_delay": 0}
    finally:
        server.close()


async def test_an_alert_is_said_line_by_line_and_confirmed_by_the_servers_answer() -> None:
    async with ircd() as (far, own):
        channel = make("irc", own, TOOLS)
        await channel.send(delivery(channel.render(message(), None)))
        await channel.send(delivery(channel.render(message(), None)))
        await channel.close()
    assert far.connections == 1
    assert far.said[0] == f"#desk :{message().headline}"
    assert "#desk :│ STAY TUNED… (English)" in far.said
    assert len(far.said) == 12


async def test_a_nick_that_is_taken_is_varied_and_an_account_logs_in_first() -> None:
    async with ircd() as (far, own):
        far.taken = {"hotline", "hotline_"}
        channel = make("irc", own, TOOLS)
        await channel.send(delivery(channel.render(message(), None)))
        await channel.close()
    async with ircd() as (far, own):
        channel = make("irc", {**own, "user": "acc", "login": env("PASSWORD")}, TOOLS)
        await channel.send(delivery(channel.render(message(), None)))
        await channel.close()
    assert base64.b64decode(far.login).decode() == f"\0acc\0{SECRETS['PASSWORD']}"


@pytest.mark.parametrize(("command", "reply"), [("JOIN", "474"), ("PRIVMSG", "404"), ("NICK", "465")])
async def test_a_refusal_suspends_the_channel(command: str, reply: str) -> None:
    async with ircd() as (far, own):
        far.deny[command] = reply
        channel = make("irc", own, TOOLS)
        with pytest.raises(DeliveryError) as caught:
            await channel.send(delivery(channel.render(message(), None)))
    assert caught.value.kind == "permanent"


@pytest.mark.parametrize(("cut_at", "kind"), [("JOIN", "retry"), ("PRIVMSG", "unknown"), ("PING", "unknown")])
async def test_a_connection_cut_before_the_first_line_is_safe_to_try_again_and_after_it_in_doubt(cut_at: str, kind: str) -> None:
    async with ircd() as (far, own):
        far.cut_at = cut_at
        channel = make("irc", own, TOOLS)
        payload = channel.render(message(), None)
        with pytest.raises(DeliveryError) as caught:
            await channel.send(delivery(payload))
        assert caught.value.kind == kind
        await channel.send(delivery(payload, possible_repeat=True))
        await channel.close()
    assert any("POSSIBLE REPEAT" in line for line in far.said)


async def test_a_connection_that_died_in_between_is_opened_anew() -> None:
    async with ircd() as (far, own):
        channel = make("irc", own, TOOLS)
        await channel.send(delivery(channel.render(message(), None)))
        far.cut_at = "PING"
        await channel.send(delivery(channel.render(message(), None)))
        await channel.close()
    assert far.connections == 2


async def test_a_private_server_is_refused_unless_allowed() -> None:
    async with ircd() as (far, own):
        channel = make("irc", own, Tools(TOOLS.http, reveal, lambda: NOW, Guard()))
        with pytest.raises(DeliveryError) as caught:
            await channel.send(delivery(channel.render(message(), None)))
    assert (caught.value.kind, far.connections) == ("permanent", 0)


@given(TEXT, st.integers(40, 400))
def test_pieces_fit_their_bytes_and_hold_everything(text: str, limit: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    pieces = split(text, limit)
    assert all(utf8(piece) <= max(limit, 160) for piece in pieces)
    assert "".join(pieces) == text.replace("\r", " ").replace("\n", " ").replace("\0", " ")
