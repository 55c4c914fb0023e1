"""Values that the store's tests write: one ambassador, a call between two leaders, a desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.decision import Decision, Judged, NewAlert, NewDelivery, Reader, Work
from monitor.model import (
    Account,
    Claim,
    Contact,
    ContactPost,
    Finding,
    Identity,
    Message,
    Outcome,
    Page,
    Participant,
    PartName,
    Post,
)
from monitor.store import ClaimRow, Store

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AMBASSADOR = Account("bluesky", "amb.example", country="US", kind="mission", office="ambassador")
MINISTRY = Account("bluesky", "mea.example", country="IN", kind="foreign_ministry")
TRUMP = Participant("Donald Trump", "US", "donald-trump")
MODI = Participant("Narendra Modi", "IN", "narendra-modi")
DID = "did:plc:amb"


def later(seconds: float = 0, *, days: float = 0) -> datetime:
    return NOW + timedelta(days=days, seconds=seconds)


def post(
    key: str = "1",
    text: str = "President Trump just spoke with Prime Minister Modi.",
    *,
    version: str = "v1",
    account: Account = AMBASSADOR,
    seen: datetime = NOW,
    deleted: bool = False,
    author: str | None = DID,
    parts: Mapping[PartName, str] | None = None,
    **other: Any,
) -> Post:
    return Post(
        key=f"bluesky:{key}",
        version=version,
        account=account.key,
        parts={} if deleted else parts or {"text": text},
        seen_at=seen,
        created_at=seen - timedelta(seconds=5),
        url=f"https://bsky.example/{key}",
        author=None if author is None else Identity(author, account.handle),
        deleted=deleted,
        **other,
    )


def page(posts: Iterable[Post] = (), **other: Any) -> Page:
    values: dict[str, Any] = {"outcomes": {AMBASSADOR.key: Outcome("ok")}, "posts": tuple(posts), **other}
    return Page("bluesky", **values)


def claim(*parties: Participant) -> Claim:
    return Claim("call", "happened", parties or (TRUMP, MODI), 0.9)


FLAGGED = Finding(True, 0.9, "spoke with", "announcement", (claim(),))
PLAIN = Finding(False, 0.01, "no contact cue", "other")


def contact(contact_id: str, work: Work | None = None, **other: Any) -> Contact:
    posts = () if work is None else (contact_post(work),)
    values: dict[str, Any] = {"parties": (TRUMP, MODI), "opened_at": NOW, "updated_at": NOW, "posts": posts, **other}
    return Contact(contact_id, mode=values.pop("mode", "call"), status=values.pop("status", "happened"), confidence=0.9, **values)


def contact_post(work: Work, **other: Any) -> ContactPost:
    values: dict[str, Any] = {
        "side": work.account.country,
        "relation": "announces",
        "form": "announcement",
        "claim": claim(),
        "at": work.post.at,
        "seen_at": work.post.seen_at,
        "revision": work.revision,
        **other,
    }
    return ContactPost(work.post.key, work.account.key, kind=work.account.kind, **values)


def message(headline: str = "Trump – Modi: call", kind: str = "new", **other: Any) -> Message:
    return Message(kind, "abc", headline, **other)


def alert(contact_id: str | None, *channels: str, kind: str = "new", **other: Any) -> NewAlert:
    words = message(kind=kind, urgent=other.pop("urgent", True))
    deliveries = tuple(NewDelivery(channel, **other) for channel in channels or ("desk",))
    return NewAlert(kind, words, contact_id, "first word", deliveries)


def opens(reader: Reader, work: Work, finding: Finding) -> Decision:
    """A decision that opens a contact for each flagged post, named after it, and tells the desk."""
    if not finding.flagged:
        return Decision()
    name = work.post.key.replace(":", "-")
    return Decision((contact(name, work),), (alert(name),), origin=work.origin)


async def tell(store: Store, *alerts: NewAlert, now: datetime = NOW, contacts: Iterable[Contact] = ()) -> None:
    """Write these alerts as if time had brought them about."""
    decision = Decision(tuple(contacts), alerts)
    await store.apply(lambda _: decision, now)


async def triage_all(store: Store, finding: Finding = FLAGGED, now: datetime = NOW, decide: Any = opens) -> Any:
    return await store.triage([Judged(work, finding, "m1") for work in await store.pending()], decide, now)


def freeze(row: ClaimRow) -> Mapping[str, Any]:
    return {"text": row.message.headline, "after": row.earlier.provider_id if row.earlier else None}
