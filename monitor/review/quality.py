"""Precision and recall from labels, with intervals. Pure.

Precision: the share of judged flags that were right, with Wilson's interval (E. B. Wilson, JASA 22, 1927).

Recall needs what was not flagged. The random queue draws from the unflagged posts, each draw standing for `weight` posts; the
share of them that were missed (weighted, interval by Wilson on the effective number (sum w)^2 / sum w^2, L. Kish 1965) times
the number of unflagged posts is how many were missed. Recall = found / (found + missed), its interval from the outer ends of
both shares, which errs on the wide side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval; `n` is how many judgements it rests on. `value` None: there are none."""

    value: float | None
    low: float
    high: float
    n: int


def wilson(hits: float, n: float, judged: int | None = None) -> Estimate:
    """Wilson's score interval of `hits` in `n` trials."""
    count = round(n) if judged is None else judged
    if n <= 0:
        return Estimate(None, 0.0, 1.0, 0)
    share = min(max(hits / n, 0.0), 1.0)
    bottom = 1 + Z * Z / n
    middle = (share + Z * Z / (2 * n)) / bottom
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / bottom
    return Estimate(share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)), count)


def precision(labels: Iterable[Mapping[str, Any]]) -> Estimate:
    """Of the judged flags, those that do announce a contact."""
    flagged = [label for label in labels if label.get("flagged")]
    return wilson(sum(label.get("truth") == 1 for label in flagged), len(flagged))


def missed(labels: Iterable[Mapping[str, Any]]) -> Estimate:
    """Of the unflagged posts, those that do announce one, from the random ones judged."""
    drawn = [label for label in labels if label.get("stratum") == "random" and not label.get("flagged")]
    weights = [float(label.get("weight", 1.0)) for label in drawn]
    total, squares = sum(weights), sum(w * w for w in weights)
    if not squares:
        return Estimate(None, 0.0, 1.0, 0)
    share = sum(w for w, label in zip(weights, drawn, strict=True) if label.get("truth") == 1) / total
    effective = total * total / squares
    return wilson(share * effective, effective, len(drawn))


def recall(found: Estimate, lost: Estimate, flagged: float, unflagged: float) -> Estimate:
    """Recall over `flagged` and `unflagged` posts, of which `found` and `lost` are the shares that announce a contact."""
    n = min(found.n, lost.n)
    if found.value is None or lost.value is None or flagged <= 0:
        return Estimate(None, 0.0, 1.0, n)

    def of(precise: float, miss: float) -> float:
        right, wrong = precise * flagged, miss * unflagged
        return right / (right + wrong) if right + wrong else 1.0

    return Estimate(of(found.value, lost.value), of(found.low, lost.high), of(found.high, lost.low), n)
