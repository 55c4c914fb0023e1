"""Telegram's public preview of a channel (`t.me/s/NAME`), read into posts. Pure, message by message.

The page is made for people and has no document; what is read here are the classes that it has used for years. A page
without them is said to be none, so that a change of Telegram's is an outcome and not silence.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.model import Account, Identity, Post
from monitor.sources.html_text import read_html
from monitor.sources.shaping import OddError, mapping, parts_of, time_of, version_of

MOST = 200
"""Messages read of one page; Telegram shows 20."""
SPAN = 200_000
"""Characters of markup of one message."""

_MESSAGE = re.compile(
    r'<div class="tgme_widget_message [^"]{0,400}"[^>]{0,2000}\bdata-post="([A-Za-z0-9_]{1,64})/(\d{1,12})"([^>]{0,2000})>'
)
_VIEW = re.compile(r'\bdata-view="([A-Za-z0-9_=+/-]{1,500})"')
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)\b([^>]{0,2000})>")
_DATE = re.compile(r'class="tgme_widget_message_date"[^>]{0,300}>\s*<time[^>]{0,200}\bdatetime="([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class Message:
    number: int
    mark: str
    post: Post | None  # None: nothing to read in it (a picture, a poll, a service message)


@dataclass(frozen=True, slots=True)
class Preview:
    """One page, newest message first."""

    messages: tuple[Message, ...]
    odd: tuple[str, ...]
    author: Identity | None


def read_preview(page: str, account: Account, now: datetime) -> Preview:
    """The messages of a page. OddError says what it is if it is no preview of a channel."""
    starts = list(_MESSAGE.finditer(page))[-MOST:]
    if not starts and "tgme_channel_info" not in page and "tgme_channel_history" not in page:
        raise OddError(_instead(page))
    title = read_html(_inner(page[:SPAN], "tgme_channel_info_header_title") or "").text
    messages: list[Message] = []
    odd: list[str] = []
    author: Identity | None = None
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(page)
        markup = page[start.end() : min(end, start.end() + SPAN)]
        author = _author(start, title) or author
        try:
            messages.append(_message(start[1], int(start[2]), markup, account, author, now))
        except OddError as reason:
            odd.append(f"message {start[2]}: {reason}")
    messages.sort(key=lambda message: -message.number)
    return Preview(tuple(messages), tuple(odd), author)


def _message(channel: str, number: int, markup: str, account: Account, author: Identity | None, now: datetime) -> Message:
    text = read_html(_inner(markup, "js-message_text") or "").text
    forwarded = _inner(markup, "tgme_widget_message_forwarded_from") is not None
    card = [read_html(_inner(markup, name) or "").text for name in ("link_preview_title", "link_preview_description")]
    parts = parts_of(
        text="" if forwarded else text,
        quote=text if forwarded else "",
        card="\n".join(filter(None, card)),
        parent=_parent(markup, channel),
    )
    if not parts.keys() - {"parent"}:
        return Message(number, f"{number}.empty", None)
    found = _DATE.search(markup)
    if found is None:
        raise OddError("no date")
    version = version_of({name: words for name, words in parts.items() if name != "parent"})
    post = Post(
        key=f"telegram:{channel.lower()}/{number}",
        version=version,
        account=account.key,
        parts=parts,
        seen_at=now,
        created_at=time_of(found[1]),
        url=f"https://t.me/{channel}/{number}",
        author=author,
    )
    return Message(number, f"{number}.{version[:6]}", post)


def _parent(markup: str, channel: str) -> str:
    """The channel's own message that this one answers, as far as the preview shows it."""
    start = markup.find('class="tgme_widget_message_reply"')
    if start < 0 or f"t.me/{channel}/".lower() not in markup[start : start + 500].lower():
        return ""
    return read_html(_inner(markup[start:], "js-message_reply_text") or "").text


def _author(start: re.Match[str], title: str) -> Identity | None:
    """The channel's own number, from the view counter's ticket; None if there is none."""
    view = _VIEW.search(start[0])
    try:
        ticket = mapping(json.loads(base64.urlsafe_b64decode(view[1] + "=" * (-len(view[1]) % 4)))) if view else {}
    except ValueError:
        return None
    number: Any = ticket.get("c")
    return Identity(str(number), start[1], title) if isinstance(number, int) and not isinstance(number, bool) else None


def _inner(markup: str, name: str) -> str | None:
    """What stands in the first element of this class; None if there is none."""
    at = 0
    while (found := markup.find(name, at)) >= 0:
        at = found + len(name)
        tag = _TAG.match(markup, markup.rfind("<", 0, found))
        if (
            tag is None
            or tag[1]
            or tag.end() < found
            or not re.search(rf'\bclass="[^"]*(?<![\w-]){re.escape(name)}(?![\w-])', tag[3])
        ):
            continue
        depth = 1
        for other in _TAG.finditer(markup, tag.end()):
            if other[2] == tag[2] and not other[3].endswith("/"):
                depth += -1 if other[1] else 1
                if depth == 0:
                    return markup[tag.end() : other.start()]
        return markup[tag.end() :]
    return None


def _instead(page: str) -> str:
    """What a page without messages is."""
    if "tgme_page" in page:
        return "no preview: the channel has switched it off, is marked sensitive, or does not exist"
    return "no preview of a channel, but some other page"
