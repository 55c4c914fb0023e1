"""The X source: packs, first sight, walks that break off, gaps, identities, deletions, against a server that answers as X does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from monitor.model import Account
from monitor.sources.x_asking import query
from tests.sources.x_site import NOW, Reader, Site, problem

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def reader(site: Site, monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(site, monkeypatch.setenv)


def test_accounts_are_packed_under_the_length_of_a_query(reader: Reader) -> None:
    accounts = [Account("x", f"a{n}", id=str(10**18 + n)) for n in range(100)]
    packs = reader.source.packs(accounts)
    assert [account for pack in packs for account in pack] == accounts
    lengths = [len(query([str(account.id) for account in pack], replies=True)) for pack in packs]
    assert max(lengths) <= 512
    assert len(packs) == 6


def test_short_ids_pack_more_and_unknown_ones_count_as_long(reader: Reader) -> None:
    known = [Account("x", f"a{n}", id=str(10**8 + n)) for n in range(28)]
    unknown = [Account("x", f"b{n}") for n in range(28)]
    assert len(reader.source.packs(known)) == 1
    assert len(reader.source.packs(unknown)) == 2


async def test_the_first_sight_is_one_small_page_and_what_follows_is_new(site: Site, reader: Reader) -> None:
    one, two = site.join("one"), site.join("two")
    for n in range(40):
        site.post("one", f"old {n}", NOW - timedelta(hours=n + 1))
    assert await reader.new(one, two) == []
    assert 10 <= len(reader.baseline) <= 50
    searches = [request for request in site.requests if "search" in request.url.path]
    assert int(searches[0].url.params["max_results"]) == 10
    site.now += MINUTE
    site.post("one", "We spoke.")
    site.post("two", "We met.")
    assert sorted(await reader.new(one, two)) == ["We met.", "We spoke."]
    assert await reader.new(one, two) == []


async def test_many_accounts_take_one_search_and_no_user_is_expanded(site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}") for n in range(15)]
    await reader.pages(*accounts)
    site.requests.clear()
    await reader.pages(*accounts)
    assert site.paths() == ["tweets/search/recent"]
    assert "author_id" not in site.requests[0].url.params["expansions"]


async def test_an_account_that_had_never_posted_is_heard_with_its_first_post(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += 2 * MINUTE
    site.post("one", "Hello, we spoke.")
    assert await reader.new(one) == ["Hello, we spoke."]


async def test_an_account_added_later_has_its_own_first_sight(site: Site, reader: Reader) -> None:
    one, two = site.join("one"), site.join("two")
    await reader.pages(one)
    site.post("two", "before it was watched", NOW - DAY)
    site.now += MINUTE
    site.post("one", "We spoke.")
    assert await reader.new(one, two) == ["We spoke."]
    assert len(reader.baseline) == 1


async def test_since_id_stays_fixed_while_paging_and_rows_move_with_the_last_page(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    before = dict(reader.cursors)
    site.now += timedelta(hours=1)
    ids = [site.post("one", f"n{n}") for n in range(12)]
    site.page = 5
    site.requests.clear()
    pack = reader.source.packs([one])[0]
    pages = [page async for page in reader.source.fetch(pack, dict(reader.cursors), site.now)]
    sinces = {request.url.params["since_id"] for request in site.requests}
    assert sinces == {before["since:1000"]}
    moved = ["since:1000" in page.cursors for page in pages]
    assert moved == [False, False, True]
    assert pages[-1].cursors["since:1000"] == ids[-1]
    assert [key for key, value in pages[-1].cursors.items() if value is None] == [key for key in pages[0].cursors if key.startswith("window:")]


async def test_a_walk_cut_off_by_a_limit_goes_on_where_it_stopped(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += timedelta(hours=1)
    wanted = [f"n{n}" for n in range(12)]
    for text in wanted:
        site.post("one", text)
    site.page = 5
    reset = int((site.now + timedelta(minutes=7)).timestamp())
    limit = httpx.Response(429, headers={"x-rate-limit-reset": str(reset), "x-rate-limit-remaining": "0"}, json={"title": "Too Many Requests"})
    answers = iter(range(9))
    original = site.answer

    def answer(request: httpx.Request) -> httpx.Response:
        return limit if next(answers) == 1 else original(request)

    site.answer = answer  # type: ignore[method-assign]
    reader.restart()
    pages = await reader.pages(one)  # look-up is question 0, the first page question 1
    assert pages[-1].outcomes[one.key].kind == "rate_limited"
    assert pages[-1].outcomes[one.key].until == site.now + timedelta(minutes=7)
    site.now += timedelta(minutes=8)
    site.faults["recent"] = []
    await reader.pages(one)
    assert {post.parts["text"] for post in reader.stored.values()} == set(wanted)


async def test_a_lost_token_begins_the_walk_anew(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += timedelta(hours=1)
    for n in range(12):
        site.post("one", f"n{n}")
    site.page = 5
    pack = reader.source.packs([one])[0]
    async for page in reader.source.fetch(pack, dict(reader.cursors), site.now):
        reader.keep(page)
        break
    assert any(key.startswith("window:") for key in reader.cursors)
    site.faults["recent"] = [problem(400, "invalid-request", errors=[{"parameters": {"next_token": ["t1"]}, "message": "invalid"}])]
    await reader.pages(one)
    assert len(await reader.new(one)) == 7
    assert not any(key.startswith("window:") for key in reader.cursors)


async def test_ids_grow_in_length_without_a_gap(site: Site, reader: Reader) -> None:
    one = site.join("one")
    reader.cursors["since:1000"] = "999999999999999999"
    site.now = NOW.replace(year=2018, month=5, day=25)
    site.posts["1000000000000000001"] = {"id": "1000000000000000001", "author_id": "1000", "text": "We spoke."}
    site.now = site.now.replace(day=26)
    assert await reader.new(one) == ["We spoke."]
    assert int(reader.cursors["since:1000"]) >= 1000000000000000001


async def test_a_quiet_account_is_moved_on_before_search_refuses_its_id(site: Site, reader: Reader) -> None:
    one, two = site.join("one"), site.join("two")
    await reader.pages(one, two)
    site.now += 6 * DAY + timedelta(hours=1)
    site.post("two", "during the gap", site.now - DAY)
    assert await reader.new(one, two) == ["during the gap"]
    site.requests.clear()
    assert await reader.new(one, two) == []
    assert site.paths() == ["tweets/search/recent"]


async def test_a_gap_of_weeks_is_filled_over_the_timelines(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.post("one", "three weeks ago", site.now + DAY)
    site.now += 21 * DAY
    assert await reader.new(one) == ["three weeks ago"]


async def test_a_refused_id_is_healed_over_the_timeline_and_by_the_id_offered(site: Site, reader: Reader) -> None:
    one, two = site.join("one"), site.join("two")
    await reader.pages(one, two)
    site.post("one", "in between", site.now + MINUTE)
    site.now += 2 * MINUTE
    offered = int(reader.cursors["since:1001"]) + (1 << 22)
    refusal = {"parameters": {"since_id": ["1"]}, "message": f"Please use a 'since_id' that is larger than {offered}"}
    site.faults = {"recent": [problem(400, "invalid-request", errors=[refusal])], "1001/tweets": [httpx.Response(404, json={})]}
    assert await reader.new(one, two) == ["in between"]
    assert int(reader.cursors["since:1001"]) >= offered
    site.post("two", "afterwards", site.now)
    assert await reader.new(one, two) == ["afterwards"]


async def test_a_question_that_search_refuses_is_put_to_each_timeline(site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}") for n in range(3)]
    await reader.pages(*accounts)
    site.now += MINUTE
    site.post("a1", "We spoke.")
    site.faults = {"recent": [problem(400, "invalid-request", errors=[{"message": "from:1000 is no user"}])], "1000/tweets": [httpx.Response(404, json={})]}
    pages = await reader.pages(*accounts)
    assert [post.parts["text"] for page in pages for post in page.posts] == ["We spoke."]
    told: dict[str, Any] = {}
    for page in pages:
        told |= page.outcomes
    assert [told[account.key].kind for account in accounts] == ["gone", "ok", "ok"]


async def test_answers_that_name_no_author_are_settled_by_timelines_once(site: Site, reader: Reader) -> None:
    reader.settings["field_names"] = "new"
    reader.restart()
    site.authors = False
    accounts = [site.join(f"a{n}") for n in range(3)]
    await reader.pages(*accounts)
    site.now += MINUTE
    site.post("a2", "We spoke.")
    assert await reader.new(*accounts) == ["We spoke."]
    assert next(iter(reader.stored.values())).account == "x:a2"
    site.requests.clear()
    assert await reader.new(*accounts) == []
    assert site.paths() == ["tweets/search/recent"]


async def test_a_post_that_search_shows_late_is_not_lost(site: Site, reader: Reader) -> None:
    one, two = site.join("one"), site.join("two")
    await reader.pages(one, two)
    site.now += timedelta(hours=1)
    site.post("one", "first to be shown", site.now)
    assert await reader.new(one, two) == ["first to be shown"]
    site.post("two", "made earlier, shown later", site.now - timedelta(seconds=20))
    site.now += MINUTE
    assert await reader.new(one, two) == ["made earlier, shown later"]


async def test_by_timeline_reposts_are_seen_and_each_account_is_alone(site: Site, reader: Reader) -> None:
    one = site.join("one", options={"via": "timeline"})
    await reader.pages(one)
    site.now += MINUTE
    site.post("one", "RT @other: We spoke.", referenced_tweets=[{"type": "retweeted", "id": "5"}])
    assert await reader.new(one) == ["We spoke."]
    assert "tweets/search/recent" not in site.paths()


async def test_a_list_is_one_search_and_who_is_not_in_it_is_read_alone(site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}", options={"list": "77"}) for n in range(30)]
    site.join("stranger")
    site.lists["77"] = [*(f"a{n}" for n in range(29)), "stranger"]
    assert len(reader.source.packs(accounts)) == 1
    await reader.pages(*accounts)
    site.now += MINUTE
    site.post("a3", "in the list")
    site.post("a29", "not in the list")
    site.post("stranger", "nobody's account")
    site.requests.clear()
    assert sorted(await reader.new(*accounts)) == ["in the list", "not in the list"]
    assert sorted(site.paths()) == ["tweets/search/recent", "users/ID/tweets"]


async def test_an_edit_is_another_version_of_the_same_post(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += MINUTE
    first = site.post("one", "We spok.")
    await reader.pages(one)
    site.now += 10 * MINUTE
    second = site.edit(first, "We spoke.")
    await reader.pages(one)
    assert [(key, version) for key, version in reader.stored] == [(f"x:{first}", first), (f"x:{first}", second)]


async def test_posts_read_again_are_edited_deleted_or_as_they_were(site: Site, reader: Reader) -> None:
    site.join("one")
    account = Account("x", "one", id="1000")
    kept, edited, gone = (site.post("one", text) for text in ("kept", "We spok.", "gone"))
    newer = site.edit(edited, "We spoke.")
    site.delete(gone)
    keys = [f"x:{native}" for native in (kept, edited, gone)]
    reader.source._budget.load(None, NOW)
    first = await reader.source.reread(keys, account, NOW)
    assert {(post.key, post.version) for post in first} == {(f"x:{kept}", kept), (f"x:{edited}", newer)}
    second = await reader.source.reread(keys, account, NOW)
    assert [post.key for post in second if post.deleted] == [f"x:{gone}"]


async def test_an_account_whose_id_was_learnt_in_this_run_is_read_again_too(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    first = site.post("one", "We spok.", NOW)
    newer = site.edit(first, "We spoke.")
    assert [post.version for post in await reader.source.reread([f"x:{first}"], one, NOW)] == [newer]


async def test_what_x_will_not_show_is_not_deleted(site: Site, reader: Reader) -> None:
    host = "https://api.x.com/2/problems/not-authorized-for-resource"
    for _ in range(3):
        site.faults["/2/tweets"] = [httpx.Response(200, json={"errors": [{"resource_id": "5", "type": host}]})]
        assert await reader.source.reread(["x:5"], Account("x", "one", id="1"), NOW) == []


async def test_backfill_reaches_back_and_resumes(site: Site, reader: Reader) -> None:
    one = site.join("one")
    for n in range(30):
        site.post("one", f"n{n}", NOW - n * DAY)
    site.page = 8
    rows: dict[str, str] = {}
    keys: list[str] = []
    done = False
    while not done:
        async for page in reader.source.backfill(one, NOW - 20 * DAY, dict(rows), NOW):
            assert page.backfill
            keys += [post.key for post in page.posts]
            rows |= {key: value for key, value in page.cursors.items() if value is not None}
            done = "backfill:x:one" in page.cursors and page.cursors["backfill:x:one"] is None
            break  # the process ends after each page
    assert len(keys) == len(set(keys)) == 21
