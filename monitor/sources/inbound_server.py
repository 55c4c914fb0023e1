"""The HTTP endpoint of the `inbound` source: POST /posts with a token, answered once the posts are stored.

| 202 | they are in the log: {"stored": 2, "posts": [keys]}                      |
| 400 | none was taken: {"error": …, "problems": [what is wrong with which post]} |
| 401 | no token, or not the right one                                           |
| 413 | too large; 429 | too many a minute; 503 | not stored in time. Send it again: what is there is not doubled |
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from monitor.model import Account, Post
from monitor.sources.offloop import off_loop
from monitor.sources.records import read_record
from monitor.sources.shaping import OddError

SLOW = 10.0
"""Seconds in which a whole request must have come in."""
LARGE = 100_000
"""Bytes above which a body is parsed off the event loop."""
UNSEEN = datetime(1970, 1, 1, tzinfo=UTC)  # posts get the time of the poll that takes them
TOLD = 20
"""Problems named in one answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender may do. `patience` is how many seconds a request waits for its posts to be stored."""

    max_body: int
    max_posts: int
    per_minute: int
    patience: float


@dataclass(slots=True, eq=False)
class Batch:
    """The posts of one request; `stored` says that they are (True), or that they will not be (False)."""

    posts: Sequence[Post]
    stored: asyncio.Future[bool]


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of ours
    """A request that is not taken."""

    def __init__(self, status: int, error: str, problems: Sequence[str] = (), after: int | None = None) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, **({"problems": list(problems)} if problems else {})}
        self.headers = {} if after is None else {"Retry-After": str(after)}
        if status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"


class Server:
    """Listens, checks, and keeps what was handed in until `done` is told that it is stored."""

    def __init__(self, listen: str, token: str, limits: Limits) -> None:
        host, _, port = listen.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._token = hashlib.sha256(token.encode()).digest()
        self._limits = limits
        self._allowance, self._counted_at = float(limits.per_minute), 0.0
        self._waiting: list[Batch] = []
        self._runner: web.AppRunner | None = None
        self.accounts: Mapping[str, Account] = {}

    async def start(self) -> None:
        """Raises OSError if the address cannot be had."""
        app = web.Application(client_max_size=self._limits.max_body)
        app.router.add_post("/posts", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, lingering_time=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._counted_at = asyncio.get_running_loop().time()
        self._runner = runner

    @property
    def port(self) -> int:
        """The port that was had; of use where 0 was asked for."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """What is not stored yet is refused: its sender repeats it."""
        for batch in self._waiting:
            _settle(batch, stored=False)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def waiting(self) -> list[Batch]:
        """What is to be stored; it stays until `done`."""
        return list(self._waiting)

    def done(self, batches: Sequence[Batch]) -> None:
        """These are stored."""
        for batch in batches:
            _settle(batch, stored=True)
            self._forget(batch)

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            self._admit(request)
            posts = await self._read(request)
            return await self._hold(posts)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)

    def _admit(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        given = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        right = hmac.compare_digest(given, self._token)  # of hashes: the same time whatever was given
        if kind.lower() != "bearer" or not right:
            raise Refusal(401, "send the header Authorization: Bearer TOKEN with the token of [sources.inbound]")

    async def _read(self, request: web.Request) -> list[Post]:
        """The posts of a request; Refusal if any of them cannot be taken."""
        most = self._limits.max_body
        try:
            async with asyncio.timeout(SLOW):
                body = await request.content.read(0)
                while chunk := await request.content.readany():
                    body += chunk
                    if len(body) > most:
                        raise Refusal(413, f"larger than {most:,} bytes: send fewer posts at a time")
        except TimeoutError:
            raise Refusal(408, f"the request did not come in within {SLOW:g} s") from None
        accounts = dict(self.accounts)

        def parse() -> list[Post]:
            return read_posts(body, accounts, self._limits.max_posts)

        posts = await off_loop(parse) if len(body) > LARGE else parse()
        self._spend(len(posts))
        return posts

    def _spend(self, posts: int) -> None:
        now = asyncio.get_running_loop().time()
        rate = self._limits.per_minute
        self._allowance = min(float(rate), self._allowance + (now - self._counted_at) * rate / 60)
        self._counted_at = now
        if posts > self._allowance:
            wait = int((posts - self._allowance) * 60 / rate) + 1
            raise Refusal(429, f"more than {rate} posts a minute", after=wait)
        self._allowance -= posts

    async def _hold(self, posts: Sequence[Post]) -> web.Response:
        """Answer when the posts are stored, never before."""
        batch = Batch(posts, asyncio.get_running_loop().create_future())
        self._waiting.append(batch)
        try:
            async with asyncio.timeout(self._limits.patience):
                stored = await batch.stored
        except TimeoutError:
            stored = False
        finally:
            self._forget(batch)
        if not stored:
            raise Refusal(503, "not stored in time: send it again", after=10)
        return web.json_response({"stored": len(posts), "posts": [post.key for post in posts]}, status=202)

    def _forget(self, batch: Batch) -> None:
        if batch in self._waiting:
            self._waiting.remove(batch)


def _settle(batch: Batch, *, stored: bool) -> None:
    if not batch.stored.done():  # it is when the sender was told to come again
        batch.stored.set_result(stored)


def read_posts(body: bytes, accounts: Mapping[str, Account], most: int) -> list[Post]:
    """The posts of a body: one JSON object or a list of them. Refusal (400) names everything that is wrong. Pure."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is no JSON: send one post as an object, or a list of them") from None
    records = told if isinstance(told, list) else [told]
    if not records or len(records) > most:
        raise Refusal(400, f"send between 1 and {most} posts at a time")
    posts: list[Post] = []
    problems: list[str] = []
    for place, record in enumerate(records, 1):
        try:
            if not isinstance(record, dict):
                raise OddError("not a JSON object")
            posts.append(read_record(record, accounts, "inbound", UNSEEN))
        except OddError as reason:
            problems.append(f"post {place}: {reason}")
    if problems:
        more = [f"and {len(problems) - TOLD} more"] if len(problems) > TOLD else []
        raise Refusal(400, f"{len(problems)} of {len(records)} posts cannot be read; none was taken", [*problems[:TOLD], *more])
    return posts
