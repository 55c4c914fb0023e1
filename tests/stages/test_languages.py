"""From posts in several languages to one contact each, with the real matcher and the real registry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from monitor.leaders import load
from monitor.match import Matcher
from monitor.model import Account, Kind, Office
from monitor.stages.triage import Judge
from tests.stages.newsbed import Bed, bed


def account(handle: str, country: str, kind: Kind, office: Office = "none") -> Account:
    return Account("test", handle, id=f"did:{handle}", country=country, kind=kind, office=office)


POSTS = (
    (account("us-embassy", "US", "mission", "ambassador"), "President Trump just spoke by phone with Prime Minister Modi. More soon!"),
    (account("pm-india", "IN", "leader", "head_of_government"), "राष्ट्रपति डोनाल्ड ट्रंप से अभी फ़ोन पर बात हुई।"),
    (account("white-house", "US", "presidency"), "Happy birthday to Prime Minister Meloni of Italy!"),
    (account("elysee", "FR", "presidency", "head_of_state"), "Je viens de m'entretenir par téléphone avec le Président Zelensky."),
    (account("ukraine", "UA", "presidency", "head_of_state"), "Поговорив телефоном із Президентом Франції Емманюелем Макроном."),
)


async def told(b: Bed) -> list[tuple[str, str]]:
    rows = await b.rows("SELECT a.kind, c.names FROM alerts a JOIN contacts c ON c.id = a.contact ORDER BY a.id")
    return [(row["kind"], row["names"]) for row in rows]


async def test_both_sides_in_their_own_languages_come_to_one_contact_each(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.store.sync_accounts([a for a, _ in POSTS], b.now)
        stage = replace(b.triage(), judge=Judge(Matcher(load())))
        for who, text in POSTS:
            await b.arrives(who, text)
            b.later(minutes=5)
            await stage.run()
        assert [kind if kind != "readout" else "confirmed" for kind, _ in await told(b)] == ["new", "confirmed", "new", "confirmed"]
        pairs = [names for _, names in await told(b)]
        assert pairs[0] == pairs[1] == "Donald Trump (US) – Narendra Modi (IN)"
        assert "Macron" in pairs[2]
        assert pairs[2] == pairs[3]
