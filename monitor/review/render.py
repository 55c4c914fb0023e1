"""The desk's own templates: always escaped, nothing undefined passes, no code from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.review import words
from monitor.review.desk import Answer, Ask
from monitor.review.links import web
from monitor.review.marks import highlighted, snippet

TEMPLATES = Path(__file__).parent / "templates"

NAV = (
    ("", "Desk"), ("contacts", "Contacts"), ("judge", "Judge"), ("plots", "Plots"), ("search", "Search"), ("accounts", "Accounts"),
)  # fmt: skip
SITE_NAV = (("", "Contacts"), ("leaders", "Leaders"), ("plots", "Plots"))


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {"flag": words.flag, "confidence": words.confidence, "marks": words.marks, "span": words.span, "party": words.party,
                    "country": words.country_name, "oneline": words.clean, "web": web, "mode": words.mode_name}  # fmt: skip
    env.globals |= {"highlighted": highlighted, "snippet": snippet, "what": words.what, "between": words.between,
                    "RELATIONS": words.RELATIONS, "KINDS": words.KINDS, "MODES": words.MODES, "STATUSES": words.STATUSES,
                    "FORMS": words.FORMS}  # fmt: skip
    return env


def render(ask: Ask, template: str, status: int = 200, **values: Any) -> Answer:
    """A page of the desk."""
    zone = ask.desk.timezone
    body = environment().get_template(template).render(
        ask=ask, desk=ask.desk, links=ask.links, csrf=ask.csrf, here=template, nav=SITE_NAV if ask.shared else NAV, now=ask.now,
        full=lambda text: words.full(text, zone), short=lambda text: words.short(text, zone, ask.now),
        clock=lambda text: words.clock(text, zone, exact=True), day=lambda text: words.day(text, zone),
        ago=lambda text: words.ago(text, ask.now), **values,
    )  # fmt: skip
    return Answer(body, status=status)
