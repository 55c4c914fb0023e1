"""Figures for Prometheus. Everything that happens passes the store's door: what is counted there misses nothing.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for counters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from monitor.decision import Decide, Judged, Triaged
from monitor.model import Page, Receipt
from monitor.store import HealthRow, PollCount, Saved, Store

LAG = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 3600)
"""Seconds: buckets of how long things took."""


class Meter:
    """The metrics of one daemon, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry}
        self.polls = Counter("hotline_polls_total", "Polls by outcome; counted once a minute", ["outcome"], **made)
        self.posts = Counter("hotline_posts_total", "New posts and revisions stored", ["source"], **made)
        self.findings = Counter("hotline_findings_total", "Revisions matched", ["flagged"], **made)
        self.alerts = Counter("hotline_alerts_total", "Alerts written", **made)
        self.deliveries = Counter("hotline_deliveries_total", "Attempts to deliver by result", ["result"], **made)
        self.seen = Histogram("hotline_post_seen_seconds", "From a post's own time to when Hotline stored it", buckets=LAG, **made)
        self.told = Histogram("hotline_alert_sent_seconds", "From a flagged post being stored to an alert of it being sent", buckets=LAG, **made)
        self.matching = Counter("hotline_triage_seconds_total", "Time spent deciding and writing what posts come to", **made)
        self.accounts = Gauge("hotline_accounts", "Accounts by state", ["state"], **made)
        self.queue = Gauge("hotline_queue", "What waits: posts to match, deliveries to send", ["what"], **made)
        self.suspended = Gauge("hotline_channels_suspended", "Channels that are suspended", **made)
        self.notices = Gauge("hotline_notices_standing", "Notices to the operator that stand", **made)
        self.registry_age = Gauge("hotline_registry_age_seconds", "Age of the newest fact in the registry of leaders", **made)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


class MeteredStore(Store):
    """The store, counted as it is called. `meter` is set right after it was opened."""

    meter: Meter

    async def save_page(self, page: Page, now: datetime) -> Saved:
        saved = await super().save_page(page, now)
        self.meter.posts.labels(page.source).inc(saved.new_posts + saved.new_revisions + saved.tombstones)
        if saved.new_posts and not page.baseline and not page.backfill:
            for post in page.posts:
                if post.created_at is not None and not post.deleted:
                    self.meter.seen.observe(max((now - post.created_at).total_seconds(), 0.0))
        return saved

    async def triage(self, batch: Sequence[Judged], decide: Decide, now: datetime) -> Triaged:
        began = self._clock()
        outcome = await super().triage(batch, decide, now)
        self.meter.matching.inc(max((self._clock() - began).total_seconds(), 0.0))
        for judged in batch:
            self.meter.findings.labels("yes" if judged.finding.flagged else "no").inc()
        self.meter.alerts.inc(outcome.alerts)
        return outcome

    async def mark_sent(self, delivery: int, receipt: Receipt, now: datetime) -> None:
        await super().mark_sent(delivery, receipt, now)
        self.meter.deliveries.labels("sent").inc()
        waited = await self.waited(delivery)
        if waited is not None:
            self.meter.told.observe(max(waited, 0.0))

    async def mark_retry(self, delivery: int, next_at: datetime, detail: str, now: datetime) -> None:
        await super().mark_retry(delivery, next_at, detail, now)
        self.meter.deliveries.labels("retry").inc()

    async def mark_unknown(self, delivery: int, detail: str, now: datetime, next_at: datetime | None) -> None:
        await super().mark_unknown(delivery, detail, now, next_at)
        self.meter.deliveries.labels("unknown").inc()

    async def mark_rejected(self, delivery: int, plainer: Any, detail: str, now: datetime) -> None:
        await super().mark_rejected(delivery, plainer, detail, now)
        self.meter.deliveries.labels("rejected").inc()

    async def flush_health(self, rows: Sequence[HealthRow], polls: Sequence[PollCount], now: datetime) -> None:
        await super().flush_health(rows, polls, now)
        for poll in polls:
            self.meter.polls.labels(poll.outcome).inc(poll.count)
