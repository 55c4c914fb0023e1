"""The confidence model: a logistic regression over the engine's features. Its weights are data, fitted by `benchmarks/fit.py`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WEIGHTS = Path(__file__).parent / "data" / "weights.json"


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature, and the confidence from which a post is flagged."""

    weights: Mapping[str, float]
    bias: float
    threshold: float
    floor: float  # confidence of a post that has no cue at all

    def confidence(self, features: Sequence[str]) -> float:
        total = self.bias
        for feature in features:
            total += self.weights.get(feature, 0.0)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def reasons(self, features: Sequence[str]) -> list[tuple[str, float]]:
        """The features that weigh, the heaviest first."""
        known = [(feature, self.weights[feature]) for feature in features if feature in self.weights]
        return sorted(known, key=lambda pair: -abs(pair[1]))


def load_model(path: Path = WEIGHTS) -> Model:
    data = json.loads(path.read_text(encoding="utf-8"))
    return Model(data["weights"], data["bias"], data["threshold"], data["floor"])
