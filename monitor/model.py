"""The values every room shares: plain, frozen, and free of input and output.

One word for one thing. A *post* is published by an *account* and has *revisions*; a *finding* is what the
matcher says of one revision; a *contact* is one real-world event that several posts tell of; an *alert* is one
change of one contact; a *delivery* is an alert on its way to one *channel*; a *notice* tells the operator.

Times are aware datetimes in UTC. Offsets are code points of the part exactly as stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal[
    "leader", "presidency", "pm_office", "foreign_ministry", "mission", "government",
    "press_office", "minister", "royal_house", "organisation", "media", "other",
]  # fmt: skip
Office = Literal[
    "head_of_state", "head_of_government", "deputy", "foreign_minister", "monarch", "crown_prince",
    "org_head", "minister", "ambassador", "none",
]  # fmt: skip
PartName = Literal["text", "title", "quote", "card", "alt", "parent"]
Form = Literal["announcement", "readout", "follow_up", "denial", "other"]
Mode = Literal["call", "video", "meeting", "visit", "summit", "letter", "unspecified"]
Status = Literal["upcoming", "ongoing", "happened", "cancelled", "denied"]
Precision = Literal["minute", "hour", "part_of_day", "day", "week", "month", "unknown"]
AlertKind = Literal[
    "new", "update", "confirmed", "readout", "overdue", "conflict", "cancelled", "denied",
    "source_deleted", "lapsed", "retracted",
]  # fmt: skip
Relation = Literal["announces", "confirms", "readout", "follow_up", "updates", "denies", "cancels", "repeats", "withdrawn"]
ReadoutState = Literal["none", "awaited", "published", "overdue"]
DeliveryState = Literal["queued", "sending", "sent", "retry", "unknown", "dead", "suppressed"]
OutcomeKind = Literal[
    "ok", "not_modified", "rate_limited", "auth", "out_of_credit", "gone", "moved", "blocked",
    "stale_cursor", "bad_content", "unreachable",
]  # fmt: skip
ActKind = Literal["label", "silence", "end_silence", "retract", "merge", "split", "resume"]

PARTS: tuple[PartName, ...] = ("title", "text", "quote", "card", "alt", "parent")
"""In reading order: what a reader of the post sees first comes first."""


@dataclass(frozen=True, slots=True)
class Account:
    """An official account on a source. `id` is the platform's own identity (a DID, a numeric id) and wins over the handle."""

    source: str
    handle: str
    id: str | None = None
    country: str | None = None  # ISO 3166 alpha-2, or EU, UN, NATO, …
    kind: Kind = "other"
    office: Office = "none"
    holder: str | None = None  # overrides who the registry says holds the office
    timezone: str | None = None  # IANA name; None: the country's capital, else UTC
    every: float = 60.0  # seconds between polls
    tier: int = 1  # for routes: 1 is the most important
    options: Mapping[str, Any] = field(default_factory=dict)  # keys of the source's own, checked by its Options model

    @property
    def key(self) -> str:
        """How rows, logs and the command line name the account: `bluesky:handle`."""
        return f"{self.source}:{self.handle}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a platform says an account is now."""

    id: str
    handle: str
    display_name: str = ""
    verified: bool | None = None  # None: the platform does not say
    domain_handle: bool = False  # the handle is a domain that the account proved to own
    last_post: datetime | None = None  # told by `Source.identify` where it costs nothing more


