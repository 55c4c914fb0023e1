"""Times, durations and names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compose.catalogue import catalogue
from monitor.compose.words import clean, country_name, duration, flag, interval, listed, moment, there
from monitor.model import Interval, Precision

EN = catalogue("en")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Honolulu", "Europe/Paris", "America/St_Johns")


@pytest.mark.parametrize(("seconds", "words"), [
    (0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (6720, "1 h 52 min"), (86400, "24 h"),
    (2 * 86400, "2 d 0 h"), (9 * 86400 + 3600 * 5, "9 d 5 h"), (-5, "0 s"),
])  # fmt: skip
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds), EN) == words


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("desk", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_day_is_shown_as_the_day_that_was_meant_wherever_the_desk_is(zone: str, desk: str) -> None:
    start = datetime(2026, 5, 10, tzinfo=ZoneInfo(zone))
    when = Interval(start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC), "day")
    assert interval(when, desk, EN) == "10 May 2026"


def test_a_day_of_25_hours_is_a_day() -> None:
    start, end = (datetime(2026, 10, d, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC) for d in (25, 26))
    assert interval(Interval(start, end, "day"), "Europe/Paris", EN) == "25 Oct 2026"


@pytest.mark.parametrize(("days", "precision", "words"), [
    (7, "week", "4 May 2026 – 10 May 2026"), (40, "month", "4 May 2026 – 12 Jun 2026"), (28, "month", "May 2026"), (2, "day", "4 May 2026 – 5 May 2026"),
])  # fmt: skip
def test_several_days_show_first_and_last(days: int, precision: Precision, words: str) -> None:
    start = datetime(2026, 5, 4, tzinfo=UTC)
    assert interval(Interval(start, start + timedelta(days=days), precision), "UTC", EN) == words


def test_a_month_is_named() -> None:
    when = Interval(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC), "month")
    assert interval(when, "UTC", EN) == "June 2026"
    assert interval(when, "UTC", catalogue("fr")) == "juin 2026"


def test_what_the_days_of_two_capitals_have_in_common_is_a_day() -> None:
    washington = datetime(2026, 5, 10, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    delhi = datetime(2026, 5, 11, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(UTC)
    common = Interval(delhi, washington + timedelta(days=1), "day")
    assert interval(common, "Europe/London", EN) == "11 May 2026"


def test_a_moment_has_its_zone() -> None:
    at = datetime(2026, 7, 4, 14, 30, tzinfo=UTC)
    assert moment(at, "Europe/London", EN) == "4 Jul 2026, 15:30 BST"
    assert moment(at, "America/Sao_Paulo", EN) == "4 Jul 2026, 11:30 UTC−3"
    assert there(at, "Asia/Kolkata") == "20:00 UTC+5:30"
    assert there(at, "UTC") == "14:30 UTC+0"


def test_lists_read_as_a_person_would_write_them() -> None:
    assert [listed(items, EN) for items in ([], ["a"], ["a", "b"], ["a", "b", "c", "d"])] == ["", "a", "a and b", "a, b, c and d"]


@pytest.mark.parametrize(("code", "shown"), [("IN", "🇮🇳"), ("EU", "🇪🇺"), ("NATO", ""), (None, ""), ("in", ""), ("É1", "")])
def test_flags_are_for_two_letter_codes(code: str | None, shown: str) -> None:
    assert flag(code) == shown


def test_countries_and_organisations_have_names() -> None:
    assert [country_name(code, EN) for code in ("IN", "UN", "AFRICAN_UNION", "WHO", None)] == ["India", "United Nations", "African Union", "WHO", ""]
    assert country_name("DE", catalogue("hi")) == "जर्मनी"


@given(st.text(), st.integers(1, 100))
def test_a_clean_name_is_one_visible_line_of_bounded_length(text: str, length: int) -> None:
    shown = clean(text, length)
    assert len(shown) <= length
    assert shown == shown.strip()
    assert shown.isprintable()
    assert clean(shown, length) == shown


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 10**7), st.sampled_from(["minute", "hour", "part_of_day", "day", "week", "month", "unknown"]), st.sampled_from(ZONES))
def test_every_interval_has_words(day: date, seconds: int, precision: Precision, zone: str) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds % 86400)
    assert interval(Interval(start, start + timedelta(seconds=seconds), precision), zone, EN)
