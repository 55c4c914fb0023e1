"""Precision and recall from labels, with intervals."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.review.figures import five
from monitor.review.people import column, gaps
from monitor.review.quality import Estimate, missed, precision, recall, wilson
from tests.review.conftest import Client, send


def label(*, flagged: bool, truth: int, stratum: str = "flagged", weight: float = 1.0) -> dict[str, Any]:
    return {"flagged": flagged, "truth": truth, "stratum": stratum, "weight": weight}


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    found = wilson(8, 10)
    assert found.value == 0.8
    assert math.isclose(found.low, 0.4902, abs_tol=5e-4)
    assert math.isclose(found.high, 0.9433, abs_tol=5e-4)
    assert wilson(0, 0) == Estimate(None, 0.0, 1.0, 0)
    assert wilson(0, 20).low == 0.0
    assert math.isclose(wilson(0, 20).high, 0.1611, abs_tol=5e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share_and_stays_within_bounds(hits: int, n: int) -> None:
    found = wilson(min(hits, n), n)
    assert found.value is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_precision_counts_flags_alone() -> None:
    labels = [label(flagged=True, truth=1)] * 3 + [label(flagged=True, truth=0), label(flagged=False, truth=1, stratum="random")]
    assert precision(labels).value == 0.75
    assert precision(labels).n == 4


def test_misses_are_counted_by_what_each_random_post_stands_for() -> None:
    labels = [label(flagged=False, truth=1, stratum="random", weight=10), *[label(flagged=False, truth=0, stratum="random", weight=30)] * 3]
    found = missed([*labels, label(flagged=False, truth=1, stratum="near", weight=1)])
    assert found.value == 0.1
    assert found.n == 4
    assert missed([]).value is None


def test_recall_is_found_by_found_and_missed() -> None:
    found, lost = wilson(90, 100), wilson(1, 100)
    whole = recall(found, lost, 1000, 9000)
    assert math.isclose(whole.value or 0, 900 / (900 + 90))
    assert whole.low < (whole.value or 0) < whole.high
    assert recall(found, missed([]), 1000, 9000).value is None
    assert recall(found, lost, 0, 9000).value is None


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 10**6), st.integers(0, 10**7))
def test_recall_stays_within_bounds(right: int, lost: int, flagged: int, unflagged: int) -> None:
    whole = recall(wilson(right, 60), wilson(lost, 60), flagged, unflagged)
    assert whole.value is not None
    assert 0.0 <= whole.low <= whole.value <= whole.high <= 1.0


async def test_the_page_shows_figures_by_account_language_and_channel(client: Client, log: Path) -> None:
    await send(client, "/label", "/judge", post="jsonl:envoy/1", answer="yes", queue="flagged")
    await send(client, "/label", "/judge", post="jsonl:elysee/4", answer="no", queue="flagged")
    await send(client, "/label", "/judge", post="jsonl:envoy/2", answer="no", queue="random", weight="3")
    shown = " ".join((await client.get("/quality?days=36500")).text.split())
    assert "<b>50.0 %</b>" in shown
    assert "jsonl:envoy" in shown
    assert "<bdi>console</bdi>" in shown
    assert "<bdi>fr</bdi>" in shown
    assert "<dt>recall</dt><dd>100.0 %" in shown


def test_pauses_are_between_days_of_contact_longest_first() -> None:
    from datetime import date

    days = [date(2026, 1, 1), date(2026, 1, 3), date(2026, 3, 1), date(2026, 3, 2)]
    assert gaps(days)[0] == (57, date(2026, 1, 3), date(2026, 3, 1))
    assert gaps(days[:1]) == []


def test_a_code_in_capitals_is_a_country() -> None:
    assert [column(key) for key in ("IN", "AFRICAN_UNION", "narendra-modi", "oli", "ÉU", "")] == ["country", "country", "party", "party", "party", "party"]


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=40))
def test_the_five_numbers_are_in_order(values: list[float]) -> None:
    shown = list(five(values).values())
    assert shown == sorted(shown)
    assert shown[0] == min(values)
    assert shown[-1] == max(values)
