"""`Reading`: the log for people, while the daemon writes. Plain calls on a read-only connection; rows are plain dicts.

Times are the log's own text (`YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC); the columns are those of the views in `migrations/`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from monitor.decision import Act, Silence
from monitor.store import acts, figures, story
from monitor.store.database import Connect, open_for_reading
from monitor.store.errors import explain
from monitor.store.filters import Filter, Listing, where
from monitor.store.story import Row

_LISTS: Final = {  # the view, and its order: newest first
    "contacts": ("v_contacts v", "opened_at DESC, contact"),
    "posts": ("v_posts v", "id DESC"),
    "found": ("posts_search s CROSS JOIN v_posts v ON v.id = s.rowid", "s.rowid DESC"),  # full text gives its rows in this order
    "alerts": ("v_alerts v", "alert DESC"),
    "attempts": ("v_attempts v", "attempt DESC"),
}


class Reading:
    """Open, ask, close; or use as a context manager. Raises StoreError for a file that cannot be read."""

    def __init__(self, path: str | Path, connect: Connect = sqlite3.connect) -> None:
        self.path = Path(path)
        self._db = open_for_reading(self.path, connect)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextlib.contextmanager
    def _moment(self) -> Iterator[None]:
        """One state of the log for several questions, whatever is written meanwhile."""
        try:
            self._db.conn.execute("BEGIN")
            try:
                yield
            finally:
                self._db.conn.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def _rows(self, sql: str, values: Any = ()) -> list[Row]:
        with self._moment():
            return story.rows(self._db, sql, values)

    def ask(self, sql: str, values: Any = ()) -> list[Row]:
        """Rows of a question that the review desk puts in SQL of its own."""
        return self._rows(sql, values)

    def _list(self, listing: Listing, wanted: Filter | None, limit: int) -> list[Row]:
        condition, values = where(listing, wanted or Filter())
        view, order = _LISTS["found"] if listing == "posts" and wanted and wanted.text is not None else _LISTS[listing]
        return self._rows(f"SELECT v.* FROM {view}{condition} ORDER BY {order} LIMIT :limit", values | {"limit": limit})  # noqa: S608

    def contacts(self, wanted: Filter | None = None, limit: int = 50) -> list[Row]:
        """Contacts, newest first word first; columns of v_contacts. Those merged into others are left out, unless asked by id."""
        return self._list("contacts", wanted, limit)

    def posts(self, wanted: Filter | None = None, limit: int = 50) -> list[Row]:
        """Posts in their newest revision with its finding, newest first; columns of v_posts."""
        return self._list("posts", wanted, limit)

    def alerts(self, wanted: Filter | None = None, limit: int = 50) -> list[Row]:
        """Alerts, newest first; columns of v_alerts and `account`."""
        return self._list("alerts", wanted, limit)

    def attempts(self, wanted: Filter | None = None, limit: int = 50) -> list[Row]:
        """Attempts to deliver, newest first; columns of v_attempts."""
        return self._list("attempts", wanted, limit)

    def search(self, query: str, wanted: Filter | None = None, limit: int = 50) -> list[Row]:
        """Posts that hold all words of the query, newest first. "words in quotes" in this order, a star ends a beginning."""
        asked = wanted or Filter()
        return self.posts(Filter(**{name: getattr(asked, name) for name in Filter.__slots__} | {"text": query}), limit)

    def walk(self, wanted: Filter | None = None, size: int = 500) -> Iterator[Row]:
        """All posts of `posts`, newest first, read `size` at a time."""
        condition, values = where("posts", wanted or Filter())
        before: int | None = None
        while True:
            page = f"{condition} {'AND' if condition else 'WHERE'} (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :size"
            found = self._rows(f"SELECT * FROM v_posts{page}", values | {"before": before, "size": size})  # noqa: S608
            yield from found
            if len(found) < size:
                return
            before = found[-1]["id"]

    def contact(self, contact_id: str) -> Row:
        """The whole story of one contact, see `monitor.store.story.contact`. StoreError if there is none."""
        with self._moment():
            return story.contact(self._db, contact_id)

    def post(self, key: str) -> Row:
        """The whole story of one post, by key or address, see `monitor.store.story.post`. StoreError if there is none."""
        with self._moment():
            return story.post(self._db, key)

    def accounts(self, *, inactive: bool = False) -> list[Row]:
        """Accounts with their health; columns of v_accounts."""
        return self._rows(f"SELECT * FROM v_accounts {'' if inactive else 'WHERE active = 1'} ORDER BY account")  # noqa: S608

    def cursor(self, source: str, key: str) -> str | None:
        """A source's own bookmark, as it wrote it; None if there is none."""
        with self._moment():
            row = self._db.execute("SELECT value FROM cursors WHERE source = ? AND key = ?", [source, key]).fetchone()
        return None if row is None else str(row[0])

    def channels(self) -> list[Row]:
        """Channels that have been used or have a queue; columns of v_channels."""
        return self._rows("SELECT * FROM v_channels ORDER BY channel")

    def notices(self, *, resolved: bool = False, limit: int = 50) -> list[Row]:
        """What was told to the operator, newest first; without `resolved` what still stands."""
        condition = "" if resolved else "WHERE resolved_at IS NULL"
        return self._rows(f"SELECT * FROM v_notices {condition} ORDER BY notice DESC LIMIT ?", [limit])  # noqa: S608

    def acts(self, limit: int = 50) -> list[Row]:
        """What people did, newest first, with the daemon's answer (`result`; None: not yet applied)."""
        return self._rows("SELECT * FROM v_acts ORDER BY act DESC LIMIT ?", [limit])

    def pending_acts(self) -> list[Act]:
        with self._moment():
            return acts.pending(self._db)

    def silences(self, now: datetime) -> list[Silence]:
        """Silences that stand."""
        with self._moment():
            return acts.silences(self._db, now)

    def per_day(self, since: datetime, until: datetime) -> list[Row]:
        """day, posts, flagged, contacts, alerts, sent; UTC days, oldest first."""
        with self._moment():
            return figures.per_day(self._db, since, until)

    def per_pair(self, since: datetime, until: datetime, limit: int = 50) -> list[Row]:
        """a, b, a_name, b_name, contacts, last_at, modes, upcoming; most often first."""
        with self._moment():
            return figures.per_pair(self._db, since, until, limit)

    def per_account(self, since: datetime, until: datetime) -> list[Row]:
        """account, country, posts, flags, first_words; most flags first."""
        with self._moment():
            return figures.per_account(self._db, since, until)

    def quick_check(self) -> str | None:
        """What SQLite finds wrong with the file; None if nothing. Reads all of it, without comparing indexes."""
        with self._moment():
            answer = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        return None if answer == "ok" else answer

    def status(self) -> Row:
        """Heartbeat, queues, sizes, standing notices."""
        with self._moment():
            return figures.status(self._db, self.path)
