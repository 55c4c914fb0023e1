"""The inbound source: a real server on loopback, the real poll stage and log, and senders that do it wrong."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account, Notice, Page
from monitor.sources.inbound import Inbound, InboundSettings
from monitor.sources.inbound_server import Refusal, read_posts
from monitor.stages.poll import Poll
from monitor.store import Store
from tests.store.faulty import Bomb, Crash

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PALACE, OFFICE = Account("inbound", "palace-website", country="TH"), Account("inbound", "office")
TOKEN = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DOCS = Path(__file__).parents[2] / "docs/inbound.md"


class Bed:
    """The poll stage with a log, and a sender."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        table = {"token": {"env": "HOTLINE_INBOUND_TOKEN"}, "listen": "127.0.0.1:0", **settings}
        self.source = Inbound(InboundSettings.model_validate(table))
        self.poll = Poll(store, {"inbound": self.source}, clock=lambda: NOW, rand=lambda: 0.5, tell=self.tell, stored=lambda: None)
        self.http = httpx.AsyncClient(trust_env=False, timeout=30)

    async def tell(self, notice: Notice) -> None:
        """Nobody listens."""

    async def start(self) -> Bed:
        await self.poll.start([PALACE, OFFICE])
        await self.poll.once()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.source.port}"

    async def send(self, body: Any, headers: dict[str, str] | None = None, path: str = "/posts") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer: httpx.Response = await self.while_polling(self.http.post(self.url + path, content=content, headers=BEARER if headers is None else headers))
        return answer

    async def while_polling(self, work: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.poll.once()
            await asyncio.sleep(0)
        return task.result()

    async def stored(self) -> list[tuple[str, str]]:
        return [(work.post.key, work.post.parts.get("text", "")) for work in await self.store.pending(5000)]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_INBOUND_TOKEN", TOKEN)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "log.db", run="test", clock=lambda: NOW)
    yield store
    await store.close()


@pytest.fixture
async def bed(store: Store) -> AsyncIterator[Bed]:
    bed = await Bed(store).start()
    yield bed
    await bed.http.aclose()
    await bed.source.close()


async def test_a_post_is_in_the_log_when_it_is_acknowledged_and_is_no_baseline(bed: Bed) -> None:
    answer = await bed.send({"account": "palace-website", "id": 114, "text": "We spoke."})
    assert (answer.status_code, answer.json()) == (202, {"stored": 1, "posts": ["inbound:palace-website/114"]})
    (work,) = await bed.store.pending(10)
    assert (work.post.key, work.origin, work.post.seen_at) == ("inbound:palace-website/114", "live", NOW)


async def test_nothing_is_acknowledged_before_it_is_stored(bed: Bed) -> None:
    task = asyncio.ensure_future(bed.http.post(f"{bed.url}/posts", json={"account": "office", "text": "We spoke."}, headers=BEARER))
    server = await bed.source._listening()
    while not server.waiting():  # noqa: ASYNC110 - only to let the request come in
        await asyncio.sleep(0)
    generator = bed.source.fetch([PALACE, OFFICE], {}, NOW)
    page: Page = await anext(generator)
    assert len(page.posts) == 1
    await generator.aclose()  # type: ignore[attr-defined]  # as the poll stage does when the log fails
    for _ in range(50):
        await asyncio.sleep(0)
    assert not task.done()
    assert len(server.waiting()) == 1
    await bed.while_polling(asyncio.wait_for(task, 30))
    assert task.result().status_code == 202
    assert len(await bed.stored()) == 1


async def test_what_was_not_stored_in_time_is_refused_and_may_come_again(store: Store) -> None:
    bed = await Bed(store, patience=0.01).start()
    post = {"account": "office", "id": "1", "text": "We spoke."}
    answer = await bed.http.post(f"{bed.url}/posts", json=post, headers=BEARER)  # nobody polls meanwhile
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    await bed.poll.once()
    assert await bed.stored() == []
    await bed.http.aclose()
    await bed.source.close()


@pytest.mark.parametrize("fuse", range(1, 40, 3))
async def test_killed_while_storing_an_acknowledged_post_is_there_and_a_repeated_one_not_doubled(tmp_path: Path, fuse: int) -> None:
    bomb = Bomb()
    path = tmp_path / "log.db"
    store = await Store.open(path, run="first", clock=lambda: NOW, connect=bomb.connect)
    bed = await Bed(store).start()
    posts = [{"account": "office", "id": str(n), "text": f"n{n}"} for n in range(5)]
    bomb.arm(fuse)
    task = asyncio.ensure_future(bed.http.post(f"{bed.url}/posts", json=posts, headers=BEARER))
    acknowledged = False
    try:
        while not task.done():
            await bed.poll.once()
            await asyncio.sleep(0)
        acknowledged = task.result().status_code == 202
    except Crash:
        task.cancel()
    bomb.arm(None)
    await bed.source.close()
    await bed.http.aclose()
    await store.close()
    again = await Store.open(path, run="second", clock=lambda: NOW)
    bed = await Bed(again).start()
    there = len(await bed.stored())
    assert there == (5 if acknowledged else 0)
    assert (await bed.send(posts)).status_code == 202
    assert len(await bed.stored()) == 5
    await bed.http.aclose()
    await bed.source.close()
    await again.close()


async def test_the_same_id_with_other_words_is_an_edit_and_deleted_a_tombstone(bed: Bed) -> None:
    for more in ({"text": "We spok."}, {"text": "We spoke."}, {"text": "We spoke."}, {"deleted": True}):
        assert (await bed.send({"account": "office", "id": "1", **more})).status_code == 202
    works = await bed.store.pending(10)
    assert [(work.post.parts.get("text"), work.post.deleted) for work in works] == [("We spok.", False), ("We spoke.", False), (None, True)]


async def test_one_bad_post_refuses_the_request_and_names_each_fault(bed: Bed) -> None:
    body = [{"account": "office", "text": "good"}, {"account": "nobody", "text": "x"}, 5, {"account": "office"}, {"account": "office", "text": "x", "created_at": "soon"}]
    answer = await bed.send(body)
    assert answer.status_code == 400
    told = answer.json()["problems"]
    assert [problem.partition(":")[0] for problem in told] == ["post 2", "post 3", "post 4", "post 5"]
    assert "'nobody' is not in config.toml" in told[0]
    assert "created_at" in told[3]
    assert await bed.stored() == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}])
