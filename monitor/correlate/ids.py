"""Contact ids: short, speakable, the same whenever the same post opens the contact.

Five-letter words of alternating consonants and vowels carry 16 bits each (D. S. Wilkerson, "A Proposal for
Proquints", 2009); two of them are read over the telephone without spelling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

CONSONANTS = "bdfghjklmnprstvz"
VOWELS = "aiou"


def contact_id(post: str, index: int, free: Callable[[str], bool]) -> str:
    """The id of the contact that claim `index` of this post opens; the next one in a fixed row where it is taken."""
    salt = 0
    while True:
        digest = hashlib.sha256(f"{post}\n{index}\n{salt}".encode("utf-8", "surrogatepass")).digest()
        found = f"{_word(int.from_bytes(digest[:2], 'big'))}-{_word(int.from_bytes(digest[2:4], 'big'))}"
        if free(found):
            return found
        salt += 1


def _word(bits: int) -> str:
    return "".join((
        CONSONANTS[bits >> 12 & 15], VOWELS[bits >> 10 & 3], CONSONANTS[bits >> 6 & 15], VOWELS[bits >> 4 & 3], CONSONANTS[bits & 15],
    ))  # fmt: skip
