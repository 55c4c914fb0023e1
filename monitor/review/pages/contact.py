"""The story of one contact on a time line: posts with their evidence in place, alerts with their attempts, what people did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.review.desk import Answer, Ask, NotFound, Row
from monitor.review.payloads import rendering
from monitor.review.questions import dressed, finding_of, of_post, pulse
from monitor.review.render import render
from monitor.store import Filter, StoreError

PAIR_SHOWN = 8


def contact(ask: Ask, contact: str) -> Answer:
    """`/contact/ID`: also what alerts link to."""
    story = story_of(ask, contact)
    if story["contact"] != contact:
        return Answer(location=ask.links.contact(story["contact"]))
    listed = ask.log.contacts(Filter(contact=story["contact"]), 1)
    card = dressed(ask.log, listed)[0]
    first = story["posts"][0] if story["posts"] else None
    labels = of_post(ask.log, [post["post"] for post in story["posts"]])
    return render(
        ask, "contact.html", story=story, card=card, events=sorted(events(story), key=lambda event: event["at"]), labels=labels,
        first=first, first_finding=finding_of(first["revisions"]) if first else None, others=others(ask, story), rendering=rendering,
        version=pulse(ask.log),
    )  # fmt: skip


def story_of(ask: Ask, contact: str) -> Row:
    """StoreError becomes a 404: an id of an old alert, or one mistyped."""
    try:
        return ask.log.contact(contact)
    except StoreError as error:
        raise NotFound(str(error)) from error


def events(story: Row) -> Iterator[dict[str, Any]]:
    """What happened, each with its time: revisions of posts, alerts, acts."""
    for post in story["posts"]:
        for revision in post["revisions"]:
            yield {"at": revision["seen_at"], "is": "post", "post": post, "revision": revision, "finding": finding_of([revision])}
    for alert in story["alerts"]:
        yield {"at": alert["created_at"], "is": "alert", "alert": alert}
    for act in story["acts"]:
        yield {"at": act["at"], "is": "act", "act": act}


def others(ask: Ask, story: Row) -> list[Row]:
    """Other contacts of the same two: the first two parties that are known by more than a name."""
    known = [p["party"] for p in story["parties"]][:2]
    if len(known) < 2:
        return []
    return ask.log.ask(
        "SELECT c.id AS contact, c.took_place, c.mode, c.status, c.names, c.readout FROM contact_parties x"
        " JOIN contact_parties y ON y.contact = x.contact AND y.party = ? JOIN contacts c ON c.id = x.contact"
        " WHERE x.party = ? AND c.id <> ? AND c.merged_into IS NULL AND c.retracted = 0 ORDER BY c.took_place DESC LIMIT ?",
        [known[1], known[0], story["contact"], PAIR_SHOWN],
    )
