"""One real daemon process, with the ground taken from under it while it runs: files, descriptors, locks, configuration."""

from __future__ import annotations

import gzip
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.bed import SAYS, Stopwatch, claim, config, counted, say, secrets
from tests.faults.tally import record
from tests.real.beds import ROOT, wait_until
from tests.real.daemon import Daemon, Log
from tests.real.receiver import Answer, Receiver, Request

LEFT = iter([(a, b) for a in SAYS for b in SAYS if a < b])


class Running:
    """The daemon with its folder, log and receiver; `tell` has a government speak of a call that nobody has spoken of."""

    def __init__(self, folder: Path) -> None:
        self.receiver = Receiver()
        self.receiver.otherwise = Answer(body=b"ok")
        self.folder, self.log, self.told = folder, Log(folder / "hotline.db"), 0
        self.before: list[Request] = []
        secrets(folder, self.receiver.url)
        for country in SAYS:
            (folder / f"{country.lower()}.jsonl").touch()
        self.write(config(folder))
        self.daemon = Daemon(folder / "config.toml")
        self.daemon.start()

    def write(self, text: str) -> None:
        (self.folder / "config.toml").write_text(text, "utf-8")
        (self.folder / "config.toml").chmod(0o600)

    def tell(self) -> None:
        by, other = next(LEFT)
        say(self.folder, claim(by, other, datetime.now(UTC)))
        self.told += 1

    def arrived(self) -> float:
        """Wait until all that was told is sent in both channels; seconds that took."""
        watch = Stopwatch()
        sql = "SELECT COUNT(*) FROM deliveries WHERE contact IS NOT NULL AND state = 'sent'"
        wait_until(lambda: self.log.count(sql) >= 2 * self.told, f"{2 * self.told} deliveries\n{self.daemon.story()}", 60)
        return watch()

    def says(self, *words: str) -> None:
        self.daemon.wait_for(lambda line: all(word in str(line) for word in words), f"a line with {words}", 60)

    def seen(self) -> list[Request]:
        """All requests of the module's daemon, forgotten ones included."""
        return [*self.before, *self.receiver.requests]

    def limit(self, what: int, soft: int) -> None:
        resource.prlimit(self.daemon.process.pid, what, (soft, resource.prlimit(self.daemon.process.pid, what)[1]))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    bed = Running(tmp_path_factory.mktemp("running"))
    yield bed
    bed.daemon.close()
    bed.receiver.stop()


def test_a_malformed_configuration_is_refused_while_the_old_one_goes_on(running: Running) -> None:
    good = (running.folder / "config.toml").read_text()
    broken = ['[desk\nname = "x"', good + '[[account]]\nsource = "nowhere"\nhandle = "x"\n', good + "\x00", good.replace("webhook", "wobhook")]
    for number, text in enumerate(broken, 1):
        running.write(text)
        running.daemon.lines.clear()
        running.daemon.signal(signal.SIGHUP)
        running.says("The new configuration is refused, the old one goes on")
        if number % 2:
            running.tell()
            running.arrived()
    running.write(good)
    running.daemon.signal(signal.SIGHUP)
    running.says("configuration read again")
    running.tell()
    took = running.arrived()
    record(counted("malformed configuration on reload", len(broken), running.log.path, running.receiver.requests, took))


def test_without_file_descriptors_it_goes_on_and_catches_up(running: Running) -> None:
    held = len(list(Path(f"/proc/{running.daemon.process.pid}/fd").iterdir()))
    away = {path: path.rename(path.with_suffix(".away")) for path in running.folder.glob("*.jsonl")}
    running.before += running.receiver.requests
    running.receiver.requests.clear()
    running.limit(resource.RLIMIT_NOFILE, held)  # nothing more can be opened: no connection, no file
    running.daemon.lines.clear()
    for old, new in away.items():
        new.rename(old)
    running.tell()
    running.daemon.wait_for(lambda line: line.get("level") in ("warn", "error"), "a word of what cannot be opened")
    assert running.daemon.process.poll() is None
    assert len([request for request in running.receiver.requests if request.accepted]) <= 2, "over connections that were open"
    running.limit(resource.RLIMIT_NOFILE, 1024)
    took = running.arrived()
    record(counted("file descriptors exhausted", 1, running.log.path, running.seen(), took))


def test_a_file_system_that_takes_no_more_stops_nothing_for_good(running: Running) -> None:
    largest = max(path.stat().st_size for path in running.folder.glob("hotline.db*"))
    running.limit(resource.RLIMIT_FSIZE, largest // 2)  # what would make a file longer fails
    running.daemon.lines.clear()
    running.tell()
    running.says("hotline.db")
    assert running.daemon.process.poll() is None
    running.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
    took = running.arrived()
    running.log.sound()
    record(counted("file size limit (RLIMIT_FSIZE) on a running daemon", 1, running.log.path, running.seen(), took))


def test_a_lock_held_for_longer_than_the_store_waits_delays_and_loses_nothing(running: Running) -> None:
    other = sqlite3.connect(running.log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    running.daemon.lines.clear()
    running.tell()
    running.says("is locked by another program")
    other.execute("ROLLBACK")
    other.close()
    took = running.arrived()
    record(counted("database locked under a running daemon", 1, running.log.path, running.seen(), took))


def test_after_all_that_it_ends_well(running: Running) -> None:
    assert running.daemon.stop() == 0
    running.log.sound()
    assert (running.folder / "hotline.db").stat().st_mode & 0o077 == 0, "the log is its owner's alone"


HUGE = """
import asyncio, resource, sys
from datetime import UTC, datetime
from monitor.http import Pace, Unfetched, source_client
async def main():
    fetcher = source_client(lambda: datetime.now(UTC), timeout=20, max_bytes=8_000_000, connections=4, pace=Pace(4))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        try:
            await fetcher.get(sys.argv[1])
        except Unfetched as refused:
            print(refused.outcome.kind, refused.outcome.detail)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    await fetcher.close()
asyncio.run(main())
"""


def test_an_answer_that_unpacks_to_half_a_gigabyte_costs_a_few_megabytes(running: Running) -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 500_000_000, 1), 1)
    once = gzip.decompress(bomb)  # 500 MB in a body of 2 MB
    server = Receiver()
    server.otherwise = Answer(body=once, headers={"content-encoding": "gzip", "content-type": "application/json"})
    try:
        done = subprocess.run([sys.executable, "-c", HUGE, server.url], cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    finally:
        server.stop()
    *refusals, grown = done.stdout.splitlines()
    assert len(refusals) == 5
    assert all(line.startswith("bad_content") for line in refusals)
    assert int(grown) < 60, f"{grown} MB for bodies capped at 8 MB"
