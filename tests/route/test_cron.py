"""Times of digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.route import parse

NOW = datetime(2026, 5, 4, 10, 20, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(("text", "zone", "last"), [
    ("hourly", "UTC", datetime(2026, 5, 4, 10, 0)),
    ("daily", "UTC", datetime(2026, 5, 4, 7, 0)),
    ("*/15 * * * *", "UTC", datetime(2026, 5, 4, 10, 15)),
    ("20 10 * * *", "UTC", datetime(2026, 5, 4, 10, 20)),
    ("21 10 * * *", "UTC", datetime(2026, 5, 3, 10, 21)),
    ("0 7 * * 1-5", "Europe/Paris", datetime(2026, 5, 4, 5, 0)),
    ("0 17 * * mon-fri", "UTC", datetime(2026, 5, 1, 17, 0)),
    ("0 9 * * 0", "UTC", datetime(2026, 5, 3, 9, 0)),
    ("0 9 * * 7", "UTC", datetime(2026, 5, 3, 9, 0)),
    ("30 6 1 * *", "Asia/Kolkata", datetime(2026, 5, 1, 1, 0)),
    ("0 0 29 2 *", "UTC", datetime(2024, 2, 29, 0, 0)),
    ("0 12 1 * 5", "UTC", datetime(2026, 5, 1, 12, 0)),
    ("5,10/20 8-9 * 5 *", "UTC", datetime(2026, 5, 4, 9, 50)),
])  # fmt: skip
def test_the_last_time_of_a_schedule(text: str, zone: str, last: datetime) -> None:
    assert parse(text).last(NOW, zone) == last.replace(tzinfo=UTC)


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


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
def test_a_daily_time_lies_within_the_last_day_or_so(minute: int, hour: int, now: datetime, zone: str) -> None:
    now = now.replace(tzinfo=UTC)
    last = parse(f"{minute} {hour} * * *").last(now, zone)
    assert last is not None
    assert now - timedelta(hours=25) <= last <= now
