"""The Mastodon source: captures, any damage to them, and a server that answers as told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http import Fetcher
from monitor.model import Account, Page
from monitor.sources.mastodon import Mastodon, MastodonSettings
from monitor.sources.mastodon_posts import read_account, read_rss, read_statuses
from monitor.sources.shaping import OddError, time_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent / "captures/mastodon"
CAPTURE = json.loads((FOLDER / "statuses.json").read_text())
SERVER, ID = CAPTURE["server"], CAPTURE["id"]
ACCOUNT = Account("mastodon", f"EU_Commission@{SERVER}", id=ID)
KEY = ACCOUNT.key


def test_every_status_of_the_capture_is_read_as_expected() -> None:
    statuses, odd = read_statuses(CAPTURE["body"], ACCOUNT, SERVER, ID, NOW)
    posts = [status.post for status in statuses if status.post]
    assert [
        {"key": post.key, "parts": dict(post.parts), "url": post.url, "lang": post.lang, "created_at": post.created_at}
        for post in posts
    ] == [{**expected, "created_at": time_of(expected["created_at"])} for expected in CAPTURE["expected"]]
    assert len(odd) == CAPTURE["odd"]
    assert sum(status.post is None for status in statuses) == CAPTURE["dropped"]
    assert {post.author and post.author.handle for post in posts} == {f"EU_Commission@{SERVER}"}


def test_an_edit_is_another_version_and_a_parent_that_moved_away_is_not() -> None:
    body = json.loads(json.dumps(CAPTURE["body"]))
    before = {s.post.key: s.post.version for s in read_statuses(body, ACCOUNT, SERVER, ID, NOW)[0] if s.post}
    del body[3]
    body[0] |= {"content": "<p>We did not speak.</p>", "edited_at": "2026-11-22T09:00:00Z"}
    after = {s.post.key: s.post.version for s in read_statuses(body, ACCOUNT, SERVER, ID, NOW)[0] if s.post}
    assert [key.rpartition("/")[2] for key in after if after[key] != before[key]] == ["59"]


def test_the_public_feed_gives_the_same_keys() -> None:
    first, second = read_rss((FOLDER / "profile.rss").read_bytes(), ACCOUNT, SERVER, NOW)
    assert first.post is not None
    assert first.post.key == f"mastodon:{SERVER}/59"
    assert first.post.parts == {"text": "President von der Leyen spoke with President Zelenskyy & others."}
    assert first.post.created_at == datetime(2026, 11, 22, 8, 59, tzinfo=UTC)
    assert second.post is not None
    assert second.post.created_at is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    def damage(value: Any) -> Any:
        if draw(st.integers(0, 25)) == 0:
            return draw(JSON)
        if isinstance(value, dict):
            return {key: damage(inner) for key, inner in value.items()}
        return [damage(inner) for inner in value] if isinstance(value, list) else value

    return [damage(draw(st.sampled_from(CAPTURE["body"])))]


@given(damaged() | JSON)
def test_any_json_is_statuses_or_named(body: Any) -> None:
    read_account(body, SERVER)
    try:
        statuses, odd = read_statuses(body, ACCOUNT, SERVER, ID, NOW)
    except OddError as reason:
        assert str(reason)
        return
    assert len(statuses) + len(odd) == len(body)
    for status in statuses:
        assert " " not in status.mark or status.id.count(" ")
        if status.post:
            "".join(status.post.parts.values()).encode()


@given(st.binary(max_size=300) | st.sampled_from([(FOLDER / "profile.rss").read_bytes()[:cut] for cut in range(0, 1100, 7)]))
def test_any_bytes_are_a_public_feed_or_named(body: bytes) -> None:
    try:
        read_rss(body, ACCOUNT, SERVER, NOW)
    except OddError as reason:
        assert str(reason)


class Bed:
    """A server with one account, newest status first."""

    def __init__(self, **settings: Any) -> None:
        self.requests: list[httpx.Request] = []
        self.statuses: list[dict[str, Any]] = []
        self.answers: list[httpx.Response] = []
        self.closed = False
        self.cursors: dict[str, str] = {}
        self.settings = settings
        self.source = Mastodon(MastodonSettings(page=5, **settings), Fetcher(httpx.MockTransport(self.answer), lambda: NOW))  # fmt: skip

    def post(self, text: str, **more: Any) -> str:
        key = str(1000 + len(self.statuses))
        account = {"id": ID, "acct": "EU_Commission"}
        self.statuses.insert(0, {"id": key, "content": f"<p>{text}</p>", "account": account, "created_at": (NOW - timedelta(minutes=2000 - int(key))).isoformat(), "visibility": "public", **more})  # fmt: skip
        return key

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        path = request.url.path
        if path.endswith(".rss"):
            return httpx.Response(200, content=(FOLDER / "profile.rss").read_bytes())
        if self.closed and "Authorization" not in request.headers:
            return httpx.Response(401, json={"error": "This API requires an authenticated user"})
        if path.endswith("/lookup"):
            return httpx.Response(200, json={"id": ID, "acct": request.url.params["acct"]})
        if path.startswith("/api/v1/statuses/"):
            found = next((status for status in self.statuses if path.endswith("/" + status["id"])), None)
            return httpx.Response(200, json=found) if found else httpx.Response(404, json={"error": "Record not found"})
        if path.endswith("/statuses"):
            params = request.url.params
            older = [status for status in self.statuses if "max_id" not in params or int(status["id"]) < int(params["max_id"])]
            return httpx.Response(200, json=older[: int(params["limit"])])
        return httpx.Response(200, json={"id": ID, "acct": "EU_Commission"})

    async def pages(self, account: Account = ACCOUNT) -> list[Page]:
        return [page async for page in self.read(account)]

    async def read(self, account: Account) -> AsyncIterator[Page]:
        async for page in self.source.fetch([account], dict(self.cursors), NOW):
            yield page
            self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}

    async def texts(self) -> list[str]:
        return [post.parts["text"] for page in await self.pages() for post in page.posts]


@pytest.fixture
def bed() -> Bed:
    return Bed()


async def test_posts_come_once_and_the_first_page_is_the_baseline(bed: Bed) -> None:
    bed.post("old")
    (first,) = await bed.pages()
    assert first.baseline == {KEY}
    bed.post("new")
    (second,) = await bed.pages()
    assert [post.parts["text"] for post in second.posts] == ["new"]
    assert not second.baseline
    assert (await bed.pages())[0].cursors == {}
    assert not any({"min_id", "max_id", "since_id"} & set(request.url.params) for request in bed.requests)


async def test_a_burst_is_walked_back_without_a_gap(bed: Bed) -> None:
    bed.post("old")
    await bed.pages()
    for number in range(130):
        bed.post(f"new {number}")
    assert set(await bed.texts()) == {f"new {number}" for number in range(130)}
    assert await bed.texts() == []


async def test_a_crash_in_the_middle_of_a_walk_walks_again(bed: Bed) -> None:
    bed.post("old")
    await bed.pages()
    for number in range(30):
        bed.post(f"new {number}")
    async for page in bed.source.fetch([ACCOUNT], dict(bed.cursors), NOW):
        assert page.cursors == {}
        break
    assert len(await bed.texts()) == 30


async def test_a_post_that_continues_an_older_one_is_given_its_words(bed: Bed) -> None:
    parent = bed.post("Call with President Xi (1/2)")
    for number in range(6):
        bed.post(f"between {number}")
    await bed.pages()
    bed.post("He agreed. (2/2)", in_reply_to_id=parent, in_reply_to_account_id=ID)
    (page,) = await bed.pages()
    assert page.posts[0].parts == {"text": "He agreed. (2/2)", "parent": "Call with President Xi (1/2)"}


async def test_rereading_shows_edits_and_deletions(bed: Bed) -> None:
    kept, gone = bed.post("kept"), bed.post("gone")
    bed.statuses = [status for status in bed.statuses if status["id"] != gone]
    posts = {
        post.key.rpartition("/")[2]: post
        for post in await bed.source.reread([f"mastodon:{SERVER}/{kept}", f"mastodon:{SERVER}/{gone}"], ACCOUNT, NOW)
    }
    assert posts[gone].deleted
    assert posts[kept].parts == {"text": "kept"}


async def test_a_suspended_account_is_no_deletion_of_its_posts(bed: Bed) -> None:
    bed.answers = [httpx.Response(404), httpx.Response(410)]
    assert await bed.source.reread([f"mastodon:{SERVER}/1"], ACCOUNT, NOW) == []


async def test_a_closed_server_is_read_by_its_public_feed(bed: Bed) -> None:
    bed.closed = True
    (page,) = await bed.pages(replace(ACCOUNT, id=None))
    assert page.outcomes[KEY].kind == "ok"
    assert [post.key.rpartition("/")[2] for post in page.posts] == ["59", "58"]
    assert (await bed.pages())[0].posts == ()


async def test_a_closed_server_without_public_feed_wants_a_token(bed: Bed) -> None:
    bed.closed = True
    bed.answers = [httpx.Response(401), httpx.Response(404)]
    (page,) = await bed.pages()
    assert page.outcomes[KEY].kind == "auth"
    assert "configure a token" in page.outcomes[KEY].detail


async def test_a_token_opens_a_closed_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_TEST", "abc")
    bed = Bed(servers={SERVER: {"token": {"env": "TOKEN_OF_TEST"}}})
    bed.closed = True
    bed.post("seen")
    assert await bed.texts() == ["seen"]
    assert bed.requests[0].headers["Authorization"] == "Bearer abc"


async def test_a_token_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN_OF_TEST", raising=False)
    (page,) = await Bed(servers={SERVER: {"token": {"env": "TOKEN_OF_TEST"}}}).pages()
    assert page.outcomes[KEY].kind == "auth"
    assert "TOKEN_OF_TEST" in page.outcomes[KEY].detail


@pytest.mark.parametrize("reset", ["2026-11-22T09:03:00.123456Z", str(int(NOW.timestamp()) + 180)])
async def test_both_forms_of_reset_are_obeyed(reset: str, bed: Bed) -> None:
    bed.answers = [httpx.Response(429, headers={"X-RateLimit-Reset": reset}, json={"error": "Too many requests"})]
    (page,) = await bed.pages()
    outcome = page.outcomes[KEY]
    assert outcome.kind == "rate_limited"
    assert outcome.until is not None
    assert 180 <= (outcome.until - NOW).total_seconds() < 181


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(httpx.Response(404), "gone"), (httpx.Response(410), "gone"), (httpx.Response(503), "unreachable"), (httpx.Response(403), "blocked"),
     (httpx.Response(200, text="<html>"), "bad_content"), (httpx.Response(200, json={"error": "x"}), "bad_content")],
)  # fmt: skip
async def test_whatever_goes_wrong_is_an_outcome(answer: httpx.Response, kind: str, bed: Bed) -> None:
    bed.answers = [answer]
    (page,) = await bed.pages()
    assert page.outcomes[KEY].kind == kind


@pytest.mark.parametrize("handle", ["no-server", "@x", "a@b/c", ""])
async def test_a_handle_that_is_none_is_said_to_be_none(handle: str, bed: Bed) -> None:
    (page,) = await bed.pages(Account("mastodon", handle))
    assert "write name@server" in page.outcomes[f"mastodon:{handle}"].detail
    assert not bed.requests


async def test_truth_social_is_left_alone_unless_asked_for(bed: Bed) -> None:
    account = Account("mastodon", "realDonaldTrump@truthsocial.com")
    (page,) = await bed.pages(account)
    assert page.outcomes[account.key].kind == "blocked"
    assert "whitehouse-truth" in page.outcomes[account.key].detail
    assert not bed.requests


async def test_truth_social_on_request_stops_at_the_first_refusal() -> None:
    bed = Bed(servers={"truthsocial.com": {"direct": True}})
    account = Account("mastodon", "realDonaldTrump@truthsocial.com")
    bed.answers = [httpx.Response(403, text="<html>challenge")]
    for _ in range(3):
        (page,) = await bed.pages(account)
        assert page.outcomes[account.key].kind == "blocked"
    assert len(bed.requests) == 1


async def test_backfill_walks_back_to_the_date(bed: Bed) -> None:
    for number in range(100):
        bed.post(f"post {number}")
    since = NOW - timedelta(minutes=2000 - 1050)
    pages = [page async for page in bed.source.backfill(ACCOUNT, since, {}, NOW)]
    assert {post.parts["text"] for page in pages for post in page.posts} == {f"post {number}" for number in range(50, 100)}
    assert all(page.backfill for page in pages)
    assert pages[-1].cursors == {f"backfill:{KEY}": None}


async def test_identify_tells_who_has_the_name(bed: Bed) -> None:
    outcome, identity = await bed.source.identify(ACCOUNT)
    assert outcome.fine
    assert identity is not None
    assert (identity.id, identity.handle) == (ID, f"EU_Commission@{SERVER}")
