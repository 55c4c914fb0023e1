"""Scenarios: one contact told by both sides, in either order, by several accounts, in several languages."""

from __future__ import annotations

import pytest

from tests.correlate.scenario import play

TABLES = {
    "the first word opens a contact and the other side confirms it": """
        10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        10:12 in.pmo  announcement call happened IN:modi+US:trump -> A confirmed confirms
        = A call happened spoken=IN,US readout=awaited
    """,
    "an account that says it again is not told again": """
        10:00 in.pmo announcement call happened IN:modi+US:trump -> A new announces
        10:03 in.pmo announcement call happened IN:modi+US:trump -> A - repeats
        12:00 in.pmo follow_up    call happened IN:modi+US:trump -> A - follow_up
    """,
    "the same side's other account repeats and does not confirm": """
        10:00 in.pmo announcement call happened IN:modi+US:trump -> A new announces
        10:20 in.mfa announcement call happened IN:modi+US:trump -> A - repeats
        10:30 in.amb announcement call happened IN:modi+US:trump -> A - repeats
        = A call happened spoken=IN
    """,
    "an ambassador's word counts as the side's": """
        10:00 us.amb announcement call happened US:trump+IN:modi -> A new announces
        10:30 in.mfa announcement call happened IN:modi+US:trump -> A confirmed confirms
    """,
    "a readout follows the announcement": """
        10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        11:52 us.press readout     call happened US:trump+IN:modi -> A readout readout
        = A call happened spoken=US readout=published
    """,
    "the other side's readout confirms as well and each side's readout is told once": """
        10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        12:00 in.mfa  readout      call happened IN:modi+US:trump -> A readout readout
        12:30 in.pmo  readout      call happened IN:modi+US:trump -> A - repeats
        15:00 us.press readout     call happened US:trump+IN:modi -> A readout readout
        = A call happened spoken=IN,US readout=published
    """,
    "a readout may be the first word": """
        10:00 in.mfa readout      call happened IN:modi+US:trump -> A new readout
        10:40 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
        = A call happened spoken=IN,US readout=published
    """,
    "a third party's report opens a contact and both sides then confirm it": """
        10:00 fr.mfa announcement call happened US:trump+IN:modi -> A new announces
        10:30 in.pmo announcement call happened IN:modi+US:trump -> A confirmed confirms
        10:50 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
        11:00 de.mfa announcement call happened US:trump+IN:modi -> A - repeats
        = A call happened spoken=IN,US
    """,
    "state media of a participant's country do not speak for it": """
        10:00 in.news announcement call happened IN:modi+US:trump -> A new announces
        10:05 us.pres announcement call happened US:trump+IN:modi -> A confirmed confirms
        = A call happened spoken=US
    """,
    "an unnamed leader is the named one of that country": """
        10:00 fr.pres announcement call happened FR:macron+IN/head_of_government -> A new announces
        10:20 in.pmo  announcement call happened IN:modi+FR:macron -> A confirmed confirms
        = A call happened spoken=FR,IN parties=Macron+Modi
    """,
    "a country alone is whichever leader the other side names": """
        10:00 jp.pmo announcement call happened JP:ishiba+KR -> A new announces
        10:20 jp.mfa announcement call happened JP:ishiba+KR:lee -> A update updates
        10:40 kr.pres announcement call happened JP+KR -> A confirmed confirms
        = A call happened parties=Ishiba+Lee
    """,
    "foreign ministers and heads of government are different people": """
        10:00 in.pmo announcement call happened IN/head_of_government:modi+US/head_of_state:trump -> A new announces
        10:30 in.mfa announcement call happened IN/foreign_minister:jaishankar+US/foreign_minister:rubio -> B new announces
        10:40 us.mfa announcement call happened US/foreign_minister+IN/foreign_minister -> B confirmed confirms
    """,
    "a video conference and a call are words for one contact": """
        10:00 de.pmo announcement video happened DE:merz+FR:macron -> A new announces
        10:20 fr.pres announcement call happened FR:macron+DE:merz -> A confirmed confirms
        = A video happened spoken=DE,FR
    """,
    "a mode that is not told joins either family": """
        10:00 tr.pres announcement unspecified happened TR:erdogan+RU:putin -> A new announces
        10:20 ru.pres announcement call happened RU:putin+TR:erdogan -> A confirmed confirms
        = A call happened
    """,
    "a letter is not a call": """
        10:00 gb.pmo announcement letter happened GB:starmer+FR:macron -> A new announces
        10:20 fr.pres announcement call happened FR:macron+GB:starmer -> B new announces
        = A letter happened readout=none
    """,
    "a meeting and a visit are words for one contact": """
        10:00 it.pmo announcement visit ongoing IT:meloni+GB:starmer -> A new announces
        11:00 gb.pmo announcement meeting happened GB:starmer+IT:meloni -> A update confirms
        = A visit happened spoken=GB,IT
    """,
    "washington's evening is delhi's morning": """
        d2 01:30 us.pres announcement call happened US:trump+IN:modi when=d1@America/New_York -> A new announces
        d2 02:10 in.pmo  announcement call happened IN:modi+US:trump when=d2@Asia/Kolkata -> A confirmed confirms
        = A call happened conflict=
    """,
    "the slower side speaks twenty hours later": """
        10:00 us.pres announcement call happened US:trump+BR:lula -> A new announces
        d2 06:00 br.pres announcement call happened BR:lula+US:trump -> A confirmed confirms
    """,
    "a readout two days later still belongs": """
        10:00 us.pres announcement call happened US:trump+BR:lula -> A new announces
        d3 08:00 br.mfa readout call happened BR:lula+US:trump -> A readout readout
    """,
    "posts that arrive in the wrong order come to the same": """
        10:30 in.mfa readout call happened IN:modi+US:trump -> A new readout
        10:31 us.pres announcement call happened US:trump+IN:modi at=10:00 -> A confirmed confirms
        10:32 in.pmo announcement call upcoming IN:modi+US:trump at=08:00 -> A - repeats
        = A call happened spoken=IN,US readout=published
    """,
    "another spelling of a name that the registry does not have is the same": """
        10:00 fr.pres announcement call happened FR:macron+UA:~zelensky -> A new announces
        10:20 ua.pres announcement call happened UA:~volodymyr_zelenskyy+FR:macron -> A confirmed confirms
    """,
    "two names in one office are two spellings": """
        10:00 fr.pres announcement call happened FR:macron+GE/head_of_government:~kobakhidze -> A new announces
        10:20 ge.pmo announcement call happened GE/head_of_government:~ირაკლი+FR:macron -> A confirmed confirms
    """,
    "two names of one country without an office are two people": """
        10:00 fr.pres announcement call happened FR:macron+GE:~kobakhidze -> A new announces
        10:20 fr.pres announcement call happened FR:macron+GE:~botchorishvili -> B new announces
    """,
    "a transliteration of the other side is the same name": """
        10:00 ru.pres announcement call happened RU:putin+VN:to_lam -> A new announces
        10:20 vn.pres announcement call happened VN:to_lam+RU:~vladimir_putin -> A confirmed confirms
    """,
}


@pytest.mark.parametrize("name", TABLES)
def test_when(name: str) -> None:
    play(TABLES[name])
