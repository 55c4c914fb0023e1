"""Hostile text: neutralised, cut and measured, whatever Unicode it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.text import ascii_host, clip, clusters, cut, line, neutral, utf8, utf16, web_link
from tests.channels.hostile import CONTROL, NASTY, TEXT, found_in

J = "\u2060"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("Mr Modi\u202e idoM rM", "Mr Modi idoM rM"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("a\r\nb\u2028c\u2029d\x85e", "a\nb\nc\nd\ne"),
        ("\x1b[31mred\x1b]8;;http\x07", "[31mred]8;;http"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("a" + "\u0300" * 50, "a" + "\u0300" * 8),
        ("می‌خواهم", "می‌خواهم"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("क्‍ष", "क्‍ष"),
        ("e\u200dvil", "evil"),
        ("a\n\n\n\n\n\nb", "a\n\nb"),
        ("\u3164\u115f\u2800hidden", "hidden"),
        ("  padded \u3000", "padded"),
    ],
)
def test_what_cannot_be_seen_is_taken_out_and_what_scripts_need_is_kept(hostile: str, shown: str) -> None:
    assert neutral(hostile)[0] == shown


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("hi @everyone", f"hi @{J}everyone"),
        ("see evil.example/x", f"see evil.{J}example/x"),
        ("https://evil.example", f"https:{J}/{J}/{J}evil.{J}example"),
        ("#tag /start $TSLA", f"#{J}tag /{J}start ${J}TSLA"),
        ("1.5 million, U.S. side", f"1.{J}5 million, U.{J}S. side"),
        ("a/b and 5 @ 6", "a/b and 5 @ 6"),
    ],
)
def test_what_platforms_would_link_is_broken_by_a_joiner_that_nobody_sees(hostile: str, shown: str) -> None:
    assert neutral(hostile)[0] == shown


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("https://gоv.example/x", f"https:{J}/{J}/{J}xn--gv-fmc.{J}example/x"),
        ("https://ev\u200bіl.example", f"https:{J}/{J}/{J}xn--evl-khd.{J}example"),
        ("раypal.com", f"xn--ypal-43d9g.{J}com"),
        ("правительство.рф", f"правительство.{J}рф"),
    ],
)
def test_a_look_alike_host_is_shown_in_punycode_and_an_honest_word_is_not(hostile: str, shown: str) -> None:
    assert neutral(hostile)[0] == shown


def test_evidence_stays_on_its_words_when_text_before_it_changes() -> None:
    text = "\u202e@x: President\u200b Trump just spoke"
    start = text.index("just spoke")
    shown, spans = neutral(text, [(start, start + 10)])
    assert [shown[a:b] for a, b in spans] == ["just spoke"]


def test_a_program_gets_addresses_whole() -> None:
    assert neutral("see https://mea.gov.in @x", defang=False)[0] == "see https://mea.gov.in @x"


@given(TEXT, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=4))
def test_neutral_text_holds_nothing_unseen_and_links_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    shown, moved = neutral(text, spans)
    assert not found_in(shown, [])
    assert all(0 <= a < b <= len(shown) for a, b in moved)
    assert not found_in(line(text), [])
    assert "\n" not in line(text)
    assert not CONTROL.search(neutral(text, defang=False)[0])


@given(TEXT)
def test_neutral_text_stays_as_it_is_when_neutralised_again(text: str) -> None:
    once = neutral(text, defang=False)[0]
    assert neutral(once, defang=False)[0] == once


@given(TEXT, st.integers(0, 60), st.sampled_from([len, utf8, utf16]))
def test_a_cut_fits_and_tears_no_visible_character(text: str, limit: int, measure) -> None:  # type: ignore[no-untyped-def]
    text = neutral(text)[0]
    short = cut(text, limit, measure)
    assert measure(short) <= limit
    whole = list(clusters(text))
    assert short in {"".join(whole[:i]).rstrip() + "…" for i in range(len(whole) + 1)} | {text, ""}


def test_a_family_a_flag_and_an_accent_are_each_cut_whole() -> None:
    assert list(clusters("👩‍👩‍👧‍👦🇮🇳🇺🇸e\u0301각")) == ["👩‍👩‍👧‍👦", "🇮🇳", "🇺🇸", "e\u0301", "각"]
    assert cut("ab👩‍👩‍👧‍👦", 6) == "ab…"


@given(st.text())
def test_visible_characters_put_together_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize(
    ("given_link", "kept"),
    [
        ("https://bsky.app/profile/x/post/3k", "https://bsky.app/profile/x/post/3k"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("https://gоv.example/é?q=é", "https://xn--gv-fmc.example/%C3%A9?q=%C3%A9"),
        ("https://x.example/a)b[c]*d_e", "https://x.example/a%29b%5Bc%5D*d_e"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://user:pw@evil.example/", None),
        ("https://evil.example/\nBcc: x", None),
        ("https://a.example/<b>", None),
        ("https:///nohost", None),
        ("//evil.example", None),
        ("https://a.example:99999/", None),
        ("https://" + "a" * 3000 + ".example/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_link_is_shown_only_if_it_is_a_plain_web_address(given_link: str | None, kept: str | None) -> None:
    assert web_link(given_link) == kept


@given(st.one_of(TEXT, TEXT.map(lambda t: "https://" + t), st.sampled_from(NASTY)))
def test_a_link_that_is_shown_can_break_out_of_nothing(text: str) -> None:
    link = web_link(text)
    if link is not None:
        assert link.isascii()
        assert not set(link) & set(" \n\r\t<>\"'`\\{}|^()")
        assert web_link(link) == link


@given(st.text(max_size=30))
def test_a_host_in_its_network_form_is_made_of_network_letters(text: str) -> None:
    host = ascii_host(text)
    assert text.isascii() or set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-?")


@given(st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=8), st.integers(0, 40))
def test_clipped_spans_lie_within_the_text_in_order_and_apart(spans: list[tuple[int, int]], length: int) -> None:
    kept = clip(spans, length)
    edges = [edge for span in kept for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= a < b <= length for a, b in kept)