async def test_without_the_token_nothing_is_taken_or_read(bed: Bed, headers: dict[str, str]) -> None:
    answer = await bed.send(b'{"account": "office", "text": "We spoke."}', headers)
    assert answer.status_code == 401
    assert await bed.stored() == []
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.text


async def test_without_a_token_configured_it_does_not_listen(store: Store) -> None:
    source = Inbound(InboundSettings())
    (page,) = [page async for page in source.fetch([PALACE], {}, NOW)]
    assert page.outcomes[PALACE.key].kind == "auth"
    assert source.port is None


async def test_a_port_that_is_taken_is_told(bed: Bed) -> None:
    settings = {"token": {"env": "HOTLINE_INBOUND_TOKEN"}, "listen": f"127.0.0.1:{bed.source.port}"}
    second = Inbound(InboundSettings.model_validate(settings))
    (page,) = [page async for page in second.fetch([PALACE], {}, NOW)]
    assert page.outcomes[PALACE.key].kind == "unreachable"
    assert "choose another port" in page.outcomes[PALACE.key].detail


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"no json", 400), (b"[]", 400), (b"[" * 100_000, 400), (b"5", 400), (b'{"text": "' + b"x" * (1 << 20) + b'"}', 413), (b"\xff\xfe", 400)],
)
async def test_odd_bodies_are_refused(bed: Bed, body: bytes, status: int) -> None:
    assert (await bed.send(body)).status_code == status


async def test_other_paths_and_methods_are_not_there(bed: Bed) -> None:
    assert (await bed.send({}, path="/")).status_code == 404
    assert (await bed.while_polling(bed.http.get(f"{bed.url}/posts", headers=BEARER))).status_code == 405


async def test_too_many_posts_a_minute_are_told_when_to_come_again(store: Store) -> None:
    bed = await Bed(store, per_minute=60).start()
    posts = [{"account": "office", "id": n, "text": "x"} for n in range(50)]
    assert (await bed.send(posts)).status_code == 202
    answer = await bed.send(posts)
    assert answer.status_code == 429
    assert 35 <= int(answer.headers["retry-after"]) <= 41
    await bed.http.aclose()
    await bed.source.close()


async def test_the_example_with_curl_works_as_documented(bed: Bed) -> None:
    block = re.search(r"```sh\n(curl .*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert block
    words = shlex.split(block[1].replace("\\\n", " ").replace("$HOTLINE_INBOUND_TOKEN", TOKEN))
    headers = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")
    url = next(word for word in words if word.startswith("http")).replace("http://127.0.0.1:8087", bed.url)
    answer = await bed.while_polling(bed.http.post(url, content=words[words.index("-d") + 1], headers=headers))
    assert answer.json() == {"stored": 1, "posts": ["inbound:palace-website/2026-114"]}


async def test_the_example_node_for_n8n_sends_what_is_taken(bed: Bed) -> None:
    block = re.search(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert block
    node = json.loads(block[1])["nodes"][0]["parameters"]
    item = {"guid": "g1", "title": "Call", "contentSnippet": "We spoke.", "link": "https://palace.example/1", "isoDate": "2026-11-22T08:00:00.000Z"}
    account = re.search(r"account: '([^']+)'", node["jsonBody"])
    assert account
    sent = {key: item[name] for key, name in re.findall(r"(\w+): \$json\.(\w+)", node["jsonBody"])} | {"account": account[1]}
    (header,) = node["headerParameters"]["parameters"]
    headers = {header["name"]: header["value"].removeprefix("=").replace("{{ $env.HOTLINE_INBOUND_TOKEN }}", TOKEN)}
    url = node["url"].replace("http://127.0.0.1:8087", bed.url)
    answer = await bed.while_polling(bed.http.request(node["method"], url, json=sent, headers=headers))
    assert answer.status_code == 202
    assert await bed.stored() == [("inbound:palace-website/g1", "We spoke.")]


async def test_the_example_script_runs_as_it_stands(bed: Bed) -> None:
    block = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert block
    env = {**os.environ, "HOTLINE_INBOUND": bed.url}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", block[1], stdout=asyncio.subprocess.PIPE, env=env)
    said, _ = await bed.while_polling(process.communicate())
    assert (process.returncode, said.decode().strip()) == (0, "['inbound:palace-website/2026-115']")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["office", "palace-website", "2026-11-22"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["account", "text", "id", "alt", "created_at", "deleted", "author"]), inner),
    max_leaves=10,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_posts_or_a_refusal(body: bytes) -> None:
    try:
        posts = read_posts(body, {account.handle: account for account in (PALACE, OFFICE)}, 3)
    except Refusal as refusal:
        assert refusal.status == 400
        assert refusal.body["error"]
    else:
        assert 1 <= len(posts) <= 3
