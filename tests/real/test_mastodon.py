"""The Mastodon source against a server of the same API, with its pages, edits, deletions, boosts and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from monitor.http import Fetcher, source_client
from monitor.model import Account, Page
from monitor.sources.mastodon import Mastodon, MastodonSettings
from tests.real.beds import HOST, INSTALLED, Server, answers, missing, unused_port, wait_until

TOKEN = {"Authorization": "Bearer ada_token"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = INSTALLED / "mastodon/bin/mastodon_mock"
    if not program.exists():
        missing("the Mastodon API server (mastodon-mock)")
    port = unused_port()
    command = [str(program), "serve", "--in-memory", "--demo", "--host", HOST, "--port", str(port), "--domain", "social.example"]
    server = Server(command, tmp_path_factory.mktemp("mastodon") / "server.log")
    try:
        wait_until(lambda: answers(f"http://{HOST}:{port}/api/v1/instance"), "the Mastodon API server is up")
        yield f"http://{HOST}:{port}"
    finally:
        server.stop()


class Bed:
    def __init__(self, base: str, http: httpx.AsyncClient, fetcher: Fetcher) -> None:
        self.base, self._http = base, http
        self.cursors: dict[str, str] = {}
        settings = MastodonSettings(page=5, servers={"social.example": {"url": base}})
        self.source = Mastodon(settings, fetcher)
        self.account = Account("mastodon", "ada@social.example")

    async def call(self, method: str, path: str, **body: Any) -> Any:
        answer = await self._http.request(method, self.base + path, json=body or None, headers=TOKEN)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, text: str, **more: Any) -> str:
        return str((await self.call("POST", "/api/v1/statuses", status=text, **more))["id"])

    async def fault(self, path: str, **effect: Any) -> None:
        await self.call("POST", "/api/v1/_mock/faults", match={"path": path}, effect=effect, count=1)

    async def pages(self) -> list[Page]:
        found = []
        async for page in self.source.fetch([self.account], dict(self.cursors), datetime.now(UTC)):
            self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}
            found.append(page)
        return found

    async def texts(self) -> list[str]:
        return [post.parts["text"] for page in await self.pages() if not page.backfill for post in page.posts]


@pytest.fixture
async def bed(base: str, http: httpx.AsyncClient) -> AsyncIterator[Bed]:
    fetcher = source_client(lambda: datetime.now(UTC), timeout=1.0)
    made = Bed(base, http, fetcher)
    first = await made.pages()
    assert first[-1].outcomes[made.account.key].fine, first
    yield made
    await fetcher.close()


async def test_new_posts_come_once(bed: Bed) -> None:
    await bed.post("Just spoke with Prime Minister Modi.")
    assert await bed.texts() == ["Just spoke with Prime Minister Modi."]
    assert await bed.texts() == []


async def test_a_burst_of_posts_comes_whole(bed: Bed) -> None:
    for number in range(60):
        await bed.post(f"burst {number}")
    assert set(await bed.texts()) == {f"burst {number}" for number in range(60)}


async def test_an_edit_is_a_revision_and_a_deletion_a_tombstone(bed: Bed) -> None:
    edited, gone = await bed.post("We spoke."), await bed.post("We met.")
    before = {post.key.rpartition("/")[2]: post for page in await bed.pages() for post in page.posts}
    await bed.call("PUT", f"/api/v1/statuses/{edited}", status="We did not speak.")
    await bed.call("DELETE", f"/api/v1/statuses/{gone}")
    again = await bed.source.reread([post.key for post in before.values()], bed.account, datetime.now(UTC))
    after = {post.key.rpartition("/")[2]: post for post in again}
    assert after[edited].parts == {"text": "We did not speak."}
    assert after[edited].version != before[edited].version
    assert after[gone].deleted
    assert await bed.texts() == ["We did not speak."]


async def test_boosts_are_dropped_and_replies_to_oneself_carry_their_parent(bed: Bed) -> None:
    grace = await bed.call("GET", "/api/v1/accounts/lookup?acct=grace")
    foreign = (await bed.call("GET", f"/api/v1/accounts/{grace['id']}/statuses"))[0]["id"]
    first = await bed.post("Call with President Xi. 1/2")
    await bed.post("He agreed. 2/2", in_reply_to_id=first)
    await bed.call("POST", f"/api/v1/statuses/{foreign}/reblog")
    posts = [post for page in await bed.pages() for post in page.posts]
    assert [dict(post.parts) for post in posts] == [
        {"text": "Call with President Xi. 1/2"},
        {"text": "He agreed. 2/2", "parent": "Call with President Xi. 1/2"},
    ]


@pytest.mark.parametrize(
    ("effect", "kind"),
    [({"type": "ratelimit"}, "rate_limited"), ({"type": "status", "status": 503}, "unreachable"), ({"type": "status", "status": 401}, "auth"),
     ({"type": "malformed"}, "bad_content"), ({"type": "latency", "delay_ms": 1500}, "unreachable")],
)  # fmt: skip
async def test_every_fault_is_an_outcome_and_loses_nothing(effect: dict[str, Any], kind: str, bed: Bed) -> None:
    await bed.post(f"during {effect}")
    await bed.fault("/api/v1/accounts/*/statuses", **effect)
    pages = await bed.pages()
    assert pages[-1].outcomes[bed.account.key].kind == kind
    bed.source = Mastodon(MastodonSettings(page=5, servers={"social.example": {"url": bed.base}}), bed.source._http)
    assert await bed.texts() == [f"during {effect}"]


async def test_backfill_reaches_the_oldest_post(bed: Bed) -> None:
    since = datetime.now(UTC) - timedelta(days=4000)
    keys = [post.key async for page in bed.source.backfill(bed.account, since, {}, datetime.now(UTC)) for post in page.posts]
    shown = await bed.call("GET", "/api/v1/accounts/lookup?acct=ada")
    assert len(keys) == len(set(keys))
    assert len(keys) >= shown["statuses_count"] * 0.5
