"""When to ask again, and what the operator should know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account, Notice, Outcome, Post
from monitor.stages.cadence import COOL, Due, Pack, cool_down, first_due, spread, worst
from monitor.stages.health import Health, changes, standing

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACCOUNT = Account("bluesky", "elysee.fr", every=15.0)


def pack(name: str = "a", every: float = 15.0) -> Pack:
    return Pack("bluesky", (Account("bluesky", name),), every)


def test_packs_come_when_they_are_due_and_not_before() -> None:
    due, one, two = Due(), pack("one"), pack("two")
    due.put(one, 20)
    due.put(two, 10)
    assert due.take(9) is None
    assert due.next() == 10
    assert due.take(25) is two
    assert due.take(25) is one
    assert due.take(99) is None
    assert due.next() is None


def test_a_pack_that_was_moved_comes_once_at_its_new_time() -> None:
    due, one = Due(), pack()
    due.put(one, 10)
    due.put(one, 5)
    assert due.take(6) is one
    one.running = True
    assert due.take(99) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 100)), max_size=30), st.floats(0, 100))
def test_the_heap_never_gives_early_and_never_forgets(moves: list[tuple[int, float]], now: float) -> None:
    due, packs = Due(), [pack(str(number)) for number in range(6)]
    for number, at in moves:
        due.put(packs[number], at)
    expected = {number for number, _ in moves if packs[number].due <= now}
    taken = set()
    while (found := due.take(now)) is not None:
        found.running = True
        taken.add(packs.index(found))
    assert taken == expected


@pytest.mark.parametrize("kind", sorted(COOL))
def test_a_pause_grows_to_its_cap_and_is_never_shorter_than_the_cadence(kind: str) -> None:
    outcome = Outcome(kind)  # type: ignore[arg-type]
    pauses = [cool_down(outcome, failures, 15.0, NOW) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 15
    assert pauses[-1] == max(15.0, COOL[outcome.kind][1])
    assert cool_down(outcome, 1, 7200.0, NOW) == 7200


def test_what_the_platform_asked_for_decides() -> None:
    asked = Outcome("rate_limited", until=NOW + timedelta(seconds=90))
    assert cool_down(asked, 9, 15.0, NOW) == 90
    assert cool_down(asked, 1, 300.0, NOW) == 300
    assert cool_down(Outcome("rate_limited", until=NOW - timedelta(days=1)), 1, 15.0, NOW) == 30


@given(st.floats(0.1, 1e4), st.floats(0, 1), st.floats(0, 1))
def test_jitter_stays_within_its_share(pause: float, jitter: float, chance: float) -> None:
    assert pause * (1 - jitter) * 0.999 <= spread(pause, jitter, chance) <= pause * (1 + jitter) * 1.001


def test_first_polls_are_spread_but_start_within_two_seconds() -> None:
    offsets = [first_due(place, 1000, 60.0) for place in range(1000)]
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    assert offsets[-1] < 2


def test_one_good_outcome_keeps_a_pack_at_its_cadence() -> None:
    assert worst([Outcome("gone"), Outcome("ok")]).kind == "ok"
    assert worst([Outcome("unreachable"), Outcome("auth")]).kind == "auth"
    assert worst([]).kind == "bad_content"


def state(kind: str = "unreachable", failures: int = 5, last_success: timedelta | None = None) -> Health:
    made = Health(NOW - timedelta(days=9))
    made.last_success = NOW - last_success if last_success is not None else None
    made.outcome, made.failures = Outcome(kind, "why"), failures  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (state(last_success=timedelta(minutes=9)), False),
        (state(last_success=timedelta(minutes=11)), True),
        (state(), True),
        (state("auth", failures=1), False),
        (state("auth", failures=2, last_success=timedelta(seconds=30)), True),
        (state("gone", failures=2, last_success=timedelta(seconds=30)), True),
        (state("ok", failures=0), False),
    ],
)
def test_when_an_account_counts_as_unreachable(health: Health, told: bool) -> None:
    assert bool(standing({ACCOUNT.key: ACCOUNT}, {ACCOUNT.key: health}, NOW)) is told


def test_a_slow_account_gets_three_intervals_before_it_is_told() -> None:
    slow = Account("feed", "ministry", every=3600.0)
    assert not standing({slow.key: slow}, {slow.key: state(last_success=timedelta(hours=2))}, NOW)
    assert standing({slow.key: slow}, {slow.key: state(last_success=timedelta(hours=4))}, NOW)


def test_an_account_that_fell_silent_is_told() -> None:
    health = state("ok", failures=0, last_success=timedelta(0))
    health.usual_gap, health.last_post = 7200.0, NOW - timedelta(hours=23)
    assert not standing({ACCOUNT.key: ACCOUNT}, {ACCOUNT.key: health}, NOW)
    health.last_post = NOW - timedelta(hours=25)
    (notice,) = standing({ACCOUNT.key: ACCOUNT}, {ACCOUNT.key: health}, NOW).values()
    assert notice.kind == "account_silent"
    assert "usually every 2 hours" in notice.text
    health.usual_gap = 86400.0
    assert not standing({ACCOUNT.key: ACCOUNT}, {ACCOUNT.key: health}, NOW)


def test_only_what_changed_is_told_and_others_notices_are_left_alone() -> None:
    now_standing = {"account:a": Notice("account:a", "account_unreachable", "x")}
    assert changes({}, now_standing) == [now_standing["account:a"]]
    assert changes({"account:a": "account_unreachable", "channel:desk": "channel_suspended"}, now_standing) == []
    (over,) = changes({"account:a": "account_unreachable", "channel:desk": "channel_suspended"}, {})
    assert (over.key, over.resolved) == ("account:a", True)


def test_the_usual_gap_follows_the_dates_whatever_the_order() -> None:
    health = Health(NOW)
    ages = [1, 5, 3, 2, 4]
    health.posted([Post(f"k{age}", "v", "a", {}, NOW, NOW - timedelta(hours=age)) for age in ages])
    assert health.usual_gap == 3600
    assert health.last_post == NOW - timedelta(hours=1)
    health.posted([Post("old", "v", "a", {}, NOW, NOW - timedelta(days=900))])
    assert health.last_post == NOW - timedelta(hours=1)
