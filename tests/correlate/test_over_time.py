"""Scenarios: plans and what becomes of them, repeats days later, two calls on one day, denials, conflicts."""

from __future__ import annotations

import pytest

from tests.correlate.scenario import play

TABLES = {
    "a planned meeting is announced, under way and held": """
        d1 09:00 de.pmo announcement meeting upcoming DE:merz+PL:tusk when=d3 -> A new announces
        d3 10:00 de.pmo announcement meeting ongoing  DE:merz+PL:tusk -> A update updates
        d3 14:00 pl.pmo announcement meeting happened PL:tusk+DE:merz -> A update confirms
        d3 18:00 pl.pmo readout      meeting happened PL:tusk+DE:merz -> A readout readout
        = A meeting happened spoken=DE,PL readout=published
    """,
    "both sides confirm a plan before it takes place": """
        d1 09:00 de.pmo announcement visit upcoming DE:merz+IN:modi when=d8-d9 -> A new announces
        d2 09:00 in.mfa announcement visit upcoming IN:modi+DE:merz when=d8 -> A confirmed confirms
        d8 12:00 in.pmo announcement meeting happened IN:modi+DE:merz when=d8 -> A update updates
    """,
    "a plan without a date gets one": """
        d1 09:00 fr.pres announcement visit upcoming FR:macron+CN:xi -> A new announces
        d3 09:00 cn.mfa  announcement visit upcoming CN:xi+FR:macron when=d20 -> A confirmed confirms
        d4 09:00 fr.mfa  announcement visit upcoming FR:macron+CN:xi when=d20 -> A - repeats
    """,
    "a plan moves": """
        d1 09:00 fr.pres announcement visit upcoming FR:macron+CN:xi when=d10 -> A new announces
        d5 09:00 fr.pres announcement visit upcoming FR:macron+CN:xi when=d14 -> A update updates
        = A visit upcoming conflict=
    """,
    "the sides name different days for a plan": """
        d1 09:00 fr.pres announcement visit upcoming FR:macron+CN:xi when=d10 -> A new announces
        d2 09:00 cn.mfa  announcement visit upcoming CN:xi+FR:macron when=d12 -> A conflict confirms
        = A visit upcoming conflict=FR_and_CN_name_different_days
    """,
    "a cancellation is told once and the other side confirms it quietly": """
        d1 09:00 pl.pmo announcement visit upcoming PL:tusk+UA:zelensky when=d5 -> A new announces
        d2 09:00 pl.pmo announcement visit cancelled PL:tusk+UA:zelensky -> A cancelled cancels
        d2 10:00 ua.pres announcement visit cancelled UA:zelensky+PL:tusk -> A confirmed cancels
        = A visit cancelled
    """,
    "a visit that was cancelled is held after all": """
        d1 09:00 pl.pmo announcement visit upcoming PL:tusk+UA:zelensky when=d5 -> A new announces
        d2 09:00 pl.pmo announcement visit cancelled PL:tusk+UA:zelensky when=d5 -> A cancelled cancels
        d5 15:00 ua.pres announcement meeting happened UA:zelensky+PL:tusk -> A update confirms
        = A visit happened
    """,
    "a visit that was called off is announced anew for another week": """
        d1 09:00 pl.pmo announcement visit upcoming PL:tusk+UA:zelensky when=d5 -> A new announces
        d2 09:00 pl.pmo announcement visit cancelled PL:tusk+UA:zelensky when=d5 -> A cancelled cancels
        d4 09:00 pl.pmo announcement visit upcoming PL:tusk+UA:zelensky when=d12 -> A update updates
        = A visit upcoming
    """,
    "word of a cancellation is news even as the first word": """
        09:00 pl.pmo announcement visit cancelled PL:tusk+UA:zelensky when=d5 -> A cancelled cancels
    """,
    "a call on monday and a call on thursday are two": """
        d1 10:00 us.pres announcement call happened US:trump+IN:modi -> A new announces
        d4 10:00 us.pres announcement call happened US:trump+IN:modi -> B new announces
        d4 10:20 in.pmo  announcement call happened IN:modi+US:trump -> B confirmed confirms
    """,
    "calls on two days in a row are two": """
        d1 10:00 us.pres announcement call happened US:trump+IN:modi when=d1 -> A new announces
        d2 09:00 us.pres announcement call happened US:trump+IN:modi when=d2 -> B new announces
    """,
    "a daily call, told in the same words each morning, is a contact each day": """
        d1 10:00 fr.pres announcement call happened FR:macron+UA:zelensky -> A new announces
        d2 08:00 fr.pres announcement call happened FR:macron+UA:zelensky -> B new announces
        d2 08:30 ua.pres announcement call happened UA:zelensky+FR:macron -> B confirmed confirms
        d3 07:00 fr.pres announcement call happened FR:macron+UA:zelensky -> C new announces
    """,
    "today at nine and today at ten in the evening are two calls, yesterday the next day is one of them": """
        d1 09:00 fr.pres announcement call happened FR:macron+UA:zelensky when=d1 -> A new announces
        d1 10:00 fr.mfa announcement call happened FR:macron+UA:zelensky when=d1 -> A - repeats
        d1 22:30 fr.pres announcement call happened FR:macron+UA:zelensky when=d1 -> B new announces
        d2 10:00 fr.pres announcement call happened FR:macron+UA:zelensky when=d1 -> B - repeats
    """,
    "neighbouring days in zones that are known are a conflict": """
        d1 09:00 fr.pres announcement visit upcoming FR:macron+CN:xi when=d10@Europe/Paris -> A new announces
        d2 09:00 fr.amb announcement visit upcoming FR:macron+CN:xi when=d10 -> A - repeats
        d3 09:00 cn.mfa announcement visit upcoming CN:xi+FR:macron when=d12@Asia/Shanghai -> A conflict confirms
    """,
    "neighbouring days of which one may be cut at the wrong hour are not": """
        d1 22:00 us.pres announcement call happened US:trump+IN:modi when=d1 -> A new announces
        d2 02:00 in.pmo announcement call happened IN:modi+US:trump when=d2 -> A confirmed confirms
        = A call happened conflict=
    """,
    "two readouts of two calls each find their own": """
        d1 08:00 us.pres announcement call happened US:trump+IL:netanyahu -> A new announces
        d1 21:00 us.pres announcement call happened US:trump+IL:netanyahu -> B new announces
        d1 22:00 us.press readout call happened US:trump+IL:netanyahu -> B readout readout
        d1 22:05 us.press readout call happened US:trump+IL:netanyahu -> A readout readout
    """,
    "a visit without a date is held three weeks later": """
        d1 10:00 fr.pres announcement visit upcoming FR:macron+IN:modi -> A new announces
        d25 10:00 in.pmo announcement visit happened IN:modi+FR:macron -> A update confirms
    """,
    "after a meeting the same side announces the next one for the same day": """
        10:00 in.pmo announcement meeting happened IN:modi+JP:ishiba when=d1 -> A new announces
        12:00 in.mfa announcement meeting upcoming IN:modi+JP:ishiba when=d1 -> B new announces
        12:30 jp.pmo announcement meeting happened JP:ishiba+IN:modi when=d1 -> B update confirms
    """,
    "a slow press office announces what has been held already": """
        10:00 in.pmo announcement meeting happened IN:modi+JP:ishiba when=d1 -> A new announces
        10:20 jp.mfa announcement meeting upcoming JP:ishiba+IN:modi when=d1 -> A confirmed confirms
        = A meeting happened
    """,
    "a cancellation is of the plan and not of yesterday's meeting": """
        d1 10:00 in.pmo announcement meeting happened IN:modi+JP:ishiba -> A new announces
        d1 12:00 in.pmo announcement visit upcoming IN:modi+JP:ishiba when=d9 -> B new announces
        d2 09:00 jp.pmo announcement visit cancelled JP:ishiba+IN:modi -> B cancelled cancels
    """,
    "a cancellation with only a meeting held before is of something else": """
        d1 10:00 in.pmo announcement meeting happened IN:modi+JP:ishiba -> A new announces
        d2 09:00 jp.pmo announcement meeting cancelled JP:ishiba+IN:modi -> B cancelled cancels
    """,
    "two plans without dates in different countries are two": """
        10:00 in.pmo announcement meeting upcoming IN:modi+FR:macron place=Johannesburg,ZA -> A new announces
        11:00 in.pmo announcement visit upcoming IN:modi+FR:macron place=Delhi,IN -> B new announces
        12:00 fr.pres announcement visit upcoming FR:macron+IN:modi place=New_Delhi,IN -> B confirmed confirms
    """,
    "the ministry the next morning tells of another call": """
        d1 10:00 fr.pres announcement call happened FR:macron+UA:zelensky -> A new announces
        d1 15:00 fr.mfa announcement call happened FR:macron+UA:zelensky -> A - repeats
        d2 09:00 fr.mfa announcement call happened FR:macron+UA:zelensky -> B new announces
    """,
    "a plan for today is what is reported held": """
        d1 20:00 us.pres announcement call happened US:trump+RU:putin -> A new announces
        d1 21:00 us.pres announcement call upcoming US:trump+RU:putin when=d2 -> B new announces
        d2 15:00 ru.pres announcement call happened RU:putin+US:trump -> B update confirms
    """,
    "a minister who publishes of each day's call tells of two": """
        d1 20:00 ua.mfa readout call happened UA:kuleba+US:blinken -> A new readout
        d2 15:00 ua.mfa readout call happened UA:kuleba+US:blinken -> B new readout
        d2 16:00 us.mfa readout call happened US:blinken+UA:kuleba -> B readout readout
    """,
    "thanks for a visit three days later are not another visit": """
        d1 12:00 in.pmo readout meeting happened IN:modi+JP:abe -> A new readout
        d4 06:00 in.pmo readout visit happened IN:modi+JP:abe -> A - repeats
    """,
    "two calls on one day, each timed, are two, and each is confirmed": """
        08:00 us.pres announcement call happened US:trump+IL:netanyahu when=07:00 -> A new announces
        08:30 il.pmo  announcement call happened IL:netanyahu+US:trump when=07:30 -> A confirmed confirms
        18:00 us.pres announcement call happened US:trump+IL:netanyahu when=17:00 -> B new announces
        18:20 il.pmo  announcement call happened IL:netanyahu+US:trump when=17:20 -> B confirmed confirms
    """,
    "a second call the same day, said to be a further one, is a second contact": """
        08:00 us.pres announcement call happened US:trump+IL:netanyahu -> A new announces
        12:00 us.pres announcement call happened US:trump+IL:netanyahu again=1 -> B new announces
        12:20 il.pmo  announcement call happened IL:netanyahu+US:trump -> B confirmed confirms
    """,
    "a call and a meeting of one day are two": """
        08:00 us.pres announcement call happened US:trump+IL:netanyahu -> A new announces
        18:00 us.pres announcement meeting happened US:trump+IL:netanyahu -> B new announces
    """,
    "a call held today is not the visit planned for next week": """
        d1 08:00 us.pres announcement meeting upcoming US:trump+JP:ishiba when=d8 -> A new announces
        d2 08:00 jp.pmo  announcement call happened JP:ishiba+US:trump -> B new announces
        d8 20:00 jp.pmo  announcement meeting happened JP:ishiba+US:trump -> A update confirms
    """,
    "one post tells of a call and of a visit to come": """
        d1 08:00 in.pmo announcement call happened IN:modi+FR:macron & visit upcoming IN:modi+FR:macron when=d20 -> A new announces; B new announces
        d1 08:30 fr.pres announcement call happened FR:macron+IN:modi & visit upcoming FR:macron+IN:modi when=d20 -> A confirmed confirms; B confirmed confirms
        = A call happened
        = B visit upcoming
    """,
    "one post that says the same contact twice opens one": """
        08:00 in.pmo announcement call happened IN:modi+FR:macron & call happened IN:modi+FR -> A new announces
    """,
    "a readout that comes back to its call and recalls a meeting tells of the call": """
        08:00 ru.press readout call happened RU:putin+TR:erdogan & call ongoing RU:putin+TR:erdogan & meeting happened RU:putin+TR:erdogan+IR:raisi -> A new readout
    """,
    "a readout that also names a meeting of a certain day tells of both": """
        d9 08:00 ru.press readout call happened RU:putin+TR:erdogan & meeting happened RU:putin+TR:erdogan when=d8 -> A new readout; B new readout
    """,
    "a visit that begins today is not two": """
        08:00 mv.pres announcement visit happened MV:hassan+TH:shinawatra & visit upcoming MV:hassan+TH:shinawatra -> A new announces
        08:30 th.pres announcement visit happened TH:shinawatra+NP:sharma & visit upcoming TH:shinawatra+NP:sharma when=d1 -> B new announces
        09:00 id.pres announcement meeting upcoming ID:widodo+AU:albanese & visit ongoing ID:widodo+AU:albanese -> C new announces
    """,
    "a meeting put off to a certain day is called off and announced anew": """
        d1 08:00 pl.pmo announcement visit upcoming PL:tusk+UA:zelensky when=d5 -> A new announces
        d2 08:00 pl.pmo announcement visit cancelled PL:tusk+UA:zelensky when=d5 & visit upcoming PL:tusk+UA:zelensky when=d30 -> A cancelled cancels; B new announces
    """,
    "arrived, with a meeting tomorrow, and later today with the meeting": """
        d1 03:00 nz.pmo announcement meeting ongoing NZ:key+CN:xi -> A new announces
        d1 23:00 nz.pmo announcement meeting upcoming NZ:key+CN:xi -> A - repeats
        d2 12:00 nz.pmo announcement meeting happened NZ:key+CN:xi -> A update updates
    """,
    "one post tells of calls with two leaders": """
        08:00 ua.pres announcement call happened UA:zelensky+FR:macron & call happened UA:zelensky+DE:merz -> A new announces; B new announces
        08:30 fr.pres announcement call happened FR:macron+UA:zelensky -> A confirmed confirms
        08:40 de.pmo  announcement call happened DE:merz+UA:zelensky -> B confirmed confirms
    """,
    "the other side denies it and the contact stands in conflict": """
        10:00 us.pres announcement call happened US:trump+CN:xi -> A new announces
        15:00 cn.mfa  denial       call denied   CN:xi+US:trump -> A conflict denies
        16:00 cn.amb  denial       call denied   CN:xi+US:trump -> A - denies
        = A call happened conflict=CN_denies_what_US_says
    """,
    "a side takes back what it said": """
        10:00 us.amb announcement call happened US:trump+CN:xi -> A new announces
        11:00 us.press denial     call denied   US:trump+CN:xi -> A denied denies
        = A call denied
    """,
    "a denied report by somebody else is denied": """
        10:00 fr.news announcement meeting upcoming RU:putin+UA:zelensky when=d5 -> A new announces
        12:00 ru.pres denial       meeting denied   RU:putin+UA:zelensky -> A denied denies
        = A meeting denied
    """,
    "a denial may be the first word": """
        12:00 ru.pres denial meeting denied RU:putin+UA:zelensky -> A denied denies
    """,
    "a third party's denial is kept and not told": """
        10:00 us.pres announcement call happened US:trump+CN:xi -> A new announces
        12:00 ru.mfa  denial       call denied   US:trump+CN:xi -> A - denies
        = A call happened conflict=
    """,
    "one side says call and the other says meeting of the same hour": """
        10:00 us.pres announcement call happened US:trump+VN:to_lam -> A new announces
        11:00 vn.pres announcement meeting happened VN:to_lam+US:trump -> A conflict confirms
        = A call happened conflict=US_says_call,_VN_says_meeting
    """,
    "a later mention of last week's meeting is a follow-up": """
        d1 10:00 br.pres announcement meeting happened BR:lula+AR:milei -> A new announces
        d5 10:00 br.mfa  follow_up    meeting happened BR:lula+AR:milei -> A - follow_up
    """,
    "a letter and its answer a week later are two": """
        d1 10:00 ir.pres announcement letter happened IR:pezeshkian+SA:salman -> A new announces
        d8 10:00 sa.mfa  announcement letter happened SA:salman+IR:pezeshkian -> B new announces
    """,
}


@pytest.mark.parametrize("name", TABLES)
def test_when(name: str) -> None:
    play(TABLES[name])
