"""Posts become contacts: which event a claim is about, what it adds, and what is worth telling. Pure.

`correlate` takes one revision with its finding and a view of the log and returns changes; `overdue` and `lapsed` do the
same for the passing of time, `merge`, `split` and `retract` for what people decide.
"""

from __future__ import annotations

from monitor.correlate.acts import merge, merge_links, retract, split, split_links
from monitor.correlate.due import lapsed, overdue
from monitor.correlate.fold import fold
from monitor.correlate.ids import contact_id
from monitor.correlate.posts import Log, correlate
from monitor.correlate.values import Settings

__all__ = [
    "Log", "Settings", "contact_id", "correlate", "fold", "lapsed", "merge", "merge_links", "overdue", "retract", "split",
    "split_links",
]  # fmt: skip
