"""Which channels an alert goes to, when, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from monitor.decision import NewDelivery, Silence
from monitor.model import Claim, Contact, ContactPost, Participant
from monitor.route import FLOOD, Facts, Quiet, Route, Rules, deliveries, parse

NOW = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)  # a Monday
PARTIES = (Participant("Donald Trump", "US", "donald-trump"), Participant("Narendra Modi", "IN", "narendra-modi"))
POST = ContactPost("test/1", "test:potus", "US", "presidency", "announces", "announcement", Claim("call", "happened", PARTIES, 0.8), NOW, NOW)
CONTACT = Contact("babab-babab", PARTIES, "call", "happened", 0.8, NOW, NOW, posts=(POST,))
FACTS = Facts("new", CONTACT, account="test:potus", tier=1, language="en", text="Just spoke with PM Modi")


def routed(facts: Facts, *routes: Route, silences: tuple[Silence, ...] = (), sent: int = 0, now: datetime = NOW, **rules: Any) -> list[NewDelivery]:
    return list(deliveries(facts, Rules(routes, **rules), silences, lambda _: sent, now))


def channels(*routes: Route, facts: Facts = FACTS) -> list[str]:
    return [d.channel for d in routed(facts, *routes)]


def test_without_routes_everything_goes_to_every_channel() -> None:
    assert routed(FACTS, channels=("a", "b")) == [NewDelivery("a"), NewDelivery("b")]


def test_every_route_that_matches_adds_its_channels_once() -> None:
    assert channels(Route(("a", "b")), Route(("b", "c"))) == ["a", "b", "c"]


def test_stop_ends_the_search_at_the_first_match() -> None:
    assert channels(Route(("x",), modes=frozenset({"visit"}), stop=True), Route(("a",), stop=True), Route(("b",))) == ["a"]


@pytest.mark.parametrize(("fits", "fails"), [
    ({"leaders": {"narendra-modi"}}, {"leaders": {"emmanuel-macron"}}),
    ({"countries": {"IN", "FR"}}, {"countries": {"FR"}}),
    ({"pairs": {frozenset({"IN", "US"})}}, {"pairs": {frozenset({"IN", "FR"})}}),
    ({"modes": {"call", "video"}}, {"modes": {"visit"}}),
    ({"statuses": {"happened"}}, {"statuses": {"upcoming"}}),
    ({"kinds": {"new"}}, {"kinds": {"confirmed"}}),
    ({"tiers": {1, 2}}, {"tiers": {2}}),
    ({"accounts": {"test:potus"}}, {"accounts": {"test:other"}}),
    ({"languages": {"en"}}, {"languages": {"hi"}}),
    ({"min_confidence": 0.8}, {"min_confidence": 0.81}),
    ({"max_confidence": 0.8}, {"max_confidence": 0.79}),
])  # fmt: skip
def test_a_route_looks_at(fits: dict[str, Any], fails: dict[str, Any]) -> None:
    def route(keys: dict[str, Any]) -> Route:
        fields: dict[str, Any] = {k: frozenset(v) if isinstance(v, set) else v for k, v in keys.items()}
        return Route(("a",), **fields)

    assert channels(route(fits)) == ["a"]
    assert channels(route(fails)) == []


def test_a_language_with_a_region_is_its_language() -> None:
    assert channels(Route(("a",), languages=frozenset({"pt"})), facts=replace(FACTS, language="pt-BR")) == ["a"]


def test_what_time_brings_about_is_told_only_where_the_contact_is_known() -> None:
    facts = replace(FACTS, kind="overdue", account=None, tier=None, language=None, told=frozenset({"a"}))
    assert channels(Route(("a", "b")), facts=facts) == ["a"]


def test_a_correction_reaches_everyone_who_was_told_whatever_the_routes_say() -> None:
    facts = replace(FACTS, kind="source_deleted", told=frozenset({"a", "b"}))
    routes = Route(("a", "b"), kinds=frozenset({"new"})), Route(("c",))
    assert channels(*routes, facts=facts) == ["c", "a", "b"]


def test_a_correction_is_not_queued_for_a_channel_that_is_gone() -> None:
    facts = replace(FACTS, kind="denied", told=frozenset({"gone"}))
    assert channels(Route(("a",), kinds=frozenset({"new"})), facts=facts) == []


def test_a_correction_does_not_overtake_what_quiet_hours_hold() -> None:
    facts = replace(FACTS, kind="denied", told=frozenset({"a"}))
    route = Route(("a",), kinds=frozenset({"new"}), quiet=Quiet(time(22), time(7)))
    assert routed(facts, route) == [NewDelivery("a", next_at=datetime(2026, 5, 5, 7, tzinfo=UTC))]


def test_an_alert_that_is_not_to_be_sent_says_why() -> None:
    assert routed(replace(FACTS, quiet="baseline"), Route(("a",))) == [NewDelivery("a", "suppressed", "baseline")]


@pytest.mark.parametrize(("kind", "values", "covered"), [
    ("leader", ("narendra-modi",), True), ("leader", ("emmanuel-macron",), False),
    ("country", ("US",), True), ("country", ("FR",), False),
    ("pair", ("US", "IN"), True), ("pair", ("US", "FR"), False), ("pair", ("donald-trump", "IN"), True),
    ("account", ("test:potus",), True), ("account", ("test:other",), False),
    ("phrase", ("pm modi",), True), ("phrase", ("summit",), False),
    ("contact", ("babab-babab",), True), ("contact", ("other",), False),
])  # fmt: skip
def test_a_silence_covers_what_it_names_and_shows_on_what_it_suppressed(kind: Any, values: tuple[str, ...], covered: bool) -> None:
    silence = Silence(7, kind, values, NOW + timedelta(hours=1), "ann")
    (delivery,) = routed(FACTS, Route(("a",)), silences=(silence,))
    assert delivery.state == ("suppressed" if covered else "queued")
    if covered:
        assert delivery.reason == f"silence 7: {kind} {', '.join(values)} until 2026-05-04 23:30 UTC"


@pytest.mark.parametrize(("quiet", "timezone", "next_at"), [
    (Quiet(time(22), time(7)), "UTC", datetime(2026, 5, 5, 7, tzinfo=UTC)),
    (Quiet(time(22), time(7)), "Asia/Kolkata", datetime(2026, 5, 5, 1, 30, tzinfo=UTC)),  # 04:00 there
    (Quiet(time(22), time(23)), "UTC", datetime(2026, 5, 4, 23, tzinfo=UTC)),
    (Quiet(time(9), time(17)), "UTC", None),
    (Quiet(time(0), time(0)), "UTC", datetime(2026, 5, 5, 0, tzinfo=UTC)),
    (Quiet(time(22), time(7), frozenset({"mon"})), "UTC", datetime(2026, 5, 5, 7, tzinfo=UTC)),
    (Quiet(time(22), time(7), frozenset({"tue"})), "UTC", None),
])  # fmt: skip
def test_quiet_hours_hold_an_alert_until_they_end(quiet: Quiet, timezone: str, next_at: datetime | None) -> None:
    assert routed(FACTS, Route(("a",), quiet=quiet), timezone=timezone) == [NewDelivery("a", next_at=next_at)]


def test_quiet_hours_that_began_yesterday_still_hold() -> None:
    early = datetime(2026, 5, 5, 3, tzinfo=UTC)
    quiet = Quiet(time(22), time(7), frozenset({"mon"}))
    assert routed(FACTS, Route(("a",), quiet=quiet), now=early) == [NewDelivery("a", next_at=datetime(2026, 5, 5, 7, tzinfo=UTC))]


def test_quiet_hours_may_drop() -> None:
    quiet = Quiet(time(22), time(7), drop=True)
    assert routed(FACTS, Route(("a",), quiet=quiet)) == [NewDelivery("a", "suppressed", "quiet hours")]


def test_a_digest_gathers() -> None:
    assert routed(FACTS, Route(("a",), digest=parse("0 7 * * 1-5"))) == [NewDelivery("a", "suppressed", "digest 0 7 * * 1-5")]


def test_of_several_routes_to_one_channel_the_soonest_holds() -> None:
    quiet = Quiet(time(22), time(7))
    slow = (Route(("a",), digest=parse("hourly")), Route(("a",), quiet=quiet))
    assert routed(FACTS, *slow) == [NewDelivery("a", next_at=datetime(2026, 5, 5, 7, tzinfo=UTC))]
    assert routed(FACTS, *slow, Route(("a",))) == [NewDelivery("a")]


def test_a_flood_is_held_back_for_a_digest() -> None:
    assert routed(FACTS, Route(("a",)), sent=29)[0].state == "queued"
    assert routed(FACTS, Route(("a",)), sent=30) == [NewDelivery("a", "suppressed", FLOOD)]
