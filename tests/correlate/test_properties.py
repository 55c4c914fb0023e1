"""What holds whatever is posted in whichever order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor import correlate
from monitor.model import Contact
from tests.correlate.scenario import DAY_ONE, Play

ACCOUNTS = ("us.pres", "us.press", "in.pmo", "in.mfa", "fr.mfa", "fr.news")
FORMS = ("announcement", "readout", "follow_up")

sayings = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(FORMS),
    st.sampled_from(("call", "video", "unspecified")),
    st.sampled_from(("US:trump+IN:modi", "IN:modi+US:trump", "IN:modi+US", "US:trump+IN/head_of_government")),
    st.integers(0, 119),
)
"""Posts about one call, told within two hours."""

anything = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from((*FORMS, "denial")),
    st.sampled_from(("call", "video", "meeting", "visit", "summit", "letter", "unspecified")),
    st.sampled_from(("upcoming", "ongoing", "happened", "cancelled", "denied")),
    st.sampled_from(("US:trump+IN:modi", "IN:modi+US", "IN+US", "US:trump+IN:modi+FR:macron", "FR:macron+IN:modi", "US/foreign_minister:rubio+IN")),
    st.sampled_from(("", "when=d1", "when=d2", "when=d3@Asia/Kolkata", "when=09:00", "when=d1-d7")),
    st.integers(0, 60 * 96),
)


def clock(minutes: int) -> str:
    return f"d{1 + minutes // 1440} {minutes // 60 % 24:02}:{minutes % 60:02}"


def essence(contact: Contact) -> object:
    """What a contact is, apart from when it was learnt."""
    people = sorted((p.country or "", p.name or "") for p in contact.parties)
    return people, contact.mode, contact.status, contact.when, round(contact.confidence, 6), sorted(e.post for e in contact.posts), contact.readout, contact.conflict


@given(st.lists(sayings, min_size=1, max_size=7, unique_by=lambda s: s[4]), st.randoms(use_true_random=False))
def test_posts_of_one_call_come_to_one_contact_in_whichever_order_they_arrive(said: list[tuple[str, ...]], random: object) -> None:
    shuffled = list(enumerate(said))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    outcomes = []
    for order in (list(enumerate(said)), shuffled):
        run = Play()
        for number, (account, form, mode, parties, minute) in order:
            run.line(f"P{number}: 15:00 {account} {form} {mode} happened {parties} at={clock(int(minute)).split()[1]}")
        outcomes.append([essence(c) for c in run.book.contacts.values()])
    assert len(outcomes[0]) == 1
    assert outcomes[0] == outcomes[1]


plans = st.tuples(
    st.sampled_from(("fr.pres", "fr.mfa", "cn.mfa", "cn.pres", "de.mfa")),
    st.sampled_from(("announcement", "readout", "denial")),
    st.sampled_from(("meeting", "visit", "unspecified")),
    st.sampled_from(("upcoming", "ongoing", "happened", "cancelled", "denied")),
    st.sampled_from(("FR:macron+CN:xi", "CN:xi+FR:macron", "CN:xi+FR")),
    st.integers(0, 60 * 71),
)
"""Posts over three days about one meeting, each naming its day."""


@given(st.lists(plans, min_size=1, max_size=7, unique_by=lambda s: s[5]), st.randoms(use_true_random=False))
def test_what_becomes_of_a_plan_does_not_depend_on_the_order_of_arrival(said: list[tuple[str, ...]], random: object) -> None:
    held = [s for s in said if s[3] == "happened"]
    undone = [s for s in said for h in held if s[5] > h[5] and (s[3] == "cancelled" or (s[3] == "upcoming" and s[0][:2] == h[0][:2]))]
    anew = [1 for a in held for b in held if a[0][:2] == b[0][:2] and abs(int(a[5]) - int(b[5])) > 12 * 60]
    assume(not undone and not anew)  # what would undo an earlier word, or says it anew long after, is of another contact
    shuffled = list(enumerate(said))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    outcomes = []
    for order in (list(enumerate(said)), shuffled):
        run = Play()
        for number, (account, form, mode, status, parties, minutes) in order:
            day, time = clock(int(minutes)).split()
            run.line(f"P{number}: d4 00:00 {account} {form} {mode} {status} {parties} when=d3 at={day}T{time}")
        outcomes.append([essence(c) for c in run.book.contacts.values()])
    assert len(outcomes[0]) == 1
    assert outcomes[0] == outcomes[1]


@settings(max_examples=150)
@given(st.lists(anything, min_size=1, max_size=14))
def test_no_contact_is_new_twice_and_every_change_is_of_its_contact(said: list[tuple[str, ...]]) -> None:
    run = Play()
    for account, form, mode, status, parties, when, minutes in sorted(said, key=lambda s: s[6]):
        run.line(f"{clock(int(minutes))} {account} {form} {mode} {status} {parties} {when}")
    kinds = Counter(run.told)
    assert all(count == 1 for (_, kind), count in kinds.items() if kind == "new")
    first: dict[str, str] = {}
    for contact, kind in run.told:
        first.setdefault(contact, kind)
    assert set(first.values()) <= {"new", "cancelled", "denied"}
    assert sum(len(c.posts) for c in run.book.contacts.values()) == len(said)


@given(st.lists(anything, min_size=1, max_size=10), st.integers(0, 9))
def test_a_revision_that_is_triaged_a_second_time_changes_nothing(said: list[tuple[str, ...]], which: int) -> None:
    run = Play()
    for number, (account, form, mode, status, parties, when, minutes) in enumerate(sorted(said, key=lambda s: s[6])):
        run.line(f"P{number}: {clock(int(minutes))} {account} {form} {mode} {status} {parties} {when}")
    work, finding = run.posts[f"P{which % len(said)}"]
    now = work.post.seen_at + timedelta(minutes=1)
    assert correlate.correlate(work, finding, run.book, now, run.settings) == ()


@given(st.lists(anything, min_size=1, max_size=10))
def test_the_same_posts_into_an_empty_log_come_to_the_same_ids(said: list[tuple[str, ...]]) -> None:
    runs = []
    for _ in range(2):
        run = Play()
        for account, form, mode, status, parties, when, minutes in sorted(said, key=lambda s: s[6]):
            run.line(f"{clock(int(minutes))} {account} {form} {mode} {status} {parties} {when}")
        runs.append(run)
    assert runs[0].book.contacts == runs[1].book.contacts
    assert runs[0].told == runs[1].told


@given(st.lists(anything, min_size=2, max_size=8))
def test_a_contact_split_and_merged_again_is_what_it_was(said: list[tuple[str, ...]]) -> None:
    run = Play()
    for account, form, mode, status, parties, when, minutes in sorted(said, key=lambda s: s[6]):
        run.line(f"{clock(int(minutes))} {account} {form} {mode} {status} {parties} {when}")
    for contact in [c for c in run.book.contacts.values() if len(c.posts) > 1]:
        done = correlate.split(contact, {contact.posts[-1].post}, lambda _: True, run.settings)
        if done is None:
            continue
        kept, gone = correlate.merge(done[0].after, done[1].after, run.settings)
        assert gone.after.merged_into == kept.after.id == contact.id
        assert essence(kept.after) == essence(contact)


@given(st.text(), st.integers(0, 5), st.integers(0, 3))
def test_an_id_is_two_speakable_words_and_the_next_one_where_taken(key: str, index: int, taken: int) -> None:
    used: set[str] = set()
    for _ in range(taken + 1):
        used.add(correlate.contact_id(key, index, lambda name: name not in used))
    assert len(used) == taken + 1
    for name in used:
        assert len(name) == 11
        assert name.replace("-", "").isalpha()
        assert name.islower()


def test_day_one_is_a_monday() -> None:
    assert DAY_ONE.weekday() == 0
