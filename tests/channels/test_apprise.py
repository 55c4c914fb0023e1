"""apprise against a local receiver: yes, no, a hang, and what it must not tell."""

from __future__ import annotations

import asyncio

import pytest

from monitor.channels import DeliveryError
from monitor.channels.base import Tools
from monitor.config import Secret
from monitor.http import Guard
from tests.channels.farside import Fault, Reply, far_side
from tests.channels.rows import NOW, delivery, make, message

PASSWORD = "s3cr3tAppr1sePassword"


def tools(url: str, *, allow: bool = True) -> Tools:
    def reveal(_: Secret) -> str:
        return url

    return Tools(None, reveal, lambda: NOW, Guard(allow))  # type: ignore[arg-type] # apprise brings its own client


async def outcome(url: str, *, allow: bool = True, **own: object) -> DeliveryError | None:
    channel = make("apprise", {"url": {"env": "URL"}, **own}, tools(url, allow=allow))
    try:
        await channel.send(delivery(channel.render(message(), None)))
    except DeliveryError as error:
        assert PASSWORD not in repr(error)
        assert "127.0.0.1" not in repr(error)
        return error
    return None


async def test_a_yes_of_apprise_is_taken_for_delivered() -> None:
    async with far_side(lambda r: Reply(200)) as far:
        assert await outcome(far.base.replace("http://", f"json://user:{PASSWORD}@") + "/in") is None
        assert message().headline in far.requests[0].body.decode("unicode_escape").encode("utf-16", "surrogatepass").decode(
            "utf-16"
        )


async def test_a_no_of_apprise_is_in_doubt_as_it_gives_no_reason() -> None:
    async with far_side(lambda r: Reply(500)) as far:
        error = await outcome(far.base.replace("http://", f"json://user:{PASSWORD}@"))
    assert error is not None
    assert error.kind == "unknown"


async def test_an_address_that_apprise_does_not_know_suspends_the_channel() -> None:
    error = await outcome(f"nothing-known://{PASSWORD}")
    assert error is not None
    assert error.kind == "permanent"


async def test_a_call_that_hangs_is_cut_off_and_the_next_one_waits_for_it() -> None:
    async with far_side(lambda r: Reply(200)) as far:
        far.faults.append(Fault("hang", breaks="hang"))
        channel = make("apprise", {"url": {"env": "URL"}, "deadline": 0.3}, tools(far.base.replace("http://", "json://")))
        kinds = []
        for _ in range(2):
            with pytest.raises(DeliveryError) as caught:
                await channel.send(delivery(channel.render(message(), None)))
            kinds.append(caught.value.kind)
        far.close_all()
        await asyncio.to_thread(channel._busy.join, 10)
    assert kinds == ["unknown", "retry"]


async def test_a_private_host_is_refused_unless_allowed() -> None:
    async with far_side(lambda r: Reply(200)) as far:
        error = await outcome(far.base.replace("http://", "json://"), allow=False)
        assert not far.requests
    assert error is not None
    assert error.kind == "permanent"
