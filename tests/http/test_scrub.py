"""No secret reaches a log line."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http import Scrub, quiet


def written(scrub: Scrub, write: object, *args: object, trace: bool = False) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(scrub)
    log = logging.getLogger("under test")
    log.addHandler(handler)
    log.propagate = False
    log.warning(write, *args, exc_info=trace)
    log.removeHandler(handler)
    return stream.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "POST https://api.telegram.org/bot123456789:AAH0123456789abcdefghijklmnop/sendMessage",
        "https://discord.com/api/webhooks/123456/abcdefghijklmnopqrstuvwxyz0123456789",
        "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop",
        "Authorization: Bearer abcdefghijklmnop",
        "http://user:abcdefghijklmnop@proxy.example:3128",
    ],
)
def test_what_looks_like_a_secret_is_masked(line: str) -> None:
    out = written(Scrub(), line)
    assert "abcdefghijklmnop" not in out
    assert "[secret]" in out


def test_a_known_secret_is_masked_in_arguments_and_tracebacks() -> None:
    scrub = Scrub()
    scrub.add("p@ss/word")
    try:
        raise RuntimeError("could not post to https://x.example/p%40ss%2Fword")
    except RuntimeError:
        out = written(scrub, "failed with %s", "p@ss/word", trace=True)
    assert "p@ss" not in out
    assert "p%40ss" not in out
    assert "RuntimeError" in out


@given(st.text(alphabet="abcdefXYZ%/+ @:", min_size=6, max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_known_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str) -> None:
    scrub = Scrub()
    scrub.add(secret)
    if secret not in "[secret]":
        assert secret not in scrub.clean(before + secret + after).replace("[secret]", "")


def test_ordinary_lines_stay_as_they_are() -> None:
    line = "polled bluesky:alice.example: 3 new, next in 15 s (token bucket, basic facts)"
    assert written(Scrub(), line).strip() == line


def test_libraries_that_log_addresses_are_silenced() -> None:
    quiet()
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore.http11").isEnabledFor(logging.DEBUG)
