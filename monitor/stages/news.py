"""From changes to what is written: each change worth telling is composed once and routed. Shared by triage and watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor import compose, correlate, route
from monitor.contacts import Change, told_at
from monitor.decision import NOTHING, Decide, Decision, NewAlert, Reader, Work
from monitor.model import Contact, Finding
from monitor.suspicion import Doubt, doubted, doubts

MATCHER_ERROR = "matcher_error"
"""Reason of the finding of a post that the matcher failed on."""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """How this desk follows contacts, words alerts and sends them."""

    follow: correlate.Settings
    desk: compose.Desk
    rules: route.Rules
    ahead: Callable[[], timedelta] = timedelta  # how far the clock was set forward: no post is old because of that

    def decider(self, now: datetime) -> Decide:
        """The function that the store calls inside its transaction."""
        follow = replace(self.follow, alert_age=self.follow.alert_age + self.ahead())

        def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
            if finding.reason == MATCHER_ERROR:
                return NOTHING  # an edit that cannot be read withdraws nothing
            hints: tuple[Doubt, ...] = ()
            if finding.flagged and work.number == 1 and work.origin == "live":
                hints = doubts(work.post.lang, told_at(work.post), reader.habits(work))
                finding = doubted(finding, hints)
            changes = correlate.correlate(work, finding, reader, now, follow)
            return self.decision(changes, reader, now, compose.Cause(work.post, work.account, finding, hints), work)

        return decide

    def decision(
        self, changes: Sequence[Change], reader: Reader, now: datetime, cause: compose.Cause | None = None, work: Work | None = None
    ) -> Decision:
        """Everything that these changes come to. `cause` and `work` are None where time or a person brought them about."""
        contacts: dict[str, Contact] = {}
        alerts: list[NewAlert] = []
        given: Counter[str] = Counter()
        for change in changes:
            contacts[change.after.id] = change.after
            if change.kind is not None:
                alert = self._alert(change, reader, now, cause, given)
                alerts.append(alert)
                given.update(d.channel for d in alert.deliveries if d.state == "queued")
        return Decision(contacts=tuple(contacts.values()), alerts=tuple(alerts), origin=work.origin if work else "live")

    def _alert(
        self, change: Change, reader: Reader, now: datetime, cause: compose.Cause | None, given: Counter[str]
    ) -> NewAlert:
        assert change.kind is not None
        contact = change.after
        history = reader.history(contact.parties, now, year_start(now, self.desk.timezone), contact.id)
        facts = route.Facts(
            kind=change.kind,
            contact=contact,
            account=cause.account.key if cause else None,
            tier=cause.account.tier if cause else None,
            language=(cause.finding.lang or cause.post.lang) if cause else None,
            text="\n".join(cause.post.parts.values()) if cause else "",
            quiet=change.quiet,
            told=frozenset(reader.told(contact.id)) if change.before else frozenset(),
        )

        def sent(channel: str) -> int:
            return reader.sent_since(channel, now - route.FLOOD_WINDOW) + given[channel]

        return NewAlert(
            kind=change.kind,
            message=compose.alert(change, compose.Setting(self.desk, now, history, cause)),
            contact=contact.id,
            reason=change.reason,
            deliveries=route.deliveries(facts, self.rules, reader.silences(now), sent, now),
        )


def year_start(now: datetime, timezone: str) -> datetime:
    """When this year began for the desk, in UTC."""
    return now.astimezone(ZoneInfo(timezone)).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def countries(contacts: Iterable[Contact]) -> frozenset[str]:
    return frozenset(p.country for c in contacts for p in c.parties if p.country)
