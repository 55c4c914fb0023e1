"""Who held which office when: the dated registry of leaders, and the words for countries, offices and titles.

Everything is data under `data/`; this package only reads it. It needs the standard library alone and reads no clock:
every question is asked for a day.

    registry = load()
    registry.by_name("Modi")                          # ("narendra-modi",)
    registry.term("narendra-modi", date(2026, 3, 1))  # Term(country="IN", office="head_of_government", ...)
    registry.resolve("IN", "head_of_government", date(2013, 1, 1))  # the term of Manmohan Singh
"""

from monitor.leaders.loading import load
from monitor.leaders.overlay import OverlayError, slug_for
from monitor.leaders.registry import Registry
from monitor.leaders.values import SENIORITY, Leader, Term

__all__ = ["SENIORITY", "Leader", "OverlayError", "Registry", "Term", "load", "slug_for"]
