"""Walking back through a newest-first list until something known, with a memory that is no watermark. Pure.

Time and order cannot be trusted (backdated posts, opaque ids, servers that leave items out), so what was seen is
remembered item by item as short marks, newest first, in one cursor row. A walk ends with the first page on which
something is known. What lies below everything known there was there before the account was first looked at (or is
dated back that far): it is handed over as backfill, for the log alone.

A mark that begins with `~` is remembered but ends no walk: it may come back to the top (a repost made anew). A row that
ends with `*` holds everything there ever was: nothing older can turn up, so whatever is unknown is new.
"""

from __future__ import annotations

from collections.abc import Sequence

REMEMBERED = 150
"""Marks kept an account besides those of the last walk: more than a page, so that deletions bring nothing back as new."""
ALL = "*"


def over(memory: str | None, marks: Sequence[str], *, more: bool) -> bool:
    """Whether a page with these marks ends the walk. The first sight of an account (`memory` None) is one page."""
    if memory is None or not more or not marks:
        return True
    known = frozenset(memory.split())
    return any(mark in known and not mark.startswith("~") for mark in marks)


def old_from(memory: str | None, marks: Sequence[str]) -> int:
    """The place on the page from which on the unknown is older than everything known; the page's length if none is."""
    if memory is None or memory.endswith(ALL):
        return len(marks)
    known = frozenset(memory.split())
    last = max((place for place, mark in enumerate(marks) if mark in known and not mark.startswith("~")), default=None)
    return len(marks) if last is None else last + 1


def remember(marks: Sequence[str], memory: str | None, *, whole: bool = False) -> str | None:
    """The memory with these marks in front; None if that changes nothing worth a row.

    `whole`: the list ended with these marks, and this is the first sight of the account.
    """
    before = (memory or "").split()
    if memory is not None and set(marks) <= set(before):
        return None
    everything = whole if memory is None else ALL in before
    merged = list(dict.fromkeys([*marks, *(mark for mark in before if mark != ALL)]))
    kept = merged[: REMEMBERED + len(marks)]
    return " ".join([*kept, ALL] if everything and len(kept) == len(merged) else kept)
