"""Every page of the desk on a log that the real pipeline wrote, and on an empty one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.review.app import ROUTES
from monitor.store import Reading
from tests.review.conftest import Client, OpenDesk

PAGES = (
    "/", "/?days=30", "/pulse.json", "/contacts", "/contacts?mode=call&country=IN&since=900d", "/contacts?q=spoke", "/search", "/search?q=warm",
    "/search?flagged=0", "/leaders", "/plots", "/plots?days=365", "/judge", "/judge?queue=low", "/judge?queue=near", "/judge?queue=random",
    "/quality", "/labels.jsonl", "/accounts", "/help", "/contacts.atom", "/contacts.ics", "/contacts.csv", "/contacts.json",
    "/log", "/log/v_contacts", "/log/v_contacts.json", "/log/v_posts.csv", "/log/busiest_days", "/log/announced_but_no_readout",
    "/log/first_word_by_account?since=", "/log/late_alerts?since=", "/log/labels", "/log/contacts_between?a=IN&b=US&mode=",
    "/contacts.ics?party=IN&party=US", "/contacts.atom?party=narendra-modi",
)  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
async def test_every_page_is_there_on_a_full_log_and_on_an_empty_one(
    address: str, told_log: Path, empty_log: Path, open_client: OpenDesk
) -> None:
    for path in (told_log, empty_log):
        answer = await (await open_client(path)).get(address)
        assert answer.status_code == 200, answer.text[:2000]


def test_no_page_is_left_without_a_test() -> None:
    tested = {*(page.partition("?")[0] for page in PAGES), "/contact/x", "/contact/x.json", "/contact/x/right", "/leader/x", "/pair/a/b", "/post",
              "/act", "/label", "/login", "/logout"}  # fmt: skip
    for address, _, _ in ROUTES:
        assert any(re.match(address, page) for page in tested), address


def contact_of(path: Path, name: str) -> str:
    with Reading(path) as log:
        return str(next(row["contact"] for row in log.contacts() if name in row["names"]))


async def test_the_front_page_shows_contacts_as_cards(client: Client) -> None:
    shown = (await client.get("/")).text
    assert "Donald Trump" in shown
    assert "Narendra Modi" in shown
    assert '<mark class="ev ev-trigger' in shown
    assert "alert in" in shown
    assert "almost certain" in shown or "very likely" in shown


async def test_the_story_of_a_contact_holds_posts_findings_alerts_and_attempts(client: Client, log: Path) -> None:
    shown = (await client.get(f"/contact/{contact_of(log, 'Modi')}")).text
    for words in ("@envoy", "@india", "first word", "by phone", "attempt 1", "As sent to console", "Retract the alert", "flagged"):
        assert words in shown, words


async def test_an_alerts_id_in_any_form_leads_to_its_story(client: Client, log: Path) -> None:
    contact = contact_of(log, "Modi")
    answer = await client.get(f"/contact/{contact[:5]}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/contact/{contact}"


async def test_right_or_wrong_from_an_alert_asks_before_it_writes(client: Client, log: Path) -> None:
    contact = contact_of(log, "Modi")
    for answer in ("right", "wrong", "not-news"):
        shown = await client.get(f"/contact/{contact}/{answer}")
        assert shown.status_code == 200
        assert 'method="post"' in shown.text
    with Reading(log) as reading:
        assert reading.acts() == []


async def test_leader_country_and_pair_pages_tell_the_history(client: Client) -> None:
    for address in ("/leader/narendra-modi", "/leader/IN", "/pair/donald-trump/narendra-modi", "/pair/IN/US"):
        shown = await client.get(address)
        assert shown.status_code == 200, address
        assert "Contacts by month" in shown.text
        assert "Donald Trump" in shown.text
    turned = await client.get("/pair/narendra-modi/donald-trump")
    assert turned.headers["location"] == "/pair/donald-trump/narendra-modi"
    registered = await client.get("/leader/angela-merkel")
    assert registered.status_code == 200, "the registry knows her, the log does not"
    assert (await client.get("/leader/nobody-at-all")).status_code == 404


async def test_plots_stand_on_tables(client: Client) -> None:
    shown = (await client.get("/plots?days=365")).text
    for kind in ("matrix", "calendar", "boxes", "histogram", "bars"):
        assert f'data-plot="{kind}"' in shown
    assert re.search(r'<tr data-a="donald-trump" data-b="narendra-modi" data-n="1">', shown)
    assert shown.count("<table") >= 5


@pytest.mark.parametrize(("query", "account"), [("通话", "@beijing"), ("习近平", "@beijing"), ("TELEPHONE", "@elysee"), ("télé*", "@elysee"), ("اتصالا", "@cairo")])
async def test_words_are_found_in_any_script_also_inside_sentences(client: Client, query: str, account: str) -> None:
    shown = (await client.get("/search", params={"q": query if query != "TELEPHONE" else "TÉLÉPHONE"})).text
    assert account in shown
    assert "@berlin" not in shown


async def test_filters_are_links_that_keep_the_others(client: Client) -> None:
    shown = (await client.get("/contacts", params={"mode": "call", "since": "900d"})).text
    assert 'href="/contacts?mode=call&amp;since=900d&amp;status=happened"' in shown
    assert 'href="/contacts?since=900d"' in shown, "a filter that is on is a link that takes it off"
    narrowed = (await client.get("/contacts", params={"country": "CN"})).text
    assert "Xi Jinping" in narrowed
    assert "Modi" not in narrowed


async def test_what_is_not_there_is_said_in_the_desks_own_words(client: Client) -> None:
    for address in ("/contact/none-such", "/post?key=nope", "/nowhere", "/log/nowhere", "/contact/none-such.json"):
        answer = await client.get(address)
        assert answer.status_code == 404, address
        assert "Traceback" not in answer.text
    wrong = await client.get("/contacts?since=whenever")
    assert wrong.status_code == 400
    assert "is no time" in wrong.text


async def test_a_post_has_a_page_with_its_revisions_and_contacts(client: Client) -> None:
    shown = (await client.get("/post", params={"key": "https://example.org/1"})).text
    assert "Just now" in shown
    assert "Donald Trump" in shown
    assert "It belongs to none." in (await client.get("/post", params={"key": "https://example.org/2"})).text


async def test_the_pulse_changes_when_somebody_acts(client: Client, log: Path) -> None:
    from monitor.store import add_act
    from tests.review.bed import NOW

    before = (await client.get("/pulse.json")).json()["version"]
    assert (await client.get("/pulse.json")).json()["version"] == before
    add_act(log, "label", "x", {}, "ann", NOW)
    assert (await client.get("/pulse.json")).json()["version"] != before


async def test_the_desk_only_reads(client: Client, log: Path) -> None:
    before = log.read_bytes()
    for address in PAGES:
        await client.get(address)
    assert log.read_bytes() == before


async def test_sql_cannot_write(client: Client) -> None:
    answer = await client.get("/log.json", params={"sql": "delete from posts"})
    assert answer.status_code == 400
    assert (await client.get("/log.json", params={"sql": "select count(*) as n from posts", "_shape": "array"})).json() == [{"n": 9}]


async def test_contacts_in_datasettes_tables_lead_to_their_story(client: Client, log: Path) -> None:
    contact = contact_of(log, "Modi")
    assert f'<a href="/contact/{contact}">{contact}</a>' in (await client.get("/log/v_contacts")).text
