"""What correlation is told besides the posts: the settings, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """How long things take. `readout_pairs` overrides `readout_after` for two countries."""

    alert_age: timedelta = timedelta(hours=12)  # an older post writes contacts, its alerts are not sent
    withdrawal_age: timedelta = timedelta(days=7)  # so long after a contact's last word a deletion is still news
    past_age: timedelta = timedelta(days=7)  # so long after it took place the first word of a contact is no news
    readout_after: timedelta = timedelta(hours=12)
    readout_pairs: Mapping[frozenset[str], timedelta] = field(default_factory=dict)

    def readout_within(self, countries: tuple[str, ...]) -> timedelta:
        """How long the readout of a contact between these countries may take: the shortest that applies to a pair of them."""
        own = [after for pair, after in self.readout_pairs.items() if pair <= set(countries)]
        return min(own, default=self.readout_after)
