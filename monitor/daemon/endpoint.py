"""`/healthz` and `/metrics`, on an address of the configuration; off by default and meant for this host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

Health = Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
Metrics = Callable[[], Awaitable[bytes]]


class Endpoint:
    """A small HTTP server of two pages. `health` says whether all is well, and what is not; `metrics` gives the exposition."""

    def __init__(self, listen: str, health: Health, metrics: Metrics) -> None:
        self._host, _, port = listen.rpartition(":")
        self._port = int(port)
        self._health, self._metrics = health, metrics
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Raises OSError if the address cannot be had."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metricsz)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    @property
    def port(self) -> int:
        """The port that was had; of use where 0 was asked for."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, request: web.Request) -> web.Response:
        well, facts = await self._health()
        return web.json_response({"well": well, **facts}, status=200 if well else 503)

    async def _metricsz(self, request: web.Request) -> web.Response:
        return web.Response(body=await self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
