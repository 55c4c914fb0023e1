"""Every other service, through the optional package `apprise`: best effort, and said to be so.

apprise answers yes or no and nothing else, retries nothing, and works in threads: each call has one of its own and a
deadline. Its hosts are checked against private addresses before the call, not at the moment of connecting.
Source: https://github.com/caronc/apprise/wiki (add, notify)
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar

from pydantic import Field

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style, Tools
from monitor.channels.text import cut
from monitor.channels.wire import resolve
from monitor.channels.words import fit, plain, words
from monitor.config import Duration, Secret
from monitor.model import Delivery, Message, Receipt

TEXT = 1500  # characters: fits most of the services behind it
TITLE = 120


class AppriseSettings(ChannelSettings):
    url: Secret = Field(description="An apprise address, such as pover://… or signal://…")
    deadline: Duration = Field(30.0, gt=0, le=40.0, description="For one call.")


class Apprise(Base):
    """A "no" of apprise does not say whether anything arrived: it is in doubt, and sent again, marked."""

    kind: ClassVar[str] = "apprise"
    Settings = AppriseSettings
    styles: ClassVar[tuple[Style, ...]] = ("plain", "bare")
    guarantee = Guarantee(
        "resend_marked", None, "best effort: apprise tells neither proof nor reason; a possible repeat is marked"
    )
    spacing: ClassVar[float] = 1.0

    def __init__(self, name: str, settings: AppriseSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self._busy: threading.Thread | None = None

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = fit(words(message), TEXT, lambda x: len(plain(x, self.say)))
        return {"title": cut(w.headline, TITLE), "body": plain(w, self.say)}

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        if self._busy is not None and self._busy.is_alive():
            raise DeliveryError("retry", "the call before has not come back yet")
        service = self._service()
        await self._checked(service)
        if not await self._in_thread(lambda: service.notify(**step["body"], body_format="text")):
            raise DeliveryError("unknown", "apprise says no, without a reason")
        return Receipt(detail="apprise says yes")

    async def check(self) -> str:
        service = self._service()
        await self._checked(service)
        return f"{str(service[0].service_name)[:40]} through apprise, best effort; not asked, as asking would post"

    def _service(self) -> Any:
        try:
            import apprise
        except ImportError:
            raise DeliveryError("permanent", "the package apprise is not installed: pip install 'hotline[apprise]'") from None
        service = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, app_id="Hotline"))
        if not service.add(self.secret(self.settings.url)) or len(service) != 1:
            raise DeliveryError("permanent", "apprise does not know this kind of address")
        return service

    async def _checked(self, service: Any) -> None:
        host = getattr(service[0], "host", None)
        if isinstance(host, str) and "." in host:
            await resolve(host, 443, self.tools.guard)

    async def _in_thread(self, call: Any) -> bool:
        """Run in a thread of its own, which a hang cannot take from others, and wait no longer than the deadline."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def finish(value: bool) -> None:
            if not done.done():
                done.set_result(value)

        def work() -> None:
            try:
                value = bool(call())
            except Exception:  # noqa: BLE001 - a plug-in of apprise may raise anything, and its text may hold the address
                value = False
            loop.call_soon_threadsafe(finish, value)

        self._busy = threading.Thread(target=work, name=f"apprise {self.name}", daemon=True)
        self._busy.start()
        try:
            async with asyncio.timeout(self.settings.deadline):
                return await done
        except TimeoutError:
            raise DeliveryError("unknown", "apprise did not come back in time") from None
