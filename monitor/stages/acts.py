"""Carrying out what people did: merge, split, retract, silence, label. Pure apart from reading through the reader.

- merge: target the contact to keep, value {"with": contact}
- split: target a contact, value {"posts": [keys of the posts that are another contact]}
- retract: target a contact, value {"why"?}
- silence: target kind:value as the store reads it; end_silence: the act's id
- label: target a post's key; kept for review and for measuring, changes no contact
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor import compose, correlate
from monitor.decision import Act, Decision, Reader
from monitor.model import Contact
from monitor.stages.news import Newsroom

REDIRECTS = 20
"""Merges of merges that are followed."""


def decide_act(act: Act, reader: Reader, now: datetime, newsroom: Newsroom) -> Decision:
    """What the act changes, and its answer in words."""
    if act.kind == "merge":
        return _merge(act, reader, now, newsroom)
    if act.kind == "split":
        return _split(act, reader, now, newsroom)
    if act.kind == "retract":
        return _retract(act, reader, now, newsroom)
    return _answer(act, "noted")


def _answer(act: Act, words: str, decision: Decision | None = None) -> Decision:
    return replace(decision or Decision(), applied=((act.id, words),))


def find(shown: str, reader: Reader) -> Contact | None:
    """The contact that an id, as a footer shows it, leads to today."""
    contact = reader.contact(compose.contact_of(shown))
    for _ in range(REDIRECTS):
        if contact is None or contact.merged_into is None:
            return contact
        contact = reader.contact(contact.merged_into)
    return None


def _merge(act: Act, reader: Reader, now: datetime, newsroom: Newsroom) -> Decision:
    one, other = find(act.target, reader), find(str(act.value.get("with", "")), reader)
    if one is None or other is None:
        return _answer(act, f"failed: there is no contact {act.target if one is None else act.value.get('with')}")
    if one.id == other.id:
        return _answer(act, f"{one.id} already is both")
    kept, gone = correlate.merge(one, other, newsroom.follow)
    decision = newsroom.decision([kept, gone], reader, now)
    links = correlate.merge_links(one, other)
    return _answer(act, f"{gone.after.id} is now {kept.after.id}", replace(decision, links=links))


def _split(act: Act, reader: Reader, now: datetime, newsroom: Newsroom) -> Decision:
    contact = find(act.target, reader)
    if contact is None:
        return _answer(act, f"failed: there is no contact {act.target}")
    given = act.value.get("posts", [])
    posts = {str(key) for key in given} if isinstance(given, list) else set()
    done = correlate.split(contact, posts, lambda name: reader.contact(name) is None, newsroom.follow)
    if done is None:
        return _answer(act, f"failed: name some, not all, of the posts of {contact.id}")
    stays, off = done
    decision = newsroom.decision([stays, off], reader, now)
    links = correlate.split_links(contact, posts)
    return _answer(act, f"{off.after.id} split from {contact.id}", replace(decision, links=links))


def _retract(act: Act, reader: Reader, now: datetime, newsroom: Newsroom) -> Decision:
    contact = find(act.target, reader)
    if contact is None:
        return _answer(act, f"failed: there is no contact {act.target}")
    if contact.retracted:
        return _answer(act, f"{contact.id} was retracted before")
    change = correlate.retract(contact, now, str(act.value.get("why", "")))
    return _answer(act, f"{contact.id} retracted", newsroom.decision([change], reader, now))