@dataclass(frozen=True, slots=True)
class Post:
    """One revision of one post, as a source read it.

    `key` is the platform and its native id and never changes; `version` names the revision (a CID, an edit id, a
    hash of the parts). A post that was deleted at the source is a revision with `deleted` set and no parts.
    """

    key: str
    version: str
    account: str  # Account.key
    parts: Mapping[PartName, str]
    seen_at: datetime
    created_at: datetime | None = None  # as the platform says; never trusted for order
    url: str | None = None
    lang: str | None = None  # as the platform says; the matcher judges for itself
    author: Identity | None = None
    deleted: bool = False
    raw: str | None = None  # as received, for review and replay

    @property
    def at(self) -> datetime:
        """The time the post speaks from: its own, unless it lies ahead of when it was seen."""
        return min(self.created_at, self.seen_at) if self.created_at else self.seen_at


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of one part and the role it played, `part[start:end]` in code points."""

    part: PartName
    start: int
    end: int
    role: str  # trigger, party, holder, mode, tense, modality, negation, when, where, topic, trap, …


@dataclass(frozen=True, slots=True)
class Participant:
    """A leader in contact. `name` is None where only country or office is known; `leader` is the registry's slug or None."""

    name: str | None
    country: str | None
    leader: str | None = None
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """When, as far as the words say: UTC bounds, end exclusive, and how fine the words were."""

    start: datetime
    end: datetime
    precision: Precision

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a post says of one contact (an entry of a finding's `contacts`)."""

    mode: Mode
    status: Status
    participants: tuple[Participant, ...]
    confidence: float
    when: Interval | None = None
    place: Place | None = None
    topics: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What the matcher says of one revision of one post. An unflagged finding never opens a contact."""

    flagged: bool
    confidence: float  # calibrated: that the post announces a contact; set for every post
    reason: str  # named, for "no" as well
    form: Form
    contacts: tuple[Claim, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    lang: str | None = None  # judged from the text
    steps: tuple[str, ...] = ()  # how the verdict came about, for `match`; not stored


@dataclass(frozen=True, slots=True)
class Holder:
    """Who speaks through an account at a time: what the matcher reads "I", "we" and a missing subject as."""

    name: str | None
    country: str | None
    office: Office = "none"
    kind: Kind = "other"
    leader: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one poll of one account (or of a whole request, for its accounts)."""

    kind: OutcomeKind
    detail: str = ""  # for a person: what happened and what to do; never a secret
    until: datetime | None = None  # not before this, where the platform said so
    of_source: bool = False  # a token, plan or budget of the whole source: one notice speaks for all of its accounts, at once

    @property
    def fine(self) -> bool:
        return self.kind in ("ok", "not_modified")


@dataclass(frozen=True, slots=True)
class Page:
    """What a source hands over at a time: posts, the cursors that stand once they are stored, an outcome per account.

    The store writes a page in one transaction, so a cursor is never ahead of its posts. A cursor of None is removed.
    `baseline` names the accounts whose posts of this page are an account's first sight: logged, never alerted.
    """

    source: str
    outcomes: Mapping[str, Outcome]  # by Account.key
    posts: tuple[Post, ...] = ()
    cursors: Mapping[str, str | None] = field(default_factory=dict)
    baseline: frozenset[str] = frozenset()
    identities: Mapping[str, Identity] = field(default_factory=dict)  # by Account.key, when read anew
    backfill: bool = False
    notices: tuple[Notice, ...] = ()  # what the operator should hear of the source, each told once while it stands


@dataclass(frozen=True, slots=True)
class ContactPost:
    """A post's part in a contact."""

    post: str  # Post.key
    account: str
    side: str | None  # country of the account
    kind: Kind
    relation: Relation
    form: Form
    claim: Claim
    at: datetime  # Post.at
    seen_at: datetime
    url: str | None = None
    index: int = 0  # of the claim in the finding's contacts; (post, index) is unique in a contact
    revision: int = 0  # row id of the revision it was read from; 0: none (an imported contact)
    author: str | None = None  # the platform's id of who posted it


@dataclass(frozen=True, slots=True)
class Contact:
    """One real-world contact between leaders, as far as it is known now."""

    id: str  # short, speakable, stable: what a desk types to `show`
    parties: tuple[Participant, ...]
    mode: Mode
    status: Status
    confidence: float
    opened_at: datetime  # first word seen
    updated_at: datetime
    when: Interval | None = None
    place: Place | None = None
    topics: tuple[str, ...] = ()
    posts: tuple[ContactPost, ...] = ()
    readout: ReadoutState = "none"
    readout_due: datetime | None = None
    readout_at: datetime | None = None
    conflict: str | None = None  # in words, while it stands
    lapsed: bool = False
    retracted: bool = False
    merged_into: str | None = None
    told: bool = False  # whether any alert of it was meant to be sent (not all baseline, backfill, old)


@dataclass(frozen=True, slots=True)
class History:
    """How often the same parties were in contact before, from the log."""

    this_year: int = 0
    last_12_months: int = 0
    last_at: datetime | None = None
    last_mode: Mode | None = None
    upcoming: tuple[str, ...] = ()  # contact ids


@dataclass(frozen=True, slots=True)
class Message:
    """An alert or notice in words, composed once and rendered by every channel from the same parts.

    Everything here is plain text. `quote` and `quote_context` are hostile; channels show them literally.
    """

    kind: str  # AlertKind, or "notice", or "test", or "digest"
    id: str  # what the footer shows: contact id, or notice id
    headline: str
    lines: tuple[str, ...] = ()  # each one fact: which side has spoken, readout state, history
    quote: str = ""  # the post's own words
    quote_spans: tuple[tuple[int, int], ...] = ()  # evidence within the quote, code points
    quote_note: str = ""  # language of the original, or "cut"
    source: str = ""  # account, pinned identity, time with zone
    link: str | None = None  # to the post
    review_link: str | None = None
    urgent: bool = True  # worth a sound


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where an earlier message of the same contact went in the same channel: for an edit, a reply, a thread."""

    provider_id: str
    thread: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox row in flight: what to send, under which key, and what it follows."""

    id: int
    channel: str
    alert: int
    key: str  # idempotency key, stable over retries: also the id the receiver may dedupe by
    payload: Mapping[str, Any]  # frozen at first claim; a retry sends identical bytes
    attempt: int  # 1 for the first
    possible_repeat: bool = False
    unknown_since: datetime | None = None  # start of the first attempt that may have arrived; None: there is none


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel's proof that the message was accepted."""

    provider_id: str | None = None
    thread: str | None = None
    detail: str = ""
    rest: float = 0.0  # seconds the provider asks to be left alone before the next one


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the operator should know. The same `key` is told once until it is resolved."""

    key: str  # what it is about: "account:bluesky:x", "channel:desk"
    kind: str  # account_unreachable, identity_changed, channel_suspended, …
    text: str
    resolved: bool = False
