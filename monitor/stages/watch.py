"""Watch: what time and people bring about. Readouts that are overdue, plans that lapse, digests, acts, the hot cadence.

Everything is found by asking the log what is due, so a restart forgets nothing and tells nothing twice: whatever is
told changes the row that made it due, in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor import compose, correlate, route
from monitor.contacts import Change
from monitor.decision import NOTHING, Act, DecideDue, Decision, NewAlert, NewDelivery, Reader, Triaged, Waiting
from monitor.model import Contact, Notice
from monitor.stages.acts import decide_act
from monitor.stages.news import Newsroom, countries
from monitor.stages.operator import Operator

log = logging.getLogger(__name__)

GATHER = timedelta(seconds=60)
"""How long alerts held back by the flood guard are gathered before they go out as one digest."""

LOOK_BACK = timedelta(minutes=1)
"""Between looks at all contacts that may be hot; the newest are looked at every time."""

REGISTRY_AGE = timedelta(days=180)
"""From this age on the registry of leaders is likely to name the wrong people for somewhere."""


class Log(Protocol):
    """What this stage asks of the store."""

    async def apply(self, decide: DecideDue, now: datetime) -> Triaged: ...
    async def pending_acts(self) -> Sequence[Act]: ...


Hot = Callable[[frozenset[str], datetime], None]
"""Told countries whose governments' accounts are to be polled at the hot cadence, and until when."""


@dataclass(slots=True)
class Watch:
    """The stage. `resume` takes up a suspended channel again and says how many deliveries waited."""

    store: Log
    newsroom: Newsroom
    operator: Operator
    clock: Callable[[], datetime]
    wake: Callable[[frozenset[str]], None]
    hot: Hot
    hot_for: timedelta
    resume: Callable[[str], Awaitable[int]]
    doubted: Callable[[], timedelta] = timedelta  # how much of the present time is not believed
    _heated: dict[str, frozenset[str]] = field(default_factory=dict)  # contact id -> what was asked for: in memory, a restart asks anew
    _looked: datetime | None = None  # when all contacts of the last hours were looked at

    async def run(self) -> int:
        """One look. Returns how many alerts were written."""
        written = 0
        for act in await self.store.pending_acts():
            written += await self._act(act)
        warm: list[Contact] = []
        now, doubted = self.clock(), self.doubted()
        whole = self._looked is None or now - self._looked >= LOOK_BACK
        since = now - (self.hot_for if whole else 2 * LOOK_BACK)
        if whole:
            self._looked = now

        def look(reader: Reader, now: datetime) -> Decision:
            warm[:] = reader.opened(since)
            due, digests = self._due(reader, now - doubted), self._digests(reader, now)
            return replace(due, alerts=(*due.alerts, *digests))

        written += await self._apply(look)
        if whole:
            self._heated = {c.id: self._heated[c.id] for c in warm if c.id in self._heated}
        self._heat(warm)
        return written

    async def registry(self, as_of: datetime) -> None:
        """Tell once that the registry is old; tell when it no longer is."""
        old = self.clock() - as_of > REGISTRY_AGE
        text = f"The registry of leaders is as of {as_of:%Y-%m-%d}: run `leaders refresh`, or correct it with [[leader]]."
        await self.operator.tell(Notice("registry", "registry_stale", text, resolved=not old))

    async def _apply(self, decide: Callable[[Reader, datetime], Decision]) -> int:
        now = self.clock()
        outcome = await self.store.apply(lambda reader: decide(reader, now), now)
        if outcome.channels:
            self.wake(outcome.channels)
        return outcome.alerts

    async def _act(self, act: Act) -> int:
        """Carry out what a person asked for; what cannot be is answered and never tried again."""
        if act.kind == "resume":
            try:
                result = f"{await self.resume(act.target)} deliveries take up again"
            except Exception as error:
                log.exception("act %d", act.id)
                result = f"failed: {error}"
            return await self._apply(lambda _reader, _now: Decision(applied=((act.id, result),)))

        def decide(reader: Reader, now: datetime) -> Decision:
            return decide_act(act, reader, now, self.newsroom)

        try:
            return await self._apply(decide)
        except Exception as error:
            log.exception("act %d", act.id)
            failed = f"failed: {type(error).__name__}: {error}"
            return await self._apply(lambda _reader, _now: Decision(applied=((act.id, failed),)))

    def _due(self, reader: Reader, now: datetime) -> Decision:
        """Readouts that are overdue, and plans whose time is over."""
        changes: list[Change] = []
        for contact in reader.readouts_due(now):
            changes += _some(correlate.overdue(contact, now))
        for contact in reader.passed(now):
            changes += _some(correlate.lapsed(contact, now))
        return self.newsroom.decision(changes, reader, now) if changes else NOTHING

    def _digests(self, reader: Reader, now: datetime) -> list[NewAlert]:
        """Digests whose time has come since the alerts in them began to wait."""
        rules, alerts = self.newsroom.rules, list[NewAlert]()
        for schedule in dict.fromkeys(r.digest for r in rules.routes if r.digest):
            last = schedule.last(now, rules.timezone)
            if last is not None:
                due = [w for w in reader.waiting(route.DIGEST + schedule.text) if w.at < last]
                alerts += self._gathered(due, reader, now, schedule.text)
        held = reader.waiting(route.FLOOD)
        ripe = {w.channel for w in held if not timedelta() <= now - w.at < GATHER}  # from the future: the clock was set back
        return alerts + self._gathered([w for w in held if w.channel in ripe], reader, now, route.FLOOD)

    def _gathered(self, waiting: Sequence[Waiting], reader: Reader, now: datetime, reason: str) -> list[NewAlert]:
        """One digest a channel. What was retracted while it waited is not told at all."""
        by_channel: dict[str, list[Waiting]] = {}
        for one in waiting:
            contact = reader.contact(one.contact) if one.contact else None
            if contact is None or not contact.retracted:
                by_channel.setdefault(one.channel, []).append(one)
        return [
            NewAlert(
                "digest", compose.digest(own, self.newsroom.desk, now, flood=reason == route.FLOOD), None, reason,
                (NewDelivery(channel),), covers=tuple(w.delivery for w in own),
            )
            for channel, own in by_channel.items()
        ]  # fmt: skip

    def _heat(self, warm: Sequence[Contact]) -> None:
        """Puts the governments of new contacts on the hot cadence, once a run, so after a restart as well."""
        for contact in warm:
            sides = countries([contact])
            if waits(contact) and self._heated.get(contact.id) != sides:
                self._heated[contact.id] = sides
                self.hot(sides, contact.opened_at + self.hot_for)


def waits(contact: Contact) -> bool:
    """Whether more is to be expected from the governments: a readout, or word by a side that is still silent."""
    return contact.told and not contact.retracted and contact.merged_into is None


def _some(change: Change | None) -> list[Change]:
    return [change] if change else []
