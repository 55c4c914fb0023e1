"""What every channel shares: the frozen payload, its styles, its steps, and errors without secrets.

A payload is `{"v", "style", "message", "earlier", "steps"}`. `steps` are the requests, finished at the first claim;
a retry sends them again byte for byte. A step is `{"do": "post" | "edit" | "reply", "id"?, "body", "else"?}`: an edit or
reply whose target is gone falls back to its `else`. `message` is kept to degrade, to edit later, and to mark a repeat.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx
from pydantic import BaseModel, ConfigDict

from monitor.channels import DeliveryError, Guarantee, Payload
from monitor.channels.status import Answer, judge, rest
from monitor.channels.words import SAY, bare, following, packed, repeated, unpacked, updated
from monitor.config import Secret, SecretError
from monitor.http import Guard, Scrub
from monitor.model import Delivery, Earlier, Message, Receipt

Style = Literal["rich", "plain", "bare"]
Step = dict[str, Any]
VERSION = 1


class ChannelSettings(BaseModel):
    """A channel's own keys of `[channels.NAME]`; the common ones (`type`, `unknown`, `fallback`, …) are not among them."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a channel is given: the ways out, the secrets, the time. Nothing else reaches it."""

    http: httpx.AsyncClient
    reveal: Callable[[Secret], str]  # SecretError where it is not there
    clock: Callable[[], datetime]  # for signatures that carry the time of sending
    guard: Guard = field(default_factory=Guard)  # for channels that connect without HTTP
    language: str = "en"
    folder: Path = Path()  # for what a channel must keep: a login


class GoneError(Exception):
    """The message to edit or reply to is not there any more, or may not be changed."""


class Base(ABC):
    """A channel but for its steps. Satisfies `monitor.channels.Channel`."""

    kind: ClassVar[str]
    Settings: ClassVar[type[BaseModel]]
    guarantee: Guarantee  # of this object, as `promise` says for its settings
    styles: ClassVar[tuple[Style, ...]] = ("rich", "plain", "bare")  # each plainer than the one before
    spacing: ClassVar[float] = 0.0  # seconds between messages that the provider wants, by its documents

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        self.name, self.settings, self.tools = name, settings, tools
        self.guarantee = self.promise(settings)
        self.say = SAY.get(tools.language, SAY["en"])
        self._scrub = Scrub()

    # What a channel writes itself.

    @classmethod
    def promise(cls, settings: Any) -> Guarantee:  # noqa: ARG003 - a bot promises more than a webhook
        """What a channel with these settings promises about repeats."""
        return cls.guarantee

    @abstractmethod
    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        """The body of one message, pure."""

    @abstractmethod
    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        """Carry out one step. Raises DeliveryError, or GoneError for an edit or reply without its target."""

    @abstractmethod
    async def check(self) -> str:
        """One line about the destination, without posting."""

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        """A channel that cannot edit: the news as a new message that names the first."""
        return [{"do": "post", "body": self.compose(self.naming(message, earlier), style)}]

    # What all share.

    def render(self, message: Message, earlier: Earlier | None) -> Payload:
        return self._frozen(message, earlier, self.styles[0])

    def degrade(self, payload: Payload) -> Payload | None:
        left = self.styles[self.styles.index(payload["style"]) + 1 :]
        return self._frozen(unpacked(payload["message"]), _earlier(payload), left[0]) if left else None

    async def send(self, delivery: Delivery) -> Receipt:
        receipt = Receipt()
        try:
            for number, step in enumerate(self._due(delivery)):
                try:
                    receipt = await self.step(step, delivery, number)
                except GoneError:
                    if step.get("else"):
                        receipt = await self.step(step["else"], delivery, number)
        except DeliveryError as error:
            raise self._clean(error) from None
        except GoneError:
            raise DeliveryError("rejected", "the message it belongs to is gone") from None
        # Without an id of the provider's, our own key stands for it: later news can still name the first message.
        return receipt if receipt.provider_id else replace(receipt, provider_id=delivery.key)

    async def reconcile(self, delivery: Delivery) -> Receipt | None:
        return None

    async def probe(self) -> str:
        try:
            return self._scrub.clean(await self.check())
        except DeliveryError as error:
            raise self._clean(error) from None

    async def close(self) -> None:  # noqa: B027 - only channels that hold a connection have something to close
        """Close what is open; most channels hold nothing."""

    # Helpers for channels.

    def secret(self, secret: Secret) -> str:
        """The value, kept out of every error from now on."""
        try:
            value = self.tools.reveal(secret)
        except SecretError as missing:
            raise DeliveryError("retry" if missing.passing else "permanent", str(missing)) from None
        self._scrub.add(value)
        for part in value.replace("?", "/").replace("=", "/").split("/"):
            if len(part) >= 16:  # the telling part of an address
                self._scrub.add(part)
        return value

    def passed(self, answer: Answer) -> Answer:
        """The answer if its status is fine; else raises what the status means."""
        error = judge(answer, self.tools.clock())
        if error:
            raise error
        return answer

    def receipt(self, answer: Answer, provider_id: object, thread: str | None = None, detail: str = "") -> Receipt:
        return Receipt(None if provider_id is None else str(provider_id), thread, detail, rest(answer))

    def naming(self, message: Message, earlier: Earlier | None) -> Message:
        """The message, naming the contact's first one here where there is one."""
        first = first_of(earlier)
        return following(first, message, self.say) if first else message

    def edit_and_tell(self, message: Message, earlier: Earlier, style: Style, tell: Step) -> list[Step]:
        """The first message edited to the newest state, and `tell` sent where the news is worth a sound."""
        first = first_of(earlier) or message
        fresh = {"do": "post", "body": self.compose(self.naming(message, earlier), style)}
        edit: Step = {"do": "edit", "id": earlier.provider_id, "body": self.compose(updated(first, message, self.say), style)}
        return [edit, {**tell, "else": fresh}] if message.urgent else [{**edit, "else": fresh}]

    def _due(self, delivery: Delivery) -> Sequence[Step]:
        steps: Sequence[Step] = delivery.payload["steps"]
        if not delivery.possible_repeat:
            return steps
        payload = delivery.payload
        message = unpacked(payload["message"])
        message = bare(message) if payload["style"] == "bare" else message
        marked = self.steps(repeated(message, self.say), _earlier(payload), payload["style"])
        # An edit twice is an edit: only what shows up anew carries the mark.
        return [{**new, "body": old["body"]} if new["do"] == "edit" else new for old, new in zip(steps, marked, strict=True)]

    def _frozen(self, message: Message, earlier: Earlier | None, style: Style) -> Payload:
        shown = bare(message) if style == "bare" else message
        return {
            "v": VERSION,
            "style": style,
            "message": packed(message),
            "earlier": _packed_earlier(earlier),
            "steps": self.steps(shown, earlier, style),
        }

    def _clean(self, error: DeliveryError) -> DeliveryError:
        return DeliveryError(error.kind, self._scrub.clean(error.text), error.after)


def first_of(earlier: Earlier | None) -> Message | None:
    """The contact's first message in this channel."""
    return unpacked(earlier.payload["message"]) if earlier and "message" in earlier.payload else None


def _packed_earlier(earlier: Earlier | None) -> Mapping[str, Any] | None:
    if earlier is None:
        return None
    return {"id": earlier.provider_id, "thread": earlier.thread, "message": earlier.payload.get("message")}


def _earlier(payload: Payload) -> Earlier | None:
    kept = payload.get("earlier")
    return Earlier(kept["id"], kept["thread"], {"message": kept["message"]} if kept["message"] else {}) if kept else None
