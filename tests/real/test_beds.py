"""Proves that the test beds are what they claim to be, so that a test that uses one tests Hotline."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import httpx
import pytest

from tests.real import irc, proxy
from tests.real.alertmanager import Alertmanager
from tests.real.at_network import Writer, stamp
from tests.real.beds import listeners, wait_until
from tests.real.conftest import Room
from tests.real.mail import Mailbox
from tests.real.proxy import Moment
from tests.real.receiver import Answer, Receiver

MakeAccount = Callable[[str], Awaitable[Writer]]


async def test_a_post_its_edit_and_its_deletion_reach_the_author_feed(make_account: MakeAccount) -> None:
    writer = await make_account("modi")
    post = await writer.post("Spoke with President Macron.")
    item = await writer.seen(post)
    assert item["post"]["author"]["did"] == writer.did
    edited = await writer.edit(post, "Spoke with President Macron today.")
    assert edited.uri == post.uri
    assert edited.cid != post.cid
    assert (await writer.seen(edited))["post"]["record"]["text"] == "Spoke with President Macron today."
    await writer.delete(post)
    await writer.gone(post)


async def test_reposts_replies_and_quotes_reach_the_author_feed(make_account: MakeAccount) -> None:
    one, other = await make_account("elysee"), await make_account("modi")
    first = await one.post("Call with PM Modi.")
    await one.seen(first)
    await other.repost(first)
    reply = await other.post("Good talk.", reply=(first, first))
    quote = await other.post("As said.", quote=first)
    await other.seen(reply)
    embedded = (await other.seen(quote))["post"]["embed"]["record"]
    assert embedded["uri"] == first.uri
    reasons = [item["reason"]["$type"] for item in await other.feed() if item["post"]["uri"] == first.uri]
    assert reasons == ["app.bsky.feed.defs#reasonRepost"]


async def test_a_post_can_be_backdated_and_an_account_renamed(make_account: MakeAccount) -> None:
    writer = await make_account("kanzler")
    long_ago = datetime.now(UTC) - timedelta(days=400)
    post = await writer.post("Gespräch mit Präsident Macron.", at=long_ago, langs=["de"])
    assert (await writer.seen(post))["post"]["record"]["createdAt"] == stamp(long_ago)
    before, after = writer.handle, await writer.rename("merz")
    assert before != after
    assert (await writer.seen(post))["post"]["author"]["handle"] == after


async def test_a_matrix_message_sent_twice_under_one_transaction_id_appears_once(room: Room) -> None:
    path = f"/_matrix/client/v3/rooms/{room.id}/send/m.room.message/txn-1"
    first = room.server.call("PUT", path, room.alerts, json={"msgtype": "m.text", "body": "hello"})
    again = room.server.call("PUT", path, room.alerts, json={"msgtype": "m.text", "body": "hello"})
    assert first == again
    assert room.bodies() == ["hello"]


def test_the_homeserver_limits_a_user_whose_limit_was_not_lifted(room: Room) -> None:
    url = f"{room.server.url}/_matrix/client/v3/rooms/{room.id}/send/m.room.message"
    with httpx.Client(headers={"authorization": f"Bearer {room.desk.token}"}, trust_env=False) as client:
        statuses = [client.put(f"{url}/t{n}", json={"msgtype": "m.text", "body": str(n)}).status_code for n in range(20)]
    assert statuses[0] == 200
    assert 429 in statuses


def test_the_receiver_records_requests_and_answers_as_told(receiver: Receiver) -> None:
    receiver.then(Answer(429, b'{"retry_after": 0.5}', {"retry-after": "1"}), Answer(500))
    with httpx.Client(base_url=receiver.url, trust_env=False) as client:
        answers = [client.post("/hook", json={"n": n}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [429, 500, 200]
    assert answers[0].headers["retry-after"] == "1"
    assert [request.json()["n"] for request in receiver.wait(3)] == [0, 1, 2]


@pytest.mark.parametrize(("moment", "arrived"), [("before", 0), ("after", 1), ("half", 1)])
def test_the_receiver_hangs_up_when_told(receiver: Receiver, moment: str, arrived: int) -> None:
    receiver.then(Answer(body=b"x" * 1000, hang_up=moment))
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.post(receiver.url, content=b"y" * 1000)
    assert len(receiver.requests) == arrived


def test_the_receiver_holds_a_request_for_as_long_as_it_is_told(receiver: Receiver) -> None:
    receiver.then(Answer(delay=float("inf")))
    with httpx.Client(trust_env=False, timeout=0.3) as client, pytest.raises(httpx.ReadTimeout):
        client.post(receiver.url, content=b"y")
    assert len(receiver.requests) == 1


def test_a_mail_arrives_unless_it_is_refused(smtp: Mailbox) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Précis", "hotline@example.org", "desk@example.org"
    message.set_content("a call")
    smtp.then("451 try later")
    with smtplib.SMTP(smtp.host, smtp.port) as client:
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(message)
        client.send_message(message)
    [mail] = smtp.wait(1)
    assert (mail.message["Subject"], mail.recipients) == ("Précis", ("desk@example.org",))


def test_what_is_said_on_irc_is_heard_in_the_channel(irc_port: int) -> None:
    reader = irc.Reader(irc_port, "#desk")
    speaker = irc.Reader(irc_port, "#desk", nick="hotline")
    speaker._say("PRIVMSG #desk :a call: ☎")
    assert [(line.nick, line.text) for line in reader.wait(1)] == [("hotline", "a call: ☎")]
    for client in (reader, speaker):
        client.close()


def test_alertmanager_holds_an_alert_and_sends_it_on(alertmanager: Alertmanager, receiver: Receiver) -> None:
    alert = {"labels": {"alertname": "call", "contact": "abc"}, "annotations": {"summary": "a call"}}
    answer = httpx.post(f"{alertmanager.url}/api/v2/alerts", json=[alert], trust_env=False)
    assert answer.status_code == 200
    [held] = wait_until(alertmanager.alerts, "the alert is held")
    assert held["labels"] == alert["labels"]
    [sent] = receiver.wait(1, within=20)
    assert sent.json()["alerts"][0]["labels"] == alert["labels"]


def test_nothing_of_the_beds_listens_beyond_loopback(atnet: object, matrix: object, irc_port: int) -> None:
    listening = listeners(os.getpid())
    assert irc_port in {port for _, port in listening}
    assert {address for address, _ in listening} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize(("moment", "arrived"), [("request", 0), ("answer", 1)])
def test_the_proxy_holds_an_exchange_before_or_after_the_server(receiver: Receiver, moment: Moment, arrived: int) -> None:
    with proxy.in_front_of(receiver.url) as front, ThreadPoolExecutor(1) as pool:
        gate = front.hold(moment, "POST", "/hook")
        with httpx.Client(trust_env=False) as client:
            sent = pool.submit(client.post, f"{front.url}/hook", content=b"x")
            gate.reached()
            assert len(receiver.requests) == arrived
            gate.open()
            assert sent.result(10).status_code == 200
    assert len(receiver.requests) == 1


def test_the_proxy_cuts_an_exchange_off(receiver: Receiver) -> None:
    with proxy.in_front_of(receiver.url) as front, httpx.Client(trust_env=False) as client, ThreadPoolExecutor(1) as pool:
        gate = front.hold("request", "POST")
        sent = pool.submit(client.post, front.url, content=b"x")
        gate.reached()
        gate.cut()
        with pytest.raises(httpx.TransportError):
            sent.result(10)
    assert receiver.requests == []
