"""The fold of full text: what is stored and what is looked up meet, in every script."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.search import clean, fold, match_query

FOUND = [
    ("习近平同特朗普通话，就乌克兰问题交换意见", "通话"),
    ("習近平主席与印度总理莫迪会见", "莫迪"),
    ("高市総理はトランプ大統領と電話会談を行いました", "電話会談"),
    ("高市総理はトランプ大統領と電話会談を行いました", "ﾄﾗﾝﾌﾟ"),
    ("이재명 대통령이 트럼프 대통령과 통화했습니다", "트럼프"),
    ("이재명 대통령이 통화했습니다", "대통령"),
    ("أجرى الرئيس اتصالاً هاتفياً مع رئيس الإمارات", "الامارات"),
    ("أجرى الرئيس اتّصالًا", "اتصالا"),
    ("رئیس‌جمهور ایران گفت‌وگو کرد", "ايران"),
    ("प्रधानमंत्री मोदी ने राष्ट्रपति ट्रंप से बात की", "मोदी"),
    ("ผู้นำไทยหารือทางโทรศัพท์กับประธานาธิบดี", "โทรศัพท์"),
    ("ראש הממשלה שׂוחח עם הנשיא", "שוחח"),
    ("Cumhurbaşkanı Erdoğan, İRAN Cumhurbaşkanı ile görüştü", "iran erdogan"),
    ("Президент Зеленський розмовляв з Макроном", "зеленськии"),
    ("Ο Μητσοτάκης συναντήθηκε με τον Μακρόν", "μητσοτακης"),
    ("Straßengespräch mit Präsident Duda", "STRASSENGESPRACH"),
    ("Call with @POTUS!", "call potus"),
    ("President spoke with Modi", '"spoke with"'),
    ("President Trumpeted", "trump*"),
]
NOT_FOUND = [
    ("习近平同特朗普话通", "通话"),
    ("प्रधानमंत्री मादी", "मोदी"),
    ("with spoke", '"spoke with"'),
    ("President Trumpeted", "trump"),
    ("one two", "one three"),
]


def matches(text: str, query: str) -> bool:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (folded, tokenize = 'ascii', columnsize = 0)")
    db.execute("INSERT INTO t VALUES (?)", [fold(clean(text))])
    expression = match_query(query)
    found = expression is not None and db.execute("SELECT 1 FROM t WHERE t MATCH ?", [expression]).fetchone() is not None
    db.close()
    return found


@pytest.mark.parametrize(("text", "query"), FOUND)
def test_a_word_is_found_inside_a_sentence(text: str, query: str) -> None:
    assert matches(text, query)


@pytest.mark.parametrize(("text", "query"), NOT_FOUND)
def test_other_words_are_not_found(text: str, query: str) -> None:
    assert not matches(text, query)


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text(alphabet='"*():^-+{}\\' + "abAND OR NOT NEAR/2 folded:é中"))
def test_no_query_is_an_error_or_an_operator(text: str, query: str) -> None:
    matches(text, query)
    matches(query, text)


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8), min_size=1, max_size=6), st.data())
def test_every_word_of_a_text_finds_it(words: list[str], data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(words))
    if fold(word):
        assert matches(" ".join(words), word)


@pytest.mark.parametrize("query", ["", "   ", '"', "***", "!?", "\u200b"])
def test_a_query_without_a_word_is_none(query: str) -> None:
    assert match_query(query) is None


@given(st.text(st.characters(exclude_categories=())))
def test_a_cleaned_text_can_be_stored_and_is_stable(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert clean("a\ud83db") == "a\ufffdb"
    assert clean("\udc00x\ud800") == "\ufffdx\ufffd"
    assert clean("\ud83d\ude00") == "😀"
    assert clean("nul\x00") == "nul\ufffd"
