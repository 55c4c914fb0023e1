"""HTML as a reader sees it, whatever it looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.html_text import read_html, text_in


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain & simple", "plain & simple"),
        ("Spoke with PM &amp; Mrs Modi &#8212; &quot;warm&quot;", 'Spoke with PM & Mrs Modi — "warm"'),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("  a\n  wrapped\tline  ", "a wrapped line"),
        ("I <b>sp</b>oke", "I spoke"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("before<script>alert('<p>x</p>')</script>after", "beforeafter"),
        ("<style>p{}</style>seen", "seen"),
        ("a <!-- hidden > --> b", "a b"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("a <unclosed", "a <unclosed"),
        ('<img alt="1 > 0" src="x">text', "text"),
        ("<![CDATA[kept]]> too", "kept too"),
        ("nbsp&nbsp;here", "nbsp here"),
        ("<SCRIPT>x</SCRIPT>y", "y"),
        ("<script>never closed", ""),
        ("&lt;b&gt;not markup&lt;/b&gt;", "<b>not markup</b>"),
        ("half &#xD83D; pair", "half \ufffd pair"),
    ],
)
def test_markup_reads_as(markup: str, text: str) -> None:
    assert read_html(markup).text == text


def test_pictures_and_links_are_told() -> None:
    found = read_html(
        '<img src=x alt=\'Modi &amp; Trump\'><img alt=""><IMG ALT=two><a href="https://a.example/?x=1&amp;y=2">l</a>'
    )
    assert found.alts == ("Modi & Trump", "two")
    assert found.links == ("https://a.example/?x=1&y=2",)


def test_hidden_classes_are_left_out_with_what_is_in_them() -> None:
    markup = '<a href="x"><span class="invisible">https://</span><span class="ellipsis">a.example/b</span><span class="x invisible">c<span>d</span></span></a> e'
    assert read_html(markup, frozenset({"invisible"})).text == "a.example/b e"


def test_text_without_markup_stays() -> None:
    assert text_in(" 5 dollars ") == "5 dollars"


PIECES = st.sampled_from(
    ["<", ">", "<p>", "</p>", "<!--", "-->", "<script>", "</script>", '<a href="', '"', "'", "&amp;", "&", "<![CDATA[", "]]>", "alt=", "<img ",
     "<span class=invisible>", "</span>", "/", "=", " ", "\n", "x", "\ud800", "\0", "<!doctype", "<?"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_any_markup_is_text_that_can_be_stored(markup: str) -> None:
    found = read_html(markup, frozenset({"invisible"}))
    found.text.encode()
    assert "\0" not in found.text
    assert len(found.text) <= len(markup) + 10


@pytest.mark.parametrize(
    "piece", ["<!--", '<a "', "<", "<script", "<p>", "&", "<![CDATA[", "<span class=invisible>", "<x'>", "</"]
)
def test_repeated_openings_take_linear_time(piece: str) -> None:
    read_html(piece * (1_000_000 // len(piece)), frozenset({"invisible"}))
