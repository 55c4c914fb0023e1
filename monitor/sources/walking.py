"""Walking back through a newest-first list until something known, with a memory that is no watermark. Pure.

Time and order cannot be trusted (backdated posts, opaque ids, servers that leave items out), so what was seen is
remembered item by item as short marks, newest first, in one cursor row. A walk is over when a page's oldest item is
known: items pushed off the end by deletions become known once, and no item is ever passed over by its date.
"""

from __future__ import annotations

from collections.abc import Sequence

REMEMBERED = 150
"""Marks kept an account besides those of the last walk: more than a page."""


def over(memory: str | None, marks: Sequence[str], *, more: bool) -> bool:
    """Whether a page with these marks ends the walk. The first sight of an account (`memory` None) is one page."""
    return memory is None or not more or not marks or marks[-1] in memory.split()


def remember(marks: Sequence[str], memory: str | None) -> str | None:
    """The memory with these marks in front; None if that changes nothing worth a row."""
    before = (memory or "").split()
    if memory is not None and set(marks) <= set(before):
        return None
    return " ".join(dict.fromkeys([*marks, *before][: REMEMBERED + len(marks)]))
