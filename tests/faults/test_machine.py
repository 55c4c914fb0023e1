"""Any interleaving of posts, edits, deletions, outages, crashes and restarts comes to the same contacts and exactly the promised alerts.

The real store, stages, matcher and channels, four governments and two receivers, against the model in `model.py`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from monitor.daemon import Crew
from monitor.match import Matcher
from monitor.store import Store
from monitor.store.codec import when
from tests.daemon.bed import Crash, Mortal, _buried
from tests.faults.bed import SAYS, START, Hand, alerts, claim, counted, plan, quick, rows, say, understood
from tests.faults.model import Word, World
from tests.faults.tally import Tally, record
from tests.real.receiver import Answer, Receiver

RUNS, STEPS = int(os.environ.get("HOTLINE_MACHINE_RUNS", "30")), 25
PLACES = [(a, b) for a in SAYS for b in SAYS if a != b]
FAULTS = {
    "fails": Answer(status=503),
    "is gone": Answer(status=404),
    "busy": Answer(status=429, headers={"retry-after": "2"}),
    "cuts before": Answer(hang_up="before"),
    "cuts after": Answer(hang_up="after"),
    "half an answer": Answer(hang_up="half", body=b"ok ok ok"),
}


class Bench:
    """What the runs of the machine share, and what they came to."""

    def __init__(self, matcher: Matcher, receiver: Receiver) -> None:
        self.matcher, self.receiver = matcher, receiver
        self.injected = self.alerts = self.marked = 0


class Pipeline(RuleBasedStateMachine):
    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-machine-"))
        self.receiver = self.bench.receiver
        self.receiver.requests.clear()
        self.receiver.otherwise = Answer(body=b"ok")
        self.receiver.forget()
        self.plan = plan(self.folder, self.receiver.url, self.bench.matcher, age="9000d")
        self.hand, self.world = Hand(), World()
        self.state: dict[tuple[str, str], str] = {}
        self.versions = 0
        self.heard = 0
        self.down: set[str] = set()
        self.words: dict[str, tuple[str, str, Word]] = {}

    # What accounts do.

    def _say(self, by: str, other: str, word: Word, more: str = "") -> None:
        self.versions += 1
        version = f"v{self.versions}"
        line = claim(by, other, START + timedelta(minutes=PLACES.index((by, other)) // 3), more=more)
        if word == "says nothing":
            line["text"] = "Our consulate is closed on Monday."
        line = {"id": line["id"], "account": line["account"], "deleted": True} if word == "deleted" else {**line, "version": version}
        self.words[f"jsonl:{by.lower()}/{by}-{other} {'deleted' if word == 'deleted' else version}"] = (by, other, word)
        away = self.folder / f"{by.lower()}.away"
        if by in self.down:
            with away.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        else:
            say(self.folder, line)
        self.state[by, other] = word

    @precondition(lambda self: list(self.state.values()).count("deleted") < len(PLACES) - 3)
    @rule(data=st.data(), count=st.integers(1, 3))
    def accounts_write(self, data: st.DataObject, count: int) -> None:
        """Posts, edits that say the same or take it out, deletions: whatever each post's state allows."""
        for _ in range(count):
            by, other = data.draw(st.sampled_from([place for place in PLACES if self.state.get(place) != "deleted"]))
            may: tuple[Word, ...] = ("claims", "claims", "says nothing", "deleted") if (by, other) in self.state else ("claims",)
            self._say(by, other, data.draw(st.sampled_from(may)), data.draw(st.sampled_from(["", " More soon.", " It was good."])))

    # What goes wrong.

    @rule(by=st.sampled_from(sorted(SAYS)))
    def source_goes_away_or_comes_back(self, by: str) -> None:
        here, away = self.folder / f"{by.lower()}.jsonl", self.folder / f"{by.lower()}.away"
        if by in self.down:
            away.rename(here)
        else:
            here.rename(away)
        self.down ^= {by}
        self.bench.injected += 1

    @precondition(lambda self: self.hand.wall < START + timedelta(days=4))
    @rule(seconds=st.sampled_from([1, 5, 60, 900, 4 * 3600, 13 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.hand.on(seconds)

    # What Hotline does.

    @rule(fault=st.sampled_from(["", *sorted(FAULTS)]), times=st.integers(1, 3))
    def look(self, fault: str, times: int) -> None:
        """A pass; the receivers may answer badly at first."""
        if fault:
            self.receiver.then(*[FAULTS[fault]] * times)
            self.bench.injected += times
        asyncio.run(self._pass(None, after=False))

    @rule(at=st.integers(1, 40), after=st.booleans())
    def look_and_die(self, at: int, after: bool) -> None:
        """A pass that dies at a call of the store, before or after it is carried out."""
        asyncio.run(self._pass(at, after=after))
        self.bench.injected += 1

    async def _pass(self, at: int | None, *, after: bool) -> None:
        store = await Store.open(self.plan.database, run=f"run {self.hand.mono}", clock=self.hand, connect=quick)
        mortal = Mortal(store, at or 1 << 30, after=after)
        crew = Crew(self.plan, mortal, self.hand.world())  # type: ignore[arg-type]  # it is a store but for its mortality
        try:
            await crew.once(0.3)
            await crew.drain()
        except Crash:
            await _buried(crew)
        finally:
            await store.close()
        self._follow()

    def _follow(self) -> None:
        """Tell the model what Hotline has seen and decided, in that order."""
        sql = (
            "SELECT r.id, p.key, r.version, r.seen_at FROM revisions r JOIN posts p ON p.id = r.post WHERE r.id > ?"
            " AND r.id NOT IN (SELECT revision FROM untriaged) ORDER BY r.id"
        )
        for row in rows(self.plan.database, sql, self.heard):
            by, other, word = self.words[f"{row['key']} {row['version']}"]
            self.world.heard(by, other, word, when(row["seen_at"]))
            self.heard = row["id"]
        looked = [call for pair, call in self.world.calls.items() if "overdue" in self._kinds(" ".join(pair))[len(call.told) :]]
        for call in looked:  # a look that died may not have come to it yet; the end of the run sees to it
            call.passed(self.hand.wall)

    def _kinds(self, pair: str) -> list[str]:
        return [kind for name, kind in alerts(self.plan.database) if name == pair]

    def teardown(self) -> None:
        try:
            asyncio.run(self._settle())
            self.world.passed(self.hand.wall)
            told: dict[str, list[str]] = {}
            for pair, kind in alerts(self.plan.database):
                told.setdefault(pair, []).append(kind)
            assert told == self.world.told()
            contacts = rows(self.plan.database, "SELECT COUNT(*) AS n FROM contacts")[0]["n"]
            assert contacts == len(self.world.calls)
            assert {row["state"] for row in rows(self.plan.database, "SELECT state FROM deliveries")} <= {"sent"}
            tally = counted("", 1, self.plan.database, self.receiver.requests)
            assert (tally.lost, tally.doubled) == (0, 0), tally
            self.bench.alerts += tally.alerts
            self.bench.marked += tally.marked
        finally:
            shutil.rmtree(self.folder)

    async def _settle(self) -> None:
        """Everything works again: what is still open is brought to its end."""
        for by in sorted(self.down):
            (self.folder / f"{by.lower()}.away").rename(self.folder / f"{by.lower()}.jsonl")
        self.down.clear()
        self.receiver.forget()
        for _ in range(12):
            store = await Store.open(self.plan.database, run=f"run {self.hand.mono}", clock=self.hand, connect=quick)
            for channel in self.plan.config.channels:
                await store.add_act("resume", channel, {}, "desk", self.hand())
            await store.close()
            await self._pass(None, after=False)
            waiting = rows(self.plan.database, "SELECT COUNT(*) AS n FROM deliveries WHERE state IN ('queued', 'retry', 'unknown', 'sending')")
            if not waiting[0]["n"]:
                return
            self.hand.on(400)


@pytest.mark.timeout(600)
def test_any_interleaving_comes_to_the_same_contacts_and_exactly_the_promised_alerts(matcher: Matcher, receiver: Receiver) -> None:
    for by, other in PLACES:
        for more in ("", " More soon.", " It was good."):
            assert understood(matcher, by, other, more), f"the vocabulary is read as meant: {by} on {other}"
    Pipeline.bench = Bench(matcher, receiver)
    logging.disable(logging.CRITICAL)  # a crew that is killed has much to say
    try:
        run_state_machine_as_test(Pipeline, settings=settings(max_examples=RUNS, stateful_step_count=STEPS))
    finally:
        logging.disable(logging.NOTSET)
    bench: Any = Pipeline.bench
    record(Tally("any interleaving of outages, crashes, edits and deletions (stateful)", bench.injected, bench.alerts, 0, 0, bench.marked))
