"""In Chinese and Japanese a day is written with the sign that also stands for Japan."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.leaders import load
from monitor.match import Matcher, resolve
from monitor.model import Account

AT = datetime(2026, 5, 22, 9, tzinfo=UTC)
REGISTRY = load()
MATCHER = Matcher(REGISTRY)


@pytest.mark.parametrize("office", ["head_of_state", "foreign_minister"])
@pytest.mark.parametrize(
    ("text", "parties"),
    [
        ("5月22日，国家主席习近平同俄罗斯总统普京通电话。", {"CN", "RU"}),
        ("5月22日国家主席习近平会见法国总统马克龙。", {"CN", "FR"}),
        ("国家主席习近平22日同美国总统特朗普通电话。", {"CN", "US"}),
    ],
)
def test_a_day_is_no_country_and_the_president_speaks_for_himself(text: str, parties: set[str], office: str) -> None:
    account = Account("x", "zw", country="CN", kind="presidency" if office == "head_of_state" else "foreign_ministry", office=office)  # type: ignore[arg-type]
    finding = MATCHER.match({"text": text}, resolve(account, REGISTRY, AT.date()), AT)
    assert finding.flagged
    assert {p.country for p in finding.contacts[0].participants} == parties
    assert "Xi Jinping" in {p.name for p in finding.contacts[0].participants}
