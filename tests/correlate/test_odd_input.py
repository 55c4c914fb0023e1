"""Findings and contacts that are not as usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import compose, correlate
from monitor.decision import Work
from monitor.model import (
    Claim,
    Contact,
    Evidence,
    Finding,
    Form,
    History,
    Interval,
    Mode,
    Participant,
    Place,
    Post,
    Precision,
    Status,
)
from tests.correlate.scenario import Book, account, play

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)


def work(name: str = "gb.pmo", **changes: object) -> Work:
    return Work(1, 1, 1, Post("test/1", "1", f"test:{name}", {"text": "x"}, NOW, NOW), replace(account(name), **changes), "live")  # type: ignore[arg-type]


def test_a_watched_phrase_alone_opens_a_contact_of_the_accounts_country() -> None:
    finding = Finding(True, 0.5, "watched_phrase", "other")
    (change,) = correlate.correlate(work(), finding, Book(), NOW, correlate.Settings())
    assert change.kind == "new"
    assert [p.country for p in change.after.parties] == ["GB"]


def test_a_watched_phrase_of_an_account_of_no_country_is_told_all_the_same() -> None:
    finding = Finding(True, 0.5, "watched_phrase", "other")
    (change,) = correlate.correlate(work(country=None), finding, Book(), NOW, correlate.Settings())
    assert change.kind == "new"
    assert change.after.parties == ()


def test_a_post_from_the_year_one_is_an_old_post() -> None:
    run = play("10:00 gb.pmo announcement call happened GB:starmer+FR:macron -> A new announces")
    post = replace(work().post, created_at=datetime.min.replace(tzinfo=UTC))
    (change,) = correlate.correlate(replace(work(), post=post), run.posts["P1"][1], Book(), NOW, correlate.Settings())
    assert change.quiet == "old post"
    cause = compose.Cause(post, account("gb.pmo"), run.posts["P1"][1])
    assert compose.alert(change, compose.Setting(compose.Desk("en", "America/Los_Angeles"), NOW, History(), cause)).source


def test_the_hours_of_what_is_under_way_are_not_taken_from_nowhere() -> None:
    parties = (Participant("Starmer", "GB", "starmer"), Participant("Macron", "FR", "macron"))
    around = Interval(NOW - timedelta(hours=6), NOW + timedelta(hours=6), "part_of_day")
    said = Claim("visit", "ongoing", parties, 0.9, around, evidence=(Evidence("text", 0, 1, "trigger"),))
    told = replace(said, evidence=(*said.evidence, Evidence("text", 0, 1, "when")))
    for claim, when in ((said, None), (told, around)):
        finding = Finding(True, 0.9, "yes", "announcement", (claim,))
        (change,) = correlate.correlate(work(), finding, Book(), NOW, correlate.Settings())
        assert change.after.when == when


def test_an_unflagged_finding_opens_nothing_whatever_it_claims() -> None:
    run = play("10:00 gb.pmo announcement call happened GB:starmer+FR:macron -> A new announces")
    _, finding = run.posts["P1"]
    assert correlate.correlate(work(), replace(finding, flagged=False), Book(), NOW, correlate.Settings()) == ()


def test_an_imported_contact_keeps_what_its_posts_do_not_say() -> None:
    parties = (Participant("Starmer", "GB", "starmer"), Participant("Macron", "FR", "macron"))
    day = Interval(NOW - timedelta(hours=10), NOW + timedelta(hours=14), "day")
    run = play("")
    run.book.contacts["babab-babab"] = Contact("babab-babab", parties, "call", "happened", 1.0, NOW, NOW, when=day, place=Place("London"))
    run.line("d1 12:00 gb.pmo announcement call happened GB:starmer+FR")
    (contact,) = run.book.contacts.values()
    assert (contact.when, contact.place, contact.parties) == (day, Place("London"), parties)
    assert len(contact.posts) == 1


def test_an_account_without_a_country_speaks_for_its_holders() -> None:
    run = play("10:00 gb.pmo announcement call happened GB:starmer+FR:macron -> A new announces")
    _, finding = run.posts["P1"]
    (change,) = correlate.correlate(work(country=None, holder="Starmer"), finding, Book(), NOW, correlate.Settings())
    assert change.entry is not None
    assert change.entry.side == "GB"


def test_the_readout_of_a_pair_may_be_due_sooner() -> None:
    soon = correlate.Settings(readout_pairs={frozenset({"GB", "FR"}): timedelta(hours=1)})
    play(
        """
        10:00 gb.pmo announcement call happened GB:starmer+FR:macron -> A new announces
        10:59 due -> none
        11:00 due -> A overdue
        """,
        soon,
    )


instants = st.integers(-(10**6), 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
people = st.builds(
    Participant,
    st.none() | st.text(max_size=20),
    st.none() | st.sampled_from(["US", "IN", "EU", "AFRICAN_UNION", "zz"]),
    st.none() | st.sampled_from(["a", "b"]),
    st.none() | st.sampled_from(["head_of_state", "foreign_minister", "none", "tsar"]),
)
intervals = st.tuples(instants, st.integers(0, 10**6), st.sampled_from(get_args(Precision))).map(
    lambda t: Interval(t[0], t[0] + timedelta(seconds=t[1]), t[2])
)
claims = st.builds(
    Claim, st.sampled_from(get_args(Mode)), st.sampled_from(get_args(Status)), st.lists(people, max_size=4).map(tuple), st.floats(0, 1),
    st.none() | intervals, st.none() | st.builds(Place, st.text(max_size=20), st.none() | st.just("FR")), st.just(()),
    st.lists(st.builds(Evidence, st.just("text"), st.integers(0, 40), st.integers(0, 40), st.sampled_from(["again", "party"])), max_size=2).map(tuple),
)  # fmt: skip
findings = st.builds(Finding, st.booleans(), st.floats(0, 1), st.text(max_size=5), st.sampled_from(get_args(Form)), st.lists(claims, max_size=3).map(tuple))


@settings(max_examples=60)
@given(st.lists(st.tuples(findings, st.integers(0, 3), st.booleans(), instants), max_size=8), st.sampled_from(sorted(compose.LANGUAGES)))
def test_whatever_findings_say_they_become_contacts_and_words(said: list[tuple[Finding, int, bool, datetime]], language: str) -> None:
    book = Book()
    for number, (finding, which, deleted, at) in enumerate(said):
        name = ("gb.pmo", "us.pres", "in.mfa", "fr.news")[which]
        post = Post(f"test/{which}", str(number), f"test:{name}", {} if deleted else {"text": "x" * 40}, NOW, at, deleted=deleted)
        job = Work(number, which, number + 1, post, account(name), "live")
        changes = correlate.correlate(job, finding, book, NOW, correlate.Settings())
        book.write(changes)
        for change in changes:
            assert change.before is None or change.before.id == change.after.id
            assert 0.0 <= change.after.confidence <= 1.0
            if change.kind:
                around = compose.Setting(compose.Desk(language, "Asia/Kolkata"), NOW, History(), compose.Cause(post, account(name), finding))
                message = compose.alert(change, around)
                assert message.headline
                assert "\n" not in message.headline
        for contact in book.contacts.values():
            for due in (correlate.overdue(contact, NOW + timedelta(days=1)), correlate.lapsed(contact, NOW + timedelta(days=99))):
                if due is not None:
                    assert compose.alert(due, compose.Setting(compose.Desk(language), NOW)).headline
