"""Precision and recall from the desk's own judgements, by account, language and channel; labels as a file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.review.desk import Answer, Ask, Row
from monitor.review.labels import corpus, labelled
from monitor.review.quality import missed, precision, recall
from monitor.review.render import render
from monitor.store.codec import stamp

DAYS = 90


def quality(ask: Ask) -> Answer:
    """`/quality?days=90`: of posts seen within the period."""
    days = ask.number("days", DAYS, 1, 36500)
    since = stamp(ask.now - timedelta(days=days))
    rows = [row for row in labelled(ask.log) if row["seen_at"] >= since]
    totals = ask.log.ask(
        "SELECT a.key AS account, SUM(d.posts) AS posts, SUM(d.flagged) AS flagged FROM daily d JOIN accounts a ON a.id = d.account"
        " WHERE d.day >= ? GROUP BY a.id",
        [since[:10]],
    )
    by_account = {row["account"]: (row["flagged"], row["posts"] - row["flagged"]) for row in totals}
    flagged, unflagged = (sum(counts[i] for counts in by_account.values()) for i in (0, 1))
    in_language = {row["lang"]: row["n"] for row in ask.log.ask(
        "SELECT f.lang, COUNT(*) AS n FROM findings f WHERE f.flagged = 1 AND f.made_at >= ? AND f.current = 1 GROUP BY f.lang", [since])}  # fmt: skip
    return render(
        ask, "quality.html", days=days, judged=len(rows), whole=measured("all", rows, flagged, unflagged),
        accounts=[measured(name, part, *by_account.get(name, (0, 0))) for name, part in grouped(rows, "account")],
        languages=[measured(name or "?", part, in_language.get(name, 0), _standing_for(part, rows, unflagged))
                   for name, part in grouped(rows, "lang")],
        channels=[measured(name, part, 0, 0) for name, part in _by_channel(ask, rows)],
    )  # fmt: skip


def measured(name: str, rows: Sequence[Row], flagged: float, unflagged: float) -> dict[str, Any]:
    """Precision, misses and recall of a group of labels."""
    values = [row["value"] for row in rows]
    found, lost = precision(values), missed(values)
    return {"name": name, "n": len(rows), "precision": found, "missed": lost, "recall": recall(found, lost, flagged, unflagged),
            "flagged": flagged, "unflagged": unflagged}  # fmt: skip


def grouped(rows: Sequence[Row], column: str) -> list[tuple[str, list[Row]]]:
    """Rows by a column, those with most rows first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), str(group[0])))


def _standing_for(part: Sequence[Row], rows: Sequence[Row], unflagged: float) -> float:
    """How many of the unflagged posts are of this part, by the random ones drawn."""

    def weight(some: Sequence[Row]) -> float:
        return float(sum(row["value"].get("weight", 1.0) for row in some if row["value"].get("stratum") == "random"))

    whole = weight(rows)
    return unflagged * weight(part) / whole if whole else 0.0


def _by_channel(ask: Ask, rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Labels by the channels that were told of the post's contact: what each route let through."""
    told = ask.log.ask(
        "SELECT DISTINCT p.key AS post, d.channel FROM posts p JOIN contact_posts cp ON cp.post = p.id JOIN deliveries d ON d.contact = cp.contact"
        " WHERE p.key IN (SELECT value FROM json_each(?)) AND d.state <> 'suppressed'",
        [json.dumps([row["post"] for row in rows])],
    )
    by_post = {row["post"]: row for row in rows}
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in told:
        groups[row["channel"]].append(by_post[row["post"]])
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def as_jsonl(ask: Ask) -> Answer:
    """`/labels.jsonl`: what `hotline labels export` writes."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in corpus(labelled(ask.log), ask.desk.registry))
    return Answer("".join(lines), "application/x-ndjson; charset=utf-8", filename="labels.jsonl")
