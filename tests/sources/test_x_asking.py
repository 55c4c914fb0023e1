"""What the X client asks: only parameters that X documents, never more names, ids or characters than it takes."""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.x_asking import FIELDS, Generation, packed, query
from tests.sources.x_questions import FIELD_NAME, NAMES, every


@pytest.mark.parametrize("names", get_args(Generation))
def test_every_question_has_only_documented_parameters(names: Generation) -> None:
    for question in every(names):
        assert set(question.params) <= NAMES[question.bucket] | {FIELD_NAME[names]}, question
        assert all(question.params.values()), question


@pytest.mark.parametrize("names", get_args(Generation))
def test_no_question_has_a_user_expanded(names: Generation) -> None:
    for question in every(names):
        assert "author_id" not in question.params.get("expansions", "")
        assert "user_id" not in question.params.get("expansions", "")


def test_the_generations_are_never_mixed() -> None:
    assert "post" not in str(FIELDS["old"]).replace("posts", "")
    assert "tweet" not in str(FIELDS["new"])


@pytest.mark.parametrize("names", get_args(Generation))
def test_an_address_says_what_the_question_says(names: Generation) -> None:
    for question in every(names):
        address = urlsplit(question.url("https://api.x.com"))
        assert address.path == question.path
        assert dict(parse_qsl(address.query)) == dict(question.params)


@given(st.lists(st.integers(1, 10**19 - 1).map(str), max_size=120, unique=True), st.integers(64, 4096), st.booleans())
def test_packs_hold_every_account_once_and_never_exceed_the_length(ids: list[str], length: int, replies: bool) -> None:
    packs = packed(ids, length, replies=replies)
    assert [native for pack in packs for native in pack] == ids
    assert all(len(query(pack, replies=replies)) <= length for pack in packs)
