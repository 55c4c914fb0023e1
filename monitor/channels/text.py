"""Hostile text made harmless before any channel sees it.

`neutral` drops what a reader cannot see (controls, bidirectional overrides, zero-width and filler characters), shows
look-alike hosts in punycode, and breaks what chat programs turn into links or mentions by themselves (a word joiner
after `@`, `#`, within `host.tld` and after `scheme:`), keeping the evidence spans in place. `cut` shortens without
tearing a visible character apart, in whatever unit a platform counts.

Sources: Unicode UAX #9 (bidirectional controls), UAX #29 (grapheme clusters), UTS #39 (confusables), RFC 3492 (punycode).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

Span = tuple[int, int]
Measure = Callable[[str], int]

JOINER = "\u2060"
"""WORD JOINER: unseen, breaks no line, and is part of no host, handle or tag in any platform's link finder."""

MARKS = 8
"""Combining marks kept on one character; more is a flood ("zalgo") that paints over other lines."""
CLUSTER = 40
"""Code points in one visible character at most: a chain of joiners without end is cut like text."""

_NEWLINES = frozenset("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")  # fillers and blanks that are letters by category
_SHOWN_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_WORD = re.compile(r"[^\s\"'<>()\[\]{},;]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}:/{0,3}")
_HOST_END = re.compile(r"[/?#:\\]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_DOT = re.compile("[.\u3002\uff0e\uff61]")


def utf16(text: str) -> int:
    """Length in UTF-16 code units, as Telegram and Teams count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Length in bytes, as IRC, ntfy and Matrix count."""
    return len(text.encode("utf-8", "surrogatepass"))


def _kept(text: str) -> list[str]:
    """What each character becomes: itself, a replacement, or nothing."""
    out: list[str] = []
    marks = 0
    for i, c in enumerate(text):
        if " " <= c < "\x7f":
            out.append(c)
            marks = 0
            continue
        category = unicodedata.category(c)
        marks = marks + 1 if category in ("Mn", "Me") and not "\ufe00" <= c <= "\ufe0f" else 0
        if c in _NEWLINES:
            out.append("" if c == "\r" and text[i + 1 : i + 2] == "\n" else "\n")
        elif c == "\n":
            out.append(c)
        elif c == "\t" or category == "Zs":
            out.append(" ")
        elif category == "Cs":
            out.append("\ufffd")
        elif c in "\u200c\u200d":
            out.append(c if _joins(text, i) else "")
        elif category == "Cf":
            out.append(c if c in _SHOWN_FORMAT else "")
        elif category == "Cc" or c in _UNSEEN or marks > MARKS or "\U000e0100" <= c <= "\U000e01ef" or _nonchar(c):
            out.append("")
        else:
            out.append(c)
    return out


def _joins(text: str, i: int) -> bool:
    """Whether a (non-)joiner does its work between two characters of a script or emoji that uses it."""
    before, after = text[i - 1 : i] if i else "", text[i + 1 : i + 2]
    return bool(before and after) and all(
        c > "\u04ff" and unicodedata.category(c) in ("Lo", "Mn", "Mc", "So", "Sk", "Sm") and c not in _UNSEEN
        for c in before + after
    )


def _nonchar(c: str) -> bool:
    return (ord(c) & 0xFFFE) == 0xFFFE or "\ufdd0" <= c <= "\ufdef"


def ascii_host(host: str) -> str:
    """A host as the network knows it: `xn--…` for letters beyond ASCII, so that a look-alike is seen for one."""
    if host.isascii():
        return host
    labels = []
    for label in _DOTS.sub(".", unicodedata.normalize("NFKC", host)).lower().split("."):
        try:
            labels.append(label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii"))
        except UnicodeError:
            labels.append("?")
    return re.sub(r"[^a-z0-9.?-]", "?", ".".join(labels))  # a compatibility form may hold "/" or a space


def _mixed(host: str) -> bool:
    """Whether a dotted word passes for a Latin host while some of its letters are not Latin."""
    scripts = {unicodedata.name(c, "?").split(" ")[0] for c in host if c.isalpha()}
    return len(scripts) > 1 and bool(scripts & {"LATIN", "FULLWIDTH"})


def _hosts(text: str) -> Iterator[tuple[int, int, str]]:
    """Hosts with letters beyond ASCII that are addresses, or pass for one: where they stand and what they are."""
    for word in _WORD.finditer(text):
        if word[0].isascii() or not _DOT.search(word[0]):
            continue
        scheme = _SCHEME.match(word[0])
        start = word.start() + (scheme.end() if scheme else 0)
        rest = text[start : word.end()]
        found = _HOST_END.search(rest)
        host = rest[: found.start()] if found else rest
        if "@" in host:
            start, host = start + host.rindex("@") + 1, host[host.rindex("@") + 1 :]
        host = host.rstrip(".…!?")
        if not host.isascii() and _DOT.search(host) and (scheme or host.lower().startswith("www.") or _mixed(host)):
            yield start, start + len(host), ascii_host(host)


def _defanged(out: list[str]) -> None:
    """Put joiners where a link finder would begin: after @ and #, between a host's labels, after a scheme, before a /command."""
    seen = [i for i, c in enumerate(out) if c]
    for at, i in enumerate(seen):
        c = out[i]
        before = out[seen[at - 1]][-1] if at else " "
        after = out[seen[at + 1]][0] if at + 1 < len(seen) else " "
        word = not after.isspace()
        if len(c) > 1:  # a host in punycode
            out[i] = c.replace(".", "." + JOINER)
        elif (c in "@#$＠＃﹫﹟＄﹩" and word) or (
            c in ".。．｡" and word and not before.isspace() and after not in ".。．｡" and before not in ".。．｡"
        ):
            out[i] = c + JOINER
        elif c in ":：" and word and not before.isspace() and after in "/／\\" + "@":
            out[i] = c + JOINER
        elif c == "/" and word and not before.isalnum():
            out[i] = c + JOINER


def neutral(text: str, spans: Sequence[Span] = (), *, defang: bool = True, lines: bool = True) -> tuple[str, tuple[Span, ...]]:
    """Text that shows all it holds and links nowhere, with the spans moved along.

    `defang=False` keeps addresses whole, for receivers that are programs. `lines=False` makes it one line.
    """
    out = _kept(text)
    if not text.isascii():
        seen = [i for i, c in enumerate(out) if c]
        for start, end, host in _hosts("".join(out)):
            for i in seen[start:end]:
                out[i] = ""
            out[seen[start]] = host
    blank = 0  # newlines in a row: an empty line may stand, a screenful may not
    for i, c in enumerate(out):
        if c == "\n":
            blank += 1
            out[i] = (c if blank <= 2 else "") if lines else " "
        elif c and c != " ":
            blank = 0
    if defang:
        _defanged(out)
    offsets = [0]
    for piece in out:
        offsets.append(offsets[-1] + len(piece))
    moved = tuple((offsets[a], offsets[b]) for a, b in spans if 0 <= a < b <= len(text))
    whole = "".join(out)
    left = len(whole) - len(whole.lstrip())
    kept = whole.strip()
    return kept, tuple(
        (max(a - left, 0), min(b - left, len(kept))) for a, b in moved if min(b - left, len(kept)) > max(a - left, 0)
    )


def line(text: str, *, defang: bool = True) -> str:
    """One line of neutral text."""
    return " ".join(neutral(text, defang=defang, lines=False)[0].split())


def web_link(url: str | None, limit: int = 2000) -> str | None:
    """A link fit to be shown: http(s), a plain host in its network form, no user, nothing to break out with. Else None."""
    if not url or len(url) > limit or re.search(r"[\s\x00-\x20\x7f<>\"'`\\{}|^]", url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc or not re.fullmatch(r"[\w.\-:]+", host):
        return None
    shown = f"[{host}]" if ":" in host else ascii_host(host)
    rest = url.partition("//")[2][len(parts.netloc) :]
    quoted = "".join(
        c if c.isascii() and c not in "()[]" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in rest
    )
    whole = f"{parts.scheme.lower()}://{shown}{f':{port}' if port else ''}{quoted}"
    return whole if whole.isascii() and len(whole) <= limit else None


def host_of(url: str) -> str:
    """The host a link leads to, to stand beside a label."""
    return urlsplit(url).netloc


def clusters(text: str) -> Iterator[str]:
    """Visible characters: a base with its marks, joined emoji, a flag's two letters. An approximation of UAX #29 without tables."""
    start = 0
    for i in range(1, len(text) + 1):
        if i < len(text) and i - start < CLUSTER and _sticks(text, start, i):
            continue
        yield text[start:i]
        start = i


def _sticks(text: str, start: int, i: int) -> bool:
    before, c = text[i - 1], text[i]
    if unicodedata.category(c) in ("Mn", "Me", "Mc") or c in "\u200c\u200d" or "\U0001f3fb" <= c <= "\U0001f3ff":
        return True
    if before == "\u200d" or c == JOINER:
        return True
    flag = "\U0001f1e6" <= c <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff"
    hangul = "\u1100" <= before <= "\u11ff" and "\u1160" <= c <= "\u11ff"
    return (flag and i - start == 1) or hangul


def cut(text: str, limit: int, measure: Measure = len, more: str = "…") -> str:
    """At most `limit` units, ending in `more` where something fell away; "" where not even that fits."""
    if measure(text) <= limit:
        return text
    room = limit - measure(more)
    kept, used = [], 0
    for cluster in clusters(text):
        used += measure(cluster)
        if used > room:
            break
        kept.append(cluster)
    short = "".join(kept).rstrip()
    return short + more if room >= 0 else ""


def clip(spans: Sequence[Span], length: int) -> tuple[Span, ...]:
    """Spans that still lie within a text cut to `length` characters; sorted and apart."""
    kept: list[Span] = []
    for a, b in sorted((max(a, 0), min(b, length)) for a, b in spans):
        if kept and a < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(b, kept[-1][1]))
        elif a < b:
            kept.append((a, b))
    return tuple(kept)
