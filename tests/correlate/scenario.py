"""Scenarios as tables: posts in time order, and what each must come to.

A line is a post:      [NAME:] [dN] HH:MM ACCOUNT FORM MODE STATUS PARTIES [key=value …] -> EXPECTED
or something else:     [dN] HH:MM delete NAME | edit NAME FORM MODE STATUS PARTIES … | due | merge A B | split A NAME … | retract A
and at the end:        = LABEL MODE STATUS spoken=IN,US [readout=…] [conflict=…] [parties=…] …

ACCOUNT is country.desk (`in.pmo`, `us.amb`, `xx.news`); PARTIES are COUNTRY:name, COUNTRY alone, or COUNTRY/office:name,
joined by +; ~name is not in the registry; several claims of one post are joined by &. Days count from d1, a Monday in May; the day of a line holds for
those below. when=d2 is a day in UTC, when=d2@America/New_York one elsewhere, when=09:00 an hour of the line's day.
EXPECTED is LABEL KIND RELATION for each contact touched, `-` where there is no alert, in any order; `none` for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor import correlate
from monitor.contacts import Change, spoken
from monitor.decision import Link, Origin, Work
from monitor.model import Account, Claim, Contact, Evidence, Finding, Form, Interval, Kind, Participant, Place, Post
from monitor.store.codec import contact_from, contact_to

DAY_ONE = datetime(2026, 5, 4, tzinfo=UTC)
KINDS: dict[str, Kind] = {
    "leader": "leader", "pres": "presidency", "pmo": "pm_office", "mfa": "foreign_ministry", "amb": "mission", "press": "press_office",
    "news": "media", "org": "organisation",
}  # fmt: skip


def participant(text: str) -> Participant:
    country, _, name = text.partition(":")
    country, _, office = country.partition("/")
    slug = (name.casefold() or None) if not name.startswith("~") else None
    return Participant(name.lstrip("~").replace("_", " ").title() or None, country or None, slug, office or None)


def account(text: str) -> Account:
    country, _, desk = text.partition(".")
    return Account("test", text, id=f"did:{text}", country=country.upper(), kind=KINDS[desk.rstrip("0123456789")])


@dataclass
class Book:
    """A log in memory: what `correlate` reads, and where its changes are kept."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    facts: list[Link] = field(default_factory=list)

    def candidates(self, parties: Sequence[Participant], window: Interval) -> Sequence[Contact]:
        countries, leaders = {p.country for p in parties if p.country}, {p.leader for p in parties if p.leader}
        needed = min(2, sum(bool(p.leader or p.country) for p in parties))
        found = []
        for contact in self.contacts.values():
            shared = sum(p.country in countries or p.leader in leaders for p in contact.parties)
            shared += sum(not p.country and not p.leader for p in contact.parties) if shared else 0
            instants = [contact.opened_at, *(e.at for e in contact.posts), *(e.seen_at for e in contact.posts)]
            instants += [contact.when.start, contact.when.end] if contact.when else []
            if shared and shared >= needed and contact.merged_into is None and min(instants) <= window.end and max(instants) >= window.start:
                found.append(contact)
        return sorted(found, key=lambda c: c.opened_at, reverse=True)

    def contact(self, contact_id: str) -> Contact | None:
        return self.contacts.get(contact_id)

    def contacts_of_post(self, post: str) -> Sequence[Contact]:
        return [c for c in self.contacts.values() if c.merged_into is None and any(e.post == post for e in c.posts)]

    def links(self, post: str) -> Sequence[Link]:
        return [link for link in self.facts if post in (link.a, link.b)]

    def write(self, changes: Iterable[Change]) -> None:
        for change in changes:
            assert contact_from(contact_to(change.after)) == change.after, "what the store keeps is what was decided"
            self.contacts[change.after.id] = change.after


