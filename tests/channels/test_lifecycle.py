"""The first message edited, the news told in its thread, and what happens when the first one is gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.channels import DeliveryError
from monitor.model import Earlier, Message, Receipt
from tests.channels.farside import Fault, Reply, Request, far_side
from tests.channels.rows import ROWS, Provider, delivery, make, message

EDITING = ["discord webhook", "discord bot", "slack bot", "telegram", "matrix", "mattermost bot", "ntfy"]
NEWS = message(
    kind="confirmed",
    headline="✅ Trump – Modi call confirmed by India",
    lines=("Both sides have spoken.",),
    quote="PM spoke with @POTUS",
)
KEY2 = "fedcba9876543210fedcba9876543210"


def stored(payload: Any) -> Any:
    return json.loads(json.dumps(payload))


async def told(name: str, news: Message, *, gone: bool = False) -> tuple[Provider, list[Request], Receipt, Receipt]:
    row, provider = ROWS[name], Provider()
    async with far_side(lambda r: row.accept(provider, r)) as far:
        channel = make(row.kind, row.settings(far.base))
        first = stored(channel.render(message(), None))
        receipt = await channel.send(delivery(first))
        if gone:
            provider.shown.clear()
        earlier = Earlier(receipt.provider_id or "", receipt.thread, first)
        later = await channel.send(delivery(stored(channel.render(news, earlier)), KEY2))
        await channel.tools.http.aclose()
        return provider, far.requests, receipt, later


@pytest.mark.parametrize("name", EDITING)
async def test_news_worth_a_sound_edits_the_first_message_and_is_told_besides(name: str) -> None:
    provider, requests, first, later = await told(name, NEWS)
    texts = [json.dumps(body, ensure_ascii=False).replace("\\\\", "") for body in provider.shown.values()]
    edits = len([r for r in requests if "m.replace" in r.body.decode()]) if name == "matrix" else provider.edits
    assert edits == 1
    assert sum("confirmed by India" in text and "First word: " not in text for text in texts) == 1
    assert sum("First word: " in text for text in texts) == 1
    assert later.provider_id not in (None, first.provider_id)


@pytest.mark.parametrize("name", EDITING)
async def test_quiet_news_only_edits_the_first_message(name: str) -> None:
    provider, requests, _, _ = await told(name, message(headline="now with more detail", urgent=False))
    assert len(requests) == 2
    if name != "matrix":
        assert (len(provider.shown), provider.edits) == (1, 1)


@pytest.mark.parametrize("name", ["discord webhook", "discord bot", "slack bot", "telegram", "mattermost bot"])
@pytest.mark.parametrize("urgent", [True, False])
async def test_when_the_first_message_is_gone_the_news_comes_as_a_new_one(name: str, urgent: bool) -> None:
    provider, _, _, _ = await told(name, message(headline="fresh news", urgent=urgent), gone=True)
    (shown,) = provider.shown.values()
    assert "fresh news" in json.dumps(shown)


@pytest.mark.parametrize("name", ["slack webhook", "teams", "mattermost webhook", "alertmanager"])
async def test_a_channel_that_cannot_edit_names_the_first_message_in_a_new_one(name: str) -> None:
    provider, requests, _, _ = await told(name, NEWS)
    assert len(provider.shown) == len(requests) == 2
    last = json.dumps(list(provider.shown.values())[1], ensure_ascii=False)
    assert "Follows up on" in last
    assert "very likely" in last


async def test_threads_hang_on_the_first_message() -> None:
    def last(requests: list[Request]) -> Any:
        return requests[-1].data

    _, requests, first, _ = await told("slack bot", NEWS)
    assert (last(requests)["thread_ts"], last(requests)["reply_broadcast"]) == (first.provider_id, True)
    _, requests, first, _ = await told("mattermost bot", NEWS)
    assert last(requests)["root_id"] == first.provider_id
    _, requests, first, _ = await told("telegram", NEWS)
    assert last(requests)["reply_parameters"] == {"message_id": int(first.provider_id or 0), "allow_sending_without_reply": True}
    _, requests, first, _ = await told("discord bot", NEWS)
    assert last(requests)["message_reference"] == {"message_id": first.provider_id, "fail_if_not_exists": False}
    _, requests, first, _ = await told("matrix", NEWS)
    assert last(requests)["m.relates_to"]["event_id"] == first.provider_id
    assert last(requests)["m.relates_to"]["rel_type"] == "m.thread"
    _, requests, first, later = await told("pagerduty", NEWS)
    assert last(requests)["dedup_key"] == first.provider_id == later.provider_id
    _, requests, first, _ = await told("webhook", NEWS)
    assert last(requests)["data"]["follows"] == first.provider_id


async def test_a_retracted_alert_is_edited_to_say_so_and_resolved_where_that_exists() -> None:
    provider, requests, _, _ = await told("pagerduty", message(kind="retracted", headline="RETRACTED: no such call"))
    assert requests[-1].data["event_action"] == "resolve"
    provider, _, _, _ = await told("telegram", message(kind="retracted", headline="RETRACTED: no such call", urgent=False))
    (shown,) = provider.shown.values()
    assert shown["text"].startswith("RETRACTED: no such call")
    assert "First word: " in shown["text"]


async def test_an_edit_that_was_made_already_is_not_told_as_a_failure() -> None:
    row = ROWS["telegram"]
    same = Reply(
        400, {"ok": False, "description": "Bad Request: message is not modified: specified new message content is the same"}
    )
    async with far_side(lambda r: row.accept(Provider(), r)) as far:
        channel = make("telegram", row.settings(far.base))
        payload = channel.render(message(urgent=False), Earlier("77", None, channel.render(message(), None)))
        far.faults.append(Fault("same", reply=same))
        receipt = await channel.send(delivery(payload))
        await channel.tools.http.aclose()
    assert receipt.provider_id == "77"


async def test_a_telegram_group_that_became_a_supergroup_is_followed_and_the_new_id_told() -> None:
    row, provider = ROWS["telegram"], Provider()
    moved = Reply(
        400, {"ok": False, "description": "Bad Request: group chat was upgraded", "parameters": {"migrate_to_chat_id": -100777}}
    )
    async with far_side(lambda r: row.accept(provider, r)) as far:
        channel = make("telegram", row.settings(far.base))
        far.faults.append(Fault("moved", reply=moved))
        receipt = await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
        assert [r.data["chat_id"] for r in far.requests] == [-100123, -100777]
    assert "chat = -100777" in receipt.detail


async def test_an_old_ntfy_server_is_noticed_and_its_guarantee_lowered() -> None:
    def old(r: Request) -> Reply:
        return Reply(200, {"id": "abc", "event": "message", "topic": r.data["topic"]})

    async with far_side(old) as far:
        channel = make("ntfy", ROWS["ntfy"].settings(far.base))
        assert channel.guarantee.unknown == "same_key"
        receipt = await channel.send(delivery(channel.render(message(), None)))
        assert channel.guarantee.unknown == "resend_marked"
        later = channel.render(NEWS, Earlier(receipt.provider_id or "", None, channel.render(message(), None)))
        assert [step["do"] for step in later["steps"]] == ["post"]
        await channel.tools.http.aclose()


async def test_a_slack_bot_finds_what_arrived_by_the_deliverys_key() -> None:
    row, provider = ROWS["slack bot"], Provider()
    async with far_side(lambda r: row.accept(provider, r)) as far:
        channel = make("slack", row.settings(far.base))
        sent = delivery(channel.render(message(), None))
        assert await channel.reconcile(sent) is None
        far.faults.append(Fault("cut", taken=True, breaks="reset_after"))
        with pytest.raises(DeliveryError, match="broke off"):
            await channel.send(sent)
        found = await channel.reconcile(sent)
        await channel.tools.http.aclose()
    assert found is not None
    assert found.provider_id in provider.shown


@pytest.mark.parametrize("name", ROWS)
async def test_probing_posts_nothing(name: str) -> None:
    row, provider = ROWS[name], Provider()

    def known(r: Request) -> Reply:
        assert r.method == "GET" or r.path.endswith(("/getChat", "/auth.test"))
        return Reply(
            200,
            {
                "ok": True,
                "healthy": True,
                "id": "1",
                "name": "desk",
                "user_id": "@a:b",
                "room_id": "!r:b",
                "result": {"title": "Desk"},
            },
        )

    async with far_side(known) as far:
        channel = make(row.kind, row.settings(far.base))
        assert await channel.probe()
        await channel.tools.http.aclose()
    assert not provider.shown
