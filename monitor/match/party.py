"""A party: someone named in a post."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.match.scan import Mark

OFFICES = {
    "t_hos": "head_of_state", "t_hog": "head_of_government", "t_dep": "deputy", "t_fm": "foreign_minister",
    "t_mon": "monarch", "t_cp": "crown_prince", "t_org": "org_head",
}  # fmt: skip
LEADER_OFFICES = frozenset(OFFICES.values())


@dataclass(slots=True)
class Party:
    """Someone named: what the words say (title, name, country, handle) and who that is at the post's date."""

    first: int
    last: int
    kind: str = ""  # self, domestic, foreign, titled, bare, lower, former, group, handle, country
    slug: str | None = None
    name: str | None = None
    country: str | None = None
    office: str | None = None
    slugs: tuple[str, ...] = ()
    weak: bool = False  # named by an ambiguous name alone
    title: str | None = None
    title_at: int = -1
    lower: bool = False
    ex: bool = False
    elect: bool = False
    handle: str | None = None
    place: str | None = None  # country as told by the words
    unknown: tuple[int, int] | None = None  # tokens of an unknown name
    group: bool = False
    counterpart: bool = False
    country_last: bool = False
    marks: list[Mark] = field(default_factory=list)

    @property
    def leader(self) -> bool:
        return self.kind in ("self", "domestic", "foreign", "titled")
