"""A store in a temporary folder, with a clock that stands until it is set."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.store import Store
from tests.store.sample import AMBASSADOR, MINISTRY, NOW

OpenStore = Callable[..., Awaitable[Store]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
async def open_store(path: Path) -> AsyncIterator[OpenStore]:
    """Opens a store on `path`; closed at the end if the test did not."""
    async with AsyncExitStack() as stack:

        async def open_it(run: str = "run-1", now: datetime = NOW, **options: Any) -> Store:
            store = await Store.open(path, run=run, clock=lambda: now, **options)
            stack.push_async_callback(store.close)
            return store

        yield open_it


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    """Open, with an ambassador's and a ministry's account."""
    store = await open_store()
    await store.sync_accounts([AMBASSADOR, MINISTRY], NOW)
    return store


@pytest.fixture
def ask(path: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a query, on a connection of its own, as any SQLite tool would see them."""

    def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    return rows
