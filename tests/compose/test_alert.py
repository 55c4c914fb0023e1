"""What a desk reads: headlines, lines, quote, provenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compose import Desk
from monitor.contacts import Detail
from monitor.leaders import Registry
from monitor.leaders.values import Leader, Term
from monitor.model import History, Interval, Participant, Place
from tests.compose.samples import CALL, JUST_NOW, MODI, NOW, TRUMP, contact, entry, finding, post, said

INDIA = entry(post="at://did:plc:in/1", account="bluesky:pmo.example", side="IN", kind="pm_office", seen_at=NOW + timedelta(minutes=12), at=NOW)
DAY = Interval(datetime(2026, 5, 9, 18, 30, tzinfo=UTC), datetime(2026, 5, 10, 18, 30, tzinfo=UTC), "day")


def test_a_first_word_reads_in_two_seconds() -> None:
    assert said().headline == "☎️ 🇮🇳 Narendra Modi – 🇺🇸 Donald Trump: call just held · very likely"


def test_the_emoji_of_the_mode_is_optional() -> None:
    assert said(desk=Desk(emoji=False)).headline.startswith("🇮🇳 Narendra Modi")


def test_its_lines_are_facts() -> None:
    assert said().lines == (
        "Narendra Modi (head of government, India) – Donald Trump (head of state, United States)",
        "When: 4 May 2026, 09:30 UTC",
        "Spoken: United States. Silent so far: India.",
        "No official readout yet.",
        "First contact in the log.",
    )


def test_titles_come_from_the_registry() -> None:
    term = Term("narendra-modi", "Narendra Modi", "IN", "head_of_government", "Prime Minister", None, None, "current")
    registry = Registry([Leader("narendra-modi", "Narendra Modi", terms=(term,))], NOW.date())
    assert "Narendra Modi (Prime Minister, India)" in said(desk=Desk(leaders=registry)).lines[0]


def test_where_it_comes_from_is_told_with_identity_and_both_clocks() -> None:
    assert said(desk=Desk(timezone="Europe/London")).source == (
        "@usamb.example (Ambassador) on Bluesky · identity pinned did:plc:abc · domain handle · verified by the platform"
        " · posted 4 May 2026, 11:00 BST (15:30 UTC+5:30 there)"
    )


@pytest.mark.parametrize(("confidence", "words"), [(0.99, "almost certain"), (0.8, "very likely"), (0.79, "likely"), (0.4, "possible"), (0.1, "doubtful")])
def test_confidence_is_told_in_words(confidence: float, words: str) -> None:
    assert said(after=contact(confidence=confidence)).headline.endswith(f"· {words}")


def test_just_is_said_for_two_hours_and_only_where_the_words_were_precise() -> None:
    assert "just" not in said(now=NOW + timedelta(hours=2, minutes=1)).headline
    assert "just" not in said(after=contact(when=Interval(NOW - timedelta(hours=10), NOW, "day"))).headline


def test_a_plan_shows_its_day_as_it_was_meant_in_delhi() -> None:
    planned = contact(status="upcoming", mode="visit", when=DAY, place=Place("New Delhi", "IN"), readout="none")
    message = said(after=planned)
    assert "visit planned, 10 May 2026" in message.headline
    assert "When: 10 May 2026 · Where: New Delhi, India" in message.lines
    assert not any("readout" in line for line in message.lines)


def test_a_confirmation_says_by_whom_and_how_long_after() -> None:
    both = contact(posts=(entry(), INDIA))
    message = said("confirmed", both, contact(), Detail("confirmed", "IN"), by=INDIA, now=NOW + timedelta(minutes=12))
    assert message.headline.endswith("call just held · confirmed: India")
    assert message.lines[0] == "Confirmed: India, 12 min after first word."
    assert "Both sides have spoken." in message.lines
    assert message.urgent


def test_a_readout_says_how_long_after_and_by_whom() -> None:
    out = replace(INDIA, form="readout", relation="readout", seen_at=NOW + timedelta(hours=1, minutes=52))
    message = said("readout", contact(posts=(entry(), out), readout="published"), contact(), Detail("readout", "IN"), by=out)
    assert "readout published: India" in message.headline
    assert "Readout published 1 h 52 min after first word, by @pmo.example." in message.lines
    assert "Readout: India." in message.lines


def test_a_readout_as_the_first_word_says_so() -> None:
    out = replace(INDIA, form="readout", relation="readout", seen_at=NOW)
    message = said("new", contact(posts=(out,), readout="published"), None, Detail("readout", "IN"), by=out)
    assert message.lines[0] == "The readout is the first word, by @pmo.example."


def test_a_readouts_delay_counts_from_the_word_that_it_took_place() -> None:
    plan = entry(post="at://plan", seen_at=NOW - timedelta(days=9), at=NOW - timedelta(days=9), claim=replace(CALL, status="upcoming"))
    out = replace(INDIA, form="readout", relation="readout", seen_at=NOW + timedelta(hours=3))
    held = contact(posts=(plan, entry(), out), opened_at=plan.seen_at, readout="published")
    message = said("readout", held, held, Detail("readout", "IN"), by=out)
    assert "Readout published 3 h after first word, by @pmo.example." in message.lines


def test_conflicting_accounts_are_told_side_by_side() -> None:
    denial = replace(INDIA, claim=replace(CALL, status="denied"), relation="denies", form="denial")
    torn = contact(posts=(entry(), denial), conflict="IN denies what US says")
    message = said("conflict", torn, contact(), Detail("conflict", torn.conflict or ""), by=denial)
    assert message.headline.endswith("accounts differ")
    assert "Accounts differ: India denies what United States says." in message.lines


def test_a_new_day_is_told_beside_the_old_one() -> None:
    old = contact(status="upcoming", mode="visit", when=DAY)
    new = replace(old, when=Interval(DAY.start + timedelta(days=3), DAY.end + timedelta(days=3), "day"))
    message = said("update", new, old, Detail("moved"))
    assert "new date" in message.headline
    assert "Moved from 10 May 2026 to 13 May 2026." in message.lines
    assert not message.urgent


def test_a_change_of_status_tells_both() -> None:
    message = said("cancelled", contact(status="cancelled", mode="visit"), contact(status="upcoming", mode="visit"), Detail("status", "cancelled"))
    assert "visit called off · source: United States" in message.headline
    assert "Now: visit called off (was: visit planned)." in message.lines


def test_that_a_visit_under_way_is_over_makes_no_sound() -> None:
    over = contact(mode="visit")
    assert said("update", over, contact(mode="visit", status="upcoming"), Detail("status", "happened")).urgent
    assert not said("update", over, contact(mode="visit", status="ongoing"), Detail("status", "happened")).urgent


def test_a_denial_says_who_denies() -> None:
    denial = entry(claim=replace(CALL, status="denied"), relation="denies")
    message = said("denied", contact(status="denied", posts=(denial,), readout="none"), None, by=denial)
    assert "call denied · source: United States" in message.headline
    assert "Denied by: United States." in message.lines


def test_many_parties_are_counted_in_the_headline_and_named_below() -> None:
    people = tuple(Participant(f"Leader {n}", "FR") for n in range(7))
    message = said(after=contact(parties=people, mode="summit"))
    assert "Leader 3 – 3 more: summit just held" in message.headline
    assert "Leader 6 (France)" in message.lines[0]


def test_an_unnamed_party_is_its_country_and_office() -> None:
    message = said(after=contact(parties=(TRUMP, Participant(None, "CO", None, "head_of_state"), Participant(None, "NATO"))))
    assert "🇨🇴 Colombia (head of state) – NATO: call" in message.headline


@pytest.mark.parametrize(("past", "line"), [
    (History(), "First contact in the log."),
    (History(2, 2, datetime(2026, 5, 2, tzinfo=UTC), "call"), "3rd contact this year; last: call, 2 May 2026."),
    (History(0, 4, datetime(2025, 12, 2, tzinfo=UTC), "visit"), "1st contact this year; 4 in the last 12 months before it; last: visit, 2 Dec 2025."),
    (History(0, 0, datetime(2024, 12, 2, tzinfo=UTC), "visit", ("x",)), "1st contact this year; last: visit, 2 Dec 2024; 1 more planned: x."),
])  # fmt: skip
def test_history_is_one_line(past: History, line: str) -> None:
    assert said(past=past).lines[-1] == line


def test_the_quote_marks_the_evidence() -> None:
    message = said()
    assert [message.quote[s:e] for s, e in message.quote_spans] == ["President Trump", "Prime Minister Modi", "spoke by phone"]
    assert message.quote_note == ""


def test_a_foreign_original_is_named() -> None:
    assert said(read=finding(lang="hi")).quote_note == "original in Hindi"


def test_a_deleted_post_is_not_quoted() -> None:
    assert said("source_deleted", author_post=post(parts={}, deleted=True)).quote == ""


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "https://a b", "https://user:pw@example.org", "http://[", "//example.org", "https:///x"])
def test_an_address_that_is_no_plain_web_address_is_no_link(url: str | None) -> None:
    assert said(author_post=post(url=url)).link is None


def test_the_review_desk_is_linked_where_there_is_one() -> None:
    assert said().review_link is None
    assert said(desk=Desk(review_url="https://desk.example/")).review_link == "https://desk.example/contact/mijar-doriz"


def test_names_from_a_post_are_cleaned() -> None:
    evil = Participant("\u202eEvil\r\nName\u200b @everyone" + "x" * 200, "US")
    headline = said(after=contact(parties=(MODI, evil))).headline
    assert "Evil Name @everyone" in headline
    assert "\n" not in headline
    assert "\u202e" not in headline
    assert len(headline) < 250


def test_an_alert_that_time_caused_names_the_first_word() -> None:
    message = said("overdue", contact(readout="overdue"), contact(), cause=None, now=NOW + timedelta(hours=12))
    assert message.source == "@usamb.example"
    assert message.link == "https://bsky.app/profile/usamb.example/post/1"
    assert message.quote == ""


def test_a_signing_key_never_shows() -> None:
    desk = Desk(signing_key="open sesame")
    assert "open sesame" not in repr(desk)
    assert "open sesame" not in repr(said(desk=desk))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=2000), st.sampled_from(["en", "fr", "es", "hi"]))
def test_whatever_a_post_holds_the_facts_stay_on_their_lines(name: str, place: str, text: str, language: str) -> None:
    odd = contact(parties=(Participant(name or None, "US"), MODI), place=Place(place))
    message = said(after=odd, author_post=post(parts={"text": text}), desk=Desk(language))
    assert len([message.headline, *message.lines, message.source]) == len("\n".join([message.headline, *message.lines, message.source]).splitlines())
    assert all(0 <= s < e <= len(message.quote) for s, e in message.quote_spans)


def test_a_call_of_hours_is_shown_to_the_minute() -> None:
    part = Interval(JUST_NOW.start, JUST_NOW.start + timedelta(hours=6), "part_of_day")
    assert "When: 4 May 2026, 09:30–15:30 UTC" in said(after=contact(when=part)).lines
