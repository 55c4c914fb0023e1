"""Whatever a post holds, each channel's payload is valid, within its limits, pings nobody and links only where we say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings

from monitor.channels import channels
from monitor.channels.base import Tools
from monitor.channels.text import utf8, utf16, web_link
from monitor.channels.webhook import SCHEMA
from monitor.http import Guard
from monitor.model import Earlier, Message
from tests.channels.hostile import COMMAND, Page, found_in, messages, strings
from tests.channels.rows import NOW, ROWS, env, message, reveal

TOOLS = Tools(None, reveal, lambda: NOW, Guard())  # type: ignore[arg-type] # rendering reaches no network
OTHERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "console": ("console", {}),
    "email": ("email", {"host": "mail.example.org", "sender": "Hotline <alerts@example.org>", "to": ["desk@example.org"]}),
    "irc": ("irc", {"host": "irc.example.org", "channel": "#desk"}),
    "apprise": ("apprise", {"url": env("TOKEN")}),
}
CHANNELS: dict[str, tuple[str, Mapping[str, Any]]] = {
    name: (row.kind, row.settings("https://far.example")) for name, row in ROWS.items()
} | dict(OTHERS)


def built(name: str) -> Any:
    kind, own = CHANNELS[name]
    made = channels()[kind]
    return made("desk", made.Settings.model_validate(own), TOOLS)


BUILT = {name: built(name) for name in CHANNELS}
TABLE = {  # the keys that each body may have, by the vendor's documents
    "alertmanager": {"labels", "annotations", "generatorURL"},
    "discord webhook": {"content", "embeds", "allowed_mentions", "flags"},
    "discord bot": {"content", "embeds", "allowed_mentions", "flags", "message_reference"},
    "matrix": {"msgtype", "body", "m.mentions", "format", "formatted_body", "m.relates_to", "m.new_content"},
    "mattermost webhook": {"text"},
    "mattermost bot": {"message", "root_id"},
    "ntfy": {"title", "message", "priority", "actions", "click"},
    "pagerduty": {"event_action", "client", "payload", "links"},
    "slack webhook": {"text", "blocks", "unfurl_links", "unfurl_media"},
    "slack bot": {"text", "blocks", "unfurl_links", "unfurl_media", "thread_ts", "reply_broadcast"},
    "teams": {"type", "attachments"},
    "telegram": {"text", "entities", "link_preview_options", "reply_parameters", "disable_notification"},
    "webhook": {"type", "timestamp", "data"},
    "console": {"message", "style"},
    "email": {"subject", "text", "date", "id", "html", "references"},
    "irc": {"lines"},
    "apprise": {"title", "body"},
}
MACHINE = {"type", "url", "href", "click", "generatorURL", "timestamp", "$schema", "contentType", "msgtype", "format", "rel_type", "event_id", "date", "action", "references",
           "thread_ts", "root_id", "style", "weight", "size", "spacing", "version", "event_action", "formatted_body", "html"}  # fmt: skip
"""Keys whose strings are read by programs, or checked on their own below."""
RAW = {"console"}  # keeps the message as it came; what it prints is tested with the console


def payloads(name: str, m: Message) -> list[tuple[str, dict[str, Any]]]:
    """All bodies a message may become: first word and follow-up, every style, the marked repeat."""
    channel = BUILT[name]
    first = channel.render(message(), None)
    found = []
    for earlier in (None, Earlier("100000000000000001", None, json.loads(json.dumps(first)))):
        payload = channel.render(m, earlier)
        while payload is not None:
            json.dumps(payload, allow_nan=False)
            steps = [*payload["steps"], *(s["else"] for s in payload["steps"] if s.get("else"))]
            found += [(payload["style"], step["body"]) for step in steps]
            payload = channel.degrade(payload)
    return found


def ours(m: Message) -> list[str]:
    return [link for link in (web_link(m.link), web_link(m.review_link), web_link(message().link)) if link]


@pytest.mark.parametrize("name", CHANNELS)
@settings(max_examples=20)
@given(m=messages())
@example(m=message(headline="", quote="", lines=(), source="", id="", link=None))
@example(
    m=message(
        quote="@everyone https://evil.example <!channel> " * 400, headline="x" * 5000, lines=("y" * 3000,) * 40, source="z" * 3000
    )
)
@example(m=message(quote="<&\"'\\" * 3000, headline="&" * 900, lines=("<" * 900,) * 30))
def test_whatever_a_post_holds_the_payload_is_valid_and_pings_and_links_nothing(name: str, m: Message) -> None:
    for style, body in payloads(name, m):
        assert set(body) <= TABLE[name], "unknown keys"
        CHECKS[name](body, style)
        if name in RAW:
            continue
        links = ours(m)
        data = body.get("data", {})
        for key, text in strings({**body, "data": data.get("text", "")} if data else body):
            if key in MACHINE:
                assert text in links or "evil" not in text or key in ("formatted_body", "html"), f"{key}: {text!r}"
            else:
                assert not found_in(_read(name, style, key, text), links), f"{key}: {text!r}"


def _read(name: str, style: str, key: str, text: str) -> str:
    """A shown text as the platform shows it: our own escapes undone."""
    if name.startswith("slack") and key == "text" and style != "literal":
        return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    if name.startswith(("discord", "mattermost")):
        return re.sub(r"\\([^\w\s])", r"\1", text)
    return text


def _discord(body: dict[str, Any], style: str) -> None:
    assert body["allowed_mentions"]["parse"] == []
    assert len(body["content"]) <= 2000
    assert len(body["embeds"]) <= 1
    total = 0
    for embed in body["embeds"]:
        assert set(embed) <= {"title", "description", "url", "color", "footer"}
        assert 1 <= len(embed["description"]) <= 4096
        assert len(embed.get("title", "")) <= 256
        assert len(embed.get("footer", {}).get("text", "")) <= 2048
        total += sum(len(text) for key, text in strings(embed) if key != "url")
    assert total <= 6000


def _slack(body: dict[str, Any], style: str) -> None:
    assert 1 <= len(body["text"]) <= 4000
    assert body["unfurl_links"] is body["unfurl_media"] is False
    assert not re.search(r"<[@!#]", body["text"])
    assert all(link.startswith(("https://", "http://")) for link in re.findall(r"<([^>]*)>", body["text"]))
    assert len(body.get("blocks", [])) <= 50
    for block in body.get("blocks", []):
        assert block["type"] in ("header", "section", "rich_text", "context")
        if block["type"] == "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        if block["type"] in ("header", "section"):
            assert (block["text"]["type"], block["text"]["emoji"]) == ("plain_text", False)
            assert len(block["text"]["text"]) <= 3000
        if block["type"] == "context":
            assert all(e["type"] == "plain_text" and 1 <= len(e["text"]) <= 2000 for e in block["elements"])
        if block["type"] == "rich_text":
            assert block["elements"]
            for part in block["elements"]:
                _rich(part)


def _rich(part: dict[str, Any]) -> None:
    assert part["type"] in ("rich_text_section", "rich_text_list", "rich_text_quote")
    for element in part["elements"]:
        if element["type"] == "rich_text_section":
            _rich(element)
        else:
            assert element["type"] in ("text", "link")
            assert len(element["text"]) >= 1
            assert len(element.get("url", "")) <= 3000


def _telegram(body: dict[str, Any], style: str) -> None:
    length = utf16(body["text"])
    assert 1 <= length <= 4096
    assert "parse_mode" not in body
    assert body["link_preview_options"] == {"is_disabled": True}
    assert not COMMAND.search(body["text"])
    units = body["text"].encode("utf-16-le")
    for entity in body["entities"]:
        assert entity["type"] in ("bold", "italic", "blockquote", "text_link")
        assert entity["length"] > 0
        assert entity["offset"] + entity["length"] <= length
        units[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")  # cuts no character in two


def _matrix(body: dict[str, Any], style: str) -> None:
    assert body["m.mentions"] == {}
    assert utf8(json.dumps(body, ensure_ascii=False)) < 60_000
    for part in (body, body.get("m.new_content", {})):
        if "formatted_body" in part:
            assert part["format"] == "org.matrix.custom.html"
            _html(part["formatted_body"], {"p", "strong", "em", "ul", "li", "blockquote", "br", "a", "sub"}, {"href"})


def _html(source: str, tags: set[str], attributes: set[str]) -> None:
    page = Page(source)
    assert page.tags <= tags
    assert page.attributes <= attributes
    assert not page.depth
    assert all(re.fullmatch(r"https?://[\x21-\x7e]+", link) for link in page.links)
    assert not found_in(page.text, page.links)


def _mattermost(body: dict[str, Any], style: str) -> None:
    assert 1 <= len(body.get("text") or body["message"]) <= 16_383


def _ntfy(body: dict[str, Any], style: str) -> None:
    assert 1 <= utf8(body["message"]) <= 4096
    assert utf8(body["title"]) <= 250
    assert 1 <= body["priority"] <= 5
    assert all(set(action) == {"action", "label", "url"} for action in body.get("actions", []))
    assert len(body.get("actions", [])) <= 3


def _pagerduty(body: dict[str, Any], style: str) -> None:
    assert body["event_action"] in ("trigger", "resolve")
    assert set(body["payload"]) == {"summary", "source", "severity", "custom_details"}
    assert 1 <= len(body["payload"]["summary"]) <= 1024
    assert utf8(json.dumps(body)) < 512_000


def _alertmanager(body: dict[str, Any], style: str) -> None:
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in (*body["labels"], *body["annotations"]))
    assert all(isinstance(value, str) for value in body["labels"].values())


def _teams(body: dict[str, Any], style: str) -> None:
    assert utf8(json.dumps(body, ensure_ascii=False)) <= 28_000
    card = body["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.5")
    assert set(card) <= {"$schema", "type", "version", "fallbackText", "body", "actions"}
    for block in card["body"]:
        for item in block["items"] if block["type"] == "Container" else [block]:
            assert item["type"] == "RichTextBlock"
            assert all(run["type"] == "TextRun" and run["text"] and "\n" not in run["text"] for run in item["inlines"])
            assert item["inlines"]
    assert all(action["type"] == "Action.OpenUrl" and action["title"] for action in card.get("actions", []))


def _webhook(body: dict[str, Any], style: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(body)
    assert all(0 <= a < b <= len(body["data"]["quote"]) for a, b in body["data"]["quote_spans"])


def _email(body: dict[str, Any], style: str) -> None:
    from monitor.channels.email import _bytes

    assert "\n" not in body["subject"]
    assert len(body["subject"]) <= 200
    if "html" in body:
        _html(body["html"], {"html", "body", "h2", "ul", "li", "blockquote", "br", "mark", "p", "i", "a"}, {"style", "href"})
    raw = _bytes(body, "<key@example.org>", "Hotline <alerts@example.org>", ["desk@example.org"])
    head = raw.split(b"\r\n\r\n")[0].lower()
    assert raw == _bytes(body, "<key@example.org>", "Hotline <alerts@example.org>", ["desk@example.org"])
    assert b"\nbcc:" not in head
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def _irc(body: dict[str, Any], style: str) -> None:
    assert 1 <= len(body["lines"]) <= 8
    for text in body["lines"]:
        assert not re.search(r"[\r\n\0\x01]", text)
        assert utf8(f":{'n' * 30}!{'u' * 10}@{'h' * 60} PRIVMSG {'#desk'} :{text}\r\n") <= 512


def _anything(body: dict[str, Any], style: str) -> None:
    assert all(text for _, text in strings({k: v for k, v in body.items() if k != "message"}))


CHECKS: Mapping[str, Callable[[dict[str, Any], str], None]] = {
    "alertmanager": _alertmanager, "discord webhook": _discord, "discord bot": _discord, "matrix": _matrix, "mattermost webhook": _mattermost,
    "mattermost bot": _mattermost, "ntfy": _ntfy, "pagerduty": _pagerduty, "slack webhook": _slack, "slack bot": _slack, "teams": _teams,
    "telegram": _telegram, "webhook": _webhook, "console": _anything, "email": _email, "irc": _irc, "apprise": _anything,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANNELS)
def test_a_payload_survives_being_stored_and_holds_no_secret(name: str) -> None:
    from tests.channels.rows import HOOK, SECRETS

    text = json.dumps(BUILT[name].render(message(), None))
    assert not any(secret in text for secret in [*SECRETS.values(), HOOK])
    assert json.loads(text)["steps"] == json.loads(json.dumps(BUILT[name].render(message(), None)))["steps"]


@pytest.mark.parametrize("name", CHANNELS)
def test_a_possible_repeat_says_so_in_what_is_shown(name: str) -> None:
    from tests.channels.rows import delivery

    channel = BUILT[name]
    payload = json.loads(json.dumps(channel.render(message(), None)))
    steps = channel._due(delivery(payload, possible_repeat=True))
    assert "POSSIBLE REPEAT" in json.dumps(steps)
    assert channel._due(delivery(payload)) == payload["steps"]
