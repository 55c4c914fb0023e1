"""Changes to put into words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor import compose
from monitor.contacts import Change, Detail
from monitor.model import (
    Account,
    Claim,
    Contact,
    ContactPost,
    Evidence,
    Finding,
    History,
    Identity,
    Interval,
    Message,
    Participant,
    Post,
)

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
TRUMP = Participant("Donald Trump", "US", "donald-trump", "head_of_state")
MODI = Participant("Narendra Modi", "IN", "narendra-modi", "head_of_government")
JUST_NOW = Interval(NOW - timedelta(minutes=30), NOW, "hour")
CALL = Claim("call", "happened", (MODI, TRUMP), 0.86, JUST_NOW)
AMBASSADOR = Account("bluesky", "usamb.example", id="did:plc:abc", country="US", kind="mission", timezone="Asia/Kolkata")
TEXT = "Just now: President Trump and Prime Minister Modi spoke by phone."
EVIDENCE = (Evidence("text", 10, 25, "party"), Evidence("text", 30, 49, "party"), Evidence("text", 50, 64, "trigger"))


def entry(**changes: Any) -> ContactPost:
    plain = ContactPost(
        "at://did:plc:abc/1", "bluesky:usamb.example", "US", "mission", "announces", "announcement", CALL, NOW, NOW,
        url="https://bsky.app/profile/usamb.example/post/1",
    )  # fmt: skip
    return replace(plain, **changes)


def contact(**changes: Any) -> Contact:
    plain = Contact("mijar-doriz", (MODI, TRUMP), "call", "happened", 0.86, NOW, NOW, when=JUST_NOW, posts=(entry(),), readout="awaited", told=True)
    return replace(plain, **changes)


def post(**changes: Any) -> Post:
    author = Identity("did:plc:abc", "usamb.example", "Ambassador", verified=True, domain_handle=True)
    plain = Post("at://did:plc:abc/1", "cid", "bluesky:usamb.example", {"text": TEXT}, NOW, NOW, "https://bsky.app/profile/usamb.example/post/1", "en", author)
    return replace(plain, **changes)


def finding(**changes: Any) -> Finding:
    return replace(Finding(True, 0.86, "yes", "announcement", (replace(CALL, evidence=EVIDENCE),), EVIDENCE, "en"), **changes)


def said(
    kind: Any = "new", after: Contact | None = None, before: Contact | None = None, *details: Detail, by: ContactPost | None = None,
    desk: compose.Desk | None = None, past: History | None = None, now: datetime = NOW, cause: compose.Cause | bool | None = True,
    reason: str = "", author_post: Post | None = None, read: Finding | None = None,
) -> Message:  # fmt: skip
    """The message of a change, most of it filled in."""
    after = after or contact()
    change = Change(before, after, kind, reason, details, by or after.posts[-1])
    behind = compose.Cause(author_post or post(), AMBASSADOR, read or finding()) if cause is True else cause or None
    return compose.alert(change, compose.Setting(desk or compose.Desk(), now, past or History(), behind))
