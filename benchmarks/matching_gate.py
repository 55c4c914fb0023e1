"""Fit the gate's glance to what a full reading finds, and tell what it would turn away.

    python -m benchmarks.matching_gate --corpus DIR [--write]

DIR holds `dev.jsonl` and `stream.jsonl.gz`; labels are not used, so natural posts serve as well: every post is read in full, and the
glance learns which are flagged or kept as near misses. `least` is chosen so that of the posts that a reading would flag no more than
LOST are turned away, each judged by weights that saw no post of its account. Run it after the language data or the weights have
changed. Needs numpy.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.matching_corpus import NOW, own_rows, rows
from benchmarks.matching_fit import FOLDS, fit, folds, matrix, predict, vocabulary
from monitor.leaders import load
from monitor.match import Matcher
from monitor.match.engine import NEAR
from monitor.match.features import speaker
from monitor.match.glance import GLANCE, facts
from monitor.match.lines import Holders, read_row

LOST = 0.005
"""Share of flagged posts that may be turned away: the least sure ones, in the main."""
PENALTY, RAREST = 4.0, 12


@dataclass(slots=True)
class Glanced:
    """One post: what the glance sees, the confidence of a full reading, whether that flags it, and its account."""

    facts: list[str]
    confidence: float
    flagged: bool
    group: str


def glanced(matcher: Matcher, corpus: Path) -> list[Glanced]:
    """Posts that the gate would weigh, read in full."""
    holders = Holders(matcher.registry)
    found = []
    with gzip.open(corpus / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, row in enumerate(chain(rows(corpus / "dev.jsonl"), own_rows(), map(json.loads, lines))):
            parts, holder, at = read_row(row, holders, NOW)
            text = parts.get("text")
            if not text:
                continue
            bits = matcher.gate.bits(text)
            if bits:
                confidence = matcher.read("text", text, holder, at.date()).confidence
                flagged = confidence >= matcher.model.threshold
                found.append(Glanced(facts(bits, speaker(holder)), confidence, flagged, str(row.get("account") or number % 15)))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--write", action="store_true", help="write the fitted weights into the package")
    chosen = arguments.parse_args()
    posts = glanced(Matcher(load()), chosen.corpus)
    wanted = np.array([post.confidence >= NEAR for post in posts], dtype=float)
    flagged = np.array([post.flagged for post in posts])
    fold = np.array(folds([post.group for post in posts]))
    seen_apart = np.zeros(len(posts))
    for number in range(FOLDS):
        seen, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        known = vocabulary([posts[i].facts for i in seen], RAREST)
        weights = fit(matrix([posts[i].facts for i in seen], known), wanted[seen], PENALTY)
        seen_apart[held] = predict(matrix([posts[i].facts for i in held], known), weights)
    for share in (0.001, 0.002, 0.003, 0.005, 0.01):
        cut = float(np.quantile(seen_apart[flagged], share))
        print(f"  losing {share:.1%} of the flagged: {float((seen_apart >= cut).mean()):.1%} of the weighed are read")
    least = float(np.quantile(seen_apart[flagged], LOST))
    kept = seen_apart >= least
    print(f"{len(posts)} posts to weigh, {int(wanted.sum())} of them flagged or near, {int(flagged.sum())} flagged")
    print(f"read from {least:.4f}: {int(kept.sum())} posts; lost {int((flagged & ~kept).sum())} flagged, {int((wanted > 0)[~kept].sum())} near or flagged")
    if not chosen.write:
        return
    known = vocabulary([post.facts for post in posts], RAREST)
    weights = fit(matrix([post.facts for post in posts], known), wanted, PENALTY)
    kept_weights = {name: round(float(weights[at]), 3) for name, at in known.items() if abs(weights[at]) >= 0.01}
    data = {
        "bias": round(float(weights[-1]), 3), "least": round(float(np.log(least / (1 - least))), 3),
        "weights": kept_weights,
    }  # fmt: skip
    GLANCE.write_text(json.dumps(data, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {len(kept_weights)} weights, {GLANCE.name}")


if __name__ == "__main__":
    main()
