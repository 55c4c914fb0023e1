"""What is written is what is read: every value, whatever it holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import (
    Claim,
    Contact,
    ContactPost,
    Evidence,
    Interval,
    Message,
    Participant,
    PartName,
    Place,
)
from monitor.store import codec

text = st.text(max_size=20)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
share = st.floats(0, 1)


def one_of(kind: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(kind))


participants = st.builds(Participant, st.none() | text, st.none() | text, st.none() | text, st.none() | text)
intervals = st.builds(Interval, times, times)
places = st.builds(Place, text, st.none() | text)
evidences = st.builds(Evidence, one_of(PartName), st.integers(0), st.integers(0), text)
claims = st.builds(
    Claim,
    participants=st.lists(participants, max_size=2).map(tuple),
    confidence=share,
    when=st.none() | intervals,
    place=st.none() | places,
    topics=st.lists(text, max_size=2).map(tuple),
    evidence=st.lists(evidences, max_size=2).map(tuple),
)
contact_posts = st.builds(ContactPost, claim=claims, at=times, seen_at=times)
contacts = st.builds(
    Contact,
    parties=st.lists(participants, max_size=3).map(tuple),
    confidence=share,
    opened_at=times,
    updated_at=times,
    when=st.none() | intervals,
    place=st.none() | places,
    topics=st.lists(text, max_size=2).map(tuple),
    posts=st.lists(contact_posts, max_size=2).map(tuple),
    readout_due=st.none() | times,
    readout_at=st.none() | times,
    conflict=st.none() | text,
    lapsed=st.booleans(),
    retracted=st.booleans(),
    merged_into=st.none() | text,
    told=st.booleans(),
)
messages = st.builds(
    Message,
    lines=st.lists(text, max_size=3).map(tuple),
    quote=text,
    quote_spans=st.lists(st.tuples(st.integers(0), st.integers(0)), max_size=2).map(tuple),
    link=st.none() | text,
    urgent=st.booleans(),
)


@given(contacts)
def test_a_contact_comes_back_as_it_was(contact: Contact) -> None:
    assert codec.contact_loads(codec.dumps(codec.contact_to(contact))) == contact


@given(messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert codec.message_loads(codec.message_dumps(message)) == message


@given(st.lists(evidences, max_size=3).map(tuple))
def test_evidence_comes_back_as_it_was(evidence: tuple[Evidence, ...]) -> None:
    assert codec.evidence_from(codec.loads(codec.dumps(codec.evidence_to(evidence)))) == evidence


@given(times)
def test_times_have_one_width_and_come_back(at: datetime) -> None:
    assert len(codec.stamp(at)) == 24
    assert codec.when(codec.stamp(at)) == at


@given(times, times)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    assert (codec.stamp(one) < codec.stamp(other)) == (one < other)


def test_a_time_is_stored_in_utc_cut_to_milliseconds() -> None:
    at = datetime(2026, 11, 22, 9, 0, 0, 123999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert codec.stamp(at) == "2026-11-22T03:30:00.123Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        codec.stamp(datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_message_of_a_newer_hotline_is_read_without_what_is_unknown() -> None:
    known = Message("new", "abc", "Trump – Modi")
    data = json.loads(codec.message_dumps(known)) | {"from_the_future": 1}
    assert codec.message_loads(json.dumps(data)) == known


def test_a_contact_of_an_older_hotline_takes_the_defaults() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    whole = codec.contact_to(Contact("a", (), "call", "happened", 0.5, at, at))
    for late in ("told", "merged_into", "conflict", "posts"):
        del whole[late]
    assert codec.contact_from(whole) == Contact("a", (), "call", "happened", 0.5, at, at)


@given(st.text(st.characters(exclude_categories=())))
def test_json_never_holds_what_sqlite_cannot(value: str) -> None:
    codec.dumps({"a": value}).encode()
