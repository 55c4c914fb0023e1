"""Every payload against the vendors' own schemas: Discord (OpenAPI), Telegram (methods as data), Adaptive Cards, Slack's own models.

    HOTLINE_SPECS=FOLDER python benchmarks/vendor_schemas.py        or with the folder as argument

The folder holds discord-openapi.json (discord/discord-api-spec), telegram-bot-api.json (PaulSonOfLars/telegram-bot-api-spec)
and adaptive-cards/schema-1.5.json (microsoft/AdaptiveCards). Unknown keys are errors here, which the schemas let pass.
Messages are those of the property tests: a fixed number of hostile ones from a fixed seed. Exits 1 on any violation.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import HealthCheck, Phase, given, seed, settings

from monitor.model import Message
from tests.channels.hostile import messages
from tests.channels.rows import message
from tests.channels.test_payloads import payloads

EXAMPLES = 150
CHANNELS = ("discord webhook", "discord bot", "telegram", "teams")
Check = Callable[[dict[str, Any]], None]


def discord(spec: dict[str, Any], name: str) -> Check:
    schema = {"components": spec["components"], "$ref": f"#/components/schemas/{name}"}
    validator = jsonschema.Draft202012Validator(schema)
    known = spec["components"]["schemas"][name]["properties"]
    embed = spec["components"]["schemas"]["RichEmbed"]["properties"]

    def check(body: dict[str, Any]) -> None:
        validator.validate(body)
        unknown = set(body) - set(known) | {key for e in body["embeds"] for key in set(e) - set(embed)}
        assert not unknown, f"unknown keys {unknown}"

    return check


def telegram(spec: dict[str, Any]) -> Check:
    fields = {f["name"]: f for f in spec["methods"]["sendMessage"]["fields"]}
    entity = {f["name"] for f in spec["types"]["MessageEntity"]["fields"]}
    reply = {f["name"] for f in spec["types"]["ReplyParameters"]["fields"]}
    preview = {f["name"] for f in spec["types"]["LinkPreviewOptions"]["fields"]}

    def check(body: dict[str, Any]) -> None:
        assert set(body) <= set(fields), set(body) - set(fields)
        missing = {n for n, f in fields.items() if f["required"]} - set(body) - {"chat_id"}  # chat_id comes from the settings
        assert not missing, missing
        assert all(set(e) <= entity for e in body["entities"])
        assert set(body.get("reply_parameters", {})) <= reply
        assert set(body["link_preview_options"]) <= preview

    return check


def teams(schema: dict[str, Any]) -> Check:
    validator = jsonschema.Draft6Validator(schema)
    return lambda body: validator.validate(body["attachments"][0]["content"])


def checks(folder: Path) -> dict[str, Check]:
    def read(name: str) -> Any:
        return json.loads((folder / name).read_text("utf-8"))

    vendor = read("discord-openapi.json")
    return {
        "discord webhook": discord(vendor, "IncomingWebhookRequestPartial"),
        "discord bot": discord(vendor, "MessageCreateRequest"),
        "telegram": telegram(read("telegram-bot-api.json")),
        "teams": teams(read("adaptive-cards/schema-1.5.json")),
    }


def slack_models() -> Check | None:
    """Slack publishes no schema of its blocks; its own library knows the lengths."""
    try:
        blocks = importlib.import_module("slack_sdk.models.blocks")
    except ImportError:
        return None

    def check(body: dict[str, Any]) -> None:
        for block in blocks.Block.parse_all(body.get("blocks", [])):
            block.validate_json()

    return check


def corpus(count: int) -> Iterator[Message]:
    found: list[Message] = [message()]

    @seed(20261122)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(messages())
    def collect(m: Message) -> None:
        found.append(m)

    collect()
    yield from found


def main() -> int:
    given_folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOTLINE_SPECS")
    if not given_folder:
        print("Give the folder of the vendors' schemas, as argument or in HOTLINE_SPECS.", file=sys.stderr)
        return 2
    rules = checks(Path(given_folder))
    if slack := slack_models():
        rules |= {"slack webhook": slack, "slack bot": slack}
    else:
        print("slack: not checked, slack-sdk is not installed")
    valid: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for m in corpus(EXAMPLES):
        for name, check in rules.items():
            for style, body in payloads(name, m):
                try:
                    check(body)
                    valid[name] += 1
                except (jsonschema.ValidationError, AssertionError, ValueError) as error:
                    wrong[name] += 1
                    if wrong[name] <= 3:
                        print(f"{name} ({style}): {str(error).splitlines()[0][:300]}")
    for name in rules:
        print(f"{name}: {valid[name]} payloads valid, {wrong[name]} not")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
