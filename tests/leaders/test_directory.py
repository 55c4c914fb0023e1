"""The shipped directory of official accounts."""

from __future__ import annotations

import re
from datetime import date

import pytest

from monitor.leaders import directory, load

ON = date(2026, 11, 1)
G20 = "AR AU BR CA CN DE FR GB ID IN IT JP KR MX RU SA TR US ZA EU".split()
NEIGHBOURS = "PK BD NP LK BT MV AF MM".split()
GULF = "AE SA QA KW BH OM".split()
ASEAN = "ID MY SG TH VN PH KH BN".split()


@pytest.mark.parametrize("country", [*G20, *NEIGHBOURS, *GULF, *ASEAN, "UA", "UN", "NATO"])
def test_the_directory_covers_the_countries_that_matter_most(country: str) -> None:
    kinds = {entry.kind for entry in directory.find(country)}
    assert kinds & {"presidency", "pm_office", "foreign_ministry", "organisation", "royal_house"}


def test_every_entry_is_unverified_and_well_formed() -> None:
    registry = load()
    for country in directory.countries():
        for entry in directory.find(country):
            assert not entry.verified
            assert entry.kind in directory.KINDS
            assert entry.name, entry
            assert len(country) > 2 or country in registry.countries(), entry
            pattern = {
                "x": r"[A-Za-z0-9_]{1,15}", "telegram": r"[A-Za-z][A-Za-z0-9_]{4,31}", "feed": r"https?://\S+",
                "mastodon": r"[A-Za-z0-9_]+@[a-z0-9.-]+", "bluesky": r"[a-z0-9.-]+\.[a-z]+",
            }[entry.source]  # fmt: skip
            assert re.fullmatch(pattern, entry.handle), entry


def test_no_account_is_listed_twice() -> None:
    seen = [(entry.source, entry.handle.casefold()) for country in directory.countries() for entry in directory.find(country)]
    assert len(seen) == len(set(seen))


def test_who_is_in_office_adds_the_own_accounts() -> None:
    own = [entry for entry in directory.find("IN", load(), ON) if entry.holder == "narendra-modi"]
    assert [(entry.source, entry.handle, entry.office) for entry in own] == [("x", "narendramodi", "head_of_government")]
    assert not [entry for entry in directory.find("US", load(), ON) if entry.holder == "joe-biden"]


def test_an_office_is_known_by_its_handle() -> None:
    office = directory.institutions()["pmoindia"]
    assert (office.country, office.office) == ("IN", "head_of_government")
    assert "indianembassyus" not in directory.institutions()


def test_a_country_without_accounts_has_none() -> None:
    assert directory.find("ZZ") == ()
