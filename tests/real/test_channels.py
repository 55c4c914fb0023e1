"""Channels against real servers: Matrix, SMTP, IRC, Alertmanager. Once, edited, threaded, and repeated only as promised."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest

from monitor.channels import DeliveryError, channels
from monitor.channels.base import Tools
from monitor.config import Secret
from monitor.http import Guard, channel_client
from monitor.model import Delivery, Earlier, Message, Receipt
from tests.real import irc
from tests.real.alertmanager import Alertmanager
from tests.real.conftest import Room
from tests.real.mail import Mailbox
from tests.real.receiver import Receiver

FIRST = Message(
    "new", "k7m2", "📞 🇺🇸 Trump – 🇮🇳 Modi: call, happened · very likely", ("First word by the US side.", "No official readout yet."),
    "President Trump just spoke with Prime Minister Modi.\n@room <b>STAY TUNED</b>", ((16, 26),), "English", "Sergio Gor · did:plc:abc",
    "https://bsky.app/profile/x/post/3k",
)  # fmt: skip
NEWS = Message("confirmed", "k7m2", "✅ The call is confirmed by India", ("Both sides have spoken.",), link=FIRST.link)
KEYS = ("a" * 32, "b" * 32)


class Desk:
    """One channel with its own client, as the daemon builds it."""

    def __init__(self, kind: str, own: dict[str, Any], secrets: dict[str, str] | None = None, folder: Path = Path()) -> None:
        def reveal(secret: Secret) -> str:
            return (secrets or {})[secret.env or ""]

        self.http = channel_client(Guard(allow=True))
        made = channels()[kind]
        tools = Tools(self.http, reveal, lambda: datetime.now(UTC), Guard(allow=True), "en", folder)
        self.channel = made("desk", made.Settings.model_validate(own), tools)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()
        await self.http.aclose()

    async def send(self, message: Message, key: str, earlier: Earlier | None = None, **more: Any) -> tuple[Receipt, Any]:
        payload = json.loads(json.dumps(self.channel.render(message, earlier)))
        return await self.channel.send(Delivery(1, "desk", 1, key, payload, 1, **more)), payload


def matrix(room: Room, **more: Any) -> dict[str, Any]:
    return {"homeserver": room.server.url, "room": room.id, "token": {"env": "TOKEN"}, **more}


async def test_a_matrix_room_gets_an_alert_once_however_often_it_is_sent(room: Room) -> None:
    async with Desk("matrix", matrix(room), {"TOKEN": room.alerts.token}) as desk:
        receipts = [await desk.send(FIRST, KEYS[0]) for _ in range(3)]
        payload = receipts[0][1]
        together = await asyncio.gather(*(desk.channel.send(Delivery(1, "desk", 1, KEYS[0], payload, n)) for n in range(5)))
    assert len({r.provider_id for r, _ in receipts} | {r.provider_id for r in together}) == 1
    (event,) = room.server.events(room.id, room.desk)
    assert event["content"]["m.mentions"] == {}
    assert "&lt;b&gt;STAY TUNED&lt;" in event["content"]["formatted_body"]


async def test_in_a_matrix_room_news_edits_the_first_message_and_stands_in_its_thread(room: Room) -> None:
    async with Desk("matrix", matrix(room), {"TOKEN": room.alerts.token}) as desk:
        receipt, payload = await desk.send(FIRST, KEYS[0])
        for _ in range(2):  # a repeat changes nothing
            await desk.send(NEWS, KEYS[1], Earlier(receipt.provider_id or "", receipt.thread, payload))
    first, edit, reply = room.server.events(room.id, room.desk)
    assert edit["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": first["event_id"]}
    assert edit["content"]["m.new_content"]["body"].startswith("✅ The call is confirmed by India\nFirst word: ")
    assert reply["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert reply["content"]["m.relates_to"]["event_id"] == first["event_id"]


async def test_a_matrix_login_survives_a_restart_on_the_same_device(room: Room, tmp_path: Path) -> None:
    own = matrix(room, user=room.alerts.id, password={"env": "PASSWORD"}, device_id="DESK1")
    del own["token"]
    ids = []
    for _ in range(2):
        async with Desk("matrix", own, {"PASSWORD": "a password"}, tmp_path) as desk:
            try:
                receipt, _ = await desk.send(FIRST, KEYS[0])
            except DeliveryError as error:
                pytest.fail(error.text)
            ids.append(receipt.provider_id)
    assert ids[0] == ids[1]
    assert len(room.server.events(room.id, room.desk)) == 1


async def test_mail_arrives_whole_and_later_news_joins_its_thread(smtp: Mailbox) -> None:
    own = {
        "host": smtp.host,
        "port": smtp.port,
        "tls": "none",
        "sender": "Hotline <alerts@example.org>",
        "to": ["desk@example.org"],
    }
    async with Desk("email", own) as desk:
        receipt, payload = await desk.send(FIRST, KEYS[0])
        smtp.then("451 try later")
        with pytest.raises(DeliveryError) as caught:
            await desk.send(NEWS, KEYS[1], Earlier(receipt.provider_id or "", None, payload))
        await desk.send(NEWS, KEYS[1], Earlier(receipt.provider_id or "", None, payload))
    assert caught.value.kind == "retry"
    first, second = (mail.message for mail in smtp.wait(2))
    assert first["Subject"] == FIRST.headline
    assert second["References"] == first["Message-ID"] == receipt.provider_id


async def test_an_irc_channel_hears_every_line_of_an_alert_in_order(irc_port: int) -> None:
    reader = irc.Reader(irc_port, "#desk")
    own = {"host": "127.0.0.1", "port": irc_port, "tls": False, "channel": "#desk", "line_delay": 0}
    async with Desk("irc", own) as desk:
        _, payload = await desk.send(FIRST, KEYS[0])
        await desk.send(FIRST, KEYS[0], possible_repeat=True)
        wanted = payload["steps"][0]["body"]["lines"]
        lines = await asyncio.to_thread(reader.wait, len(wanted) + 1)
    reader.close()
    assert [line.text for line in lines][: len(wanted)] == wanted
    assert lines[len(wanted)].text.startswith("POSSIBLE REPEAT")


async def test_alertmanager_holds_an_alert_once_and_sends_it_on(alertmanager: Alertmanager, receiver: Receiver) -> None:
    async with Desk("alertmanager", {"url": alertmanager.url, "labels": {"desk": "foreign"}}) as desk:
        assert "Alertmanager" in await desk.channel.probe()
        for _ in range(3):
            await desk.send(FIRST, KEYS[0])
    (alert,) = alertmanager.alerts()
    assert (alert["labels"]["contact"], alert["labels"]["desk"]) == ("k7m2", "foreign")
    assert alert["annotations"]["summary"] == FIRST.headline
    (request,) = await asyncio.to_thread(receiver.wait, 1)
    assert request.json()["alerts"][0]["generatorURL"] == FIRST.link
