"""The values of `monitor.model` as JSON and rows, and back. The only place that knows how a value is spelled on disk.

JSON is compact and never escapes: a person reads it in any SQLite tool. Keys that are missing on the way back take the
field's default, so that rows of an older Hotline stay readable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from monitor.model import (
    Claim,
    Contact,
    ContactPost,
    Evidence,
    Finding,
    Interval,
    Message,
    Participant,
    Place,
)
from monitor.store.search import clean

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    """UTC text of fixed width, cut to milliseconds. Naive times are refused: nobody could say what they mean."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {at!r}")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def when_or_none(text: str | None) -> datetime | None:
    return None if text is None else when(text)


def dumps(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def loads(text: str) -> Any:
    return json.loads(text)


def participant_to(value: Participant) -> Json:
    return {"name": value.name, "country": value.country, "leader": value.leader, "office": value.office}


def participant_from(data: Mapping[str, Any]) -> Participant:
    return Participant(data.get("name"), data.get("country"), data.get("leader"), data.get("office"))


def interval_to(value: Interval | None) -> Json | None:
    return None if value is None else {"start": stamp(value.start), "end": stamp(value.end), "precision": value.precision}


def interval_from(data: Mapping[str, Any] | None) -> Interval | None:
    return None if data is None else Interval(when(data["start"]), when(data["end"]), data["precision"])


def place_to(value: Place | None) -> Json | None:
    return None if value is None else {"name": value.name, "country": value.country}


def place_from(data: Mapping[str, Any] | None) -> Place | None:
    return None if data is None else Place(data["name"], data.get("country"))


def evidence_to(values: tuple[Evidence, ...]) -> list[Json]:
    return [{"part": e.part, "start": e.start, "end": e.end, "role": e.role} for e in values]


def evidence_from(data: list[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(e["part"], e["start"], e["end"], e["role"]) for e in data)


def claim_to(value: Claim) -> Json:
    return {
        "mode": value.mode,
        "status": value.status,
        "participants": [participant_to(p) for p in value.participants],
        "confidence": value.confidence,
        "when": interval_to(value.when),
        "place": place_to(value.place),
        "topics": list(value.topics),
        "evidence": evidence_to(value.evidence),
    }


def claim_from(data: Mapping[str, Any]) -> Claim:
    return Claim(
        mode=data["mode"],
        status=data["status"],
        participants=tuple(participant_from(p) for p in data["participants"]),
        confidence=data["confidence"],
        when=interval_from(data.get("when")),
        place=place_from(data.get("place")),
        topics=tuple(data.get("topics", ())),
        evidence=evidence_from(data.get("evidence", [])),
    )


def contact_post_to(value: ContactPost) -> Json:
    return {
        "post": value.post,
        "account": value.account,
        "side": value.side,
        "kind": value.kind,
        "relation": value.relation,
        "form": value.form,
        "claim": claim_to(value.claim),
        "at": stamp(value.at),
        "seen_at": stamp(value.seen_at),
        "url": value.url,
        "index": value.index,
        "revision": value.revision,
        "author": value.author,
    }


def contact_post_from(data: Mapping[str, Any]) -> ContactPost:
    return ContactPost(
        post=data["post"],
        account=data["account"],
        side=data.get("side"),
        kind=data["kind"],
        relation=data["relation"],
        form=data["form"],
        claim=claim_from(data["claim"]),
        at=when(data["at"]),
        seen_at=when(data["seen_at"]),
        url=data.get("url"),
        index=data.get("index", 0),
        revision=data.get("revision", 0),
        author=data.get("author"),
    )


def contact_to(value: Contact) -> Json:
    return {
        "id": value.id,
        "parties": [participant_to(p) for p in value.parties],
        "mode": value.mode,
        "status": value.status,
        "confidence": value.confidence,
        "opened_at": stamp(value.opened_at),
        "updated_at": stamp(value.updated_at),
        "when": interval_to(value.when),
        "place": place_to(value.place),
        "topics": list(value.topics),
        "posts": [contact_post_to(p) for p in value.posts],
        "readout": value.readout,
        "readout_due": stamp_or_none(value.readout_due),
        "readout_at": stamp_or_none(value.readout_at),
        "conflict": value.conflict,
        "lapsed": value.lapsed,
        "retracted": value.retracted,
        "merged_into": value.merged_into,
        "told": value.told,
    }


def contact_from(data: Mapping[str, Any]) -> Contact:
    return Contact(
        id=data["id"],
        parties=tuple(participant_from(p) for p in data["parties"]),
        mode=data["mode"],
        status=data["status"],
        confidence=data["confidence"],
        opened_at=when(data["opened_at"]),
        updated_at=when(data["updated_at"]),
        when=interval_from(data.get("when")),
        place=place_from(data.get("place")),
        topics=tuple(data.get("topics", ())),
        posts=tuple(contact_post_from(p) for p in data.get("posts", ())),
        readout=data.get("readout", "none"),
        readout_due=when_or_none(data.get("readout_due")),
        readout_at=when_or_none(data.get("readout_at")),
        conflict=data.get("conflict"),
        lapsed=data.get("lapsed", False),
        retracted=data.get("retracted", False),
        merged_into=data.get("merged_into"),
        told=data.get("told", False),
    )


def contact_loads(state: str) -> Contact:
    return contact_from(loads(state))


def finding_from(row: Mapping[str, Any]) -> Finding:
    """From a row of `findings`. `steps` are not stored."""
    return Finding(
        flagged=bool(row["flagged"]),
        confidence=row["confidence"],
        reason=row["reason"],
        form=row["form"],
        contacts=tuple(claim_from(c) for c in loads(row["contacts"])),
        evidence=evidence_from(loads(row["evidence"])),
        lang=row["lang"],
    )


_MESSAGE_FIELDS = tuple(f.name for f in fields(Message))


def message_dumps(value: Message) -> str:
    return dumps({name: getattr(value, name) for name in _MESSAGE_FIELDS})


def message_loads(text: str) -> Message:
    data = {key: _tuples(value) for key, value in loads(text).items() if key in _MESSAGE_FIELDS}
    return Message(**data)


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that frozen values hold."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
