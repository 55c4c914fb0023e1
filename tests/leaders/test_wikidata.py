"""What Wikidata says, and what that changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import wikidata
from monitor.leaders import Leader, Registry, Term, load
from monitor.leaders.loading import FILE
from monitor.wikidata import Holding, Person, WikidataError, changes, lines, people, snapshot

TODAY = date(2026, 11, 22)
ENTITY = "http://www.wikidata.org/entity/"


def _client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def _rows(*rows: dict[str, str]) -> httpx.Response:
    bindings = [{key: {"type": "literal", "value": value} for key, value in row.items()} for row in rows]
    return httpx.Response(200, json={"head": {}, "results": {"bindings": bindings}})


def _row(code: str, office: str, person: str, start: str = "2026-11-01") -> dict[str, str]:
    return {"code": code, "office": office, "person": ENTITY + person, "start": f"{start}T00:00:00Z"}


WORLD = [_row(f"{a}{b}", "head_of_state", f"Q{ord(a)}{ord(b)}") for a in "ABCDE" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def _leader(slug: str, name: str, *terms: Term, wikidata: str | None = None) -> Leader:
    return Leader(slug, name, terms=tuple(replace(term, slug=slug, name=name) for term in terms), wikidata=wikidata)


def _term(country: str, office: Any, start: date | None, **more: Any) -> Term:
    return Term("", "", country, office, "Prime Minister", start, more.pop("end", None), more.pop("status", "current"), **more)


OLD = _leader("old-pm", "Old Premier", _term("FJ", "head_of_government", date(2022, 12, 24)), wikidata="Q1")
REGISTRY = Registry([OLD], date(2026, 10, 8))
NEW = {"Q2": Person("Q2", "Jane Doe", {"en": "Jane Doe", "ru": "Джейн Доу"}, ("JaneDoeFJ",))}


def test_a_snapshot_holds_what_both_queries_answer() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        query = httpx.QueryParams(request.content.decode())["query"]
        asked.append(query)
        return _rows(*WORLD) if "P35" in query else _rows(_row("IN", "foreign_minister", "Q9", "2019-05-30"))

    holdings = snapshot(_client(answer))
    assert len(asked) == 2
    assert Holding("IN", "foreign_minister", "Q9", date(2019, 5, 30)) in holdings
    assert len(holdings) == len(WORLD) + 1


def test_an_answer_with_few_countries_is_not_believed() -> None:
    with pytest.raises(WikidataError, match="fewer than 100 countries"):
        snapshot(_client(lambda _: _rows(*WORLD[:99])))


@pytest.mark.parametrize(
    ("response", "says"),
    [
        (httpx.Response(429, headers={"Retry-After": "60"}), "busy .HTTP 429.; try again in 60 s"),
        (httpx.Response(503), "busy .HTTP 503.; try again in a few minutes"),
        (httpx.Response(400, text="bad query"), "refused the query .HTTP 400.; check the address"),
        (httpx.Response(200, text="<html>"), "did not answer with query results; check the address"),
        (httpx.Response(200, json={"results": {"bindings": {}}}), "did not answer with query results"),
        (httpx.Response(200, content=b"x" * (wikidata.LIMIT + 1)), "more than 20 MB"),
    ],
)
def test_a_service_that_fails_is_told_with_what_to_do(response: httpx.Response, says: str) -> None:
    with pytest.raises(WikidataError, match=says):
        snapshot(_client(lambda _: response))


def test_a_service_out_of_reach_is_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(WikidataError, match=r"could not be reached .ConnectError."):
        snapshot(_client(answer))


def test_people_have_labels_by_language_and_clean_handles() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        bindings = [
            {"person": {"value": ENTITY + "Q2"}, "label": {"xml:lang": "en", "value": "Jane Doe"}},
            {"person": {"value": ENTITY + "Q2"}, "label": {"xml:lang": "ru", "value": "Джейн Доу"}},
            {"person": {"value": ENTITY + "Q2"}, "handle": {"value": "JaneDoeFJ"}},
            {"person": {"value": ENTITY + "Q2"}, "handle": {"value": "no handle!"}},
            {"person": {"value": "elsewhere/x"}, "label": {"xml:lang": "en", "value": "X"}},
        ]
        return httpx.Response(200, json={"results": {"bindings": bindings}})

    assert people(_client(answer), ["Q2", "Q2) evil"]) == NEW


def test_only_clean_ids_are_asked_for_in_batches() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(httpx.QueryParams(request.content.decode())["query"])
        return _rows()

    people(_client(answer), [*(f"Q{n}" for n in range(1, wikidata.BATCH + 2)), "Q1 } DROP"])
    assert len(asked) == 2
    assert not [query for query in asked if "DROP" in query]


def test_a_newcomer_takes_office_and_the_one_before_leaves() -> None:
    (change,) = changes(REGISTRY, [Holding("FJ", "head_of_government", "Q2", date(2026, 11, 1))], NEW, TODAY)
    assert (change.kind, change.name, change.before) == ("new", "Jane Doe", ("Old Premier",))
    new, old = change.leaders
    assert new.aliases == ("Джейн Доу",)
    assert new.ambiguous == ("Doe",)
    assert new.handles == ("JaneDoeFJ",)
    assert (new.terms[0].start, new.terms[0].title) == (date(2026, 11, 1), "Prime Minister")
    assert (old.terms[0].end, old.terms[0].status) == (date(2026, 11, 1), "former")


def test_somebody_known_by_name_is_not_doubled() -> None:
    minister = _leader("jane-doe", "Jane Doe", _term("FJ", "foreign_minister", date(2024, 1, 1)))
    registry = Registry([OLD, minister], REGISTRY.as_of)
    (change,) = changes(registry, [Holding("FJ", "head_of_government", "Q2", date(2026, 11, 1))], NEW, TODAY)
    assert change.leaders[0].slug == "jane-doe"
    assert [term.office for term in change.leaders[0].terms] == ["foreign_minister", "head_of_government"]


def test_who_is_in_office_already_is_no_change() -> None:
    assert changes(REGISTRY, [Holding("FJ", "head_of_government", "Q1", date(2022, 12, 24))], {}, TODAY) == []


def test_an_unconfirmed_holder_is_confirmed() -> None:
    vague = _leader(
        "old-pm",
        "Old Premier",
        _term("FJ", "head_of_government", date(2022, 12, 24), status="unconfirmed", seen=date(2025, 6, 1)),
        wikidata="Q1",
    )
    (change,) = changes(Registry([vague], REGISTRY.as_of), [Holding("FJ", "head_of_government", "Q1", None)], {}, TODAY)
    assert change.kind == "confirmed"
    assert change.leaders[0].terms[0].sure(TODAY)


@pytest.mark.parametrize(
    "holdings",
    [
        [Holding("FJ", "head_of_government", "Q2", date(2020, 1, 1))],  # older than what is known
        [Holding("FJ", "head_of_government", "Q2", None)],  # since when?
        [Holding("FJ", "head_of_government", "Q2", date(2027, 1, 1))],  # not yet
        [Holding("FJ", "head_of_government", "Q3", date(2026, 11, 1))],  # nameless
        [
            Holding("FJ", "head_of_government", "Q2", date(2026, 11, 1)),
            Holding("FJ", "head_of_government", "Q3", date(2026, 11, 2)),
        ],  # two
    ],
)
def test_doubtful_news_is_left_out(holdings: list[Holding]) -> None:
    assert changes(REGISTRY, holdings, NEW, TODAY) == []


def test_a_monarch_elsewhere_does_not_replace_the_governor_general() -> None:
    king = _leader("king", "The King", _term("GB", "monarch", date(2022, 9, 8)), wikidata="Q5")
    governor = _leader("gov", "The Governor", _term("JM", "head_of_state", date(2009, 2, 26)), wikidata="Q6")
    registry = Registry([king, governor], REGISTRY.as_of)
    assert changes(registry, [Holding("JM", "head_of_state", "Q5", date(2022, 9, 8))], {}, TODAY) == []


def test_a_new_king_is_a_monarch() -> None:
    king = _leader("king", "The King", _term("BE", "monarch", date(2013, 7, 21)), wikidata="Q5")
    (change,) = changes(Registry([king], REGISTRY.as_of), [Holding("BE", "head_of_state", "Q2", date(2026, 11, 1))], NEW, TODAY)
    assert change.office == "monarch"


def test_what_a_refresh_writes_is_what_the_registry_reads(tmp_path: Path) -> None:
    found = changes(REGISTRY, [Holding("FJ", "head_of_government", "Q2", date(2026, 11, 1))], NEW, TODAY)
    text = "\n".join(lines((leader for change in found for leader in change.leaders), TODAY))
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    registry = load((), tmp_path)
    assert registry.as_of == TODAY
    now = [term.slug for term in registry.holders("FJ", TODAY, "head_of_government")]
    assert "jane-doe" in now
    assert registry["jane-doe"].wikidata == "Q2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ENTITY + "Q1", "IN", "head_of_state"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "office", "person", "start", "value", "label"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_any_answer_gives_people_or_a_named_error(bindings: list[Any]) -> None:
    body = json.dumps({"results": {"bindings": bindings}}).encode()
    try:
        found = people(_client(lambda _: httpx.Response(200, content=body)), ["Q1"])
    except WikidataError:
        return
    assert all(key.startswith("Q") for key in found)
