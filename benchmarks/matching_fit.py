"""Fit the matcher's confidence and mode models, and tell how well they do on accounts they have not seen.

    python -m benchmarks.matching_fit --corpus DIR [--write]

DIR holds `dev.jsonl` (labelled posts). Both models are logistic regressions with an L2 penalty over the engine's own features, fitted
by Newton's method; folds keep an account's posts together. Needs numpy.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matching_corpus import Labelled, read_all
from monitor.leaders import load
from monitor.match import Matcher
from monitor.match.claims import draft, mode_features
from monitor.match.model import MODE_WEIGHTS, MODES, WEIGHTS

PENALTY, MODE_PENALTY = 4.0, 10.0
THRESHOLD = 0.52
"""A little above the best F1 on the labelled posts: natural posts hold far fewer contacts than these."""
RAREST, MODE_RAREST = 5, 3
FOLDS = 10
WORTH = {"dev": 1.0, "own": 0.7, "stream": 1.0}
"""How much a post counts in fitting, by where it comes from."""
Vector = np.ndarray[Any, np.dtype[np.float64]]


def matrix(features: Sequence[Sequence[str]], known: dict[str, int]) -> Vector:
    """Rows of zeros and ones, the last column the bias."""
    table = np.zeros((len(features), len(known) + 1))
    table[:, -1] = 1.0
    for row, names in enumerate(features):
        table[row, [known[name] for name in names if name in known]] = 1.0
    return table


def vocabulary(features: Sequence[Sequence[str]], rarest: int) -> dict[str, int]:
    counts = Counter(name for names in features for name in names)
    return {name: index for index, name in enumerate(sorted(name for name, count in counts.items() if count >= rarest))}


def fit(table: Vector, labels: Vector, penalty: float, worth: Vector | None = None) -> Vector:
    """Weights that minimise log loss plus penalty/2 |w|^2 (the bias is free); `worth` is how much each row counts, 1 by itself."""
    counts = np.ones(len(labels)) if worth is None else worth
    weights = np.zeros(table.shape[1])
    ridge = np.full(table.shape[1], penalty)
    ridge[-1] = 1e-6
    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-np.clip(table @ weights, -30, 30)))
        gradient = table.T @ (counts * (chance - labels)) + ridge * weights
        spread = np.maximum(counts * chance * (1 - chance), 1e-9)
        step = np.linalg.solve((table.T * spread) @ table + np.diag(ridge), gradient)
        weights -= step
        if np.abs(step).max() < 1e-5:
            break
    return weights


def predict(table: Vector, weights: Vector) -> Vector:
    found: Vector = 1.0 / (1.0 + np.exp(-np.clip(table @ weights, -30, 30)))
    return found


def folds(groups: Sequence[str], seed: int = 0) -> list[int]:
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    fold = {name: index % FOLDS for index, name in enumerate(names)}
    return [fold[group] for group in groups]


def cross_validate(posts: Sequence[Labelled]) -> Vector:
    """Confidence of every post by a model that saw no post of its account."""
    features = [post.reading.features for post in posts]
    labels = np.array([post.label for post in posts], dtype=float)
    fold = np.array(folds([post.group for post in posts]))
    closed = np.array([post.closed for post in posts])
    found = np.zeros(len(posts))
    for number in range(FOLDS):
        seen = np.flatnonzero((fold != number) & ~closed)
        held = np.flatnonzero(fold == number)
        known = vocabulary([features[i] for i in seen], RAREST)
        weights = fit(matrix([features[i] for i in seen], known), labels[seen], PENALTY, worth_of([posts[int(i)] for i in seen]))
        found[held] = predict(matrix([features[i] for i in held], known), weights)
    found[closed] = floor_of(posts)
    return found


def worth_of(posts: Sequence[Labelled]) -> Vector:
    return np.array([WORTH[post.source] for post in posts])


def floor_of(posts: Sequence[Labelled]) -> float:
    """The confidence of a post that the gate turns away: how often such a post of the corpus announces a contact."""
    closed = [post for post in posts if post.closed and post.scored]
    return (sum(post.label for post in closed) + 0.5) / (len(closed) + 1)


def f1(confidence: Vector, labels: Vector, threshold: float) -> tuple[float, float, float]:
    flagged = confidence >= threshold
    hit, wrong, missed = (flagged & (labels == 1)).sum(), (flagged & (labels == 0)).sum(), (~flagged & (labels == 1)).sum()
    precision, recall = hit / max(hit + wrong, 1), hit / max(hit + missed, 1)
    return float(precision), float(recall), float(2 * hit / max(2 * hit + wrong + missed, 1))


def fit_modes(posts: Sequence[Labelled]) -> dict[str, Any]:
    """Weights of the choice of mode, over the posts that announce a contact."""
    features, modes = [], []
    for post in posts:
        drafts = draft(post.reading.cues, post.reading.links, post.holder)
        if post.label and "mode" in post.row and drafts and drafts[0].link is not None:
            features.append(mode_features(post.reading.cues, drafts[0].link, drafts[0].mode))
            modes.append(str(post.row["mode"]))
    known = vocabulary(features, MODE_RAREST)
    table = matrix(features, known)
    weights, bias = {}, {}
    for answer in MODES:
        found = fit(table, np.array([one == answer for one in modes], dtype=float), MODE_PENALTY)
        weights[answer] = {name: round(float(found[at]), 3) for name, at in known.items() if abs(found[at]) >= 0.02}
        bias[answer] = round(float(found[-1]), 3)
    return {"bias": bias, "weights": weights}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--write", action="store_true", help="write the fitted weights into the package")
    chosen = arguments.parse_args()
    matcher = Matcher(load())
    posts = read_all(matcher, chosen.corpus)
    labels = np.array([post.label for post in posts], dtype=float)
    confidence = cross_validate(posts)
    own = np.array([post.own for post in posts])
    scored = np.array([post.scored for post in posts])
    threshold = THRESHOLD
    clear = np.array([not post.row.get("hard") for post in posts])
    for name, mask in (("corpus", scored), ("corpus, clear", scored & clear), ("own cases", own)):
        precision, recall, score = f1(confidence[mask], labels[mask], threshold)
        brier = float(((confidence[mask] - labels[mask]) ** 2).mean())
        print(f"{name:14} by account: precision {precision:.3f} recall {recall:.3f} F1 {score:.3f} Brier {brier:.3f}")
    print(f"threshold {threshold}")
    if not chosen.write:
        return
    opened = [post for post in posts if not post.closed]
    features = [post.reading.features for post in opened]
    known = vocabulary(features, RAREST)
    weights = fit(matrix(features, known), np.array([post.label for post in opened], dtype=float), PENALTY, worth_of(opened))
    data: dict[str, Any] = {
        "threshold": threshold, "floor": round(floor_of(posts), 4), "bias": round(float(weights[-1]), 3),
        "weights": {name: round(float(weights[at]), 3) for name, at in known.items() if abs(weights[at]) >= 0.01},
    }  # fmt: skip
    WEIGHTS.write_text(json.dumps(data, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    MODE_WEIGHTS.write_text(json.dumps(fit_modes(posts), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {len(data['weights'])} weights, {WEIGHTS.name}, {MODE_WEIGHTS.name}")


if __name__ == "__main__":
    main()
