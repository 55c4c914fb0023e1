"""Telegram's web preview: a capture, any damage to it, and channels that behave as told."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http import Fetcher
from monitor.model import Account, Page
from monitor.sources.shaping import OddError
from monitor.sources.telegram import Telegram, TelegramSettings
from monitor.sources.telegram_page import read_preview

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent / "captures/telegram"
PAGE, EXPECTED = (FOLDER / "channel.html").read_text(), json.loads((FOLDER / "channel.json").read_text())
ACCOUNT = Account("telegram", "V_Zelenskiy_official")
KEY = ACCOUNT.key


def test_every_message_of_the_capture_is_read_as_expected() -> None:
    preview = read_preview(PAGE, ACCOUNT, NOW)
    posts = [message.post for message in preview.messages if message.post]
    assert [{"key": post.key, "parts": dict(post.parts.items())} for post in posts] == EXPECTED["expected"]
    assert list(preview.odd) == EXPECTED["odd"]
    assert sum(message.post is None for message in preview.messages) == EXPECTED["empty"]
    assert preview.author is not None
    assert (preview.author.id, preview.author.display_name) == (EXPECTED["id"], EXPECTED["name"])
    assert posts[-1].url == "https://t.me/V_Zelenskiy_official/4100"
    assert posts[-1].created_at == datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("page", "words"),
    [('<div class="tgme_page"><div class="tgme_page_title">Channel</div></div>', "switched it off"), ("<html>cloud wall</html>", "some other page"), ("", "some other")],
)  # fmt: skip
def test_a_page_without_messages_is_said_to_be_what_it_is(page: str, words: str) -> None:
    with pytest.raises(OddError, match=words):
        read_preview(page, ACCOUNT, NOW)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    page = PAGE
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(page)))
        end = min(len(page), start + draw(st.integers(0, 300)))
        page = (
            page[:start]
            + draw(st.sampled_from(["", page[start:end] * 2, "<div>", '"', "</div>", "\ud800"]) | st.text(max_size=5))
            + page[end:]
        )
    return page


@given(damaged() | st.text(max_size=100))
def test_any_page_is_messages_or_named(page: str) -> None:
    try:
        preview = read_preview(page, ACCOUNT, NOW)
    except OddError as reason:
        assert str(reason)
        return
    for message in preview.messages:
        if message.post:
            "".join(message.post.parts.values()).encode()


class Channel:
    """A channel that shows twenty messages a page, oldest first, as Telegram does."""

    def __init__(self) -> None:
        self.messages: dict[int, str] = {}
        self.number = 0
        self.peer = -100777
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []
        self.cursors: dict[str, str] = {}
        self.gone_in_embed = True
        transport = httpx.MockTransport(self.answer)
        self.source = Telegram(TelegramSettings(), Fetcher(transport, lambda: NOW))

    def post(self, text: str) -> int:
        self.number += 1
        self.messages[self.number] = text
        return self.number

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        if "embed" in request.url.params:
            number = int(request.url.path.rpartition("/")[2])
            gone = number not in self.messages and self.gone_in_embed
            return httpx.Response(200, text='<div class="tgme_widget_message_error">Post not found</div>' if gone else "<div>")
        before = int(request.url.params.get("before", self.number + 1))
        shown = [number for number in sorted(self.messages) if number < before][-20:]
        view = base64.urlsafe_b64encode(json.dumps({"c": self.peer}).encode()).decode()
        body = "".join(
            f'<div class="tgme_widget_message js-widget_message" data-post="V_Zelenskiy_official/{number}" data-view="{view}">'
            f'<div class="tgme_widget_message_text js-message_text">{self.messages[number]}</div>'
            f'<a class="tgme_widget_message_date" href="x"><time datetime="{(NOW - timedelta(minutes=self.number - number)).isoformat()}"></time></a></div>'
            for number in shown
        )
        return httpx.Response(
            200, text=f'<div class="tgme_channel_info"></div><section class="tgme_channel_history">{body}</section>'
        )

    async def pages(self, account: Account = ACCOUNT) -> list[Page]:
        return [page async for page in self.read(account)]

    async def read(self, account: Account) -> AsyncIterator[Page]:
        async for page in self.source.fetch([account], dict(self.cursors), NOW):
            yield page
            self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}

    async def texts(self) -> list[str]:
        return [post.parts["text"] for page in await self.pages() if not page.backfill for post in page.posts]


@pytest.fixture
def channel() -> Channel:
    return Channel()


async def test_messages_come_once_and_the_first_page_is_the_baseline(channel: Channel) -> None:
    channel.post("old")
    (first,) = await channel.pages()
    assert first.baseline == {KEY}
    assert first.identities[KEY].id == "-100777"
    channel.post("new")
    (second,) = await channel.pages()
    assert [post.parts["text"] for post in second.posts] == ["new"]
    (third,) = await channel.pages()
    assert (third.posts, third.cursors, third.identities) == ((), {}, {})


async def test_more_than_a_page_is_walked_back(channel: Channel) -> None:
    for number in range(30):
        channel.post(f"old {number}")
    await channel.pages()
    for number in range(55):
        channel.post(f"new {number}")
    assert set(await channel.texts()) == {f"new {number}" for number in range(55)}


async def test_an_edit_on_the_page_is_a_revision(channel: Channel) -> None:
    number = channel.post("We spoke.")
    await channel.pages()
    channel.messages[number] = "We did not speak."
    (page,) = await channel.pages()
    assert [(post.key, post.parts["text"]) for post in page.posts] == [
        (f"telegram:v_zelenskiy_official/{number}", "We did not speak.")
    ]


async def test_rereading_shows_edits_and_deletions(channel: Channel) -> None:
    numbers = [channel.post(f"post {number}") for number in range(40)]
    gone, edited = numbers[3], numbers[5]
    del channel.messages[gone]
    channel.messages[edited] = "edited"
    keys = [f"telegram:v_zelenskiy_official/{number}" for number in (gone, edited)]
    first, second = await channel.source.reread(keys, ACCOUNT, NOW)
    assert (first.key, first.deleted) == (keys[0], True)
    assert second.parts == {"text": "edited"}


async def test_a_message_that_only_the_page_lacks_is_not_deleted(channel: Channel) -> None:
    channel.post("before")
    number = channel.post("here")
    del channel.messages[number]
    channel.gone_in_embed = False
    assert await channel.source.reread([f"telegram:v_zelenskiy_official/{number}"], ACCOUNT, NOW) == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [(httpx.Response(302, headers={"Location": "https://t.me/V_Zelenskiy_official"}), "blocked", "switched it off"),
     (httpx.Response(200, text='<div class="tgme_page">'), "blocked", "switched it off"), (httpx.Response(429), "rate_limited", "429"),
     (httpx.Response(500), "unreachable", "500")],
)  # fmt: skip
async def test_whatever_goes_wrong_is_an_outcome(answer: httpx.Response, kind: str, words: str, channel: Channel) -> None:
    channel.answers = [answer]
    (page,) = await channel.pages()
    assert page.outcomes[KEY].kind == kind
    assert words in page.outcomes[KEY].detail


@pytest.mark.parametrize(
    "handle",
    [
        "V_Zelenskiy_official",
        "@V_Zelenskiy_official",
        "https://t.me/V_Zelenskiy_official",
        "t.me",
        "https://t.me/s/V_Zelenskiy_official/",
    ],
)
async def test_a_channel_may_be_written_in_many_ways(handle: str, channel: Channel) -> None:
    (page,) = await channel.pages(Account("telegram", handle))
    if handle == "t.me":
        assert page.outcomes["telegram:t.me"].kind == "gone"
    else:
        assert channel.requests[0].url.path == "/s/V_Zelenskiy_official"


async def test_backfill_walks_back_to_the_date(channel: Channel) -> None:
    for number in range(90):
        channel.post(f"post {number}")
    pages = [page async for page in channel.source.backfill(ACCOUNT, NOW - timedelta(minutes=49), {}, NOW)]
    assert {post.parts["text"] for page in pages for post in page.posts} == {f"post {number}" for number in range(40, 90)}
    assert pages[-1].cursors == {f"backfill:{KEY}": None}
