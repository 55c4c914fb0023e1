"""Times of digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.route import parse

NOW = datetime(2026, 5, 4, 10, 20, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(("text", "zone", "last"), [
    ("hourly", "UTC", "2026-05-04T10:00"),
    ("daily", "UTC", "2026-05-04T07:00"),
    ("*/15 * * * *", "UTC", "2026-05-04T10:15"),
    ("20 10 * * *", "UTC", "2026-05-04T10:20"),
    ("21 10 * * *", "UTC", "2026-05-03T10:21"),
    ("0 7 * * 1-5", "Europe/Paris", "2026-05-04T05:00"),
    ("0 17 * * mon-fri", "UTC", "2026-05-01T17:00"),
    ("0 9 * * 0", "UTC", "2026-05-03T09:00"),
    ("0 9 * * 7", "UTC", "2026-05-03T09:00"),
    ("30 6 1 * *", "Asia/Kolkata", "2026-05-01T01:00"),
    ("0 0 29 2 *", "UTC", "2024-02-29T00:00"),
    ("0 12 1 * 5", "UTC", "2026-05-01T12:00"),
    ("5,10/20 8-9 * 5 *", "UTC", "2026-05-04T09:50"),
])  # fmt: skip
def test_the_last_time_of_a_schedule(text: str, zone: str, last: str) -> None:
    assert parse(text).last(NOW, zone) == datetime.fromisoformat(last + "Z")


@pytest.mark.parametrize(("text", "says"), [
    ("sometimes", "five cron fields"),
    ("0 7 * *", "five cron fields"),
    ("60 7 * * *", "minute of a digest lies between 0 and 59"),
    ("0 24 * * *", "hour of a digest lies between 0 and 23"),
    ("0 9-7 * * *", "hour of a digest lies between"),
    ("0 7 0 * *", "day of a digest lies between"),
    ("0 7 * 13 *", "month of a digest lies between"),
    ("0 7 * * 8", "weekday of a digest lies between"),
    ("0 7 * * someday", "weekday of a digest is numbers"),
    ("*/0 7 * * *", "minute of a digest lies between"),
    ("-1 7 * * *", "minute of a digest is numbers"),
    ("٣ 7 * * *", "minute of a digest is numbers"),
    ("1,,2 7 * * *", "minute of a digest is numbers"),
])  # fmt: skip
def test_a_wrong_schedule_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


def test_a_day_that_never_comes_is_none() -> None:
    assert parse("0 0 31 2 *").last(NOW, "UTC") is None


@given(st.text(max_size=30))
def test_any_text_is_a_schedule_or_a_value_error(text: str) -> None:
    try:
        schedule = parse(text)
    except ValueError:
        return
    assert schedule.minutes


@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 10**8), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
def test_a_daily_time_lies_within_the_last_day_or_so(minute: int, hour: int, seconds: int, zone: str) -> None:
    now = NOW + timedelta(seconds=seconds)
    last = parse(f"{minute} {hour} * * *").last(now, zone)
    assert last is not None
    assert now - timedelta(hours=25) <= last <= now
