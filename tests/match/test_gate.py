"""The gate: what it turns away and why, and that a glance costs no more than the text is long."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.leaders import load
from monitor.match import Matcher, explain
from monitor.match.fold import LIMIT
from monitor.match.glance import BIT, GROUPS, facts, group, load_glance
from monitor.match.scan import judge_languages, scan
from monitor.match.tokens import tokenize
from monitor.model import Holder

AT = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
MATCHER = Matcher(load())
HOLDER = Holder("Emmanuel Macron", "FR", "head_of_state", "leader", "emmanuel-macron")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Fresh bread from our own oven, all day long.", "no_cue"),
        ("Prime Minister Modi likes mangoes.", "no_contact_word"),
        ("I met our bakers.", "no_other_leader"),
        ("https://example.org/met-prime-minister-modi", "no_cue"),
        ("🎉", "no_cue"),
    ],
)
def test_a_post_is_turned_away_with_a_named_reason(text: str, reason: str) -> None:
    assert MATCHER.gate.closed(text, "leader") == reason
    finding = MATCHER.match({"text": text}, HOLDER, AT)
    assert (finding.flagged, finding.reason) == (False, reason)
    assert finding.confidence == MATCHER.model.floor


@pytest.mark.parametrize(
    "text",
    [
        "Had a great call with Prime Minister Modi.", "Met @narendramodi today.", "Je me suis entretenu avec le Président Lula.",
        "Сегодня провёл переговоры с Президентом Турции Реджепом Эрдоганом.", "استقبلت اليوم رئيس وزراء الهند ناريندرا مودي في باريس.",
        "Türkiye Cumhurbaşkanı Sayın Erdoğan’la telefonda görüştük.", "प्रधानमंत्री नरेंद्र मोदी से आज टेलीफोन पर बातचीत की।",
        "マクロン大統領と電話会談を行いました。", "习近平同马克龙通电话。", "Συνάντηση με τον Πρόεδρο Ζελένσκι.", "נפגשתי היום עם נשיא צרפת עמנואל מקרון.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_contact_word_and_a_leader_are_read(text: str, form: str) -> None:
    assert MATCHER.gate.closed(unicodedata.normalize(form, text), "leader") is None  # type: ignore[arg-type]


def test_every_reason_of_the_gate_is_explained_in_words() -> None:
    for reason in MATCHER._quiet:
        assert reason.replace("_", " ") not in explain(MATCHER._quiet[reason], {})[0]


def test_the_weights_of_the_glance_are_of_kinds_that_exist() -> None:
    known = set(GROUPS)
    for fact in load_glance().weights:
        if not fact.startswith(("who=", "kinds=")):
            assert set(fact.partition("|")[0].split("+")) <= known, fact


@given(st.integers(0, (1 << len(GROUPS)) - 1), st.sampled_from(["leader", "office", "other", "unknown", "nobody"]))
def test_the_sum_of_a_glance_is_that_of_its_facts(bits: int, who: str) -> None:
    glance = load_glance()
    assert glance.sum(bits, who) == pytest.approx(glance.bias + sum(glance.weights.get(fact, 0.0) for fact in facts(bits, who)), abs=1e-9)


def test_a_class_of_one_country_or_tense_is_of_the_kind_of_its_class() -> None:
    assert group("t_hog:IE") == group("t_hog") == BIT["top"]
    assert group("meet_past") == group("meet") == BIT["meet"]
    assert group("topic_security") == 0


@pytest.mark.parametrize("unit", ["met President Modi ", "the ", "#a", "@b ", "会", "习近平", "of the ", "(((", "\u0301", "🇮🇳", "встреча ", "http://a "])
def test_a_glance_sees_no_more_words_than_the_first_part_of_a_huge_post_has(unit: str) -> None:
    _, short = MATCHER.gate._glanced((unit * 50_000)[:2_000])
    _, twice = MATCHER.gate._glanced((unit * 50_000)[:4_000])
    _, huge = MATCHER.gate._glanced((unit * 50_000)[:50_000])
    assert len(twice) <= 2 * len(short) + 2
    assert len(huge) <= LIMIT


@pytest.mark.parametrize("unit", ["met President Modi ", "call with ", "Prime Minister of ", "习近平会见", "встретился с Путиным ", "🇮🇳"])
def test_a_huge_post_has_marks_in_proportion_to_its_first_part(unit: str) -> None:
    def marks(size: int) -> int:
        tokens = tokenize((unit * 50_000)[:size], MATCHER.lexicon.cjk_sizes, MATCHER.lexicon.cjk)
        return len(scan(tokens, MATCHER.lexicon, judge_languages(tokens, MATCHER.lexicon)[0]))

    assert marks(4_000) <= 2 * marks(2_000) + 20
    assert marks(50_000) == marks(LIMIT)


def test_words_once_met_are_remembered_within_bounds() -> None:
    gate = Matcher(load()).gate
    for at in range(400):
        gate.closed(" ".join(f"слово{at}x{index}" for index in range(100)))
    assert len(gate._met) <= 30_000


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_a_glance_weighs_nothing_in_what_it_turns_away_unweighed(text: str) -> None:
    closed = MATCHER.gate.closed(text, "leader")
    if closed in ("no_cue", "no_contact_word", "no_other_leader"):
        assert MATCHER.gate.bits(text) == 0
    else:
        assert MATCHER.gate.bits(text) != 0
