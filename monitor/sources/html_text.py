"""HTML as the text a reader sees. One pass, linear in time, and no markup is ever an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from monitor.sources.shaping import clean

BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p"
    " pre section table td th tr ul".split()
)
UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "svg", "iframe", "object", "select", "textarea", "title"})
MOST = 1_000_000
"""Characters of markup looked at."""
ATTRIBUTES = 5_000
"""Characters of one tag in which attributes are looked for."""

_ENDS = {name: re.compile(f"</{re.escape(name)}", re.IGNORECASE) for name in UNSEEN}
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]*)")
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_CLASS = re.compile(r"""\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\f\v\xa0]*\n[ \t\r\f\v\xa0\n]*|[ \t\r\f\v\xa0]+")


@dataclass(frozen=True, slots=True)
class Html:
    """What markup says: its text, one line a block; descriptions of its pictures; where its links lead."""

    text: str
    alts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def read_html(markup: str, hidden: frozenset[str] = frozenset()) -> Html:
    """Text, alts and links. Elements of a class in `hidden` are left out (Mastodon hides parts of long links so)."""
    reader = _Reader(hidden)
    reader.read(markup[:MOST])
    text = _SPACES.sub(lambda space: "\n" if "\n" in space[0] else " ", clean(unescape("".join(reader.text)))).strip()
    return Html(text, tuple(filter(None, map(_attribute, reader.alts))), tuple(filter(None, map(_attribute, reader.links))))


def text_in(markup: str) -> str:
    """Only the text."""
    return read_html(markup).text if "<" in markup or "&" in markup else clean(markup).strip()


def _attribute(raw: str) -> str:
    return clean(unescape(raw)).strip()


class _Reader:
    """Walks from one `<` to the next. What stands in an unseen or hidden element is skipped up to its end."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self.text: list[str] = []
        self.alts: list[str] = []
        self.links: list[str] = []
        self._hidden = hidden
        self._skip: str | None = None  # the hidden element we are in
        self._depth = 0

    def read(self, markup: str) -> None:
        at = 0
        while (open_at := markup.find("<", at)) >= 0:
            self._say(markup[at:open_at])
            at = self._markup(markup, open_at)
        self._say(markup[at:])

    def _say(self, words: str) -> None:
        if self._skip is None and words:
            self.text.append(words.replace("\n", " "))

    def _markup(self, markup: str, open_at: int) -> int:
        """Handle what begins at `open_at`; returns where to go on."""
        if markup.startswith("<!--", open_at):
            return _after(markup, "-->", open_at + 4)
        if markup.startswith("<![CDATA[", open_at):
            end = markup.find("]]>", open_at)
            self._say(markup[open_at + 9 : end if end >= 0 else len(markup)])
            return _after(markup, "]]>", open_at)
        follows = markup[open_at + 1 : open_at + 2]
        if not (follows.isascii() and follows.isalpha()) and follows not in ("/", "!", "?"):
            self._say("<")
            return open_at + 1
        end = _tag_end(markup, open_at)
        if end < 0:
            self._say(markup[open_at:])
            return len(markup)
        return self._tag(markup, markup[open_at + 1 : end], end + 1)

    def _tag(self, markup: str, tag: str, after: int) -> int:
        named = _NAME.match(tag)
        if named is None:
            return after
        name, closing = named[1].lower(), tag.startswith("/")
        if self._skip is not None:
            if name == self._skip and not tag.endswith("/"):
                self._depth += -1 if closing else 1
            if self._depth == 0:
                self._skip = None
            return after
        if name in UNSEEN and not closing and not tag.endswith("/"):
            found = _ENDS[name].search(markup, after)
            return _after(markup, ">", found.start()) if found else len(markup)
        if name in BLOCKS:
            self.text.append("\n")
        if not closing:
            self._attributes(name, tag)
        return after

    def _attributes(self, name: str, tag: str) -> None:
        tag = tag[:ATTRIBUTES]
        if name == "img" and (found := _ALT.search(tag)):
            self.alts.append(found[1] or found[2] or found[3] or "")
        elif name == "a" and (found := _HREF.search(tag)):
            self.links.append(found[1] or found[2] or found[3] or "")
        found = _CLASS.search(tag) if self._hidden and not tag.endswith("/") else None
        if found and self._hidden & set((found[1] or found[2] or found[3] or "").split()):
            self._skip, self._depth = name, 1


def _after(markup: str, mark: str, start: int) -> int:
    found = markup.find(mark, start)
    return len(markup) if found < 0 else found + len(mark)


def _tag_end(markup: str, start: int) -> int:
    """The `>` that ends a tag. One within a quoted attribute is passed over, a few times: then it is taken for the end."""
    end = markup.find(">", start)
    for _ in range(4):
        if end < 0 or markup.count('"', start, end) % 2 == 0:
            return end
        following = markup.find(">", end + 1)
        if following < 0 or following - start > 10_000:
            return end
        end = following
    return end
