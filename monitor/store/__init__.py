"""The log: everything Hotline knows, in one SQLite file, written by one thread of one daemon.

    page ── T1 save_page ──> posts, revisions, untriaged, cursors
    untriaged ── pending, (match), T2 triage ──> findings, contacts, alerts, deliveries
    time and people ── apply ──> contacts, alerts, deliveries, acts_applied
    deliveries ── T3 claim, mark_… ──> attempts

`Store` is the daemon's door: async, every call one transaction on its own thread, whole or not at all. `Reading` is
everybody else's: plain calls on a read-only connection, while the daemon writes. `add_act` is the one thing that others
may write. What is one file here:

| database, errors, migrations | the file, its lock, its pragmas, its schema                  |
| codec, search                | values as JSON and rows; the fold of full text               |
| accounts, pages              | T1                                                           |
| triage, reader, decisions, contacts, notices | T2: what is decided on, read meanwhile, written |
| outbox                       | T3                                                           |
| acts, health, backup         | people, figures, copies                                      |
| reading, filters, story, figures | lists, stories, figures and search for people            |

To change the schema append `migrations/NNNN_name.sql` and the expected columns in `tests/store`.
"""

from __future__ import annotations

from monitor.store.accounts import AccountRow
from monitor.store.acts import add_act
from monitor.store.backup import backup
from monitor.store.errors import (
    RenderFailed,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreLocked,
    StoreNotWritable,
)
from monitor.store.filters import Filter
from monitor.store.health import HealthRow, PollCount
from monitor.store.outbox import ClaimRow
from monitor.store.pages import Saved
from monitor.store.reading import Reading
from monitor.store.store import Store

__all__ = [
    "AccountRow",
    "ClaimRow",
    "Filter",
    "HealthRow",
    "PollCount",
    "Reading",
    "RenderFailed",
    "Saved",
    "Store",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreForeign",
    "StoreFull",
    "StoreLocked",
    "StoreNotWritable",
    "add_act",
    "backup",
]
