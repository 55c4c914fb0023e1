"""A message as channels show it: neutral words, the few words that are a channel's own, and how to make it fit.

`words` is the gate: whatever a `Message` holds passes `text.neutral` here, before any channel formats it.
`updated` is the first message told anew after later news; `fit` takes from the quote first, from the headline last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from monitor.channels.text import Measure, Span, clip, cut, line, neutral, web_link
from monitor.model import Message

MAX_HEADLINE, MAX_LINE, MAX_LINES, MAX_QUOTE, MAX_SOURCE, MAX_ID = 300, 400, 20, 4000, 300, 64
"""Code points, whatever the platform: beyond this a reader is not served, and a hostile text not stopped."""
READ = 2
"""So many times a limit is read of a raw text: what is unseen in it falls away, and a text without end costs nothing."""
MIN_QUOTE = 60
"""Below this a quote tells nothing and gives way to the lines."""

SAY: Mapping[str, Mapping[str, str]] = {
    "en": {"post": "Open the post", "review": "Right or wrong?", "first": "First word", "follows": "Follows up on",
           "repeat": "POSSIBLE REPEAT", "repeat_why": "it is not known whether this arrived before"},
    "fr": {"post": "Ouvrir le message", "review": "Vrai ou faux ?", "first": "Première annonce", "follows": "Suite de",
           "repeat": "RÉPÉTITION POSSIBLE", "repeat_why": "on ignore si ceci était déjà arrivé"},
    "es": {"post": "Abrir la publicación", "review": "¿Correcto o no?", "first": "Primer aviso", "follows": "Continuación de",
           "repeat": "POSIBLE REPETICIÓN", "repeat_why": "no se sabe si esto ya había llegado"},
    "hi": {"post": "पोस्ट खोलें", "review": "सही या गलत?", "first": "पहली सूचना", "follows": "इसके आगे",
           "repeat": "संभवतः दोबारा", "repeat_why": "यह पहले पहुँचा था या नहीं, ज्ञात नहीं"},
}  # fmt: skip
"""The channels' own words, in the desk's language."""

COLOURS: Mapping[str, int] = {
    "new": 0xD9480F, "update": 0x1971C2, "confirmed": 0x2F9E44, "readout": 0x2F9E44, "overdue": 0xF08C00, "conflict": 0xC2255C,
    "cancelled": 0x868E96, "denied": 0xC2255C, "source_deleted": 0xC2255C, "lapsed": 0x868E96, "retracted": 0x868E96,
    "notice": 0x5F3DC4, "test": 0x5F3DC4, "digest": 0x1971C2,
}  # fmt: skip
"""What a glance tells: fresh, confirmed, in doubt, over, about Hotline itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message made neutral and bounded. `quote` may hold newlines, everything else is one line."""

    kind: str
    id: str
    headline: str
    lines: tuple[str, ...]
    quote: str
    spans: tuple[Span, ...]
    note: str
    source: str
    link: str | None
    review: str | None
    urgent: bool

    @property
    def colour(self) -> int:
        return COLOURS.get(self.kind, COLOURS["update"])

    @property
    def footer(self) -> str:
        return " · ".join(part for part in (self.source, self.id) if part)


def words(message: Message, *, defang: bool = True) -> Words:
    """The only way from a Message to a channel."""
    quote, spans = neutral(message.quote[: READ * MAX_QUOTE], message.quote_spans, defang=defang)
    quote = cut(quote, MAX_QUOTE)

    def one(text: str, limit: int) -> str:
        return cut(line(text[: READ * limit], defang=defang), limit)

    return Words(
        kind=message.kind,
        id=one(message.id, MAX_ID),
        headline=one(message.headline, MAX_HEADLINE) or "Hotline",
        lines=tuple(filter(None, (one(text, MAX_LINE) for text in message.lines[:MAX_LINES]))),
        quote=quote,
        spans=clip(spans, len(quote)),
        note=one(message.quote_note, MAX_LINE),
        source=one(message.source, MAX_SOURCE),
        link=web_link(message.link),
        review=web_link(message.review_link),
        urgent=message.urgent,
    )


def packed(message: Message) -> dict[str, Any]:
    """A message as JSON-able values."""
    return asdict(message)


def unpacked(values: Mapping[str, Any]) -> Message:
    """A message out of a stored payload; keys of a later version are passed over."""
    known = {f.name for f in fields(Message)}
    kept = {k: v for k, v in values.items() if k in known}
    kept["lines"] = tuple(kept.get("lines", ()))
    kept["quote_spans"] = tuple((int(a), int(b)) for a, b in kept.get("quote_spans", ()))
    return Message(**kept)


def updated(first: Message, news: Message, say: Mapping[str, str]) -> Message:
    """The first message with the newest state on top: what an edit turns it into."""
    lines = news.lines if news.headline == first.headline else (f"{say['first']}: {first.headline}", *news.lines)
    return replace(
        first,
        kind=news.kind,
        headline=news.headline,
        lines=lines,
        urgent=news.urgent,
        review_link=news.review_link or first.review_link,
    )


def following(first: Message, news: Message, say: Mapping[str, str]) -> Message:
    """The news as a message of its own that names the first."""
    return replace(news, lines=(*news.lines, f"{say['follows']}: {first.headline}"))


def repeated(message: Message, say: Mapping[str, str]) -> Message:
    """The message with its doubt in front of it: it may have arrived before."""
    return replace(
        message, headline=f"{say['repeat']} · {message.headline}", lines=(*message.lines, f"{say['repeat']}: {say['repeat_why']}")
    )


def bare(message: Message) -> Message:
    """What is left when all else was refused: headline, link, id."""
    return Message(
        message.kind, message.id, message.headline, link=message.link, review_link=message.review_link, urgent=message.urgent
    )


def quoted(text: str, mark: str) -> str:
    """Each line of a quote behind a mark, so that none passes for a line of ours."""
    return "\n".join(mark + part for part in text.split("\n")) if text else ""


def fit(w: Words, limit: int, size: Callable[[Words], int], measure: Measure = len) -> Words:
    """The words cut until `size` of them is within `limit`: the quote first, then lines from the end, then the headline."""
    over = size(w) - limit
    for _ in range(4):  # formatting grows with what is cut, so the first cut may fall short
        if over <= 0 or not w.quote:
            break
        target = measure(w.quote) - over - 1
        quote = cut(w.quote, target, measure) if target >= MIN_QUOTE else ""
        w = replace(w, quote=quote, spans=clip(w.spans, len(quote)))
        over = size(w) - limit
    if over > 0 and w.quote:
        w = replace(w, quote="", spans=())
    while size(w) > limit and w.lines:
        w = replace(w, lines=w.lines[:-1])
    for _ in range(8):
        over = size(w) - limit
        if over <= 0:
            break
        w = replace(w, note="", source="", headline=cut(w.headline, max(measure(w.headline) - over - 1, 1), measure))
    if size(w) > limit:
        w = replace(w, link=None, review=None)
    return w


def _same(text: str) -> str:
    return text


def plain(
    w: Words,
    say: Mapping[str, str],
    mark: str = "│ ",
    literal: Callable[[str], str] = _same,
    address: Callable[[str], str] = _same,
) -> str:
    """The whole message as unformatted text, links written out. `literal` escapes text for the platform, `address` a link of ours."""
    post = f"{literal(say['post'])}: {address(w.link)}" if w.link else ""
    review = f"{literal(say['review'])} {address(w.review)}" if w.review else ""
    note = f"\n({literal(w.note)})" if w.note and w.quote else ""
    quote = quoted(literal(w.quote), mark) + note
    blocks = [literal(w.headline), "\n".join(literal(text) for text in w.lines), quote, post, review, literal(w.footer)]
    return "\n".join(block for block in blocks if block)
