"""Matrix: one device for ever, transactions by the delivery's key, a room by id or alias."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from monitor.channels import DeliveryError
from tests.channels.farside import Reply, Request, far_side
from tests.channels.rows import SECRETS, delivery, env, make, message


class Homeserver:
    """Logins give a new token for the same device; transactions are known by device."""

    def __init__(self) -> None:
        self.logins: list[Any] = []
        self.valid: set[str] = set()
        self.events: dict[tuple[str, str], str] = {}
        self.joined = True

    def __call__(self, r: Request) -> Reply:
        path = r.path.removeprefix("/_matrix/client/v3/")
        if path == "login":
            if r.data["password"] != SECRETS["PASSWORD"]:
                return Reply(403, {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"})
            self.logins.append(r.data)
            token = f"issued-token-{len(self.logins)}"
            self.valid = {token}
            return Reply(200, {"access_token": token, "device_id": r.data["device_id"]})
        if r.headers.get("authorization", "").removeprefix("Bearer ") not in self.valid:
            return Reply(401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": False})
        if path.startswith("directory/room/"):
            return Reply(200, {"room_id": "!found:chat.test"})
        if path.startswith("join/"):
            self.joined = True
            return Reply(200, {"room_id": "!room:chat.test"})
        if not self.joined:
            return Reply(403, {"errcode": "M_FORBIDDEN", "error": "User not in room"})
        room, transaction = path.split("/")[1], path.rsplit("/", 1)[1]
        return Reply(200, {"event_id": self.events.setdefault((room, transaction), f"$event{len(self.events)}")})


def settings(base: str, folder: Path, **more: Any) -> dict[str, Any]:
    own = {
        "homeserver": base,
        "room": "!room:chat.test",
        "user": "@alerts:chat.test",
        "password": env("PASSWORD"),
        "state": str(folder / "matrix.json"),
    }
    return {**own, **more}


async def test_a_login_keeps_its_device_and_token_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    server = Homeserver()
    async with far_side(server) as far:
        receipts = []
        for _ in range(2):  # two runs of the daemon
            channel = make("matrix", settings(far.base, tmp_path))
            receipts.append(await channel.send(delivery(channel.render(message(), None))))
            await channel.tools.http.aclose()
    assert [login["device_id"] for login in server.logins] == ["HOTLINE"]
    assert receipts[0].provider_id == receipts[1].provider_id
    kept = tmp_path / "matrix.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["token"] == "issued-token-1"


async def test_a_token_that_the_homeserver_forgot_is_got_anew_for_the_same_device(tmp_path: Path) -> None:
    server = Homeserver()
    async with far_side(server) as far:
        channel = make("matrix", settings(far.base, tmp_path))
        first = await channel.send(delivery(channel.render(message(), None)))
        server.valid.clear()
        again = await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert [login["device_id"] for login in server.logins] == ["HOTLINE", "HOTLINE"]
    assert first.provider_id == again.provider_id


async def test_a_wrong_password_suspends_the_channel_without_showing_it(tmp_path: Path) -> None:
    async with far_side(Homeserver()) as far:
        channel = make("matrix", settings(far.base, tmp_path, password=env("TOKEN")))
        with pytest.raises(DeliveryError, match="M_FORBIDDEN") as caught:
            await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert caught.value.kind == "permanent"
    assert SECRETS["TOKEN"] not in repr(caught.value)


async def test_a_login_of_another_account_is_not_used(tmp_path: Path) -> None:
    server = Homeserver()
    (tmp_path / "matrix.json").write_text(
        json.dumps({"homeserver": "https://other.example", "user": "@x:y", "device_id": "HOTLINE", "token": "t"})
    )
    async with far_side(server) as far:
        channel = make("matrix", settings(far.base, tmp_path))
        await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert len(server.logins) == 1


async def test_a_state_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    async with far_side(Homeserver()) as far:
        channel = make("matrix", settings(far.base, tmp_path, state=str(tmp_path / "missing" / "matrix.json")))
        with pytest.raises(DeliveryError, match="cannot be written"):
            await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()


async def test_an_alias_is_looked_up_and_an_invitation_accepted(tmp_path: Path) -> None:
    server = Homeserver()
    server.joined = False
    async with far_side(server) as far:
        channel = make("matrix", settings(far.base, tmp_path, room="#desk:chat.test"))
        receipt = await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert receipt.provider_id == "$event0"
    assert [room for room, _ in server.events] == ["%21found%3Achat.test"]
