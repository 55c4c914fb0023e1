"""What holds of every post, however odd: no error, valid offsets, one verdict for one text however it is spelled, linear time."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.leaders import load
from monitor.match import Matcher, match_lines
from monitor.match.fold import LIMIT, fold, origins
from monitor.match.tokens import tokenize
from monitor.model import Finding, Holder

AT = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
MATCHER = Matcher(load())
HOLDER = Holder("Emmanuel Macron", "FR", "head_of_state", "leader", "emmanuel-macron")
PIECES = st.sampled_from(
    """met call with Prime Minister Modi @narendramodi #G20 President of Türkiye Erdoğan’la 🇮🇳 🇺🇸🇫🇷 встретился с Путиным телефонный разговор
    Συνάντηση με τον Πρόεδρο استقبلت اليوم الرئيس نفגש עם נשיא नरेंद्र मोदी से मुलाकात 习近平 会见 総理と会談 will visit tomorrow not cancelled . ! , ( ) " :
    é e\u0301 ﬁ İ ß \u200f \u202e \u00ad https://t.co/x \ud800 \U0001f468\u200d\U0001f469\u200d\U0001f467 1. 29 November 11月29日 May""".split()
)
POSTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=25).map("".join))
PLAIN = [
    "Had a great call with Prime Minister Narendra Modi this morning. #IndiaFrance",
    "Je me suis entretenu ce matin avec le Président Lula à Brasília.",
    "Αύριο θα συναντηθώ με τον Πρωθυπουργό της Ινδίας Ναρέντρα Μόντι.",
    "Сегодня провёл переговоры с Президентом Турции Реджепом Эрдоганом.",
    "استقبلت اليوم رئيس وزراء الهند ناريندرا مودي في باريس.",
    "Türkiye Cumhurbaşkanı Sayın Erdoğan’la telefonda görüştük.",
    "प्रधानमंत्री नरेंद्र मोदी से आज टेलीफोन पर बातचीत की।",
    "J'ai annulé ma visite à Berlin.",
    "Visite d'une école à Lyon avec le ministre.",
]
RELAXED = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def read(text: str) -> Finding:
    return MATCHER.match({"text": text}, HOLDER, AT)


def gist(finding: Finding) -> object:
    claims = [(one.mode, one.status, [(who.leader, who.country) for who in one.participants]) for one in finding.contacts]
    return finding.flagged, round(finding.confidence, 6), finding.reason, finding.form, claims


@RELAXED
@given(POSTS)
def test_any_text_is_read_and_every_offset_quotes_it(text: str) -> None:
    finding = read(text)
    assert 0.0 <= finding.confidence <= 1.0
    for proof in (*finding.evidence, *(proof for claim in finding.contacts for proof in claim.evidence)):
        assert 0 <= proof.start < proof.end <= len(text)
        assert text[proof.start : proof.end].strip()


@RELAXED
@given(POSTS)
def test_folded_text_leads_back_to_the_text(text: str) -> None:
    clean = text.replace("/", " ").replace("www", " ")
    assert len(origins(clean)) == len(fold(clean)) + 1
    tokens = tokenize(clean, MATCHER.lexicon.cjk_sizes, MATCHER.lexicon.cjk)
    for index in range(len(tokens)):
        start, end = tokens.span(index, index)
        assert 0 <= start < end <= len(clean)


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_the_verdict_does_not_hang_on_unicode_normalisation(text: str, form: str) -> None:
    assert gist(read(unicodedata.normalize(form, text))) == gist(read(text))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", PLAIN)
def test_the_verdict_does_not_hang_on_white_space(text: str) -> None:
    assert gist(read("  " + text.replace(" ", " \n ") + "\t")) == gist(read(text))


@pytest.mark.parametrize("text", PLAIN)
def test_an_added_address_changes_nothing(text: str) -> None:
    assert gist(read(text + " https://t.co/AbC123")) == gist(read(text))


@pytest.mark.parametrize("text", PLAIN)
def test_an_added_emoji_does_not_turn_the_verdict(text: str) -> None:
    assert read(text + " 👏🎉").flagged == read(text).flagged


@pytest.mark.parametrize(("one", "other"), [("#G20", "#g20"), ("#XiJinping", "#xijinping"), ("#Ukraine", "#UKRAINE")])
def test_the_case_of_a_hashtag_changes_nothing(one: str, other: str) -> None:
    text = "Met with President Lula today. {}"
    assert gist(read(text.format(one))) == gist(read(text.format(other)))


@pytest.mark.parametrize(
    "unit", ["met President Modi ", "the ", "#", "@a", "会", "of the ", "President ", "(((", "\u0301", "🇮🇳", "call with ", "1. "]
)
def test_a_huge_post_costs_no_more_than_its_first_part(unit: str) -> None:
    """Only the first LIMIT characters are read, and twice the text yields not much more than twice the tokens."""
    tokens = tokenize(unit * 60_000, MATCHER.lexicon.cjk_sizes, MATCHER.lexicon.cjk)
    assert len(tokens.text) <= LIMIT
    assert len(tokens) <= LIMIT
    read(unit * 60_000)


def test_a_bad_line_costs_only_itself() -> None:
    lines = [
        "{", "[]", "null", '{"id": 1, "text": 5}', '{"id": 2, "text": "x", "date": "yesterday"}', '{"id": 3, "text": "x", "holder": []}',
        '{"id": 4, "text": "\\ud800 met", "holder": {"name": 7}}', "", json.dumps({"id": 5, "text": PLAIN[0], "holder": None}),
        json.dumps({"id": 6, "text": None}), "[" * 5000, json.dumps({"id": 7, "text": "x" * 50_000}),
    ]  # fmt: skip
    found = list(match_lines(lines, MATCHER, AT))
    assert [row["line"] for row in found if "error" in row] == [1, 2, 3, 4, 5, 6, 7, 11]
    assert [row["id"] for row in found if "error" not in row] == [5, 6, 7]


@RELAXED
@given(st.lists(st.one_of(st.text(max_size=60), st.dictionaries(st.sampled_from(["id", "text", "date", "holder", "lang"]), st.one_of(st.none(), st.integers(), st.text(max_size=20)), max_size=5).map(json.dumps)), max_size=6))  # fmt: skip
def test_any_lines_are_answered_one_by_one(lines: list[str]) -> None:
    found = list(match_lines(lines, MATCHER, AT))
    assert len(found) == sum(1 for line in lines if line.strip())
    assert all(json.dumps(row) for row in found)
