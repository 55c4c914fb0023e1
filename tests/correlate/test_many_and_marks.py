"""Scenarios: talks of many, edits and deletions, silence of the log (baseline, old posts), time, and what people decide."""

from __future__ import annotations

import pytest

from tests.correlate.scenario import play

TABLES = {
    "three-party talks told by each of the three": """
        10:00 gb.pmo  announcement call happened GB:starmer+FR:macron+DE:merz -> A new announces
        10:10 fr.pres announcement call happened FR:macron+DE:merz+GB:starmer -> A confirmed confirms
        10:20 de.pmo  announcement call happened DE:merz+GB:starmer+FR:macron -> A confirmed confirms
        = A call happened spoken=DE,FR,GB parties=Macron+Merz+Starmer
    """,
    "a trilateral and a bilateral meeting of one morning are two": """
        10:00 in.pmo announcement meeting happened IN:modi+JP:ishiba+AU:albanese -> A new announces
        11:00 in.pmo announcement meeting happened IN:modi+JP:ishiba -> B new announces
        11:20 jp.pmo announcement meeting happened JP:ishiba+IN:modi -> B confirmed confirms
    """,
    "an account that names three and then two tells of two calls": """
        10:00 gb.pmo announcement call happened GB:starmer+FR:macron+DE:merz -> A new announces
        11:00 gb.pmo announcement call happened GB:starmer+FR:macron -> B new announces
    """,
    "with the other party unknown only what follows at once is the same": """
        10:00 gb.pmo announcement call happened GB:starmer -> A new announces
        10:20 gb.press announcement call happened GB:starmer -> A - repeats
        15:00 gb.pmo announcement call happened GB:starmer -> B new announces
    """,
    "two watched phrases of one country are two": """
        10:00 gb.pmo announcement unspecified happened GB -> A new announces
        10:20 gb.pmo announcement unspecified happened GB -> B new announces
    """,
    "a side that names only two of three": """
        10:00 gb.pmo  announcement call happened GB:starmer+FR:macron+DE:merz -> A new announces
        10:10 fr.pres announcement call happened FR:macron+GB:starmer -> A confirmed confirms
    """,
    "a third leader turns out to have taken part": """
        10:00 fr.pres announcement call happened FR:macron+GB:starmer -> A new announces
        10:10 gb.pmo  announcement call happened GB:starmer+FR:macron+DE:merz -> A confirmed confirms
        = A call happened parties=Macron+Merz+Starmer
    """,
    "bilateral talks at a summit are contacts of their own": """
        09:00 za.pres announcement summit happened ZA:ramaphosa+FR:macron+IN:modi+BR:lula -> A new announces
        11:00 fr.pres announcement meeting happened FR:macron+IN:modi -> B new announces
        11:30 in.pmo  announcement meeting happened IN:modi+FR:macron -> B confirmed confirms
        15:00 br.pres announcement summit happened BR:lula+ZA:ramaphosa+FR:macron+IN:modi -> A confirmed confirms
    """,
    "the head of an international organisation is a side": """
        10:00 un.org  announcement call happened UN:guterres+TR:erdogan -> A new announces
        10:30 tr.pres announcement call happened TR:erdogan+UN:guterres -> A confirmed confirms
        = A call happened spoken=TR,UN
    """,
    "the only post is deleted": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:30 delete W -> A source_deleted withdrawn
        = A call happened spoken= readout=none
    """,
    "a deleted repeat is no news": """
        10:00 in.pmo announcement call happened IN:modi+US:trump -> A new announces
        R: 10:10 in.mfa announcement call happened IN:modi+US:trump -> A - repeats
        10:30 delete R -> A - withdrawn
    """,
    "a repeat that is the last word standing is news when it goes": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        R: 10:10 in.mfa announcement call happened IN:modi+US:trump -> A - repeats
        10:30 delete W -> A source_deleted withdrawn
        10:40 delete R -> A source_deleted withdrawn
    """,
    "a post that is put up again in other words and then taken down is no news": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:02 in.amb announcement call happened IN:modi+US:trump -> A - repeats
        10:03 delete W -> A - withdrawn
    """,
    "a post that is taken down and put up again is told as said again and not as confirmed": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:02 delete W -> A source_deleted withdrawn
        10:03 in.amb announcement call happened IN:modi+US:trump -> A update updates
        10:20 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
    """,
    "a deleted denial ends the conflict": """
        10:00 us.pres announcement call happened US:trump+CN:xi -> A new announces
        D: 11:00 cn.mfa denial call denied CN:xi+US:trump -> A conflict denies
        12:00 delete D -> A source_deleted withdrawn
        = A call happened conflict=
    """,
    "a deletion seen twice is told once": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:30 delete W -> A source_deleted withdrawn
        10:31 delete W -> none
    """,
    "a deletion weeks later is kept and not told": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        d20 10:30 delete W -> A - withdrawn
    """,
    "an edit that keeps the claim is no news": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:05 edit W announcement call happened IN:modi+US:trump -> A - announces
    """,
    "an edit that takes the claim out is told": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:05 edit W nothing -> A source_deleted withdrawn
    """,
    "an edit that calls the meeting off": """
        W: 10:00 in.pmo announcement meeting upcoming IN:modi+US:trump when=d5 -> A new announces
        11:00 edit W announcement meeting cancelled IN:modi+US:trump when=d5 -> A cancelled cancels
    """,
    "an edit that moves the date": """
        W: 10:00 in.pmo announcement meeting upcoming IN:modi+US:trump when=d5 -> A new announces
        11:00 edit W announcement meeting upcoming IN:modi+US:trump when=d6 -> A update announces
    """,
    "an edit that adds the leader's name": """
        W: 10:00 in.pmo announcement meeting upcoming IN:modi+US when=d5 -> A new announces
        11:00 edit W announcement meeting upcoming IN:modi+US:trump when=d5 -> A update announces
    """,
    "an edit that names somebody else ends one contact and opens another": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:05 edit W announcement call happened IN:modi+FR:macron -> A source_deleted withdrawn; B new announces
    """,
    "an edit back to what was said restores it": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:05 edit W nothing -> A source_deleted withdrawn
        10:09 edit W announcement call happened IN:modi+US:trump -> A update announces
        = A call happened spoken=IN
    """,
    "an edited deleted contact is confirmed by the other side": """
        W: 10:00 in.amb announcement call happened IN:modi+US:trump -> A new announces
        10:30 delete W -> A source_deleted withdrawn
        11:00 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
        = A call happened spoken=US readout=awaited
    """,
    "what the first poll finds is known and not told, its confirmation is": """
        10:00 in.pmo  announcement call happened IN:modi+US:trump origin=baseline at=08:00 -> A new announces (baseline)
        10:30 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
    """,
    "what the first poll found is told with the first fresh word even by the same side": """
        10:00 in.pmo announcement call happened IN:modi+US:trump origin=baseline at=08:00 -> A new announces (baseline)
        10:30 in.mfa announcement call happened IN:modi+US:trump -> A update repeats
        10:40 in.amb announcement call happened IN:modi+US:trump -> A - repeats
    """,
    "the deletion of what was never told is not told": """
        W: 10:00 in.pmo announcement call happened IN:modi+US:trump origin=baseline at=08:00 -> A new announces (baseline)
        10:30 delete W -> A source_deleted withdrawn (never told)
    """,
    "an old post that comes to light is not told": """
        d2 10:00 in.pmo announcement call happened IN:modi+US:trump at=d1T08:00 -> A new announces (old post)
    """,
    "a readout that is overdue is told once and still told when it comes": """
        10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        21:59 due -> none
        22:01 due -> A overdue
        23:00 due -> none
        d2 09:00 us.press readout call happened US:trump+IN:modi -> A readout readout
        = A call happened readout=published
    """,
    "nobody waits for the readout of a letter": """
        10:00 gb.pmo announcement letter happened GB:starmer+FR:macron -> A new announces
        d3 10:00 due -> none
    """,
    "an untold contact is not overdue aloud": """
        10:00 in.pmo announcement call happened IN:modi+US:trump origin=baseline at=08:00 -> A new announces (baseline)
        d2 10:00 due -> A overdue (never told)
    """,
    "a plan whose time passes lapses once": """
        d1 10:00 it.pmo announcement meeting upcoming IT:meloni+AL:rama when=d3 -> A new announces
        d3 23:00 due -> none
        d4 07:00 due -> A lapsed
        d5 07:00 due -> none
        = A meeting upcoming lapsed=True
    """,
    "a lapsed plan that was held after all comes back": """
        d1 10:00 it.pmo announcement meeting upcoming IT:meloni+AL:rama when=d3 -> A new announces
        d4 07:00 due -> A lapsed
        d4 09:00 al.pmo readout meeting happened AL:rama+IT:meloni when=d3 -> A update readout
        = A meeting happened lapsed=False readout=published
    """,
    "two contacts that are one are merged and the next post joins": """
        d1 10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        d2 20:00 in.pmo  announcement call happened IN:modi+US:trump -> B new announces
        d2 21:00 merge A B -> A -; B update
        d2 22:00 in.mfa readout call happened IN:modi+US:trump -> A readout readout
        = A call happened spoken=IN,US posts=3
        = B call happened into=A
    """,
    "one contact that is two is split and stays split": """
        F: 08:00 us.pres announcement call happened US:trump+IL:netanyahu -> A new announces
        S: 12:00 il.pmo announcement call happened IL:netanyahu+US:trump -> A confirmed confirms
        13:00 split A S -> A -; B new
        13:30 edit S announcement call happened IL:netanyahu+US:trump when=12:00 -> B - announces
        = A call happened spoken=US
        = B call happened spoken=IL
    """,
    "what becomes of the posts of a retracted contact is not told": """
        W: 10:00 us.amb announcement meeting upcoming US:trump+IN:modi when=d3 -> A new announces
        10:30 retract A -> A retracted
        11:00 edit W announcement meeting cancelled US:trump+IN:modi when=d3 -> A - cancels
        11:10 delete W -> A - withdrawn
        d9 10:00 due -> none
    """,
    "a plan whose only post was deleted does not lapse aloud": """
        W: d1 10:00 it.pmo announcement meeting upcoming IT:meloni+AL:rama when=d3 -> A new announces
        d1 11:00 delete W -> A source_deleted withdrawn
        d4 07:00 due -> none
    """,
    "a post that recalls last month's call is kept and not told": """
        d20 10:00 it.pmo follow_up call happened IT:meloni+AL:rama when=d3 -> A new announces (long past)
        d20 11:00 it.pmo announcement call happened IT:meloni+AL:rama when=d19 -> B new announces
    """,
    "a retracted contact takes no further posts": """
        10:00 us.amb announcement call happened US:trump+IN:modi -> A new announces
        10:30 retract A -> A retracted
        11:00 in.pmo announcement call happened IN:modi+US:trump -> B new announces
        d3 10:00 due -> B overdue
        = A call happened retracted=True
    """,
}


