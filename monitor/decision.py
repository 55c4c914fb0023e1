"""What triage works on and what it decides: plain values between the store, which reads and writes them, and the pure
rooms (`correlate`, `compose`, `route`), which only compute them.

A *decision* is everything that one revision, one act or the passing of time changes, and is written in one
transaction. It is made by a function of a `Reader`, which shows the log as it stands inside that transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from monitor.model import (
    Account,
    ActKind,
    Contact,
    Finding,
    History,
    Interval,
    Message,
    Notice,
    Participant,
    Post,
)
from monitor.suspicion import Habits

Origin = Literal["live", "baseline", "backfill", "import"]
SilenceKind = Literal["leader", "country", "pair", "account", "phrase", "contact"]


@dataclass(frozen=True, slots=True)
class Work:
    """A revision that waits for triage. `revision` and `post_id` are row ids; `number` is 1 for a post's first revision."""

    revision: int
    post_id: int
    number: int
    post: Post
    account: Account  # as configured when last synchronised; `id` is the pin
    origin: Origin  # how the post first came in; later revisions keep it


@dataclass(frozen=True, slots=True)
class Judged:
    """A revision with what the matcher says of it. `near` marks an unflagged near miss, for review."""

    work: Work
    finding: Finding
    matcher: str  # the version that made the finding
    near: bool = False


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to write. `next_at` None: at once; later: quiet hours. A suppressed one says why in `reason`."""

    channel: str
    state: Literal["queued", "suppressed"] = "queued"
    reason: str | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to write. `kind` is an AlertKind, or "digest", "test"; `contact` is None for those.

    `revision` is the row that caused it (None where time or a person did); `covers` are deliveries that waited for
    this digest and are told by it.
    """

    kind: str
    message: Message
    contact: str | None
    reason: str
    deliveries: tuple[NewDelivery, ...] = ()
    revision: int | None = None
    covers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to tell once while it stands, with its words and where they go."""

    notice: Notice
    message: Message
    deliveries: tuple[NewDelivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What a person laid down about two posts: of one contact (`must`) or never (`must_not`). Survives a replay."""

    kind: Literal["must", "must_not"]
    a: str  # Post.key
    b: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A standing silence: a leader's slug, a country, a pair of either, an account's key, a phrase or a contact's id."""

    act: int  # the act that began it
    kind: SilenceKind
    values: tuple[str, ...]  # two for a pair, else one
    until: datetime | None  # None: until ended
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did. `target` is a contact id, post key, channel, act id …; `value` belongs to the kind."""

    id: int
    kind: ActKind
    target: str
    value: Mapping[str, Any]
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A suppressed delivery that waits for a digest, with what it would have said."""

    delivery: int
    alert: int
    channel: str
    kind: str
    contact: str | None
    message: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything to write, in this order. Contacts are whole values and replace what was there under their id.

    `origin` is kept with contacts that are new. `more` are deliveries for alerts already written (a fallback channel).
    `applied` are acts that this decision carries out, each with its result in words.
    """

    contacts: tuple[Contact, ...] = ()
    alerts: tuple[NewAlert, ...] = ()
    notices: tuple[NewNotice, ...] = ()
    links: tuple[Link, ...] = ()
    more: tuple[tuple[int, NewDelivery], ...] = ()
    applied: tuple[tuple[int, str], ...] = ()
    origin: Origin = "live"


NOTHING = Decision()


class Reader(Protocol):
    """The log as it stands inside the transaction, earlier decisions of the same batch included."""

    def candidates(self, parties: Sequence[Participant], window: Interval) -> Sequence[Contact]:
        """Contacts two of whose parties (or one, for a single party) have a leader or a country in common with `parties`,
        and whose span (first word, last word, `when`) touches the window; newest first. A party of which only the name is
        known may be anyone. Retracted and lapsed ones are among them, merged ones are not.
        """
        ...

    def contact(self, contact_id: str) -> Contact | None:
        """Exactly this one, merged or not; None if there is none: the id is free."""
        ...

    def contacts_of_post(self, post: str) -> Sequence[Contact]:
        """Contacts that earlier revisions of this post (by key) belong to; merged ones are not among them."""
        ...

    def history(self, parties: Sequence[Participant], now: datetime, year_start: datetime, exclude: str | None = None) -> History:
        """Contacts in which all of `parties` took part (the same leader; the same country where either is unnamed), by
        when they took place (else first word). Cancelled, denied, lapsed, retracted and merged ones do not count.
        """
        ...

    def silences(self, now: datetime) -> Sequence[Silence]: ...

    def links(self, post: str) -> Sequence[Link]:
        """Must-link and must-not-link facts that name this post."""
        ...

    def habits(self, work: Work) -> Habits:
        """How the account has written before this post."""
        ...

    def opened(self, since: datetime) -> Sequence[Contact]:
        """Contacts whose first word came since then: for the hot cadence and the flood guard."""
        ...

    def readouts_due(self, now: datetime) -> Sequence[Contact]:
        """Contacts whose awaited readout was due by now."""
        ...

    def passed(self, now: datetime) -> Sequence[Contact]:
        """Upcoming contacts whose time is over, not yet lapsed."""
        ...

    def alert_kinds(self, contact: str) -> Sequence[str]:
        """The kinds of alerts written for a contact so far, in order."""
        ...

    def waiting(self, reason: str) -> Sequence[Waiting]:
        """Deliveries suppressed with this reason (a digest's) that no digest has told yet, oldest first."""
        ...

    def told(self, contact: str) -> Sequence[str]:
        """Channels with a delivery of this contact that is not suppressed: those who must hear of a correction."""
        ...

    def sent_since(self, channel: str, since: datetime) -> int:
        """How many deliveries to the channel were written since then that are not suppressed: for the flood guard."""
        ...

    def acts(self) -> Sequence[Act]:
        """Acts not yet applied, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Triaged:
    """What a batch came to. `failed`: revisions whose decision raised, with the error; set aside, tried again at the next start."""

    revisions: int = 0
    flagged: int = 0
    contacts: tuple[str, ...] = ()
    alerts: int = 0
    channels: frozenset[str] = frozenset()  # with something newly queued: wake their workers
    failed: tuple[tuple[int, str], ...] = ()
    skipped: tuple[int, ...] = ()  # held or triaged meanwhile


Decide = Callable[[Reader, Work, Finding], Decision]
"""Called for every flagged revision and for every later revision of a post (an edit or deletion may withdraw a claim)."""

DecideDue = Callable[[Reader], Decision]
