"""Proof that an alert is ours: the footer's id carries a code that only the holder of the signing key can make.

The code is the first 40 bits of HMAC-SHA256 (RFC 2104) over contact id and post key, in Crockford's base 32: eight
characters, none of which look alike. It proves which contact and post an alert is about, not each of its words.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
BITS = 40


def code(contact: str, post: str, key: str) -> str:
    """The eight characters."""
    said = f"hotline alert\n{contact}\n{post}".encode("utf-8", "surrogatepass")
    digest = hmac.new(key.encode(), said, hashlib.sha256).digest()
    number = int.from_bytes(digest[: BITS // 8], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(BITS - 5, -1, -5))


def signed(contact: str, post: str | None, key: str | None) -> str:
    """What the footer shows: the contact's id, with the code where there is a key."""
    return f"{contact}.{code(contact, post or '', key)}" if key else contact


def verify(shown: str, posts: Iterable[str], key: str) -> str | None:
    """The post (by key) behind a footer's id, "" if no single post stood behind it; None if the alert is not ours.

    `posts` are the keys of the posts of the contact that `shown` names (`contact_of`).
    """
    contact, _, given = shown.strip().casefold().partition(".")
    given = given.translate(str.maketrans("oil", "011"))
    for post in ("", *posts):
        if hmac.compare_digest(code(contact, post, key).encode(), given.encode()):
            return post
    return None


def contact_of(shown: str) -> str:
    """The contact's id in what a footer shows."""
    return shown.strip().casefold().partition(".")[0]
