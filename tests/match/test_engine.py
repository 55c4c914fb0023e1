"""The engine's promises: what it reads out of single posts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.leaders import load
from monitor.match import MATCHER_VERSION, Matcher, RuleError, Rules, explain, resolve, trace
from monitor.model import Account, Finding, Holder

AT = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # a Tuesday
MACRON = Holder("Emmanuel Macron", "FR", "head_of_state", "leader", "emmanuel-macron", "Europe/Paris")
ENVOY = Holder("A. Envoy", "FR", "ambassador", "mission")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load())


def read(matcher: Matcher, text: str, holder: Holder | None = MACRON, at: datetime = AT) -> Finding:
    return matcher.match({"text": text}, holder, at)


def countries(finding: Finding) -> set[str | None]:
    return {who.country for who in finding.contacts[0].participants}


def test_the_holder_is_the_first_party_of_a_sentence_without_a_subject(matcher: Matcher) -> None:
    finding = read(matcher, "Had a great call with Prime Minister Narendra Modi.")
    assert finding.flagged
    assert [who.leader for who in finding.contacts[0].participants] == ["emmanuel-macron", "narendra-modi"]
    assert finding.contacts[0].mode == "call"


def test_an_ambassadors_own_meeting_is_below_leader_level(matcher: Matcher) -> None:
    assert not read(matcher, "Met today with Prime Minister Narendra Modi to discuss trade.", ENVOY).flagged


def test_an_envoy_tells_of_two_leaders(matcher: Matcher) -> None:
    finding = read(matcher, "President Macron just spoke with Prime Minister Modi. Stay tuned!", ENVOY)
    assert finding.flagged
    assert countries(finding) == {"FR", "IN"}


def test_a_title_with_a_country_is_resolved_by_the_posts_day(matcher: Matcher) -> None:
    earlier = read(matcher, "Spoke by phone with the German Chancellor this morning.", at=datetime(2019, 5, 2, 9, tzinfo=UTC))
    assert earlier.contacts[0].participants[1].leader == "angela-merkel"


def test_a_former_leader_is_no_party(matcher: Matcher) -> None:
    assert not read(matcher, "Good to see former Chancellor Angela Merkel in Paris, we talked about books.").flagged


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("My call with President Lula has been cancelled.", "cancelled"),
        ("Tomorrow I will meet Prime Minister Modi in New Delhi.", "upcoming"),
        ("I met Prime Minister Modi in New Delhi this morning.", "happened"),
        ("Just landed in New Delhi for talks with Prime Minister Modi.", "ongoing"),
        ("I did not speak with President Putin, whatever you read.", "denied"),
    ],
)
def test_polarity_and_tense_decide_the_status(matcher: Matcher, text: str, status: str) -> None:
    assert read(matcher, text).contacts[0].status == status


def test_two_contacts_of_one_post_are_two_claims(matcher: Matcher) -> None:
    finding = read(matcher, "I spoke by phone with Prime Minister Starmer. Tomorrow I will meet Chancellor Merz in Berlin.")
    assert [(claim.mode, claim.status) for claim in finding.contacts] == [("call", "happened"), ("meeting", "upcoming")]


def test_tomorrow_is_a_day_in_the_accounts_zone(matcher: Matcher) -> None:
    when = read(matcher, "Tomorrow I will meet Prime Minister Modi in New Delhi.").contacts[0].when
    assert when is not None
    assert (when.start, when.end) == (datetime(2026, 3, 3, 23, tzinfo=UTC), datetime(2026, 3, 4, 23, tzinfo=UTC))
    assert when.precision == "day"


def test_a_date_ahead_is_read_in_the_coming_year(matcher: Matcher) -> None:
    when = read(matcher, "On 12 January I will receive President Prabowo at the Élysée.").contacts[0].when
    assert when is not None
    assert when.start.year == 2027


def test_the_city_is_a_place_and_never_a_party(matcher: Matcher) -> None:
    claim = read(matcher, "Tomorrow I will meet Prime Minister Modi in Berlin.").contacts[0]
    assert claim.place is not None
    assert (claim.place.name, claim.place.country) == ("Berlin", "DE")
    assert {who.country for who in claim.participants} == {"FR", "IN"}


def test_a_quoted_post_counts_less_than_the_posts_own_words(matcher: Matcher) -> None:
    parts = {"text": "Lovely weather in Nice.", "quote": "I met Prime Minister Modi this morning."}
    assert all(proof.part == "quote" for proof in matcher.match(parts, MACRON, AT).evidence)  # type: ignore[arg-type]


def test_a_caption_under_a_picture_is_read(matcher: Matcher) -> None:
    finding = matcher.match({"text": "A good day.", "alt": "President Macron meets Prime Minister Modi"}, MACRON, AT)
    assert finding.flagged
    assert {proof.part for proof in finding.evidence} == {"alt"}


def test_an_ignored_phrase_wins_over_everything() -> None:
    matcher = Matcher(load(), Rules(watch=("modi",), ignore=("great call",)))
    finding = read(matcher, "Had a great call with Prime Minister Narendra Modi.")
    assert (finding.flagged, finding.reason) == (False, "ignored_phrase")


def test_a_watched_phrase_flags_a_post_with_its_evidence() -> None:
    matcher = Matcher(load(), Rules(watch=(r"red\s+folder",)))
    finding = read(matcher, "🇫🇷 The red  folder is open.")
    assert (finding.flagged, finding.reason) == (True, "watched_phrase")
    proof = finding.evidence[-1]
    assert "🇫🇷 The red  folder is open."[proof.start : proof.end] == "red  folder"


def test_extra_contact_words_are_read_as_their_mode() -> None:
    matcher = Matcher(load(), Rules(words={"call": ("hotline chat",)}))
    finding = read(matcher, "A hotline chat with Prime Minister Modi today.")
    assert finding.flagged
    assert finding.contacts[0].mode == "call"


def test_a_broken_pattern_is_refused_with_its_key() -> None:
    with pytest.raises(RuleError, match="watch"):
        Matcher(load(), Rules(watch=("(",)))


def test_every_no_has_a_named_reason_in_words(matcher: Matcher) -> None:
    for text in ("", "Happy birthday!", "In 1972 Nixon went to China.", "We call on Russia to stop.", "Met the mayor of Lyon."):
        finding = read(matcher, text)
        assert not finding.flagged
        assert finding.reason
        assert "not flagged" in explain(finding, {"text": text})[0]


def test_a_trace_names_parties_contact_words_and_weights(matcher: Matcher) -> None:
    lines = "\n".join(trace(matcher, {"text": "Had a great call with Prime Minister Modi."}, MACRON, AT))
    assert "party “Prime Minister Modi”: foreign Narendra Modi IN" in lines
    assert "contact word “call”" in lines
    assert "link=call|FL" in lines


def test_people_of_the_rules_count_as_leaders() -> None:
    matcher = Matcher(load(), Rules(people={"Jerome Q. Banker": "US"}))
    finding = read(matcher, "Had a great call with Jerome Q. Banker this morning.")
    assert finding.flagged
    assert countries(finding) == {"FR", "US"}


def test_the_holder_of_a_presidency_is_who_held_it_that_day() -> None:
    account = Account("bluesky", "elysee.fr", country="FR", kind="presidency")
    assert resolve(account, load(), datetime(2014, 5, 1, tzinfo=UTC).date()).leader == "francois-hollande"


def test_a_configured_holder_overrides_the_registry() -> None:
    account = Account("bluesky", "x", country="FR", kind="presidency", office="head_of_state", holder="Emmanuel Macron")
    assert resolve(account, load(), datetime(2014, 5, 1, tzinfo=UTC).date()).name == "Emmanuel Macron"


def test_the_version_names_code_and_data() -> None:
    assert MATCHER_VERSION.count("-") == 1
