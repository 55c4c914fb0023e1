"""What stands in front of the desk: names, origins, tokens, sizes, headers; who is let in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.review.app import open_desk
from monitor.review.desk import Desk
from monitor.review.guard import HEADERS, MAX_BODY, host_of
from monitor.review.login import LASTS, TRIES, Session
from tests.review.bed import NOW
from tests.review.conftest import Client, OpenDesk, acts, send

FLAG = "jsonl:envoy/1"


async def test_every_answer_has_safe_headers(client: Client) -> None:
    for address in ("/", "/log", "/nowhere", "/-/desk/desk.css", "/pulse.json", "/contacts.csv"):
        answer = await client.get(address)
        for name, value in HEADERS:
            assert answer.headers[name.decode()] == value.decode(), (address, name)
    assert "no-store" in (await client.get("/")).headers["cache-control"]
    assert "access-control-allow-origin" not in (await client.get("/log.json")).headers


async def test_a_page_asks_nothing_of_other_hosts(client: Client) -> None:
    for address in ("/", "/judge", "/plots", "/log"):
        shown = (await client.get(address)).text
        assert 'src="http' not in shown
        assert 'stylesheet" href="http' not in shown
    for name in ("desk.css", "desk.js", "judge.js", "plots.js", "theme.js", "data.css"):
        text = (await client.get(f"/-/desk/{name}")).text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), name


async def test_a_rebound_name_is_not_answered(log: Path, open_client: OpenDesk) -> None:
    for host, status in (("http://evil.example", 421), ("http://desk.example:8642", 200), ("http://[::1]:1", 200), ("http://localhost.evil.example", 421)):
        client = await open_client(log, host=host, hosts=["desk.example"])
        assert (await client.get("/")).status_code == status, host
    assert host_of("a.example:x") == "a.example"
    assert host_of("[::1]:80") == "::1"


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://localhost:9999"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_a_form_of_another_site_writes_nothing(headers: dict[str, str], client: Client, log: Path) -> None:
    shown = await client.get("/judge")
    token = shown.text.partition('name="csrftoken" value="')[2].partition('"')[0]
    fields = {"csrftoken": token, "post": FLAG, "answer": "yes"}
    assert (await client.post("/label", data=fields, headers=headers)).status_code == 403
    assert acts(log) == []
    assert (await client.post("/label", data=fields, headers={"origin": "http://localhost"})).status_code == 303


async def test_a_form_without_the_token_writes_nothing(client: Client, log: Path, open_client: OpenDesk) -> None:
    fields = {"post": FLAG, "answer": "yes"}
    assert (await client.post("/label", data=fields)).status_code == 403, "no cookie"
    await client.get("/judge")
    assert (await client.post("/label", data=fields)).status_code == 403, "no token"
    assert (await client.post("/label", data={**fields, "csrftoken": "made-up"})).status_code == 403
    assert (await client.post("/label", data=fields, headers={"authorization": "Bearer x"})).status_code == 403
    fresh = await open_client(log)
    assert (await fresh.post("/label", data=fields, headers={"authorization": "Bearer x"})).status_code == 403
    assert acts(log) == []


async def test_only_get_and_small_posts_are_taken(client: Client, log: Path) -> None:
    await client.get("/judge")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await client.request(method, "/label")).status_code == 405
    assert (await client.post("/label", content=b"x" * (MAX_BODY + 1))).status_code == 413

    async def endless() -> Any:
        for _ in range(40):
            yield b"a=" + b"x" * 10_000 + b"&"

    assert (await client.post("/label", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"})).status_code in (400, 403)
    assert acts(log) == []


async def test_nothing_but_http_is_answered(log: Path) -> None:
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    app = await open_desk(Desk(log, lambda: NOW))
    await app({"type": "websocket", "path": "/", "headers": [(b"host", b"localhost")]}, receive, send)
    assert told == [{"type": "websocket.close", "code": 1008}]


async def test_without_a_password_nobody_logs_in(client: Client) -> None:
    assert (await client.get("/login")).status_code == 303
    assert (await client.get("/")).status_code == 200


async def test_with_a_password_nothing_is_shown_before_it(log: Path, open_client: OpenDesk) -> None:
    client = await open_client(log, session=Session("sesame"))
    for address in ("/", "/contacts", "/log", "/log/posts", "/post?key=x", "/-/versions", "/nowhere"):
        answer = await client.get(address)
        assert answer.status_code == 303, address
        assert answer.headers["location"].startswith("/login?back=%2F"), address
    for address in ("/contacts.json", "/log.json", "/labels.jsonl", "/contacts.atom", "/contacts.csv"):
        assert (await client.get(address)).status_code == 401, address
    assert (await client.get("/-/desk/desk.css")).status_code == 200
    assert (await client.get("/-/desk/../log")).status_code in (303, 404)
    assert (await send(client, "/label", "/login", post=FLAG, answer="yes")).status_code == 401


async def test_logging_in_names_the_person_who_judges(log: Path, open_client: OpenDesk) -> None:
    client = await open_client(log, session=Session("sesame"))
    assert (await send(client, "/login", "/login", who="Ann", password="wrong")).status_code == 403
    assert (await send(client, "/login", "/login", who="", password="sesame")).status_code == 403
    entered = await send(client, "/login", "/login?back=/judge", who="Ann <b>", password="sesame", back="/judge")
    assert entered.headers["location"] == "/judge"
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert (await client.get("/judge")).status_code == 200
    await send(client, "/label", "/judge", post=FLAG, answer="yes")
    assert acts(log)[0][3] == "Ann <b>"
    await send(client, "/logout", "/judge")
    assert (await client.get("/judge")).status_code == 303


def test_a_ticket_is_signed_ages_and_dies_with_its_password() -> None:
    session = Session("sesame")
    ticket = session.ticket("Zoë", NOW)
    assert session.who(ticket, NOW + timedelta(days=1)) == "Zoë"
    assert Session("sesame").who(ticket, NOW) == "Zoë", "a restart ends no session"
    assert session.who(ticket, NOW + LASTS) is None
    assert Session("other").who(ticket, NOW) is None
    for forged in ("", ".", "x.y", ticket[:-1], ticket + "0", "A" + ticket[1:], "é.é"):
        assert session.who(forged, NOW) is None, forged
    assert "sesame" not in repr(session)


def test_guessing_is_slowed_down() -> None:
    session = Session("sesame")
    assert [session.right("guess", NOW) for _ in range(TRIES)] == [False] * TRIES
    assert session.right("sesame", NOW) is None
    assert session.right("sesame", NOW + timedelta(minutes=2)) is True


async def test_feeds_open_with_their_key_and_it_opens_nothing_else(log: Path, open_client: OpenDesk) -> None:
    session = Session("sesame")
    client = await open_client(log, session=session)
    key = session.feed_key()
    for address in ("/contacts.atom", "/contacts.ics"):
        assert (await client.get(address, params={"key": key})).status_code == 200
        assert (await client.get(address, params={"key": key[:-1]})).status_code == 401
    assert (await client.get("/contacts.csv", params={"key": key})).status_code == 401
    assert (await client.get("/", params={"key": key})).status_code == 303


async def test_a_proxy_names_the_person_and_nobody_else_can(log: Path, open_client: OpenDesk) -> None:
    behind = {"header": "X-Forwarded-User", "proxies": ["10.0.0.7"]}
    proxy = await open_client(log, peer="10.0.0.7", **behind)
    proxy.headers["x-forwarded-user"] = "ann@desk.example"
    assert (await proxy.get("/")).status_code == 200
    await send(proxy, "/label", "/judge", post=FLAG, answer="yes")
    assert acts(log)[0][3] == "ann@desk.example"
    stranger = await open_client(log, peer="10.0.0.8", **behind)
    assert (await stranger.get("/", headers={"x-forwarded-user": "ann"})).status_code == 401
    nameless = await open_client(log, peer="10.0.0.7", **behind)
    assert (await nameless.get("/")).status_code == 401


async def test_below_a_path_every_link_keeps_it(log: Path, open_client: OpenDesk) -> None:
    client = await open_client(log, base="/hotline", host="http://desk.example", hosts=["desk.example"])
    for address in ("/hotline/", "/"):
        shown = (await client.get(address)).text
        assert 'href="/hotline/judge"' in shown
        assert 'href="/judge"' not in shown
    assert (await client.get("/hotline/-/desk/desk.css")).status_code == 200
    assert "/hotline/contact/" in (await client.get("/hotline/contacts.atom")).text
    assert (await send(client, "/hotline/label", "/hotline/judge", post=FLAG, answer="yes")).headers["location"].startswith("/hotline/")
