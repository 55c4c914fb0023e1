"""Every channel through every fault: what each means, and that nothing is lost and nothing repeated in silence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.channels import DeliveryError
from monitor.http import Guard, channel_client
from monitor.model import Notice
from monitor.stages.outbox import Destination, Patience
from tests.channels.farside import Fault, Reply, Request, far_side
from tests.channels.rows import HOOK, ROWS, SECRETS, Provider, Row, delivery, make, message, tools
from tests.stages.deliverybed import bed, now

LEAK = json.dumps(
    {"error": SECRETS["TOKEN"], "message": f"bad {HOOK}", "description": SECRETS["TELEGRAM"], "errcode": SECRETS["TOKEN"]}
)

FAULTS: Mapping[str, tuple[Fault, str]] = {fault.name: (fault, kind) for fault, kind in (
    (Fault("429 header", reply=Reply(429, LEAK, {"Retry-After": "7.5"})), "retry"),
    (Fault("429 body", reply=Reply(429, {"retry_after": 7.5, "parameters": {"retry_after": 7.5}, "retry_after_ms": 7500})), "retry"),
    (Fault("200 with an error body", reply=Reply()), "own"),
    (Fault("202", reply=Reply(202)), "unknown"),
    (Fault("400", reply=Reply(400, LEAK)), "rejected"),
    (Fault("401", reply=Reply(401, LEAK)), "permanent"),
    (Fault("404", reply=Reply(404, LEAK)), "permanent"),
    (Fault("410", reply=Reply(410, LEAK)), "permanent"),
    (Fault("500", reply=Reply(500, LEAK)), "unknown"),
    (Fault("500 after taking it", taken=True, reply=Reply(500)), "unknown"),
    (Fault("503 with Retry-After", reply=Reply(503, LEAK, {"Retry-After": "7.5"})), "retry"),
    (Fault("reset before the body", breaks="reset_before"), "unknown"),
    (Fault("reset after the body", taken=True, breaks="reset_after"), "unknown"),
    (Fault("hang", taken=True, breaks="hang"), "unknown"),
    (Fault("half a response", taken=True, breaks="half"), "unknown"),
    (Fault("redirect", reply=Reply(307, "", {"Location": "http://127.0.0.1:9/elsewhere"})), "permanent"),
)}  # fmt: skip


def struck(row: Row, name: str) -> tuple[Fault, str]:
    fault, kind = FAULTS[name]
    if kind == "own":
        return Fault(name, reply=row.error_200), row.error_200_kind
    if name == "202" and row.accepts_202:
        return fault, ""
    if name == "half a response" and row.name in ("teams", "alertmanager", "webhook"):
        return fault, "unknown"
    return fault, kind


async def failing(row: Row, base: str, http: httpx.AsyncClient | None = None) -> DeliveryError | None:
    channel = make(row.kind, row.settings(base), tools(http))
    try:
        await channel.send(delivery(channel.render(message(), None)))
    except DeliveryError as error:
        return error
    finally:
        if http is None:
            await channel.tools.http.aclose()
    return None


def patience(name: str) -> httpx.Timeout:
    """Short only where the far side never answers."""
    return httpx.Timeout(10, read=0.4 if name == "hang" else 10)


def harmless(text: str) -> bool:
    """Nothing of a secret or an address in it."""
    told = [*SECRETS.values(), HOOK, "127.0.0.1", "http://", "https://", "elsewhere"]
    return not any(part in text for part in told)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_each_fault_means_the_same_for_every_channel(row: Row) -> None:
    errors: dict[str, DeliveryError | None] = {}
    async with far_side(lambda r: row.accept(Provider(), r)) as far, channel_client(Guard(True)) as http:
        for name in FAULTS:
            http.timeout = patience(name)
            far.faults.append(struck(row, name)[0])
            errors[name] = await failing(row, far.base, http)
    assert {name: error.kind if error else "" for name, error in errors.items()} == {
        name: struck(row, name)[1] for name in FAULTS
    }
    told = [error for error in errors.values() if error]
    assert all(harmless(error.text) and harmless(repr(error)) and error.__cause__ is None for error in told)
    assert {error.after for name, error in errors.items() if error and name.startswith(("429", "503"))} == {7.5}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_refused_connection_is_safe_to_try_again(row: Row) -> None:
    async with far_side(lambda r: Reply()) as far:
        base = far.base
    error = await failing(row, base)
    assert error is not None
    assert (error.kind, harmless(error.text)) == ("retry", True)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_name_that_does_not_resolve_is_safe_to_try_again(row: Row) -> None:
    error = await failing(row, "http://nowhere.invalid")
    assert error is not None
    assert (error.kind, harmless(error.text)) == ("retry", True)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_server_that_speaks_no_tls_is_safe_to_try_again(row: Row) -> None:
    async with far_side(lambda r: Reply()) as far:
        error = await failing(row, far.base.replace("http:", "https:"))
    assert error is not None
    assert (error.kind, harmless(error.text)) == ("retry", True)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_private_address_is_refused_before_anything_is_sent(row: Row) -> None:
    async with far_side(lambda r: Reply()) as far:
        error = await failing(row, far.base, channel_client(Guard()))
        assert not far.requests
    assert error is not None
    assert error.kind == "permanent"


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_a_message_is_accepted_and_its_place_remembered(row: Row) -> None:
    provider = Provider()
    async with far_side(lambda r: row.accept(provider, r)) as far:
        channel = make(row.kind, row.settings(far.base))
        receipt = await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert len(provider.shown) == 1
    assert receipt.provider_id


PATIENCE = Patience(escalate_after=3600, deadline=20.0, look=0.05, first=0.001, longest=0.01, settle=0.002)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
async def test_through_all_faults_nothing_is_lost_and_a_repeat_is_dropped_or_says_so(row: Row, tmp_path: Path) -> None:
    """Each alert meets one fault, then a provider that is well. A suspended channel is resumed at once."""
    provider = Provider()
    async with far_side(lambda r: row.accept(provider, r)) as far, bed(tmp_path) as log:
        channel = make(row.kind, row.settings(far.base), tools(clock=now))
        channel.spacing = 0.0
        stage = log.stage(Destination(channel), patience=PATIENCE)
        resumed: list[Notice] = []

        async def tell(notice: Notice) -> None:
            if notice.kind == "channel_suspended" and not notice.resolved:
                resumed.append(notice)
                asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(stage.resume("desk")))

        stage._tell = tell
        async with log.running(stage):
            for name in FAULTS:
                channel.tools.http.timeout = patience(name)
                far.faults.append(quick(struck(row, name)[0]))
                await log.alert("desk", headline=f"Fault {name}")
                stage.wake(["desk"])
                await log.until(lambda: set(log.states()) <= {"sent"})
                assert not far.faults, f"{name} never struck"
        await channel.tools.http.aclose()
    for name in FAULTS:
        copies = [json.dumps(body, ensure_ascii=False) for body in provider.shown.values() if tells(body, f"Fault {name}")]
        assert copies or struck(row, name)[1] == "", f"lost: {name}"
        unmarked = [text for text in copies if "POSSIBLE REPEAT" not in text]
        assert len(unmarked) <= 1, f"repeated in silence: {name}"
        assert len(copies) <= 2
    assert resumed


def quick(fault: Fault) -> Fault:
    """The same fault, asking for hundredths of a second instead of seconds."""
    if fault.reply is None or fault.reply.status not in (429, 503):
        return fault
    body = {"retry_after": 0.02} if isinstance(fault.reply.body, dict) else fault.reply.body
    headers = {"Retry-After": "0.02"} if fault.reply.headers else {}
    return Fault(fault.name, fault.taken, Reply(fault.reply.status, body, headers), fault.breaks)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def tells(body: Any, headline: str) -> bool:
    """Whether the message is this headline's: platforms put backslashes and stars around it, a marked one words before it."""
    for text in strings(body):
        first = text.replace("\\", "").replace("*", "").split("\n")[0].split("<")[0].strip()
        if first == headline or first.endswith(" · " + headline):
            return True
    return False


async def test_a_retry_after_is_read_from_whichever_place_says_the_longest() -> None:
    row = ROWS["discord webhook"]
    reply = Reply(429, {"retry_after": 0.351, "global": False}, {"Retry-After": "1", "X-RateLimit-Reset-After": "0.352"})
    async with far_side(lambda r: row.accept(Provider(), r)) as far:
        far.faults.append(Fault("429", reply=reply))
        error = await failing(row, far.base)
    assert error is not None
    assert error.after == 1.0


async def test_a_used_up_window_is_respected_after_a_good_answer() -> None:
    def accept(r: Request) -> Reply:
        return Reply(200, {"id": "1"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.25"})

    async with far_side(accept) as far:
        channel = make("discord", ROWS["discord webhook"].settings(far.base))
        receipt = await channel.send(delivery(channel.render(message(), None)))
        await channel.tools.http.aclose()
    assert receipt.rest == 1.25


def test_every_row_of_the_registry_is_covered() -> None:
    from monitor.channels import channels

    assert {row.kind for row in ROWS.values()} | {"console", "email", "irc", "apprise"} == set(channels())