@dataclass
class Play:
    """One run of a scenario."""

    book: Book = field(default_factory=Book)
    settings: correlate.Settings = field(default_factory=correlate.Settings)
    labels: dict[str, str] = field(default_factory=dict)  # contact id -> label
    posts: dict[str, tuple[Work, Finding]] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)  # contact id, kind
    day: int = 1
    revision: int = 0

    def line(self, text: str) -> list[str]:
        """Play one line and return what it came to, as the table writes it."""
        words = text.split()
        name = words.pop(0).rstrip(":") if words[0].endswith(":") and not words[0][0].isdigit() else ""
        if words[0][0] == "d" and words[0][1:].isdigit():
            self.day = int(words.pop(0)[1:])
        hour, minute = map(int, words.pop(0).split(":"))
        now = DAY_ONE + timedelta(days=self.day - 1, hours=hour, minutes=minute)
        return [self.shown(c) for c in self.happens(words, name, now)]

    def happens(self, words: list[str], name: str, now: datetime) -> Sequence[Change]:
        verb = words[0]
        if verb == "due":
            changes = self.due(now)
        elif verb == "delete":
            changes = self.again(words[1], now, None)
        elif verb == "edit":
            changes = self.again(words[1], now, words[2:])
        elif verb == "merge":
            one, other = (self.book.contacts[self.id_of(label)] for label in words[1:3])
            self.book.facts += correlate.merge_links(one, other)
            changes = list(correlate.merge(one, other, self.settings))
        elif verb == "split":
            whole = self.book.contacts[self.id_of(words[1])]
            keys = {self.posts[n][0].post.key for n in words[2:]}
            self.book.facts += correlate.split_links(whole, keys)
            changes = list(correlate.split(whole, keys, lambda i: i not in self.book.contacts, self.settings) or ())
        elif verb == "retract":
            changes = [correlate.retract(self.book.contacts[self.id_of(words[1])], now, "")]
        else:
            changes = self.post(words, name or f"P{len(self.posts) + 1}", now)
        self.book.write(changes)
        for change in changes:
            self.labels.setdefault(change.after.id, chr(ord("A") + len(self.labels)))
            if change.kind and not change.quiet:
                self.told.append((change.after.id, change.kind))
        return changes

    def post(self, words: list[str], name: str, now: datetime) -> Sequence[Change]:
        options = dict(w.split("=", 1) for w in words if "=" in w and w[0] not in "+&")
        at = self.moment(options["at"], now) if "at" in options else now
        origin: Origin = options.get("origin", "live")  # type: ignore[assignment]
        self.revision += 1
        post = Post(f"test/{name}", "1", f"test:{words[0]}", {"text": name}, now, at)
        work = Work(self.revision, len(self.posts), 1, post, account(words[0]), origin)
        finding = self.finding(words[1:], options, now)
        self.posts[name] = (work, finding)
        return correlate.correlate(work, finding, self.book, now, self.settings)

    def again(self, name: str, now: datetime, words: list[str] | None) -> Sequence[Change]:
        work, _ = self.posts[name]
        self.revision += 1
        post = replace(work.post, version=str(self.revision), seen_at=now, deleted=words is None)
        work = replace(work, post=post, revision=self.revision, number=work.number + 1)
        options = dict(w.split("=", 1) for w in words or () if "=" in w)
        finding = self.finding(words, options, now) if words else Finding(False, 0.1, "no", "other")
        self.posts[name] = (work, finding)
        return correlate.correlate(work, finding, self.book, now, self.settings)

    def due(self, now: datetime) -> Sequence[Change]:
        changes: list[Change] = []
        for contact in list(self.book.contacts.values()):
            if contact.merged_into is None:
                changes += [c for c in (correlate.overdue(contact, now), correlate.lapsed(contact, now)) if c]
        return changes

    def finding(self, words: list[str], options: dict[str, str], now: datetime) -> Finding:
        if words[0] == "nothing":
            return Finding(False, 0.1, "no", "other")
        form: Form = words[0]  # type: ignore[assignment]
        claims = []
        for claim in " ".join(words[1:]).split("&"):
            mode, status, parties, *more = claim.split()
            own = {**options, **dict(w.split("=", 1) for w in more)}
            claims.append(Claim(
                mode, status, tuple(participant(p) for p in parties.split("+")), float(own.get("conf", "0.9")),  # type: ignore[arg-type]
                self.when(own["when"], now) if "when" in own else None, Place(*own["place"].split(",")) if "place" in own else None,
                evidence=(Evidence("text", 0, 1, "again"),) if "again" in own else (),
            ))  # fmt: skip
        return Finding(True, claims[0].confidence, "yes", form, tuple(claims))

    def when(self, text: str, now: datetime) -> Interval:
        day, _, zone = text.partition("@")
        if ":" in day:
            at = self.moment(day, now)
            return Interval(at, at + timedelta(hours=1), "hour")
        first, _, last = day.partition("-")
        start = (DAY_ONE + timedelta(days=int(first[1:]) - 1)).replace(tzinfo=ZoneInfo(zone or "UTC"))
        end = (DAY_ONE + timedelta(days=int((last or first)[1:]))).replace(tzinfo=ZoneInfo(zone or "UTC"))
        return Interval(start.astimezone(UTC), end.astimezone(UTC), "week" if last else "day")

    def moment(self, text: str, now: datetime) -> datetime:
        day, _, clock = text.rpartition("T")
        hour, minute = map(int, clock.split(":"))
        base = DAY_ONE + timedelta(days=int(day[1:]) - 1) if day else now.replace(hour=0, minute=0)
        return base + timedelta(hours=hour, minutes=minute)

    def shown(self, change: Change) -> str:
        relation = f" {change.entry.relation}" if change.entry else ""
        quiet = f" ({change.quiet})" if change.quiet else ""
        return f"{self.labels[change.after.id]} {change.kind or '-'}{relation}{quiet}"

    def id_of(self, label: str) -> str:
        return next(i for i, given in self.labels.items() if given == label)

    def end(self, text: str) -> None:
        """Check a line that begins with `=`."""
        label, mode, status, *more = text.split()
        contact = self.book.contacts[self.id_of(label)]
        options = dict(w.split("=", 1) for w in more)
        seen = {
            "mode": contact.mode, "status": contact.status, "spoken": ",".join(sorted(spoken(contact))), "readout": contact.readout,
            "conflict": contact.conflict or "", "parties": "+".join(sorted(p.name or p.country or "?" for p in contact.parties)),
            "lapsed": str(contact.lapsed), "retracted": str(contact.retracted), "into": self.labels.get(contact.merged_into or "", ""),
            "place": contact.place.name if contact.place else "", "posts": str(len(contact.posts)),
        }  # fmt: skip
        wanted = {"mode": mode, "status": status, **{k: v.replace("_", " ") for k, v in options.items()}}
        assert {k: seen[k] for k in wanted} == wanted, f"contact {label}"


def play(table: str, settings: correlate.Settings | None = None) -> Play:
    """Run a table and check each line. Fails with the line that came out differently."""
    run = Play(settings=settings or correlate.Settings())
    ends: list[str] = []
    for raw in table.strip().splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("="):
            ends.append(line[1:].strip())
        elif line:
            text, _, expected = line.partition("->")
            wanted = sorted(e.strip() for e in expected.split(";") if e.strip() != "none")
            got = sorted(run.line(text))
            assert got == wanted, f"{line}\n  came to {got}"
    for end in ends:
        run.end(end)
    return run
