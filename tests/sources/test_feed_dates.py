"""Dates as offices write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.feed_dates import read_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sun, 22 Nov 2026 08:15:00 +0200", "2026-11-22T06:15:00"),
        ("Sun, 22 Nov 2026 08:15:00 GMT", "2026-11-22T08:15:00"),
        ("Sun, 22 Nov 2026 08:15:00 EST", "2026-11-22T13:15:00"),
        ("Sun, 22 Nov 2026 09:00:00 JST", "2026-11-22T00:00:00"),
        ("22 Nov 2026 08:15", "2026-11-21T23:15:00"),
        ("Sun, 22 Nov 2026 08:15:00", "2026-11-21T23:15:00"),
        ("2026-11-22T08:15:00Z", "2026-11-22T08:15:00"),
        ("2026-11-22T08:15:00+05:30", "2026-11-22T02:45:00"),
        ("2026-11-22T08:15:00", "2026-11-21T23:15:00"),
        ("2026-11-22", "2026-11-21T15:00:00"),
        ("2016/6/29", "2016-06-28T15:00:00"),
        ("29/6/2016 10:30", "2016-06-29T01:30:00"),
        ("6/7/2026", "2026-07-05T15:00:00"),
        ("22.11.2026 um 09:00", "2026-11-22T00:00:00"),
        ("2026年11月22日 09:00", "2026-11-22T00:00:00"),
        ("2026. 11. 22.", "2026-11-21T15:00:00"),
        ("November 22, 2026", "2026-11-21T15:00:00"),
        ("22 November 2026 09:00", "2026-11-22T00:00:00"),
        ("3rd March 2026", "2026-03-02T15:00:00"),
        ("22/11/26", "2026-11-21T15:00:00"),
        ("@1790000000", "2026-09-21T14:13:20"),
        ("@1790000000000", "2026-09-21T14:13:20"),
    ],
)
def test_a_date_is_read(text: str, expected: str) -> None:
    assert read_date(text, "Asia/Tokyo") == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_month_first_where_the_account_says_so() -> None:
    assert read_date("6/7/2026", None, day_first=False) == datetime(2026, 6, 7, tzinfo=UTC)
    assert read_date("13/7/2026", None, day_first=False) == datetime(2026, 7, 13, tzinfo=UTC)
    assert read_date("7/13/2026", None) == datetime(2026, 7, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "32/13/2026", "0000-00-00", "Sun, 99 Nov 2026", "@nan", "@1e99", "9999-12-31T23:59:59-12:00", "1970-01-01"],
)
def test_what_is_no_date_of_a_post_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=40) | st.text(alphabet="0123456789/.-: TZ+年月日,NovJan", max_size=40), st.booleans())
def test_any_text_is_a_date_or_none(text: str, day_first: bool) -> None:
    found = read_date(text, "America/New_York", day_first=day_first)
    assert found is None or found.tzinfo is UTC
