"""Addresses of the desk's own pages, for the live desk and for a static site."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit


def part(text: str) -> str:
    """One step of a path: nothing in it is a slash, a dot segment or markup."""
    return quote(text, safe="") if text not in (".", "..") else quote(text, safe="").replace(".", "%2E")


def web(url: str | None) -> str | None:
    """An address of somebody else's, only if it is a plain one of the web."""
    if not url or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        return None
    try:
        parts = urlsplit(url)
        named = parts.hostname and not parts.username and not parts.password
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and named else None


class Links:
    """Addresses on the live desk, below `base` ("" or "/path")."""

    def __init__(self, base: str = "") -> None:
        self.base = base

    def page(self, name: str = "", args: Mapping[str, object] | None = None) -> str:
        """`page("contacts", {"mode": "call"})`; values that are None or empty are left out."""
        given = {key: value for key, value in (args or {}).items() if value not in (None, "", [], ())}
        return f"{self.base}/{name}" + (f"?{urlencode(given, doseq=True)}" if given else "")

    def contact(self, contact: str) -> str:
        return f"{self.base}/contact/{part(contact)}"

    def post(self, key: str) -> str:
        return self.page("post", {"key": key})

    def party(self, party: str) -> str:
        return f"{self.base}/leader/{part(party)}"

    def pair(self, a: str, b: str) -> str:
        return f"{self.base}/pair/{part(a)}/{part(b)}"

    def static(self, name: str) -> str:
        return f"{self.base}/-/desk/{name}"


class SiteLinks(Links):
    """Addresses within a static site, relative to a page `depth` folders deep. Pages that the site has not are "": no link."""

    PAGES: Mapping[str, str] = {"": "index.html", "plots": "plots.html", "leaders": "leaders.html"}

    def __init__(self, depth: int, parties: frozenset[str], pairs: frozenset[tuple[str, str]]) -> None:
        super().__init__("")
        self.up = "../" * depth
        self.parties, self.pairs = parties, pairs

    def page(self, name: str = "", args: Mapping[str, object] | None = None) -> str:
        return self.up + self.PAGES[name] if name in self.PAGES else ""

    def contact(self, contact: str) -> str:
        return ""

    def post(self, key: str) -> str:
        return ""

    def party(self, party: str) -> str:
        return f"{self.up}leader/{file_name(party)}.html" if party in self.parties else ""

    def pair(self, a: str, b: str) -> str:
        a, b = sorted((a, b))
        return f"{self.up}pair/{pair_name(a, b)}.html" if (a, b) in self.pairs else ""

    def static(self, name: str) -> str:
        return f"{self.up}static/{name}"


def file_name(party: str) -> str:
    """A file's name for a party: its slug, or where that is no plain word a hash."""
    plain = party.isascii() and party.replace("-", "").replace("_", "").isalnum() and len(party) <= 60
    return party if plain else "x" + hashlib.sha256(party.encode("utf-8", "replace")).hexdigest()[:16]


def pair_name(a: str, b: str) -> str:
    return f"{file_name(a)}--{file_name(b)}"


def without(args: Mapping[str, Sequence[str]], *names: str) -> dict[str, Sequence[str]]:
    """The arguments of an address without some of them."""
    return {key: value for key, value in args.items() if key not in names}
