"""The feed source against a site that can be made to do anything: HTTP, validators, redirects, failures."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from monitor.model import Account
from monitor.sources.feed import FeedOptions, target_of
from monitor.sources.feed_presets import PRESETS
from tests.sources.feed_site import ACCOUNT, URL, Reader, Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def reader(site: Site) -> Reader:
    return Reader(site)


async def test_the_first_fetch_is_the_baseline_and_new_entries_follow(site: Site, reader: Reader) -> None:
    site.add("old")
    first = await reader.page()
    assert first.baseline == {"feed:mfa"}
    assert [post.parts["title"] for post in first.posts] == ["old"]
    site.add("new")
    site.add("newer")
    second = await reader.page()
    assert not second.baseline
    assert [post.parts["title"] for post in second.posts] == ["new", "newer"]


async def test_validators_go_back_byte_for_byte(site: Site, reader: Reader) -> None:
    site.add("old")
    await reader.page()
    page = await reader.page()
    assert page.outcomes["feed:mfa"].kind == "not_modified"
    assert page.cursors == {}
    headers = site.requests[1].headers
    assert headers["If-None-Match"].startswith('W/"')
    assert headers["If-None-Match"].endswith('-gzip"')
    assert headers["If-Modified-Since"] == "Sun, 22 Nov 2026 08:00:00 GMT"


async def test_validators_and_entries_are_handed_over_together(site: Site, reader: Reader) -> None:
    site.add("old")
    await reader.page()
    site.add("new")
    async for page in reader.feed.fetch([ACCOUNT], dict(reader.cursors), site.now):
        assert page.posts
        assert page.cursors
        break  # a crash before the page is stored
    reader.restart()
    assert await reader.titles() == ["new"]


async def test_a_page_that_was_not_stored_comes_again_without_a_restart(site: Site, reader: Reader) -> None:
    site.add("old")
    await reader.page()
    site.add("new")
    async for _page in reader.feed.fetch([ACCOUNT], dict(reader.cursors), site.now):
        break
    assert await reader.titles() == ["new"]


async def test_an_unchanged_body_without_validators_is_not_read_and_not_written(site: Site, reader: Reader) -> None:
    site.validators = False
    site.add("old")
    await reader.page()
    page = await reader.page()
    assert page.outcomes["feed:mfa"].kind == "not_modified"
    assert (page.posts, page.cursors) == ((), {})


async def test_a_new_validator_for_the_same_body_is_used_but_not_written(site: Site, reader: Reader) -> None:
    site.validators = False
    site.add("old")
    page = await reader.page()
    for tag in ('"a"', '"b"', '"c"'):
        site.headers = {"ETag": tag}
        page = await reader.page()
    assert page.cursors == {}
    await reader.page()
    assert [request.headers.get("If-None-Match") for request in site.requests] == [None, None, '"a"', '"b"', '"c"']


async def test_once_a_day_the_whole_feed_is_fetched(site: Site, reader: Reader) -> None:
    site.add("old")
    await reader.page()
    await reader.page()
    await reader.page(after=86400)
    assert "If-None-Match" not in site.requests[2].headers
    await reader.page()
    assert "If-None-Match" in site.requests[3].headers


async def test_a_permanent_redirect_is_followed_at_once_and_adopted_after_three(site: Site, reader: Reader) -> None:
    site.add("old")
    site.moved[URL] = (301, "https://new.example/feed")
    for _ in range(3):
        assert (await reader.outcome()).fine
    reader.restart()
    await reader.page()
    assert [str(request.url) for request in site.requests][-3:] == [URL, "https://new.example/feed", "https://new.example/feed"]


async def test_a_temporary_redirect_is_never_adopted(site: Site, reader: Reader) -> None:
    site.moved[URL] = (302, "https://maintenance.example/feed")
    for _ in range(5):
        await reader.page()
    assert [str(request.url) for request in site.requests].count(URL) == 5
    assert "maintenance" not in json.dumps(reader.cursors)


async def test_a_redirect_that_comes_and_goes_is_not_adopted(site: Site, reader: Reader) -> None:
    for number in range(6):
        site.moved = {URL: (301, "https://new.example/feed")} if number % 2 else {}
        await reader.page()
    assert json.loads(reader.cursors["feed:mfa"]).get("url") is None


@pytest.mark.parametrize(
    ("to", "words"),
    [(URL, "redirects to"), ("ftp://x.example/", "redirects to ftp"), ("http://169.254.169.254/latest", "private address"),
     ("http://[::1]/", "private address"), ("http://localhost/", "private address"), ("http://[bad", "no valid address")],
)  # fmt: skip
async def test_a_redirect_to_where_no_feed_can_be_is_refused(to: str, words: str, site: Site, reader: Reader) -> None:
    site.moved[URL] = (301, to)
    outcome = await reader.outcome()
    assert outcome.kind == "moved"
    assert words in outcome.detail


async def test_a_circle_of_redirects_ends(site: Site, reader: Reader) -> None:
    site.moved = {URL: (302, "https://b.example/"), "https://b.example/": (302, URL)}
    assert "in circles" in (await reader.outcome()).detail


async def test_a_feed_taken_down_for_good_is_asked_once_a_day(site: Site, reader: Reader) -> None:
    site.answers = [httpx.Response(410)]
    assert (await reader.outcome()).kind == "gone"
    assert (await reader.outcome()).kind == "gone"
    reader.restart()
    assert (await reader.outcome()).kind == "gone"
    assert len(site.requests) == 1
    site.add("back again")
    assert (await reader.outcome(after=86400)).kind == "ok"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404), "unreachable", "404"),
        (httpx.Response(403, text="<html>"), "blocked", "403"),
        (httpx.Response(429, headers={"Retry-After": "90"}), "rate_limited", "429"),
        (httpx.Response(503, headers={"Retry-After": "90"}), "unreachable", "503"),
        (
            httpx.Response(200, text="<!doctype html><html>", headers={"Content-Type": "text/html"}),
            "bad_content",
            "web page instead",
        ),
        (httpx.Response(200, content=b""), "bad_content", "neither a feed nor JSON"),
        (httpx.Response(200, content=b"x" * 5_000_001), "bad_content", "larger than"),
        (httpx.ReadTimeout(""), "unreachable", "no answer"),
    ],
)
async def test_whatever_goes_wrong_is_an_outcome_and_passes(
    answer: httpx.Response | Exception, kind: str, words: str, site: Site, reader: Reader
) -> None:
    site.add("old")
    await reader.page()
    site.add("new")
    site.answers = [answer]
    outcome = await reader.outcome()
    assert outcome.kind == kind
    assert words in outcome.detail
    assert await reader.titles() == ["new"]


async def test_a_web_page_in_the_feeds_place_is_no_baseline(site: Site, reader: Reader) -> None:
    site.answers = [httpx.Response(200, text="<html>")]
    await reader.page()
    site.add("old")
    assert (await reader.page()).baseline


async def test_youtube_fails_by_spells_and_is_never_given_up(site: Site, reader: Reader) -> None:
    account = Account("feed", "pmo", options={"preset": "youtube", "of": "UCx"})
    site.answers = [httpx.Response(404), httpx.Response(500), httpx.Response(410)]
    for _ in range(3):
        assert (await reader.page(account)).outcomes["feed:pmo"].kind == "unreachable"
    assert str(site.requests[0].url) == "https://www.youtube.com/feeds/videos.xml?channel_id=UCx"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Cache-Control": "public, max-age=30"}, 30), ({"Cache-Control": "max-age=604800"}, 60), ({"Cache-Control": "max-age=300", "Age": "280"}, 20),
     ({"Expires": "Sun, 22 Nov 2026 09:01:40 GMT"}, 40), ({"Cache-Control": "no-cache, max-age=99"}, None), ({"Expires": "0"}, None),
     ({"Cache-Control": "max-age=banana"}, None), ({}, None)],
)  # fmt: skip
async def test_cache_headers_are_heeded_for_a_minute_at_most(
    headers: dict[str, str], seconds: int | None, site: Site, reader: Reader
) -> None:
    site.headers = headers
    outcome = await reader.outcome()
    assert outcome.until == (site.now + timedelta(seconds=seconds) if seconds is not None else None)


async def test_the_address_may_be_the_handle(site: Site, reader: Reader) -> None:
    await reader.page(Account("feed", URL))
    assert str(site.requests[0].url) == URL


async def test_identify_tells_what_the_feed_is(site: Site, reader: Reader) -> None:
    site.add("one")
    outcome, identity = await reader.feed.identify(ACCOUNT)
    assert (outcome.kind, outcome.detail, identity) == ("ok", "MFA, 1 entries", None)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"preset": "nosuch"}, "no preset 'nosuch'; there are wordpress"), ({"preset": "youtube"}, "'youtube' needs `of`"),
     ({"preset": "whitehouse-truth", "of": "x"}, "takes no `of`"), ({"preset": "youtube", "of": "x", "url": URL}, "not both"),
     ({"url": "feed://x"}, "https://")],
)  # fmt: skip
def test_options_that_make_no_address_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FeedOptions.model_validate(options)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_leads_to_an_address(name: str) -> None:
    of = {"of": "place.example"} if "{of}" in PRESETS[name].url else {}
    target = target_of(Account("feed", "x", options={"preset": name, **of}))
    assert httpx.URL(target.url).scheme == "https"
    assert "{" not in target.url


async def test_a_broken_row_costs_the_memory_and_nothing_else(site: Site, reader: Reader) -> None:
    site.add("old")
    for row in ("", "{", "[]", '{"seen": [1, "x", "a.b.c.d"], "moved": "x", "full_at": 3}'):
        reader.restart()
        reader.cursors = {"feed:mfa": row}
        assert await reader.titles() == ["old"]
