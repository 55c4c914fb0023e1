"""Escaping, by property: whatever the text, it comes back out of HTML, Atom, iCalendar and CSV as it went in, and as text."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.review import feeds
from monitor.review.links import file_name, part, web
from monitor.review.marks import highlighted, segments, snippet
from monitor.review.render import environment
from monitor.review.words import clean
from tests.review.bed import NOW

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", "\r\nEND:VEVENT", "=1+1", "@x", '"><img src=x>', "&amp;", "\\n\\,;", "\u202e\u2066x", "{{7*7}}", "ö" * 90, "'"]
)
SPANS = st.lists(st.tuples(st.integers(-5, 250), st.integers(-5, 250), st.sampled_from(["trigger", "party", "<b>", "when"])), max_size=8)


class Text(HTMLParser):
    """The words of a piece of HTML, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words, self.tags = "", list[str]()
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def unfolded(calendar: str) -> list[str]:
    """Content lines as a reader of iCalendar sees them."""
    assert "\n" not in calendar.replace("\r\n", "")
    for line in calendar.split("\r\n"):
        assert len(line.encode()) <= 75, line
    return calendar.replace("\r\n ", "").split("\r\n")


def meant(value: str) -> str:
    """A value of type TEXT back in words."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def contact(**changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(feeds.COLUMNS)
    values |= {
        "contact": "a-b", "opened_at": "2026-11-22T10:00:00.000Z", "took_place": "2026-11-22T10:00:00.000Z", "updated_at": "2026-11-22T11:00:00.000Z",
        "names": "A – B", "mode": "call", "status": "happened", "confidence": 0.9, "spoken": ["US"], "silent": ["IN"], "readout": "none", "retracted": False,
        "lapsed": False, "posts": 1, "alerts": 1, "parties": [{"name": "A", "country": "US"}],
        "first": {"account": "x:envoy", "text": "said", "title": None, "url": None},
    }  # fmt: skip
    return values | changed


@given(TEXT, SPANS)
def test_highlighted_text_is_the_text_and_marks_alone_are_tags(text: str, spans: list[tuple[int, int, str]]) -> None:
    evidence = [{"part": "text", "start": start, "end": end, "role": role} for start, end, role in spans]
    shown = Text(str(highlighted(text, evidence)))
    assert shown.words.replace("\r\n", "\n").replace("\r", "\n") == text.replace("\r\n", "\n").replace("\r", "\n") or "\x00" in text
    assert set(shown.tags) <= {"mark"}
    assert "".join(piece for piece, _ in segments(text, spans)) == text


@given(TEXT, st.integers(0, 150))
def test_a_snippet_is_a_piece_of_the_text(text: str, start: int) -> None:
    shown = Text(str(snippet(text, [{"part": "text", "start": start, "end": start + 4, "role": "trigger"}], 60)))
    assert set(shown.tags) <= {"mark"}
    if "\r" not in text and "\x00" not in text:
        assert shown.words.removeprefix("… ").removesuffix(" …") in text


def test_spans_mark_code_points_not_bytes() -> None:
    assert str(highlighted("𐐷 déjà", [{"part": "text", "start": 2, "end": 6, "role": "party"}])) == '𐐷 <mark class="ev ev-party" title="party">déjà</mark>'


@given(TEXT)
def test_a_template_never_runs_what_it_shows(text: str) -> None:
    shown = Text(environment().from_string("<p title='{{ t }}'>{{ t }}</p>").render(t=text))
    assert shown.tags == ["p"]


@given(TEXT, TEXT, TEXT)
def test_atom_parses_and_gives_the_words_back(names: str, said: str, ident: str) -> None:
    feed = feeds.atom([contact(names=names, contact=ident, first={"account": said, "text": said, "title": None, "url": None})], name=said,
                      address="https://d.example", itself=f"https://d.example/{said}", now=NOW)  # fmt: skip
    root = ET.fromstring(feed)
    [entry] = root.findall("{http://www.w3.org/2005/Atom}entry")
    title = entry.findtext("{http://www.w3.org/2005/Atom}title") or ""
    assert title.endswith(": call held")
    assert " ".join(clean(names, 200).split()).replace("\ufffe", "\ufffd") in " ".join(title.split()) or not clean(names)


@given(TEXT, TEXT, TEXT)
def test_calendars_hold_one_event_whose_words_come_back(names: str, place: str, said: str) -> None:
    event = contact(names=names, place=place, place_country="FR", status="upcoming", when_start="2026-12-01T00:00:00.000Z",
                    when_end="2026-12-03T00:00:00.000Z", when_precision="day", first={"account": f"x:{said}", "text": said, "title": None, "url": None})  # fmt: skip
    lines = unfolded(feeds.calendar([event], name=said, address="https://d.example"))
    assert [line for line in lines if line.startswith(("BEGIN", "END"))] == ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR"]
    values = {line.partition(":")[0]: line.partition(":")[2] for line in lines}
    assert values["DTSTART;VALUE=DATE"] == "20261201"
    assert values["DTEND;VALUE=DATE"] == "20261203"
    assert values["STATUS"] == "TENTATIVE"
    assert meant(values["SUMMARY"]).endswith(": meeting planned") is False
    assert meant(values["SUMMARY"]).endswith(": call planned")
    assert all(ord(c) >= 32 for line in lines for c in line)


def test_a_timed_contact_is_a_timed_event_and_a_cancelled_one_is_cancelled() -> None:
    timed = contact(when_start="2026-11-22T10:30:00.000Z", when_end="2026-11-22T10:31:00.000Z", when_precision="minute", status="cancelled")
    lines = unfolded(feeds.calendar([timed], name="n", address="https://d.example"))
    assert "DTSTART:20261122T103000Z" in lines
    assert "DTEND:20261122T110000Z" in lines
    assert "STATUS:CANCELLED" in lines


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_csv_comes_back_and_starts_no_formula(cells: list[str]) -> None:
    table = feeds.table([{"a": cell} for cell in cells], ["a"])
    back = [row["a"] for row in csv.DictReader(io.StringIO(table, newline=""))]
    kept = [cell.replace("\x00", "\ufffd") for cell in cells]
    expected = ["'" + cell if cell[:1] and cell[:1] in feeds.FORMULA else cell for cell in kept]
    assert back == [cell for cell in expected if cell] or back == expected


@given(st.text(max_size=80))
def test_an_address_part_is_one_step(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]*", part(text))
    assert part(text) not in (".", "..")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", file_name(text)) or not text


@given(TEXT)
def test_only_plain_web_addresses_are_links(text: str) -> None:
    assert web(f"javascript:{text}") is None
    assert web(f"data:{text}") is None
    found = web(text)
    assert found is None or found.startswith(("http://", "https://", "HTTP", "Http"))
    assert web("https://user:pw@example.org/") is None
    assert web("https://example.org/a b") is None
