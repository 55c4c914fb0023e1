"""The channels that are no chat service: console and webhook, and what all settings refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from monitor.channels import DeliveryError, channels
from monitor.channels.console import Console, ConsoleSettings
from monitor.channels.webhook import sign
from monitor.model import Message
from tests.channels.farside import Reply, far_side
from tests.channels.hostile import CONTROL, messages
from tests.channels.rows import HOOK, NOW, ROWS, SECRETS, delivery, env, make, message, tools


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


async def printed(form: Any, m: Message, stream: io.StringIO, **more: Any) -> str:
    channel = Console("desk", ConsoleSettings(format=form), tools(http=None), stream)
    await channel.send(delivery(json.loads(json.dumps(channel.render(m, None))), **more))
    await channel.tools.http.aclose()
    return stream.getvalue()


async def test_on_a_terminal_an_alert_is_a_panel_with_headline_facts_quote_and_id() -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\\\", "", await printed("auto", message(), Terminal()))
    for part in (
        "NEW",
        "call, happened",
        "No official readout yet.",
        "│ STAY TUNED…",
        "https://bsky.app/profile/x/post/3k",
        "did:plc:abc",
        "k7m2",
    ):
        assert part in shown


async def test_in_a_pipe_an_alert_is_plain_text() -> None:
    shown = await printed("auto", message(), io.StringIO())
    assert "\x1b" not in shown
    assert shown.startswith("📞 🇺🇸 Trump – 🇮🇳 Modi: call, happened · very likely\n")
    assert shown.endswith("k7m2\n\n")


async def test_as_json_each_alert_is_one_line_that_a_program_reads() -> None:
    shown = await printed("json", message(), io.StringIO())
    assert shown.count("\n") == 1
    assert json.loads(shown)["headline"] == message().headline


async def test_a_repeat_after_a_crash_says_so_on_the_console() -> None:
    assert "POSSIBLE REPEAT" in await printed("pretty", message(), Terminal(), possible_repeat=True)


@settings(max_examples=25)
@given(m=messages())
async def test_no_post_reaches_the_terminal_with_control_characters(m: Message) -> None:
    shown = await printed("pretty", m, io.StringIO())
    assert not CONTROL.search(shown)


async def test_a_closed_standard_output_suspends_the_channel() -> None:
    stream = io.StringIO()
    stream.close()
    channel = Console("desk", ConsoleSettings(format="plain"), tools(), stream)
    with pytest.raises(DeliveryError, match="standard output is closed") as caught:
        await channel.send(delivery(channel.render(message(), None)))
    await channel.tools.http.aclose()
    assert caught.value.kind == "permanent"


async def test_a_webhook_is_signed_so_that_the_receiver_can_check_it() -> None:
    row = ROWS["webhook"]
    async with far_side(lambda r: Reply(204)) as far:
        channel = make("webhook", {**row.settings(far.base), "old_secret": env("TOKEN")})
        payload = channel.render(message(), None)
        await channel.send(delivery(payload))
        await channel.send(delivery(payload, attempt=2))
        await channel.tools.http.aclose()
        first, second = far.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    signed = f"{first.headers['webhook-id']}.{first.headers['webhook-timestamp']}.".encode() + first.body
    keys = (base64.b64decode(SECRETS["KEY"].removeprefix("whsec_")), SECRETS["TOKEN"].encode())
    wanted = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    assert first.headers["webhook-signature"].split(" ") == wanted
    assert first.headers["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_the_signature_is_the_one_of_the_specifications_example() -> None:
    ident, moment, content = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    signature = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ident, moment, content)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("slack", {}),
        ("slack", {"url": env("A"), "token": env("B"), "channel": "C1"}),
        ("slack", {"token": env("B")}),
        ("slack", {"url": "https://hooks.slack.com/services/T/B/x"}),
        ("discord", {"token": env("A")}),
        ("discord", {"url": env("A"), "thread": "not a number"}),
        ("mattermost", {"server": "https://m.example", "token": env("A")}),
        ("matrix", {"homeserver": "https://m.example", "room": "!r:x"}),
        ("matrix", {"homeserver": "https://m.example", "room": "!r:x", "user": "@a:x", "password": env("P"), "token": env("T")}),
        ("matrix", {"homeserver": "https://m.example", "room": "room", "token": env("T")}),
        ("telegram", {"token": env("T")}),
        ("teams", {"url": "https://x.example/"}),
        ("email", {"host": "h", "sender": "nobody", "to": ["a@b.example"]}),
        ("email", {"host": "h", "sender": "a@b.example", "to": ["a@b.example\r\nBcc: c@d.example"]}),
        (
            "email",
            {"host": "h", "sender": "a@b.example", "to": ["c@d.example"], "tls": "none", "user": "u", "password": env("P")},
        ),
        ("irc", {"host": "h", "channel": "desk"}),
        ("irc", {"host": "h", "channel": "#desk\r\nQUIT"}),
        ("webhook", {"url": "https://x.example", "secrte": env("A")}),
        ("console", {"format": "html"}),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_runs(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        channels()[kind].Settings.model_validate(wrong)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_missing_secret_suspends_the_channel_and_names_what_to_set(row: Any) -> None:
    from monitor.config import Secret, SecretError

    def nothing(secret: Secret) -> str:
        raise SecretError("environment variable X is not set or empty: set it before starting Hotline")

    given_tools = tools()
    channel = make(row.kind, row.settings("http://127.0.0.1:9"), type(given_tools)(given_tools.http, nothing, lambda: NOW))
    with pytest.raises(DeliveryError, match="is not set or empty") as caught:
        await channel.send(delivery(channel.render(message(), None)))
    await given_tools.http.aclose()
    assert caught.value.kind == "permanent"
    assert HOOK not in caught.value.text


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_what_a_channel_promises_is_known_from_its_settings_alone(row: Any) -> None:
    channel = make(row.kind, row.settings("http://127.0.0.1:9"))
    await channel.tools.http.aclose()
    assert channels()[row.kind].promise(channel.settings) == channel.guarantee
