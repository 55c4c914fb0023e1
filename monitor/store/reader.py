"""The log as decisions read it (`monitor.decision.Reader`), on the writer's own connection, inside its transaction."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from monitor.decision import Act, Link, Silence, Waiting, Work
from monitor.model import Contact, History, Interval, Participant
from monitor.store import acts
from monitor.store.codec import contact_loads, message_loads, stamp, when
from monitor.store.search import clean
from monitor.suspicion import REMEMBERED, Habits

_YEAR = timedelta(days=365)


class LogReader:
    """Implements `Reader`. Only SELECTs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def _contacts(self, sql: str, values: Sequence[Any]) -> list[Contact]:
        return [contact_loads(row["state"]) for row in self._db.execute(f"SELECT c.state FROM contacts c {sql}", values)]

    def candidates(self, parties: Sequence[Participant], window: Interval) -> list[Contact]:
        leaders = sorted({clean(p.leader) for p in parties if p.leader})
        countries = sorted({clean(p.country) for p in parties if p.country})
        since, until = stamp(window.start), stamp(window.end)
        shared = min(2, sum(bool(p.leader or p.country) for p in parties))
        return self._contacts(
            "WHERE c.merged_into IS NULL AND c.span_start <= ? AND c.id IN (SELECT contact FROM ("
            f"SELECT contact, number FROM contact_parties WHERE country IN ({_marks(countries)}) AND span_end >= ?"
            f" UNION SELECT contact, number FROM contact_parties WHERE leader IN ({_marks(leaders)}) AND span_end >= ?"
            ") AS common GROUP BY contact HAVING COUNT(*) + (SELECT COUNT(*) FROM contact_parties u WHERE u.contact = common.contact"
            " AND u.leader IS NULL AND u.country IS NULL) >= ?) ORDER BY c.opened_at DESC, c.id",
            [until, *countries, since, *leaders, since, shared],
        )

    def contact(self, contact_id: str) -> Contact | None:
        found = self._contacts("WHERE c.id = ?", [clean(contact_id)])
        return found[0] if found else None

    def contacts_of_post(self, post: str) -> list[Contact]:
        return self._contacts(
            "WHERE c.merged_into IS NULL AND c.id IN (SELECT cp.contact FROM contact_posts cp JOIN posts p ON p.id = cp.post"
            " WHERE p.key = ?) ORDER BY c.opened_at, c.id",
            [clean(post)],
        )

    def history(self, parties: Sequence[Participant], now: datetime, year_start: datetime, exclude: str | None = None) -> History:
        if not parties:
            return History()
        rows = self._of_all(parties)
        year, months = stamp(year_start), stamp(now - _YEAR)
        present = stamp(now)
        upcoming = [row for row in rows if row["status"] == "upcoming" and (row["when_end"] or present) >= present]
        past = [row for row in rows if row["status"] != "upcoming" and row["took_place"] <= present and row["id"] != exclude]
        last = past[-1] if past else None
        return History(
            this_year=sum(row["took_place"] >= year for row in past),
            last_12_months=sum(row["took_place"] >= months for row in past),
            last_at=when(last["took_place"]) if last else None,
            last_mode=last["mode"] if last else None,
            upcoming=tuple(row["id"] for row in upcoming if row["id"] != exclude),
        )

    def _of_all(self, parties: Sequence[Participant]) -> list[Any]:
        """Contacts that count and that all of `parties` took part in, by when they took place."""
        conditions, values = [], list[str]()
        for value in parties:
            if value.leader and value.country:
                test = "leader = ? UNION SELECT contact FROM contact_parties WHERE country = ? AND leader IS NULL"
                values += [clean(value.leader), clean(value.country)]
            elif value.leader or value.country:
                test = f"{'leader' if value.leader else 'country'} = ?"
                values.append(clean(value.leader or value.country or ""))
            else:
                test = "name = ?"
                values.append(clean(value.name or ""))
            conditions.append(f"c.id IN (SELECT contact FROM contact_parties WHERE {test})")
        return self._db.execute(
            "SELECT c.id, c.took_place, c.when_end, c.mode, c.status FROM contacts c WHERE c.merged_into IS NULL AND c.retracted = 0"
            f" AND c.lapsed = 0 AND c.status NOT IN ('cancelled', 'denied') AND {' AND '.join(conditions)} ORDER BY c.took_place, c.id",
            values,
        ).fetchall()

    def silences(self, now: datetime) -> list[Silence]:
        return acts.silences(self._db, now)

    def links(self, post: str) -> list[Link]:
        key = clean(post)
        found = self._db.execute(
            "SELECT kind, a, b FROM links WHERE a = ? UNION SELECT kind, a, b FROM links WHERE b = ?", [key, key]
        )
        return [Link(row["kind"], row["a"], row["b"]) for row in found]

    def habits(self, work: Work) -> Habits:
        found = self._db.execute(
            "SELECT COALESCE(p.created_at, p.seen_at) AS at, r.lang FROM posts p JOIN accounts a ON a.id = p.account"
            " JOIN revisions r ON r.post = p.id AND r.number = 1 WHERE a.key = ? AND p.id < ?"
            " ORDER BY p.seen_at DESC, p.id DESC LIMIT ?",
            [clean(work.account.key), work.post_id, REMEMBERED],
        ).fetchall()
        return Habits(tuple(when(row["at"]) for row in found), tuple(row["lang"] for row in found if row["lang"]))

    def opened(self, since: datetime) -> list[Contact]:
        return self._contacts("WHERE c.opened_at >= ? AND c.merged_into IS NULL ORDER BY c.opened_at, c.id", [stamp(since)])

    def readouts_due(self, now: datetime) -> list[Contact]:
        return self._contacts(
            "WHERE c.readout = 'awaited' AND c.readout_due <= ? AND c.merged_into IS NULL ORDER BY c.readout_due, c.id",
            [stamp(now)],
        )

    def passed(self, now: datetime) -> list[Contact]:
        return self._contacts(
            "WHERE c.status = 'upcoming' AND c.lapsed = 0 AND c.when_end <= ? AND c.merged_into IS NULL ORDER BY c.when_end, c.id",
            [stamp(now)],
        )

    def alert_kinds(self, contact: str) -> list[str]:
        return [row["kind"] for row in self._db.execute("SELECT kind FROM alerts WHERE contact = ? ORDER BY id", [contact])]

    def waiting(self, reason: str) -> list[Waiting]:
        found = self._db.execute(
            "SELECT d.id, d.alert, d.channel, a.kind, a.contact, a.message, d.created_at FROM deliveries d JOIN alerts a ON a.id = d.alert"
            " WHERE d.state = 'suppressed' AND d.told_by IS NULL AND d.reason = ? ORDER BY d.id",
            [clean(reason)],
        )
        return [
            Waiting(
                row["id"],
                row["alert"],
                row["channel"],
                row["kind"],
                row["contact"],
                message_loads(row["message"]),
                when(row["created_at"]),
            )
            for row in found
        ]

    def told(self, contact: str) -> list[str]:
        found = self._db.execute("SELECT DISTINCT channel FROM deliveries WHERE contact = ? AND state <> 'suppressed'", [contact])
        return sorted(row["channel"] for row in found)

    def sent_since(self, channel: str, since: datetime) -> int:
        counted = "SELECT COUNT(*) FROM deliveries WHERE channel = ? AND created_at >= ? AND state <> 'suppressed'"
        return int(self._db.execute(counted, [channel, stamp(since)]).fetchone()[0])

    def acts(self) -> list[Act]:
        return acts.pending(self._db)


def _marks(values: Iterable[Any]) -> str:
    return ", ".join("?" for _ in values)
