"""Triage: what has arrived is matched, live posts first and in order, and what follows from it is written.

One consumer. Matching runs in a worker thread, a few posts at a time. A post that needs a decision (flagged, or a later
revision of one) has its own transaction at once, so that its alert does not wait for the rest; the others are written
together. Killed anywhere, it takes up at the first revision that is not written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor import match
from monitor.contacts import told_at
from monitor.decision import Decide, Judged, Triaged, Work
from monitor.leaders import Registry
from monitor.model import Finding, Holder, Notice, PartName
from monitor.stages.news import MATCHER_ERROR, Newsroom
from monitor.stages.operator import Operator

log = logging.getLogger(__name__)

TAKEN = 500
"""Revisions asked for at a time, and unflagged ones written in one transaction."""

MATCHED = 32
"""Posts matched before what they come to is written."""


class Queue(Protocol):
    """What this stage asks of the store."""

    async def pending(self, limit: int) -> Sequence[Work]: ...
    async def triage(self, batch: Sequence[Judged], decide: Decide, now: datetime) -> Triaged: ...


class Reads(Protocol):
    """The matcher."""

    registry: Registry

    def match(self, parts: Mapping[PartName, str], holder: Holder | None, at: datetime, lang: str | None = None) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Judge:
    """The matcher with what the store keeps of it. `near_miss`: from this confidence an unflagged post is kept for review."""

    matcher: Reads
    version: str = match.MATCHER_VERSION
    near_miss: float = 0.15

    def judge(self, work: Work) -> Judged:
        """What the matcher says; whatever it trips over costs this post its finding and nothing else."""
        post = work.post
        if post.deleted:
            return Judged(work, Finding(flagged=False, confidence=0.0, reason="deleted", form="other"), self.version)
        try:
            at = told_at(post)
            holder = match.resolve(work.account, self.matcher.registry, at.date())
            finding = self.matcher.match(post.parts, holder, at, post.lang)
        except Exception:
            log.exception("the matcher could not read %s", post.key)
            finding = Finding(flagged=False, confidence=0.0, reason=MATCHER_ERROR, form="other")
        return Judged(work, finding, self.version, near=not finding.flagged and finding.confidence >= self.near_miss)


@dataclass(slots=True)
class Triage:
    """The stage. `wake` is called with the channels that have something new to send, `changed` when contacts did."""

    store: Queue
    judge: Judge
    newsroom: Newsroom
    operator: Operator
    clock: Callable[[], datetime]
    wake: Callable[[frozenset[str]], None]
    changed: Callable[[], None]

    async def run(self) -> int:
        """Until nothing waits. Returns how many revisions were written."""
        done = 0
        while batch := await self.store.pending(TAKEN):
            written = await self._batch(batch)
            done += written
            if not written:
                break  # held meanwhile, or set aside: nothing that another look would change
        return done

    async def _batch(self, batch: Sequence[Work]) -> int:
        rest: list[Judged] = []
        done = 0
        for first in range(0, len(batch), MATCHED):
            found = await asyncio.to_thread(self._judge, batch[first : first + MATCHED])
            for judged in found:
                if judged.finding.reason == MATCHER_ERROR:
                    await self._not_read(judged.work, "the matcher failed on it")
                if judged.finding.flagged or judged.work.number > 1:
                    done += await self._write([judged])
                else:
                    rest.append(judged)
        if rest:
            done += await self._write(rest)
        return done

    def _judge(self, works: Sequence[Work]) -> list[Judged]:
        return [self.judge.judge(work) for work in works]

    async def _write(self, judged: Sequence[Judged]) -> int:
        now = self.clock()
        outcome = await self.store.triage(judged, self.newsroom.decider(now), now)
        if outcome.channels:
            self.wake(outcome.channels)
        if outcome.contacts:
            self.changed()
        keys = {j.work.revision: j.work for j in judged}
        for revision, why in outcome.failed:
            await self._not_read(keys[revision], why)
        return outcome.revisions + len(outcome.failed) + len(outcome.skipped)

    async def _not_read(self, work: Work, why: str) -> None:
        """The operator hears of the first such post; the log has them all."""
        text = f"A post could not be read and may be missed: {work.post.key} of {work.account.key} ({why}). The others go on."
        await self.operator.tell(Notice(f"triage:{self.judge.version}", MATCHER_ERROR, text))
