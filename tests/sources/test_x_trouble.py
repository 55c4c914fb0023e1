"""The X source in trouble: refused tokens, no credit, limits, budgets, and accounts that are not who they were."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account, Outcome, Page
from monitor.sources.x_budget import Budget, read_spent
from monitor.sources.x_window import EPOCH, Window, asked, id_at, moment_of, read, write
from tests.sources.x_site import NOW, Reader, Site, problem

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def reader(site: Site, monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(site, monkeypatch.setenv)


def told(pages: list[Page]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for page in pages:
        found |= page.outcomes
    return found


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(401, "about:blank", "Unauthorized"), "auth"),
        (problem(403, "client-forbidden", "Client Forbidden"), "auth"),
        (problem(402, "credits", "CreditsDepleted"), "out_of_credit"),
        (problem(403, "credits-depleted", "Forbidden"), "out_of_credit"),
        (problem(429, "usage-capped", "UsageCapExceeded"), "out_of_credit"),
    ],
)
async def test_a_refused_token_costs_one_question_for_all_accounts(answer: httpx.Response, kind: str, site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}", str(10**18 + n)) for n in range(100)]
    site.faults[""] = [answer] * 50
    packs = reader.source.packs(accounts)
    assert len(packs) == 6

    async def poll(pack: Any) -> list[Page]:
        return [page async for page in reader.source.fetch(pack, {}, site.now)]

    for _ in range(3):
        pages = [page for found in await asyncio.gather(*map(poll, packs)) for page in found]
        assert {(o.kind, o.of_source) for o in told(pages).values()} == {(kind, True)}
        assert len(told(pages)) == 100
    assert len(site.requests) == 1


async def test_a_parked_source_tries_again_and_goes_on(site: Site, reader: Reader) -> None:
    one = site.join("one")
    site.faults[""] = [problem(402, "credits", "CreditsDepleted")]
    await reader.pages(one)
    site.now += timedelta(minutes=59)
    await reader.pages(one)
    assert len(site.requests) == 1
    site.now += timedelta(minutes=2)
    assert told(await reader.pages(one))[one.key].kind == "ok"


async def test_a_missing_token_is_told_without_a_question(site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_TOKEN")
    one = site.join("one")
    outcome = told(await reader.pages(one))[one.key]
    assert (outcome.kind, outcome.of_source) == ("auth", True)
    assert "X_TOKEN" in outcome.detail
    assert site.requests == []


async def test_the_token_is_in_no_outcome(site: Site, reader: Reader) -> None:
    one = site.join("one")
    site.faults[""] = [problem(401, "x", "bad")]
    assert "sesame" not in repr(await reader.pages(one)) + repr(reader.source._settings)


async def test_questions_are_spread_so_that_a_limit_lasts_to_its_reset(site: Site, reader: Reader) -> None:
    one = site.join("one")
    site.headers = {"x-rate-limit-limit": "450", "x-rate-limit-remaining": "9", "x-rate-limit-reset": str(int((NOW + 6 * MINUTE).timestamp()))}
    until = told(await reader.pages(one))[one.key].until
    assert until == NOW + timedelta(seconds=40)


async def test_an_empty_endpoint_does_not_stop_the_others(site: Site, reader: Reader) -> None:
    one = site.join("one")
    reset = str(int((NOW + timedelta(minutes=15)).timestamp()))
    empty = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset}
    site.faults["users/by"] = [httpx.Response(200, json=site._looked_up([site._user("one")], []), headers=empty)]
    assert told(await reader.pages(one))[one.key].kind == "ok"


async def test_a_budget_in_posts_warns_stops_and_opens_again_the_next_day(site: Site, reader: Reader) -> None:
    reader.settings |= {"budget_posts_per_day": 50}
    reader.restart()
    one = site.join("one")
    await reader.pages(one)
    site.now += timedelta(hours=1)
    for n in range(45):
        site.post("one", f"n{n}")
    notices = [notice for page in await reader.pages(one) for notice in page.notices]
    assert [(notice.key, notice.resolved) for notice in notices] == [("budget:x", False)]
    site.now += timedelta(hours=1)
    for n in range(45):
        site.post("one", f"m{n}")
    outcome = told(await reader.pages(one))[one.key]
    assert (outcome.kind, outcome.of_source, outcome.until) == ("out_of_credit", True, datetime(2026, 11, 23, tzinfo=NOW.tzinfo))
    assert read_spent(reader.cursors["budget"]).posts <= 50
    site.requests.clear()
    reader.restart()
    assert told(await reader.pages(one))[one.key].kind == "out_of_credit"
    assert site.requests == []
    site.now = datetime(2026, 11, 23, 0, 1, tzinfo=NOW.tzinfo)
    pages = await reader.pages(one)
    assert next(notice.resolved for page in pages for notice in page.notices) is True
    while told(pages)[one.key].fine and len(reader.stored) < 90:
        pages = await reader.pages(one)
    assert read_spent(reader.cursors["budget"]).day == "2026-11-23"


async def test_a_budget_in_dollars_counts_users_too(site: Site, reader: Reader) -> None:
    reader.settings |= {"budget_dollars_per_day": 0.05}
    reader.restart()
    accounts = [site.join(f"a{n}") for n in range(5)]
    outcome = told(await reader.pages(*accounts))[accounts[0].key]
    assert outcome.kind == "out_of_credit"
    assert "$0.05" in outcome.detail
    assert site.paths() == ["users/by"]


async def test_what_is_read_twice_on_a_day_is_counted_once(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += timedelta(hours=1)
    site.post("one", "We spoke.")
    for _ in range(5):
        await reader.pages(one)
    assert read_spent(reader.cursors["budget"]).posts == 1


async def test_an_idle_poll_changes_no_row(site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}", options={"list": "5"} if n % 2 else {}) for n in range(6)]
    site.lists["5"] = ["a1"]
    await reader.pages(*accounts)
    before = dict(reader.cursors)
    for _ in range(4):
        site.now += 5 * MINUTE
        await reader.pages(*accounts)
    assert reader.cursors == before


async def test_a_name_that_changed_hands_is_told_and_not_read(site: Site, reader: Reader) -> None:
    site.join("POTUS", "200")
    site.post("POTUS", "I am somebody else")
    account = Account("x", "POTUS", id="100")
    pages = await reader.pages(account)
    assert told(pages)[account.key].kind == "moved"
    assert pages[0].identities[account.key].id == "200"
    assert reader.stored == {}
    assert site.paths() == ["users/by"]


async def test_a_pinned_stranger_is_never_read(site: Site, reader: Reader) -> None:
    site.join("private_person", "100")
    site.post("private_person", "my lunch")
    account = Account("x", "ministry", id="100")
    outcome = told(await reader.pages(account))[account.key]
    assert outcome.kind == "moved"
    assert "@private_person" in outcome.detail
    assert reader.stored == {}


async def test_an_account_that_changed_its_name_is_told_and_read_on(site: Site, reader: Reader) -> None:
    account = site.join("ForeignOffice", "100")
    await reader.pages(account)
    site.users = {"FCDO": "100"}
    site.now += timedelta(days=7, minutes=1)
    site.post("FCDO", "We spoke.")
    pages = await reader.pages(account)
    assert [page.identities[account.key].handle for page in pages if page.identities] == ["FCDO"]
    assert [post.parts["text"] for post in reader.stored.values()] == ["We spoke."]


async def test_an_id_learnt_by_name_is_kept_when_the_name_changes_hands(site: Site, reader: Reader) -> None:
    account = site.join("one")
    await reader.pages(account)
    site.users = {"one": "666"}
    site.post("one", "not me")
    reader.restart()
    assert told(await reader.pages(account))[account.key].kind == "moved"
    assert reader.stored == {}


async def test_one_dead_account_costs_no_other(site: Site, reader: Reader) -> None:
    good, gone, odd = site.join("good"), Account("x", "gone"), Account("x", "no-handle!")
    site.now += MINUTE
    await reader.pages(good, gone, odd)
    site.now += MINUTE
    site.post("good", "We spoke.")
    pages = await reader.pages(good, gone, odd)
    assert [told(pages)[account.key].kind for account in (good, gone, odd)] == ["ok", "gone", "gone"]
    assert [post.parts["text"] for page in pages for post in page.posts] == ["We spoke."]


async def test_who_is_who_is_looked_up_at_start_and_weekly_only(site: Site, reader: Reader) -> None:
    one = site.join("one")
    for _ in range(20):
        await reader.pages(one)
        site.now += timedelta(hours=12)
    assert site.paths().count("users/by") == 2


async def test_only_those_not_read_are_looked_up_daily(site: Site, reader: Reader) -> None:
    one, late = site.join("one"), Account("x", "late")
    await reader.pages(one, late)
    site.join("late")
    site.now += timedelta(days=1, minutes=1)
    site.requests.clear()
    pages = await reader.pages(one, late)
    assert [request.url.params["usernames"] for request in site.requests if request.url.path.endswith("users/by")] == ["late"]
    assert {outcome.kind for outcome in told(pages).values()} == {"ok"}
    site.now += 2 * MINUTE
    site.post("late", "We spoke.")
    assert await reader.new(one, late) == ["We spoke."]


async def test_a_look_up_that_fails_later_costs_no_post(site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += timedelta(days=5)
    await reader.pages(one)
    site.now += timedelta(days=3)
    site.post("one", "We spoke.")
    site.faults["users/by"] = [httpx.Response(503, json={})] * 2
    assert await reader.new(one) == ["We spoke."]


async def test_users_looked_up_again_after_a_restart_are_counted_once_a_day(site: Site, reader: Reader) -> None:
    accounts = [site.join(f"a{n}") for n in range(10)]
    for _ in range(5):
        await reader.pages(*accounts)
        reader.restart()
    assert read_spent(reader.cursors["budget"]).users == 10


def test_what_was_read_before_the_count_was_known_is_added_to_it() -> None:
    first = Budget(100, 10.0, 0.01)
    first.load(None, NOW)
    first.read_posts(["1", "2"])
    second = Budget(100, 10.0, 0.01)
    second.read_posts(["3"])
    second.load(first.row(), NOW)
    assert (second.spent.posts, second.spent.dollars) == (3, 0.03)


async def test_identify_tells_who_has_the_name(site: Site, reader: Reader) -> None:
    one = site.join("one")
    outcome, identity = await reader.source.identify(one)
    assert (outcome.kind, identity and identity.id) == ("ok", "1000")
    outcome, identity = await reader.source.identify(Account("x", "nobody"))
    assert (outcome.kind, identity) == ("gone", None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(503, json={}), "unreachable"),
        (httpx.Response(200, text="<html>"), "bad_content"),
        (httpx.Response(200, json=[1]), "bad_content"),
        (httpx.Response(200, json={"data": [{"id": "x"}]}), "ok"),
    ],
)
async def test_odd_answers_are_outcomes_and_lose_nothing(answer: httpx.Response, kind: str, site: Site, reader: Reader) -> None:
    one = site.join("one")
    await reader.pages(one)
    site.now += MINUTE
    site.post("one", "We spoke.")
    site.faults["recent"] = [answer]
    assert told(await reader.pages(one))[one.key].kind == kind
    assert await reader.new(one) == ["We spoke."]


@given(st.text(max_size=60) | st.sampled_from(['{"day": 5, "posts": "x"}', '{"posts": -1e999}', "[]", '{"token": "t", "since": 5}']))
def test_any_row_is_read(row: str) -> None:
    read(row)
    read_spent(row)


@given(st.integers(1, 10**19 - 1), st.integers(1, 10**19 - 1), st.text(min_size=1, max_size=40).filter(str.isalnum))
def test_a_window_is_read_as_it_was_written(since: int, newest: int, token: str) -> None:
    assert read(write(Window(since, newest, token))) == Window(since, newest, token)


@given(st.datetimes(EPOCH.replace(tzinfo=None) + MINUTE, NOW.replace(tzinfo=None, year=2060)), st.integers(0, 10**7))
def test_the_id_asked_for_is_never_later_than_the_row(made: datetime, seconds: int) -> None:
    since = id_at(made.replace(tzinfo=EPOCH.tzinfo))
    assert abs(moment_of(since) - made.replace(tzinfo=EPOCH.tzinfo)) < timedelta(milliseconds=2)
    assert asked(since, moment_of(since) + timedelta(seconds=seconds)) <= since


def test_a_page_is_never_larger_than_what_is_left_of_the_budget() -> None:
    budget = Budget(200, 10.0, 0.005)
    budget.load(None, NOW)
    sizes = []
    for n in range(200):
        sizes.append(budget.most())
        budget.read_posts([str(n)])
    assert sizes[0] == 100
    assert all(size <= max(10, (200 - n) // 2) for n, size in enumerate(sizes))