@pytest.mark.parametrize("name", TABLES)
def test_when(name: str) -> None:
    play(TABLES[name])


def test_a_replay_in_another_order_keeps_what_people_merged() -> None:
    lines = (
        "ONE: d1 10:00 us.pres announcement call happened US:trump+IN:modi",
        "TWO: d2 20:00 in.pmo announcement call happened IN:modi+US:trump",
    )
    first = play("\n".join([f"{lines[0]} -> A new announces", f"{lines[1]} -> B new announces", "d2 21:00 merge A B -> A -; B update"]))
    for order in (lines, lines[::-1]):
        again = play("")
        again.book.facts = first.book.facts
        for line in order:
            again.line(line)
        standing = [c for c in again.book.contacts.values() if c.merged_into is None]
        assert len(standing) == 1
        assert {e.post for e in standing[0].posts} == {"test/ONE", "test/TWO"}


def test_a_replay_in_another_order_keeps_what_people_split() -> None:
    lines = (
        "F: d1 08:00 us.pres announcement call happened US:trump+IL:netanyahu",
        "S: d1 12:00 il.pmo announcement call happened IL:netanyahu+US:trump",
    )
    first = play("\n".join([f"{lines[0]} -> A new announces", f"{lines[1]} -> A confirmed confirms", "13:00 split A S -> A -; B new"]))
    for order in (lines, lines[::-1]):
        again = play("")
        again.book.facts = first.book.facts
        for line in order:
            again.line(line)
        assert sorted(len(c.posts) for c in again.book.contacts.values()) == [1, 1]


def test_three_contacts_that_links_bring_together_become_one() -> None:
    run = play("""
        A1: d1 10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        B1: d4 10:00 in.pmo announcement call happened IN:modi+US:trump -> B new announces
    """)
    from monitor.decision import Link

    run.book.facts = [Link("must", "test/C1", "test/A1"), Link("must", "test/C1", "test/B1")]
    run.line("C1: d6 10:00 in.mfa readout call happened IN:modi+US:trump")
    standing = [c for c in run.book.contacts.values() if c.merged_into is None]
    assert [len(c.posts) for c in standing] == [3]
    assert sum(c.merged_into == standing[0].id for c in run.book.contacts.values()) == 1
