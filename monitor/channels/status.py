"""What an answer, or the lack of one, means for a delivery: in this one file, for every channel.

    no connection                       retry      nothing left this machine
    cut off, no answer in time          unknown    it may have arrived
    429, 503                            retry      after exactly what the server says, where it says so
    408, 425, 507, 521, 522, 523, 525   retry      refused before it was read
    500, 502, 504, other 5xx            unknown    the server took the request and broke, or a gateway did not wait
    401, 403, 404, 405, 407, 410, 501   permanent  the channel itself is refused
    3xx                                 permanent  "moved": following it would hand the message to a stranger
    400, 413, 422, other 4xx            rejected   this message is refused

A 2xx is no error here, and no proof either: each channel looks for its provider's own proof of acceptance.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from monitor.channels import DeliveryError
from monitor.http import arrived, in_words, moment, private

MAX_ANSWER = 65_536
"""Bytes read of an answer. Proofs and error codes are short."""
LONGEST = 86_400.0
"""Seconds: what a provider asks for is obeyed exactly up to a day, after which the alert is given up anyway."""

_RETRY = frozenset({408, 425, 429, 503, 507, 521, 522, 523, 525})
_PERMANENT = frozenset({401, 402, 403, 404, 405, 407, 410, 451, 501})
_WORDS = {
    400: "the message was refused as malformed",
    401: "the credentials were refused",
    403: "access was refused",
    404: "the destination does not exist",
    407: "the proxy wants credentials",
    410: "the destination was removed",
    413: "the message was refused as too large",
    422: "the message was refused as malformed",
    429: "too many messages",
    500: "the server failed",
    502: "the gateway got no proper answer",
    503: "the server is not available",
    504: "the gateway got no answer in time",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as far as channels read it. `whole` is False when the body broke off or was cut at the cap."""

    status: int
    headers: Mapping[str, str]
    text: str
    whole: bool = True

    @property
    def data(self) -> Any:
        """The body as JSON; {} where it is none, so that a look-up of a proof simply fails."""
        try:
            return json.loads(self.text) if self.text else {}
        except ValueError:
            return {}

    def at(self, *path: str) -> Any:
        """The value below these keys of the JSON body, or None."""
        value: Any = self.data
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def encode(body: Any) -> bytes:
    """JSON as sent: the same value gives the same bytes. Numbers are finite, letters stay letters."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


async def ask(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    body: Any = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> Answer:
    """One request, one answer. DeliveryError for everything that is no answer; never a redirect, never a second try.

    `body` is sent as JSON. An answer whose status arrived but whose body broke off is judged by its status when that
    is a refusal, and is unknown when it is not.
    """
    sent = {"Accept-Encoding": "identity", **(headers or {})}
    if body is not None:
        content = encode(body)
        sent["Content-Type"] = "application/json; charset=utf-8"
    try:
        request = http.build_request(method, url, content=content, headers=sent, params=params)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise DeliveryError("permanent", "the address or a credential holds characters that no request can carry") from None
    try:
        response = await http.send(request, stream=True)
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        raise DeliveryError("permanent", "the address is not one to send to: it begins with https:// or http://") from None
    except httpx.HTTPError as failure:
        raise broken(failure) from None
    try:
        return await _read(response)
    finally:
        try:
            await response.aclose()
        except httpx.HTTPError:  # the connection is gone, which is what closing wanted
            pass


async def _read(response: httpx.Response) -> Answer:
    held, whole = bytearray(), True
    try:
        async for chunk in response.aiter_bytes():
            held += chunk
            if len(held) > MAX_ANSWER:
                whole = False
                break
    except (httpx.HTTPError, httpx.StreamError) as failure:
        if response.status_code < 400:
            raise broken(failure) from None
        whole = False
    text = bytes(held[:MAX_ANSWER]).decode("utf-8", "replace")
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, text, whole)


def broken(failure: Exception) -> DeliveryError:
    """A network failure as a DeliveryError: `retry` only where the request provably never left."""
    if private(failure) is not None:
        return DeliveryError("permanent", in_words(failure))
    return DeliveryError("unknown" if arrived(failure) else "retry", in_words(failure))


def judge(answer: Answer, now: datetime) -> DeliveryError | None:
    """What a status means; None for a 2xx. `now` serves for a Retry-After written as a date."""
    status = answer.status
    if 200 <= status < 300:
        return None
    words = f"{_WORDS.get(status, 'the server answered')} (HTTP {status})"
    if status < 400:
        return DeliveryError("permanent", f"the destination moved (HTTP {status}): set its new address")
    if status in _RETRY:
        return DeliveryError("retry", words, wait(answer, now))
    if status in _PERMANENT:
        return DeliveryError("permanent", words)
    return DeliveryError("rejected" if status < 500 else "unknown", words)


def wait(answer: Answer, now: datetime) -> float | None:
    """Seconds the provider asks us to wait, the longest of all it says: header or body, whole or fraction, or a date."""
    found = [
        _number(answer.headers.get("x-ratelimit-reset-after")),
        _number(answer.at("retry_after")),
        _number(answer.at("parameters", "retry_after")),
        _number(answer.at("retry_after_ms"), 0.001),
    ]
    header = answer.headers.get("retry-after")
    if header is not None:
        plain = _number(header)
        until = None if plain is not None else moment(header, now)
        begun = moment(answer.headers.get("date", ""), now) or now  # the server's own clock, where it shows it
        found.append(plain if until is None else max((until - begun).total_seconds(), 0.0))
    known = [seconds for seconds in found if seconds is not None]
    return min(max(known), LONGEST) if known else None


def rest(answer: Answer) -> float:
    """Seconds to leave the provider alone after a good answer: its window is used up. 0 where it is not."""
    if answer.headers.get("x-ratelimit-remaining", "").strip() != "0":
        return 0.0
    return min(_number(answer.headers.get("x-ratelimit-reset-after")) or 0.0, LONGEST)


def _number(value: Any, unit: float = 1.0) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value) * unit
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
