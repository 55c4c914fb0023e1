"""Feeds by name: addresses that would otherwise be looked up, each with what to know about it.

`{of}` is the account's `of`: an organisation, a site, a channel. None of these could be tried against the live
service when it was written down; `hotline check --online` tells whether one answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_FIELDS = "id,link,title,content,excerpt,date_gmt,modified_gmt"
_WHITE_HOUSE = "https://www.whitehouse.gov/wp-json/whitehouse/v1/"


@dataclass(frozen=True, slots=True)
class Preset:
    """`patient`: the service fails by spells (404, 500) while the feed is well; that is never more than unreachable."""

    url: str
    words: str
    patient: bool = False
    zone: str | None = None


PRESETS: Mapping[str, Preset] = {
    "wordpress": Preset(
        "https://{of}/wp-json/wp/v2/posts?per_page=20&_fields=" + _FIELDS,
        "any WordPress site, `of` its host: posts as JSON, in full",
    ),
    "whitehouse-news": Preset(_WHITE_HOUSE + "news/articles", "the White House's articles", zone="America/New_York"),
    "whitehouse-wire": Preset(_WHITE_HOUSE + "wire", "the White House's wire", zone="America/New_York"),
    "whitehouse-schedule": Preset(_WHITE_HOUSE + "schedule", "the President's day; empty at night", zone="America/New_York"),
    "whitehouse-truth": Preset(
        _WHITE_HOUSE + "social/truth",
        "the White House's own mirror of the President's Truth Social posts",
        zone="America/New_York",
    ),
    "whitehouse-x": Preset(_WHITE_HOUSE + "social/x", "the White House's own mirror of its X posts", zone="America/New_York"),
    "truth-archive": Preset(
        "https://trumpstruth.org/feed", "a public archive of the President's Truth Social posts; 15 to 30 minutes late"
    ),
    "govuk": Preset(
        "https://www.gov.uk/government/organisations/{of}.atom",
        "what a British department publishes, `of` its name in the address",
    ),
    "govuk-search": Preset(
        "https://www.gov.uk/api/search.json?filter_organisations={of}&order=-public_timestamp&count=20"
        "&fields=title,link,description,public_timestamp",
        "the same from gov.uk's search, as JSON",
    ),
    "youtube": Preset(
        "https://www.youtube.com/feeds/videos.xml?channel_id={of}",
        "a channel's newest 15 videos, `of` its id (UC…)",
        patient=True,
    ),
}
