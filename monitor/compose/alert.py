"""An alert in words, once, for every channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote as percent
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from monitor.compose import lines
from monitor.compose.catalogue import Catalogue, catalogue
from monitor.compose.quote import quote
from monitor.compose.sign import signed
from monitor.compose.values import Cause, Desk, Setting
from monitor.compose.words import EMOJI, clean, country_name, interval, moment, party_line, sure, there
from monitor.contacts import Change, first_word, speaks, told_at
from monitor.model import Contact, Identity, Message

JUST = timedelta(hours=2)
"""How long after its time a contact has "just" taken place."""

PLATFORMS = {"bluesky": "Bluesky", "x": "X", "mastodon": "Mastodon", "telegram": "Telegram", "truthsocial": "Truth Social"}
SOUND = ("new", "confirmed", "readout", "conflict", "cancelled", "denied", "source_deleted", "retracted")


def alert(change: Change, around: Setting) -> Message:
    """The message of a change that has a kind. Facts are ours; of the post only its quote, names and place are shown."""
    assert change.kind is not None
    words, contact, desk = catalogue(around.desk.language), change.after, around.desk
    cause, entry = around.cause, change.entry or first_word(contact)
    told = quote(cause.post, cause.evidence(entry.index if entry else 0), words) if cause and not cause.post.deleted else None
    body = [
        *([] if change.before is None and change.kind == "new" and not change.details else lines.changed(change, around, words)),
        lines.who(contact, around.now, desk, words),
        *(_unusual(cause, words) if cause else ()),
        *lines.disagreements(contact, desk, words),
        lines.when_where(contact, desk, words),
        lines.heard(contact, words) if change.kind != "retracted" else "",
        lines.readout(contact, words) if change.kind not in ("overdue", "retracted") else "",
        lines.history(around, words) if change.kind != "retracted" else "",
    ]
    return Message(
        kind=change.kind,
        id=signed(contact.id, entry.post if entry else None, desk.signing_key),
        headline=headline(change, around, words),
        lines=tuple(line for line in body if line),
        quote=told.text if told else "",
        quote_spans=told.spans if told else (),
        quote_note=_note(cause, told.cut, words) if cause and told else "",
        source=_source(cause, desk, words) if cause else lines.handle(entry.account) if entry else "",
        link=web(cause.post.url if cause else entry.url if entry else None),
        review_link=f"{desk.review_url.rstrip('/')}/contact/{percent(contact.id)}" if desk.review_url else None,
        urgent=change.kind in SOUND or (change.kind == "update" and _worth_a_sound(change)),
    )


def _worth_a_sound(change: Change) -> bool:
    """A plan that is carried out, or one more who takes part; that what was under way is over can wait."""
    kinds = {d.kind for d in change.details}
    return "joined" in kinds or ("status" in kinds and change.before is not None and change.before.status != "ongoing")


def headline(change: Change, around: Setting, words: Catalogue) -> str:
    """What a desk reads in two seconds."""
    contact, kinds = change.after, {d.kind: d.value for d in change.details}
    parties, what = party_line(contact.parties, words) or _speaker(change), what_happened(contact, around, words)
    key, side, into = "alert", "", ""
    if change.kind in ("confirmed", "readout"):
        key, side = change.kind, (change.entry.side if change.entry else None) or kinds.get(change.kind, "")
    elif change.kind in ("cancelled", "denied") and change.entry and speaks(change.entry, contact.parties):
        key, side = "says", change.entry.side or ""
    elif change.kind in ("overdue", "lapsed", "conflict", "retracted"):
        key = change.kind
    elif change.kind == "source_deleted":
        key = "deleted" if "deleted" in kinds else "withdrawn"
    elif change.kind == "update":
        key = next((k for k in ("merged", "restored", "moved") if k in kinds and "status" not in kinds), "alert")
        into = kinds.get("merged", "")
    certainty = sure(contact.confidence, words)
    line = words(f"head.{key}", parties=parties, what=what, sure=certainty, side=country_name(side, words), into=into)
    return f"{EMOJI[contact.mode]} {line}" if around.desk.emoji else line


def _speaker(change: Change) -> str:
    """Instead of parties where none are known."""
    entry = change.entry or first_word(change.after)
    return lines.handle(entry.account) if entry else "?"


def what_happened(contact: Contact, around: Setting, words: Catalogue) -> str:
    """Mode and status in words; "just" where the words of a post say so and it is still true."""
    status: str = contact.status
    when = contact.when
    if status == "happened" and when and when.precision in ("minute", "hour") and timedelta(0) <= around.now - when.end <= JUST:
        status = "just"
    said = words(f"mode.{contact.mode}.{status}")
    if contact.status == "upcoming" and when and when.precision != "unknown":
        said += f", {interval(when, around.desk.timezone, words)}"
    return said


def web(url: str | None) -> str | None:
    """An address only if it is a plain one of the web."""
    if not url or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.password else None


def _note(cause: Cause, cut: bool, words: Catalogue) -> str:
    language = cause.finding.lang or cause.post.lang
    notes = [words("source.language", language=_language(language, words))] if language and not language.startswith(words.language) else []
    return ", ".join([*notes, words("source.cut")] if cut else notes)


def _unusual(cause: Cause, words: Catalogue) -> Iterator[str]:
    """Why it may not be the account's own words."""
    for doubt in cause.doubts:
        value = _language(doubt.value, words) if doubt.hint == "language" else doubt.value
        yield words(f"line.unusual_{doubt.hint}", account=lines.handle(cause.account.key), value=value)


def _language(code: str, words: Catalogue) -> str:
    try:
        return str(Locale.parse(code.replace("-", "_")).get_language_name(words.language) or code)
    except (ValueError, UnknownLocaleError):
        return clean(code, 20)


def _source(cause: Cause, desk: Desk, words: Catalogue) -> str:
    """Who posted, how sure that is, and when."""
    author: Identity | None = cause.post.author
    account = lines.handle(cause.account.key)
    if author and author.display_name.strip():
        account += f" ({clean(author.display_name, 60)})"
    parts = [words("source.on", account=account, platform=PLATFORMS.get(cause.account.source, clean(cause.account.source)))]
    pin = cause.account.id or (author.id if author else None)
    if cause.account.id:
        parts.append(words("source.pinned", id=clean(pin or "", 40)))
    if author and author.domain_handle:
        parts.append(words("source.domain"))
    if author and author.verified:
        parts.append(words("source.verified"))
    at, home = told_at(cause.post), cause.account.timezone
    if home and at.astimezone(ZoneInfo(home)).utcoffset() != at.astimezone(ZoneInfo(desk.timezone)).utcoffset():
        parts.append(words("source.posted_abroad", time=moment(at, desk.timezone, words), there=there(at, home)))
    else:
        parts.append(words("source.posted", time=moment(at, desk.timezone, words)))
    return " · ".join(parts)
