"""An account that does not write as it used to: less is believed, the alert says why, and nothing is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.leaders import load
from monitor.match import Matcher
from monitor.model import Claim, Finding
from monitor.suspicion import ENOUGH, FACTOR, MANY, Doubt, Habits, doubted, doubts
from tests.faults.bed import START, Hand, claim, plan, process, rows, say
from tests.real.receiver import Receiver

AT = datetime(2026, 5, 2, 10, tzinfo=UTC)


def habits(gap: timedelta = timedelta(hours=6), posts: int = 60, last: timedelta = timedelta(hours=6), lang: str = "fr") -> Habits:
    return Habits(tuple(AT - last - n * gap for n in range(posts)), (lang,) * posts)


def test_an_account_that_writes_as_ever_is_not_doubted() -> None:
    assert doubts("fr", AT, habits()) == ()


def test_a_language_never_used_before_is_a_hint() -> None:
    assert doubts("ru", AT, habits()) == (Doubt("language", "ru"),)


def test_the_same_language_of_another_region_is_none() -> None:
    assert doubts("pt-BR", AT, habits(lang="pt_PT")) == ()


def test_a_language_that_is_not_known_is_no_hint() -> None:
    assert doubts(None, AT, habits()) == ()


@pytest.mark.parametrize("posts", [0, 1, ENOUGH // 2 - 1])
def test_an_account_hardly_known_has_no_habits(posts: int) -> None:
    assert doubts("ru", AT, habits(posts=posts, last=timedelta(days=900))) == ()


def test_many_posts_within_minutes_are_a_hint_where_posts_are_rare() -> None:
    burst = tuple(AT - timedelta(seconds=20 * n) for n in range(1, MANY))
    rare, chatty = habits(), habits(gap=timedelta(minutes=5))
    assert doubts("fr", AT, Habits(burst + rare.times, rare.languages)) == (Doubt("burst", str(MANY)),)
    assert doubts("fr", AT, Habits(burst + chatty.times, chatty.languages)) == ()
    assert doubts("fr", AT, Habits(burst[1:] + rare.times, rare.languages)) == ()


def test_a_word_after_months_of_silence_is_a_hint_unless_such_is_the_habit() -> None:
    assert doubts("fr", AT, habits(last=timedelta(days=200))) == (Doubt("awake", "200"),)
    assert doubts("fr", AT, habits(gap=timedelta(days=30), last=timedelta(days=200))) == ()


@given(st.integers(0, 3), st.floats(0, 1))
def test_each_hint_takes_its_share_and_the_post_stays_flagged(hints: int, confidence: float) -> None:
    found = Finding(flagged=True, confidence=confidence, reason="call", form="announcement", contacts=(Claim("call", "happened", (), confidence),))
    less = doubted(found, [Doubt("awake", "99")] * hints)
    assert less.flagged
    assert less.confidence == less.contacts[0].confidence == pytest.approx(confidence * FACTOR**hints)


@given(st.lists(st.datetimes(), max_size=80), st.datetimes(), st.sampled_from(["fr", "ru", None]))
def test_any_history_gives_hints_or_none(times: list[datetime], at: datetime, lang: str | None) -> None:
    zoned = tuple(t.replace(tzinfo=UTC) for t in times)
    assert len(doubts(lang, at.replace(tzinfo=UTC), Habits(zoned, ("fr",) * len(zoned)))) <= 3


async def test_the_alert_of_an_unusual_post_says_so_and_is_less_sure(tmp_path: Path) -> None:
    receiver, hand = Receiver(), Hand()
    made = plan(tmp_path, receiver.url, Matcher(load()))
    usual = "Notre consulat est fermé lundi, comme chaque année à cette date, et rouvrira mardi matin."
    try:
        async with process(made, hand) as running:
            for number in range(ENOUGH + 5):
                at = START - timedelta(hours=6 * (number + 1))
                say(tmp_path, {"id": f"{number}", "account": "fr", "text": usual, "lang": "fr", "created_at": at.isoformat()})
            await running.look()
            say(tmp_path, {**claim("FR", "DE", START), "lang": "en"}, {**claim("DE", "IT", START), "lang": "en"})
            await running.look()
    finally:
        receiver.stop()
    odd, plain = rows(made.database, "SELECT a.message, c.confidence FROM alerts a JOIN contacts c ON c.id = a.contact ORDER BY c.confidence")
    assert "does not usually write in English" in odd["message"]
    assert "Unusual" not in plain["message"]
    assert odd["confidence"] == pytest.approx(plain["confidence"] * FACTOR, abs=0.02)
