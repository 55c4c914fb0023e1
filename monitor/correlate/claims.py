"""What one post claims, each contact once.

A long readout comes back to its own contact in other words and recalls earlier ones; only what stands beside the first
claim as a contact of its own, with other people, at another time or still to come, is one.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.contacts import FAMILIES, told_at
from monitor.correlate.parties import fit, pair_up
from monitor.correlate.timing import claim_span
from monitor.decision import Work
from monitor.model import Claim, ContactPost, Finding, Participant

HELD = ("happened", "ongoing")


def entries(work: Work, finding: Finding) -> list[ContactPost]:
    """The post's part in each contact that it claims; none if it is deleted or not flagged."""
    if work.post.deleted or not finding.flagged:
        return []
    kept: list[ContactPost] = []
    for index, claim in enumerate(_claims(work, finding)):
        entry = _entry(work, finding, claim, index)
        if not any(_told_already(entry, earlier) for earlier in kept):
            kept.append(entry)
    return kept


def _claims(work: Work, finding: Finding) -> tuple[Claim, ...]:
    """What a flagged finding claims. One without parties (a watched phrase alone) is of somebody of the account's country."""
    somebody = (Participant(work.account.holder, work.account.country, None, work.account.office),) if work.account.country else ()
    bare = Claim("unspecified", "happened", somebody, finding.confidence, evidence=finding.evidence)
    return tuple(_plain(c if c.participants else replace(c, participants=somebody)) for c in finding.contacts or (bare,))


def _plain(claim: Claim) -> Claim:
    """Without a time that no words gave: "under way" is now, and says nothing of the hours."""
    guessed = claim.status == "ongoing" and claim.evidence and not any(e.role == "when" for e in claim.evidence)
    return replace(claim, when=None) if guessed else claim


def _entry(work: Work, finding: Finding, claim: Claim, index: int) -> ContactPost:
    account, post = work.account, work.post
    side = account.country or next((p.country for p in claim.participants if p.name and p.name == account.holder), None)
    return ContactPost(
        post=post.key, account=account.key, side=side, kind=account.kind, relation="announces", form=finding.form, claim=claim,
        at=told_at(post), seen_at=post.seen_at, url=post.url, index=index, revision=work.revision,
        author=post.author.id if post.author else account.id,
    )  # fmt: skip


def _told_already(entry: ContactPost, earlier: ContactPost) -> bool:
    """Whether a claim is an earlier one of the same post in other words."""
    now, before = entry.claim, earlier.claim
    shared = len(pair_up(before.participants, now.participants))
    if shared < 2 and fit(before.participants, now.participants) not in ("same", "likely"):
        return False
    one, two = claim_span(before, earlier.form, earlier.at), claim_span(now, entry.form, entry.at)
    if one.explicit and two.explicit and not one.interval.overlaps(two.interval):
        return False
    held = before.status in HELD, now.status in HELD
    if FAMILIES[before.mode] != FAMILIES[now.mode] and "any" not in (FAMILIES[before.mode], FAMILIES[now.mode]):
        return all(held) and not two.explicit
    if all(held) or before.status == now.status or {before.status, now.status} == {"upcoming", "ongoing"}:
        return True
    further = one if before.status == "upcoming" else two if now.status == "upcoming" else None
    return further is None or not further.explicit or further.interval.start <= entry.at
