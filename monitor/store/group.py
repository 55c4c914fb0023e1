"""Group commit: writes that wait at the same time share one transaction, and one wait for the disk.

Each is still whole or not at all: it runs in a savepoint of its own, and its caller hears of it only after the commit.
Ten channels that deliver at once would otherwise wait for twenty commits a round, one after the other.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlite_utils import Database

from monitor.store.database import savepoint, transaction

T = TypeVar("T")

MOST = 64
"""Writes in one transaction: as many as wait, but none should wait for a crowd."""


class Group:
    """The writes of one database, carried out on its one thread in order of arrival."""

    def __init__(self, db: Database, thread: ThreadPoolExecutor) -> None:
        self._db, self._thread = db, thread
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._guard = threading.Lock()

    async def write(self, job: Callable[[], T]) -> T:
        """The job's result, once it is committed. Its error, with nothing of it written."""
        future: Future[T] = Future()
        with self._guard:
            self._waiting.append((job, future))
            first = len(self._waiting) == 1
        if first:
            self._thread.submit(self._carry_out)
        return await asyncio.wrap_future(future)

    def _carry_out(self) -> None:
        with self._guard:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
            if self._waiting:
                self._thread.submit(self._carry_out)
        jobs = [(job, future) for job, future in taken if future.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            with transaction(self._db):
                done = [self._alone(jobs[0][0])] if len(jobs) == 1 else [self._apart(job) for job, _ in jobs]
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            for _, future in jobs:
                future.set_exception(error)
            return
        for (_, future), (value, failure) in zip(jobs, done, strict=True):
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)

    def _alone(self, job: Callable[[], Any]) -> tuple[Any, Exception | None]:
        return job(), None

    def _apart(self, job: Callable[[], Any]) -> tuple[Any, Exception | None]:
        try:
            with savepoint(self._db):
                return job(), None
        except Exception as error:
            if not self._db.conn.in_transaction:
                raise  # a full disk or the like: the database undid the others too
            return None, error
