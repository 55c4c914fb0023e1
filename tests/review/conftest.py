"""Desks on logs of every kind, asked in process through the whole application."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.leaders import load
from monitor.review.app import open_desk
from monitor.review.desk import Desk
from monitor.store import Store
from tests.review import bed

REGISTRY = load()
Client = httpx.AsyncClient
OpenDesk = Callable[..., Awaitable[Client]]


@pytest.fixture(scope="session")
def told_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bed.told(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="session")
def hostile_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(bed.hostile(tmp_path_factory.mktemp("hostile") / "hotline.db"))


@pytest.fixture(scope="session")
def empty_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "hotline.db"

    async def make() -> None:
        await (await Store.open(path, run="bed", clock=lambda: bed.NOW)).close()

    asyncio.run(make())
    return path


@pytest.fixture
def log(told_log: Path, tmp_path: Path) -> Path:
    """A copy of the told log to act on."""
    return Path(shutil.copy(told_log, tmp_path / "log.db"))


@pytest.fixture
async def open_client() -> AsyncIterator[OpenDesk]:
    """`await open_client(path, who="ann")`: a browser at a desk of its own; further words go to the desk, or to `open_desk`."""
    async with AsyncExitStack() as stack:

        async def make(path: Path, *, peer: str = "127.0.0.1", host: str = "http://localhost", **words: Any) -> Client:
            outer = {name: words.pop(name) for name in ("hosts", "header", "proxies") if name in words}
            words = {"clock": lambda: bed.NOW, "registry": REGISTRY, "chance": random.Random(7), **words}
            desk = Desk(path, **words)
            app: Any = await open_desk(desk, **outer)
            transport = httpx.ASGITransport(app, client=(peer, 4242))
            return await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=host))

        yield make


@pytest.fixture
async def client(log: Path, open_client: OpenDesk) -> Client:
    """A browser at the desk of the told log."""
    return await open_client(log, who="ann")


async def send(client: Client, address: str, page: str = "/help", **fields: Any) -> httpx.Response:
    """Send a form as a browser does: the page first, its token along."""
    shown = await client.get(page)
    token = shown.text.partition('name="csrftoken" value="')[2].partition('"')[0] or client.cookies.get("ds_csrftoken", "")
    if not client.cookies.get("ds_csrftoken"):
        shown = await client.get("/accounts/none/none")
    return await client.post(address, data={"csrftoken": token, **fields})


def acts(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT kind, target, value, who FROM acts ORDER BY id").fetchall()
    finally:
        connection.close()
