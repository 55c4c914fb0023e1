"""What the desk writes: acts, and nothing else. Retract, silence, merge, split, resume; labels."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, get_args

from monitor.compose import contact_of
from monitor.config import seconds
from monitor.model import ActKind
from monitor.review.desk import Answer, Ask, NotFound, Refused
from monitor.review.labels import value_of
from monitor.review.questions import of_post
from monitor.review.render import render
from monitor.review.words import clean
from monitor.store import StoreError, add_act
from monitor.store.codec import stamp

WHY_LENGTH = 200
SILENCED = ("leader", "country", "pair", "account", "phrase", "contact")
ANSWERS = {"right": ("yes", "Right", "The post does announce this contact."),
           "wrong": ("no", "Wrong", "The post does not announce a contact between these leaders."),
           "not-news": ("not_news", "Not news", "A contact is mentioned, but not announced: an old one, a passing word.")}  # fmt: skip


def nothing(ask: Ask) -> Answer:
    """A form's address opened by hand."""
    return Answer(location=ask.links.page(""))


def act(ask: Ask) -> Answer:
    """`POST /act`: kind, target and the fields of that kind; the daemon carries it out."""
    kind = next((known for known in get_args(ActKind) if known == ask.sent("kind") and known != "label"), None)
    if kind is None:
        raise Refused("The kind of act is missing.")
    target, value = parsed(ask, kind)
    add_act(ask.desk.path, kind, target, value, ask.who, ask.now)
    return Answer(location=back(ask, ask.links.contact(target) if kind in ("retract", "merge", "split") else ask.links.page("")))


def parsed(ask: Ask, kind: ActKind) -> tuple[str, dict[str, Any]]:
    """Target and value of an act, checked."""
    target, why = ask.sent("target"), clean(ask.sent("why"), WHY_LENGTH)
    if kind == "retract":
        return existing(ask, target), {"why": why}
    if kind == "merge":
        keep, other = existing(ask, target), existing(ask, ask.sent("with"))
        if keep == other:
            raise Refused("These are one contact already.")
        return keep, {"with": other}
    if kind == "split":
        contact = existing(ask, target)
        known = {post["post"] for post in ask.log.contact(contact)["posts"]}
        posts = [key for key in dict.fromkeys(ask.form.get("posts", ())) if key in known]
        if not posts or len(posts) == len(known):
            raise Refused("Choose some, not all, of the posts of the contact.")
        return contact, {"posts": posts}
    if kind == "silence":
        return _silenced(target), {"until": _until(ask), "why": why}
    if kind == "end_silence":
        if not target.isdigit() or int(target) not in {silence.act for silence in ask.log.silences(ask.now)}:
            raise Refused("That silence does not stand.")
        return target, {}
    if target not in {channel["channel"] for channel in ask.log.channels()}:
        raise Refused("There is no such channel.")
    return target, {}


def existing(ask: Ask, contact: str) -> str:
    """The whole id of a contact."""
    if not contact:
        raise Refused("Name a contact by its id.")
    try:
        return str(ask.log.contact(contact_of(contact))["contact"])
    except StoreError as error:
        raise Refused(str(error)) from error


def _silenced(target: str) -> str:
    kind, _, value = target.partition(":")
    if kind not in SILENCED or not value.strip() or len(target) > 300 or (kind == "pair" and value.count("+") != 1):
        raise Refused("Say what to silence: leader:…, country:…, pair:a+b, account:…, phrase:… or contact:….")
    return target


def _until(ask: Ask) -> str | None:
    text = ask.sent("for")
    if not text:
        return None
    try:
        return stamp(ask.now + timedelta(seconds=seconds(text)))
    except (ValueError, OverflowError) as error:
        raise Refused(f"How long: {error}.") from error


def label(ask: Ask) -> Answer:
    """`POST /label`: post, answer, and corrected values. Answers JSON where that is asked for."""
    key = ask.sent("post")
    found = ask.log.ask(
        "SELECT f.flagged, f.matcher, f.confidence, r.number AS revision FROM posts p JOIN revisions r ON r.id = p.newest"
        " LEFT JOIN findings f ON f.revision = r.id AND f.current = 1 WHERE p.key = ?",
        [key],
    )
    if not found:
        raise NotFound("There is no such post in the log.")
    if found[0]["matcher"] is None:
        raise Refused("This post has not been through the matcher yet.")
    value = value_of({name: ask.sent(name) for name in ask.form}, found[0])
    act = add_act(ask.desk.path, "label", key, value, ask.who, ask.now)
    if ask.sent("as") == "json":
        return Answer(json.dumps({"act": act, "verdict": value["verdict"], "truth": value["truth"]}), "application/json")
    return Answer(location=back(ask, ask.links.post(key)))


def back(ask: Ask, otherwise: str) -> str:
    """Where the form wants to return to, if that is a page of ours."""
    wanted = ask.sent("back")
    ours = wanted.startswith(f"{ask.desk.base}/") and not wanted.startswith(("//", "/\\")) and all(32 < ord(c) < 127 for c in wanted)
    return wanted if ours else otherwise


def answer(ask: Ask, contact: str, answer: str) -> Answer:
    """`/contact/ID/right` and so on: what a link in an alert may point to. It asks; only the form it shows writes."""
    whole = existing(ask, contact)
    posts = ask.log.contact(whole)["posts"]
    if not posts:
        raise NotFound("No post stands behind this contact.")
    given, title, means = ANSWERS[answer]
    first = posts[0]
    return render(ask, "answer.html", contact=whole, post=first, given=given, title=title, means=means,
                  names=ask.log.contact(whole)["names"], label=of_post(ask.log, [first["post"]]).get(first["post"]))  # fmt: skip
