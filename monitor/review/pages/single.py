"""One post with all of its revisions; accounts, channels, silences and acts; help."""

from __future__ import annotations

import json

from monitor.review.desk import Answer, Ask, NotFound
from monitor.review.pages.contact import story_of
from monitor.review.queries import QUERIES
from monitor.review.questions import finding_of, health, of_post
from monitor.review.render import render
from monitor.store import Filter, StoreError


def post(ask: Ask) -> Answer:
    """`/post?key=…`, by key or address."""
    key = ask.arg("key")
    try:
        story = ask.log.post(key)
    except StoreError as error:
        raise NotFound(str(error)) from error
    contacts = [row for name in story["contacts"] for row in ask.log.contacts(Filter(contact=name), 1)]
    return render(ask, "post.html", story=story, contacts=contacts, finding=finding_of(story["revisions"]),
                  label=of_post(ask.log, [story["post"]]).get(story["post"]))  # fmt: skip


def story(ask: Ask, contact: str) -> Answer:
    """`/contact/ID.json`: the whole story, as `hotline show --json` prints it."""
    return Answer(json.dumps(story_of(ask, contact), ensure_ascii=False, default=str), "application/json; charset=utf-8")


def accounts(ask: Ask) -> Answer:
    found = health(ask.log, ask.now)
    order = {"held": 0, "failing": 1, "silent": 2, "": 3}
    found["accounts"].sort(key=lambda account: (order[account["trouble"]], account["account"]))
    return render(ask, "accounts.html", health=found, silences=ask.log.silences(ask.now), acts=ask.log.acts(20), notices=ask.log.notices())


def guide(ask: Ask) -> Answer:
    return render(ask, "help.html", queries=QUERIES)
