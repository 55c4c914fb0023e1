"""A simulated day in CI, a week by `make soak`: nothing grows, nothing is lost, nothing doubled."""

from __future__ import annotations

import logging
import os
import random
from pathlib import Path

import pytest

from monitor.leaders import load
from monitor.match import Matcher
from tests.faults.bed import Hand, counted, plan, rows
from tests.faults.tally import record
from tests.real.receiver import Answer, Receiver
from tests.soak.soak import Soak, curve, grown

HOURS = int(os.environ.get("HOTLINE_SOAK_HOURS", "24"))


@pytest.mark.timeout(max(120, HOURS * 20))
async def test_in_a_long_run_with_faults_nothing_grows_and_no_alert_is_lost_or_doubled(tmp_path: Path) -> None:
    logging.disable(logging.CRITICAL)  # hours of warnings of faults that were meant
    receiver = Receiver()
    receiver.otherwise = Answer(body=b"ok")
    soak = Soak(plan(tmp_path, receiver.url, Matcher(load())), receiver, Hand(), random.Random(HOURS))
    try:
        await soak.run(HOURS, lambda sample: print(curve([sample], 1).splitlines()[-1]) if HOURS > 24 else None)
    finally:
        logging.disable(logging.NOTSET)
        receiver.stop()
    print(curve(soak.samples, max(HOURS // 24, 1)))
    growth = grown(soak.samples)
    print({name: round(value, 2) for name, value in growth.items()})
    states = {row["state"] for row in rows(soak.plan.database, "SELECT state FROM deliveries")}
    assert states == {"sent"}, states
    record(counted(f"soak: {HOURS} simulated hours with faults", soak.faults, soak.plan.database, receiver.requests))
    assert soak.calls > 0
    assert growth["files"] <= 5
    assert growth["tasks"] <= 3
    assert growth["rss"] < 20, "MB"
    assert max(sample.wal for sample in soak.samples) < 70, "journal_size_limit is 64 MB"
