"""Logs to look at: one that the real pipeline wrote from invented posts, and one in which every field is hostile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from monitor.channels import DeliveryError
from monitor.cli import hotline
from monitor.decision import Decision, Judged, NewAlert, NewDelivery, Reader, Work
from monitor.model import (
    Account,
    Claim,
    Contact,
    ContactPost,
    Evidence,
    Finding,
    Identity,
    Interval,
    Message,
    Notice,
    Outcome,
    Page,
    Participant,
    Place,
    Post,
    Receipt,
)
from monitor.store import HealthRow, Store

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

ACCOUNTS = (
    ("envoy", "US", "mission", "ambassador"), ("india", "IN", "leader", "head_of_government"), ("elysee", "FR", "presidency", "head_of_state"),
    ("beijing", "CN", "presidency", "head_of_state"), ("cairo", "EG", "presidency", "head_of_state"),
    ("berlin", "DE", "pm_office", "head_of_government"),
)  # fmt: skip
POSTS = (
    ("1", "envoy", "en", "Just now President Trump and Prime Minister Modi spoke by phone."),
    ("2", "envoy", "en", "Our visa section is closed on Monday."),
    ("3", "india", "en", "Had a warm phone call with President Trump. We reviewed our strategic partnership and agreed to remain in touch."),
    ("4", "elysee", "fr", "Je viens de m'entretenir par téléphone avec le Président Zelensky. <script>alert(1)</script> {{ 7*7 }}"),
    ("5", "beijing", "zh", "习近平主席22日应约同法国总统马克龙通电话，双方通话持续一小时。"),
    ("6", "cairo", "ar", "الرئيس السيسي يجري اتصالاً هاتفياً مع الرئيس الفرنسي ماكرون لبحث الأوضاع في المنطقة."),
    ("7", "berlin", "en", "I will travel to Paris tomorrow to meet President Macron."),
    ("8", "berlin", "de", "Herzlichen Glückwunsch zum Geburtstag, liebe Kolleginnen und Kollegen!"),
    ("9", "elysee", "fr", "Bonne fête nationale à tous nos amis." + " Vive l'amitié." * 2500),
)  # fmt: skip


def told(folder: Path, posts: Sequence[tuple[str, str, str, str]] = POSTS) -> Path:
    """The log of `once` on these posts; written by the whole pipeline."""
    lines = [
        {"id": number, "account": account, "lang": lang, "text": text, "created_at": f"2026-11-22T0{int(number) % 10}:00:00Z",
         "url": f"https://example.org/{number}"}
        for number, account, lang, text in posts
    ]  # fmt: skip
    (folder / "posts.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    tables = "".join(
        f'[[account]]\nsource = "jsonl"\nhandle = "{handle}"\ncountry = "{country}"\nkind = "{kind}"\noffice = "{office}"\n'
        for handle, country, kind, office in ACCOUNTS
    )
    config = f'[limits]\nalert_age = "9000d"\n[sources.jsonl]\npath = "{folder}/posts.jsonl"\n[channels.console]\ntype = "console"\n{tables}'
    (folder / "config.toml").write_text(config, "utf-8")
    result = CliRunner().invoke(hotline, ["--config", str(folder / "config.toml"), "once"])
    assert result.exit_code == 0, result.output
    return folder / "hotline.db"


CANARY = "hotline-canary"
"""A tag that must never be one."""

NASTY = (
    f"<{CANARY}>'" + '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{% raw %}&lt;b&gt;]]>--> '
    'javascript:alert(3) \u202eevil\u2066 =HYPERLINK("http://evil.example") \\n; , BEGIN:VEVENT\r\nEND:VCALENDAR\x07\x0b\ufffe\U0001f1e6'
)


async def hostile(path: Path) -> Path:
    """A log whose every text, from handles to error details, is `NASTY`."""
    account = Account("jsonl", f"h-{NASTY}", country="US", kind="mission", office="ambassador")
    other = Account("jsonl", "huge", country="IN", kind="leader", office="head_of_government")
    store = await Store.open(path, run="bed", clock=lambda: NOW)
    await store.sync_accounts([account, other], NOW)
    parts: Any = dict.fromkeys(("title", "text", "quote", "card", "alt", "parent"), NASTY)
    at = NOW - timedelta(hours=2)
    posts = (
        Post(f"jsonl:{NASTY}", "v1", account.key, parts, at, at, "javascript:alert(4)", NASTY, Identity(NASTY, NASTY, NASTY)),
        Post("jsonl:huge", "v1", other.key, {"text": "𐐷 مرحبا " * 6000}, at, at, "https://example.org/ok"),
        Post("jsonl:near", "v1", other.key, {"text": NASTY}, at, at, "https://user:pass@example.org/"),
        Post("jsonl:plain", "v1", other.key, {"text": f"nothing {NASTY}"}, at, at),
    )
    await store.save_page(Page("jsonl", {account.key: Outcome("ok"), other.key: Outcome("ok")}, posts), at)
    await store.triage([_judged(work) for work in await store.pending()], _decide, at)
    for channel in ("desk", f"c-{NASTY}"):
        await _deliver(store, channel)
    await store.notice(Notice("account:x", "account_unreachable", NASTY), NOW, Message("notice", "n", NASTY), [])
    await store.flush_health([HealthRow(account.key, at, at, at, 60.0, 9, "bad_content", NASTY)], [], NOW)
    for kind, target, value in (("silence", f"phrase:{NASTY}", {"until": None, "why": NASTY}), ("retract", "evil", {"why": NASTY}),
                                ("label", f"jsonl:{NASTY}", {"verdict": "right", "truth": 1, "flagged": True, "note": NASTY, "participants": [NASTY],
                                                             "stratum": NASTY, "weight": 1.0})):  # fmt: skip
        await store.add_act(kind, target, value, NASTY, NOW)  # type: ignore[arg-type]
    await store.suspend("desk", NASTY, NOW)
    await store.close()
    return path


async def _deliver(store: Store, channel: str) -> None:
    payload = {"message": {"headline": NASTY, "quote": NASTY}, "steps": [{"do": "post", "body": {"text": NASTY, "blocks": [{"title": NASTY}]}}]}
    first = await store.claim(channel, NOW, lambda row: payload)
    if first is not None:
        await store.mark_sent(first.id, Receipt(NASTY, NASTY), NOW)
    second = await store.claim(channel, NOW, lambda row: payload)
    if second is not None:
        await store.mark_retry(second.id, NOW, str(DeliveryError("retry", NASTY)), NOW)


def _judged(work: Work) -> Judged:
    flagged, near = work.post.key in (f"jsonl:{NASTY}", "jsonl:huge"), work.post.key == "jsonl:near"
    people = (Participant(NASTY, "US", None, NASTY), Participant("N" * 400, "IN", "narendra-modi", "head_of_government"))
    when = Interval(NOW + timedelta(days=1), NOW + timedelta(days=2), "day")
    evidence = tuple(Evidence(part, 1, 30, role) for part in ("text", "title", "quote") for role in ("trigger", "party", NASTY))
    claim = Claim("meeting", "upcoming", people, 0.6, when, Place(NASTY, "FR"), (NASTY,), evidence)
    finding = Finding(flagged, 0.6 if flagged else 0.3, NASTY, "announcement", (claim,) if flagged else (), evidence, NASTY)
    return Judged(work, finding, "m1", near)


def _decide(_reader: Reader, work: Work, finding: Finding) -> Decision:
    if not finding.flagged:
        return Decision()
    claim, name = finding.contacts[0], "evil" if work.post.key != "jsonl:huge" else "evil2"
    entry = ContactPost(work.post.key, work.account.key, "US", "mission", "announces", "announcement", claim, work.post.at, work.post.seen_at, work.post.url)
    contact = Contact(name, claim.participants, "meeting", "upcoming", 0.6, work.post.seen_at, work.post.seen_at, claim.when, claim.place, (NASTY,),
                      (entry,), "overdue", NOW, conflict=NASTY, told=True)  # fmt: skip
    message = Message("new", contact.id, NASTY, (NASTY, NASTY), NASTY, ((0, 5),), NASTY, NASTY, "javascript:alert(5)", "data:text/html,x")
    channels = (NewDelivery("desk"), NewDelivery(f"c-{NASTY}"))
    return Decision((contact,), (NewAlert("new", message, name, NASTY, channels), NewAlert("update", message, name, NASTY, channels)))
