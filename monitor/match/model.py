"""The confidence model: a logistic regression over the engine's features. Its weights are data, fitted by `benchmarks/matching_fit.py`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import get_args

from monitor.model import Mode

WEIGHTS = Path(__file__).parent / "data" / "weights.json"
MODE_WEIGHTS = Path(__file__).parent / "data" / "modes.json"
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature, and the confidence from which a post is flagged."""

    weights: Mapping[str, float]
    bias: float
    threshold: float
    floor: float  # confidence of a post that has no cue at all

    def confidence(self, features: Sequence[str]) -> float:
        total = sum(map(self.weights.get, features, repeat(0.0)), self.bias)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def reasons(self, features: Sequence[str]) -> list[tuple[str, float]]:
        """The features that weigh, the heaviest first."""
        known = [(feature, self.weights[feature]) for feature in features if feature in self.weights]
        return sorted(known, key=lambda pair: -abs(pair[1]))


@dataclass(frozen=True, slots=True)
class ModeModel:
    """Weights by mode and feature; the mode of the highest sum is chosen."""

    weights: Mapping[str, Mapping[str, float]]
    bias: Mapping[str, float]

    def choose(self, features: Sequence[str]) -> Mode:
        def total(mode: str) -> float:
            return self.bias[mode] + sum(map(self.weights[mode].get, features, repeat(0.0)))

        best: Mode = max(MODES, key=total)
        return best


def load_modes(path: Path = MODE_WEIGHTS) -> ModeModel:
    data = json.loads(path.read_text(encoding="utf-8"))
    return ModeModel(data["weights"], data["bias"])


def load_model(path: Path = WEIGHTS) -> Model:
    data = json.loads(path.read_text(encoding="utf-8"))
    return Model(data["weights"], data["bias"], data["threshold"], data["floor"])
