"""The post's own words, cut around the evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.compose.catalogue import catalogue
from monitor.compose.quote import LENGTH, quote
from monitor.model import Evidence, PartName
from tests.compose.samples import post

WORDS = catalogue("en")


def test_title_and_text_are_quoted_and_other_parts_only_for_their_evidence() -> None:
    said = post(parts={"title": "Readout", "text": "They spoke.", "card": "A link", "quote": "The call was good."})
    found = quote(said, [Evidence("title", 0, 7, "form"), Evidence("quote", 4, 8, "trigger")], WORDS)
    assert found.text == "Readout\n\nThey spoke.\n\n[quoted post] The call was good."
    assert [found.text[s:e] for s, e in found.spans] == ["Readout", "call"]


def test_overlapping_evidence_is_one_mark() -> None:
    found = quote(post(parts={"text": "They spoke by phone."}), [Evidence("text", 5, 10, "a"), Evidence("text", 8, 19, "b"), Evidence("text", 0, 4, "c")], WORDS)
    assert [found.text[s:e] for s, e in found.spans] == ["They", "spoke by phone"]


def test_a_long_post_is_cut_around_its_evidence() -> None:
    text = "x" * 5000 + "THE CALL" + "y" * 5000
    found = quote(post(parts={"text": text}), [Evidence("text", 5000, 5008, "trigger")], WORDS)
    assert found.cut
    assert len(found.text) <= LENGTH + 2
    assert [found.text[s:e] for s, e in found.spans] == ["THE CALL"]
    assert found.text.startswith("…x")
    assert found.text.endswith("y…")


@given(
    st.dictionaries(st.sampled_from(["title", "text", "quote", "card", "alt", "parent"]), st.text(max_size=1500)),
    st.lists(st.tuples(st.sampled_from(["title", "text", "quote", "card", "alt", "parent"]), st.integers(-5, 1600), st.integers(-5, 1600))),
)
def test_marks_always_lie_on_the_words_they_were_on(parts: dict[PartName, str], spans: list[tuple[PartName, int, int]]) -> None:
    evidence = [Evidence(part, start, end, "trigger") for part, start, end in spans]
    found = quote(post(parts=parts), evidence, WORDS)
    assert len(found.text) <= LENGTH + 2
    real = "".join(parts.get(e.part, "")[e.start : e.end] for e in evidence if 0 <= e.start < e.end <= len(parts.get(e.part, "")))
    for start, end in found.spans:
        assert 0 <= start < end <= len(found.text)
        if not found.cut and "\n" not in real:
            assert set(found.text[start:end]) <= set(real) | set("\n[] ")
