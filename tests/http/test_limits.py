"""Reset headers in every form servers use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http import exhausted, moment, not_before

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("1.5", 1.5),
        (str(int(NOW.timestamp()) + 60), 60),
        (str((int(NOW.timestamp()) + 60) * 1000), 60),
        ("2026-11-22T09:05:00.123456Z", 300.123456),
        ("2026-11-22T10:05:00+01:00", 300),
        ("Sun, 22 Nov 2026 09:01:30 GMT", 90),
    ],
)
def test_a_reset_is_read_in_every_form(text: str, seconds: float) -> None:
    assert moment(text, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "inf", "1e300", "2026-13-45"])
def test_what_is_no_reset_is_none(text: str) -> None:
    assert moment(text, NOW) is None


def test_the_later_of_two_headers_counts() -> None:
    headers = {"retry-after": "5", "x-ratelimit-reset": "2026-11-22T09:01:00Z"}
    assert not_before(headers, NOW) == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(("text", "seconds"), [("0", 1), ("86400", 900), ("Sun, 22 Nov 1998 09:01:30 GMT", 1)])
def test_a_reset_is_clamped(text: str, seconds: float) -> None:
    assert not_before({"retry-after": text}, NOW) == NOW + timedelta(seconds=seconds)


def test_the_last_answer_of_a_window_holds_until_the_reset() -> None:
    assert exhausted({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, lambda: NOW) == NOW + timedelta(seconds=30)
    assert exhausted({"ratelimit-remaining": "1", "ratelimit-reset": "30"}, lambda: NOW) is None
    assert exhausted({}, lambda: NOW) is None


@given(st.text())
def test_any_header_gives_a_time_within_the_bounds_or_none(text: str) -> None:
    found = not_before({"retry-after": text, "ratelimit-reset": text}, NOW)
    assert found is None or timedelta(seconds=1) <= found - NOW <= timedelta(minutes=15)
