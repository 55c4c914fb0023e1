"""What people do at the desk: labels and acts, as rows that the daemon carries out, and refusals that say why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.leaders import load
from monitor.review.labels import corpus, labelled, value_of
from monitor.store import Reading
from tests.review.conftest import Client, OpenDesk, acts, send
from tests.review.test_pages import contact_of

FLAG = "jsonl:envoy/1"
QUIET = "jsonl:envoy/2"


def values(path: Path) -> list[dict[str, object]]:
    return [json.loads(row[2]) for row in acts(path)]


async def test_right_wrong_and_not_news_are_labels_by_a_person(client: Client, log: Path) -> None:
    page = f"/post?key={FLAG}"
    for answer, verdict, truth in (("yes", "right", 1), ("no", "wrong", 0), ("not_news", "not_news", 0), ("undo", "withdrawn", 0)):
        sent = await send(client, "/label", page, post=FLAG, answer=answer, queue="flagged", note=f"a {answer}")
        assert sent.status_code == 303, sent.text
        label = values(log)[-1]
        assert (label["verdict"], label["truth"], label["flagged"], label["stratum"]) == (verdict, truth, True, "flagged")
    assert {(row[0], row[1], row[3]) for row in acts(log)} == {("label", FLAG, "ann")}


async def test_what_was_not_flagged_is_right_when_it_tells_of_no_contact(client: Client, log: Path) -> None:
    for answer, verdict in (("no", "right"), ("yes", "wrong")):
        await send(client, "/label", f"/post?key={QUIET}", post=QUIET, answer=answer, queue="random", weight="125.5")
        assert values(log)[-1]["verdict"] == verdict
        assert values(log)[-1]["weight"] == 125.5


async def test_corrected_values_are_checked(client: Client, log: Path) -> None:
    page = f"/post?key={FLAG}"
    wrong = await send(client, "/label", page, post=FLAG, answer="yes", participants="Donald Trump and Modi")
    assert wrong.status_code == 400
    assert "Name (CC)" in wrong.text
    assert (await send(client, "/label", page, post=FLAG, answer="yes", mode="telepathy")).status_code == 400
    assert (await send(client, "/label", page, post=FLAG, answer="maybe")).status_code == 400
    assert (await send(client, "/label", page, post="jsonl:none", answer="yes")).status_code == 404
    assert acts(log) == []
    await send(client, "/label", page, post=FLAG, answer="yes", participants="Donald Trump (US); Narendra Modi (IN)", mode="video", hard="1", **{"as": "json"})
    assert values(log)[0]["participants"] == ["Donald Trump (US)", "Narendra Modi (IN)"]


async def test_labels_come_out_in_the_corpus_format(client: Client, log: Path) -> None:
    await send(client, "/label", f"/post?key={FLAG}", post=FLAG, answer="no")
    await send(client, "/label", f"/post?key={FLAG}", post=FLAG, answer="yes", mode="video")
    await send(client, "/label", f"/post?key={QUIET}", post=QUIET, answer="no", queue="random", weight="4")
    await send(client, "/label", "/post?key=jsonl:india/3", post="jsonl:india/3", answer="yes")
    await send(client, "/label", "/post?key=jsonl:india/3", post="jsonl:india/3", answer="undo")
    with Reading(log) as reading:
        first, second = list(corpus(labelled(reading), load()))
    assert {"id", "lang", "account", "holder", "date", "text", "label", "mode", "status", "participants", "hard", "weight"} <= set(first)
    assert (first["id"], first["label"], first["mode"], first["status"]) == (FLAG, 1, "video", "happened")
    assert first["participants"] == ["Donald Trump (US)", "Narendra Modi (IN)"]
    assert first["holder"]["country"] == "US"
    assert (second["id"], second["label"], second["mode"], second["participants"], second["weight"]) == (QUIET, 0, None, [], 4.0)
    served = [json.loads(line) for line in (await client.get("/labels.jsonl")).text.splitlines()]
    assert served == [first, second]


async def test_judged_posts_leave_the_queue_and_come_back_when_taken_back(client: Client) -> None:
    assert "@envoy" in (await client.get("/judge")).text
    await send(client, "/label", "/judge", post=FLAG, answer="yes")
    assert "@envoy" not in (await client.get("/judge")).text
    await send(client, "/label", "/judge", post=FLAG, answer="undo")
    assert "@envoy" in (await client.get("/judge")).text


async def test_the_random_queue_offers_unflagged_posts_with_what_each_stands_for(client: Client) -> None:
    shown = (await client.get("/judge?queue=random")).text
    assert "@berlin" in shown
    assert "Just now" not in shown
    assert 'name="weight" value="1.0"' in shown, "three of three were drawn"
    assert 'name="queue" value="random"' in shown


async def test_retract_merge_split_and_silence_are_acts(client: Client, log: Path) -> None:
    contact, other = contact_of(log, "Modi"), contact_of(log, "Sisi")
    page = f"/contact/{contact}"
    for fields, target, value in (
        ({"kind": "retract", "target": contact, "why": "a spoof"}, contact, {"why": "a spoof"}),
        ({"kind": "merge", "target": contact, "with": other[:6]}, contact, {"with": other}),
        ({"kind": "split", "target": contact, "posts": "jsonl:india/3"}, contact, {"posts": ["jsonl:india/3"]}),
        ({"kind": "silence", "target": "pair:donald-trump+narendra-modi", "for": "12h", "why": "summit"}, "pair:donald-trump+narendra-modi",
         {"until": "2026-11-23T00:00:00.000Z", "why": "summit"}),
        ({"kind": "silence", "target": "country:US", "for": ""}, "country:US", {"until": None, "why": ""}),
    ):  # fmt: skip
        sent = await send(client, "/act", page, **fields)
        assert sent.status_code == 303, sent.text
        kind, written, told, who = acts(log)[-1]
        assert (kind, written, json.loads(told), who) == (fields["kind"], target, value, "ann")
    assert "spoof" in (await client.get(page)).text, "it stands in the story at once"
    silences = (await client.get("/accounts")).text
    assert "donald-trump" in silences
    number = len(acts(log)) - 1
    assert (await send(client, "/act", "/accounts", kind="end_silence", target=str(number))).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "label", "target": "x"}, {"kind": "nonsense", "target": "x"}, {"kind": "retract", "target": "none-such"}, {"kind": "retract", "target": ""},
        {"kind": "merge", "target": "CONTACT", "with": "CONTACT"}, {"kind": "merge", "target": "CONTACT", "with": ""},
        {"kind": "split", "target": "CONTACT", "posts": "jsonl:elsewhere"}, {"kind": "silence", "target": "weather:rain"},
        {"kind": "silence", "target": "pair:one"}, {"kind": "silence", "target": "country:US", "for": "a while"}, {"kind": "end_silence", "target": "99"},
        {"kind": "resume", "target": "nowhere"},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_and_writes_nothing(fields: dict[str, str], client: Client, log: Path) -> None:
    contact = contact_of(log, "Modi")
    sent = await send(client, "/act", f"/contact/{contact}", **{name: value.replace("CONTACT", contact) for name, value in fields.items()})
    assert sent.status_code == 400, sent.text
    assert acts(log) == []


async def test_a_form_returns_only_to_a_page_of_the_desk(client: Client) -> None:
    for back, place in (("/judge", "/judge"), ("https://evil.example/", f"/post?key={FLAG.replace(':', '%3A').replace('/', '%2F')}"), ("//evil.example", None), ("/\\evil", None)):
        sent = await send(client, "/label", "/judge", post=FLAG, answer="undo", back=back)
        assert sent.headers["location"] == (place or f"/post?key={FLAG.replace(':', '%3A').replace('/', '%2F')}")


def test_a_label_keeps_what_the_matcher_had_said() -> None:
    value = value_of({"answer": "no", "queue": "<script>", "weight": "nan"}, {"flagged": 1, "matcher": "m", "confidence": 0.7, "revision": 2})
    assert value == {"verdict": "wrong", "truth": 0, "flagged": True, "matcher": "m", "confidence": 0.7, "revision": 2, "stratum": "story", "weight": 1.0}


async def test_the_daemon_carries_out_what_the_desk_wrote(client: Client, log: Path, open_client: OpenDesk) -> None:
    """The act as the page wrote it is one that `once` applies and answers."""
    from click.testing import CliRunner

    from monitor.cli import hotline

    contact = contact_of(log, "Modi")
    await send(client, "/act", f"/contact/{contact}", kind="retract", target=contact, why="wrong people")
    config = log.with_name("config.toml")
    config.write_text(f'[database]\npath = "{log}"\n[sources.jsonl]\npath = "{log.with_name("none.jsonl")}"\n[channels.console]\ntype = "console"\n', "utf-8")
    import asyncio

    result = await asyncio.to_thread(CliRunner().invoke, hotline, ["--config", str(config), "once"])
    assert result.exit_code in (0, 1), result.output
    shown = (await client.get(f"/contact/{contact}")).text
    assert f"{contact} retracted" in shown
    assert "RETRACTED" in shown
