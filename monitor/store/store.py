"""`Store`: the daemon's door to the log. See the package's docstring for the map."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from monitor.decision import Act, Decide, DecideDue, Decision, Judged, NewDelivery, NewNotice, Triaged, Work
from monitor.model import Account, ActKind, Delivery, Message, Notice, Page, Receipt
from monitor.store import accounts, acts, decisions, health, notices, outbox, pages, triage
from monitor.store.accounts import AccountRow
from monitor.store.database import Connect, Lock, open_for_writing
from monitor.store.errors import RenderFailed, StoreError, explain
from monitor.store.group import Group
from monitor.store.health import HealthRow, PollCount
from monitor.store.outbox import Freeze
from monitor.store.pages import Saved

P = ParamSpec("P")
T = TypeVar("T")

REREAD_FOR = timedelta(hours=48)
"""How long the posts behind a contact are read again, for edits and deletions."""


class Store:
    """One a process and a database. Every method is one transaction on the store's own thread.

    Raises StoreError (its kinds in `monitor.store.errors`) for what is wrong with the file: then nothing was written and the
    call may be made again. A call whose task is cancelled is still carried out if it had begun.
    """

    def __init__(
        self, path: Path, db: Database, thread: ThreadPoolExecutor, lock: Lock, run: str, clock: Callable[[], datetime]
    ) -> None:
        self.path = path
        self.run = run
        self._db = db
        self._thread = thread
        self._group = Group(db, thread)
        self._lock = lock
        self._clock = clock
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: str | Path,
        *,
        run: str,
        clock: Callable[[], datetime],
        connect: Connect = sqlite3.connect,
    ) -> Store:
        """Open the log for writing: lock it, make or update it, settle what a run that was cut off left behind.

        `run` names this run of the daemon; `clock` gives the time of what no argument dates. Raises StoreError, with a remedy.
        """
        path = Path(path).absolute()  # noqa: ASYNC240  no input or output
        lock = Lock(path)
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        loop = asyncio.get_running_loop()
        db: Database | None = None
        try:
            await loop.run_in_executor(thread, lock.take)
            db = await loop.run_in_executor(thread, open_for_writing, path, clock(), connect)
            store = cls(path, db, thread, lock, run, clock)
            await store._write(outbox.settle, run, clock())
            await store._write(triage.retry_failed)
        except BaseException:
            if db is not None:
                await loop.run_in_executor(thread, db.close)
            thread.shutdown()
            lock.release()
            raise
        return store

    async def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it. Further calls raise StoreError."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()
        self._lock.release()

    def _close(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # a full disk: the next start does it
            self._db.conn.execute("PRAGMA optimize")
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    async def _write(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` in a write transaction, which it may share with others that wait."""
        if self._closed:
            raise StoreError(f"{self.path} is closed: Hotline is stopping.")
        try:
            return await self._group.write(lambda: work(self._db, *args, **kwargs))
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    async def _read(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: work(self._db, *args, **kwargs))

    async def _in_thread(self, job: Callable[[], T]) -> T:
        if self._closed:
            raise StoreError(f"{self.path} is closed: Hotline is stopping.")

        def guarded() -> T:
            try:
                return job()
            except sqlite3.Error as error:
                raise explain(error, self.path) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)

    # Polling

    async def sync_accounts(self, configured: Sequence[Account], now: datetime) -> Mapping[str, AccountRow]:
        """Make the rows say what the configuration says; accounts that left it become inactive. All active rows by key."""
        return await self._write(accounts.sync, configured, now)

    async def cursors(self, source: str) -> dict[str, str]:
        return await self._read(pages.cursors, source)

    async def known(self, account: str, limit: int) -> set[tuple[str, str]]:
        """(post key, version) of all revisions of the account's `limit` newest posts."""
        return await self._read(pages.known, account, limit)

    async def save_page(self, page: Page, now: datetime) -> Saved:
        """Posts, cursors and identities of a page. What is there already (post key and version) changes nothing."""
        return await self._write(pages.save, page, now)

    async def hold(self, account: str, why: str) -> None:
        """Keep the account's posts from triage until `release`."""
        await self._write(accounts.hold, account, why, self._clock())

    async def release(self, account: str) -> int:
        """The operator says the account is who it should be: pin what was seen last, triage what was held (how many)."""
        return await self._write(accounts.release, account, self._clock())

    async def open_contact_posts(self, now: datetime) -> dict[str, tuple[str, ...]]:
        """Keys of posts behind contacts of the last 48 h, by account, for `Source.reread`."""
        return await self._read(health.open_contact_posts, now - REREAD_FOR)

    # Triage

    async def pending(self, limit: int = 500) -> list[Work]:
        """Revisions that wait for triage, in order of arrival."""
        return await self._read(triage.pending, limit)

    async def triage(self, batch: Sequence[Judged], decide: Decide, now: datetime) -> Triaged:
        """Write findings, and what `decide` makes of the flagged ones and of later revisions, in one transaction.

        `decide` runs on the store's thread and only reads, through the reader it is given. If it raises, that revision
        is set aside (`Triaged.failed`) and the rest goes on.
        """
        return await self._write(triage.triage, batch, decide, now)

    async def apply(self, decide: DecideDue, now: datetime) -> Triaged:
        """Write what time or a person brings about (overdue, lapsed, digests, acts). If `decide` raises, nothing is written."""
        return await self._write(triage.apply, decide, now)

    # Delivery

    async def claim(self, channel: str, now: datetime, freeze: Freeze) -> Delivery | None:
        """Take the channel's next due delivery: `sending`, its payload frozen (`freeze` runs on the store's thread).

        Raises RenderFailed if `freeze` raised: that delivery is dead, the next claim goes on. A cancelled claim is given back.
        """
        taken = await self._taken(self._write(outbox.claim, channel, now, self.run, freeze), now)
        if isinstance(taken, RenderFailed):
            raise taken
        return taken

    async def claim_unknown(self, channel: str, now: datetime, *, repeat: bool) -> Delivery | None:
        """Take the channel's next delivery that may have arrived, to look it up or send it again.

        `repeat`: it is marked as a possible repeat. A cancelled claim is given back.
        """
        return await self._taken(self._write(outbox.claim_unknown, channel, now, self.run, repeat=repeat), now)

    async def _taken(self, claim: Coroutine[Any, Any, T], now: datetime) -> T:
        task = asyncio.ensure_future(claim)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            delivery = await task
            if isinstance(delivery, Delivery):
                await self._write(outbox.unclaim, delivery.id, now)
            raise

    async def unclaim(self, delivery: int, now: datetime) -> None:
        """Give back what was claimed and provably not sent."""
        await self._write(outbox.unclaim, delivery, now)

    async def mark_sent(self, delivery: int, receipt: Receipt, now: datetime) -> None:
        await self._write(outbox.mark_sent, delivery, receipt, now)

    async def mark_retry(self, delivery: int, next_at: datetime, detail: str, now: datetime) -> None:
        await self._write(outbox.mark_retry, delivery, next_at, detail, now)

    async def mark_unknown(self, delivery: int, detail: str, now: datetime, next_at: datetime | None) -> None:
        """It may have arrived. `next_at` None: held until a person decides, and nothing waits for it."""
        await self._write(outbox.mark_unknown, delivery, detail, now, next_at)

    async def mark_possible_repeat(self, delivery: int) -> None:
        """It will be sent although it may have arrived, and its message says so."""
        await self._write(outbox.mark_possible_repeat, delivery)

    async def mark_rejected(self, delivery: int, plainer: Mapping[str, Any] | None, why: str, now: datetime) -> None:
        """The message was refused: again at once with the plainer payload, or dead without one."""
        await self._write(outbox.mark_rejected, delivery, plainer, why, now)

    async def mark_dead(self, delivery: int, why: str, now: datetime) -> None:
        await self._write(outbox.mark_dead, delivery, why, now)

    async def give_up(self, channel: str, before: datetime, why: str, now: datetime) -> list[int]:
        """Bury what has been tried in vain since before then; a suspended channel keeps its queue. Alert ids."""
        return await self._write(outbox.give_up, channel, before, why, now)

    async def late(self, channel: str, before: datetime) -> list[int]:
        """Alert ids due in a channel by then and not out yet, for the fallback channel; urgent first."""
        return await self._read(outbox.late, channel, before)

    async def suspend(self, channel: str, why: str, now: datetime) -> bool:
        """Stop claiming from a channel. True if it was working until now."""
        return await self._write(outbox.suspend, channel, why, now)

    async def resume(self, channel: str, now: datetime) -> int:
        """Let a channel work again, and at once. How many deliveries wait."""
        return await self._write(outbox.resume, channel, now)

    async def next_due(self, channels: Sequence[str]) -> datetime | None:
        """When the next delivery of these channels can be claimed; a past time means now, None that nothing waits."""
        return await self._read(outbox.next_due, channels)

    async def waited(self, delivery: int) -> float | None:
        """Seconds from the post behind a sent alert being stored to it being sent; None where no post caused it."""
        return await self._read(outbox.waited, delivery)

    async def clock_set_back(self, now: datetime) -> int:
        """What waits for a time that the clock has come back from is due now. How many."""
        return await self._write(outbox.clock_set_back, now)

    async def outstanding(self, now: datetime) -> int:
        """Deliveries of working channels that were due by now and are not settled, those in flight included."""
        return await self._read(outbox.outstanding, now)

    # People, notices, figures

    async def notice(self, notice: Notice, now: datetime, message: Message, channels: Sequence[str]) -> bool:
        """Tell the operator, once while it stands; `resolved` tells the end of one that stood. True if it was news."""
        new = NewNotice(notice, message, tuple(NewDelivery(channel) for channel in channels))
        return await self._write(_tell, new, now)

    async def standing(self) -> dict[str, str]:
        """Key to kind of the notices that stand."""
        return await self._read(notices.standing)

    async def add_act(self, kind: ActKind, target: str, value: Mapping[str, Any], who: str, now: datetime) -> int:
        return await self._write(acts.add, kind, target, value, who, now)

    async def pending_acts(self) -> list[Act]:
        return await self._read(acts.pending)

    async def act_applied(self, act: int, result: str, now: datetime) -> None:
        await self._write(acts.applied, act, result, now)

    async def flush_health(self, rows: Sequence[HealthRow], polls: Sequence[PollCount], now: datetime) -> None:
        """Accounts' health, counts of polls since the last flush, and the heartbeat, in one transaction."""
        await self._write(health.flush, rows, polls, now)

    async def health(self) -> dict[str, HealthRow]:
        """What was flushed last, by account."""
        return await self._read(health.load)

    async def set_meta(self, key: str, value: str, now: datetime) -> None:
        await self._write(health.set_meta, key, value, now)

    async def get_meta(self, key: str) -> str | None:
        return await self._read(health.get_meta, key)


def _tell(db: Database, new: NewNotice, now: datetime) -> bool:
    before = db.conn.total_changes
    decisions.write(db, Decision(notices=(new,)), now)
    return db.conn.total_changes != before
