"""Hotline looks after itself: disk, clock, stuck stages, a daily sign of life, a dead man's switch, figures."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from monitor.daemon.crew import Crew
from monitor.daemon.meter import Meter
from monitor.daemon.pulse import Pulse
from monitor.decision import Decision, NewAlert, NewDelivery
from monitor.http import Guard, channel_client, in_words
from monitor.model import Message, Notice
from monitor.store import Reading, StoreError
from monitor.store.backup import rotated

log = logging.getLogger("hotline.health")


class SelfWatch:
    """`look` once a minute. One object a run; the crew may change under it."""

    def __init__(self, pulse: Pulse, meter: Meter) -> None:
        self.pulse, self.meter = pulse, meter
        self._told_stuck = False

    async def look(self, crew: Crew) -> None:
        """Tell the operator what is wrong, give the daily sign of life, feed the switch."""
        await self._disk(crew)
        await self._clock(crew)
        await self._stuck(crew)
        await self._heartbeat(crew)
        await self._backup(crew)
        await self._ping(crew)

    async def facts(self, crew: Crew) -> tuple[bool, Mapping[str, Any]]:
        """Whether all is well, and the figures behind it; for /healthz."""
        state = await asyncio.to_thread(_read, crew)
        stuck = self.pulse.stuck()
        facts = {"stuck": stuck, "channels_suspended": state["channels_suspended"], "notices": len(state["notices"])}
        facts |= {name: state[name] for name in ("accounts", "accounts_held", "untriaged", "waiting", "heartbeat")}
        return not stuck, facts

    async def figures(self, crew: Crew) -> bytes:
        """The exposition for Prometheus, gauges brought up to date."""
        state = await asyncio.to_thread(_read, crew)
        meter = self.meter
        failing = sum(1 for row in state["health"] if (row["failures"] or 0) > 2)
        meter.accounts.labels("failing").set(failing)
        meter.accounts.labels("held").set(state["accounts_held"])
        meter.accounts.labels("watched").set(state["accounts"])
        meter.queue.labels("posts").set(state["untriaged"])
        meter.queue.labels("deliveries").set(state["waiting"])
        meter.suspended.set(state["channels_suspended"])
        meter.notices.set(len(state["notices"]))
        as_of = datetime.combine(crew.plan.registry.as_of, clock_time(), UTC)
        meter.registry_age.set((crew.world.clock() - as_of).total_seconds())
        return meter.text()

    async def _disk(self, crew: Crew) -> None:
        low = crew.plan.config.health.disk_free
        free = shutil.disk_usage(crew.plan.database.parent).free
        words = f"Only {free / 1e6:,.0f} MB are free where the database is ({crew.plan.database.parent}): make room, or Hotline stops storing."
        await self._tell(crew, Notice("disk", "disk_low", words, resolved=free >= low))

    async def _clock(self, crew: Crew) -> None:
        jump = self.pulse.jumped()
        if await crew.store.clock_set_back(crew.world.clock()):  # also after a step there and back between two looks
            crew.deliver.wake()
        if jump is not None:
            words = f"The clock of this machine moved by {jump.total_seconds():+.0f} s at once: check its time service. Alerts of that time carry wrong times."
            await self._tell(crew, Notice("clock", "clock_wrong", words))
        else:
            await self._tell(crew, Notice("clock", "clock_wrong", "The clock runs evenly again.", resolved=True))

    async def _stuck(self, crew: Crew) -> None:
        stuck = self.pulse.stuck()
        words = f"Stuck: {', '.join(stuck)} has not come round for two minutes. The log says why; a restart loses nothing."
        await self._tell(crew, Notice("stages", "stages_stuck", words, resolved=not stuck))

    async def _tell(self, crew: Crew, notice: Notice) -> None:
        """A notice that stands is told once; its end only where it stood."""
        if notice.resolved and notice.key not in await crew.store.standing():
            return
        await crew.operator.tell(notice)

    async def _heartbeat(self, crew: Crew) -> None:
        """Once a day, at or after the time set: noted in the log, so that a restart does not say it twice."""
        health = crew.plan.config.health
        if health.heartbeat is None:
            return
        now = crew.world.clock()
        local = now.astimezone(ZoneInfo(crew.plan.config.desk.timezone))
        day = f"{local:%Y-%m-%d}"
        if f"{local:%H:%M}" < health.heartbeat or await crew.store.get_meta("heartbeat_said") == day:
            return
        state = await asyncio.to_thread(_read, crew)
        since = now - timedelta(days=1)
        posts, contacts = await asyncio.to_thread(_yesterday, crew, since)
        words = f"Alive: {state['accounts']} accounts, {posts} posts and {contacts} contacts in the last 24 hours."
        message = Message("heartbeat", f"heartbeat-{day}", words, source=crew.plan.config.desk.name, urgent=False)
        channel = health.heartbeat_channel or crew.plan.config.operator
        alert = NewAlert("heartbeat", message, None, "daily", (NewDelivery(channel),))
        await crew.store.set_meta("heartbeat_said", day, now)
        outcome = await crew.store.apply(lambda _reader: Decision(alerts=(alert,)), now)
        crew.deliver.wake(outcome.channels)

    async def _backup(self, crew: Crew) -> None:
        """A copy of the log when one is due; when the last one was made stands in the log, so that a restart makes no other."""
        wanted, now = crew.plan.config.backup, crew.world.clock()
        if wanted.every is None:
            return
        last = await crew.store.get_meta("last_backup")
        if last is not None and timedelta() <= now - datetime.fromisoformat(last) < timedelta(seconds=wanted.every):
            return
        try:
            folder = crew.plan.database.parent / wanted.folder
            made = await asyncio.to_thread(rotated, crew.plan.database, folder, wanted.keep, now)
        except StoreError as error:
            await self._tell(crew, Notice("backup", "backup_failed", f"No backup was made: {error}"))
            return
        await crew.store.set_meta("last_backup", now.isoformat(), now)
        await self._tell(crew, Notice("backup", "backup_failed", "Backups are made again.", resolved=True))
        log.info("backup %s", made)

    async def _ping(self, crew: Crew) -> None:
        """Tell the dead man's switch that all is well; silence is its alarm."""
        ping = crew.plan.config.health.ping
        if ping is None or self.pulse.stuck():
            return
        try:
            async with channel_client(Guard(allow=True), 10.0) as client:
                answer = await client.get(crew.plan.reveal(ping))
            if answer.status_code >= 400:
                log.warning("the address of health.ping answered %d", answer.status_code)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            log.warning("the address of health.ping was not reached: %s", in_words(failure))


def _read(crew: Crew) -> dict[str, Any]:
    with Reading(crew.plan.database) as reading:
        return reading.status() | {"health": reading.accounts()}


def _yesterday(crew: Crew, since: datetime) -> tuple[int, int]:
    with Reading(crew.plan.database) as reading:
        days = reading.per_day(since, crew.world.clock())
    return sum(day["posts"] or 0 for day in days), sum(day["contacts"] or 0 for day in days)
