"""Judgements: what a person says of a post, how they are read back, and as rows of the corpus format.

A label is an act on a post's key. Its value:

    verdict   right, wrong, not_news, or withdrawn (the person took the label back)
    truth     1: the post announces a contact between leaders; 0: it does not (wrongly read, or a contact that is no news)
    flagged   what the matcher had said; with `matcher`, `confidence` and `revision` it says what was judged
    stratum   how the post came up: flagged, near, random, story
    weight    how many posts a random one stands for; 1 otherwise
    mode, status, form, participants, note, hard   only where the person gave them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.leaders import Registry
from monitor.review.desk import Refused, Row
from monitor.review.words import FORMS, MODES, STATUSES, clean, moment
from monitor.store import Reading

ANSWERS = ("yes", "no", "not_news", "undo")
STRATA = ("flagged", "near", "random", "story")
NOTE_LENGTH = 500
MOST_PARTICIPANTS = 12
_PARTICIPANT = re.compile(r"^(?P<name>.*?)\s*\((?P<country>[A-Z][A-Z_]{1,19})\)$")

UNJUDGED = (
    "COALESCE((SELECT json_extract(x.value, '$.verdict') FROM acts x WHERE x.kind = 'label' AND x.target = p.key"
    " ORDER BY x.id DESC LIMIT 1), 'withdrawn') = 'withdrawn'"
)
"""A condition on `posts p`: nobody has judged it, or the judgement was taken back."""


def value_of(sent: Mapping[str, str], finding: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a label from a form's fields and the finding that it judges. Refused says what is wrong."""
    answer = sent.get("answer", "")
    if answer not in ANSWERS:
        raise Refused("Answer with yes, no, not_news or undo.")
    flagged = bool(finding["flagged"])
    truth = 1 if answer == "yes" else 0
    verdict = {"undo": "withdrawn", "not_news": "not_news"}.get(answer, "right" if bool(truth) == flagged else "wrong")
    stratum = sent.get("queue", "")
    value: dict[str, Any] = {
        "verdict": verdict, "truth": truth, "flagged": flagged, "matcher": finding["matcher"], "confidence": finding["confidence"],
        "revision": finding["revision"], "stratum": stratum if stratum in STRATA else "story", "weight": _weight(sent.get("weight", "")),
    }  # fmt: skip
    for name, allowed in (("mode", MODES), ("status", STATUSES), ("form", FORMS)):
        if chosen := sent.get(name, ""):
            if chosen not in allowed:
                raise Refused(f"{name} is one of {', '.join(allowed)}.")
            value[name] = chosen
    if named := participants(sent.get("participants", "")):
        value["participants"] = named
    if note := clean(sent.get("note", ""), NOTE_LENGTH):
        value["note"] = note
    if sent.get("hard"):
        value["hard"] = 1
    return value


def participants(text: str) -> list[str]:
    """`Donald Trump (US); Narendra Modi (IN)` as the corpus writes them."""
    named = [clean(part) for part in re.split(r"[;\n]", text)]
    found = [part for part in named if part]
    for part in found:
        if not _PARTICIPANT.match(part):
            raise Refused(f"Write participants as Name (CC); Name (CC), with the country's code: {part!r} is not so.")
    if len(found) > MOST_PARTICIPANTS:
        raise Refused(f"{MOST_PARTICIPANTS} participants at most.")
    return found


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 1.0
    return round(weight, 4) if 0 < weight < 1e9 else 1.0


def labelled(log: Reading) -> list[Row]:
    """Every post with a label that stands, in its newest: v_posts' columns needed here, `value`, `who`, `at`, `contacts` (the finding's)."""
    rows = log.ask(
        "SELECT x.id AS act, x.target AS post, x.value, x.who, x.at, p.seen_at, p.created_at, a.key AS account, a.country, a.kind, a.office,"
        " a.holder, r.title, r.text, r.quote, r.card, r.alt, r.parent, r.lang AS said_lang, f.lang, f.flagged, f.confidence, f.form,"
        " f.contacts AS contacts_json"
        " FROM acts x JOIN posts p ON p.key = x.target JOIN accounts a ON a.id = p.account JOIN revisions r ON r.id = p.newest"
        " LEFT JOIN findings f ON f.revision = p.newest AND f.current = 1 WHERE x.kind = 'label'"
        " AND x.id = (SELECT MAX(y.id) FROM acts y WHERE y.kind = 'label' AND y.target = x.target) ORDER BY x.id"
    )
    return [row for row in rows if isinstance(row["value"], dict) and row["value"].get("verdict") in ("right", "wrong", "not_news")]


def corpus(rows: Iterable[Row], registry: Registry) -> Iterator[dict[str, Any]]:
    """Labels in the corpus format: id, lang, account, holder, date, text, label, mode, status, participants, hard, weight, …

    Where the person corrected nothing, mode, status and participants of a right flag are the finding's first contact. A post
    whose text retention has removed is left out: it can no longer be measured against.
    """
    for row in rows:
        text = "\n\n".join(row[part] for part in ("title", "text", "quote", "card", "alt", "parent") if row[part])
        if not text:
            continue
        value, date = row["value"], row["created_at"] or row["seen_at"]
        truth = 1 if value.get("truth") == 1 else 0
        found = next(iter(row["contacts"] or ()), None) if row["flagged"] else None
        yield {
            "id": row["post"],
            "lang": row["lang"] or row["said_lang"],
            "account": row["account"],
            "holder": holder(row, registry, moment(date)),
            "date": date,
            "text": text,
            "label": truth,
            "mode": (value.get("mode") or (found["mode"] if found else None)) if truth else None,
            "status": (value.get("status") or (found["status"] if found else None)) if truth else None,
            "participants": (value.get("participants") or _found_parties(found)) if truth else [],
            "hard": 1 if value.get("hard") else 0,
            "weight": value.get("weight", 1.0),
            "stratum": value.get("stratum", "story"),
            "verdict": value["verdict"],
            "note": value.get("note", ""),
            "by": row["who"],
        }


def _found_parties(found: Mapping[str, Any] | None) -> list[str]:
    named: Sequence[Mapping[str, Any]] = found["participants"] if found else ()
    return [f"{p.get('name') or p.get('country')} ({p.get('country')})" for p in named if p.get("country")]


def holder(row: Mapping[str, Any], registry: Registry, at: datetime | None) -> dict[str, Any]:
    """Who speaks through the account at the time: as configured, else as the registry says."""
    name = row["holder"]
    if name is None and row["country"] and row["office"] != "none" and at is not None:
        term = registry.resolve(row["country"], row["office"], at.date())
        name = term.name if term else None
    return {"name": name, "country": row["country"], "office": row["office"], "kind": row["kind"]}
