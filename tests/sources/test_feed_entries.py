"""Which entry is which: edits, moves, repeated and rewritten guids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sources.feed_site import ACCOUNT, Reader, Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def reader(site: Site) -> Reader:
    return Reader(site)


async def test_an_edited_entry_is_a_revision_of_the_same_post(site: Site, reader: Reader) -> None:
    item = site.add("Call with Modi", text="They spoke.")
    first = await reader.page()
    item["description"] = "They did not speak."
    second = await reader.page()
    assert first.posts[0].key == second.posts[0].key
    assert first.posts[0].version != second.posts[0].version


async def test_a_text_with_a_counter_stops_being_news(site: Site, reader: Reader) -> None:
    item = site.add("Visitors")
    revisions = 0
    for number in range(40):
        item["description"] = f"seen {number} times"
        revisions += len((await reader.page()).posts)
    assert revisions == 25


async def test_guids_rewritten_in_a_move_bring_nothing_back(site: Site, reader: Reader) -> None:
    for number in range(20):
        site.add(f"old {number}")
    await reader.page()
    for number, item in enumerate(site.items):
        item["guid"] = f"https://new-cms.example/?p={number}"
        item["link"] += "/?utm_source=rss"
    assert await reader.titles() == []
    site.items[3]["description"] = "edited after the move"
    page = await reader.page()
    assert len(page.posts) == 1


async def test_one_guid_for_all_entries_hides_none(site: Site, reader: Reader) -> None:
    await reader.page()
    for number in range(3):
        site.add(f"new {number}", guid="same")
    assert await reader.titles() == ["new 0", "new 1", "new 2"]
    site.add("new 3", guid="same")
    assert await reader.titles() == ["new 3"]


async def test_a_guid_that_becomes_common_does_not_double_its_first_entry(site: Site, reader: Reader) -> None:
    site.add("first", guid="same")
    await reader.page()
    site.add("second", guid="same")
    assert await reader.titles() == ["second"]


async def test_an_office_that_reuses_address_and_title_each_day_is_heard_each_day(site: Site, reader: Reader) -> None:
    await reader.page()
    keys = set()
    for day in range(30):
        site.items = [{"title": "Daily briefing", "link": "https://mfa.example/briefing", "guid": f"briefing-{day}",
                       "pubDate": f"2026-10-{day + 1:02d}T08:00:00Z", "description": f"news {day}"}]  # fmt: skip
        keys |= {post.key for post in (await reader.page()).posts}
    assert len(keys) == 30


async def test_an_address_with_the_time_of_change_as_guid_is_one_post(site: Site, reader: Reader) -> None:
    item = site.add("PM call", link="https://gov.example/call", guid="https://gov.example/call#2026-11-22T08:30:00Z")
    first = await reader.page()
    item["guid"], item["description"] = "https://gov.example/call#2026-11-22T09:45:00Z", "with a readout"
    second = await reader.page()
    assert first.posts[0].key == second.posts[0].key


async def test_entries_without_guid_and_link_are_told_apart_by_their_words(site: Site, reader: Reader) -> None:
    await reader.page()
    site.items = [{"title": "a"}, {"title": "b"}, {"title": "a"}]
    assert await reader.titles() == ["b", "a"]
    assert await reader.titles() == []


async def test_an_entry_that_comes_back_after_a_while_is_known(site: Site, reader: Reader) -> None:
    item = site.add("pinned")
    await reader.page()
    site.items = []
    site.add("other")
    await reader.page()
    site.items.append(item)
    assert await reader.titles() == []


async def test_another_address_in_the_configuration_keeps_what_was_seen(site: Site, reader: Reader) -> None:
    site.add("old")
    await reader.page()
    elsewhere = replace(ACCOUNT, options={"url": "https://mfa.example/rss2"})
    page = await reader.page(elsewhere)
    assert (page.posts, page.baseline) == ((), frozenset())
    assert "If-None-Match" not in site.requests[1].headers


async def test_an_entry_taken_out_whose_page_is_gone_is_deleted(site: Site, reader: Reader) -> None:
    gone, kept = site.add("taken down"), site.add("fell out of the window")
    posts = (await reader.page()).posts
    keys = [post.key for post in posts]
    assert await reader.feed.reread(keys, ACCOUNT, site.now) == []
    site.items = []
    site.add("newer")
    site.pages = {gone["link"]: 404, kept["link"]: 200}
    tombstones = await reader.feed.reread(keys, ACCOUNT, site.now)
    assert [(post.key, post.deleted) for post in tombstones] == [(keys[0], True)]


async def test_an_entry_that_was_never_looked_at_again_is_not_called_deleted(site: Site, reader: Reader) -> None:
    gone = site.add("taken down")
    keys = [post.key for post in (await reader.page()).posts]
    site.items, site.pages = [], {gone["link"]: 404}
    assert await reader.feed.reread(keys, ACCOUNT, site.now) == []


async def test_a_site_in_trouble_has_deleted_nothing(site: Site, reader: Reader) -> None:
    gone = site.add("one")
    keys = [post.key for post in (await reader.page()).posts]
    await reader.feed.reread(keys, ACCOUNT, site.now)
    site.items, site.pages = [], {gone["link"]: 503}
    assert await reader.feed.reread(keys, ACCOUNT, site.now) == []
