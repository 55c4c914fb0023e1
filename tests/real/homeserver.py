"""A real Matrix homeserver (Synapse) on loopback, with users and rooms, and what a room really holds."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.real.beds import HOST, INSTALLED, Server, answers, missing, unused_port

SERVER_NAME = "chat.test"
SECRET = "only for tests"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    token: str
    device: str


class Homeserver:
    """The client and admin API of a running homeserver, as far as tests need it."""

    def __init__(self, url: str):
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self._admin = self.register("admin", admin=True)

    def close(self) -> None:
        self._http.close()

    def register(self, name: str, *, admin: bool = False) -> User:
        """A new user with a fresh name, by the shared secret of the registration API."""
        name = f"{name}-{uuid.uuid4().hex[:6]}"
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        fields = (nonce, name, "a password", "admin" if admin else "notadmin")
        mac = hmac.new(SECRET.encode(), "\0".join(fields).encode(), hashlib.sha1).hexdigest()
        said = self.call(
            "POST", "/_synapse/admin/v1/register",
            json={"nonce": nonce, "username": name, "password": "a password", "admin": admin, "mac": mac},
        )  # fmt: skip
        return User(said["user_id"], said["access_token"], said["device_id"])

    def without_limits(self, user: User) -> None:
        """Lift the homeserver's rate limit on messages for one user; it is 10 at once and one in 5 s otherwise."""
        self.call("POST", f"/_synapse/admin/v1/users/{user.id}/override_ratelimit", self._admin, json={"messages_per_second": 0, "burst_count": 0})

    def call(self, method: str, path: str, user: User | None = None, **kwargs: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {user.token}"} if user else {}
        answer = self._http.request(method, path, headers=headers, **kwargs)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def room(self, owner: User, *members: User) -> str:
        """A new private room that all of them are in; its id."""
        room = str(self.call("POST", "/_matrix/client/v3/createRoom", owner, json={"preset": "private_chat", "invite": [user.id for user in members]})["room_id"])
        for member in members:
            self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", member, json={})
        return room

    def events(self, room: str, user: User) -> list[dict[str, Any]]:
        """Every message event of the room, oldest first, edits and replies included, as the server stores them."""
        found: list[dict[str, Any]] = []
        start: str | None = None
        for _ in range(50):
            params = {"dir": "b", "limit": "100", **({"from": start} if start else {})}
            page = self.call("GET", f"/_matrix/client/v3/rooms/{quote(room)}/messages", user, params=params)
            found.extend(event for event in page["chunk"] if event["type"] == "m.room.message")
            start = page.get("end")
            if not start or not page["chunk"]:
                break
        return found[::-1]

    def bodies(self, room: str, user: User) -> list[str]:
        """The plain text of every message of the room, oldest first."""
        return [str(event["content"].get("body", "")) for event in self.events(room, user)]


@contextmanager
def running(folder: Path) -> Iterator[Homeserver]:
    """Start Synapse with a new database in `folder` (4 s), stop it at the end."""
    python = INSTALLED / "synapse/bin/python"
    if not python.exists():
        missing("the Matrix homeserver")
    port = unused_port()
    command = [str(python), "-m", "synapse.app.homeserver", "--config-path", "generated.yaml", "--config-path", "tests.yaml"]
    generate = ["--server-name", SERVER_NAME, "--data-directory", str(folder), "--generate-config", "--report-stats=no"]
    maker = Server([*command[:5], *generate], folder / "generate.log", cwd=folder)
    maker.process.wait(60)
    assert maker.stop() == 0, maker.tail()
    (folder / "tests.yaml").write_text(json.dumps(_settings(port)), "utf-8")  # JSON is YAML
    server = Server(command, folder / "synapse.log", cwd=folder)
    server.ready(lambda: answers(f"http://{HOST}:{port}/_matrix/client/versions"))
    homeserver = Homeserver(f"http://{HOST}:{port}")
    try:
        yield homeserver
    finally:
        homeserver.close()
        server.stop()


def _settings(port: int) -> dict[str, Any]:
    plenty = {"per_second": 1000, "burst_count": 1000}
    return {
        "listeners": [{"port": port, "type": "http", "tls": False, "bind_addresses": [HOST], "resources": [{"names": ["client"], "compress": False}]}],
        "registration_shared_secret": SECRET,
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "url_preview_enabled": False,
        # The limit on messages stays as it comes: channels must live with it. The rest would only slow the tests down.
        "rc_login": {"address": plenty, "account": plenty, "failed_attempts": plenty},
        "rc_joins": {"local": plenty, "remote": plenty},
        "rc_invites": {"per_room": plenty, "per_user": plenty, "per_issuer": plenty},
        "rc_room_creation": plenty,
    }
